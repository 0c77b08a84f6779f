package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/front/web/page"
	view "parley/templates/account"
	"parley/templates/ui"
)

// FinishSignUpForm shows what a mailed link is for. It uses nothing up: programs that check mails open links, too.
func (h *Handlers) FinishSignUpForm(c echo.Context) error {
	pending, err := h.teams.GetSignUp(c.Request().Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return h.pages.Render(c, http.StatusOK, view.FinishSignUp(ui.Form{}, pending.Organization, pending.Email, pending.Verified))
}

// FinishSignUp creates the organization that a mailed link is for.
func (h *Handlers) FinishSignUp(c echo.Context) error {
	ctx := c.Request().Context()
	user, err := h.teams.FinishSignUp(ctx, c.Param("secret"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := page.RefusedForm(c, err)
		if err != nil {
			return err
		}
		pending, err := h.teams.GetSignUp(ctx, c.Param("secret"))
		if err != nil {
			return err
		}
		return h.pages.Render(c, status, view.FinishSignUp(f, pending.Organization, pending.Email, pending.Verified))
	}
	if err := h.sessions.Start(c.Request().Context(), user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/admin")
}
