package account

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// LogOut ends the session. An agent's open conversations go back into their queues, where team members see them.
func (h *Handlers) LogOut(c echo.Context) error {
	if req, err := h.sessions.Authenticate(c); err == nil {
		if err := h.identity.RecordLogOut(c.Request().Context(), req.TeamMember); err != nil {
			return err
		}
		if err := h.teams.LogOut(c.Request().Context(), req.Actor); err != nil {
			return err
		}
	}
	if err := h.sessions.End(c.Request().Context()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/login")
}
