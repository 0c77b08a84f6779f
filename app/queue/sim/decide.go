package sim

import (
	"fmt"
	"time"
)

const (
	tickEvery = 3.0
	ticksIdle = 10   // of so many ticks one is sent while nobody waits
	maxRounds = 2000 // decisions in a row
)

func (w *world) tick() {
	w.after(tickEvery, w.tick)
	w.ticks++
	if !w.somebodyWaits() && w.ticks%ticksIdle != 0 {
		return
	}
	w.emit(Event{Ev: "tick"})
	w.decide()
}

func (w *world) somebodyWaits() bool {
	if len(w.queue) > 0 {
		return true
	}
	for _, a := range w.agents {
		for _, c := range a.open {
			if c.waiting {
				return true
			}
		}
	}
	return false
}

// decide asks the policy until it has nothing more that can be carried out.
func (w *world) decide() {
	for range maxRounds {
		if w.err != nil {
			return
		}
		w.seq++
		start := time.Now()
		d, err := w.policy.Decide(w.now, w.seq)
		w.m.Decisions++
		w.m.decideTime += time.Since(start)
		if err != nil {
			w.err = err
			return
		}
		done := 0
		for _, m := range d.Release {
			done += w.tryRelease(m)
		}
		for _, m := range d.Assign {
			done += w.tryAssign(m)
		}
		if done == 0 {
			return
		}
	}
	w.err = fmt.Errorf("no end of decisions at %.0f s", w.now)
}

func (w *world) named(m Move) (*chat, *agent) {
	if m.Chat < 0 || m.Chat >= len(w.chats) || m.Agent < 0 || m.Agent >= len(w.agents) {
		return nil, nil
	}
	return w.chats[m.Chat], w.agents[m.Agent]
}

func (w *world) tryAssign(m Move) int {
	c, a := w.named(m)
	if c == nil || !c.queued || a.status != "online" || len(a.open) >= a.cap || !contains(a.groups, c.group) {
		w.m.Violations++
		return 0
	}
	w.m.Assignments++
	if w.overtakes(c) {
		w.m.Overtakes++
	}
	w.assign(c, a)
	return 1
}

func (w *world) tryRelease(m Move) int {
	c, a := w.named(m)
	if c == nil || !c.open || c.agent != a {
		w.m.Violations++
		return 0
	}
	if a.writing == c || !c.waiting {
		w.m.RefusedTyping++
		return 0
	}
	w.m.Releases++
	c.released = true
	w.takeBack(c)
	return 1
}

// overtakes tells whether an older equal chat is left behind in the queue.
func (w *world) overtakes(c *chat) bool {
	for _, o := range w.queue {
		if !c.requeued && !o.requeued && o.group == c.group && o.customer == c.customer &&
			o.priority == c.priority && o.since < c.since {
			return true
		}
	}
	return false
}
