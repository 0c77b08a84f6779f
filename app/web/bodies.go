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

	"parley/app/fail"
	"parley/app/outside"
)

const (
	strangersAll     = 16 << 20         // bytes of bodies of people who are not logged in that this process holds at once
	strangersNetwork = 2 << 20          // of them from one network
	strangersIn      = 10 * time.Second // in which such a body must have come
	strangersFields  = 100              // fields of such a form
	staffFields      = 10_000
)

// budget is how many bytes are held of the bodies of people who are not logged in.
type budget struct {
	mu  sync.Mutex
	all int64
	of  map[string]int64 // by network
}

func newBudget() *budget { return &budget{of: map[string]int64{}} }

// take counts bytes, or says that there are too many.
func (b *budget) take(network string, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all+n > strangersAll || b.of[network]+n > strangersNetwork {
		return false
	}
	b.all += n
	b.of[network] += n
	return true
}

func (b *budget) release(network string, n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all -= n
	if b.of[network] -= n; b.of[network] <= 0 {
		delete(b.of, network)
	}
}

var errCrowded = &fail.Error{Kind: fail.Busy, RetryAfter: 2 * time.Second, Message: "Parley is busy. Please try again in 2 seconds."}

// body is the body of a request. A stranger's is small, has to come soon, and is counted; of somebody who may send more it is what
// the route takes, and a large one has to come at some speed.
type body struct {
	cut     bool // it ended before it was whole
	from    io.ReadCloser
	control *http.ResponseController
	header  http.Header // of the answer
	route   int64       // bytes that the route takes
	limit   int64       // bytes that may come now
	length  int64       // as the request says; -1: it does not
	read    int64

	budget  *budget // nil: it is not counted any more
	network string
	held    int64

	begun bool
	ended bool  // all of it has come
	pace  *pace // nil: a stranger's, or a small one
}

// bounded bounds the body of every request of a route before anything looks at it.
func (s *Server) bounded(r Route, next echo.HandlerFunc) echo.HandlerFunc {
	route, staff := r.BodyLimit(), r.view != nil
	return func(c echo.Context) error {
		req := c.Request()
		if req.Body == nil || req.Body == http.NoBody {
			return next(c)
		}
		b := &body{from: req.Body, control: http.NewResponseController(c.Response()), header: c.Response().Header(), route: route,
			limit: min(route, strangersBody), length: req.ContentLength, budget: s.bodies, network: outside.Network(c.RealIP())}
		r := *req // net/http looks at the body of its own when it decides whether to read on after the answer
		r.Body = b
		c.SetRequest(&r)
		defer b.release()
		if route <= strangersBody && b.length > route && !staff { // else it is seen when it is known who sends it
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

// allow lets as much come as the route takes: the caller knows who sends it.
func (b *body) allow(most int64) error {
	if b == nil {
		return nil
	}
	b.release()
	b.budget = nil
	b.limit = min(most, b.route)
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
	if !b.begun {
		b.begun = true
		if b.budget != nil {
			b.control.SetReadDeadline(time.Now().Add(strangersIn))
		}
	}
	if b.pace != nil {
		if err := b.pace.next(b.control); err != nil {
			b.header.Set("Connection", "close")
			return 0, err
		}
	}
	if most := b.limit - b.read + 1; int64(len(p)) > most {
		p = p[:most]
	}
	if b.budget != nil {
		p = p[:min(len(p), 4<<10)] // as much as is counted before it is there
		if !b.budget.take(b.network, int64(len(p))) {
			b.header.Set("Connection", "close")
			return 0, errCrowded
		}
	}
	n, err := b.from.Read(p)
	b.cut = errors.Is(err, io.ErrUnexpectedEOF)
	if b.budget != nil {
		b.budget.release(b.network, int64(len(p)-n))
		b.held += int64(n)
	}
	b.read += int64(n)
	switch {
	case b.read > b.limit:
		return n, b.tooLarge(b.limit)
	case errors.Is(err, io.EOF):
		b.ended = true
		b.control.SetReadDeadline(time.Time{}) // else the rest of the request would end with it
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.header.Set("Connection", "close")
		return n, errSlow
	case b.pace != nil:
		b.pace.came(n)
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error { return b.from.Close() }

var (
	errSlow = &fail.Error{Kind: fail.Busy, RetryAfter: 5 * time.Second,
		Message: "What was sent came too slowly and was stopped. Please send it again on a faster connection."}
	errCut    = fail.New(fail.Invalid, "The form did not arrive as a whole. Nothing was changed; please send it again.")
	errFields = fail.New(fail.Invalid, "The form has too many fields. Nothing was changed.")
)

// strangersFormOf reads the form of a page that everybody can open. There are no files in those.
func strangersFormOf(c echo.Context) error {
	b := bodyOf(c)
	if b == nil {
		return nil
	}
	b.limit = min(b.limit, strangersForm)
	if b.length > b.limit {
		return b.tooLarge(b.limit)
	}
	if kind(c) == echo.MIMEMultipartForm {
		return fail.New(fail.Invalid, "This form cannot be read. Please reload the page and try again.")
	}
	return readForm(c, strangersFields)
}

// staffFormOf lets somebody who is logged in send what the route takes, and reads a form. What is larger than formMost is left to the
// handler.
func staffFormOf(c echo.Context) error {
	b := bodyOf(c)
	if b != nil && b.route <= formMost && kind(c) == echo.MIMEApplicationForm { // the hidden fields of ours do not count
		most := b.route
		b.route += hiddenMost
		if err := b.allow(b.route); err != nil {
			return err
		}
		if err := readForm(c, staffFields); err != nil {
			return err
		}
		if b.read-hiddenBytes(c.Request().PostForm) > most {
			return b.tooLarge(most)
		}
		return nil
	}
	if err := b.allow(1 << 40); err != nil || b == nil || b.route > formMost || kind(c) != echo.MIMEMultipartForm {
		return err
	}
	if err := c.Request().ParseMultipartForm(b.limit); err != nil {
		return cut(err)
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
	return min(n, hiddenMost)
}

func kind(c echo.Context) string {
	kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	return kind
}

// readForm reads a form whose fields are not more than so many: each takes far more memory than bytes.
func readForm(c echo.Context, fields int) error {
	r := c.Request()
	if kind(c) != echo.MIMEApplicationForm {
		return nil
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return cut(err)
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

// cut words why a body could not be read.
func cut(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || fail.As(err) != nil {
		return err
	}
	return errCut
}
