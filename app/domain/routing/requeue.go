package routing

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// requeueDue reports whether a conversation may have to be requeued now.
func (s *State) requeueDue() bool {
	return s.Now-s.LastRequeueAt >= requeueInterval && slices.ContainsFunc(s.Assigned, s.overdue)
}

// overdue reports whether an assigned conversation has waited long enough for a reply to be requeued.
func (s *State) overdue(t Conversation) bool {
	return t.Waiting && t.RequeueCount < maxRequeues && !t.AgentTyping &&
		s.Now-math.Max(t.WaitingSince, t.AssignedAt) > requeueAfter
}

// compareWait orders conversations by how long they have waited, the longest first.
func compareWait(x, y *Conversation) int {
	return cmp.Or(cmp.Compare(x.WaitingSince, y.WaitingSince), bytes.Compare(x.ID[:], y.ID[:]))
}

// requeueOverdue requeues conversations whose agents are not expected to reply soon, where another agent is.
func (w *planner) requeueOverdue(d *Decision) {
	queued := make([]bool, len(w.Groups)) // the group has a queue
	for i := range w.Queue {
		queued[w.Queue[i].Group] = true
	}
	var late []int
	for i := range w.Assigned {
		if w.overdue(w.Assigned[i]) {
			late = append(late, i)
		}
	}
	slices.SortFunc(late, func(a, b int) int { return compareWait(&w.Assigned[a], &w.Assigned[b]) })
	for _, i := range late {
		w.requeueIfSlower(d, i, queued[w.Assigned[i].Group])
	}
}

// requeueIfSlower requeues assigned conversation i if its agent is unresponsive, or if another one is expected to reply much
// sooner. It also finds that the agent is unresponsive.
func (w *planner) requeueIfSlower(d *Decision, i int, groupQueued bool) {
	t := &w.Assigned[i]
	l := w.load(t.Agent)
	h := w.workPerMessage(t.Agent, t.Group)
	silent := l.silence > math.Max(minSilence, silenceFactor*h)
	if silent && !w.Agents[t.Agent].Unresponsive && !l.unresponsive {
		l.unresponsive = true
		d.Unresponsive = append(d.Unresponsive, t.Agent)
	}
	ahead, position := w.workAhead(i)
	if (position == 0 || t.RepliedAt > 0) && l.silence <= math.Max(2*minSilence, inProgressFactor*h) {
		return // the agent is probably working on it, or knows the visitor
	}
	if !silent && (t.RepliedAt > 0 || groupQueued) || w.Groups[t.Group].Closed {
		return
	}
	best, soonest := w.soonestOther(t)
	need := float64(requeueMinGain)
	if t.RepliedAt > 0 {
		need = requeueMinGainReplied
	}
	expected := ahead + h - math.Min(l.silence, 0.7*h) + math.Max(0, l.silence-silenceFactor*h)
	if best < 0 || expected-soonest < need {
		return
	}
	reason := "another agent can reply sooner"
	if silent {
		reason = "its agent is not responding"
	}
	d.Requeue = append(d.Requeue, Requeue{i, reason})
	// Both loads are updated, so that not every late conversation is requeued for one free agent.
	other := w.load(best)
	other.backlog += w.workPerMessage(best, t.Group)
	other.open++
	l.backlog -= h
}

// soonestOther returns the agent of the group, other than its own, who is expected to reply to a conversation soonest, and in
// how many seconds; -1: none can take it.
func (w *planner) soonestOther(t *Conversation) (best int, soonest float64) {
	best, soonest = -1, math.Inf(1)
	for _, c := range w.candidates(t.Group, anyConversationOf(t.Customer), nil) {
		if c.agent == t.Agent {
			continue
		}
		if x := w.load(c.agent).backlog + w.workPerMessage(c.agent, t.Group); x < soonest {
			best, soonest = c.agent, x
		}
	}
	return best, soonest
}

// workAhead returns how many seconds of work an agent has before one of its conversations, and how many of them wait longer.
func (w *planner) workAhead(index int) (seconds float64, position int) {
	t := &w.Assigned[index]
	for _, i := range w.agents[t.Agent].conversations {
		o := &w.Assigned[i]
		if i != index && o.Waiting && compareWait(o, t) < 0 {
			seconds += w.workPerMessage(t.Agent, o.Group)
			position++
		}
	}
	return seconds, position
}
