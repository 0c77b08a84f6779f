package live

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/olahol/melody"
)

// screen is what stands behind a socket: one visitor's panel, one agent's desk, one manager's page.
type screen interface {
	opened(*socket)
	received(frame []byte)
	closed()
}

// socket is the transport under a screen. Writes go through a queue that is bounded in frames and in bytes and never wait; a
// socket whose queue is full is cut, so that its screen comes back and catches up.
type socket struct {
	session *melody.Session
	limit   int64        // bytes that may be queued
	queued  atomic.Int64 // bytes that are
}

func (s *socket) send(frame []byte) {
	if s.queued.Add(int64(len(frame))) > s.limit && int64(len(frame)) < s.limit {
		s.cut()
		return
	}
	s.session.Write(frame)
}

// cut ends the connection without a word; what was queued is lost, and the screen catches up when it comes back.
func (s *socket) cut() { s.session.WebsocketConnection().Close() }

func (s *socket) close(code int, reason string) {
	s.session.CloseWithMsg(melody.FormatCloseMessage(code, reason))
}

// Close codes. After restart and tryAgain a client comes back by itself; after gone it must not.
const (
	codeGone     = melody.ClosePolicyViolation // 1008: logged out, or not allowed (any more)
	codeRestart  = melody.CloseServiceRestart  // 1012
	codeTryAgain = melody.CloseTryAgainLater   // 1013
)

const maxFrame = 64 << 10 // bytes of one incoming frame; the longest message is 4,000 characters

// greetingDue is how long a socket may stay open without saying hello.
const greetingDue = 20 * time.Second

// newSockets returns a transport whose sockets can hold so many frames and bytes that are not yet written.
func newSockets(frames int, bytes int64) *melody.Melody {
	m := melody.New()
	m.Config.MaxMessageSize = maxFrame
	m.Config.MessageBufferSize = frames
	m.Config.PingPeriod = 30 * time.Second
	m.Config.PongWait = 75 * time.Second
	m.Upgrader.ReadBufferSize = 512
	m.Upgrader.WriteBufferSize = 1024
	m.Upgrader.CheckOrigin = func(*http.Request) bool { return true } // the front has checked it, for every kind of call
	m.HandleConnect(func(s *melody.Session) {
		k := &socket{session: s, limit: bytes}
		s.Set("socket", k)
		screenOf(s).opened(k)
	})
	m.HandleDisconnect(func(s *melody.Session) { screenOf(s).closed() })
	received := func(s *melody.Session, frame []byte) {
		defer func() { // a fault in one frame must not take the process, nor leave a socket that nobody reads
			if p := recover(); p != nil {
				slog.Error("a frame could not be handled", "error", fmt.Sprint(p), "stack", string(debug.Stack()))
				s.CloseWithMsg(melody.FormatCloseMessage(melody.CloseInternalServerErr, "internal error"))
			}
		}()
		screenOf(s).received(frame)
	}
	m.HandleMessage(received)
	m.HandleMessageBinary(received)
	m.HandleSentMessage(func(s *melody.Session, frame []byte) {
		s.MustGet("socket").(*socket).queued.Add(-int64(len(frame)))
	})
	m.HandleError(func(s *melody.Session, err error) {
		if errors.Is(err, melody.ErrMessageBufferFull) {
			s.WebsocketConnection().Close() // melody has dropped a frame: the screen must catch up
		}
	})
	return m
}

func screenOf(s *melody.Session) screen { return s.MustGet("screen").(screen) }

// serve upgrades a request and returns when the socket is closed.
func serve(m *melody.Melody, w http.ResponseWriter, r *http.Request, s screen) error {
	return m.HandleRequestWithKeys(w, r, map[string]any{"screen": s})
}

// spawn runs work beside; a fault in it is logged and harms nobody else.
func spawn(doing string, work func()) {
	go func() {
		defer func() {
			if p := recover(); p != nil {
				slog.Error(doing, "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		work()
	}()
}
