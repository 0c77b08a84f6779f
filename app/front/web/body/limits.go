package body

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
)

// Limits in bytes. Who is not logged in, or has not shown a valid visitor's token, can send MaxAnonymous at most, whatever the route takes.
const (
	MaxAnonymous     = 64 << 10
	maxAnonymousForm = 16 << 10 // of a page's form
	DefaultLimit     = 64 << 10 // of a route that does not say otherwise
	MaxForm          = 1 << 20  // larger bodies are never held in memory: their handlers stream them
)

const (
	maxAnonymousFields = 100              // fields of a form of somebody who is not logged in
	maxStaffFields     = 10_000           // fields of another form
	anonymousTimeout   = 10 * time.Second // in which an anonymous body must have come
)

var (
	errBusy = &fail.Error{Kind: fail.Busy, RetryAfter: 2 * time.Second, Message: "Parley is busy. Try again in 2 seconds."}
	errSlow = &fail.Error{Kind: fail.Busy, RetryAfter: 5 * time.Second,
		Message: "The upload was too slow and was stopped. Try again on a faster connection."}
	errTruncated = fail.New(fail.Invalid, "The form did not arrive completely, so nothing was saved. Send it again.")

	// ErrFields refuses a form with more fields than are read.
	ErrFields = fail.New(fail.Invalid, "The form has too many fields, so nothing was saved. Reload the page and try again.")
)

// Sender says whether a route is only for people who are logged in.
type Sender int

// The senders of a route's requests.
const (
	Anyone Sender = iota
	Staff         // how much is too much is decided once it is known who sends it
)

// Limit returns next behind a bound of every request's body: most bytes at most, of which anonymous ones count in the budget.
func (b *Budget) Limit(most int64, from Sender, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		req := c.Request()
		if req.Body == nil || req.Body == http.NoBody {
			return next(c)
		}
		body := &Body{source: req.Body, control: http.NewResponseController(c.Response()), header: c.Response().Header(),
			routeLimit: most,
			limit:      min(most, MaxAnonymous), length: req.ContentLength, budget: b, network: clientnet.Of(c.RealIP())}
		r := *req // net/http looks at its own body when it decides whether to read on after the answer
		r.Body = body
		c.SetRequest(&r)
		defer body.Release()
		if most <= MaxAnonymous && body.length > most && from == Anyone {
			return body.tooLarge(most)
		}
		return next(c)
	}
}
