package wire

import (
	"sync"
	"time"
)

// Heartbeat is how often a silent socket is sent a heartbeat, unless Options say otherwise.
const Heartbeat = 10 * time.Second

// silenceLimit returns how long a client may be silent that gets a heartbeat every interval: two may go unanswered. Clients use the
// same limit (widget/PROTOCOL.md).
func silenceLimit(interval time.Duration) time.Duration { return interval * 5 / 2 }

// timerWheel calls tick of every connection once in an interval: of one bucket of them each second. It runs only while there is a
// connection.
type timerWheel struct {
	interval time.Duration
	mu       sync.Mutex
	buckets  [][]wheelEntry
	current  int // index of the bucket whose turn it was last
	count    int // entries in all buckets
	running  bool
}

// wheelEntry is a connection in a timerWheel.
type wheelEntry interface {
	position() *wheelPosition
	tick(now int32) // now is in seconds, as by seconds
}

// wheelPosition is where a connection stands in a timerWheel. It is guarded by the wheel's mutex.
type wheelPosition struct {
	bucket int8
	index  int32 // in the bucket
}

func (p *wheelPosition) position() *wheelPosition { return p }

// newTimerWheel returns an empty wheel; interval 0: Heartbeat.
func newTimerWheel(interval time.Duration) *timerWheel {
	if interval <= 0 {
		interval = Heartbeat
	}
	return &timerWheel{interval: interval, buckets: make([][]wheelEntry, max(1, min(120, int(interval/time.Second))))}
}

func (w *timerWheel) add(v wheelEntry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*v.position() = wheelPosition{int8(w.current), int32(len(w.buckets[w.current]))}
	w.buckets[w.current] = append(w.buckets[w.current], v)
	w.count++
	if !w.running {
		w.running = true
		go w.run()
	}
}

func (w *timerWheel) remove(v wheelEntry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := v.position()
	b := w.buckets[p.bucket]
	last := b[len(b)-1]
	b[p.index], last.position().index = last, p.index
	b[len(b)-1] = nil
	w.buckets[p.bucket] = b[:len(b)-1]
	if cap(b) > 64 && len(b) < cap(b)/4 { // many have gone: their memory is released
		w.buckets[p.bucket] = append(make([]wheelEntry, 0, len(b)+len(b)/4), b[:len(b)-1]...)
	}
	w.count--
}

// all returns every connection in the wheel.
func (w *timerWheel) all() (list []wheelEntry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.buckets {
		list = append(list, b...)
	}
	return list
}

func (w *timerWheel) run() {
	tick := time.NewTicker(w.interval / time.Duration(len(w.buckets)))
	defer tick.Stop()
	for range tick.C {
		w.mu.Lock()
		if w.count == 0 {
			w.running = false
			w.mu.Unlock()
			return
		}
		w.current = (w.current + 1) % len(w.buckets)
		due := append([]wheelEntry(nil), w.buckets[w.current]...)
		w.mu.Unlock()
		now := seconds()
		for _, v := range due {
			v.tick(now)
		}
	}
}

// isQuiet reports whether nothing was sent on a socket for about half an interval, so that a heartbeat is due.
func (w *timerWheel) isQuiet(s *Socket, now int32) bool {
	return now-s.lastSent.Load() >= int32(w.interval/2/time.Second)
}
