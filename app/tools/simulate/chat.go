package simulate

import "math"

// chat is a simulated conversation with its visitor.
type chat struct {
	id, group, customer, priority int
	exchanges                     int     // replies after which it is resolved
	thinkFactor                   float64 // by which think times are longer than the operation's
	dropAfter                     int     // replies after which the visitor goes away silently; 0: never
	transfer                      bool    // has reached the wrong group first

	open, queued, waiting, requeued, first bool
	agent, lastAgent                       *agent
	since                                  float64
	replies                                int
	wait                                   int // counts the waits, so that timers of earlier ones have no effect
	released                               bool
	moved, movedByPolicy                   bool
}

func (s *simulation) nextArrival(i int) {
	if i == len(s.scenario.arrivals) {
		return
	}
	s.at(s.scenario.arrivals[i].t, func() {
		s.arrive(i, s.scenario.arrivals[i])
		s.nextArrival(i + 1)
	})
}

func (s *simulation) arrive(id int, a arrival) {
	l := newRandom(s.seed, randomVisitor, id)
	c := &chat{id: id, group: a.group, customer: a.customer, priority: a.priority, open: true, first: true}
	c.exchanges = min(l.geometric(s.operation.Exchanges), 40)
	c.thinkFactor = l.lognormal(0.3)
	if l.chance(s.operation.SlowTypists) {
		c.thinkFactor *= 4
	}
	if l.chance(s.operation.DropOuts) {
		c.dropAfter = 1 + l.IntN(c.exchanges)
	}
	c.transfer = l.chance(s.operation.Transfers)
	s.chats = append(s.chats, c)
	s.open++
	s.metrics.Chats++
	s.startWait(c)
	s.enqueue(c, false)
}

// messageRandom returns the random numbers of a visitor's message, the same under all policies.
func (s *simulation) messageRandom(c *chat) random {
	return newRandom(s.seed, randomMessage, c.id, c.replies)
}

func (s *simulation) startWait(c *chat) {
	c.waiting, c.since = true, s.now
	c.wait++
	wait, l := c.wait, s.messageRandom(c)
	mean := s.operation.PatienceLater
	if c.first {
		mean = s.operation.PatienceFirst
	}
	s.after(l.weibull(mean, s.operation.PatienceShape), func() {
		if c.open && c.waiting && c.wait == wait {
			s.abandon(c)
		}
	})
	if l.chance(s.operation.Doubles) {
		s.after(l.between(5, 25), func() {
			if c.open && c.waiting && c.wait == wait {
				s.emit(Event{Ev: "visitor_message", Chat: c.id, Agent: c.agentID()})
			}
		})
	}
}

func (c *chat) agentID() int {
	if c.agent == nil {
		return Nobody
	}
	return c.agent.id
}

func (s *simulation) enqueue(c *chat, requeued bool) {
	c.queued, c.requeued = true, requeued
	s.queue = append(s.queue, c)
	since := c.since
	if !c.waiting {
		since = s.now
	}
	s.emit(Event{Ev: "chat_queued", Chat: c.id, Group: c.group, Customer: c.customer, Priority: c.priority,
		Waiting: c.waiting, Since: since, First: c.first, Requeued: requeued})
}

func (s *simulation) dequeue(c *chat) {
	c.queued = false
	s.queue = without(s.queue, c)
}

func (s *simulation) assign(c *chat, a *agent) {
	s.dequeue(c)
	if !c.first && c.lastAgent != a {
		c.moved = true
		c.movedByPolicy = c.movedByPolicy || c.released
	}
	c.released = false
	c.agent, c.lastAgent = a, a
	a.open = append(a.open, c)
	s.emit(Event{Ev: "chat_assigned", Chat: c.id, Agent: a.id})
	s.startNextReply(a)
}

// requeue takes a chat from its agent and puts it into the queue of its group.
func (s *simulation) requeue(c *chat) {
	a := c.agent
	s.unassign(c)
	s.emit(Event{Ev: "chat_unassigned", Chat: c.id, Agent: a.id})
	s.enqueue(c, true)
	s.startNextReply(a)
}

func (s *simulation) unassign(c *chat) {
	if c.agent.writing == c {
		s.stopWriting(c.agent)
	}
	c.agent.open = without(c.agent.open, c)
	c.agent = nil
}

func (s *simulation) addVisitorMessage(c *chat) {
	if !c.open {
		return
	}
	s.startWait(c)
	s.emit(Event{Ev: "visitor_message", Chat: c.id, Agent: c.agentID()})
	if c.agent != nil {
		s.startNextReply(c.agent)
	}
}

func (s *simulation) abandon(c *chat) {
	s.metrics.Lost++
	outcome := "abandoned"
	if c.queued {
		outcome = "abandoned_queue"
		s.metrics.LostQueue++
	}
	s.close(c, outcome)
}

func (s *simulation) close(c *chat, outcome string) {
	if !c.open {
		return
	}
	c.open = false
	c.waiting = false
	s.open--
	a := c.agent
	if c.queued {
		s.dequeue(c)
	}
	if a != nil {
		s.unassign(c)
		s.emit(Event{Ev: "chat_closed", Chat: c.id, Agent: a.id, Outcome: outcome})
		s.startNextReply(a)
		return
	}
	s.emit(Event{Ev: "chat_closed", Chat: c.id, Agent: Nobody, Outcome: outcome})
}

// afterReply has the visitor think and write again, leave content, or go away silently.
func (s *simulation) afterReply(c *chat) {
	l := s.messageRandom(c)
	think := l.exponential(s.operation.Think)
	if s.operation.ThinkSD > 0 {
		think = s.operation.Think * l.lognormal(s.operation.ThinkSD)
	}
	think = math.Max(3, think*c.thinkFactor)
	switch {
	case c.replies >= c.exchanges:
		s.after(think/2, func() {
			if c.open {
				s.metrics.Resolved++
			}
			s.close(c, "resolved")
		})
	case c.replies == c.dropAfter:
		s.metrics.DropOuts++
		s.after(s.operation.AutoClose, func() { s.close(c, "abandoned") })
	default:
		s.after(think, func() { s.addVisitorMessage(c) })
	}
}

func without(list []*chat, c *chat) []*chat {
	for i, x := range list {
		if x == c {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}
