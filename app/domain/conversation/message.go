package conversation

import (
	"time"

	"github.com/google/uuid"
)

// MaxText is the length of the longest message in characters (runes).
const MaxText = 4000

// Kind of a message.
type Kind string

const (
	Text   Kind = "text"
	File   Kind = "file"   // Body is an Attachment; the message's id is the file's
	Note   Kind = "note"   // internal note: only team members see it
	System Kind = "system" // Body is one of the codes below
	Edit   Kind = "edit"   // TargetSeq has a new text: Body
	Erase  Kind = "erase"  // TargetSeq was erased
)

// Bodies of system messages.
const (
	SystemTaken    = "taken"    // AuthorName has got the conversation
	SystemClosed   = "closed"   // AuthorName has closed it
	SystemRequeued = "returned" // it is in a queue again
)

// Author is the side that a message comes from.
type Author string

const (
	ByVisitor Author = "visitor"
	ByAgent   Author = "agent"
	BySystem  Author = "system"
)

// Message is one message of a conversation.
type Message struct {
	Conversation uuid.UUID
	Seq          int // number in the conversation, from 1, without gaps
	ID           uuid.UUID
	Kind         Kind
	Author       Author
	AuthorName   string // the agent's, as the visitor sees it
	Body         string
	At           time.Time
	TargetSeq    int    // Edit, Erase: number of the message that is changed
	Changed      Change // what happened to it since
}

// Change is what happened to a message after it was sent; empty: nothing.
type Change string

const (
	Edited Change = "edited"
	Erased Change = "erased" // Body has no text any more
)

// IsContent reports whether the message is from one side to the other: neither a note nor a system message.
func (m Message) IsContent() bool { return m.Kind == Text || m.Kind == File }

// IsVisibleToVisitor reports whether the visitor may see the message.
func (m Message) IsVisibleToVisitor() bool { return m.Kind != Note }

// MessageEvent is a message together with its conversation as it was right after it.
type MessageEvent struct {
	Message
	Snapshot Conversation
}
