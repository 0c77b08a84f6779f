package routing

import (
	"math"
	"slices"
)

// agentLoad is an agent's work. live, backlog and silence are zero until planner.load has computed them.
type agentLoad struct {
	open             int     // conversations that it has
	openByMembership []int   // the same by index in Agent.Memberships; nil until openInGroup has counted them
	live             float64 // of open, as far as visitors are likely to write again
	backlog          float64 // seconds of work on messages without a reply
	silence          float64 // seconds without a reply while there is work
	occupancy        float64 // share of the last hour or so in which it was busy
	conversations    []int   // by index in State.Assigned
	computed         bool
	unresponsive     bool // found to be unresponsive by this Plan
}

// workPerMessage returns how many seconds of work a message of a group is for an agent.
func (s *State) workPerMessage(agent, group int) float64 {
	a := &s.Agents[agent]
	h := s.Groups[group].Work * a.ReplyTimes.speed()
	for i := range a.Memberships {
		if a.Memberships[i].Group == group {
			return h * a.Memberships[i].ReplyTimes.speedInGroup()
		}
	}
	return h
}

// thinkTime returns how many seconds a conversation's visitor is expected to think before the next message.
func (s *State) thinkTime(t *Conversation) float64 {
	return (ownThinkPrior*s.Groups[t.Group].Think + t.ThinkSeconds) / (ownThinkPrior + t.ThinkCount)
}

// load returns an agent's load, computed at the first call.
func (w *planner) load(agent int) *agentLoad {
	l := &w.agents[agent]
	if l.computed {
		return l
	}
	l.computed = true
	first, typing := -1, false // first is the conversation that has waited longest
	var firstWork float64
	for _, i := range l.conversations {
		t := &w.Assigned[i]
		typing = typing || t.AgentTyping
		if !t.Waiting && t.RepliedAt > 0 {
			l.live += liveWeight(w.Now-t.RepliedAt, w.thinkTime(t))
			continue
		}
		l.live++
		if !t.Waiting {
			continue
		}
		h := w.workPerMessage(agent, t.Group)
		l.backlog += h
		if first < 0 || t.WaitingSince < w.Assigned[first].WaitingSince {
			first, firstWork = i, h
		}
	}
	if first >= 0 {
		a, t := &w.Agents[agent], &w.Assigned[first]
		if !typing {
			l.silence = math.Max(0, w.Now-max(a.LastReplyAt, a.OnlineSince, t.WaitingSince, t.AssignedAt))
		}
		l.backlog -= math.Min(l.silence, 0.7*firstWork)             // done of the present message
		l.backlog += math.Max(0, l.silence-silenceFactor*firstWork) // a silent agent is expected to stay silent
	}
	return l
}

// openInGroup returns how many conversations of a candidate's group the agent has.
func (w *planner) openInGroup(c candidate) int {
	l := &w.agents[c.agent]
	if l.openByMembership == nil {
		memberships := w.Agents[c.agent].Memberships
		l.openByMembership = make([]int, len(memberships))
		for _, i := range l.conversations {
			group := w.Assigned[i].Group
			if n := slices.IndexFunc(memberships, func(m Membership) bool { return m.Group == group }); n >= 0 {
				l.openByMembership[n]++
			}
		}
	}
	return l.openByMembership[c.membership]
}

// addConversation counts a conversation that an agent is to get.
func (w *planner) addConversation(agent int, t *Conversation) {
	l := w.load(agent)
	w.openInGroup(candidate{agent, 0}) // counts before the change below
	l.open++
	l.live++
	if t.Waiting {
		l.backlog += w.workPerMessage(agent, t.Group)
	}
	for n := range w.Agents[agent].Memberships {
		if w.Agents[agent].Memberships[n].Group == t.Group {
			l.openByMembership[n]++
		}
	}
	if t.Customer >= 0 {
		w.openByCustomer[t.Customer]++
	}
}
