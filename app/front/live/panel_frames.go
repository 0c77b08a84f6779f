package live

import (
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
)

// The panels' wire format, as widget/PROTOCOL.md has it.

// frameIn is every frame a panel may send; Type says which fields count.
type frameIn struct {
	Type         string       `json:"type"`
	Protocol     int          `json:"protocol"`
	Token        string       `json:"token"`
	Conversation uuid.UUID    `json:"conversation"`
	After        int          `json:"after"`
	Page         pageIn       `json:"page"`
	Language     string       `json:"language"`
	ID           uuid.UUID    `json:"id"`
	Text         string       `json:"text"`
	Subject      uuid.UUID    `json:"subject"`
	Email        string       `json:"email"`
	Name         string       `json:"name"`
	PageViews    []pageViewIn `json:"trail"`
	Data         dataIn       `json:"data"`
	TimeZone     string       `json:"zone"`
	Seq          int          `json:"seq"`
	Value        int          `json:"value"`
	Reasons      []string     `json:"reasons"`
	Identity     string       `json:"identity"`
	Proof        string       `json:"proof"`
}

type pageViewIn struct {
	URL   string    `json:"url"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
}

// dataIn is what a site says of its visitor: words, numbers, yes or no; anything else is left out.
type dataIn map[string]any

type pageIn struct {
	URL      string `json:"url"`
	Title    string `json:"title"`
	Referrer string `json:"referrer"`
}

type welcomeOut struct {
	Type         string           `json:"type"` // welcome
	Protocol     int              `json:"protocol"`
	Token        string           `json:"token,omitempty"`
	Conversation *conversationOut `json:"conversation,omitempty"`
	Messages     []messageOut     `json:"messages"`
	Heartbeat    float64          `json:"heartbeat,omitempty"` // seconds: how often a silent socket gets one
}

type conversationOut struct {
	ID    uuid.UUID          `json:"id"`
	State conversation.State `json:"state"`
	Agent string             `json:"agent,omitempty"`
}

type messageOut struct {
	Seq    int                 `json:"seq"`
	ID     uuid.UUID           `json:"id"`
	Kind   conversation.Kind   `json:"kind"`
	Author conversation.Author `json:"author"`
	Name   string              `json:"name,omitempty"`
	Text   string              `json:"text"`
	At     time.Time           `json:"at"`

	Of      int                 `json:"of,omitempty"`
	Changed conversation.Change `json:"changed,omitempty"`
	File    *fileOut            `json:"file,omitempty"`
}

type fileOut struct {
	Kind   string `json:"kind"`
	Size   int64  `json:"size"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	URL    string `json:"url"` // path, good for a day at least
}

type messagesOut struct {
	Type         string          `json:"type"` // messages
	Conversation conversationRef `json:"conversation"`
	Messages     []messageOut    `json:"messages"`
}

// conversationRef carries the state only where the messages changed it.
type conversationRef struct {
	ID    uuid.UUID          `json:"id"`
	State conversation.State `json:"state,omitempty"`
	Agent string             `json:"agent,omitempty"`
}

type ackOut struct {
	Type         string    `json:"type"` // ack
	ID           uuid.UUID `json:"id"`
	Conversation uuid.UUID `json:"conversation"`
	Seq          int       `json:"seq"`
	At           time.Time `json:"at"`
}

type refusedOut struct {
	Type string `json:"type"` // refused
	ID   string `json:"id,omitempty"`
	Code string `json:"code"`
	ErrorText
	Retry float64 `json:"retry,omitempty"` // seconds
}

// ErrorText say what went wrong: in English, and by a word, for who says it in another language.
type ErrorText struct {
	Message   string `json:"message"`
	Reason    string `json:"reason,omitempty"`
	Reference string `json:"reference,omitempty"` // under which the log has it
}

type typingOut struct {
	Type         string    `json:"type"` // typing
	Conversation uuid.UUID `json:"conversation"`
}

type doneOut struct {
	Type string    `json:"type"` // contact, rated, mailed
	ID   uuid.UUID `json:"id"`
}

type seenOut struct {
	Type         string    `json:"type"` // seen
	Conversation uuid.UUID `json:"conversation"`
	Seq          int       `json:"seq"`
}

// agentPictureOut is the picture of the agent who has the conversation.
type agentPictureOut struct {
	Type         string    `json:"type"` // agent
	Conversation uuid.UUID `json:"conversation"`
	Picture      string    `json:"picture"` // path, good for a day at least
}

type queuePositionOut struct {
	Type         string     `json:"type"` // line
	Conversation uuid.UUID  `json:"conversation"`
	Position     int        `json:"position"`
	MinMinutes   int        `json:"least,omitempty"` // minutes
	MaxMinutes   int        `json:"most,omitempty"`  // minutes
	Unstaffed    bool       `json:"nobody,omitempty"`
	Opens        *time.Time `json:"opens,omitempty"`
}

func (p *panel) toMessageOut(m conversation.Message) messageOut {
	out := messageOut{Seq: m.Seq, ID: m.ID, Kind: m.Kind, Author: m.Author, Text: m.PlainText(), At: m.At, Of: m.TargetSeq, Changed: m.Changed}
	if m.Author != conversation.ByVisitor {
		out.Name = m.AuthorName
	}
	if m.Kind == conversation.Erase || m.Changed == conversation.Erased {
		out.Text = ""
	}
	if a, is := m.Attachment(); is {
		out.File = &fileOut{a.MediaType, a.Size, a.Width, a.Height, p.hub.links.Path(p.site.Org, m.ID, a.Name, time.Now())}
	}
	return out
}
