package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/identity"
	"parley/app/domain/team"
	"parley/app/platform/access"
	"parley/app/platform/clientnet"
	"parley/app/platform/pg/outage"
	"parley/templates/public"
	"parley/templates/ui"
)

// sessionChoice holds until when, and between which users, a person may choose whose password opened several; each with its
// epoch, so that the choice ends when that user's sessions end.
const (
	sessionChoice  = "choice"
	choiceLifetime = 5 * time.Minute
)

func choiceKey(p identity.TeamMember) string { return fmt.Sprintf("%s:%d", p.ID(), p.Epoch) }

// homePath is where a role starts.
func homePath(role access.Role) string {
	switch {
	case role.Can(access.CustomerRead):
		return "/admin"
	case role.Can(access.DeskOpen):
		return "/desk"
	}
	return "/review"
}

func (s *Server) home(c echo.Context) error {
	req, err := s.authenticate(c)
	if err != nil {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	return c.Redirect(http.StatusSeeOther, homePath(req.Actor.Role()))
}

// nextAddress is where to go after the log-in: an address of ours, or the role's start.
func nextAddress(c echo.Context) string {
	if to := c.FormValue("next"); isLocalAddress(to) {
		return to
	}
	return "/"
}

func (s *Server) demoLogins() public.Demo {
	if s.cfg.Demo == nil {
		return public.Demo{}
	}
	return *s.cfg.Demo
}

func (s *Server) logInForm(c echo.Context) error {
	if _, err := s.authenticate(c); err == nil {
		return c.Redirect(http.StatusSeeOther, nextAddress(c))
	}
	f := ui.Form{}
	if c.QueryParam("ended") != "" {
		f.Message = "Your session has ended. Log in again to continue where you were."
	}
	return s.render(c, http.StatusOK, public.LogIn(f, nextAddress(c), s.demoLogins(), s.teams.SignUpPolicy() == team.SignUpOpen))
}

func (s *Server) logIn(c echo.Context) error {
	matches, err := s.identity.LogIn(c.Request().Context(), c.FormValue("email"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := refusedForm(c, err, "email")
		if err != nil {
			return err
		}
		return s.render(c, status, public.LogIn(f, nextAddress(c), s.demoLogins(), s.teams.SignUpPolicy() == team.SignUpOpen))
	}
	return s.logInMatch(c, matches)
}

// logInMatch logs in the user that a password opens, or asks which one if there are several.
func (s *Server) logInMatch(c echo.Context, matches []identity.LogInMatch) error {
	ctx := c.Request().Context()
	if len(matches) == 0 { // all of them are disabled
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	if len(matches) == 1 {
		if err := s.startSession(c, matches[0].User); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, nextAddress(c))
	}
	choice := []string{time.Now().Add(choiceLifetime).Format(time.RFC3339)}
	for _, m := range matches {
		p, err := s.identity.GetMember(ctx, m.User)
		if err != nil {
			return err
		}
		choice = append(choice, choiceKey(p))
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Remove(ctx, sessionUser)
	s.sessions.Put(ctx, sessionChoice, strings.Join(choice, " "))
	return s.render(c, http.StatusOK, public.ChooseOrganization(matches, nextAddress(c)))
}

func (s *Server) chooseOrganization(c echo.Context) error {
	ctx := c.Request().Context()
	choice := strings.Fields(s.sessions.GetString(ctx, sessionChoice))
	user, err := uuid.Parse(c.FormValue("user"))
	if err != nil || len(choice) == 0 {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	p, err := s.identity.GetMember(ctx, user)
	if outage.IsOutage(err) {
		return err
	}
	until, bad := time.Parse(time.RFC3339, choice[0])
	if err != nil || bad != nil || time.Now().After(until) || !slices.Contains(choice[1:], choiceKey(p)) {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	if err := s.startSession(c, user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, nextAddress(c))
}

// logOut ends the session. An agent's open conversations are requeued, where teammates see them.
func (s *Server) logOut(c echo.Context) error {
	if req, err := s.authenticate(c); err == nil {
		if err := s.identity.RecordLogOut(c.Request().Context(), req.TeamMember); err != nil {
			return err
		}
		if err := s.teams.LogOut(c.Request().Context(), req.Actor); err != nil {
			return err
		}
	}
	if err := s.sessions.Destroy(c.Request().Context()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/login")
}

// networkOf is what the address that a request comes from counts as.
func networkOf(c echo.Context) string { return clientnet.Of(c.RealIP()) }

func (s *Server) acceptInvitationForm(c echo.Context) error {
	inv, err := s.identity.GetInvitation(c.Request().Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, public.Join(ui.Form{}, inv.OrgName, inv.Email, inv.Role))
}

func (s *Server) acceptInvitation(c echo.Context) error {
	ctx := c.Request().Context()
	user, err := s.identity.AcceptInvitation(ctx, c.Param("secret"), c.FormValue("name"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := refusedForm(c, err, "name")
		if err != nil {
			return err
		}
		inv, err := s.identity.GetInvitation(ctx, c.Param("secret"))
		if err != nil {
			return err
		}
		return s.render(c, status, public.Join(f, inv.OrgName, inv.Email, inv.Role))
	}
	if err := s.startSession(c, user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/")
}

func (s *Server) forgotForm(c echo.Context) error {
	return s.render(c, http.StatusOK, public.Forgot(ui.Form{}, s.mails.IsOff()))
}

func (s *Server) forgot(c echo.Context) error {
	err := s.teams.RequestPasswordReset(c.Request().Context(), team.PasswordRequest{Email: c.FormValue("email"), Network: networkOf(c), Repeated: isDuplicate(c)})
	if err != nil {
		f, status, err := refusedForm(c, err, "email")
		if err != nil {
			return err
		}
		return s.render(c, status, public.Forgot(f, s.mails.IsOff()))
	}
	return s.render(c, http.StatusOK, public.Forgot(ui.Form{Saved: "If we know this address, a link is on its way to it. It is good for an hour."}, s.mails.IsOff()))
}

func (s *Server) resetPasswordForm(c echo.Context) error {
	email, err := s.identity.GetResetEmail(c.Request().Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, public.Reset(ui.Form{}, email))
}

func (s *Server) resetPassword(c echo.Context) error {
	ctx := c.Request().Context()
	matches, err := s.identity.ResetPassword(ctx, c.Param("secret"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := refusedForm(c, err)
		if err != nil {
			return err
		}
		email, err := s.identity.GetResetEmail(ctx, c.Param("secret"))
		if err != nil {
			return err
		}
		return s.render(c, status, public.Reset(f, email))
	}
	return s.logInMatch(c, matches)
}
