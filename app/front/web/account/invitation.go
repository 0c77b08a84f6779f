package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/front/web/page"
	view "parley/templates/account"
	"parley/templates/ui"
)

// InvitationForm shows what an invitation is for.
func (h *Handlers) InvitationForm(c echo.Context) error {
	inv, err := h.identity.GetInvitation(c.Request().Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return h.pages.Render(c, http.StatusOK, view.Join(ui.Form{}, inv.OrgName, inv.Email, inv.Role))
}

// AcceptInvitation makes the invited person a team member, and logs it in.
func (h *Handlers) AcceptInvitation(c echo.Context) error {
	ctx := c.Request().Context()
	user, err := h.identity.AcceptInvitation(ctx, c.Param("secret"), c.FormValue("name"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := page.RefusedForm(c, err, "name")
		if err != nil {
			return err
		}
		inv, err := h.identity.GetInvitation(ctx, c.Param("secret"))
		if err != nil {
			return err
		}
		return h.pages.Render(c, status, view.Join(f, inv.OrgName, inv.Email, inv.Role))
	}
	if err := h.sessions.Start(c.Request().Context(), user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/")
}
