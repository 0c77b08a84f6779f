package outage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parley/app/platform/pg/outage"
)

func TestIsOutage(t *testing.T) {
	t.Parallel()
	_, unreached := net.Dial("tcp", "127.0.0.1:1")
	_, refused := pgconn.Connect(context.Background(), "postgres://nobody@127.0.0.1:1/none")
	for _, err := range []error{
		unreached,
		refused,
		context.DeadlineExceeded,
		io.ErrUnexpectedEOF,
		fmt.Errorf("read: %w", io.ErrUnexpectedEOF),
		&net.OpError{Op: "read", Err: net.ErrClosed},
		&pgconn.PgError{Code: "57P01"},
		&pgconn.PgError{Code: "57P03"},
		&pgconn.PgError{Code: "57014"},
		&pgconn.PgError{Code: "53300"},
		&pgconn.PgError{Code: "40P01"},
		&pgconn.PgError{Code: "55P03"},
		fmt.Errorf("commit: %w", &pgconn.PgError{Code: "08006"}),
	} {
		if !outage.IsOutage(err) {
			t.Errorf("not taken for an outage: %v", err)
		}
	}
	for _, err := range []error{
		nil,
		errors.New("a fault of ours"),
		pgx.ErrNoRows,
		context.Canceled,
		fmt.Errorf("asked: %w", context.Canceled),
		&pgconn.PgError{Code: "23505"},
		&pgconn.PgError{Code: "42501"},
		&pgconn.PgError{Code: "PAR01"},
		&pgconn.PgError{},
		io.EOF,
	} {
		if outage.IsOutage(err) {
			t.Errorf("taken for an outage: %v", err)
		}
	}
}
