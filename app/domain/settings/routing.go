package settings

import (
	"time"

	"parley/app/platform/fail"
)

// Routing is the section of how conversations are assigned in an organization. It is backed by columns of the table routing, which
// every round of routing reads anyway: read from here, a round would cost one more statement.
type Routing struct {
	AwayRequeueAfter  time.Duration // how long an agent who is away may finish its conversations; within AwayRequeueMinutes
	FormerAgentWindow time.Duration // within which a visitor who returns goes to the former agent; 0: never; within FormerAgentHours
}

// What routing can be set to.
var (
	AwayRequeueMinutes = Range{0, 24 * 60}
	FormerAgentHours   = Range{0, 365 * 24}
)

// DefaultRouting is what a new organization has.
func DefaultRouting() Routing {
	return Routing{AwayRequeueAfter: 4 * time.Minute, FormerAgentWindow: 24 * time.Hour}
}

// Check refuses values out of range; fields are named as the form names them.
func (r Routing) Check() error {
	var c fail.Checks
	within := func(field, unit string, d, step time.Duration, most Range) {
		if d < time.Duration(most.Min)*step || d > time.Duration(most.Max)*step {
			c.Add(field, "Enter %d to %d %s.", most.Min, most.Max, unit)
		}
	}
	within("hand_back", "minutes", r.AwayRequeueAfter, time.Minute, AwayRequeueMinutes)
	within("former", "hours", r.FormerAgentWindow, time.Hour, FormerAgentHours)
	return c.Result()
}
