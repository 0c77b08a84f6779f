package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/domain/team"
	"parley/app/front/web/page"
	"parley/app/platform/access"
	view "parley/templates/account"
	"parley/templates/ui"
)

// homePath returns where a role starts.
func homePath(role access.Role) string {
	switch {
	case role.Can(access.CustomerRead):
		return "/admin"
	case role.Can(access.DeskOpen):
		return "/desk"
	}
	return "/archive"
}

// Home leads to the page where the role of who is logged in starts, or to the log-in.
func (h *Handlers) Home(c echo.Context) error {
	req, err := h.sessions.Authenticate(c)
	if err != nil {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	return c.Redirect(http.StatusSeeOther, homePath(req.Actor.Role()))
}

// nextAddress returns where to go after the log-in: an address of ours, or the role's start.
func nextAddress(c echo.Context) string {
	if to := c.FormValue("next"); page.IsLocalAddress(to) {
		return to
	}
	return "/"
}

// LogInForm shows the log-in page; who is logged in goes on to where it leads.
func (h *Handlers) LogInForm(c echo.Context) error {
	if _, err := h.sessions.Authenticate(c); err == nil {
		return c.Redirect(http.StatusSeeOther, nextAddress(c))
	}
	f := ui.Form{}
	if c.QueryParam("ended") != "" {
		f.Message = "Your session has ended. Log in again to continue where you were."
	}
	return h.pages.Render(c, http.StatusOK, view.LogIn(f, nextAddress(c), h.demo, h.teams.SignUpPolicy() == team.SignUpOpen))
}

// LogIn logs somebody in by address and password.
func (h *Handlers) LogIn(c echo.Context) error {
	matches, err := h.identity.LogIn(c.Request().Context(), c.FormValue("email"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := page.RefusedForm(c, err, "email")
		if err != nil {
			return err
		}
		return h.pages.Render(c, status, view.LogIn(f, nextAddress(c), h.demo, h.teams.SignUpPolicy() == team.SignUpOpen))
	}
	return h.logInMatch(c, matches)
}
