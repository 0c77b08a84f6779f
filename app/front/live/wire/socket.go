package wire

import (
	"sync/atomic"
	"time"

	"github.com/olahol/melody"
)

// Screen is what a socket belongs to: one visitor's panel, one agent's desk, one page of a manager or supervisor. It is built
// with its Socket. Its methods are called one after another.
type Screen interface {
	// Opened is called once, before Received and Closed. Frames can be sent from then on.
	Opened()
	Received(frame []byte)
	// Closed is called once, and is the last call.
	Closed()
}

// NewScreen builds the screen of a socket.
type NewScreen func(*Socket) Screen

// transport writes a socket's frames: a visitorConn, a staffConn or a PollResponse.
type transport interface {
	// write takes a frame and never waits. Once the frame is written, the transport calls Socket.countWritten.
	write(frame []byte)
	// close closes the connection with a code, after what was written before.
	close(code int, reason string)
	// cut closes the connection without a code.
	cut()
}

// Socket bounds how much waits to be written on a connection and how much comes in, in the same way for every kind of
// transport. A client that does not read is disconnected; its screen comes back and catches up.
type Socket struct {
	transport
	counters    *counters
	maxQueued   int64        // bytes
	queued      atomic.Int64 // bytes that wait to be written
	frameTokens atomic.Int32 // frames that may still come in at once
	refilledAt  atomic.Int32 // second, as by seconds, when frameTokens was last refilled
	lastSent    atomic.Int32 // second of the last frame that was sent
	cutCounted  atomic.Bool  // it was disconnected because it did not read
	closed      atomic.Bool  // nothing of it is counted any more
}

// queuedBytes is how many bytes wait to be written on all sockets of this process. Above maxQueuedBytes, sockets with
// more than smallQueue of them are disconnected: many clients that do not read are disconnected sooner than one.
var queuedBytes atomic.Int64

const (
	maxQueuedBytes = 128 << 20
	smallQueue     = 64 << 10
)

// Close codes. After Restart and TryAgain a client comes back by itself; after the others it must not.
const (
	Gone     = melody.ClosePolicyViolation // 1008: logged out, or not allowed
	Restart  = melody.CloseServiceRestart  // 1012
	TryAgain = melody.CloseTryAgainLater   // 1013
	TooMany  = 4001                        // the same person has opened too many pages since
)

// newSocket returns a socket whose queue holds maxQueued bytes at most.
func newSocket(c *counters, maxQueued int64, t transport) *Socket {
	s := &Socket{transport: t, counters: c, maxQueued: maxQueued}
	s.frameTokens.Store(int32(c.frameRate.Burst))
	s.refilledAt.Store(seconds())
	return s
}

var processStart = time.Now()

// seconds returns the seconds since the process started: a clock that fits into four bytes.
func seconds() int32 { return int32(time.Since(processStart) / time.Second) }

// Send queues a frame and never waits.
func (s *Socket) Send(frame []byte) {
	if s.closed.Load() {
		return
	}
	n := int64(len(frame))
	own, all := s.queued.Add(n), queuedBytes.Add(n)
	if own > s.maxQueued && n < s.maxQueued || all > maxQueuedBytes && own > smallQueue {
		s.CutSlowReader()
		return
	}
	s.lastSent.Store(seconds())
	s.write(frame)
}

// SendQuietly sends a frame that is by itself no reason to answer a poll. For a WebSocket it is Send.
func (s *Socket) SendQuietly(frame []byte) {
	if response, isPoll := s.transport.(*PollResponse); isPoll {
		response.writeQuietly(frame)
		return
	}
	s.Send(frame)
}

// Hold keeps frames back until Release, which sends them as one frame: the fragments of a desk may stand one after another.
// It does nothing for sockets of visitors.
func (s *Socket) Hold() {
	if c, isStaff := s.transport.(*staffConn); isStaff {
		c.hold()
	}
}

// Release ends one Hold.
func (s *Socket) Release() {
	if c, isStaff := s.transport.(*staffConn); isStaff {
		c.release()
	}
}

// IsPoll reports whether the socket is one request of a panel whose network blocks WebSockets.
func (s *Socket) IsPoll() bool {
	_, isPoll := s.transport.(*PollResponse)
	return isPoll
}

// Close closes the connection with a code, after what was sent before.
func (s *Socket) Close(code int, reason string) { s.close(code, reason) }

// IsBehind reports whether more than a quarter of what may wait to be written does.
func (s *Socket) IsBehind() bool { return s.queued.Load() > s.maxQueued/4 }

// CutSlowReader disconnects a client that does not read. What was queued is lost; the screen catches up when it comes back.
func (s *Socket) CutSlowReader() {
	if !s.cutCounted.Swap(true) {
		s.counters.cut.Add(1)
	}
	s.cut()
}

// countQueued counts bytes that are about to be written without Send.
func (s *Socket) countQueued(bytes int) {
	if s.closed.Load() {
		return
	}
	s.queued.Add(int64(bytes))
	queuedBytes.Add(int64(bytes))
	s.lastSent.Store(seconds())
}

// countWritten counts bytes that have been written.
func (s *Socket) countWritten(bytes int) {
	if !s.closed.Load() {
		s.queued.Add(-int64(bytes))
		queuedBytes.Add(-int64(bytes))
	}
}

// markClosed no longer counts what waits on the socket.
func (s *Socket) markClosed() {
	if !s.closed.Swap(true) {
		queuedBytes.Add(-s.queued.Swap(0))
	}
}
