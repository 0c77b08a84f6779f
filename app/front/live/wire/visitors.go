package wire

import (
	"bufio"
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"parley/app/platform/fail"
)

// VisitorSockets is the panels' sockets: very many, mostly idle. While nothing happens each is some small structs: no
// goroutine and no buffer. A poller tells which have something to read; reading and writing borrow a goroutine and a buffer;
// pings come from one clock for all.
type VisitorSockets struct {
	counters counters
	wheel    *timerWheel
	poller   *poller

	draining      atomic.Bool    // all are told to go: who comes now is too
	onCountChange func(open int) // called when many have come or gone
	reportedCount atomic.Int64
}

// countStep is how many sockets must have come or gone to be told of.
const countStep = 500

// reportCount tells of the tide when it has turned since the last time.
func (k *VisitorSockets) reportCount(open int64) {
	mark := k.reportedCount.Load()
	if (open-mark >= countStep || mark-open >= countStep) && k.reportedCount.CompareAndSwap(mark, open) && k.onCountChange != nil {
		k.onCountChange(int(open))
	}
}

const maxVisitorQueuedBytes = 1 << 20

// NewVisitorSockets returns none yet, each with a limit on frames, and with a heartbeat so often (0: every Heartbeat).
func NewVisitorSockets(frames Rate, interval time.Duration) *VisitorSockets {
	k := &VisitorSockets{counters: counters{name: "visitors", frameRate: frames}, wheel: newTimerWheel(interval)}
	k.poller = newPoller(k.readable)
	return k
}

// checkHandshake refuses a handshake that RFC 6455 does not allow.
func checkHandshake(r *http.Request) error {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.Method != http.MethodGet || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") || !hasToken(r.Header.Get("Connection"), "upgrade"):
		return fail.New(fail.Invalid, "This address speaks WebSocket only.")
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return fail.New(fail.Invalid, "This address speaks version 13 of WebSocket only.")
	case err != nil || len(key) != 16:
		return fail.New(fail.Invalid, "The handshake has no good Sec-WebSocket-Key.")
	}
	return nil
}

func hasToken(list, token string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(t), token) {
			return true
		}
	}
	return false
}

// Serve upgrades a request and returns at once.
func (k *VisitorSockets) Serve(w http.ResponseWriter, r *http.Request, s Screen) error {
	if err := checkHandshake(r); err != nil {
		return err
	}
	accept := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
	conn, early, err := hijack(w)
	if err != nil {
		return err
	}
	v := &visitorConn{sockets: k, screen: s, conn: conn, early: early, Socket: newSocket(&k.counters, maxVisitorQueuedBytes)}
	v.Socket.transport = v
	runPooled(func() { k.begin(v, base64.StdEncoding.EncodeToString(accept[:])) })
	return nil
}

// begin answers the handshake, opens the screen, and waits for what comes.
func (k *VisitorSockets) begin(v *visitorConn, accept string) {
	v.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := io.WriteString(v.conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+accept+"\r\n\r\n"); err != nil {
		v.conn.Close()
		return
	}
	v.state.Store(stateReading)
	v.lastReceived.Store(seconds())
	k.reportCount(k.counters.open.Add(1))
	k.counters.opened.Add(1)
	k.wheel.add(v)
	v.open()
	if k.draining.Load() {
		v.close(Restart, "restarting")
	}
	if err := k.poller.add(v); err != nil {
		k.end(v)
		return
	}
	if len(v.early) > 0 {
		k.read(v)
		return
	}
	k.wait(v)
}

// open opens the screen. A fault in it ends the socket, not the process, and leaves nothing behind.
func (v *visitorConn) open() {
	Guard("a screen could not be opened", func() { v.screen.Opened(v.Socket) }, func() { v.conn.Close() })
}

// readable is told that there is something to read. Somebody may be reading already: then it is theirs.
func (k *VisitorSockets) readable(v *visitorConn) {
	if v.state.CompareAndSwap(stateIdle, stateReading) {
		k.read(v)
	}
}

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}

// read hands on every message that has come, and then waits for more.
func (k *VisitorSockets) read(v *visitorConn) {
	in := readers.Get().(*bufio.Reader)
	in.Reset(v)
	sane := false
	defer func() {
		if !sane { // a fault must not leave a socket that nobody can end
			k.end(v)
		}
	}()
	v.conn.SetReadDeadline(time.Now().Add(readTimeout))
	_, err := in.Peek(1)
	goes := err == nil || errors.Is(err, os.ErrDeadlineExceeded) // told in vain: the descriptor was another's a moment ago
	for goes && in.Buffered() > 0 {
		goes = v.readFrame(in)
	}
	sane = true
	in.Reset(nil)
	readers.Put(in)
	if !goes {
		k.end(v)
		return
	}
	k.wait(v)
}

// wait lets go of a socket until there is something to read, or it is cut.
func (k *VisitorSockets) wait(v *visitorConn) {
	v.state.Store(stateIdle)
	if k.poller.wait(v) != nil && v.state.CompareAndSwap(stateIdle, stateReading) {
		k.end(v)
	}
}

// end closes a socket that whoever calls has the reading of.
func (k *VisitorSockets) end(v *visitorConn) {
	v.state.Store(stateEnded)
	k.poller.remove(v)
	v.conn.Close()
	v.releaseIncoming()
	k.wheel.remove(v)
	k.reportCount(k.counters.open.Add(-1))
	v.markClosed()
	v.screen.Closed()
}

// visitorConn is one visitor's connection.
type visitorConn struct {
	*Socket
	sockets       *VisitorSockets
	screen        Screen
	conn          net.Conn
	fd            int          // of conn, for the poller
	state         atomic.Int32 // whose it is to read
	early         []byte       // sent by the client before the handshake was answered
	lastReceived  atomic.Int32 // second of the last sign of life
	wheelPosition              // of the clock

	partial       []byte // of a message in several frames, so far
	reservedBytes int64  // bytes of a large one that count in comingBytes
	inMessage     bool   // one has begun
	isText        bool   // of text

	mu         sync.Mutex
	queue      []queuedFrame // not yet written
	writing    bool          // a goroutine is
	closing    bool          // a close frame is in the queue: nothing may follow
	peerClosed bool          // the client has said goodbye: the connection ends when ours is written
}

// Who reads a socket: nobody (the poller tells when there is something), somebody, nobody ever again.
const (
	stateIdle int32 = iota
	stateReading
	stateEnded
)

// queuedFrame is a frame to be written.
type queuedFrame struct {
	op   ws.OpCode
	body []byte
}

func (v *visitorConn) write(frame []byte) { v.enqueue(queuedFrame{ws.OpText, frame}) }

func (v *visitorConn) close(code int, reason string) {
	v.enqueue(queuedFrame{ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), reason)})
}

// tick cuts a socket that has given no sign of life, and else asks it for one (a ping, which browsers answer by themselves) and
// gives one (a frame, because a page's script sees no ping).
func (v *visitorConn) tick(now int32) {
	if now-v.lastReceived.Load() > int32(silenceLimit(v.sockets.wheel.interval)/time.Second) {
		v.cut()
		return
	}
	if !v.sockets.wheel.isQuiet(v.Socket, now) {
		v.enqueue(queuedFrame{op: ws.OpPing})
		return
	}
	v.countQueued(len(heartbeatFrame))
	v.enqueue(queuedFrame{op: opHeartbeat})
}

// heartbeatFrame is the heartbeat's frame: an object that says nothing.
var heartbeatFrame = []byte("{}")

// opHeartbeat stands for a ping and a heartbeat, as they are written: idle sockets make no garbage.
const opHeartbeat ws.OpCode = 0xff

var pingAndHeartbeat = append([]byte{0x89, 0, 0x81, byte(len(heartbeatFrame))}, heartbeatFrame...)

// cut closes the connection. Who reads notices; if nobody does, the end is told here.
func (v *visitorConn) cut() {
	v.conn.Close()
	if v.state.CompareAndSwap(stateIdle, stateReading) {
		runPooled(func() { v.sockets.end(v) })
	}
}

// Read is how a reader gets what comes: first what came early.
func (v *visitorConn) Read(b []byte) (int, error) {
	if len(v.early) > 0 {
		n := copy(b, v.early)
		v.early = v.early[n:]
		return n, nil
	}
	v.early = nil
	return v.conn.Read(b)
}

// enqueue queues frames that are written together, unless a goodbye was.
func (v *visitorConn) enqueue(pieces ...queuedFrame) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closing {
		return
	}
	v.closing = pieces[len(pieces)-1].op == ws.OpClose
	v.queue = append(v.queue, pieces...)
	if !v.writing {
		v.writing = true
		runPooled(v.writeQueued)
	}
}

// writeQueued writes what is queued, as much as there is at once, until there is nothing.
func (v *visitorConn) writeQueued() {
	for {
		v.mu.Lock()
		queue := v.queue
		v.queue = nil
		if len(queue) == 0 {
			v.writing = false
			v.mu.Unlock()
			return
		}
		v.mu.Unlock()
		out := make(net.Buffers, 0, 2*len(queue))
		texts := 0
		for _, p := range queue {
			if p.op == opHeartbeat {
				out = append(out, pingAndHeartbeat)
				texts += len(heartbeatFrame)
				continue
			}
			var head bytes.Buffer
			ws.WriteHeader(&head, ws.Header{Fin: true, OpCode: p.op, Length: int64(len(p.body))})
			out = append(out, head.Bytes(), p.body)
			if p.op == ws.OpText {
				texts += len(p.body)
			}
		}
		v.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := out.WriteTo(v.conn); err != nil {
			v.CutSlowReader()
			return // writing stays true: nothing more is written
		}
		v.countWritten(texts)
		if queue[len(queue)-1].op == ws.OpClose {
			v.mu.Lock()
			answered := v.peerClosed
			v.mu.Unlock()
			if answered {
				v.cut()
			} else { // the client's own goodbye is awaited for a moment, so that ours arrives
				time.AfterFunc(2*time.Second, v.cut)
			}
			return
		}
	}
}

// incomingBytes is what is held of large messages that have not come as a whole, on all visitors' sockets of this process.
var incomingBytes atomic.Int64

const (
	maxIncomingBytes = 16 << 20
	smallMessage     = 4 << 10 // what is not larger, as nearly all messages are, is not counted: large ones never keep them out
)

// reserveIncoming counts a frame that comes, if its message is large, and reports whether there is room for it.
func (v *visitorConn) reserveIncoming(length int64) bool {
	n := length + int64(len(v.partial)) - v.reservedBytes
	if v.reservedBytes == 0 && n <= smallMessage {
		return true
	}
	if incomingBytes.Add(n) > maxIncomingBytes {
		incomingBytes.Add(-n)
		return false
	}
	v.reservedBytes += n
	return true
}

// releaseIncoming says that nothing large is held any more.
func (v *visitorConn) releaseIncoming() {
	if v.reservedBytes != 0 {
		incomingBytes.Add(-v.reservedBytes)
		v.reservedBytes = 0
	}
}

// readFrame reads a frame, hands a message that it completes to the screen, and reports whether the connection goes on.
func (v *visitorConn) readFrame(in *bufio.Reader) bool {
	h, err := ws.ReadHeader(in)
	if err != nil {
		return false
	}
	// A piece of a large message is bounded with it and not counted; everything else is, be it empty.
	if piece := !h.Fin && h.Length >= 512; !piece && !v.allowFrame() {
		return v.refuse(TryAgain, "too many frames")
	}
	state := ws.StateServerSide
	if v.inMessage {
		state |= ws.StateFragmented
	}
	if ws.CheckHeader(h, state) != nil {
		return v.refuse(ws.StatusProtocolError, "not the WebSocket protocol")
	}
	if h.Length > int64(maxFrame-len(v.partial)) {
		return v.refuse(ws.StatusMessageTooBig, "too large")
	}
	if !v.reserveIncoming(h.Length) {
		return v.refuse(TryAgain, "too much comes at once")
	}
	defer func() {
		if !v.inMessage {
			v.releaseIncoming()
		}
	}()
	body := make([]byte, h.Length)
	if _, err := io.ReadFull(in, body); err != nil {
		return false
	}
	ws.Cipher(body, h.Mask, 0)
	v.lastReceived.Store(seconds())
	switch h.OpCode {
	case ws.OpPong:
		return true
	case ws.OpPing:
		v.enqueue(queuedFrame{ws.OpPong, body})
		return true
	case ws.OpClose:
		v.mu.Lock()
		ours := v.closing // said first
		v.peerClosed = true
		v.mu.Unlock()
		if !ours {
			answer := []byte(nil)
			if code, reason := ws.ParseCloseFrameData(body); len(body) > 0 {
				answer = body[:min(2, len(body))]
				if ws.CheckCloseFrameData(code, reason) != nil {
					answer = ws.NewCloseFrameBody(ws.StatusProtocolError, "")
				}
			}
			v.enqueue(queuedFrame{ws.OpClose, answer})
			v.discard()
		}
		return false
	}
	if v.inMessage {
		body = append(v.partial, body...)
	}
	if !h.Fin {
		v.partial, v.inMessage, v.isText = body, true, v.isText || h.OpCode == ws.OpText
		return true
	}
	text := v.isText || h.OpCode == ws.OpText
	v.partial, v.inMessage, v.isText = nil, false, false
	if text && !utf8.Valid(body) {
		return v.refuse(ws.StatusInvalidFramePayloadData, "not UTF-8")
	}
	v.deliver(v.screen, body)
	return true
}

// refuse says goodbye to a client that breaks the rules.
func (v *visitorConn) refuse(code ws.StatusCode, why string) bool {
	v.close(int(code), why)
	v.discard()
	return false
}

// discard reads until the client has said goodbye or gone, so that ours is not lost with what it still sends.
func (v *visitorConn) discard() {
	v.conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	io.CopyN(io.Discard, v.conn, 1<<20)
}

// Drain tells every socket to come back elsewhere, spread over a time.
func (k *VisitorSockets) Drain(spread time.Duration) {
	k.draining.Store(true)
	all := k.wheel.all()
	const slices = 20
	for i := range slices {
		for _, v := range all[i*len(all)/slices : (i+1)*len(all)/slices] {
			v.(*visitorConn).close(Restart, "restarting")
		}
		if len(all) >= slices {
			time.Sleep(spread / slices)
		}
	}
}

// OnCountChange has f called, with how many are open, when many sockets have come or gone. To be set before the first.
func (k *VisitorSockets) OnCountChange(f func(open int)) { k.onCountChange = f }

// HeartbeatInterval is how often a silent socket gets a heartbeat.
func (k *VisitorSockets) HeartbeatInterval() time.Duration { return k.wheel.interval }

// Stats returns the present figures.
func (k *VisitorSockets) Stats() Stats { return k.counters.stats() }
