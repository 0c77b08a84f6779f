package mail

import (
	"net"
	"time"
)

// deadlineConn is a connection on which nothing lasts longer than until, however often its deadline is moved.
type deadlineConn struct {
	net.Conn
	until time.Time
}

func (c deadlineConn) SetDeadline(t time.Time) error {
	if t.IsZero() || t.After(c.until) {
		t = c.until
	}
	return c.Conn.SetDeadline(t)
}

func (c deadlineConn) SetReadDeadline(t time.Time) error {
	if t.IsZero() || t.After(c.until) {
		t = c.until
	}
	return c.Conn.SetReadDeadline(t)
}

func (c deadlineConn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() || t.After(c.until) {
		t = c.until
	}
	return c.Conn.SetWriteDeadline(t)
}
