package pg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// sessionTimeouts bounds what a process that has vanished or hangs can hold up in Postgres. A session that does nothing inside
// a transaction is ended, so its locks are free (others wait for the lock of an organization's routing, for rows, for
// counters); nobody waits for a lock for long; a statement that runs too long is ended; and a process that no longer answers
// is noticed by keep-alive after some 15 seconds. It is set by a statement, not at the start of the connection, because
// poolers refuse parameters there that they do not know. Behind a pooler in transaction mode, roleTimeouts are set instead.
const sessionTimeouts = `select set_config('idle_in_transaction_session_timeout', '8s', false), set_config('lock_timeout', '5s', false),
	set_config('statement_timeout', '20s', false), set_config('tcp_keepalives_idle', '6', false), set_config('tcp_keepalives_interval', '3', false),
	set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '15000', false)`

// longTimeout is how long a statement of long work may take.
const longTimeout = `select set_config('statement_timeout', '60s', true)`

// dial connects to Postgres so that a server that has vanished is noticed after some 15 seconds, whether or not something is on
// its way to it.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second, Control: unansweredTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 6 * time.Second, Interval: 3 * time.Second, Count: 3}}
	return d.DialContext(ctx, network, address)
}

// roleTimeouts is sessionTimeouts as settings of the role: behind a pooler a session belongs to nobody in particular.
var roleTimeouts = [][2]string{{"idle_in_transaction_session_timeout", "8s"}, {"lock_timeout", "5s"}, {"statement_timeout", "20s"}}

// setRoleTimeouts gives the role its time-outs, if it does not have them. They hold for sessions that begin from now on.
func (db *DB) setRoleTimeouts(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, db.direct)
	if err != nil {
		return fmt.Errorf("DATABASE_DIRECT_URL: the database cannot be reached: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var role, database string
	var have []string
	err = conn.QueryRow(ctx, `select current_user, current_database(), coalesce((select s.setconfig from pg_db_role_setting s
		where s.setrole = (select oid from pg_roles where rolname = current_user) and s.setdatabase = (select oid from pg_database where datname = current_database())), '{}')`).
		Scan(&role, &database, &have)
	if err != nil {
		return err
	}
	for _, s := range roleTimeouts {
		if slices.Contains(have, s[0]+"="+s[1]) {
			continue
		}
		_, err := conn.Exec(ctx,
			"alter role "+pgx.Identifier{role}.Sanitize()+" in database "+pgx.Identifier{database}.Sanitize()+" set "+s[0]+" = '"+s[1]+"'")
		var e *pgconn.PgError
		if errors.As(err, &e) && e.Code == "XX000" { // another server does the same at this moment
			continue
		}
		if err != nil {
			return fmt.Errorf("give the role its time-outs: %w", err)
		}
	}
	return nil
}
