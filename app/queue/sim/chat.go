package sim

import "math"

type chat struct {
	id, group, customer, priority int
	exchanges                     int
	slow                          float64 // factor of think times
	dropAfter                     int     // replies, 0: stays
	transfer                      bool

	open, queued, waiting, requeued, first bool
	agent, lastAgent                       *agent
	since                                  float64
	replies                                int
	wait                                   int // number of the present wait, ends old timers
	released                               bool
	moved, movedByPolicy                   bool
}

func (w *world) nextArrival(i int) {
	if i == len(w.plan.arrivals) {
		return
	}
	w.at(w.plan.arrivals[i].t, func() {
		w.arrive(i, w.plan.arrivals[i])
		w.nextArrival(i + 1)
	})
}

func (w *world) arrive(id int, a arrival) {
	l := newLuck(w.seed, luckVisitor, id)
	c := &chat{id: id, group: a.group, customer: a.customer, priority: a.priority, open: true, first: true}
	c.exchanges = min(l.geometric(w.op.Exchanges), 40)
	c.slow = l.lognormal(0.3)
	if l.chance(w.op.SlowTypists) {
		c.slow *= 4
	}
	if l.chance(w.op.DropOuts) {
		c.dropAfter = 1 + l.IntN(c.exchanges)
	}
	c.transfer = l.chance(w.op.Transfers)
	w.chats = append(w.chats, c)
	w.open++
	w.m.Chats++
	w.startWait(c)
	w.enqueue(c, false)
}

// message is the luck of a visitor's message: the same under all policies.
func (w *world) message(c *chat) luck { return newLuck(w.seed, luckMessage, c.id, c.replies) }

func (w *world) startWait(c *chat) {
	c.waiting, c.since = true, w.now
	c.wait++
	wait, l := c.wait, w.message(c)
	mean := w.op.PatienceLater
	if c.first {
		mean = w.op.PatienceFirst
	}
	w.after(l.weibull(mean, w.op.PatienceShape), func() {
		if c.open && c.waiting && c.wait == wait {
			w.abandon(c)
		}
	})
	if l.chance(w.op.Doubles) {
		w.after(l.between(5, 25), func() {
			if c.open && c.waiting && c.wait == wait {
				w.emit(Event{Ev: "visitor_message", Chat: c.id, Agent: c.agentID()})
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

func (w *world) enqueue(c *chat, requeued bool) {
	c.queued, c.requeued = true, requeued
	w.queue = append(w.queue, c)
	since := c.since
	if !c.waiting {
		since = w.now
	}
	w.emit(Event{Ev: "chat_queued", Chat: c.id, Group: c.group, Customer: c.customer, Priority: c.priority,
		Waiting: c.waiting, Since: since, First: c.first, Requeued: requeued})
}

func (w *world) dequeue(c *chat) {
	c.queued = false
	w.queue = without(w.queue, c)
}

func (w *world) assign(c *chat, a *agent) {
	w.dequeue(c)
	if !c.first && c.lastAgent != a {
		c.moved = true
		c.movedByPolicy = c.movedByPolicy || c.released
	}
	c.released = false
	c.agent, c.lastAgent = a, a
	a.open = append(a.open, c)
	w.emit(Event{Ev: "chat_assigned", Chat: c.id, Agent: a.id})
	w.work(a)
}

// takeBack puts an assigned chat back into the queue of its group.
func (w *world) takeBack(c *chat) {
	a := c.agent
	w.leaveAgent(c)
	w.emit(Event{Ev: "chat_unassigned", Chat: c.id, Agent: a.id})
	w.enqueue(c, true)
	w.work(a)
}

func (w *world) leaveAgent(c *chat) {
	if c.agent.writing == c {
		w.stopWriting(c.agent)
	}
	c.agent.open = without(c.agent.open, c)
	c.agent = nil
}

func (w *world) visitorWrites(c *chat) {
	if !c.open {
		return
	}
	w.startWait(c)
	w.emit(Event{Ev: "visitor_message", Chat: c.id, Agent: c.agentID()})
	if c.agent != nil {
		w.work(c.agent)
	}
}

func (w *world) abandon(c *chat) {
	w.m.Lost++
	outcome := "abandoned"
	if c.queued {
		outcome = "abandoned_queue"
		w.m.LostQueue++
	}
	w.close(c, outcome)
}

func (w *world) close(c *chat, outcome string) {
	if !c.open {
		return
	}
	c.open = false
	c.waiting = false
	w.open--
	a := c.agent
	if c.queued {
		w.dequeue(c)
	}
	if a != nil {
		w.leaveAgent(c)
		w.emit(Event{Ev: "chat_closed", Chat: c.id, Agent: a.id, Outcome: outcome})
		w.work(a)
		return
	}
	w.emit(Event{Ev: "chat_closed", Chat: c.id, Agent: Nobody, Outcome: outcome})
}

// afterReply lets the visitor think, leave content, or go away silently.
func (w *world) afterReply(c *chat) {
	l := w.message(c)
	think := l.exponential(w.op.Think)
	if w.op.ThinkSD > 0 {
		think = w.op.Think * l.lognormal(w.op.ThinkSD)
	}
	think = math.Max(3, think*c.slow)
	switch {
	case c.replies >= c.exchanges:
		w.after(think/2, func() {
			if c.open {
				w.m.Resolved++
			}
			w.close(c, "resolved")
		})
	case c.replies == c.dropAfter:
		w.m.DropOuts++
		w.after(w.op.AutoClose, func() { w.close(c, "abandoned") })
	default:
		w.after(think, func() { w.visitorWrites(c) })
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
