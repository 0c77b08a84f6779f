package routing

import (
	"bytes"
	"cmp"
	"math"
)

// score returns what it costs to assign a conversation to an agent, in seconds of visitors' waiting.
func (w *planner) score(agent int, t *Conversation) AgentScore {
	a, l, g := &w.Agents[agent], w.load(agent), &w.Groups[t.Group]
	h := w.workPerMessage(agent, t.Group)
	x := AgentScore{
		Agent:          a.ID,
		Backlog:        l.backlog,
		Work:           h,
		AddedDelay:     addedDelayWeight * addedDelay(l.live, h, g.Think),
		Open:           l.open,
		Live:           l.live,
		Speed:          h / g.Work,
		Occupancy:      l.occupancy,
		GroupOccupancy: w.groups[t.Group].occupancy,
	}
	x.Score = x.Backlog + x.Work + x.AddedDelay + occupancyWeight*(x.Occupancy-x.GroupOccupancy)
	if t.FormerAgent == agent {
		x.FormerAgent = true
		x.Score -= formerAgentBonus
	}
	x.Score -= math.Min(1, (w.Now-a.LastAssignedAt)/3600) // decides between equals: who has not got one for longest
	return x
}

// bestCandidates returns the agents with the lowest and the second lowest score; -1: there is none.
func (w *planner) bestCandidates(t *Conversation, candidates []candidate) (best, next int, bestScore, nextScore AgentScore) {
	best, next = -1, -1
	less := func(x, y *AgentScore) bool {
		return cmp.Or(cmp.Compare(x.Score, y.Score), bytes.Compare(x.Agent[:], y.Agent[:])) < 0
	}
	for _, c := range candidates {
		x := w.score(c.agent, t)
		switch {
		case best < 0 || less(&x, &bestScore):
			next, nextScore = best, bestScore
			best, bestScore = c.agent, x
		case next < 0 || less(&x, &nextScore):
			next, nextScore = c.agent, x
		}
	}
	return best, next, bestScore, nextScore
}
