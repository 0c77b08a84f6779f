package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/domain/team"
	"parley/templates/public"
	"parley/templates/ui"
)

func (s *Server) signUpForm(c echo.Context) error {
	if policy := s.teams.SignUpPolicy(); policy != team.SignUpOpen {
		return s.render(c, http.StatusOK, public.NoSignUp(policy == team.SignUpInvite))
	}
	return s.render(c, http.StatusOK, public.SignUp(ui.Form{}, s.mails.IsOff()))
}

func (s *Server) signUp(c echo.Context) error {
	done, err := s.teams.SignUp(c.Request().Context(), team.SignUpRequest{Organization: c.FormValue("organization"), Name: c.FormValue("name"), Email: c.FormValue("email"),
		Password: c.FormValue("password"), Address: c.RealIP(), Network: networkOf(c), Repeated: isDuplicate(c)})
	if err != nil {
		f, status, err := refusedForm(c, err, "organization", "name", "email")
		if err != nil {
			return err
		}
		return s.render(c, status, public.SignUp(f, s.mails.IsOff()))
	}
	if done.MailedTo != "" {
		return s.render(c, http.StatusOK, public.SignUpMailed(done.MailedTo))
	}
	if err := s.startSession(c, done.Owner); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/admin")
}

// finishSignUpForm shows what a mailed link is for.
func (s *Server) finishSignUpForm(c echo.Context) error {
	pending, err := s.teams.GetSignUp(c.Request().Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, public.FinishSignUp(ui.Form{}, pending.Organization, pending.Email, pending.Verified))
}

func (s *Server) finishSignUp(c echo.Context) error {
	ctx := c.Request().Context()
	user, err := s.teams.FinishSignUp(ctx, c.Param("secret"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := refusedForm(c, err)
		if err != nil {
			return err
		}
		pending, err := s.teams.GetSignUp(ctx, c.Param("secret"))
		if err != nil {
			return err
		}
		return s.render(c, status, public.FinishSignUp(f, pending.Organization, pending.Email, pending.Verified))
	}
	if err := s.startSession(c, user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/admin")
}
