package conversation

import (
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/bus"
)

// MaxText is the longest message in characters (runes).
const MaxText = 4000

// State of a conversation.
type State string

const (
	Waiting State = "waiting" // in the line, no agent yet
	Open    State = "open"    // an agent's
	Closed  State = "closed"
)

// Kind of a message.
type Kind string

const (
	Text   Kind = "text"
	File   Kind = "file"   // Body is an Attachment's; the message's id is the file's
	Note   Kind = "note"   // only staff can see it
	System Kind = "system" // Body is one of the codes below
	Edit   Kind = "edit"   // Of is said otherwise: Body is what it is now
	Erase  Kind = "erase"  // Of is taken back
)

// Bodies of system messages.
const (
	SystemTaken    = "taken"    // AuthorName has taken the conversation
	SystemClosed   = "closed"   // AuthorName has closed it
	SystemRequeued = "returned" // it is in the line again
)

// Author is which side a message comes from.
type Author string

const (
	ByVisitor Author = "visitor"
	ByAgent   Author = "agent"
	BySystem  Author = "system"
)

// Message is one thing said.
type Message struct {
	Conversation uuid.UUID
	Seq          int // its number in the conversation, from 1
	ID           uuid.UUID
	Kind         Kind
	Author       Author
	AuthorName   string // the agent's, as the visitor sees it
	Body         string
	At           time.Time
	TargetSeq    int    // Edit, Erase: number of the message that is changed
	Changed      Change // what has become of it since it was said
}

// Change is what has become of a message.
type Change string

const (
	Edited Change = "edited"
	Erased Change = "erased" // Body says nothing any more
)

// IsContent reports whether the message is what one side says to the other: not a note, nor what the program says.
func (m Message) IsContent() bool { return m.Kind == Text || m.Kind == File }

// IsVisibleToVisitor reports whether the visitor may see the message.
func (m Message) IsVisibleToVisitor() bool { return m.Kind != Note }

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

// MessageEvent is a message together with its conversation as it was right after it.
type MessageEvent struct {
	Message
	Snapshot Conversation
}

// eventRow is what every statement that writes a message returns. sqlc gives each statement a type of its own, of this shape.
type eventRow = conversationdb.TakeConversationRow

func toMessageEvent(r eventRow) MessageEvent {
	return MessageEvent{toMessage(r.MessageRow), toConversation(r.ConversationRow)}
}

func toMessage(r conversationdb.MessageRow) Message {
	m := Message{r.ConversationID, int(r.Seq), r.MessageID, Kind(r.Kind), Author(r.Author), r.AuthorName, r.Body, r.CreatedAt, 0, Change(r.Changed)}
	if r.OfSeq != nil {
		m.TargetSeq = int(*r.OfSeq)
	}
	return m
}

func toConversation(r conversationdb.ConversationRow) Conversation {
	c := Conversation{ID: r.ConversationID, State: State(r.State), Visitor: r.VisitorID, VisitorName: r.VisitorName,
		AgentName: r.AgentName, LastSeq: int(r.LastSeq), LastText: r.LastText, LastAt: r.LastAt, StartedAt: r.StartedAt,
		Website: r.WebsiteID, Customer: r.CustomerID, WebsiteName: r.WebsiteName, TypingPreview: r.TypingPreview, PageURL: r.PageUrl,
		PageTitle: r.PageTitle, Language: r.Language, Group: r.GroupID, StateReason: r.StateReason, OfferNote: r.OfferNote}
	if r.OfferedTo != nil && r.OfferedUntil != nil {
		c.OfferedTo, c.OfferedUntil = *r.OfferedTo, *r.OfferedUntil
	}
	if r.QueuedAt != nil {
		c.QueuedAt = *r.QueuedAt
	}
	if r.AgentID != nil {
		c.Agent = *r.AgentID
	}
	if r.WaitingSince != nil {
		c.WaitingSince = *r.WaitingSince
	}
	return c
}

// RepublishMessage rings for what was said before: whoever comes back after a loss does it, because the process that should have
// rung may be gone. Who has seen it does nothing.
func (s *Service) RepublishMessage(org, conversation, visitor uuid.UUID, seq int) {
	s.bus.Publish(bus.Event{Kind: bus.Conversation, Org: org, Conversation: conversation, Visitor: visitor, Seq: seq})
}

// publish tells every screen what was said.
func (s *Service) publish(org uuid.UUID, event MessageEvent) { s.bus.Publish(busEvent(org, event)) }

func busEvent(org uuid.UUID, s MessageEvent) bus.Event {
	return bus.Event{Kind: bus.Conversation, Org: org, Conversation: s.Snapshot.ID, Visitor: s.Snapshot.Visitor, User: s.Snapshot.Agent, Seq: s.Seq, Local: s}
}
