package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/platform/fail"
)

// contextKeyDuplicate marks a request whose form's work was done before.
const contextKeyDuplicate = "form sent before"

func isDuplicate(c echo.Context) bool { return c.Get(contextKeyDuplicate) != nil }

// reentryWindow is how long after somebody came in by a form the same form lets it in again: it was sent twice.
const reentryWindow = 5 * time.Minute

// handlePublicForm is what happens around a form of somebody who is not logged in: its work is done once, and each that is sent again is
// answered as the first.
func (s *Server) handlePublicForm(c echo.Context, h func(*Server, echo.Context) error) error {
	r := c.Request()
	id := r.PostForm.Get(formID)
	if id == "" || slices.Contains(repeatable, r.URL.Path) {
		return h(s, c)
	}
	// The form's id is random and stored nowhere else, so that the hash says nothing about a password.
	ctx, hash := r.Context(), formHash(r.PostForm, "public", r.URL.Path)
	c.Response().Before(func() {
		if c.Response().Status < http.StatusBadRequest {
			s.markSaved(c, id)
		}
	})
	var fresh bool
	var answer string
	for range 50 {
		var err error
		if fresh, answer, err = s.forms.BeginPublic(ctx, hash); err != nil {
			return err
		}
		if fresh || answer != "" {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	if !fresh {
		return s.repeatPublicAnswer(c, answer, h)
	}
	err := h(s, c)
	note := ""
	if err == nil && c.Response().Status < http.StatusBadRequest {
		note = "shown"
		if user := s.sessions.GetString(ctx, sessionUser); user != "" && c.Response().Status == http.StatusSeeOther {
			note = fmt.Sprintf("entered %s %d %s", user, time.Now().Unix(), c.Response().Header().Get("Location"))
		}
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.forms.RecordPublicAnswer(after, hash, truncate(note, 2000)); err != nil {
		slog.Warn("note how a form was answered", "error", err)
	}
	return err
}

// canReenter reports whether who sends a form again is logged in by the first one, or logs in by the password that is in it, as by the
// page for that. The form alone lets nobody in.
func (s *Server) canReenter(c echo.Context, user uuid.UUID) bool {
	if req, err := s.authenticate(c); err == nil {
		return req.ID() == user
	}
	ctx := c.Request().Context()
	p, err := s.identity.GetMemberUncached(ctx, user)
	if err != nil {
		return false
	}
	matches, err := s.identity.LogIn(ctx, p.Email, c.FormValue("password"), c.RealIP())
	if err != nil {
		return false
	}
	for _, m := range matches {
		if m.User == user {
			return s.startSession(c, user) == nil
		}
	}
	return false
}

func (s *Server) repeatPublicAnswer(c echo.Context, answer string, h func(*Server, echo.Context) error) error {
	if answer == "" {
		return fail.New(fail.Busy, "This form is being worked on already. Please try again in a moment.")
	}
	if answer == "shown" {
		c.Set(contextKeyDuplicate, true)
		return h(s, c)
	}
	parts := strings.SplitN(answer, " ", 4)
	if len(parts) == 4 && parts[0] == "entered" {
		user, bad := uuid.Parse(parts[1])
		at, wrong := strconv.ParseInt(parts[2], 10, 64)
		if bad == nil && wrong == nil && time.Since(time.Unix(at, 0)) < reentryWindow && s.canReenter(c, user) {
			if !isLocalAddress(parts[3]) {
				parts[3] = "/"
			}
			return c.Redirect(http.StatusSeeOther, parts[3])
		}
	}
	return c.Redirect(http.StatusSeeOther, "/login")
}
