package desk

import (
	"net/http"

	"github.com/google/uuid"

	"parley/app/domain/attachment"
	"parley/app/domain/conversation"
	"parley/app/domain/files"
	"parley/app/front/web/body"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
)

// Upload stores an agent's file, or a snippet's, and sends it in a conversation. It comes to the page as every message does.
func (h *Handlers) Upload(req *page.Request) error {
	c, err := h.loadConversation(req)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(req.QueryParam("id"))
	if err != nil {
		return fail.New(fail.Invalid, "The file has no id. Reload the page.")
	}
	if snippet := req.QueryParam("snippet"); snippet != "" {
		err = h.sendSnippetFile(req, c, id, snippet)
	} else {
		in := files.Upload{ID: id, Name: req.QueryParam("name"), MaxBytes: attachment.MaxAgentFileBytes}
		err = h.uploads.Receive(req, req.Actor, in, body.OfMember(req.Actor.Org(), req.ID()), func(in files.Upload) error {
			return h.attachments.SendAsAgent(req.Request().Context(), req.Actor, c.ID, in)
		})
	}
	if err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent)
}

// sendSnippetFile sends the file of a snippet.
func (h *Handlers) sendSnippetFile(req *page.Request, c conversation.Conversation, id uuid.UUID, snippet string) error {
	which, err := uuid.Parse(snippet)
	if err != nil {
		return fail.Missing("snippet")
	}
	return h.attachments.SendSnippetFile(req.Request().Context(), req.Actor, c.ID, id, which)
}
