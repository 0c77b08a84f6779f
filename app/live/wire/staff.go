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

// Staff is the sockets of the desks' and managers' pages: few, with large queues, on melody.
type Staff struct {
	tally  tally
	melody *melody.Melody
	clock  *clock
	beat   []byte // the heartbeat's frame
}

const (
	staffFrames = 1024
	staffBytes  = 4 << 20
)

// NewStaff returns none yet, each with a limit on frames, and with a heartbeat so often (0: every Heartbeat).
func NewStaff(frames Rate, beat time.Duration) *Staff {
	m := melody.New()
	k := &Staff{tally: tally{name: "staff", frames: frames}, melody: m, clock: newClock(beat)}
	k.beat = fmt.Appendf(nil, `{"heartbeat":%g}`, k.clock.beat.Seconds()) // htmx shows nothing of an object without content
	m.Config.MaxMessageSize = maxFrame
	m.Config.MessageBufferSize = staffFrames
	m.Config.PingPeriod = k.clock.beat
	m.Config.PongWait = 3 * k.clock.beat // a frame may take half of that to handle, and no pong is read meanwhile
	m.Config.WriteWait = writeIn
	m.Upgrader.ReadBufferSize = 512
	m.Upgrader.WriteBufferSize = 1024
	m.Upgrader.WriteBufferPool = &sync.Pool{}
	m.Upgrader.CheckOrigin = func(*http.Request) bool { return true } // the front has checked it, for every kind of call
	m.HandleConnect(func(s *melody.Session) {
		s.Request = nil
		w := socketOf(s)
		carrier := w.carrier.(*staffWire)
		carrier.session = s
		k.tally.open.Add(1)
		k.tally.opened.Add(1)
		screenOf(s).Opened(w)
		k.clock.add(carrier)
	})
	m.HandleDisconnect(func(s *melody.Session) {
		k.tally.open.Add(-1)
		k.clock.remove(socketOf(s).carrier.(*staffWire))
		socketOf(s).end()
		screenOf(s).Closed()
	})
	counted := func(s *melody.Session) bool {
		may := socketOf(s).mayCome()
		if !may {
			socketOf(s).close(TryAgain, "too many frames")
		}
		return may
	}
	received := func(s *melody.Session, frame []byte) {
		if counted(s) {
			socketOf(s).take(screenOf(s), frame)
		}
	}
	m.HandlePong(func(s *melody.Session) { counted(s) })
	m.HandleMessage(received)
	m.HandleMessageBinary(received)
	m.HandleSentMessage(func(s *melody.Session, frame []byte) { socketOf(s).left(len(frame)) })
	m.HandleError(func(s *melody.Session, err error) {
		if errors.Is(err, melody.ErrMessageBufferFull) {
			socketOf(s).GiveUp() // melody has dropped a frame: the screen must catch up
		}
	})
	return k
}

func screenOf(s *melody.Session) Screen  { return s.MustGet("screen").(Screen) }
func socketOf(s *melody.Session) *Socket { return s.MustGet("socket").(*Socket) }

// Serve upgrades a request and returns at once.
func (k *Staff) Serve(w http.ResponseWriter, r *http.Request, s Screen) error {
	if err := speaksWebSocket(r); err != nil {
		return err
	}
	conn, early, err := takeOver(w)
	if err != nil {
		return err
	}
	socket := newSocket(&k.tally, staffBytes)
	socket.carrier = &staffWire{kind: k, socket: socket}
	keys := map[string]any{"screen": s, "socket": socket}
	go k.melody.HandleRequestWithKeys(&takenOver{conn: conn, early: early, header: http.Header{}}, r.Clone(r.Context()), keys)
	return nil
}

// takenOver is the ResponseWriter of a connection that net/http has let go of. Its buffers are tiny: gorilla makes its own.
type takenOver struct {
	conn   net.Conn
	early  []byte
	header http.Header
}

func (t *takenOver) Header() http.Header         { return t.header }
func (t *takenOver) Write(b []byte) (int, error) { return t.conn.Write(b) }

// WriteHeader is called when the handshake is refused after all.
func (t *takenOver) WriteHeader(int) {
	t.conn.SetWriteDeadline(time.Now().Add(writeIn))
	t.conn.Write([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
	t.conn.Close()
}

func (t *takenOver) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r := bufio.NewReaderSize(t.conn, 16)
	if len(t.early) > 0 { // gorilla refuses a client that does not wait for the handshake
		r = bufio.NewReader(bytes.NewReader(t.early))
		r.Peek(1)
	}
	return t.conn, bufio.NewReadWriter(r, bufio.NewWriterSize(t.conn, 16)), nil
}

// staffWire is a melody session. Frames can be held back and written together.
type staffWire struct {
	kind    *Staff
	socket  *Socket
	session *melody.Session
	slot    // of the clock
	mu      sync.Mutex
	holding int
	held    [][]byte
}

func (w *staffWire) write(frame []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.holding > 0 {
		w.held = append(w.held, frame)
		return
	}
	w.session.Write(frame)
}

// tick sends a heartbeat when nothing else was sent. It never stands in one frame with fragments: where some are held back, they are on
// their way.
func (w *staffWire) tick(now int32) {
	if !w.kind.clock.quiet(w.socket, now) {
		return
	}
	w.mu.Lock()
	holding := w.holding > 0
	w.mu.Unlock()
	if !holding {
		w.socket.Send(w.kind.beat)
	}
}

// hold keeps frames back until release: fragments may stand one after another in a frame.
func (w *staffWire) hold() {
	w.mu.Lock()
	w.holding++
	w.mu.Unlock()
}

func (w *staffWire) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holding--
	w.flush()
}

func (w *staffWire) flush() {
	if w.holding == 0 && len(w.held) > 0 {
		w.session.Write(bytes.Join(w.held, nil))
		w.held = nil
	}
}

func (w *staffWire) close(code int, reason string) {
	w.mu.Lock()
	if len(w.held) > 0 {
		w.session.Write(bytes.Join(w.held, nil))
		w.held = nil
	}
	w.mu.Unlock()
	w.session.CloseWithMsg(melody.FormatCloseMessage(code, reason))
}

func (w *staffWire) cut() { w.session.WebsocketConnection().Close() }

// Leave tells every socket to come back elsewhere.
func (k *Staff) Leave() {
	restart := melody.FormatCloseMessage(Restart, "restarting")
	k.melody.BroadcastFilter(nil, func(s *melody.Session) bool { s.CloseWithMsg(restart); return false })
}

// Stats returns the present figures.
func (k *Staff) Stats() Stats { return k.tally.stats() }
