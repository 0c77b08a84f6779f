package wire

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// VisitorSockets are the sockets of panels: very many, mostly idle. An idle one is a few small structs. A poller says which ones
// have something to read; reading and writing borrow a goroutine and a buffer; one timer wheel sends the heartbeats of all.
type VisitorSockets struct {
	counters counters
	wheel    *timerWheel
	poller   *poller

	draining      atomic.Bool    // clients are told to go elsewhere, also those that come now
	onCountChange func(open int) // never nil
	reportedCount atomic.Int64
}

// countStep is how many sockets must have opened or closed before onCountChange is called.
const countStep = 500

const maxVisitorQueuedBytes = 1 << 20

// NewVisitorSockets returns VisitorSockets without a socket.
func NewVisitorSockets(o Options) *VisitorSockets {
	if o.OnCountChange == nil {
		o.OnCountChange = func(int) {}
	}
	return &VisitorSockets{
		counters:      counters{name: "visitors", frameRate: o.FrameRate},
		wheel:         newTimerWheel(o.Heartbeat),
		poller:        newPoller(readable),
		onCountChange: o.OnCountChange,
	}
}

// reportCount calls onCountChange if the number of open sockets has changed much since the last call.
func (k *VisitorSockets) reportCount(open int64) {
	reported := k.reportedCount.Load()
	if (open-reported >= countStep || reported-open >= countStep) && k.reportedCount.CompareAndSwap(reported, open) {
		k.onCountChange(int(open))
	}
}

// Serve upgrades a request and returns at once. newScreen is called before it returns, if it returns nil.
func (k *VisitorSockets) Serve(w http.ResponseWriter, r *http.Request, newScreen NewScreen) error {
	if err := checkHandshake(r); err != nil {
		return err
	}
	accept := acceptKey(r.Header.Get("Sec-WebSocket-Key"))
	conn, early, err := hijack(w)
	if err != nil {
		return err
	}
	c := newVisitorConn(k, conn, early, newScreen)
	runPooled(func() { k.begin(c, accept) })
	return nil
}

// begin answers the handshake, opens the screen, and waits for what comes.
func (k *VisitorSockets) begin(c *visitorConn, accept string) {
	c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := io.WriteString(c.conn,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+accept+"\r\n\r\n")
	gone := err != nil
	c.state.Store(stateReading)
	c.lastReceived.Store(seconds())
	k.reportCount(k.counters.open.Add(1))
	k.counters.opened.Add(1)
	k.wheel.add(c)
	c.open()
	if k.draining.Load() {
		c.close(Restart, "restarting")
	}
	if gone || k.poller.add(c) != nil {
		k.end(c)
		return
	}
	if len(c.early) > 0 {
		k.read(c)
		return
	}
	k.wait(c)
}

// readable is called when there is something to read. Another goroutine may be reading already: then that one reads it.
func readable(c *visitorConn) {
	if c.state.CompareAndSwap(stateIdle, stateReading) {
		c.sockets.read(c)
	}
}

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}

// read handles every frame that has come, and then waits for more.
func (k *VisitorSockets) read(c *visitorConn) {
	in := readers.Get().(*bufio.Reader)
	in.Reset(c)
	finished := false
	defer func() {
		if !finished { // a panic must not leave a socket that nobody can end
			k.end(c)
		}
	}()
	c.conn.SetReadDeadline(time.Now().Add(readTimeout))
	_, err := in.Peek(1)
	goesOn := err == nil || errors.Is(err, os.ErrDeadlineExceeded) // called in vain: the descriptor was another connection's a moment ago
	for goesOn && in.Buffered() > 0 {
		goesOn = c.readFrame(in)
	}
	finished = true
	in.Reset(nil)
	readers.Put(in)
	if !goesOn {
		k.end(c)
		return
	}
	k.wait(c)
}

// wait releases a socket until there is something to read, or it is cut.
func (k *VisitorSockets) wait(c *visitorConn) {
	c.state.Store(stateIdle)
	if k.poller.wait(c) != nil && c.state.CompareAndSwap(stateIdle, stateReading) {
		k.end(c)
	}
}

// end closes a socket. Only the goroutine that has put it into stateReading calls it.
func (k *VisitorSockets) end(c *visitorConn) {
	c.state.Store(stateEnded)
	k.poller.remove(c)
	c.conn.Close()
	c.releaseIncoming()
	k.wheel.remove(c)
	k.reportCount(k.counters.open.Add(-1))
	c.markClosed()
	c.screen.Closed()
}

// Drain tells every client to come back to another server, spread over a time.
func (k *VisitorSockets) Drain(spread time.Duration) {
	k.draining.Store(true)
	all := k.wheel.all()
	const slices = 20
	for i := range slices {
		for _, c := range all[i*len(all)/slices : (i+1)*len(all)/slices] {
			c.(*visitorConn).drain()
		}
		if len(all) >= slices {
			time.Sleep(spread / slices)
		}
	}
}

// HeartbeatInterval returns how often a silent socket gets a heartbeat.
func (k *VisitorSockets) HeartbeatInterval() time.Duration { return k.wheel.interval }

// Stats returns the present counts.
func (k *VisitorSockets) Stats() Stats { return k.counters.stats() }
