package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// SessionStatus says who is logged in, to a page that has lost its socket or was refused: {"user": id, "desk": whether it may be at
// the desk}, both zero if nobody is.
func (h *Handlers) SessionStatus(c echo.Context) error {
	out := struct {
		User string `json:"user"`
		Desk bool   `json:"desk"`
	}{}
	req, err := h.sessions.Authenticate(c)
	if err != nil && fail.KindOf(err) != fail.Unauthenticated {
		return err
	}
	if err == nil {
		out.User, out.Desk = req.ID().String(), req.Actor.Can(access.DeskOpen)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, out)
}

// LogInAgain logs the user of an open desk in again, without leaving the page. The error is fail.Unauthenticated if the password is
// wrong, or somebody else's.
func (h *Handlers) LogInAgain(c echo.Context) error {
	matches, err := h.identity.LogIn(c.Request().Context(), c.FormValue("email"), c.FormValue("password"), c.RealIP())
	if fail.KindOf(err) == fail.Unauthenticated { // the address is this page's, and cannot be changed there
		return fail.New(fail.Unauthenticated, "The password is incorrect. Try again.")
	}
	if err != nil {
		return err
	}
	for _, m := range matches {
		if m.User.String() == c.FormValue("user") {
			if err := h.sessions.Start(c.Request().Context(), m.User); err != nil {
				return err
			}
			return h.SessionStatus(c)
		}
	}
	return fail.New(fail.Unauthenticated, "You can no longer log in to this organization. Ask one of its managers.")
}
