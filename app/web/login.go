package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/identity"
	"parley/app/jobs"
	"parley/app/outside"
	"parley/app/pg/outage"
	"parley/templates/public"
	"parley/templates/ui"
)

// sessionChoice holds until when, and between which users, a person may choose whose password opened several; each with its
// epoch, so that the choice ends when that user's sessions end.
const (
	sessionChoice = "choice"
	choiceLasts   = 5 * time.Minute
)

func choiceOf(p identity.Person) string { return fmt.Sprintf("%s:%d", p.ID(), p.Epoch) }

// home is where a role starts.
func home(role access.Role) string {
	switch {
	case role.May(access.Manage):
		return "/admin"
	case role.May(access.Answer):
		return "/desk"
	}
	return "/review"
}

func (s *Server) start(c echo.Context) error {
	v, err := s.visit(c)
	if err != nil {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	return c.Redirect(http.StatusSeeOther, home(v.Actor.Role()))
}

// next is where to go after the log-in: an address of ours, or the role's start.
func next(c echo.Context) string {
	if to := c.FormValue("next"); ownAddress(to) {
		return to
	}
	return "/"
}

func (s *Server) demo() public.Demo {
	if s.cfg.Demo == nil {
		return public.Demo{}
	}
	return *s.cfg.Demo
}

func (s *Server) logInForm(c echo.Context) error {
	if _, err := s.visit(c); err == nil {
		return c.Redirect(http.StatusSeeOther, next(c))
	}
	f := ui.Form{}
	if c.QueryParam("ended") != "" {
		f.Message = "Your session has ended. Log in again to continue where you were."
	}
	return s.draw(c, http.StatusOK, public.LogIn(f, next(c), s.demo(), s.cfg.SignUp == SignUpOpen))
}

func (s *Server) logIn(c echo.Context) error {
	matches, err := s.identity.LogIn(c.Request().Context(), c.FormValue("email"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := form(c, err, "email")
		if err != nil {
			return err
		}
		return s.draw(c, status, public.LogIn(f, next(c), s.demo(), s.cfg.SignUp == SignUpOpen))
	}
	return s.enterOne(c, matches)
}

// enterOne logs in the user that a password opens, or asks which one if there are several.
func (s *Server) enterOne(c echo.Context, matches []identity.Match) error {
	ctx := c.Request().Context()
	if len(matches) == 0 { // all of them are disabled
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	if len(matches) == 1 {
		if err := s.enter(c, matches[0].User); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, next(c))
	}
	choice := []string{time.Now().Add(choiceLasts).Format(time.RFC3339)}
	for _, m := range matches {
		p, err := s.identity.Who(ctx, m.User)
		if err != nil {
			return err
		}
		choice = append(choice, choiceOf(p))
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Remove(ctx, sessionUser)
	s.sessions.Put(ctx, sessionChoice, strings.Join(choice, " "))
	return s.draw(c, http.StatusOK, public.Which(matches, next(c)))
}

func (s *Server) logInChoice(c echo.Context) error {
	ctx := c.Request().Context()
	choice := strings.Fields(s.sessions.GetString(ctx, sessionChoice))
	user, err := uuid.Parse(c.FormValue("user"))
	if err != nil || len(choice) == 0 {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	p, err := s.identity.Who(ctx, user)
	if outage.Is(err) {
		return err
	}
	until, bad := time.Parse(time.RFC3339, choice[0])
	if err != nil || bad != nil || time.Now().After(until) || !slices.Contains(choice[1:], choiceOf(p)) {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	if err := s.enter(c, user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, next(c))
}

// logOut ends the session. An agent's open conversations go back into the line, where colleagues see them.
func (s *Server) logOut(c echo.Context) error {
	if v, err := s.visit(c); err == nil && v.Actor.May(access.Answer) {
		if err := s.queue.GoHome(c.Request().Context(), v.Actor); err != nil {
			return err
		}
		if err := s.identity.ForgetBrowsers(c.Request().Context(), v.Actor); err != nil {
			return err
		}
	}
	if err := s.sessions.Destroy(c.Request().Context()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/login")
}

// network is what the address that a request comes from counts as.
func network(c echo.Context) string { return outside.Network(c.RealIP()) }

func (s *Server) joinForm(c echo.Context) error {
	inv, err := s.identity.Invited(c.Request().Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return s.draw(c, http.StatusOK, public.Join(ui.Form{}, inv.OrgName, inv.Email, inv.Role))
}

func (s *Server) join(c echo.Context) error {
	ctx := c.Request().Context()
	user, err := s.identity.Join(ctx, c.Param("secret"), c.FormValue("name"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := form(c, err, "name")
		if err != nil {
			return err
		}
		inv, err := s.identity.Invited(ctx, c.Param("secret"))
		if err != nil {
			return err
		}
		return s.draw(c, status, public.Join(f, inv.OrgName, inv.Email, inv.Role))
	}
	if err := s.enter(c, user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/")
}

func (s *Server) forgotForm(c echo.Context) error {
	return s.draw(c, http.StatusOK, public.Forgot(ui.Form{}, s.mail.Off()))
}

// forgot answers the same for a known and an unknown address, and as quickly: the looking up and the mail come afterwards.
func (s *Server) forgot(c echo.Context) error {
	ctx := c.Request().Context()
	email, err := fail.Email(c.FormValue("email"))
	if err != nil {
		err = fail.Field("email", "%s", err.Error())
	} else {
		err = s.identity.Limited(ctx, "reset from", network(c), s.identity.Limits().Resets)
	}
	if err == nil && !s.mail.Off() && !sentBefore(c) {
		err = s.later(func(ctx context.Context) { s.mailForgotten(ctx, email) })
	}
	if err != nil {
		f, status, err := form(c, err, "email")
		if err != nil {
			return err
		}
		return s.draw(c, status, public.Forgot(f, s.mail.Off()))
	}
	return s.draw(c, http.StatusOK, public.Forgot(ui.Form{Saved: "If we know this address, a link is on its way to it. It is good for an hour."}, s.mail.Off()))
}

// later is jobs.Mailer.Later, refused also while the letters that it leads to have no room.
func (s *Server) later(work func(context.Context)) error {
	if err := s.mail.Room(uuid.Nil); err != nil {
		return err
	}
	return s.mail.Later(work)
}

func (s *Server) mailForgotten(ctx context.Context, email string) {
	l, err := s.identity.ForgotLink(ctx, email)
	if err != nil {
		slog.Error("make a link for a new password", "error", err)
	}
	if l.Secret == "" {
		return
	}
	if err := s.mail.Send(jobs.Letter{To: l.Email, Subject: "A new password for Parley", Text: "Somebody, probably you, asked for a new password for your Parley log-in. " +
		"It will be the password in all organizations that know you by this address.\nSet it here within an hour:\n\n" +
		s.cfg.PublicURL + "/reset/" + l.Secret + "\n\nIf it was not you, do nothing.\n"}); err != nil {
		slog.Error("mail a link for a new password", "error", err)
	}
}

func (s *Server) resetForm(c echo.Context) error {
	email, err := s.identity.ResetFor(c.Request().Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return s.draw(c, http.StatusOK, public.Reset(ui.Form{}, email))
}

func (s *Server) reset(c echo.Context) error {
	ctx := c.Request().Context()
	matches, err := s.identity.Reset(ctx, c.Param("secret"), c.FormValue("password"), c.RealIP())
	if err != nil {
		f, status, err := form(c, err)
		if err != nil {
			return err
		}
		email, err := s.identity.ResetFor(ctx, c.Param("secret"))
		if err != nil {
			return err
		}
		return s.draw(c, status, public.Reset(f, email))
	}
	return s.enterOne(c, matches)
}
