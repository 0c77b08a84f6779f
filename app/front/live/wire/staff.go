package wire

import (
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/olahol/melody"
)

// StaffSockets are the sockets of desks and of managers' and supervisors' pages: few, with large queues, on melody.
type StaffSockets struct {
	counters  counters
	melody    *melody.Melody
	wheel     *timerWheel
	heartbeat []byte // the frame of a heartbeat
}

const (
	maxStaffQueuedFrames = 1024
	maxStaffQueuedBytes  = 4 << 20
)

// NewStaffSockets returns StaffSockets without a socket. Options.OnCountChange is not called.
func NewStaffSockets(o Options) *StaffSockets {
	m, wheel := melody.New(), newTimerWheel(o.Heartbeat)
	k := &StaffSockets{counters: counters{name: "staff", frameRate: o.FrameRate}, melody: m, wheel: wheel,
		heartbeat: fmt.Appendf(nil, `{"heartbeat":%g}`, wheel.interval.Seconds())} // htmx shows nothing of an object without content
	m.Config.MaxMessageSize = maxFrame
	m.Config.MessageBufferSize = maxStaffQueuedFrames
	m.Config.PingPeriod = wheel.interval
	m.Config.PongWait = 3 * wheel.interval // a frame may take half of that to handle, and no pong is read meanwhile
	m.Config.WriteWait = writeTimeout
	m.Upgrader.ReadBufferSize = 512
	m.Upgrader.WriteBufferSize = 1024
	m.Upgrader.WriteBufferPool = &sync.Pool{}
	m.Upgrader.CheckOrigin = func(*http.Request) bool { return true } // the front checks it for every kind of request
	m.HandleConnect(k.connected)
	m.HandleDisconnect(k.disconnected)
	m.HandlePong(func(s *melody.Session) { connOf(s).countFrame() })
	m.HandleMessage(received)
	m.HandleMessageBinary(received)
	m.HandleSentMessage(func(s *melody.Session, frame []byte) { connOf(s).socket.countWritten(len(frame)) })
	m.HandleError(func(s *melody.Session, err error) {
		if errors.Is(err, melody.ErrMessageBufferFull) {
			connOf(s).socket.CutSlowReader() // melody has dropped a frame: the screen must catch up
		}
	})
	return k
}

// Serve upgrades a request and returns at once. newScreen is called when the socket is open.
func (k *StaffSockets) Serve(w http.ResponseWriter, r *http.Request, newScreen NewScreen) error {
	if err := checkHandshake(r); err != nil {
		return err
	}
	conn, early, err := hijack(w)
	if err != nil {
		return err
	}
	keys := map[string]any{newScreenKey: newScreen}
	go k.melody.HandleRequestWithKeys(&hijackedWriter{conn: conn, early: early, header: http.Header{}}, r.Clone(r.Context()), keys)
	return nil
}

// Keys of a melody session.
const (
	newScreenKey = "new screen" // until it is connected
	connKey      = "conn"       // from then on
)

func connOf(s *melody.Session) *staffConn { return s.MustGet(connKey).(*staffConn) }

func (k *StaffSockets) connected(s *melody.Session) {
	newScreen := s.MustGet(newScreenKey).(NewScreen)
	s.UnSet(newScreenKey)
	s.Request = nil
	c := newStaffConn(k, s, newScreen)
	s.Set(connKey, c)
	k.counters.open.Add(1)
	k.counters.opened.Add(1)
	c.screen.Opened()
	k.wheel.add(c)
}

func (k *StaffSockets) disconnected(s *melody.Session) {
	c := connOf(s)
	k.counters.open.Add(-1)
	k.wheel.remove(c)
	c.socket.markClosed()
	c.screen.Closed()
}

func received(s *melody.Session, frame []byte) {
	if c := connOf(s); c.countFrame() {
		c.socket.deliver(c.screen, frame)
	}
}

// Drain tells every client to come back to another server.
func (k *StaffSockets) Drain() {
	restart := melody.FormatCloseMessage(Restart, "restarting")
	k.melody.BroadcastFilter(nil, func(s *melody.Session) bool { s.CloseWithMsg(restart); return false })
}

// Stats returns the present counts.
func (k *StaffSockets) Stats() Stats { return k.counters.stats() }
