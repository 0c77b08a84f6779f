package serve

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

	"parley/app/front/live"
	"parley/app/platform/clientnet"
)

// ConnectionLimits bounds the HTTP connections of this process, sockets not included. 0: no limit.
type ConnectionLimits struct {
	Total      int
	PerAddress int // of one client's address; not of trusted proxies, behind which are many
}

// divideOpenFiles divides the files that a process may open: some stay in reserve (the database's connections, uploads,
// mail, listeners), and visitors' sockets, teams' pages and HTTP connections each have a part, so that health, log-in
// and messages go on when the sockets use up theirs.
func divideOpenFiles(files int, l *live.Limits, c *ConnectionLimits) {
	reserve := min(160, files/4)
	c.Total = min(4096, (files-reserve)/3)
	c.PerAddress = max(16, min(256, c.Total/8))
	l.StaffSockets = min(2000, (files-reserve-c.Total)/4)
	l.AllSockets = min(files*8/10, files-reserve-c.Total-l.StaffSockets)
}

// BoundedListener is a listener that bounds the connections that it has accepted. When there are too many, the one that has been idle for
// longest makes room; where none is idle, the new one is refused with words.
type BoundedListener struct {
	net.Listener
	limits  ConnectionLimits
	proxies []*net.IPNet

	mu         sync.Mutex
	open       map[net.Conn]*connection
	perAddress map[string]int // by address
	idle       list.List      // of net.Conn, idle for longest first; those that have not sent anything yet, too
	spare      *os.File       // a descriptor to be given up for a moment when there is none left
	refused    atomic.Int64
	closed     atomic.Int64 // while idle, for others
}

type connection struct {
	address string        // empty: not counted
	idle    *list.Element // nil: a request is being answered
}

// writeBuffer is how many bytes the system holds of what a connection has not read yet.
const writeBuffer = 256 << 10

func newBoundedListener(l net.Listener, limits ConnectionLimits, proxies []*net.IPNet) *BoundedListener {
	c := &BoundedListener{Listener: l, limits: limits, proxies: proxies, open: map[net.Conn]*connection{}, perAddress: map[string]int{}}
	c.spare, _ = os.Open(os.DevNull)
	return c
}

// Accept returns the next connection. That the process has no descriptor left ends nothing: idle connections are closed, and who comes
// is told so.
func (l *BoundedListener) Accept() (net.Conn, error) {
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
			l.handleOutOfFiles()
		default:
			return nil, err
		}
	}
}

func (l *BoundedListener) admit(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := &connection{address: l.address(c)}
	if x.address != "" && l.limits.PerAddress > 0 && l.perAddress[x.address] >= l.limits.PerAddress && !l.closeIdle(x.address) {
		return false
	}
	if l.limits.Total > 0 && len(l.open) >= l.limits.Total && !l.closeIdle("") {
		return false
	}
	x.idle = l.idle.PushBack(c)
	l.open[c] = x
	if x.address != "" {
		l.perAddress[x.address]++
	}
	return true
}

// address is what a connection counts as; empty if it is a trusted proxy's.
func (l *BoundedListener) address(c net.Conn) string {
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
	return clientnet.Of(host)
}

// closeIdle closes the connection that has been idle for longest (of an address, or of any), and reports whether there was one; under mu.
func (l *BoundedListener) closeIdle(address string) bool {
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
func (l *BoundedListener) forget(c net.Conn, x *connection) {
	delete(l.open, c)
	if x.idle != nil {
		l.idle.Remove(x.idle)
	}
	if x.address == "" {
		return
	}
	if l.perAddress[x.address]--; l.perAddress[x.address] <= 0 {
		delete(l.perAddress, x.address)
	}
}

// trackState follows what becomes of a connection, as http.Server tells it. A connection that has become a socket counts no longer.
func (l *BoundedListener) trackState(c net.Conn, state http.ConnState) {
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

const fullResponse = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\n" +
	"Connection: close\r\n\r\n" +
	"Parley has too many connections just now. Try again in 5 seconds.\n"

func (l *BoundedListener) refuse(c net.Conn) {
	l.refused.Add(1)
	c.SetDeadline(time.Now().Add(time.Second))
	c.Write([]byte(fullResponse))
	c.Close()
}

// handleOutOfFiles makes room when the process may open no more files.
func (l *BoundedListener) handleOutOfFiles() {
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

// Count returns how many HTTP connections are open, and how many of them are idle.
func (l *BoundedListener) Count() (open, idle int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open), l.idle.Len()
}
