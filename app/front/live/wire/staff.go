package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/olahol/melody"
)

// StaffSockets is the sockets of the desks' and managers' pages: few, with large queues, on melody.
type StaffSockets struct {
	counters  counters
	melody    *melody.Melody
	wheel     *timerWheel
	heartbeat []byte // the heartbeat's frame
}

const (
	maxStaffQueuedFrames = 1024
	maxStaffQueuedBytes  = 4 << 20
)

// NewStaffSockets returns none yet, each with a limit on frames, and with a heartbeat so often (0: every Heartbeat).
func NewStaffSockets(frames Rate, interval time.Duration) *StaffSockets {
	m := melody.New()
	k := &StaffSockets{counters: counters{name: "staff", frameRate: frames}, melody: m, wheel: newTimerWheel(interval)}
	k.heartbeat = fmt.Appendf(nil, `{"heartbeat":%g}`, k.wheel.interval.Seconds()) // htmx shows nothing of an object without content
	m.Config.MaxMessageSize = maxFrame
	m.Config.MessageBufferSize = maxStaffQueuedFrames
	m.Config.PingPeriod = k.wheel.interval
	m.Config.PongWait = 3 * k.wheel.interval // a frame may take half of that to handle, and no pong is read meanwhile
	m.Config.WriteWait = writeTimeout
	m.Upgrader.ReadBufferSize = 512
	m.Upgrader.WriteBufferSize = 1024
	m.Upgrader.WriteBufferPool = &sync.Pool{}
	m.Upgrader.CheckOrigin = func(*http.Request) bool { return true } // the front has checked it, for every kind of call
	m.HandleConnect(func(s *melody.Session) {
		s.Request = nil
		w := socketOf(s)
		carrier := w.transport.(*staffConn)
		carrier.session = s
		k.counters.open.Add(1)
		k.counters.opened.Add(1)
		screenOf(s).Opened(w)
		k.wheel.add(carrier)
	})
	m.HandleDisconnect(func(s *melody.Session) {
		k.counters.open.Add(-1)
		k.wheel.remove(socketOf(s).transport.(*staffConn))
		socketOf(s).markClosed()
		screenOf(s).Closed()
	})
	counted := func(s *melody.Session) bool {
		may := socketOf(s).allowFrame()
		if !may {
			socketOf(s).close(TryAgain, "too many frames")
		}
		return may
	}
	received := func(s *melody.Session, frame []byte) {
		if counted(s) {
			socketOf(s).deliver(screenOf(s), frame)
		}
	}
	m.HandlePong(func(s *melody.Session) { counted(s) })
	m.HandleMessage(received)
	m.HandleMessageBinary(received)
	m.HandleSentMessage(func(s *melody.Session, frame []byte) { socketOf(s).countWritten(len(frame)) })
	m.HandleError(func(s *melody.Session, err error) {
		if errors.Is(err, melody.ErrMessageBufferFull) {
			socketOf(s).CutSlowReader() // melody has dropped a frame: the screen must catch up
		}
	})
	return k
}

func screenOf(s *melody.Session) Screen  { return s.MustGet("screen").(Screen) }
func socketOf(s *melody.Session) *Socket { return s.MustGet("socket").(*Socket) }

// Serve upgrades a request and returns at once.
func (k *StaffSockets) Serve(w http.ResponseWriter, r *http.Request, s Screen) error {
	if err := checkHandshake(r); err != nil {
		return err
	}
	conn, early, err := hijack(w)
	if err != nil {
		return err
	}
	socket := newSocket(&k.counters, maxStaffQueuedBytes)
	socket.transport = &staffConn{sockets: k, socket: socket}
	keys := map[string]any{"screen": s, "socket": socket}
	go k.melody.HandleRequestWithKeys(&hijackedWriter{conn: conn, early: early, header: http.Header{}}, r.Clone(r.Context()), keys)
	return nil
}

// hijackedWriter is the ResponseWriter of a connection that net/http has let go of. Its buffers are tiny: gorilla makes its own.
type hijackedWriter struct {
	conn   net.Conn
	early  []byte
	header http.Header
}

func (t *hijackedWriter) Header() http.Header         { return t.header }
func (t *hijackedWriter) Write(b []byte) (int, error) { return t.conn.Write(b) }

// WriteHeader is called when the handshake is refused after all.
func (t *hijackedWriter) WriteHeader(int) {
	t.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	t.conn.Write([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
	t.conn.Close()
}

func (t *hijackedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r := bufio.NewReaderSize(t.conn, 16)
	if len(t.early) > 0 { // gorilla refuses a client that does not wait for the handshake
		r = bufio.NewReader(bytes.NewReader(t.early))
		r.Peek(1)
	}
	return t.conn, bufio.NewReadWriter(r, bufio.NewWriterSize(t.conn, 16)), nil
}

// staffConn is a melody session. Frames can be held back and written together.
type staffConn struct {
	sockets       *StaffSockets
	socket        *Socket
	session       *melody.Session
	wheelPosition // of the clock
	mu            sync.Mutex
	holds         int
	held          [][]byte
}

func (w *staffConn) write(frame []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.holds > 0 {
		w.held = append(w.held, frame)
		return
	}
	w.session.Write(frame)
}

// tick sends a heartbeat when nothing else was sent. It never stands in one frame with fragments: where some are held back, they are on
// their way.
func (w *staffConn) tick(now int32) {
	if !w.sockets.wheel.isQuiet(w.socket, now) {
		return
	}
	w.mu.Lock()
	holding := w.holds > 0
	w.mu.Unlock()
	if !holding {
		w.socket.Send(w.sockets.heartbeat)
	}
}

// hold keeps frames back until release: fragments may stand one after another in a frame.
func (w *staffConn) hold() {
	w.mu.Lock()
	w.holds++
	w.mu.Unlock()
}

func (w *staffConn) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds--
	w.flush()
}

func (w *staffConn) flush() {
	if w.holds == 0 && len(w.held) > 0 {
		w.session.Write(bytes.Join(w.held, nil))
		w.held = nil
	}
}

func (w *staffConn) close(code int, reason string) {
	w.mu.Lock()
	if len(w.held) > 0 {
		w.session.Write(bytes.Join(w.held, nil))
		w.held = nil
	}
	w.mu.Unlock()
	w.session.CloseWithMsg(melody.FormatCloseMessage(code, reason))
}

func (w *staffConn) cut() { w.session.WebsocketConnection().Close() }

// Drain tells every socket to come back elsewhere.
func (k *StaffSockets) Drain() {
	restart := melody.FormatCloseMessage(Restart, "restarting")
	k.melody.BroadcastFilter(nil, func(s *melody.Session) bool { s.CloseWithMsg(restart); return false })
}

// Stats returns the present figures.
func (k *StaffSockets) Stats() Stats { return k.counters.stats() }
