package page

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"parley/app/platform/fail"
)

// markSaved tells the page's script that what it has stored of a form was saved.
func (s *Service) markSaved(c echo.Context, id string) {
	name := "saved-" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(truncate(id, 32)))
	c.SetCookie(&http.Cookie{Name: name, Value: "1", Path: "/", MaxAge: 600, SameSite: http.SameSiteLaxMode, Secure: s.secure})
}

func ignoreDuplicate(err error) error {
	if errors.Is(err, errDuplicate) {
		return nil
	}
	return err
}

// awaitAnswer answers as another request with the same form is, which is being answered just now.
func (s *Service) awaitAnswer(req *Request) error {
	ctx := req.Request().Context()
	for range 50 {
		answer, done, err := s.forms.FindAnswer(ctx, req.Actor, req.form.save.Hash)
		if err != nil {
			return err
		}
		if !done {
			return fail.New(fail.Busy, "This form is already being saved. Try again in a moment.")
		}
		if answer != "" {
			return s.repeatAnswer(req, answer)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return s.repeatAnswer(req, "")
}

// repeatAnswer answers a form that was sent before as it was answered then.
func (s *Service) repeatAnswer(req *Request, answer string) error {
	s.markSaved(req, req.form.id)
	if req.Request().Header.Get("HX-Request") != "" {
		if err := req.NoContent(http.StatusNoContent); err != nil {
			return err
		}
		return errDuplicate
	}
	if answer == "" {
		answer = req.form.page
	}
	if !IsLocalAddress(answer) {
		answer = "/"
	}
	if err := req.Redirect(http.StatusSeeOther, answer); err != nil {
		return err
	}
	return errDuplicate
}
