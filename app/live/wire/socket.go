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

// carrier carries a socket's frames: melody's for staff, a lean one for visitors, posts and long polls where sockets are
// blocked.
type carrier interface {
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
	carrier
	tally  *tally
	limit  int64        // bytes that may be queued
	queued atomic.Int64 // bytes that are
	credit atomic.Int32 // frames that may still come in at once
	filled atomic.Int32 // second of the last filling of credit
	sent   atomic.Int32 // second of the last frame
	given  atomic.Bool  // it has been cut for not reading
	over   atomic.Bool  // it is closed: nothing of it is counted any more
}

// waitingBytes is what waits to be written on all sockets of this process. Above the most, those with more than a little of it
// are cut: many that do not read are cut sooner than one.
var waitingBytes atomic.Int64

const (
	waitingMost = 128 << 20
	aLittle     = 64 << 10
)

// Rate is so many a second, and so many at once after a rest. The zero Rate is no limit.
type Rate struct {
	ASecond float64
	AtOnce  int
}

// Stats is how one kind of sockets is doing; counts are since the start.
type Stats struct {
	Kind   string // "visitors", "staff", or "polls" (requests, where sockets are blocked)
	Open   int64  // now
	Opened int64
	Cut    int64 // did not read
	Frames int64 // that came in
}

func (t *tally) stats() Stats {
	return Stats{t.name, t.open.Load(), t.opened.Load(), t.cut.Load(), t.framed.Load()}
}

// tally counts what happens on all sockets of a kind, and has the limit on frames for each.
type tally struct {
	name                      string
	frames                    Rate
	open, opened, cut, framed atomic.Int64
}

// newSocket is a socket without its carrier.
func newSocket(t *tally, limit int64) *Socket {
	s := &Socket{tally: t, limit: limit}
	s.credit.Store(int32(t.frames.AtOnce))
	s.filled.Store(seconds())
	return s
}

var started = time.Now()

// seconds is a coarse clock that fits in four bytes.
func seconds() int32 { return int32(time.Since(started) / time.Second) }

// Send queues a frame and never waits.
func (s *Socket) Send(frame []byte) {
	if s.over.Load() {
		return
	}
	n := int64(len(frame))
	mine, all := s.queued.Add(n), waitingBytes.Add(n)
	if mine > s.limit && n < s.limit || all > waitingMost && mine > aLittle {
		s.GiveUp()
		return
	}
	s.sent.Store(seconds())
	s.write(frame)
}

// queues counts bytes that are about to be written beside Send.
func (s *Socket) queues(bytes int) {
	if s.over.Load() {
		return
	}
	s.queued.Add(int64(bytes))
	waitingBytes.Add(int64(bytes))
	s.sent.Store(seconds())
}

// end forgets what waited on a socket that is closed.
func (s *Socket) end() {
	if !s.over.Swap(true) {
		waitingBytes.Add(-s.queued.Swap(0))
	}
}

// Close says goodbye with a code, after what was sent before.
func (s *Socket) Close(code int, reason string) { s.close(code, reason) }

// Behind reports whether much waits to be written.
func (s *Socket) Behind() bool { return s.queued.Load() > s.limit/4 }

// Hold keeps frames back until Release, which sends them as one: a desk's fragments may stand one after another.
func (s *Socket) Hold() {
	if w, ok := s.carrier.(*staffWire); ok {
		w.hold()
	}
}

// Release ends one Hold.
func (s *Socket) Release() {
	if w, ok := s.carrier.(*staffWire); ok {
		w.release()
	}
}

// Polled reports whether it is one request of a panel whose network blocks sockets.
func (s *Socket) Polled() bool {
	_, polled := s.carrier.(*Answer)
	return polled
}

// SendQuietly is Send for what is no reason by itself to answer a poll.
func (s *Socket) SendQuietly(frame []byte) {
	if a, polled := s.carrier.(*Answer); polled {
		a.keep(frame)
		return
	}
	s.Send(frame)
}

// GiveUp cuts a socket that does not read. What was queued is lost, and the screen catches up when it comes back.
func (s *Socket) GiveUp() {
	if !s.given.Swap(true) {
		s.tally.cut.Add(1)
	}
	s.cut()
}

// left says that so many bytes have been written.
func (s *Socket) left(bytes int) {
	if !s.over.Load() {
		s.queued.Add(-int64(bytes))
		waitingBytes.Add(-int64(bytes))
	}
}

// mayCome reports whether one more frame may come in now. It is asked by the socket's one reader.
func (s *Socket) mayCome() bool {
	s.tally.framed.Add(1)
	most := int32(s.tally.frames.AtOnce)
	if most == 0 {
		return true
	}
	now, credit := seconds(), s.credit.Load()
	if since := now - s.filled.Load(); since > 0 {
		credit = min(most, credit+int32(float64(min(since, 3600))*s.tally.frames.ASecond))
		s.filled.Store(now)
	}
	s.credit.Store(credit - 1)
	return credit > 0
}

// take hands a frame to the screen. A fault in one frame must not take the process, nor leave a socket that nobody reads.
func (s *Socket) take(to Screen, frame []byte) {
	Guard("a frame could not be handled", func() { to.Received(frame) }, func() { s.close(melody.CloseInternalServerErr, "internal error") })
}

// Guard does work; a fault in it is logged, harms nobody else, and is followed by after (nil: nothing).
func Guard(doing string, work, after func()) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error(doing, "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			if after != nil {
				after()
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
	maxFrame = 64 << 10         // bytes of one incoming frame; the longest message is 4,000 characters
	writeIn  = 10 * time.Second // for one write
	wholeIn  = 30 * time.Second // for a frame that has begun to come
)

// takeOver takes the connection of a request out of net/http's hands, so that neither its goroutine nor its buffers stay
// for the life of the socket. early is what the client has sent already.
func takeOver(w http.ResponseWriter) (conn net.Conn, early []byte, err error) {
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

// hands run short work on stacks that have already grown. A few wait for work; when none does, one more comes.
var hands struct {
	work chan func()
	idle atomic.Int32
}

const idleHands = 32

func init() { hands.work = make(chan func()) }

func lend(work func()) {
	select {
	case hands.work <- work:
	default:
		go func() {
			for {
				Guard("a socket", work, nil)
				if hands.idle.Add(1) > idleHands {
					hands.idle.Add(-1)
					return
				}
				work = <-hands.work
				hands.idle.Add(-1)
			}
		}()
	}
}
