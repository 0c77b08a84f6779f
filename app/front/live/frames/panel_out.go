package frames

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
)

// Out is a frame that a panel is sent. Each kind has a constructor, which sets its Type.
type Out interface{ out() }

type outFrame struct {
	Type string `json:"type"`
}

func (outFrame) out() {}

// Marshal returns a frame as it is sent.
func Marshal(f Out) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // it is not put into a page as it is, and "<" would be six bytes
	if err := enc.Encode(f); err != nil {
		panic(err) // these types always marshal
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Welcome answers a hello.
type Welcome struct {
	outFrame
	Protocol     int           `json:"protocol"`
	Token        string        `json:"token,omitempty"`        // to be used from now on; empty: the one of the hello
	Conversation *Conversation `json:"conversation,omitempty"` // the visitor's last one; nil: none
	Messages     []Message     `json:"messages"`               // those after the cursor of the hello; never nil
	Heartbeat    float64       `json:"heartbeat,omitempty"`    // seconds between heartbeats on a silent socket; 0: none
}

// NewWelcome returns a welcome without messages.
func NewWelcome() Welcome {
	return Welcome{outFrame: outFrame{"welcome"}, Protocol: Protocol, Messages: []Message{}}
}

// HasContent reports whether a welcome says anything that the panel which has said hello does not know.
func (f Welcome) HasContent(in Hello) bool {
	return f.Token != "" || len(f.Messages) > 0 ||
		f.Conversation != nil && (f.Conversation.ID != in.Conversation || in.Conversation == uuid.Nil)
}

// Conversation is how a conversation stands.
type Conversation struct {
	ID    uuid.UUID          `json:"id"`
	State conversation.State `json:"state"`
	Agent string             `json:"agent,omitempty"` // name
}

// Messages are messages of one conversation, in order.
type Messages struct {
	outFrame
	Conversation ConversationChange `json:"conversation"`
	Messages     []Message          `json:"messages"`
}

// NewMessages returns a frame without messages yet.
func NewMessages(conversation uuid.UUID) Messages {
	return Messages{outFrame: outFrame{"messages"}, Conversation: ConversationChange{ID: conversation}}
}

// ConversationChange names a conversation, with its state where messages have changed it.
type ConversationChange struct {
	ID    uuid.UUID          `json:"id"`
	State conversation.State `json:"state,omitempty"`
	Agent string             `json:"agent,omitempty"` // name
}

// Message is one message as visitors see it.
type Message struct {
	Seq    int                 `json:"seq"`
	ID     uuid.UUID           `json:"id"`
	Kind   conversation.Kind   `json:"kind"`
	Author conversation.Author `json:"author"`
	Name   string              `json:"name,omitempty"` // of the author, unless that is the visitor
	Text   string              `json:"text"`
	At     time.Time           `json:"at"`

	Of      int                 `json:"of,omitempty"` // the number of the message that it changes
	Changed conversation.Change `json:"changed,omitempty"`
	File    *File               `json:"file,omitempty"`
}

// File is the file of a message.
type File struct {
	Kind   string `json:"kind"` // media type
	Size   int64  `json:"size"` // bytes
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	URL    string `json:"url"` // a path that is good for a day at least
}

// NewMessage returns a message as visitors see it, without its File.
func NewMessage(m conversation.Message) Message {
	out := Message{Seq: m.Seq, ID: m.ID, Kind: m.Kind, Author: m.Author, Text: m.PlainText(), At: m.At, Of: m.TargetSeq, Changed: m.Changed}
	if m.Author != conversation.ByVisitor {
		out.Name = m.AuthorName
	}
	if m.Kind == conversation.Erase || m.Changed == conversation.Erased {
		out.Text = ""
	}
	return out
}

// Ack says that the visitor's message is stored.
type Ack struct {
	outFrame
	ID           uuid.UUID `json:"id"`
	Conversation uuid.UUID `json:"conversation"`
	Seq          int       `json:"seq"`
	At           time.Time `json:"at"`
}

// NewAck acknowledges a message.
func NewAck(id, conversation uuid.UUID, seq int, at time.Time) Ack {
	return Ack{outFrame{"ack"}, id, conversation, seq, at}
}

// AgentTyping says that an agent is typing.
type AgentTyping struct {
	outFrame
	Conversation uuid.UUID `json:"conversation"`
}

// NewAgentTyping returns an AgentTyping.
func NewAgentTyping(conversation uuid.UUID) AgentTyping {
	return AgentTyping{outFrame{"typing"}, conversation}
}

// Done says that what a frame has asked for is done. Its type is one of the constants below.
type Done struct {
	outFrame
	ID uuid.UUID `json:"id"` // of the frame that has asked
}

// DoneKind is what was done.
type DoneKind string

// What can be done. NothingToSay is no frame: that it is done is seen in another way.
const (
	NothingToSay     DoneKind = ""
	ContactSaved     DoneKind = "contact"
	Rated            DoneKind = "rated"
	TranscriptMailed DoneKind = "mailed"
)

// NewDone returns a Done; kind is not NothingToSay.
func NewDone(kind DoneKind, id uuid.UUID) Done { return Done{outFrame{string(kind)}, id} }

// AgentRead says how far the agent has read the conversation.
type AgentRead struct {
	outFrame
	Conversation uuid.UUID `json:"conversation"`
	Seq          int       `json:"seq"`
}

// NewAgentRead returns an AgentRead.
func NewAgentRead(conversation uuid.UUID, seq int) AgentRead {
	return AgentRead{outFrame{"seen"}, conversation, seq}
}

// AgentPicture is the picture of the agent who has the conversation.
type AgentPicture struct {
	outFrame
	Conversation uuid.UUID `json:"conversation"`
	Picture      string    `json:"picture"` // a path that is good for a day at least
}

// NewAgentPicture returns an AgentPicture.
func NewAgentPicture(conversation uuid.UUID, path string) AgentPicture {
	return AgentPicture{outFrame{"agent"}, conversation, path}
}

// QueuePosition is where a waiting conversation stands in its queue.
type QueuePosition struct {
	outFrame
	Conversation uuid.UUID  `json:"conversation"`
	Position     int        `json:"position"` // 1: the next one
	MinMinutes   int        `json:"least,omitempty"`
	MaxMinutes   int        `json:"most,omitempty"` // 0: how long it takes cannot be said
	Unstaffed    bool       `json:"nobody,omitempty"`
	Opens        *time.Time `json:"opens,omitempty"` // when somebody is there again; nil: not known
}

// NewQueuePosition returns a QueuePosition.
func NewQueuePosition(conversation uuid.UUID, position int) QueuePosition {
	return QueuePosition{outFrame: outFrame{"line"}, Conversation: conversation, Position: position}
}
