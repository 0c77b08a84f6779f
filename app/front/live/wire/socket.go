package wire

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/olahol/melody"
)

// Screen is what stands behind a socket: one visitor's panel, one agent's desk, one manager's page.
type Screen interface {
	Opened(*Socket)
	Received(frame []byte)
	Closed()
}

// transport carries a socket's frames: melody's for staff, a lean one for visitors, posts and long polls where sockets are
// blocked.
type transport interface {
	// write takes a frame and never waits. Once the frame has left, the carrier says so to Socket.left.
	write(frame []byte)
	// close says goodbye with a code, after what was written before.
	close(code int, reason string)
	// cut ends the connection without a word.
	cut()
}

// Socket guards a carrier, the same way for every kind: what waits to be written is bounded in bytes and never waited for (who
// does not read is cut, so that the screen comes back and catches up), and so is how much comes in.
type Socket struct {
	transport
	counters    *counters
	maxQueued   int64        // bytes that may be queued
	queued      atomic.Int64 // bytes that are
	frameTokens atomic.Int32 // frames that may still come in at once
	refilledAt  atomic.Int32 // second of the last filling of credit
	lastSent    atomic.Int32 // second of the last frame
	cutCounted  atomic.Bool  // it has been cut for not reading
	closed      atomic.Bool  // it is closed: nothing of it is counted any more
}

// queuedBytes is what waits to be written on all sockets of this process. Above the most, those with more than a little of it
// are cut: many that do not read are cut sooner than one.
var queuedBytes atomic.Int64

const (
	maxQueuedBytes = 128 << 20
	smallQueue     = 64 << 10
)

// Rate is so many a second, and so many at once after a rest. The zero Rate is no limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Stats is how one kind of sockets is doing; counts are since the start.
type Stats struct {
	Kind   string // "visitors", "staff", or "polls" (requests, where sockets are blocked)
	Open   int64  // now
	Opened int64
	Cut    int64 // did not read
	Frames int64 // that came in
}

func (t *counters) stats() Stats {
	return Stats{t.name, t.open.Load(), t.opened.Load(), t.cut.Load(), t.framesIn.Load()}
}

// counters counts what happens on all sockets of a kind, and has the limit on frames for each.
type counters struct {
	name                        string
	frameRate                   Rate
	open, opened, cut, framesIn atomic.Int64
}

// newSocket is a socket without its carrier.
func newSocket(t *counters, limit int64) *Socket {
	s := &Socket{counters: t, maxQueued: limit}
	s.frameTokens.Store(int32(t.frameRate.Burst))
	s.refilledAt.Store(seconds())
	return s
}

var processStart = time.Now()

// seconds is a coarse clock that fits in four bytes.
func seconds() int32 { return int32(time.Since(processStart) / time.Second) }

// Send queues a frame and never waits.
func (s *Socket) Send(frame []byte) {
	if s.closed.Load() {
		return
	}
	n := int64(len(frame))
	mine, all := s.queued.Add(n), queuedBytes.Add(n)
	if mine > s.maxQueued && n < s.maxQueued || all > maxQueuedBytes && mine > smallQueue {
		s.CutSlowReader()
		return
	}
	s.lastSent.Store(seconds())
	s.write(frame)
}

// countQueued counts bytes that are about to be written beside Send.
func (s *Socket) countQueued(bytes int) {
	if s.closed.Load() {
		return
	}
	s.queued.Add(int64(bytes))
	queuedBytes.Add(int64(bytes))
	s.lastSent.Store(seconds())
}

// markClosed forgets what waited on a socket that is closed.
func (s *Socket) markClosed() {
	if !s.closed.Swap(true) {
		queuedBytes.Add(-s.queued.Swap(0))
	}
}

// Close says goodbye with a code, after what was sent before.
func (s *Socket) Close(code int, reason string) { s.close(code, reason) }

// IsBehind reports whether much waits to be written.
func (s *Socket) IsBehind() bool { return s.queued.Load() > s.maxQueued/4 }

// Hold keeps frames back until Release, which sends them as one: a desk's fragments may stand one after another.
func (s *Socket) Hold() {
	if w, ok := s.transport.(*staffConn); ok {
		w.hold()
	}
}

// Release ends one Hold.
func (s *Socket) Release() {
	if w, ok := s.transport.(*staffConn); ok {
		w.release()
	}
}

// IsPoll reports whether it is one request of a panel whose network blocks sockets.
func (s *Socket) IsPoll() bool {
	_, polled := s.transport.(*PollResponse)
	return polled
}

// SendQuietly is Send for what is no reason by itself to answer a poll.
func (s *Socket) SendQuietly(frame []byte) {
	if a, polled := s.transport.(*PollResponse); polled {
		a.writeQuietly(frame)
		return
	}
	s.Send(frame)
}

// CutSlowReader cuts a socket that does not read. What was queued is lost, and the screen catches up when it comes back.
func (s *Socket) CutSlowReader() {
	if !s.cutCounted.Swap(true) {
		s.counters.cut.Add(1)
	}
	s.cut()
}

// countWritten says that so many bytes have been written.
func (s *Socket) countWritten(bytes int) {
	if !s.closed.Load() {
		s.queued.Add(-int64(bytes))
		queuedBytes.Add(-int64(bytes))
	}
}

// allowFrame reports whether one more frame may come in now. It is asked by the socket's one reader.
func (s *Socket) allowFrame() bool {
	s.counters.framesIn.Add(1)
	most := int32(s.counters.frameRate.Burst)
	if most == 0 {
		return true
	}
	now, tokens := seconds(), s.frameTokens.Load()
	if since := now - s.refilledAt.Load(); since > 0 {
		tokens = min(most, tokens+int32(float64(min(since, 3600))*s.counters.frameRate.PerSecond))
		s.refilledAt.Store(now)
	}
	s.frameTokens.Store(tokens - 1)
	return tokens > 0
}

// deliver hands a frame to the screen. A fault in one frame must not take the process, nor leave a socket that nobody reads.
func (s *Socket) deliver(to Screen, frame []byte) {
	Guard("a frame could not be handled", func() { to.Received(frame) }, func() { s.close(melody.CloseInternalServerErr, "internal error") })
}

// Guard does work; a fault in it is logged, harms nobody else, and is followed by after (nil: nothing).
func Guard(doing string, work, onPanic func()) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error(doing, "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			if onPanic != nil {
				onPanic()
			}
		}
	}()
	work()
}

// Close codes. After restart and tryAgain a client comes back by itself; after gone it must not.
const (
	Gone     = melody.ClosePolicyViolation // 1008: logged out, or not allowed (any more)
	Restart  = melody.CloseServiceRestart  // 1012
	TryAgain = melody.CloseTryAgainLater   // 1013
	TooMany  = 4001                        // the same person has opened too many pages since: it must not come back by itself
)

const (
	maxFrame     = 64 << 10         // bytes of one incoming frame; the longest message is 4,000 characters
	writeTimeout = 10 * time.Second // for one write
	readTimeout  = 30 * time.Second // for a frame that has begun to come
)

// hijack takes the connection of a request out of net/http's hands, so that neither its goroutine nor its buffers stay
// for the life of the socket. early is what the client has sent already.
func hijack(w http.ResponseWriter) (conn net.Conn, early []byte, err error) {
	conn, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if n := buffers.Reader.Buffered(); n > 0 {
		early, _ = buffers.Reader.Peek(n)
		early = append([]byte(nil), early...)
	}
	return conn, early, conn.SetDeadline(time.Time{})
}

// workers run short work on stacks that have already grown. A few wait for work; when none does, one more comes.
var workers struct {
	work chan func()
	idle atomic.Int32
}

const maxIdleWorkers = 32

func init() { workers.work = make(chan func()) }

func runPooled(work func()) {
	select {
	case workers.work <- work:
	default:
		go func() {
			for {
				Guard("a socket", work, nil)
				if workers.idle.Add(1) > maxIdleWorkers {
					workers.idle.Add(-1)
					return
				}
				work = <-workers.work
				workers.idle.Add(-1)
			}
		}()
	}
}
