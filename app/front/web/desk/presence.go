package desk

import (
	"net/http"
	"strings"

	"parley/app/domain/presence"
	"parley/app/front/web/page"
	view "parley/templates/desk"
)

// SetPresence changes the agent's own availability; all its desks are told.
func (h *Handlers) SetPresence(req *page.Request) error {
	ctx := req.Request().Context()
	status, reason, _ := strings.Cut(req.FormValue("status"), ":")
	if err := h.presence.SetStatus(ctx, req.Actor, presence.Status(status), reason); err != nil {
		return err
	}
	a, err := h.presence.GetAvailability(ctx, req.Actor)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.AvailabilityUpdate(a))
}
