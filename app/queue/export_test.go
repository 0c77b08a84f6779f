package queue

import (
	"context"
	"math"
	"time"

	"parley/app/access"
)

// Learned is what the driver learns from one reply, for comparison with the database.
func Learned(g *Pace, a, in *Sums, s *Share, now, thought, since, assigned, last, came float64) {
	if thought >= 0 {
		g.thought(thought)
	}
	group := Group{Pace: *g}
	agent := Agent{Status: Online, Sums: *a, Share: *s, In: []Place{{Group: 0, Sums: *in}}}
	if last == 0 {
		last = math.Inf(-1)
	}
	learn(&group, &agent, 0, handling(now, since, assigned, last, came), now)
	*g, *a, *in, *s = group.Pace, agent.Sums, agent.In[0].Sums, agent.Share
}

// Abandon makes the process fall silent, as if it had died: it says nothing any more, and decides nothing.
func (r *Room) Abandon() {
	r.mu.Lock()
	r.stopped = true
	for _, a := range r.orgs {
		if a.timer != nil {
			a.timer.Stop()
		}
	}
	r.mu.Unlock()
	r.here.mu.Lock()
	r.here.ended = true
	for _, s := range r.here.seats {
		if s.going != nil {
			s.going.Stop()
		}
	}
	r.here.mu.Unlock()
}

// Stall makes the process say nothing of itself for a time, as if it had no processor.
func (r *Room) Stall(lasts time.Duration) {
	r.here.leasing.Lock()
	time.AfterFunc(lasts, r.here.leasing.Unlock)
}

// Lose notes that an agent's connection is lost, as it is when the grace has passed.
func (r *Room) Lose(ctx context.Context, who access.Actor) error {
	return r.lose(ctx, who.Org(), who.ID(), r.here.instance)
}
