package wire

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/olahol/melody"
)

// staffConn is one melody session with its socket and its screen. Frames can be held back and written as one.
type staffConn struct {
	sockets       *StaffSockets
	socket        *Socket
	session       *melody.Session
	screen        Screen
	wheelPosition // in sockets.wheel
	mu            sync.Mutex
	holds         int // calls of hold without their release
	held          [][]byte
}

func newStaffConn(k *StaffSockets, session *melody.Session, newScreen NewScreen) *staffConn {
	c := &staffConn{sockets: k, session: session}
	c.socket = newSocket(&k.counters, maxStaffQueuedBytes, c)
	c.screen = newScreen(c.socket)
	return c
}

// countFrame reports whether one more frame may come in. If not, it closes the socket.
func (c *staffConn) countFrame() bool {
	if c.socket.allowFrame() {
		return true
	}
	c.close(TryAgain, "too many frames")
	return false
}

func (c *staffConn) write(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holds > 0 {
		c.held = append(c.held, frame)
		return
	}
	c.session.Write(frame)
}

// tick sends a heartbeat if nothing else was sent. A heartbeat never stands in one frame with fragments: where some are held back,
// they are about to be sent.
func (c *staffConn) tick(now int32) {
	if !c.sockets.wheel.isQuiet(c.socket, now) {
		return
	}
	c.mu.Lock()
	holding := c.holds > 0
	c.mu.Unlock()
	if !holding {
		c.socket.Send(c.sockets.heartbeat)
	}
}

// hold keeps frames back until release.
func (c *staffConn) hold() {
	c.mu.Lock()
	c.holds++
	c.mu.Unlock()
}

func (c *staffConn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holds--; c.holds == 0 {
		c.flushLocked()
	}
}

func (c *staffConn) flushLocked() {
	if len(c.held) > 0 {
		c.session.Write(bytes.Join(c.held, nil))
		c.held = nil
	}
}

func (c *staffConn) close(code int, reason string) {
	c.mu.Lock()
	c.flushLocked()
	c.mu.Unlock()
	c.session.CloseWithMsg(melody.FormatCloseMessage(code, reason))
}

func (c *staffConn) cut() { c.session.WebsocketConnection().Close() }

// hijackedWriter is the http.ResponseWriter of a connection that was taken from net/http. Its buffers are tiny: gorilla makes its own.
type hijackedWriter struct {
	conn   net.Conn
	early  []byte
	header http.Header
}

func (w *hijackedWriter) Header() http.Header         { return w.header }
func (w *hijackedWriter) Write(b []byte) (int, error) { return w.conn.Write(b) }

// WriteHeader is called when the handshake is refused after all.
func (w *hijackedWriter) WriteHeader(int) {
	w.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	w.conn.Write([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
	w.conn.Close()
}

// Hijack implements http.Hijacker.
func (w *hijackedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r := bufio.NewReaderSize(w.conn, 16)
	if len(w.early) > 0 { // gorilla refuses a client that does not wait for the answer to its handshake
		r = bufio.NewReader(bytes.NewReader(w.early))
		r.Peek(1)
	}
	return w.conn, bufio.NewReadWriter(r, bufio.NewWriterSize(w.conn, 16)), nil
}
