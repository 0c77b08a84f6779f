package chat

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
)

// Attachment is what a message of kind File says of its file, whose id is the message's.
type Attachment struct {
	Name          string
	Kind          string // media type
	Size          int64  // bytes
	Width, Height int    // of an image, in pixels; else 0
}

// body is how it is kept: the name, and what it is on a second line.
func (a Attachment) body() string {
	return fmt.Sprintf("%s\n%s %d %d %d", a.Name, a.Kind, a.Size, a.Width, a.Height)
}

// Attachment returns what a message says of its file; false: it is none, or was taken back.
func (m Message) Attachment() (a Attachment, is bool) {
	if m.Kind != File || m.Changed == Erased {
		return a, false
	}
	name, rest, _ := strings.Cut(m.Body, "\n")
	_, err := fmt.Sscanf(rest, "%s %d %d %d", &a.Kind, &a.Size, &a.Width, &a.Height)
	a.Name = name
	return a, err == nil
}

// Words is what a message says in words: of a file, its name.
func (m Message) Words() string {
	if a, is := m.Attachment(); is {
		return a.Name
	}
	return m.Body
}

func (a *Attachment) check() (err error) {
	a.Name, err = fail.Name("the file's name", a.Name, 200)
	return err
}

// SayFileAsAgent keeps an agent's file, whose row is there already, as SayAsAgent does a reply.
func (r *Room) SayFileAsAgent(ctx context.Context, who access.Actor, conversation, file uuid.UUID, a Attachment) (Message, error) {
	t, err := r.db.For(who, access.Answer)
	if err == nil {
		err = a.check()
	}
	if err != nil {
		return Message{}, err
	}
	return r.sayAsAgent(ctx, t, who, draft{id: file, conversation: conversation, kind: File, body: a.body()})
}

// MayAttach returns nil if a visitor may say a file in a conversation: it is its own and goes on, or it was said there before. With the
// zero id the file begins a conversation, or goes into the one that is running. It is asked before the file comes.
func (r *Room) MayAttach(ctx context.Context, who access.Actor, conversation, file uuid.UUID) error {
	if conversation == uuid.Nil {
		return nil
	}
	may, err := chatdb.New(r.db.As(who)).MayAttach(ctx, chatdb.MayAttachParams{ConversationID: conversation, VisitorID: who.ID(), MessageID: file})
	if err == nil && !may {
		err = ErrClosed // or not this visitor's: the two are never told apart
	}
	return err
}
