// Package outage recognizes the errors of a database that is away.
//
// Owns: which errors mean that the same request can succeed a moment later.
//
// Must not touch: a database.
//
// Always true: what somebody did wrong, or what is a fault of ours, is no outage.
package outage

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// IsOutage reports whether err says that the database could not be reached, went away, restarts, has no room for
// another connection, or gave a statement up (a time limit, a lock, a deadlock). The nil error and what the asker
// canceled are no outage.
func IsOutage(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return IsOutageCode(e.Code)
	}
	var unreached net.Error
	var refused *pgconn.ConnectError
	return errors.As(err, &refused) || errors.As(err, &unreached) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// IsOutageCode reports whether a SQLSTATE says that the same statement can succeed a moment later.
func IsOutageCode(state string) bool {
	switch state[:min(2, len(state))] {
	case "08", "53", "57": // connection, resources, intervention of an operator
		return true
	}
	switch state {
	case "25006", "25P03", "40001", "40P01", "55P03": // read only, idle for too long, serialization, deadlock, lock
		return true
	}
	return false
}
