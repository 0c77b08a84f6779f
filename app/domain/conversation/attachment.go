package conversation

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/validate"
)

// Attachment is what a message of kind File says of its file, whose id is the message's.
type Attachment struct {
	Name          string
	MediaType     string // media type
	Size          int64  // bytes
	Width, Height int    // of an image, in pixels; else 0
}

// encode is how it is kept: the name, and what it is on a second line.
func (a Attachment) encode() string {
	return fmt.Sprintf("%s\n%s %d %d %d", a.Name, a.MediaType, a.Size, a.Width, a.Height)
}

// Attachment returns what a message says of its file; false: it is none, or was taken back.
func (m Message) Attachment() (a Attachment, ok bool) {
	if m.Kind != File || m.Changed == Erased {
		return a, false
	}
	name, rest, _ := strings.Cut(m.Body, "\n")
	_, err := fmt.Sscanf(rest, "%s %d %d %d", &a.MediaType, &a.Size, &a.Width, &a.Height)
	a.Name = name
	return a, err == nil
}

// PlainText is what a message says in words: of a file, its name.
func (m Message) PlainText() string {
	if a, ok := m.Attachment(); ok {
		return a.Name
	}
	return m.Body
}

func (a *Attachment) validate() (err error) {
	a.Name, err = validate.Name("the file's name", a.Name, 200)
	return err
}

// SendFileAsAgent keeps an agent's file, whose row is there already, as SayAsAgent does a reply.
func (s *Service) SendFileAsAgent(ctx context.Context, actor access.Actor, conversation, file uuid.UUID, a Attachment) (Message, error) {
	t, err := s.db.Authorize(actor, access.Answer)
	if err == nil {
		err = a.validate()
	}
	if err != nil {
		return Message{}, err
	}
	return s.sendAsAgent(ctx, t, actor, draft{id: file, conversation: conversation, kind: File, body: a.encode()})
}

// CheckAttachAccess returns nil if a visitor may say a file in a conversation: it is its own and goes on, or it was said there before. With the
// zero id the file begins a conversation, or goes into the one that is running. It is asked before the file comes.
func (s *Service) CheckAttachAccess(ctx context.Context, actor access.Actor, conversation, file uuid.UUID) error {
	if conversation == uuid.Nil {
		return nil
	}
	allowed, err := conversationdb.New(s.db.As(actor)).CanAttachFile(ctx, conversationdb.CanAttachFileParams{ConversationID: conversation, VisitorID: actor.ID(), MessageID: file})
	if err == nil && !allowed {
		err = ErrClosed // or not this visitor's: the two are never told apart
	}
	return err
}
