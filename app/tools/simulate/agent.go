package simulate

import "math"

const (
	awayGrace     = 240 // seconds in which an agent who is away finishes its chats
	lossGrace     = 30  // seconds after a lost connection until the chats are requeued
	oldestFirst   = 0.9 // share of agents' choices that are the visitor who waits longest
	transferShare = 0.5 // share of the handling time after which the wrong group is noticed
)

// agent is a simulated agent, who writes one reply at a time.
type agent struct {
	agentProfile
	id          int
	status      string
	statusSince float64
	statusNo    int  // counts the changes of status, so that timers of earlier ones have no effect
	vanished    bool // does nothing, which no event says
	open        []*chat
	writing     *chat
	writingNo   int
	writingFrom float64
	busy        float64
	online      float64
	random      random
}

func (s *simulation) addAgent(id int, p agentProfile) {
	a := &agent{agentProfile: p, id: id, status: "offline", random: newRandom(s.seed, randomChoice, id)}
	s.agents = append(s.agents, a)
	if a.from == 0 {
		s.setStatus(a, "online")
	} else {
		s.setStatus(a, "offline")
		s.at(a.from, func() { s.setStatus(a, "online") })
	}
	for _, in := range a.incidents {
		s.at(in.from, func() { s.startIncident(a, in) })
		s.at(in.to, func() { s.endIncident(a, in) })
	}
	if !math.IsInf(a.to, 1) {
		s.at(a.to, func() { s.setAway(a, "offline") })
	}
}

func (s *simulation) startIncident(a *agent, in incident) {
	switch in.kind {
	case "vanish":
		a.vanished = true
		s.stopWriting(a)
	case "break":
		s.setAway(a, "away")
	case "loss":
		s.stopWriting(a)
		s.setStatus(a, "offline")
		s.afterUnlessStatusChanges(a, lossGrace, func() { s.requeueAll(a) })
	}
}

// endIncident brings the agent back online. The event says so also of an agent who had vanished.
func (s *simulation) endIncident(a *agent, _ incident) {
	a.vanished = false
	s.setStatus(a, "online")
}

// setAway makes the agent away, and after awayGrace has its chats requeued and sets the status then.
func (s *simulation) setAway(a *agent, then string) {
	s.setStatus(a, "away")
	s.afterUnlessStatusChanges(a, awayGrace, func() {
		if then != a.status {
			s.setStatus(a, then)
		}
		s.requeueAll(a)
	})
}

func (s *simulation) afterUnlessStatusChanges(a *agent, seconds float64, run func()) {
	no := a.statusNo
	s.after(seconds, func() {
		if a.statusNo == no {
			run()
		}
	})
}

func (s *simulation) setStatus(a *agent, status string) {
	s.countOnline(a)
	a.status = status
	a.statusNo++
	s.emit(Event{Ev: "agent_state", Agent: a.id, Status: status, Cap: a.cap, Groups: a.groups})
	s.startNextReply(a)
}

func (s *simulation) countOnline(a *agent) {
	if a.status != "offline" {
		from, to := math.Min(a.statusSince, s.scenario.end), math.Min(s.now, s.scenario.end)
		if a.status == "away" {
			to = math.Min(to, from+awayGrace)
		}
		a.online += to - from
	}
	a.statusSince = s.now
}

func (s *simulation) requeueAll(a *agent) {
	s.stopWriting(a)
	for _, c := range append([]*chat(nil), a.open...) {
		s.requeue(c)
	}
}

// startNextReply has an agent who is not writing start the next reply.
func (s *simulation) startNextReply(a *agent) {
	if a.writing != nil || a.vanished || a.status == "offline" {
		return
	}
	c := a.chooseChat()
	if c == nil {
		return
	}
	a.writing, a.writingFrom = c, s.now
	a.writingNo++
	no := a.writingNo
	seconds := s.handlingTime(a, c)
	wrongGroup := c.transfer && c.replies == 0 && s.operation.Groups > 1
	if wrongGroup {
		seconds *= transferShare
	}
	s.after(seconds, func() {
		if a.writing != c || a.writingNo != no {
			return
		}
		s.stopWriting(a)
		if wrongGroup {
			c.transfer = false
			c.group = (c.group + 1) % s.operation.Groups
			s.requeue(c)
		} else {
			s.reply(a, c)
		}
	})
}

// chooseChat returns the chat that the agent replies to next, mostly that of the visitor who waits longest; nil: none waits.
func (a *agent) chooseChat() *chat {
	var waiting []*chat
	var oldest *chat
	for _, c := range a.open {
		if c.waiting {
			waiting = append(waiting, c)
			if oldest == nil || c.since < oldest.since {
				oldest = c
			}
		}
	}
	if len(waiting) > 1 && !a.random.chance(oldestFirst) {
		return waiting[a.random.IntN(len(waiting))]
	}
	return oldest
}

// handlingTime returns how many seconds a reply takes. It depends on group, agent, time of day and message; the random part of a
// message is the same for every agent.
func (s *simulation) handlingTime(a *agent, c *chat) float64 {
	hours := (s.now - a.from) / 3600
	drift := 1 + 0.015*hours + 0.1*math.Sin(hours*2+a.phase)
	own, ok := a.groupSpeed[c.group]
	if !ok {
		own = 1
	}
	noise := newRandom(s.seed, randomHandling, c.id, c.replies).lognormal(s.operation.Noise)
	return math.Max(3, s.scenario.handling[c.group]*a.speed*own*drift*noise)
}

func (s *simulation) stopWriting(a *agent) {
	if a.writing != nil {
		a.busy += s.now - a.writingFrom
		a.writing = nil
	}
}

func (s *simulation) reply(a *agent, c *chat) {
	s.metrics.addReply(c, s.now-c.since)
	first := c.first
	c.waiting, c.first = false, false
	c.replies++
	s.emit(Event{Ev: "agent_reply", Chat: c.id, Agent: a.id, First: first})
	s.afterReply(c)
	s.startNextReply(a)
}
