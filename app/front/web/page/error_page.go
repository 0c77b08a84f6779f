package page

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/front/live"
	"parley/app/front/web/body"
	"parley/app/front/web/session"
	"parley/app/platform/fail"
	"parley/templates/desk"
	"parley/templates/errorpage"
	"parley/templates/ui"
)

// Errors answers requests that have failed: the one map from errors to answers.
type Errors struct {
	Pages *Service
	Site  *Site
	// LogIn returns the log-in page, which then leads to next.
	LogIn func(f ui.Form, next string) templ.Component
}

// Handle answers a request that has failed with err. It is an echo.HTTPErrorHandler.
func (h *Errors) Handle(err error, c echo.Context) {
	if c.Response().Committed {
		if fail.As(err) == nil && !errors.Is(err, context.Canceled) {
			slog.Debug("after the answer", "route", c.Path(), "error", err)
		}
		return
	}
	if b := body.Of(c); b != nil && !b.IsComplete() { // what else would come is not waited for
		c.Response().Header().Set("Connection", "close")
	}
	e := userError(c, err)
	status := statusOf[e.Kind]
	if errors.Is(err, live.ErrDraining) { // a balancer may ask another server
		status = http.StatusServiceUnavailable
	}
	setRetryAfter(c, e)
	path := c.Request().URL.Path
	switch {
	case c.Request().Header.Get("HX-Request") != "":
		h.answerFragment(c, status, e)
	case strings.HasPrefix(path, "/desk/"): // what the desk's script asks for
		c.JSON(status, map[string]string{"message": e.Message})
	case strings.HasPrefix(path, "/widget") || strings.HasPrefix(path, "/live/") || strings.HasPrefix(path, "/static/"):
		if strings.HasPrefix(path, "/widget/") {
			AllowOrigin(c)
		}
		c.Response().Header().Set("Connection", "close") // whoever is refused keeps nothing of us busy
		c.JSON(status, live.ErrorTextOf(e))
	default:
		h.answerPage(c, status, e)
	}
}

// answerFragment answers a request by htmx.
func (h *Errors) answerFragment(c echo.Context, status int, e *fail.Error) {
	if e.Kind == fail.Unauthenticated {
		if c.Request().Header.Get(session.UserHeader) == "" { // the desk asks for the password in place
			c.Response().Header().Set("HX-Redirect", logInAgainAddress(currentPage(c.Request())))
		}
		c.NoContent(status)
		return
	}
	if id, err := uuid.Parse(c.Param("id")); err == nil && strings.HasSuffix(c.Path(), "/messages") {
		h.Pages.Render(c, status, desk.SendError(id, e.Message))
		return
	}
	h.Pages.Render(c, status, desk.ErrorNotice(e.Message))
}

// answerPage answers a request of a browser for a page.
func (h *Errors) answerPage(c echo.Context, status int, e *fail.Error) {
	switch {
	case e.Kind == fail.Unauthenticated && c.Request().Method == http.MethodGet:
		c.Redirect(http.StatusSeeOther, logInAddress(c.Request().URL.RequestURI()))
	case e.Kind == fail.Unauthenticated && !strings.HasPrefix(c.Request().URL.Path, "/login"):
		f := ui.Form{
			Message: "Your session has ended and nothing was saved. Log in again to find what you entered in the form.",
		}
		h.Pages.Render(c, status, h.LogIn(f, h.Site.pageFor(c.Request().Referer())))
	case e.Kind == fail.Busy:
		resend := resendOf(c.Request())
		if !resend.Form && !resend.Back { // asking again is safe
			c.Response().Header().Set("Refresh", strconv.Itoa(int(max(e.RetryAfter.Seconds(), 1)+1)))
		}
		h.Pages.Render(c, status, errorpage.Busy(e.Message, resend))
	default:
		h.Pages.Render(c, status, errorpage.Problem(http.StatusText(status), e.Message))
	}
}

// maxResendBytes is how large a form may be that a page carries to be sent again.
const maxResendBytes = 64 << 10

// resendOf returns how a request can be sent again: with the same fields, unless there is a secret or a file among them.
func resendOf(r *http.Request) errorpage.Resend {
	resend := errorpage.Resend{Address: r.URL.RequestURI()}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return resend
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && r.ParseForm() != nil {
		return errorpage.Resend{Back: true}
	}
	bytes := 0
	for name, values := range r.PostForm {
		for _, v := range values {
			if bytes += len(name) + len(v); !utf8.ValidString(v) {
				return errorpage.Resend{Back: true}
			}
			resend.Fields = append(resend.Fields, errorpage.FormField{Name: name, Value: v})
		}
		if isSecretField(name) {
			return errorpage.Resend{Back: true}
		}
	}
	if r.PostForm == nil && r.ContentLength != 0 || r.MultipartForm != nil || bytes > maxResendBytes {
		return errorpage.Resend{Back: true}
	}
	slices.SortStableFunc(resend.Fields, func(a, b errorpage.FormField) int { return strings.Compare(a.Name, b.Name) })
	resend.Form = true
	return resend
}

// isSecretField reports whether a field's name says that its value must not be in a page.
func isSecretField(name string) bool {
	return name != formKey && (strings.Contains(name, "password") || strings.Contains(name, "key") ||
		strings.Contains(name, "secret"))
}
