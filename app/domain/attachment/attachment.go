// Package attachment sends files as messages, and receives those of snippets and the pictures of team members: it receives a file, posts
// its message or saves what it belongs to and ties the two together, as one command for the widget, the desk and whatever else sends files.
//
// It owns no table: files belong to package files, messages to package conversation, snippets to package faq, team members to package
// identity. A file's message has the file's id.
//
// Always true: whether the sender may write is checked before the first byte is read; a file whose message is refused is removed again. It
// stays where the message may still be stored (fail.Busy, fail.Internal); files.Service.CleanUp settles what a process leaves that ends in
// between.
package attachment

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/forms"
)

// MaxAgentFileBytes is the largest file that a team member can send, in bytes.
const MaxAgentFileBytes = 25 << 20

// Service sends files. It is safe for concurrent use.
type Service struct {
	conversations *conversation.Service
	files         *files.Service
	faq           *faq.Service
	groups        *group.Service
	identity      *identity.Service
}

// New returns a Service on those of what it ties together.
func New(
	conversations *conversation.Service, f *files.Service, snippets *faq.Service, groups *group.Service, members *identity.Service,
) *Service {
	return &Service{conversations, f, snippets, groups, members}
}

// SendAsVisitor receives a visitor's file and posts it. message names the conversation, and the id of file and message;
// its File is filled in here, as are id, purpose and visitor of upload. conversation.ErrClosed if the conversation is
// closed or another visitor's. Other errors are those of files.Service.Put and conversation.Service.SendAsVisitor.
func (s *Service) SendAsVisitor(
	ctx context.Context, visitor access.Actor, message conversation.VisitorMessage, upload files.Upload,
) (files.File, conversation.Receipt, error) {
	if !visitor.IsVisitor() {
		return files.File{}, conversation.Receipt{}, fail.New(fail.Forbidden, "Only visitors can send files here.")
	}
	if err := s.conversations.CheckAttachAccess(ctx, visitor, message.Conversation, message.ID); err != nil {
		return files.File{}, conversation.Receipt{}, err
	}
	upload.ID, upload.Purpose, upload.Visitor = message.ID, files.ForMessage, visitor.ID()
	f, err := s.files.Put(ctx, visitor, upload)
	if err != nil {
		return files.File{}, conversation.Receipt{}, err
	}
	a := describe(f)
	message.File = &a
	receipt, err := s.conversations.SendAsVisitor(ctx, visitor, message)
	return f, receipt, s.settle(ctx, visitor, f, receipt.Conversation, err)
}

// SendAsAgent receives a team member's file and posts it in a conversation that the actor may write in. upload names the id of file
// and message; what is allowed is filled in here. conversation.ErrClosed if it is closed. Other errors are those of
// conversation.Service.CheckWriteAccess, files.Service.Put and conversation.Service.SendFileAsAgent.
func (s *Service) SendAsAgent(ctx context.Context, actor access.Actor, conversationID uuid.UUID, upload files.Upload) error {
	c, err := s.findWritable(ctx, actor, conversationID)
	if err != nil {
		return err
	}
	if c.State == conversation.Closed {
		return conversation.ErrClosed
	}
	upload.Purpose, upload.Visitor, upload.Website = files.ForMessage, c.Visitor, c.Website
	upload.Allowed, upload.MaxBytes = files.Categories, MaxAgentFileBytes
	f, err := s.files.Put(ctx, actor, upload)
	if err != nil {
		return err
	}
	return s.postAsAgent(ctx, actor, c.ID, f)
}

// SendSnippetFile posts a copy of the file of a snippet in a conversation that the actor may write in, under a new id. fail.NotFound if the
// actor has no such snippet for this conversation, or the snippet has no file.
func (s *Service) SendSnippetFile(ctx context.Context, actor access.Actor, conversationID, id, snippet uuid.UUID) error {
	c, err := s.findWritable(ctx, actor, conversationID)
	if err != nil {
		return err
	}
	groups, err := s.groups.ListOf(ctx, actor)
	if err != nil {
		return err
	}
	scope := faq.ScopeOf(actor, groups)
	scope.Customer = c.Customer
	from, err := s.faq.GetSnippetFile(ctx, actor, snippet, scope)
	if err != nil {
		return err
	}
	f, err := s.files.Copy(ctx, actor, from, id, c.Visitor)
	if err != nil {
		return err
	}
	return s.postAsAgent(ctx, actor, c.ID, f)
}

func (s *Service) findWritable(ctx context.Context, actor access.Actor, id uuid.UUID) (conversation.Conversation, error) {
	if err := actor.Require(access.ConversationSendFile); err != nil {
		return conversation.Conversation{}, err
	}
	c, err := s.conversations.Get(ctx, actor, id)
	if err == nil {
		err = s.conversations.CheckWriteAccess(ctx, actor, id)
	}
	return c, err
}

func (s *Service) postAsAgent(ctx context.Context, actor access.Actor, conversationID uuid.UUID, f files.File) error {
	_, err := s.conversations.SendFileAsAgent(ctx, actor, conversationID, f.ID, describe(f))
	return s.settle(ctx, actor, f, conversationID, err)
}

// settle ties a file to the conversation in which its message is, or removes it because the message was refused.
func (s *Service) settle(ctx context.Context, actor access.Actor, f files.File, conversationID uuid.UUID, refused error) error {
	switch {
	case refused == nil:
		return s.files.AttachToConversation(ctx, actor, f.ID, conversationID)
	case fail.KindOf(refused) != fail.Busy && fail.KindOf(refused) != fail.Internal:
		s.files.Discard(ctx, actor, f)
	}
	return refused
}

// SaveSnippet saves a snippet with a file that it receives; a nil upload leaves the snippet's file as it is. id, purpose and what
// is allowed of upload are filled in here. Other errors than those of faq.Service.SaveSnippet are in the field "file".
func (s *Service) SaveSnippet(ctx context.Context, actor access.Actor, snippet faq.Snippet, upload *files.Upload) error {
	if upload == nil {
		return s.faq.SaveSnippet(ctx, actor, snippet)
	}
	if err := actor.Require(access.SnippetSave); err != nil {
		return err
	}
	if snippet.RemoveFile {
		return fail.Field("file", "Choose a new file or remove the current one, not both.")
	}
	in := *upload
	in.Purpose, in.Allowed, in.MaxBytes = files.ForSnippet, files.Categories, MaxAgentFileBytes
	f, err := s.receive(ctx, actor, "file", in)
	if err != nil {
		return err
	}
	snippet.File = f.ID
	err = s.faq.SaveSnippet(ctx, actor, snippet)
	s.discardRefused(ctx, actor, err, f)
	return err
}

// receive receives a file of a form beside the form's transaction. What is refused is an error of the field.
func (s *Service) receive(ctx context.Context, actor access.Actor, field string, in files.Upload) (files.File, error) {
	in.ID = uuid.Must(uuid.NewV7())
	f, err := s.files.Put(forms.WithoutSubmission(ctx), actor, in)
	if e := fail.As(err); e != nil && e.Kind != fail.Busy {
		return f, fail.Field(field, "%s", e.Message)
	}
	return f, err
}

// discardRefused removes files after what they are for was refused. They stay after a passing fault: the next attempt may use them.
func (s *Service) discardRefused(ctx context.Context, actor access.Actor, refused error, list ...files.File) {
	if kind := fail.KindOf(refused); refused == nil || kind == fail.Busy || kind == fail.Internal {
		return
	}
	for _, f := range list {
		s.files.Discard(forms.WithoutSubmission(ctx), actor, f)
	}
}

func describe(f files.File) conversation.Attachment {
	return conversation.Attachment{Name: f.Name, MediaType: f.MediaType, Size: f.Size, Width: f.Width, Height: f.Height}
}
