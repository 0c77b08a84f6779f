package desk

import (
	"net/http"

	"parley/app/front/web/page"
	view "parley/templates/desk"
)

// Pane draws a conversation's pane as it is now: for a page that has it without its messages.
func (h *Handlers) Pane(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	p, err := h.screens.LoadPane(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.Pane(p))
}
