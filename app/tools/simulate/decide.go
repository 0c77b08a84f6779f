package simulate

import (
	"fmt"
	"time"
)

const (
	tickEvery        = 3.0  // seconds between ticks
	idleTickInterval = 10   // while nobody waits, only every tenth tick is sent
	maxRounds        = 2000 // decisions in a row, beyond which the policy is taken to loop
)

func (s *simulation) tick() {
	s.after(tickEvery, s.tick)
	s.ticks++
	if !s.hasWaiting() && s.ticks%idleTickInterval != 0 {
		return
	}
	s.emit(Event{Ev: "tick"})
	s.decide()
}

func (s *simulation) hasWaiting() bool {
	if len(s.queue) > 0 {
		return true
	}
	for _, a := range s.agents {
		for _, c := range a.open {
			if c.waiting {
				return true
			}
		}
	}
	return false
}

// decide asks the policy until it has nothing more that can be carried out.
func (s *simulation) decide() {
	for range maxRounds {
		if s.err != nil {
			return
		}
		s.seq++
		start := time.Now()
		d, err := s.policy.Decide(s.now, s.seq)
		s.metrics.Decisions++
		s.metrics.decideTime += time.Since(start)
		if err != nil {
			s.err = err
			return
		}
		done := 0
		for _, m := range d.Release {
			done += s.tryRelease(m)
		}
		for _, m := range d.Assign {
			done += s.tryAssign(m)
		}
		if done == 0 {
			return
		}
	}
	s.err = fmt.Errorf("no end of decisions at %.0f s", s.now)
}

func (s *simulation) lookUp(m Move) (*chat, *agent) {
	if m.Chat < 0 || m.Chat >= len(s.chats) || m.Agent < 0 || m.Agent >= len(s.agents) {
		return nil, nil
	}
	return s.chats[m.Chat], s.agents[m.Agent]
}

func (s *simulation) tryAssign(m Move) int {
	c, a := s.lookUp(m)
	if c == nil || !c.queued || a.status != "online" || len(a.open) >= a.cap || !contains(a.groups, c.group) {
		s.metrics.Violations++
		return 0
	}
	s.metrics.Assignments++
	if s.overtakes(c) {
		s.metrics.Overtakes++
	}
	s.assign(c, a)
	return 1
}

func (s *simulation) tryRelease(m Move) int {
	c, a := s.lookUp(m)
	if c == nil || !c.open || c.agent != a {
		s.metrics.Violations++
		return 0
	}
	if a.writing == c || !c.waiting {
		s.metrics.RefusedTyping++
		return 0
	}
	s.metrics.Releases++
	c.released = true
	s.requeue(c)
	return 1
}

// overtakes reports whether a chat of the same group, customer and priority that has waited longer is left in the queue.
func (s *simulation) overtakes(c *chat) bool {
	for _, o := range s.queue {
		if !c.requeued && !o.requeued && o.group == c.group && o.customer == c.customer &&
			o.priority == c.priority && o.since < c.since {
			return true
		}
	}
	return false
}
