package routing

import (
	"encoding/binary"
	"math"
	"slices"

	"parley/app/domain/presence"
)

// learn adds to the estimates that a reply took an agent h seconds.
func learn(g *Group, a *Agent, group int, h, now float64) {
	speed := a.ReplyTimes.speed()
	for i := range a.Memberships {
		if a.Memberships[i].Group == group {
			a.Memberships[i].ReplyTimes.add(h, g.Work*speed)
		}
	}
	a.ReplyTimes.add(h, g.Work)
	a.Occupancy = a.Occupancy.asOf(now, a.Status == presence.Online)
	a.Occupancy.Busy += h
	g.addReply(h / math.Sqrt(speed))
}

// decide answers "decide". A conversation that the last decision wanted requeued and that is still with its agent was refused:
// the agent is writing in it.
func (p *replayer) decide(e protocolEvent) protocolDecision {
	s := &p.state
	if e.T > s.Now {
		s.Now = e.T
	}
	for n := range p.released {
		p.conversations[n].refused = s.Now
	}
	clear(p.released)
	p.listConversations()
	d := Plan(s)
	for _, a := range d.Unresponsive {
		s.Agents[a].Unresponsive = true
	}
	return p.answer(d, e.Seq)
}

// listConversations fills the lists of the state, in the order of the chats' numbers.
func (p *replayer) listConversations() {
	s := &p.state
	s.Assigned, s.Queue = s.Assigned[:0], s.Queue[:0]
	for _, t := range p.conversations {
		t.AgentTyping = t.refused > 0 && s.Now-t.refused < typingAssumed
		switch {
		case t.queued:
			s.Queue = append(s.Queue, t.Conversation)
		case t.Agent >= 0:
			s.Assigned = append(s.Assigned, t.Conversation)
		}
	}
	byID := func(a, b Conversation) int { return slices.Compare(a.ID[8:], b.ID[8:]) }
	slices.SortFunc(s.Assigned, byID)
	slices.SortFunc(s.Queue, byID)
}

// answer translates a decision into numbers, and notes which chats it wants requeued.
func (p *replayer) answer(d Decision, seq int) protocolDecision {
	s := &p.state
	answer := protocolDecision{Seq: seq}
	number := func(t Conversation) int { return int(binary.BigEndian.Uint64(t.ID[8:])) }
	for _, x := range d.Assign {
		move := protocolMove{Chat: number(s.Queue[x.Conversation]), Agent: p.agentNumbers[x.Agent]}
		answer.Assign = append(answer.Assign, move)
	}
	for _, x := range d.Requeue {
		n := number(s.Assigned[x.Conversation])
		p.released[n] = true
		agent := p.agentNumbers[s.Assigned[x.Conversation].Agent]
		answer.Release = append(answer.Release, protocolMove{Chat: n, Agent: agent, Reason: x.Reason})
		s.LastRequeueAt = s.Now
	}
	return answer
}
