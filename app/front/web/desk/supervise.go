package desk

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"parley/app/front/web/page"
)

// Join makes the supervisor a participant: the conversation is at its desk.
func (h *Handlers) Join(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	if err := h.conversations.Watch(req.Request().Context(), req.Actor, req.Name, id); err != nil {
		return err
	}
	return h.redirectToDesk(req, id)
}

// redirectToDesk leads from the live monitor to a conversation at the desk. An open desk shows it anyway.
func (h *Handlers) redirectToDesk(req *page.Request, id uuid.UUID) error {
	if !strings.Contains(req.Request().Header.Get("HX-Current-URL"), "/desk") {
		req.Response().Header().Set("HX-Redirect", "/desk#pane-"+id.String())
	}
	return req.NoContent(http.StatusNoContent)
}

// TakeOver assigns a conversation to the supervisor itself.
func (h *Handlers) TakeOver(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	if _, err := h.routing.Assign(req.Request().Context(), req.Actor, id, req.ID()); err != nil {
		return err
	}
	return h.redirectToDesk(req, id)
}

// Assign assigns a conversation to a team member, from the queue or from whoever has it.
func (h *Handlers) Assign(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	r := req.FormReader()
	to := r.UUID("to")
	if err := r.Result(); err != nil {
		return err
	}
	if _, err := h.routing.Assign(req.Request().Context(), req.Actor, id, to); err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent)
}
