package routing

import "math"

// What is learned, and from what: only from when visitors wrote, agents replied, and conversations were given and closed.
// The statements Learn and Thought in db/queries/queue.sql do the same sums in the database; TestLearningIsOne holds the two
// together.

const (
	defaultWork              = 30.0     // seconds of work for a message, before anything is known
	groupPriorReplies        = 10.0     // replies that typical counts for
	groupMaxReplies          = 400.0    // replies that what is old counts for at most
	defaultThink             = 60.0     // seconds a visitor thinks before the next message, before anything is known
	thinkPriorMessages       = 10.0     // messages that it counts for
	thinkMaxMessages         = 300.0    // messages that what is old counts for at most
	ownThinkPrior            = 2.0      // messages that the group's counts for beside a conversation's own
	agentPriorReplies        = 10.0     // replies with which a new agent counts as average
	agentInGroupPriorReplies = 20.0     // the same for an agent in a group
	replyDecay               = 0.993    // what a reply leaves of the sums before it: about 100 replies count
	occupancyHalfLife        = 45 * 60. // seconds after which busy and online time count half
	occupancyPrior           = 10 * 60. // seconds of half busy time with which an agent begins
	shortHalfLife            = 10 * 60. // seconds after which a customer's arrivals count half: the present,
	longHalfLife             = 2 * 3600.
	arrivalsWarmUp           = 30 * 60. // a customer's arrivals say nothing so long after its first
)

// GroupEstimate is a group's.
type GroupEstimate struct {
	Work, Replies   float64 // seconds of an average agent for a message, and the replies behind it
	Think, Messages float64 // seconds a visitor thinks before the next message, and the messages behind it
}

// NewGroupEstimate is that of a group nobody knows anything of.
func NewGroupEstimate() GroupEstimate {
	return GroupEstimate{defaultWork, groupPriorReplies, defaultThink, thinkPriorMessages}
}

func (e *GroupEstimate) addReply(seconds float64) {
	e.Replies = math.Min(e.Replies, groupMaxReplies)
	e.Work += (seconds - e.Work) / (e.Replies + 1)
	e.Replies++
}

func (e *GroupEstimate) addThink(seconds float64) {
	e.Messages = math.Min(e.Messages, thinkMaxMessages)
	e.Think += (seconds - e.Think) / (e.Messages + 1)
	e.Messages++
}

// ReplyTimes are fading sums of how long replies took and how long they were expected to take.
type ReplyTimes struct{ Actual, Expected float64 }

func (t *ReplyTimes) add(took, expected float64) {
	t.Actual = replyDecay*t.Actual + took
	t.Expected = replyDecay*t.Expected + expected
}

func (t ReplyTimes) ratio(prior, least, most float64) float64 {
	return clamp((t.Actual+prior*defaultWork)/(t.Expected+prior*defaultWork), least, most)
}

// speed is an agent's: 1.3 is 30 % slower than the groups' average.
func (t ReplyTimes) speed() float64 { return t.ratio(agentPriorReplies, .25, 4) }

// speedInGroup is an agent's in one group, on top of speed.
func (t ReplyTimes) speedInGroup() float64 { return t.ratio(agentInGroupPriorReplies, .4, 2.5) }

// Occupancy is how busy an agent has lately been: fading sums of seconds.
type Occupancy struct{ Busy, Online, At float64 }

// asOf is the share as of a time, of an agent who has been online since then or not at all.
func (o Occupancy) asOf(now float64, online bool) Occupancy {
	if d := now - o.At; d > 0 {
		left := math.Exp2(-d / occupancyHalfLife)
		o.Busy *= left
		o.Online *= left
		if online {
			o.Online += (1 - left) * occupancyHalfLife / math.Ln2
		}
		o.At = now
	}
	return o
}

func (o Occupancy) value() float64 { return (o.Busy + occupancyPrior/2) / (o.Online + occupancyPrior) }

// Arrivals counts a customer's new conversations: fading counts.
type Arrivals struct{ Short, Long, At, First float64 }

func (a *Arrivals) add(now float64) {
	if a.First == 0 {
		a.First, a.At = now, now
	}
	*a = a.asOf(now)
	a.Short++
	a.Long++
}

func (a Arrivals) asOf(now float64) Arrivals {
	if d := now - a.At; d > 0 {
		a.Short *= math.Exp2(-d / shortHalfLife)
		a.Long *= math.Exp2(-d / longHalfLife)
		a.At = now
	}
	return a
}

// weight is what a customer's waiting counts for: its usual arrivals by its present ones, so that one customer's rush does not
// make the others wait. 1/3 to 1.
func (a Arrivals) weight(now float64) float64 {
	if a.First == 0 || now-a.First < arrivalsWarmUp {
		return 1
	}
	a = a.asOf(now)
	// Both counts fade with their half-life, so a steady rate shows as rate x half-life / ln 2 in each; a young long count has
	// not yet gathered all of it.
	long := a.Long / (longHalfLife * (1 - math.Exp2(-(now-a.First)/longHalfLife)))
	short := a.Short / shortHalfLife
	if short <= long {
		return 1
	}
	return math.Max(1./3, long/short)
}

// handlingTime is how long an agent, who is one person, worked on a reply: since the last of the visitor's message, the
// assignment, its reply before in any conversation, and its coming online. 1 to 600 seconds.
func handlingTime(reply float64, since ...float64) float64 {
	start := math.Inf(-1)
	for _, s := range since {
		start = math.Max(start, s)
	}
	return clamp(reply-start, 1, 600)
}

// responseTime is how many seconds an agent with n live conversations takes to answer a further message, where a message is h
// seconds of work and visitors think for tau: Schweitzer's approximation of a closed queue with one server.
func responseTime(n, h, tau float64) float64 {
	x := h*n - tau
	return (x + math.Sqrt(x*x+4*h*tau)) / 2
}

// addedDelay is how many seconds a further conversation adds to the answers of those that an agent with n live ones has.
func addedDelay(n, h, tau float64) float64 {
	return (n+1)*responseTime(n+1, h, tau) - n*responseTime(n, h, tau)
}

// liveWeight is what a conversation counts for that has been silent: one that waits for its agent counts fully.
func liveWeight(silence, tau float64) float64 {
	if silence <= tau {
		return 1
	}
	return math.Exp(-(silence - tau) / (0.7 * tau))
}

func clamp(x, least, most float64) float64 { return math.Min(most, math.Max(least, x)) }
