package routing

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

func (s *State) requeueDue() bool {
	return s.Now-s.LastRequeueAt >= requeueInterval && slices.ContainsFunc(s.Assigned, func(t Conversation) bool { return s.overdue(t) })
}

func (s *State) overdue(t Conversation) bool {
	return t.Waiting && t.RequeueCount < maxRequeues && !t.AgentTyping && s.Now-math.Max(t.WaitingSince, t.AssignedAt) > requeueAfter
}

// compareWait orders conversations by how long they have waited.
func compareWait(x, y *Conversation) int {
	return cmp.Or(cmp.Compare(x.WaitingSince, y.WaitingSince), bytes.Compare(x.ID[:], y.ID[:]))
}

// requeueOverdue takes conversations from agents who will not answer them soon, where somebody else would.
func (w *planner) requeueOverdue(d *Decision) {
	queued := make([]bool, len(w.Groups))
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
	var candidates []candidate
	for _, i := range late {
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
			continue // probably in hand, or worth the patience
		}
		if !silent && (t.RepliedAt > 0 || queued[t.Group]) || w.Groups[t.Group].Closed {
			continue
		}
		expected := ahead + h - math.Min(l.silence, 0.7*h) + math.Max(0, l.silence-silenceFactor*h)
		candidates = w.candidates(t.Group, anyConversationOf(t.Customer), candidates[:0])
		best, soonest := -1, math.Inf(1)
		for _, s := range candidates {
			if s.agent == t.Agent {
				continue
			}
			if x := w.load(s.agent).backlog + w.workPerMessage(s.agent, t.Group); x < soonest {
				best, soonest = s.agent, x
			}
		}
		need := float64(requeueMinGain)
		if t.RepliedAt > 0 {
			need = requeueMinGainReplied
		}
		if best < 0 || expected-soonest < need {
			continue
		}
		reason := "somebody else can answer sooner"
		if silent {
			reason = "no sign of life of its agent"
		}
		d.Requeue = append(d.Requeue, Requeue{i, reason})
		// Taken into account at both, so that not everything is taken for the one who is free.
		other := w.load(best)
		other.backlog += w.workPerMessage(best, t.Group)
		other.open++
		l.backlog -= h
	}
}

// workAhead is how much work an agent has before one of its conversations, and how many wait before it.
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
