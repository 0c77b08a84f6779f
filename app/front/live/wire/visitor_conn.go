package wire

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// visitorConn is one visitor's connection with its socket and its screen.
type visitorConn struct {
	*Socket
	sockets       *VisitorSockets
	screen        Screen
	conn          net.Conn
	fd            int          // of conn, for the poller
	state         atomic.Int32 // who reads it: stateIdle, stateReading or stateEnded
	early         []byte       // sent by the client before the handshake was answered
	lastReceived  atomic.Int32 // second, as by seconds, of the last sign of life
	wheelPosition              // in sockets.wheel

	partial       []byte // what has come of a message in several frames
	reservedBytes int64  // bytes of a large message that count in incomingBytes
	inMessage     bool   // a message in several frames has begun
	isText        bool   // it is text

	mu         sync.Mutex
	queue      []queuedFrame // not yet written
	writing    bool          // a goroutine writes
	closing    bool          // a close frame is in the queue: nothing may follow
	peerClosed bool          // the client has sent a close frame: the connection ends when ours is written
	handling   bool          // the screen handles a message, and may answer it
	draining   bool          // a close frame follows when the message is handled
}

// Who reads a connection.
const (
	stateIdle    int32 = iota // nobody: the poller says when there is something to read
	stateReading              // one goroutine
	stateEnded                // nobody any more
)

// queuedFrame is a frame to be written.
type queuedFrame struct {
	op   ws.OpCode
	body []byte
}

// heartbeatFrame is the body of a heartbeat: an object without content.
var heartbeatFrame = []byte("{}")

// opHeartbeat stands in a queue for pingAndHeartbeat, so that idle sockets allocate nothing.
const opHeartbeat ws.OpCode = 0xff

// pingAndHeartbeat is a ping, which browsers answer, and a heartbeat, because a page's script sees no ping.
var pingAndHeartbeat = append([]byte{0x89, 0, 0x81, byte(len(heartbeatFrame))}, heartbeatFrame...)

func newVisitorConn(k *VisitorSockets, conn net.Conn, early []byte, newScreen NewScreen) *visitorConn {
	c := &visitorConn{sockets: k, conn: conn, early: early}
	c.Socket = newSocket(&k.counters, maxVisitorQueuedBytes, c)
	c.screen = newScreen(c.Socket)
	return c
}

// open opens the screen. A panic in it ends the socket, not the process.
func (c *visitorConn) open() {
	Guard("a screen could not be opened", c.screen.Opened, func() { c.conn.Close() })
}

func (c *visitorConn) write(frame []byte) { c.enqueue(queuedFrame{ws.OpText, frame}) }

func (c *visitorConn) close(code int, reason string) {
	c.enqueue(queuedFrame{ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), reason)})
}

// drain tells the client to come back to another server, after the answer to a message that is being handled.
func (c *visitorConn) drain() {
	c.mu.Lock()
	later := c.handling
	c.draining = later
	c.mu.Unlock()
	if !later {
		c.close(Restart, "restarting")
	}
}

// handle hands a message to the screen.
func (c *visitorConn) handle(message []byte) {
	c.setHandling(true)
	defer c.setHandling(false)
	c.deliver(c.screen, message)
}

func (c *visitorConn) setHandling(on bool) {
	c.mu.Lock()
	c.handling = on
	closes := c.draining && !on
	c.mu.Unlock()
	if closes {
		c.close(Restart, "restarting")
	}
}

// tick cuts a connection that has given no sign of life. It sends the others a ping, and a heartbeat if nothing else was sent.
func (c *visitorConn) tick(now int32) {
	if now-c.lastReceived.Load() > int32(silenceLimit(c.sockets.wheel.interval)/time.Second) {
		c.cut()
		return
	}
	if !c.sockets.wheel.isQuiet(c.Socket, now) {
		c.enqueue(queuedFrame{op: ws.OpPing})
		return
	}
	c.countQueued(len(heartbeatFrame))
	c.enqueue(queuedFrame{op: opHeartbeat})
}

// cut closes the connection. The goroutine that reads it notices; if none does, the socket is ended here.
func (c *visitorConn) cut() {
	c.conn.Close()
	if c.state.CompareAndSwap(stateIdle, stateReading) {
		runPooled(func() { c.sockets.end(c) })
	}
}

// enqueue queues a frame to be written, unless a close frame is queued already.
func (c *visitorConn) enqueue(f queuedFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	c.closing = f.op == ws.OpClose
	c.queue = append(c.queue, f)
	if !c.writing {
		c.writing = true
		runPooled(c.writeQueued)
	}
}

// writeQueued writes what is queued, in as few writes as possible, until nothing is.
func (c *visitorConn) writeQueued() {
	for {
		queue := c.takeQueue()
		if len(queue) == 0 {
			return
		}
		out, counted := encodeFrames(queue)
		c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := out.WriteTo(c.conn); err != nil {
			c.CutSlowReader()
			return // writing stays true: nothing more is written
		}
		c.countWritten(counted)
		if queue[len(queue)-1].op == ws.OpClose {
			c.finishClose()
			return
		}
	}
}

// takeQueue returns the frames to be written next. If there is none, nobody writes any more.
func (c *visitorConn) takeQueue() []queuedFrame {
	c.mu.Lock()
	defer c.mu.Unlock()
	queue := c.queue
	c.queue = nil
	c.writing = len(queue) > 0
	return queue
}

// encodeFrames returns the frames as they are written, and how many bytes of them Socket.queued counts.
func encodeFrames(queue []queuedFrame) (out net.Buffers, counted int) {
	out = make(net.Buffers, 0, 2*len(queue))
	for _, f := range queue {
		if f.op == opHeartbeat {
			out = append(out, pingAndHeartbeat)
			counted += len(heartbeatFrame)
			continue
		}
		var head bytes.Buffer
		ws.WriteHeader(&head, ws.Header{Fin: true, OpCode: f.op, Length: int64(len(f.body))})
		out = append(out, head.Bytes(), f.body)
		if f.op == ws.OpText {
			counted += len(f.body)
		}
	}
	return out, counted
}

// finishClose ends the connection after our close frame is written: at once if the client has sent its own, else after a moment, so
// that ours arrives.
func (c *visitorConn) finishClose() {
	c.mu.Lock()
	answered := c.peerClosed
	c.mu.Unlock()
	if answered {
		c.cut()
	} else {
		time.AfterFunc(2*time.Second, c.cut)
	}
}
