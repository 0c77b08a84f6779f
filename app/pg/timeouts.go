package pg

import (
	"context"
	"net"
	"time"
)

// sessionTimeouts bounds what a process that has vanished or hangs can hold up in Postgres. A session that does nothing inside
// a transaction is ended, so its locks are free (others wait for the lock of an organization's routing, for rows, for
// counters); nobody waits for a lock for long; a statement that runs too long is ended; and a process that no longer answers
// is noticed by keep-alive after some 15 seconds. It is set by a statement, not at the start of the connection, because
// poolers refuse parameters there that they do not know.
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
