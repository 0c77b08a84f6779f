package conversation

import (
	"time"

	"github.com/google/uuid"
)

// MaxText is the longest message in characters (runes).
const MaxText = 4000

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

// MessageEvent is a message together with its conversation as it was right after it.
type MessageEvent struct {
	Message
	Snapshot Conversation
}
