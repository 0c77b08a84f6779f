package page

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/platform/fail"
	"parley/app/platform/pg/outage"
)

var statusOf = map[fail.Kind]int{
	fail.Internal:        http.StatusInternalServerError,
	fail.Invalid:         http.StatusUnprocessableEntity,
	fail.Unauthenticated: http.StatusUnauthorized,
	fail.Forbidden:       http.StatusForbidden,
	fail.NotFound:        http.StatusNotFound,
	fail.Conflict:        http.StatusConflict,
	fail.Busy:            http.StatusTooManyRequests,
}

// StatusOf returns the HTTP status of a kind of error.
func StatusOf(kind fail.Kind) int { return statusOf[kind] }

// insufficientPrivilege is the SQLSTATE of a row that a policy of row-level security does not let the actor write.
const insufficientPrivilege = "42501"

// outageRetry is when to try again what failed because the database is away: a restart takes a few seconds.
const outageRetry = 3 * time.Second

// userError returns the error in words for a person. An internal one becomes a reference number, under which it is logged.
func userError(c echo.Context, err error) *fail.Error {
	if e := fail.As(err); e != nil {
		return e
	}
	var he *echo.HTTPError
	if errors.As(err, &he) && he.Code < 500 {
		if he.Code == http.StatusNotFound || he.Code == http.StatusMethodNotAllowed {
			return fail.New(fail.NotFound, "There is no page at this address.")
		}
		return fail.New(fail.Invalid, "This request could not be read. Reload the page and try again.")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fail.New(fail.Invalid, "This is too large. At most %d kB can be sent at once.", tooLarge.Limit>>10)
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) && state.SQLState() == insufficientPrivilege { // what the domain did not refuse in words of its own
		slog.Warn("row-level security refused a statement", "method", c.Request().Method, "route", c.Path(), "error", err)
		return fail.New(fail.Forbidden, "You cannot change this. Ask a manager of your organization.")
	}
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		return fail.New(fail.Busy, "The request was canceled. Try again.")
	}
	if outage.IsOutage(err) {
		slog.Warn("request refused: the database is away", "method", c.Request().Method, "route", c.Path(), "error", err)
		return fail.RetryLater(outageRetry)
	}
	return internalError(c, err)
}

// internalError logs an error under a new reference number, and returns what a person is told.
func internalError(c echo.Context, err error) *fail.Error {
	ref := uuid.NewString()[:8]
	slog.Error("request failed", "reference", ref, "method", c.Request().Method, "route", c.Path(), "error", err)
	what := "and nothing was saved"
	if isPartlySaved(c) {
		what = "and only some of your changes were saved. Check what was saved"
	}
	e := fail.New(fail.Internal,
		"Something went wrong on our side, %s. Try again. If it happens again, contact the operator of this server with reference %s.", what, ref)
	e.Reference = ref
	return e.WithReason("fault")
}

// panicError returns a recovered panic as an error with its stack; it panics again for net/http's own value, which ends the connection.
func panicError(p any) error {
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http's own value
		panic(p)
	}
	return fmt.Errorf("panic: %v\n%s", p, debug.Stack())
}

func setRetryAfter(c echo.Context, e *fail.Error) {
	if e.RetryAfter > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(e.RetryAfter.Seconds()+1)))
	}
}
