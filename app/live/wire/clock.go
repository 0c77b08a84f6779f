package wire

import (
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// clock pings every socket once in a turn of 30 seconds, some each second, and cuts those that have given no sign of life.
// It stands still while there is no socket.
type clock struct {
	mu      sync.Mutex
	turns   [int(pingEvery / time.Second)][]*visitorWire
	now     int
	n       int
	running bool
}

func (c *clock) add(v *visitorWire) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v.turn, v.place = int8(c.now), int32(len(c.turns[c.now]))
	c.turns[c.now] = append(c.turns[c.now], v)
	c.n++
	if !c.running {
		c.running = true
		go c.run()
	}
}

func (c *clock) remove(v *visitorWire) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.turns[v.turn]
	last := t[len(t)-1]
	t[v.place], last.place = last, v.place
	t[len(t)-1] = nil
	c.turns[v.turn] = t[:len(t)-1]
	if cap(t) > 64 && len(t) < cap(t)/4 { // many have gone
		c.turns[v.turn] = append(make([]*visitorWire, 0, len(t)+len(t)/4), t[:len(t)-1]...)
	}
	c.n--
}

func (c *clock) run() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for range tick.C {
		c.mu.Lock()
		if c.n == 0 {
			c.running = false
			c.mu.Unlock()
			return
		}
		c.now = (c.now + 1) % len(c.turns)
		due := append([]*visitorWire(nil), c.turns[c.now]...)
		c.mu.Unlock()
		now := seconds()
		for _, v := range due {
			if now-v.heard.Load() > int32(deadAfter/time.Second) {
				v.cut()
				continue
			}
			v.put(piece{op: ws.OpPing})
		}
	}
}
