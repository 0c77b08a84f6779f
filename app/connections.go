package main

import (
	"container/list"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"parley/app/live"
	"parley/app/outside"
)

// connectionLimits bounds the HTTP connections of this process, sockets not included. 0: no limit.
type connectionLimits struct {
	all     int
	address int // of one client's address; not of trusted proxies, behind which are many
}

// shares divides the files that a process may open: some stay in reserve (the database's connections, uploads, mail, listeners), and
// visitors' sockets, teams' pages and HTTP connections each have a part, so that health, log-in and messages go on when the sockets
// use up theirs.
func shares(files int, l *live.Limits, c *connectionLimits) {
	reserve := min(160, files/4)
	c.all = min(4096, (files-reserve)/3)
	c.address = max(16, min(256, c.all/8))
	l.StaffSockets = min(2000, (files-reserve-c.all)/4)
	l.AllSockets = min(files*8/10, files-reserve-c.all-l.StaffSockets)
}

// connections is a listener that bounds the connections that it has accepted. When there are too many, the one that has been idle for
// longest makes room; where none is idle, the new one is refused with words.
type connections struct {
	net.Listener
	limits  connectionLimits
	proxies []*net.IPNet

	mu      sync.Mutex
	open    map[net.Conn]*connection
	of      map[string]int // by address
	idle    list.List      // of net.Conn, idle for longest first; those that have not sent anything yet, too
	spare   *os.File       // a descriptor to be given up for a moment when there is none left
	refused atomic.Int64
	closed  atomic.Int64 // while idle, for others
}

type connection struct {
	address string        // empty: not counted
	idle    *list.Element // nil: a request is being answered
}

// writeBuffer is how many bytes the system holds of what a connection has not read yet.
const writeBuffer = 256 << 10

func bounded(l net.Listener, limits connectionLimits, proxies []*net.IPNet) *connections {
	c := &connections{Listener: l, limits: limits, proxies: proxies, open: map[net.Conn]*connection{}, of: map[string]int{}}
	c.spare, _ = os.Open(os.DevNull)
	return c
}

// Accept returns the next connection. That the process has no descriptor left ends nothing: idle connections are closed, and who comes
// is told so.
func (l *connections) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		switch {
		case err == nil && l.admit(c):
			if tcp, ok := c.(*net.TCPConn); ok { // what a reader who does not read makes the system hold
				tcp.SetWriteBuffer(writeBuffer)
			}
			return c, nil
		case err == nil:
			l.refuse(c)
		case errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE):
			l.outOfFiles()
		default:
			return nil, err
		}
	}
}

func (l *connections) admit(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := &connection{address: l.address(c)}
	if x.address != "" && l.limits.address > 0 && l.of[x.address] >= l.limits.address && !l.closeIdle(x.address) {
		return false
	}
	if l.limits.all > 0 && len(l.open) >= l.limits.all && !l.closeIdle("") {
		return false
	}
	x.idle = l.idle.PushBack(c)
	l.open[c] = x
	if x.address != "" {
		l.of[x.address]++
	}
	return true
}

// address is what a connection counts as; empty if it is a trusted proxy's.
func (l *connections) address(c net.Conn) string {
	host, _, err := net.SplitHostPort(c.RemoteAddr().String())
	if err != nil {
		return ""
	}
	ip := net.ParseIP(host)
	for _, n := range l.proxies {
		if ip != nil && n.Contains(ip) {
			return ""
		}
	}
	return outside.Network(host)
}

// closeIdle closes the connection that has been idle for longest (of an address, or of any), and reports whether there was one; under mu.
func (l *connections) closeIdle(address string) bool {
	for at := l.idle.Front(); at != nil; at = at.Next() {
		c := at.Value.(net.Conn)
		if x := l.open[c]; address == "" || x.address == address {
			l.forget(c, x)
			l.closed.Add(1)
			c.Close()
			return true
		}
	}
	return false
}

// forget counts a connection no longer; under mu.
func (l *connections) forget(c net.Conn, x *connection) {
	delete(l.open, c)
	if x.idle != nil {
		l.idle.Remove(x.idle)
	}
	if x.address == "" {
		return
	}
	if l.of[x.address]--; l.of[x.address] <= 0 {
		delete(l.of, x.address)
	}
}

// state follows what becomes of a connection, as http.Server tells it. A connection that has become a socket counts no longer.
func (l *connections) state(c net.Conn, state http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.open[c]
	if x == nil {
		return
	}
	switch state {
	case http.StateActive:
		if x.idle != nil {
			l.idle.Remove(x.idle)
			x.idle = nil
		}
	case http.StateIdle:
		if x.idle == nil {
			x.idle = l.idle.PushBack(c)
		}
	case http.StateHijacked, http.StateClosed:
		l.forget(c, x)
	case http.StateNew:
	}
}

const fullAnswer = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\nConnection: close\r\n\r\n" +
	"Parley has too many connections just now. Try again in 5 seconds.\n"

func (l *connections) refuse(c net.Conn) {
	l.refused.Add(1)
	c.SetDeadline(time.Now().Add(time.Second))
	c.Write([]byte(fullAnswer))
	c.Close()
}

// outOfFiles makes room when the process may open no more files.
func (l *connections) outOfFiles() {
	l.mu.Lock()
	made := l.closeIdle("")
	l.mu.Unlock()
	if made {
		return
	}
	slog.Error("this process may open no more files: raise its limit, or lower the sockets in LIMITS")
	if l.spare != nil { // so that who waits is told, instead of hanging
		l.spare.Close()
		if c, err := l.Listener.Accept(); err == nil {
			l.refuse(c)
		}
		l.spare, _ = os.Open(os.DevNull)
	}
	time.Sleep(20 * time.Millisecond)
}

// count returns how many HTTP connections are open, and how many of them are idle.
func (l *connections) count() (open, idle int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open), l.idle.Len()
}
