package web

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/identity"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
	"parley/templates/public"
	"parley/templates/ui"
)

// Who can create an organization.
const (
	SignUpOpen   = "open"   // everybody
	SignUpInvite = "invite" // who has a link that an operator has made
	SignUpClosed = "closed" // nobody
)

// errSignUpClosed is what people read where they cannot create an organization by themselves.
var errSignUpClosed = fail.New(fail.Forbidden, "New organizations are not created here. To join one, ask its manager for an invitation. "+
	"To have a new one created, ask whoever runs this server.")

func (s *Server) signUpForm(c echo.Context) error {
	if s.cfg.SignUp != SignUpOpen {
		return s.render(c, http.StatusOK, public.NoSignUp(s.cfg.SignUp == SignUpInvite))
	}
	return s.render(c, http.StatusOK, public.SignUp(ui.Form{}, s.mails.IsOff()))
}

// signUp founds an organization, or, where mail can be sent, mails a link that does. The answer says nothing about the address:
// with mail it is the same page for all, and the looking up comes afterwards.
func (s *Server) signUp(c echo.Context) error {
	if s.cfg.SignUp != SignUpOpen {
		return errSignUpClosed
	}
	ctx := c.Request().Context()
	organization, in, err := s.readSignUp(c)
	if err == nil {
		err = s.identity.CountAttempt(ctx, "sign up", networkOf(c), s.identity.Limits().SignUps)
	}
	if err == nil && !s.mails.IsOff() && !isDuplicate(c) {
		err = s.mails.RequestSignUpLink(ctx, organization, in)
	}
	if err == nil && !s.mails.IsOff() {
		return s.render(c, http.StatusOK, public.SignUpMailed(in.Email))
	}
	var user uuid.UUID
	if err == nil {
		user, err = s.signUpNow(c, organization, in)
	}
	if err != nil {
		f, status, err := refusedForm(c, err, "organization", "name", "email")
		if err != nil {
			return err
		}
		return s.render(c, status, public.SignUp(f, s.mails.IsOff()))
	}
	if err := s.startSession(c, user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/admin")
}

func (s *Server) signUpNow(c echo.Context, organization string, in identity.SignUp) (uuid.UUID, error) {
	ctx := c.Request().Context()
	if err := s.identity.CountAttempt(ctx, "sign up as", in.Email, 3); err != nil {
		return uuid.Nil, err
	}
	return s.identity.SignUpWithoutMail(ctx, in, c.RealIP(), func(ctx context.Context) (uuid.UUID, error) { return s.org.CreateOrganization(ctx, organization) })
}

// readSignUp reads the form, and says field by field what is wrong with it.
func (s *Server) readSignUp(c echo.Context) (organization string, in identity.SignUp, err error) {
	in = identity.SignUp{Name: c.FormValue("name"), Email: c.FormValue("email")}
	check := s.identity.CheckSignUpAddress
	if s.mails.IsOff() {
		in.Password, check = c.FormValue("password"), s.identity.CheckSignUp
	}
	var checks fail.Checks
	organization, err = validate.Name("a name for the organization", c.FormValue("organization"), 200)
	checks.AddError("organization", err)
	if e := fail.As(check(&in)); e != nil {
		for field, message := range e.Fields {
			checks.Add(field, "%s", message)
		}
	}
	return organization, in, checks.Result()
}

// finishSignUpForm shows what a mailed link is for. It uses nothing up: programs that check mails open links, too.
func (s *Server) finishSignUpForm(c echo.Context) error {
	if s.cfg.SignUp == SignUpClosed {
		return errSignUpClosed
	}
	su, err := s.identity.GetSignUp(c.Request().Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, public.FinishSignUp(ui.Form{}, su.Organization, su.Email, su.Verified))
}

func (s *Server) finishSignUp(c echo.Context) error {
	if s.cfg.SignUp == SignUpClosed {
		return errSignUpClosed
	}
	ctx := c.Request().Context()
	user, err := s.identity.FinishSignUp(ctx, c.Param("secret"), c.FormValue("password"), c.RealIP(), s.linkDelivery(), s.org.CreateOrganization)
	if err != nil {
		f, status, err := refusedForm(c, err)
		if err != nil {
			return err
		}
		su, err := s.identity.GetSignUp(ctx, c.Param("secret"))
		if err != nil {
			return err
		}
		return s.render(c, status, public.FinishSignUp(f, su.Organization, su.Email, su.Verified))
	}
	if err := s.startSession(c, user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/admin")
}
