package web

import (
	"net/http"

	"parley/app/identity"
)

// subscribe notes that a browser wants to be told while no desk is open in it.
func (s *Server) subscribe(v *visit) error {
	err := s.identity.Subscribe(v.Request().Context(), v.Actor, identity.Subscription{Endpoint: v.FormValue("endpoint"), P256dh: v.FormValue("p256dh"), Auth: v.FormValue("auth")})
	if err != nil {
		return err
	}
	return v.NoContent(http.StatusNoContent)
}
