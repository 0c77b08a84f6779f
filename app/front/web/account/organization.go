package account

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/identity"
	"parley/app/platform/pg/outage"
	view "parley/templates/account"
)

// logInMatch logs in the user that a password opens, or asks which one if there are several.
func (h *Handlers) logInMatch(c echo.Context, matches []identity.LogInMatch) error {
	ctx := c.Request().Context()
	if len(matches) == 0 { // all of them are disabled
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	if len(matches) == 1 {
		if err := h.sessions.Start(ctx, matches[0].User); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, nextAddress(c))
	}
	members := make([]identity.TeamMember, len(matches))
	for i, m := range matches {
		var err error
		if members[i], err = h.identity.GetMember(ctx, m.User); err != nil {
			return err
		}
	}
	if err := h.sessions.OfferChoice(ctx, members); err != nil {
		return err
	}
	return h.pages.Render(c, http.StatusOK, view.ChooseOrganization(matches, nextAddress(c)))
}

// ChooseOrganization logs in the user that somebody has chosen whose password opens several.
func (h *Handlers) ChooseOrganization(c echo.Context) error {
	ctx := c.Request().Context()
	choice := h.sessions.Choice(ctx)
	user, err := uuid.Parse(c.FormValue("user"))
	if err != nil || len(choice) == 0 {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	p, err := h.identity.GetMember(ctx, user)
	if outage.IsOutage(err) {
		return err
	}
	if err != nil || !choice.Allows(p) {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	if err := h.sessions.Start(ctx, user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, nextAddress(c))
}
