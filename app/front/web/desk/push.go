package desk

import (
	"net/http"

	"parley/app/domain/identity"
	"parley/app/front/web/page"
)

// SubscribePush stores that a browser wants notifications while no desk is open in it.
func (h *Handlers) SubscribePush(req *page.Request) error {
	err := h.identity.SubscribePush(req.Request().Context(), req.Actor,
		identity.PushSubscription{Endpoint: req.FormValue("endpoint"), P256dh: req.FormValue("p256dh"),
			Auth: req.FormValue("auth")})
	if err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent)
}
