package routing

import (
	"math"

	"parley/app/domain/presence"
)

// LearnFromReply changes estimates as the driver of the rule does for one reply. thought is the visitor's think time before
// the message, below 0 if there is none; last is the agent's reply before, 0 if there is none.
func LearnFromReply(
	g *GroupEstimate, a, inGroup *ReplyTimes, o *Occupancy, now, thought, since, assigned, last, cameOnline float64,
) {
	if thought >= 0 {
		g.addThink(thought)
	}
	group := Group{GroupEstimate: *g}
	membership := Membership{Group: 0, ReplyTimes: *inGroup}
	agent := Agent{Status: presence.Online, ReplyTimes: *a, Occupancy: *o, Memberships: []Membership{membership}}
	if last == 0 {
		last = math.Inf(-1)
	}
	learn(&group, &agent, 0, handlingTime(now, since, assigned, last, cameOnline), now)
	*g, *a, *inGroup, *o = group.GroupEstimate, agent.ReplyTimes, agent.Memberships[0].ReplyTimes, agent.Occupancy
}

// Abandon stops all rounds of this process, as if it had died.
func (s *Service) Abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	for _, a := range s.schedules {
		if a.timer != nil {
			a.timer.Stop()
		}
	}
}
