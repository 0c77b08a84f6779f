package desk

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"parley/app/front/web/page"
	view "parley/templates/desk"
)

// TakeNext takes the conversation that has waited longest.
func (h *Handlers) TakeNext(req *page.Request) error { return h.take(req, uuid.Nil) }

// Pick takes a chosen conversation from the queue.
func (h *Handlers) Pick(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	return h.take(req, id)
}

func (h *Handlers) take(req *page.Request, id uuid.UUID) error {
	ctx := req.Request().Context()
	c, err := h.routing.Take(ctx, req.Actor, req.Name, id)
	if err != nil {
		return err
	}
	taken, err := h.screens.LoadTaken(ctx, req.Actor, c)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.TakeResponse(taken, time.Now()))
}
