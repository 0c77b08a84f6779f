package page

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

	"parley/app/front/web/body"
	"parley/app/platform/fail"
)

// contextKeyDuplicate marks a request whose form's work was done before.
const contextKeyDuplicate = "form sent before"

// IsDuplicate reports whether the form of somebody who is not logged in was sent before: it is answered as the first
// time, and does nothing.
func IsDuplicate(c echo.Context) bool { return c.Get(contextKeyDuplicate) != nil }

// reentryWindow is how long after somebody came in by a form the same form lets it in again: it was sent twice.
const reentryWindow = 5 * time.Minute

// Notes of how such a form was answered. They are stored.
const (
	answeredPage  = "shown"   // by a page
	answeredLogIn = "entered" // by a log-in: followed by the user's id, the time in seconds since 1970, and where it led
)

// HandlePublicForm answers a request of somebody who may not be logged in by next, around which a form's work is done once: one that is
// sent again is answered as the first.
func (s *Service) HandlePublicForm(c echo.Context, next echo.HandlerFunc) error {
	if err := body.ReadAnonymousForm(c); err != nil {
		return err
	}
	r := c.Request()
	id := r.PostForm.Get(formID)
	if r.Method != http.MethodPost || id == "" || slices.Contains(repeatable, r.URL.Path) {
		return next(c)
	}
	// The form's id is random and stored nowhere else, so that the hash says nothing about a password.
	ctx, hash := r.Context(), formHash(r.PostForm, "public", r.URL.Path)
	c.Response().Before(func() {
		if c.Response().Status < http.StatusBadRequest {
			s.markSaved(c, id)
		}
	})
	fresh, answer, err := s.beginPublic(ctx, hash)
	if err != nil {
		return err
	}
	if !fresh {
		return s.repeatPublicAnswer(c, answer, next)
	}
	err = next(c)
	note := ""
	if err == nil && c.Response().Status < http.StatusBadRequest {
		note = answeredPage
		if user := s.sessions.UserID(ctx); user != "" && c.Response().Status == http.StatusSeeOther {
			note = fmt.Sprintf("%s %s %d %s", answeredLogIn, user, time.Now().Unix(), c.Response().Header().Get("Location"))
		}
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	if err := s.forms.RecordPublicAnswer(after, hash, truncate(note, 2000)); err != nil {
		slog.Warn("note how a form was answered", "error", err)
	}
	return err
}

// beginPublic reports whether a form's work is to be done now, or how it was answered. Both are empty if another request still does it
// after five seconds.
func (s *Service) beginPublic(ctx context.Context, hash [32]byte) (fresh bool, answer string, err error) {
	for range 50 {
		if fresh, answer, err = s.forms.BeginPublic(ctx, hash); err != nil || fresh || answer != "" {
			return fresh, answer, err
		}
		select {
		case <-ctx.Done():
			return false, "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return false, "", nil
}

func (s *Service) repeatPublicAnswer(c echo.Context, answer string, next echo.HandlerFunc) error {
	if answer == "" {
		return fail.New(fail.Busy, "This form is already being processed. Try again in a moment.")
	}
	if answer == answeredPage {
		c.Set(contextKeyDuplicate, true)
		return next(c)
	}
	parts := strings.SplitN(answer, " ", 4)
	if len(parts) == 4 && parts[0] == answeredLogIn {
		user, bad := uuid.Parse(parts[1])
		at, wrong := strconv.ParseInt(parts[2], 10, 64)
		if bad == nil && wrong == nil && time.Since(time.Unix(at, 0)) < reentryWindow && s.sessions.Reenter(c, user) {
			if !IsLocalAddress(parts[3]) {
				parts[3] = "/"
			}
			return c.Redirect(http.StatusSeeOther, parts[3])
		}
	}
	return c.Redirect(http.StatusSeeOther, "/login")
}
