package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
)

const (
	maxAnonymousTotal      = 16 << 20         // bytes of bodies of people who are not logged in that this process holds at once
	maxAnonymousPerNetwork = 2 << 20          // of them from one network
	anonymousTimeout       = 10 * time.Second // in which such a body must have come
	maxAnonymousFields     = 100              // fields of such a form
	maxStaffFields         = 10_000
)

// bodyBudget is how many bytes are held of the bodies of people who are not logged in.
type bodyBudget struct {
	mu        sync.Mutex
	total     int64
	byNetwork map[string]int64 // by network
}

func newBodyBudget() *bodyBudget { return &bodyBudget{byNetwork: map[string]int64{}} }

// acquire counts bytes, or says that there are too many.
func (b *bodyBudget) acquire(network string, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.total+n > maxAnonymousTotal || b.byNetwork[network]+n > maxAnonymousPerNetwork {
		return false
	}
	b.total += n
	b.byNetwork[network] += n
	return true
}

func (b *bodyBudget) release(network string, n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total -= n
	if b.byNetwork[network] -= n; b.byNetwork[network] <= 0 {
		delete(b.byNetwork, network)
	}
}

var errBusy = &fail.Error{Kind: fail.Busy, RetryAfter: 2 * time.Second, Message: "Parley is busy. Please try again in 2 seconds."}

// body is the body of a request. A stranger's is small, has to come soon, and is counted; of somebody who may send more it is what
// the route takes, and a large one has to come at some speed.
type body struct {
	truncated  bool // it ended before it was whole
	source     io.ReadCloser
	control    *http.ResponseController
	header     http.Header // of the answer
	routeLimit int64       // bytes that the route takes
	limit      int64       // bytes that may come now
	length     int64       // as the request says; -1: it does not
	read       int64

	budget  *bodyBudget // nil: it is not counted any more
	network string
	held    int64

	started  bool
	complete bool        // all of it has come
	speed    *speedCheck // nil: a stranger's, or a small one
}

// limitBody bounds the body of every request of a route before anything looks at it.
func (s *Server) limitBody(r Route, next echo.HandlerFunc) echo.HandlerFunc {
	route, staff := r.BodyLimit(), r.view != nil
	return func(c echo.Context) error {
		req := c.Request()
		if req.Body == nil || req.Body == http.NoBody {
			return next(c)
		}
		b := &body{source: req.Body, control: http.NewResponseController(c.Response()), header: c.Response().Header(), routeLimit: route,
			limit: min(route, maxAnonymousBody), length: req.ContentLength, budget: s.bodyBudget, network: clientnet.Of(c.RealIP())}
		r := *req // net/http looks at the body of its own when it decides whether to read on after the answer
		r.Body = b
		c.SetRequest(&r)
		defer b.release()
		if route <= maxAnonymousBody && b.length > route && !staff { // else it is seen when it is known who sends it
			return b.tooLarge(route)
		}
		return next(c)
	}
}

// bodyOf returns the body of a request; nil if it has none.
func bodyOf(c echo.Context) *body {
	b, _ := c.Request().Body.(*body)
	return b
}

func (b *body) tooLarge(most int64) error {
	b.header.Set("Connection", "close") // what else would come is not read
	return &http.MaxBytesError{Limit: most}
}

// raiseLimit lets as much come as the route takes: the caller knows who sends it.
func (b *body) raiseLimit(most int64) error {
	if b == nil {
		return nil
	}
	b.release()
	b.budget = nil
	b.limit = min(most, b.routeLimit)
	if b.length > b.limit {
		return b.tooLarge(b.limit)
	}
	return nil
}

// release says that what was read is not held any more.
func (b *body) release() {
	if b.budget != nil {
		b.budget.release(b.network, b.held)
		b.held = 0
	}
}

// Read implements io.Reader. Beyond the limit it returns *http.MaxBytesError.
func (b *body) Read(p []byte) (int, error) {
	if b.read > b.limit {
		return 0, b.tooLarge(b.limit)
	}
	if !b.started {
		b.started = true
		if b.budget != nil {
			b.control.SetReadDeadline(time.Now().Add(anonymousTimeout))
		}
	}
	if b.speed != nil {
		if err := b.speed.check(b.control); err != nil {
			b.header.Set("Connection", "close")
			return 0, err
		}
	}
	if most := b.limit - b.read + 1; int64(len(p)) > most {
		p = p[:most]
	}
	if b.budget != nil {
		p = p[:min(len(p), 4<<10)] // as much as is counted before it is there
		if !b.budget.acquire(b.network, int64(len(p))) {
			b.header.Set("Connection", "close")
			return 0, errBusy
		}
	}
	n, err := b.source.Read(p)
	b.truncated = errors.Is(err, io.ErrUnexpectedEOF)
	if b.budget != nil {
		b.budget.release(b.network, int64(len(p)-n))
		b.held += int64(n)
	}
	b.read += int64(n)
	switch {
	case b.read > b.limit:
		return n, b.tooLarge(b.limit)
	case errors.Is(err, io.EOF):
		b.complete = true
		b.control.SetReadDeadline(time.Time{}) // else the rest of the request would end with it
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.header.Set("Connection", "close")
		return n, errSlow
	case b.speed != nil:
		b.speed.received(n)
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error { return b.source.Close() }

var (
	errSlow = &fail.Error{Kind: fail.Busy, RetryAfter: 5 * time.Second,
		Message: "What was sent came too slowly and was stopped. Please send it again on a faster connection."}
	errTruncated = fail.New(fail.Invalid, "The form did not arrive as a whole. Nothing was changed; please send it again.")
	errFields    = fail.New(fail.Invalid, "The form has too many fields. Nothing was changed.")
)

// readAnonymousForm reads the form of a page that everybody can open. There are no files in those.
func readAnonymousForm(c echo.Context) error {
	b := bodyOf(c)
	if b == nil {
		return nil
	}
	b.limit = min(b.limit, maxAnonymousForm)
	if b.length > b.limit {
		return b.tooLarge(b.limit)
	}
	if contentType(c) == echo.MIMEMultipartForm {
		return fail.New(fail.Invalid, "This form cannot be read. Please reload the page and try again.")
	}
	return readForm(c, maxAnonymousFields)
}

// readStaffForm lets somebody who is logged in send what the route takes, and reads a form. What is larger than formMost is left to the
// handler.
func readStaffForm(c echo.Context) error {
	b := bodyOf(c)
	if b != nil && b.routeLimit <= maxForm && contentType(c) == echo.MIMEApplicationForm { // the hidden fields of ours do not count
		most := b.routeLimit
		b.routeLimit += maxHiddenBytes
		if err := b.raiseLimit(b.routeLimit); err != nil {
			return err
		}
		if err := readForm(c, maxStaffFields); err != nil {
			return err
		}
		if b.read-hiddenBytes(c.Request().PostForm) > most {
			return b.tooLarge(most)
		}
		return nil
	}
	if err := b.raiseLimit(1 << 40); err != nil || b == nil || b.routeLimit > maxForm || contentType(c) != echo.MIMEMultipartForm {
		return err
	}
	if err := c.Request().ParseMultipartForm(b.limit); err != nil {
		return bodyReadError(err)
	}
	return nil
}

// hiddenBytes is how many bytes of a form the hidden fields take that every form has.
func hiddenBytes(form url.Values) (n int64) {
	for name, values := range form {
		if strings.HasPrefix(name, "_") {
			for _, v := range values {
				n += int64(len(url.QueryEscape(name)) + len(url.QueryEscape(v)) + 2)
			}
		}
	}
	return min(n, maxHiddenBytes)
}

func contentType(c echo.Context) string {
	kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	return kind
}

// readForm reads a form whose fields are not more than so many: each takes far more memory than bytes.
func readForm(c echo.Context, fields int) error {
	r := c.Request()
	if contentType(c) != echo.MIMEApplicationForm {
		return nil
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return bodyReadError(err)
	}
	if bytes.Count(raw, []byte("&")) >= fields {
		return errFields
	}
	was := r.Body
	r.Body = io.NopCloser(bytes.NewReader(raw))
	r.ParseForm() //nolint:errcheck // fields that cannot be read are not there
	r.Body = was
	return nil
}

// bodyReadError words why a body could not be read.
func bodyReadError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || fail.As(err) != nil {
		return err
	}
	return errTruncated
}
