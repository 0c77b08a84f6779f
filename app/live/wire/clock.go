package wire

import (
	"sync"
	"time"
)

// Heartbeat is how often a socket that is silent is sent a sign of life, unless something else says otherwise.
const Heartbeat = 10 * time.Second

// deadAfter is how long a socket may be silent whose heartbeats come so often: two may go unanswered. Clients go by the same
// (widget/PROTOCOL.md).
func deadAfter(beat time.Duration) time.Duration { return beat * 5 / 2 }

// clock gives every socket its turn once in a heartbeat, some each second. It stands still while there is no socket.
type clock struct {
	beat    time.Duration
	mu      sync.Mutex
	turns   [][]ticking
	now     int
	n       int
	running bool
}

// ticking is a socket that has turns.
type ticking interface {
	at() *slot
	tick(now int32) // now is in seconds, as by seconds()
}

// slot is a socket's place in the clock.
type slot struct {
	turn  int8
	place int32 // in that turn
}

func (s *slot) at() *slot { return s }

// newClock returns a clock whose turns come every beat; 0: every Heartbeat.
func newClock(beat time.Duration) *clock {
	if beat <= 0 {
		beat = Heartbeat
	}
	return &clock{beat: beat, turns: make([][]ticking, max(1, min(120, int(beat/time.Second))))}
}

func (c *clock) add(v ticking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*v.at() = slot{int8(c.now), int32(len(c.turns[c.now]))}
	c.turns[c.now] = append(c.turns[c.now], v)
	c.n++
	if !c.running {
		c.running = true
		go c.run()
	}
}

func (c *clock) remove(v ticking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := v.at()
	t := c.turns[s.turn]
	last := t[len(t)-1]
	t[s.place], last.at().place = last, s.place
	t[len(t)-1] = nil
	c.turns[s.turn] = t[:len(t)-1]
	if cap(t) > 64 && len(t) < cap(t)/4 { // many have gone
		c.turns[s.turn] = append(make([]ticking, 0, len(t)+len(t)/4), t[:len(t)-1]...)
	}
	c.n--
}

// all returns every socket there is.
func (c *clock) all() (list []ticking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.turns {
		list = append(list, t...)
	}
	return list
}

func (c *clock) run() {
	tick := time.NewTicker(c.beat / time.Duration(len(c.turns)))
	defer tick.Stop()
	for range tick.C {
		c.mu.Lock()
		if c.n == 0 {
			c.running = false
			c.mu.Unlock()
			return
		}
		c.now = (c.now + 1) % len(c.turns)
		due := append([]ticking(nil), c.turns[c.now]...)
		c.mu.Unlock()
		now := seconds()
		for _, v := range due {
			v.tick(now)
		}
	}
}

// quiet reports whether nothing was sent for about half a heartbeat, so that one is due.
func (c *clock) quiet(s *Socket, now int32) bool {
	return now-s.sent.Load() >= int32(c.beat/2/time.Second)
}
