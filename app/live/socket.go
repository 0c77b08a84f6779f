package live

import (
	"errors"
	"net/http"
	"time"

	"github.com/olahol/melody"
)

// screen is what stands behind a socket: one visitor's panel, one agent's desk, one manager's page.
type screen interface {
	opened(socket)
	received(frame []byte)
	closed()
}

// socket is the transport under a screen. Writes go through a bounded queue and never wait; a socket whose queue is full is
// cut, so that its screen comes back and catches up.
type socket struct{ session *melody.Session }

func (s socket) send(frame []byte) { s.session.Write(frame) }

func (s socket) close(code int, reason string) {
	s.session.CloseWithMsg(melody.FormatCloseMessage(code, reason))
}

// Close codes. After restart and tryAgain a client comes back by itself; after gone it must not.
const (
	codeGone     = melody.ClosePolicyViolation // 1008: logged out, or not allowed (any more)
	codeRestart  = melody.CloseServiceRestart  // 1012
	codeTryAgain = melody.CloseTryAgainLater   // 1013
)

const maxFrame = 64 << 10 // bytes of one incoming frame; the longest message is 4,000 characters

// newSockets returns a transport whose sockets can hold queue frames that are not yet written.
func newSockets(queue int) *melody.Melody {
	m := melody.New()
	m.Config.MaxMessageSize = maxFrame
	m.Config.MessageBufferSize = queue
	m.Config.PingPeriod = 30 * time.Second
	m.Config.PongWait = 75 * time.Second
	m.Upgrader.ReadBufferSize = 512
	m.Upgrader.WriteBufferSize = 1024
	m.Upgrader.CheckOrigin = func(*http.Request) bool { return true } // the front has checked it, for every kind of call
	m.HandleConnect(func(s *melody.Session) { screenOf(s).opened(socket{s}) })
	m.HandleDisconnect(func(s *melody.Session) { screenOf(s).closed() })
	m.HandleMessage(func(s *melody.Session, frame []byte) { screenOf(s).received(frame) })
	m.HandleMessageBinary(func(s *melody.Session, frame []byte) { screenOf(s).received(frame) })
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
