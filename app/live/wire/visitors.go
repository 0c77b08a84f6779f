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

	"parley/app/fail"
)

// Visitors is the panels' sockets: very many, mostly idle. While nothing happens each is some small structs: no
// goroutine and no buffer. A poller tells which have something to read; reading and writing borrow a goroutine and a buffer;
// pings come from one clock for all.
type Visitors struct {
	tally  tally
	clock  *clock
	poller *poller

	leaving atomic.Bool    // all are told to go: who comes now is too
	tide    func(open int) // called when many have come or gone
	mark    atomic.Int64
}

// tides is how many sockets must have come or gone to be told of.
const tides = 500

// turned tells of the tide when it has turned since the last time.
func (k *Visitors) turned(open int64) {
	mark := k.mark.Load()
	if (open-mark >= tides || mark-open >= tides) && k.mark.CompareAndSwap(mark, open) && k.tide != nil {
		k.tide(int(open))
	}
}

const visitorBytes = 1 << 20

// NewVisitors returns none yet, each with a limit on frames, and with a heartbeat so often (0: every Heartbeat).
func NewVisitors(frames Rate, beat time.Duration) *Visitors {
	k := &Visitors{tally: tally{name: "visitors", frames: frames}, clock: newClock(beat)}
	k.poller = newPoller(k.readable)
	return k
}

// speaksWebSocket refuses a handshake that RFC 6455 does not allow.
func speaksWebSocket(r *http.Request) error {
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
func (k *Visitors) Serve(w http.ResponseWriter, r *http.Request, s Screen) error {
	if err := speaksWebSocket(r); err != nil {
		return err
	}
	accept := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
	conn, early, err := takeOver(w)
	if err != nil {
		return err
	}
	v := &visitorWire{kind: k, screen: s, conn: conn, early: early, Socket: newSocket(&k.tally, visitorBytes)}
	v.Socket.carrier = v
	lend(func() { k.begin(v, base64.StdEncoding.EncodeToString(accept[:])) })
	return nil
}

// begin answers the handshake, opens the screen, and waits for what comes.
func (k *Visitors) begin(v *visitorWire, accept string) {
	v.conn.SetWriteDeadline(time.Now().Add(writeIn))
	if _, err := io.WriteString(v.conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+accept+"\r\n\r\n"); err != nil {
		v.conn.Close()
		return
	}
	v.state.Store(reading)
	v.heard.Store(seconds())
	k.turned(k.tally.open.Add(1))
	k.tally.opened.Add(1)
	k.clock.add(v)
	v.open()
	if k.leaving.Load() {
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
func (v *visitorWire) open() {
	Guard("a screen could not be opened", func() { v.screen.Opened(v.Socket) }, func() { v.conn.Close() })
}

// readable is told that there is something to read. Somebody may be reading already: then it is theirs.
func (k *Visitors) readable(v *visitorWire) {
	if v.state.CompareAndSwap(waiting, reading) {
		k.read(v)
	}
}

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}

// read hands on every message that has come, and then waits for more.
func (k *Visitors) read(v *visitorWire) {
	in := readers.Get().(*bufio.Reader)
	in.Reset(v)
	sane := false
	defer func() {
		if !sane { // a fault must not leave a socket that nobody can end
			k.end(v)
		}
	}()
	v.conn.SetReadDeadline(time.Now().Add(wholeIn))
	_, err := in.Peek(1)
	goes := err == nil || errors.Is(err, os.ErrDeadlineExceeded) // told in vain: the descriptor was another's a moment ago
	for goes && in.Buffered() > 0 {
		goes = v.frame(in)
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
func (k *Visitors) wait(v *visitorWire) {
	v.state.Store(waiting)
	if k.poller.wait(v) != nil && v.state.CompareAndSwap(waiting, reading) {
		k.end(v)
	}
}

// end closes a socket that whoever calls has the reading of.
func (k *Visitors) end(v *visitorWire) {
	v.state.Store(ended)
	k.poller.remove(v)
	v.conn.Close()
	v.gone()
	k.clock.remove(v)
	k.turned(k.tally.open.Add(-1))
	v.end()
	v.screen.Closed()
}

// visitorWire is one visitor's connection.
type visitorWire struct {
	*Socket
	kind   *Visitors
	screen Screen
	conn   net.Conn
	fd     int          // of conn, for the poller
	state  atomic.Int32 // whose it is to read
	early  []byte       // sent by the client before the handshake was answered
	heard  atomic.Int32 // second of the last sign of life
	slot                // of the clock

	message []byte // of a message in several frames, so far
	coming  int64  // bytes of a large one that count in comingBytes
	inside  bool   // one has begun
	text    bool   // of text

	mu      sync.Mutex
	queue   []piece // not yet written
	writing bool    // a goroutine is
	closing bool    // a close frame is in the queue: nothing may follow
	goodbye bool    // the client has said goodbye: the connection ends when ours is written
}

// Who reads a socket: nobody (the poller tells when there is something), somebody, nobody ever again.
const (
	waiting int32 = iota
	reading
	ended
)

// piece is a frame to be written.
type piece struct {
	op   ws.OpCode
	body []byte
}

func (v *visitorWire) write(frame []byte) { v.put(piece{ws.OpText, frame}) }

func (v *visitorWire) close(code int, reason string) {
	v.put(piece{ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), reason)})
}

// tick cuts a socket that has given no sign of life, and else asks it for one (a ping, which browsers answer by themselves) and
// gives one (a frame, because a page's script sees no ping).
func (v *visitorWire) tick(now int32) {
	if now-v.heard.Load() > int32(deadAfter(v.kind.clock.beat)/time.Second) {
		v.cut()
		return
	}
	if !v.kind.clock.quiet(v.Socket, now) {
		v.put(piece{op: ws.OpPing})
		return
	}
	v.queues(len(visitorBeat))
	v.put(piece{op: opBeat})
}

// visitorBeat is the heartbeat's frame: an object that says nothing.
var visitorBeat = []byte("{}")

// opBeat stands for a ping and a heartbeat, as they are written: idle sockets make no garbage.
const opBeat ws.OpCode = 0xff

var beatFrames = append([]byte{0x89, 0, 0x81, byte(len(visitorBeat))}, visitorBeat...)

// cut closes the connection. Who reads notices; if nobody does, the end is told here.
func (v *visitorWire) cut() {
	v.conn.Close()
	if v.state.CompareAndSwap(waiting, reading) {
		lend(func() { v.kind.end(v) })
	}
}

// Read is how a reader gets what comes: first what came early.
func (v *visitorWire) Read(b []byte) (int, error) {
	if len(v.early) > 0 {
		n := copy(b, v.early)
		v.early = v.early[n:]
		return n, nil
	}
	v.early = nil
	return v.conn.Read(b)
}

// put queues frames that are written together, unless a goodbye was.
func (v *visitorWire) put(pieces ...piece) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closing {
		return
	}
	v.closing = pieces[len(pieces)-1].op == ws.OpClose
	v.queue = append(v.queue, pieces...)
	if !v.writing {
		v.writing = true
		lend(v.drain)
	}
}

// drain writes what is queued, as much as there is at once, until there is nothing.
func (v *visitorWire) drain() {
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
			if p.op == opBeat {
				out = append(out, beatFrames)
				texts += len(visitorBeat)
				continue
			}
			var head bytes.Buffer
			ws.WriteHeader(&head, ws.Header{Fin: true, OpCode: p.op, Length: int64(len(p.body))})
			out = append(out, head.Bytes(), p.body)
			if p.op == ws.OpText {
				texts += len(p.body)
			}
		}
		v.conn.SetWriteDeadline(time.Now().Add(writeIn))
		if _, err := out.WriteTo(v.conn); err != nil {
			v.GiveUp()
			return // writing stays true: nothing more is written
		}
		v.left(texts)
		if queue[len(queue)-1].op == ws.OpClose {
			v.mu.Lock()
			answered := v.goodbye
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

// comingBytes is what is held of large messages that have not come as a whole, on all visitors' sockets of this process.
var comingBytes atomic.Int64

const (
	comingMost  = 16 << 20
	comingSmall = 4 << 10 // what is not larger, as nearly all messages are, is not counted: large ones never keep them out
)

// come counts a frame that comes, if its message is large, and reports whether there is room for it.
func (v *visitorWire) come(length int64) bool {
	n := length + int64(len(v.message)) - v.coming
	if v.coming == 0 && n <= comingSmall {
		return true
	}
	if comingBytes.Add(n) > comingMost {
		comingBytes.Add(-n)
		return false
	}
	v.coming += n
	return true
}

// gone says that nothing large is held any more.
func (v *visitorWire) gone() {
	if v.coming != 0 {
		comingBytes.Add(-v.coming)
		v.coming = 0
	}
}

// frame reads a frame, hands a message that it completes to the screen, and reports whether the connection goes on.
func (v *visitorWire) frame(in *bufio.Reader) bool {
	h, err := ws.ReadHeader(in)
	if err != nil {
		return false
	}
	// A piece of a large message is bounded with it and not counted; everything else is, be it empty.
	if piece := !h.Fin && h.Length >= 512; !piece && !v.mayCome() {
		return v.refuse(TryAgain, "too many frames")
	}
	state := ws.StateServerSide
	if v.inside {
		state |= ws.StateFragmented
	}
	if ws.CheckHeader(h, state) != nil {
		return v.refuse(ws.StatusProtocolError, "not the WebSocket protocol")
	}
	if h.Length > int64(maxFrame-len(v.message)) {
		return v.refuse(ws.StatusMessageTooBig, "too large")
	}
	if !v.come(h.Length) {
		return v.refuse(TryAgain, "too much comes at once")
	}
	defer func() {
		if !v.inside {
			v.gone()
		}
	}()
	body := make([]byte, h.Length)
	if _, err := io.ReadFull(in, body); err != nil {
		return false
	}
	ws.Cipher(body, h.Mask, 0)
	v.heard.Store(seconds())
	switch h.OpCode {
	case ws.OpPong:
		return true
	case ws.OpPing:
		v.put(piece{ws.OpPong, body})
		return true
	case ws.OpClose:
		v.mu.Lock()
		ours := v.closing // said first
		v.goodbye = true
		v.mu.Unlock()
		if !ours {
			answer := []byte(nil)
			if code, reason := ws.ParseCloseFrameData(body); len(body) > 0 {
				answer = body[:min(2, len(body))]
				if ws.CheckCloseFrameData(code, reason) != nil {
					answer = ws.NewCloseFrameBody(ws.StatusProtocolError, "")
				}
			}
			v.put(piece{ws.OpClose, answer})
			v.discard()
		}
		return false
	}
	if v.inside {
		body = append(v.message, body...)
	}
	if !h.Fin {
		v.message, v.inside, v.text = body, true, v.text || h.OpCode == ws.OpText
		return true
	}
	text := v.text || h.OpCode == ws.OpText
	v.message, v.inside, v.text = nil, false, false
	if text && !utf8.Valid(body) {
		return v.refuse(ws.StatusInvalidFramePayloadData, "not UTF-8")
	}
	v.take(v.screen, body)
	return true
}

// refuse says goodbye to a client that breaks the rules.
func (v *visitorWire) refuse(code ws.StatusCode, why string) bool {
	v.close(int(code), why)
	v.discard()
	return false
}

// discard reads until the client has said goodbye or gone, so that ours is not lost with what it still sends.
func (v *visitorWire) discard() {
	v.conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	io.CopyN(io.Discard, v.conn, 1<<20)
}

// Leave tells every socket to come back elsewhere, spread over a time.
func (k *Visitors) Leave(spread time.Duration) {
	k.leaving.Store(true)
	all := k.clock.all()
	const slices = 20
	for i := range slices {
		for _, v := range all[i*len(all)/slices : (i+1)*len(all)/slices] {
			v.(*visitorWire).close(Restart, "restarting")
		}
		if len(all) >= slices {
			time.Sleep(spread / slices)
		}
	}
}

// OnTide has f called, with how many are open, when many sockets have come or gone. To be set before the first.
func (k *Visitors) OnTide(f func(open int)) { k.tide = f }

// Beat is how often a silent socket gets a heartbeat.
func (k *Visitors) Beat() time.Duration { return k.clock.beat }

// Stats returns the present figures.
func (k *Visitors) Stats() Stats { return k.tally.stats() }
