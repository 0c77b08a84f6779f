package pg

import (
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ParseAddress returns the network and the address where the Postgres of a database URL listens, and how the URL reads for who comes to
// it through a port of this machine.
func ParseAddress(databaseURL string) (network, address string, through func(port int) string, err error) {
	cfg, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return "", "", nil, fmt.Errorf("not a Postgres address: %w", err)
	}
	network, address = pgconn.NetworkAddress(cfg.Host, cfg.Port)
	return network, address, func(port int) string {
		u := url.URL{
			Scheme:   "postgres",
			User:     url.UserPassword(cfg.User, cfg.Password),
			Host:     fmt.Sprintf("127.0.0.1:%d", port),
			Path:     cfg.Database,
			RawQuery: "sslmode=disable",
		}
		return u.String()
	}, nil
}
