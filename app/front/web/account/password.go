package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/domain/team"
	"parley/app/front/web/page"
	"parley/app/platform/clientnet"
	view "parley/templates/account"
	"parley/templates/ui"
)

// networkOf returns the network that limits count a request's address for.
func networkOf(c echo.Context) string { return clientnet.Of(c.RealIP()) }

// ForgotForm shows the form for a forgotten password.
func (h *Handlers) ForgotForm(c echo.Context) error {
	return h.pages.Render(c, http.StatusOK, view.Forgot(ui.Form{}, h.mails.IsOff()))
}

// Forgot answers the same for a known and an unknown address, and as quickly.
func (h *Handlers) Forgot(c echo.Context) error {
	err := h.teams.RequestPasswordReset(c.Request().Context(), team.PasswordRequest{Email: c.FormValue("email"),
		Network: networkOf(c), Repeated: page.IsDuplicate(c)})
	if err != nil {
		f, status, err := page.RefusedForm(c, err, "email")
		if err != nil {
			return err
		}
		return h.pages.Render(c, status, view.Forgot(f, h.mails.IsOff()))
	}
	return h.pages.Render(c, http.StatusOK,
		view.Forgot(ui.Form{Saved: "If there is an account with this address, we have sent a link to it. The link expires in an hour."},
			h.mails.IsOff()))
}

// ResetForm shows the form of a mailed link that sets a new password.
func (h *Handlers) ResetForm(c echo.Context) error {
	email, err := h.identity.GetResetEmail(c.Request().Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return h.pages.Render(c, http.StatusOK, view.Reset(ui.Form{}, email))
}

// Reset sets a new password, and logs in.
func (h *Handlers) Reset(c echo.Context) error {
	ctx := c.Request().Context()
	matches, err := h.identity.ResetPassword(ctx, c.Param("secret"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := page.RefusedForm(c, err)
		if err != nil {
			return err
		}
		email, err := h.identity.GetResetEmail(ctx, c.Param("secret"))
		if err != nil {
			return err
		}
		return h.pages.Render(c, status, view.Reset(f, email))
	}
	return h.logInMatch(c, matches)
}
