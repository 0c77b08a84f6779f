package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/domain/team"
	"parley/app/front/web/page"
	view "parley/templates/account"
	"parley/templates/ui"
)

// SignUpForm shows the form that creates an organization, or who can have one created.
func (h *Handlers) SignUpForm(c echo.Context) error {
	if policy := h.teams.SignUpPolicy(); policy != team.SignUpOpen {
		return h.pages.Render(c, http.StatusOK, view.NoSignUp(policy == team.SignUpInvite))
	}
	return h.pages.Render(c, http.StatusOK, view.SignUp(ui.Form{}, h.mails.IsOff()))
}

// SignUp creates an organization, or, if mail can be sent, mails a link that does. With mail the answer is the same page for all
// addresses.
func (h *Handlers) SignUp(c echo.Context) error {
	done, err := h.teams.SignUp(c.Request().Context(), team.SignUpRequest{Organization: c.FormValue("organization"),
		Name: c.FormValue("name"), Email: c.FormValue("email"),
		Password: c.FormValue("password"), Address: c.RealIP(), Network: networkOf(c), Repeated: page.IsDuplicate(c)})
	if err != nil {
		f, status, err := page.RefusedForm(c, err, "organization", "name", "email")
		if err != nil {
			return err
		}
		return h.pages.Render(c, status, view.SignUp(f, h.mails.IsOff()))
	}
	if done.MailedTo != "" {
		return h.pages.Render(c, http.StatusOK, view.SignUpMailed(done.MailedTo))
	}
	if err := h.sessions.Start(c.Request().Context(), done.Owner); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/admin")
}
