package routing

import (
	"math"
	"slices"
	"time"

	"parley/app/domain/presence"
	"parley/app/domain/routing/internal/routingdb"
)

// nextRound returns after how long time alone may change something after a decision; 0: never.
func (l *snapshot) nextRound(d Decision, set routingdb.GetRoutingStateRow) time.Duration {
	c := &countdown{least: math.MaxInt64}
	w := newPlanner(&l.State)
	l.countDownQueue(c, w, d, set.Now)
	l.countDownAssigned(c, w)
	for _, t := range l.Assigned {
		if a := l.agentRows[t.Agent]; presence.Status(a.Status) == presence.Away {
			c.add(math.Max(seconds(a.StatusAt), t.AssignedAt) + float64(set.AwayRequeueSeconds) - l.Now)
		}
	}
	if set.OfferEnds.Year() < 9999 {
		c.add(set.OfferEnds.Sub(set.Now).Seconds() + 0.1)
	}
	if c.least == math.MaxInt64 {
		return 0
	}
	return c.least
}

// countdown is the least of some times, none of them below retryInterval.
type countdown struct{ least time.Duration }

func (c *countdown) add(seconds float64) {
	c.least = min(c.least, max(retryInterval, time.Duration(seconds*float64(time.Second))))
}

const (
	maxOpeningWait = 3600 // seconds: an opening is looked at again at least every hour
	lateRequeue    = -600 // seconds: a requeue that is due for so long probably never comes
	lateRetry      = 60   // seconds: then it is tried less often
)

// countDownQueue adds when the conversations that stay in the queue can be tried again: soon where agents are, at the opening
// where the group is closed, and not at all where an agent has to come online first.
func (l *snapshot) countDownQueue(c *countdown, w *planner, d Decision, now time.Time) {
	assigned := map[int]bool{}
	for _, a := range d.Assign {
		assigned[a.Conversation] = true
	}
	for i, t := range l.Queue {
		if assigned[i] {
			continue
		}
		overflow := l.Groups[t.Group].Overflow
		if w.staffed(t.Group, -1) || overflow >= 0 && w.staffed(overflow, -1) {
			c.add(0)
		}
		for _, g := range []int{t.Group, overflow} {
			if g < 0 || !l.groupRows[g].Automatic || l.hours[g].Open(now) {
				continue
			}
			if opens := l.hours[g].NextOpening(now); !opens.IsZero() {
				c.add(math.Min(maxOpeningWait, opens.Sub(now).Seconds()))
			}
		}
	}
}

// countDownAssigned adds when conversations without a reply may have to be requeued.
func (l *snapshot) countDownAssigned(c *countdown, w *planner) {
	for _, t := range l.Assigned {
		if !t.Waiting || t.RequeueCount >= maxRequeues || !w.staffed(t.Group, t.Agent) {
			continue
		}
		due := math.Max(t.WaitingSince, t.AssignedAt) + requeueAfter - l.Now
		if due < lateRequeue {
			due = lateRetry
		}
		c.add(due)
	}
}

// staffed reports whether a group that is not closed has a responsive agent online, other than but (-1: any).
func (w *planner) staffed(group, but int) bool {
	return !w.Groups[group].Closed && slices.ContainsFunc(w.groups[group].online, func(c candidate) bool {
		return c.agent != but && !w.Agents[c.agent].Unresponsive
	})
}
