package desk

import (
	"net/http"
	"time"

	"parley/app/front/web/page"
	view "parley/templates/desk"
)

// Close closes a conversation.
func (h *Handlers) Close(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	c, err := h.conversations.Close(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	closed, err := h.screens.LoadClosed(ctx, req.Actor, c)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.CloseResponse(closed, time.Now()))
}
