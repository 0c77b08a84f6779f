package routing

import (
	"context"
	"math"
	"time"

	"parley/app/platform/access"
)

// LearnFromReply is what the driver learns from one reply, for comparison with the database.
func LearnFromReply(g *GroupEstimate, a, in *ReplyTimes, s *Occupancy, now, thought, since, assigned, last, came float64) {
	if thought >= 0 {
		g.addThink(thought)
	}
	group := Group{GroupEstimate: *g}
	agent := Agent{Status: Online, ReplyTimes: *a, Occupancy: *s, Memberships: []Membership{{Group: 0, ReplyTimes: *in}}}
	if last == 0 {
		last = math.Inf(-1)
	}
	learn(&group, &agent, 0, handlingTime(now, since, assigned, last, came), now)
	*g, *a, *in, *s = group.GroupEstimate, agent.ReplyTimes, agent.Memberships[0].ReplyTimes, agent.Occupancy
}

// Abandon makes the process fall silent, as if it had died: it says nothing any more, and decides nothing.
func (r *Service) Abandon() {
	r.mu.Lock()
	r.stopped = true
	for _, a := range r.schedules {
		if a.timer != nil {
			a.timer.Stop()
		}
	}
	r.mu.Unlock()
	r.connections.mu.Lock()
	r.connections.closed = true
	for _, s := range r.connections.agents {
		if s.graceTimer != nil {
			s.graceTimer.Stop()
		}
	}
	r.connections.mu.Unlock()
}

// StallHeartbeat makes the process say nothing of itself for a time, as if it had no processor.
func (s *Service) StallHeartbeat(lasts time.Duration) {
	s.connections.renewing.Lock()
	time.AfterFunc(lasts, s.connections.renewing.Unlock)
}

// LoseConnection notes that an agent's connection is lost, as it is when the grace has passed.
func (s *Service) LoseConnection(ctx context.Context, who access.Actor) error {
	return s.tryStoreDisconnected(ctx, who.Org(), who.ID(), s.connections.instance)
}
