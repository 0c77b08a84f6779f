package desk

import (
	"net/http"

	"github.com/google/uuid"

	"parley/app/front/web/page"
	view "parley/templates/desk"
)

// AddTag adds a tag to a conversation.
func (h *Handlers) AddTag(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	if err := h.conversations.Tag(req.Request().Context(), req.Actor, id, req.FormValue("tag")); err != nil {
		return err
	}
	return h.renderTags(req, id)
}

// RemoveTag removes a tag from a conversation.
func (h *Handlers) RemoveTag(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	tag, err := req.ParamID("tag", "tag")
	if err != nil {
		return err
	}
	if err := h.conversations.Untag(req.Request().Context(), req.Actor, id, tag); err != nil {
		return err
	}
	return h.renderTags(req, id)
}

func (h *Handlers) renderTags(req *page.Request, id uuid.UUID) error {
	p, err := h.screens.LoadAside(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.TagsUpdate(p))
}
