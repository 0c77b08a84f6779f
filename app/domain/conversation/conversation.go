package conversation

import (
	"time"

	"github.com/google/uuid"
)

// State of a conversation.
type State string

const (
	Waiting State = "waiting" // in the line, no agent yet
	Open    State = "open"    // an agent's
	Closed  State = "closed"
)

// Conversation is one visit's talk, as a list shows it.
type Conversation struct {
	ID            uuid.UUID
	State         State
	Visitor       uuid.UUID
	VisitorName   string    // empty: not known
	Agent         uuid.UUID // zero: nobody's
	AgentName     string
	LastSeq       int
	LastText      string // beginning of the newest text
	LastAt        time.Time
	WaitingSince  time.Time // of the visitor's oldest unanswered message; zero: nothing is unanswered
	StartedAt     time.Time
	Website       uuid.UUID
	Customer      uuid.UUID
	WebsiteName   string
	TypingPreview bool
	PageURL       string
	PageTitle     string
	Language      string
	Group         uuid.UUID // whose line it is or was in
	StateReason   string    // how it came where it is: one of the words below
	OfferedTo     uuid.UUID // the agent it is offered to; zero: nobody
	OfferedUntil  time.Time
	OfferNote     string    // who offers it, and why
	QueuedAt      time.Time // in the line: since when its wait counts
	GroupName     string    // for people; filled by who shows it
	ReadByAgent   int       // up to which message its agent has read; filled by OfVisitor
}

// How a conversation came where it is.
const (
	ReasonRouting       = "routing"    // given to its agent by the rule
	ReasonTakeNext      = "next"       // its agent took the next one
	ReasonPick          = "picked"     // its agent chose it from the line
	ReasonOfferAccepted = "accepted"   // it was offered to its agent
	ReasonAssigned      = "assigned"   // somebody gave it to its agent
	ReasonTakeOver      = "taken over" // its agent took it from another

	ReasonReturned       = "returned"    // its agent gave it back, or left
	ReasonConnectionLost = "lost"        // its agent's connection was lost
	ReasonAway           = "away"        // its agent was away for too long
	ReasonNoReply        = "taken back"  // its agent would not have answered soon
	ReasonTransfer       = "transferred" // its agent handed it over
	ReasonOverflow       = "overflow"    // nobody of the group before could take it
	ReasonOfferExpired   = "not taken"   // whom it was offered to did not take it
)

// isOffered reports whether the conversation is kept for somebody now.
func (c Conversation) isOffered(now time.Time) bool {
	return c.OfferedTo != uuid.Nil && now.Before(c.OfferedUntil)
}

// OfferRecipient is whom the conversation is offered to at a time; zero: nobody.
func (c Conversation) OfferRecipient(now time.Time) uuid.UUID {
	if c.State == Waiting && c.isOffered(now) {
		return c.OfferedTo
	}
	return uuid.Nil
}
