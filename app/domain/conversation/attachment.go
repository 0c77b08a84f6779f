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

// Attachment describes the file of a message of kind File. The file's id is the message's.
type Attachment struct {
	Name          string
	MediaType     string
	Size          int64 // bytes
	Width, Height int   // of an image, in pixels; else 0
}

// encode returns the attachment as a message's body: the name on the first line; media type, size and dimensions on the second.
func (a Attachment) encode() string {
	return fmt.Sprintf("%s\n%s %d %d %d", a.Name, a.MediaType, a.Size, a.Width, a.Height)
}

// Attachment returns the description of the message's file; false: it has none, or was erased.
func (m Message) Attachment() (a Attachment, ok bool) {
	if m.Kind != File || m.Changed == Erased {
		return a, false
	}
	name, rest, _ := strings.Cut(m.Body, "\n")
	_, err := fmt.Sscanf(rest, "%s %d %d %d", &a.MediaType, &a.Size, &a.Width, &a.Height)
	a.Name = name
	return a, err == nil
}

// PlainText returns the message's text; of a file, its name.
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

// SendFileAsAgent posts an agent's file that is stored already, as SendAsAgent posts a reply.
func (s *Service) SendFileAsAgent(ctx context.Context, actor access.Actor, conversation, file uuid.UUID, a Attachment) (Message, error) {
	t, err := s.db.Authorize(actor, access.ConversationSendFile)
	if err == nil {
		err = a.validate()
	}
	if err != nil {
		return Message{}, err
	}
	return s.sendAsAgent(ctx, t, actor, draft{id: file, conversation: conversation, kind: File, body: a.encode()})
}

// CheckAttachAccess returns nil if a visitor may send a file in a conversation: it is the visitor's own and not closed,
// or the file was sent there before; else ErrClosed. The zero id stands for the running conversation or a new one. It
// is asked before the file is received.
func (s *Service) CheckAttachAccess(ctx context.Context, actor access.Actor, conversation, file uuid.UUID) error {
	if conversation == uuid.Nil {
		return nil
	}
	allowed, err := conversationdb.New(s.db.As(actor)).CanAttachFile(ctx, conversationdb.CanAttachFileParams{
		ConversationID: conversation,
		VisitorID:      actor.ID(),
		MessageID:      file,
	})
	if err == nil && !allowed {
		err = ErrClosed // or not this visitor's: the two are never told apart
	}
	return err
}
