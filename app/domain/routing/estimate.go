package routing

import "math"

// What is learned comes only from when visitors write, agents reply, and conversations are assigned and closed. The statements
// LearnReplyTimes and CountArrivals in db/queries/routing.sql compute the same in the database;
// TestDatabaseLearnsLikeEstimates compares the two.

const (
	defaultWork              = 30.0     // seconds of work for a message, before anything is known
	groupPriorReplies        = 10.0     // replies that defaultWork counts for
	groupMaxReplies          = 400.0    // replies that all earlier ones count for at most
	defaultThink             = 60.0     // seconds from a reply to the visitor's next message, before anything is known
	thinkPriorMessages       = 10.0     // messages that defaultThink counts for
	thinkMaxMessages         = 300.0    // messages that all earlier ones count for at most
	ownThinkPrior            = 2.0      // messages that the group's think time counts for beside a conversation's own
	agentPriorReplies        = 10.0     // replies with which a new agent counts as average
	agentInGroupPriorReplies = 20.0     // the same for an agent in a group
	replyDecay               = 0.993    // what a reply leaves of the sums before it: about 100 replies count
	occupancyHalfLife        = 45 * 60. // seconds after which busy and online time count half
	occupancyPrior           = 10 * 60. // seconds online, half of them busy, with which an agent begins
)

// GroupEstimate is what is learned of a group.
type GroupEstimate struct {
	Work, Replies   float64 // seconds of an average agent's work for a message; the replies behind it
	Think, Messages float64 // seconds from a reply to the visitor's next message; the messages behind it
}

// NewGroupEstimate returns the estimate of a group of which nothing is known.
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

// ReplyTimes are fading sums of the seconds that an agent's replies took, and were expected to take for an average agent.
type ReplyTimes struct{ Actual, Expected float64 }

func (t *ReplyTimes) add(actual, expected float64) {
	t.Actual = replyDecay*t.Actual + actual
	t.Expected = replyDecay*t.Expected + expected
}

func (t ReplyTimes) ratio(prior, least, most float64) float64 {
	return clamp((t.Actual+prior*defaultWork)/(t.Expected+prior*defaultWork), least, most)
}

// speed returns an agent's time for a message by the groups' average: 1.3 is 30 % slower. It is from 0.25 to 4.
func (t ReplyTimes) speed() float64 { return t.ratio(agentPriorReplies, .25, 4) }

// speedInGroup returns the same in one group, as a factor of speed. It is from 0.4 to 2.5.
func (t ReplyTimes) speedInGroup() float64 { return t.ratio(agentInGroupPriorReplies, .4, 2.5) }

// Occupancy is how busy an agent has been lately: fading sums of seconds, as of At.
type Occupancy struct{ Busy, Online, At float64 }

// asOf returns the occupancy as of a time, of an agent who has been online all the time since At, or not at all.
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

// value returns the busy share of the time online.
func (o Occupancy) value() float64 { return (o.Busy + occupancyPrior/2) / (o.Online + occupancyPrior) }

func clamp(x, least, most float64) float64 { return math.Min(most, math.Max(least, x)) }
