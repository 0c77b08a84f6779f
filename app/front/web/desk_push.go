package web

import (
	"net/http"

	"parley/app/domain/identity"
)

// subscribePush notes that a browser wants to be told while no desk is open in it.
func (s *Server) subscribePush(req *request) error {
	err := s.identity.SubscribePush(req.Request().Context(), req.Actor, identity.PushSubscription{Endpoint: req.FormValue("endpoint"), P256dh: req.FormValue("p256dh"), Auth: req.FormValue("auth")})
	if err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent)
}
