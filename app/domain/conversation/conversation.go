package conversation

import (
	"time"

	"github.com/google/uuid"
)

// State of a conversation.
type State string

const (
	Waiting State = "waiting" // in a queue, without an agent
	Open    State = "open"    // assigned to an agent
	Closed  State = "closed"
)

// Conversation is one conversation, as a list shows it.
type Conversation struct {
	ID           uuid.UUID
	State        State
	Visitor      uuid.UUID
	VisitorName  string    // empty: not known
	Agent        uuid.UUID // zero: none
	AgentName    string
	LastSeq      int
	LastText     string // beginning of the newest text
	LastAt       time.Time
	WaitingSince time.Time // time of the visitor's oldest unanswered message; zero: none
	StartedAt    time.Time
	Website      uuid.UUID
	Customer     uuid.UUID
	WebsiteName  string
	PageURL      string
	PageTitle    string
	Language     string
	Group        uuid.UUID // in whose queue it is or was
	StateReason  string    // how it came where it is: one of the Reason constants
	OfferedTo    uuid.UUID // the agent it is offered to; zero: nobody
	OfferedUntil time.Time
	OfferNote    string    // who offers it, and why
	QueuedAt     time.Time // while it waits: since when its wait counts
	GroupName    string    // filled by who shows it
	ReadByAgent  int       // number of the last message that its agent has read; filled by CurrentOfVisitor
}

// Reasons why a conversation is where it is. They are stored.
const (
	ReasonRouting       = "routing"    // assigned automatically
	ReasonTakeNext      = "next"       // its agent took the next one
	ReasonPick          = "picked"     // its agent picked it from the queue
	ReasonOfferAccepted = "accepted"   // its agent accepted the offer
	ReasonAssigned      = "assigned"   // assigned by another team member
	ReasonTakeOver      = "taken over" // its agent took it over from another

	ReasonReturned       = "returned"    // requeued by its agent, or its agent left
	ReasonConnectionLost = "lost"        // its agent's connection was lost
	ReasonAway           = "away"        // its agent was away for too long
	ReasonNoReply        = "taken back"  // requeued because its agent was not expected to reply soon
	ReasonTransfer       = "transferred" // transferred by its agent
	ReasonOverflow       = "overflow"    // no agent of the former group could take it
	ReasonOfferExpired   = "not taken"   // the agent to whom it was offered did not accept
)

// isOffered reports whether the conversation is offered to an agent at a time.
func (c Conversation) isOffered(now time.Time) bool {
	return c.OfferedTo != uuid.Nil && now.Before(c.OfferedUntil)
}

// OfferRecipient returns the agent to whom the conversation is offered at a time; zero: nobody.
func (c Conversation) OfferRecipient(now time.Time) uuid.UUID {
	if c.State == Waiting && c.isOffered(now) {
		return c.OfferedTo
	}
	return uuid.Nil
}
