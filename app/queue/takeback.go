package queue

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

func (s *State) mayTakeBack() bool {
	return s.Now-s.TookBack >= takeEvery && slices.ContainsFunc(s.Talks, func(t Talk) bool { return s.overdue(t) })
}

func (s *State) overdue(t Talk) bool {
	return t.Waiting && t.TakenBack < takeMost && !t.Typing && s.Now-math.Max(t.Since, t.Assigned) > takeAfter
}

// earlier orders conversations by how long they have waited.
func earlier(x, y *Talk) int {
	return cmp.Or(cmp.Compare(x.Since, y.Since), bytes.Compare(x.ID[:], y.ID[:]))
}

// takeBack takes conversations from agents who will not answer them soon, where somebody else would.
func (w *work) takeBack(d *Decision) {
	inLine := make([]bool, len(w.Groups))
	for i := range w.Line {
		inLine[w.Line[i].Group] = true
	}
	var late []int
	for i := range w.Talks {
		if w.overdue(w.Talks[i]) {
			late = append(late, i)
		}
	}
	slices.SortFunc(late, func(a, b int) int { return earlier(&w.Talks[a], &w.Talks[b]) })
	var seats []seat
	for _, i := range late {
		t := &w.Talks[i]
		l := w.look(t.Agent)
		h := w.perMessage(t.Agent, t.Group)
		silent := l.silent > math.Max(silentLeast, silentTimes*h)
		if silent && !w.Agents[t.Agent].Suspect && !l.suspect {
			l.suspect = true
			d.Suspect = append(d.Suspect, t.Agent)
		}
		ahead, position := w.ahead(i)
		if (position == 0 || t.Replied > 0) && l.silent <= math.Max(2*silentLeast, inHandTimes*h) {
			continue // probably in hand, or worth the patience
		}
		if !silent && (t.Replied > 0 || inLine[t.Group]) || w.Groups[t.Group].Closed {
			continue
		}
		expected := ahead + h - math.Min(l.silent, 0.7*h) + math.Max(0, l.silent-silentTimes*h)
		seats = w.candidates(t.Group, anyOf(t.Customer), seats[:0])
		best, soonest := -1, math.Inf(1)
		for _, s := range seats {
			if s.agent == t.Agent {
				continue
			}
			if x := w.look(s.agent).backlog + w.perMessage(s.agent, t.Group); x < soonest {
				best, soonest = s.agent, x
			}
		}
		need := float64(takeGain)
		if t.Replied > 0 {
			need = takeGainLate
		}
		if best < 0 || expected-soonest < need {
			continue
		}
		why := "somebody else can answer sooner"
		if silent {
			why = "no sign of life of its agent"
		}
		d.Release = append(d.Release, Release{i, why})
		// Taken into account at both, so that not everything is taken for the one who is free.
		other := w.look(best)
		other.backlog += w.perMessage(best, t.Group)
		other.open++
		l.backlog -= h
	}
}

// ahead is how much work an agent has before one of its conversations, and how many wait before it.
func (w *work) ahead(talk int) (seconds float64, position int) {
	t := &w.Talks[talk]
	for _, i := range w.agents[t.Agent].talks {
		o := &w.Talks[i]
		if i != talk && o.Waiting && earlier(o, t) < 0 {
			seconds += w.perMessage(t.Agent, o.Group)
			position++
		}
	}
	return seconds, position
}
