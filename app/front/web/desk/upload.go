package desk

import (
	"net/http"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/files"
	screens "parley/app/front/desk"
	"parley/app/front/web/body"
	"parley/app/front/web/page"
	"parley/app/front/web/upload"
	"parley/app/platform/fail"
)

// Upload stores an agent's file, or a snippet's, and sends it in a conversation.
func (h *Handlers) Upload(req *page.Request) error {
	c, err := h.loadWritableConversation(req)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(req.QueryParam("id"))
	if err != nil {
		return fail.New(fail.Invalid, "The file has no id. Please reload the page.")
	}
	if snippet := req.QueryParam("snippet"); snippet != "" {
		return h.sendSnippetFile(req, c, id, snippet)
	}
	if c.State == conversation.Closed {
		return conversation.ErrClosed
	}
	f, err := h.uploads.Receive(req, req.Actor, files.Upload{ID: id, Purpose: files.ForMessage, Visitor: c.Visitor,
		Website: c.Website, Name: req.QueryParam("name"), Allowed: files.Categories, MaxBytes: upload.MaxAgentFileBytes},
		body.OfMember(req.Actor.Org(), req.ID()))
	if err != nil {
		return err
	}
	return h.sendFile(req, c.ID, f)
}

// sendSnippetFile sends the file of a snippet.
func (h *Handlers) sendSnippetFile(req *page.Request, c conversation.Conversation, id uuid.UUID, snippet string) error {
	which, err := uuid.Parse(snippet)
	if err != nil {
		return fail.Missing("snippet")
	}
	ctx := req.Request().Context()
	queues, err := h.routing.VisibleQueues(ctx, req.Actor)
	if err != nil {
		return err
	}
	of := screens.SnippetScope(req.Actor, queues)
	of.Customer = c.Customer
	from, err := h.faq.GetSnippetFile(ctx, req.Actor, which, of)
	if err != nil {
		return err
	}
	f, err := h.files.Copy(ctx, req.Actor, from, id, c.Visitor)
	if err != nil {
		return err
	}
	return h.sendFile(req, c.ID, f)
}

// sendFile sends a stored file as the agent.
func (h *Handlers) sendFile(req *page.Request, conversation uuid.UUID, f files.File) error {
	ctx := req.Request().Context()
	_, err := h.conversations.SendFileAsAgent(ctx, req.Actor, conversation, f.ID, upload.Attachment(f))
	if err != nil {
		h.uploads.Discard(req, req.Actor, f, err)
		return err
	}
	if err := h.files.AttachToConversation(ctx, req.Actor, f.ID, conversation); err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent) // it comes to the page as every message does
}
