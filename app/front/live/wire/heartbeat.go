package wire

import (
	"sync"
	"time"
)

// Heartbeat is how often a socket that is silent is sent a sign of life, unless something else says otherwise.
const Heartbeat = 10 * time.Second

// silenceLimit is how long a socket may be silent whose heartbeats come so often: two may go unanswered. Clients go by the same
// (widget/PROTOCOL.md).
func silenceLimit(beat time.Duration) time.Duration { return beat * 5 / 2 }

// timerWheel gives every socket its turn once in a heartbeat, some each second. It stands still while there is no socket.
type timerWheel struct {
	interval time.Duration
	mu       sync.Mutex
	buckets  [][]wheelEntry
	current  int
	count    int
	running  bool
}

// wheelEntry is a socket that has turns.
type wheelEntry interface {
	position() *wheelPosition
	tick(now int32) // now is in seconds, as by seconds()
}

// wheelPosition is a socket's place in the clock.
type wheelPosition struct {
	bucket int8
	index  int32 // in that turn
}

func (s *wheelPosition) position() *wheelPosition { return s }

// newTimerWheel returns a clock whose turns come every beat; 0: every Heartbeat.
func newTimerWheel(beat time.Duration) *timerWheel {
	if beat <= 0 {
		beat = Heartbeat
	}
	return &timerWheel{interval: beat, buckets: make([][]wheelEntry, max(1, min(120, int(beat/time.Second))))}
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
	s := v.position()
	t := w.buckets[s.bucket]
	last := t[len(t)-1]
	t[s.index], last.position().index = last, s.index
	t[len(t)-1] = nil
	w.buckets[s.bucket] = t[:len(t)-1]
	if cap(t) > 64 && len(t) < cap(t)/4 { // many have gone
		w.buckets[s.bucket] = append(make([]wheelEntry, 0, len(t)+len(t)/4), t[:len(t)-1]...)
	}
	w.count--
}

// all returns every socket there is.
func (w *timerWheel) all() (list []wheelEntry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.buckets {
		list = append(list, t...)
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

// isQuiet reports whether nothing was sent for about half a heartbeat, so that one is due.
func (w *timerWheel) isQuiet(s *Socket, now int32) bool {
	return now-s.lastSent.Load() >= int32(w.interval/2/time.Second)
}
