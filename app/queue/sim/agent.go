package sim

import "math"

const (
	awayGrace     = 240 // seconds in which an away agent finishes its chats
	lossGrace     = 30  // seconds until a lost agent's chats are queued again
	oldestFirst   = 0.9 // share of agents' choices
	transferShare = 0.5 // of the handling time until the wrong group is noticed
)

type agent struct {
	person
	id          int
	status      string
	statusSince float64
	statusNo    int // ends old timers
	vanished    bool
	open        []*chat
	writing     *chat
	writingNo   int
	writingFrom float64
	busy        float64
	online      float64
	choice      luck
}

func (w *world) addAgent(id int, p person) {
	a := &agent{person: p, id: id, status: "offline", choice: newLuck(w.seed, luckChoice, id)}
	w.agents = append(w.agents, a)
	if a.from == 0 {
		w.setStatus(a, "online")
	} else {
		w.setStatus(a, "offline")
		w.at(a.from, func() { w.setStatus(a, "online") })
	}
	for _, in := range a.incidents {
		w.at(in.from, func() { w.startIncident(a, in) })
		w.at(in.to, func() { w.endIncident(a, in) })
	}
	if !math.IsInf(a.to, 1) {
		w.at(a.to, func() { w.goAway(a, "offline") })
	}
}

func (w *world) startIncident(a *agent, in incident) {
	switch in.kind {
	case "vanish": // nobody is told
		a.vanished = true
		w.stopWriting(a)
	case "break":
		w.goAway(a, "away")
	case "loss":
		w.stopWriting(a)
		w.setStatus(a, "offline")
		w.laterIfSame(a, lossGrace, func() { w.takeBackAll(a) })
	}
}

// endIncident brings the agent back; its screen says so, which is a sign of
// life also for an agent that had vanished.
func (w *world) endIncident(a *agent, _ incident) {
	a.vanished = false
	w.setStatus(a, "online")
}

// goAway lets the agent finish its chats for some minutes.
func (w *world) goAway(a *agent, then string) {
	w.setStatus(a, "away")
	w.laterIfSame(a, awayGrace, func() {
		if then != a.status {
			w.setStatus(a, then)
		}
		w.takeBackAll(a)
	})
}

func (w *world) laterIfSame(a *agent, seconds float64, run func()) {
	no := a.statusNo
	w.after(seconds, func() {
		if a.statusNo == no {
			run()
		}
	})
}

func (w *world) setStatus(a *agent, status string) {
	w.countOnline(a)
	a.status = status
	a.statusNo++
	w.emit(Event{Ev: "agent_state", Agent: a.id, Status: status, Cap: a.cap, Groups: a.groups})
	w.work(a)
}

func (w *world) countOnline(a *agent) {
	if a.status != "offline" {
		from, to := math.Min(a.statusSince, w.plan.end), math.Min(w.now, w.plan.end)
		if a.status == "away" {
			to = math.Min(to, from+awayGrace)
		}
		a.online += to - from
	}
	a.statusSince = w.now
}

func (w *world) takeBackAll(a *agent) {
	w.stopWriting(a)
	for _, c := range append([]*chat(nil), a.open...) {
		w.takeBack(c)
	}
}

// work starts the next answer of an agent who has time.
func (w *world) work(a *agent) {
	if a.writing != nil || a.vanished || a.status == "offline" {
		return
	}
	c := a.choose()
	if c == nil {
		return
	}
	a.writing, a.writingFrom = c, w.now
	a.writingNo++
	no := a.writingNo
	seconds := w.handlingTime(a, c)
	wrongGroup := c.transfer && c.replies == 0 && w.op.Groups > 1
	if wrongGroup {
		seconds *= transferShare
	}
	w.after(seconds, func() {
		if a.writing != c || a.writingNo != no {
			return
		}
		w.stopWriting(a)
		if wrongGroup {
			c.transfer = false
			c.group = (c.group + 1) % w.op.Groups
			w.takeBack(c)
		} else {
			w.reply(a, c)
		}
	})
}

// choose takes mostly the visitor who waits longest.
func (a *agent) choose() *chat {
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
	if len(waiting) > 1 && !a.choice.chance(oldestFirst) {
		return waiting[a.choice.IntN(len(waiting))]
	}
	return oldest
}

// handlingTime depends on group, agent, time of day and on the message; the
// luck of a message is the same whoever answers.
func (w *world) handlingTime(a *agent, c *chat) float64 {
	hours := (w.now - a.from) / 3600
	drift := 1 + 0.015*hours + 0.1*math.Sin(hours*2+a.phase)
	own, ok := a.groupSpeed[c.group]
	if !ok {
		own = 1
	}
	noise := newLuck(w.seed, luckHandling, c.id, c.replies).lognormal(w.op.Noise)
	return math.Max(3, w.plan.handling[c.group]*a.speed*own*drift*noise)
}

func (w *world) stopWriting(a *agent) {
	if a.writing != nil {
		a.busy += w.now - a.writingFrom
		a.writing = nil
	}
}

func (w *world) reply(a *agent, c *chat) {
	w.m.addReply(c, w.now-c.since)
	first := c.first
	c.waiting, c.first = false, false
	c.replies++
	w.emit(Event{Ev: "agent_reply", Chat: c.id, Agent: a.id, First: first})
	w.afterReply(c)
	w.work(a)
}
