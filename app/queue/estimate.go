package queue

import "math"

// What is learned, and from what: only from when visitors wrote, agents replied, and conversations were given and closed.
// The statements Learn and Thought in db/queries/queue.sql do the same sums in the database; TestLearningIsOne holds the two
// together.

const (
	typical      = 30.0     // seconds of work for a message, before anything is known
	groupPrior   = 10.0     // replies that typical counts for
	groupMost    = 400.0    // replies that what is old counts for at most
	thinkTypical = 60.0     // seconds a visitor thinks before the next message, before anything is known
	thinkPrior   = 10.0     // messages that it counts for
	thinkMost    = 300.0    // messages that what is old counts for at most
	ownThink     = 2.0      // messages that the group's counts for beside a conversation's own
	agentPrior   = 10.0     // replies with which a new agent counts as average
	pairPrior    = 20.0     // the same for an agent in a group
	fades        = 0.993    // what a reply leaves of the sums before it: about 100 replies count
	busyHalf     = 45 * 60. // seconds after which busy and online time count half
	busyPrior    = 10 * 60. // seconds of half busy time with which an agent begins
	shortHalf    = 10 * 60. // seconds after which a customer's arrivals count half: the present,
	longHalf     = 2 * 3600.
	arrivalsNew  = 30 * 60. // a customer's arrivals say nothing so long after its first
)

// Pace is a group's.
type Pace struct {
	Work, Replies   float64 // seconds of an average agent for a message, and the replies behind it
	Think, Messages float64 // seconds a visitor thinks before the next message, and the messages behind it
}

// NewPace is that of a group nobody knows anything of.
func NewPace() Pace { return Pace{typical, groupPrior, thinkTypical, thinkPrior} }

func (p *Pace) worked(seconds float64) {
	p.Replies = math.Min(p.Replies, groupMost)
	p.Work += (seconds - p.Work) / (p.Replies + 1)
	p.Replies++
}

func (p *Pace) thought(seconds float64) {
	p.Messages = math.Min(p.Messages, thinkMost)
	p.Think += (seconds - p.Think) / (p.Messages + 1)
	p.Messages++
}

// Sums are fading sums of how long replies took and how long they were expected to take.
type Sums struct{ Took, Expected float64 }

func (s *Sums) add(took, expected float64) {
	s.Took = fades*s.Took + took
	s.Expected = fades*s.Expected + expected
}

func (s Sums) ratio(prior, least, most float64) float64 {
	return clamp((s.Took+prior*typical)/(s.Expected+prior*typical), least, most)
}

// speed is an agent's: 1.3 is 30 % slower than the groups' average.
func (s Sums) speed() float64 { return s.ratio(agentPrior, .25, 4) }

// speedIn is an agent's in one group, on top of speed.
func (s Sums) speedIn() float64 { return s.ratio(pairPrior, .4, 2.5) }

// Share is how busy an agent has lately been: fading sums of seconds.
type Share struct{ Busy, Online, At float64 }

// at is the share as of a time, of an agent who has been online since then or not at all.
func (s Share) at(now float64, online bool) Share {
	if d := now - s.At; d > 0 {
		left := math.Exp2(-d / busyHalf)
		s.Busy *= left
		s.Online *= left
		if online {
			s.Online += (1 - left) * busyHalf / math.Ln2
		}
		s.At = now
	}
	return s
}

func (s Share) value() float64 { return (s.Busy + busyPrior/2) / (s.Online + busyPrior) }

// Arrivals counts a customer's new conversations: fading counts.
type Arrivals struct{ Short, Long, At, First float64 }

func (a *Arrivals) add(now float64) {
	if a.First == 0 {
		a.First, a.At = now, now
	}
	*a = a.at(now)
	a.Short++
	a.Long++
}

func (a Arrivals) at(now float64) Arrivals {
	if d := now - a.At; d > 0 {
		a.Short *= math.Exp2(-d / shortHalf)
		a.Long *= math.Exp2(-d / longHalf)
		a.At = now
	}
	return a
}

// weight is what a customer's waiting counts for: its usual arrivals by its present ones, so that one customer's rush does not
// make the others wait. 1/3 to 1.
func (a Arrivals) weight(now float64) float64 {
	if a.First == 0 || now-a.First < arrivalsNew {
		return 1
	}
	a = a.at(now)
	// Both counts fade with their half-life, so a steady rate shows as rate x half-life / ln 2 in each; a young long count has
	// not yet gathered all of it.
	long := a.Long / (longHalf * (1 - math.Exp2(-(now-a.First)/longHalf)))
	short := a.Short / shortHalf
	if short <= long {
		return 1
	}
	return math.Max(1./3, long/short)
}

// handling is how long an agent, who is one person, worked on a reply: since the last of the visitor's message, the
// assignment, its reply before in any conversation, and its coming online. 1 to 600 seconds.
func handling(reply float64, since ...float64) float64 {
	start := math.Inf(-1)
	for _, s := range since {
		start = math.Max(start, s)
	}
	return clamp(reply-start, 1, 600)
}

// response is how many seconds an agent with n live conversations takes to answer a further message, where a message is h
// seconds of work and visitors think for tau: Schweitzer's approximation of a closed queue with one server.
func response(n, h, tau float64) float64 {
	x := h*n - tau
	return (x + math.Sqrt(x*x+4*h*tau)) / 2
}

// harm is how many seconds a further conversation adds to the answers of those that an agent with n live ones has.
func harm(n, h, tau float64) float64 {
	return (n+1)*response(n+1, h, tau) - n*response(n, h, tau)
}

// alive is what a conversation counts for that has been silent: one that waits for its agent counts fully.
func alive(silence, tau float64) float64 {
	if silence <= tau {
		return 1
	}
	return math.Exp(-(silence - tau) / (0.7 * tau))
}

func clamp(x, least, most float64) float64 { return math.Min(most, math.Max(least, x)) }
