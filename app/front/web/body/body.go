// Package body reads the bodies of requests within limits of size, time and memory.
//
// Owns: how much of a request's body is read, how fast it has to come, and how many files come in at once.
//
// Must not touch: what is in a body, routes, pages.
//
// Always true: bytes of people who are not logged in are counted before they are held; nobody holds a slot who sends nothing.
package body

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v4"
)

// Body is the body of a request. One of somebody who is not known is small, has to come soon, and is counted in a Budget. For somebody
// who may send more RaiseLimit allows what the route takes; LimitSpeed then asks for some speed.
type Body struct {
	source     io.ReadCloser
	control    *http.ResponseController
	header     http.Header // of the answer
	routeLimit int64       // bytes that the route takes
	limit      int64       // bytes that may come now
	length     int64       // as the request says; -1: it does not
	read       int64

	budget  *Budget // nil: it is not counted any more
	network string
	held    int64

	started   bool
	complete  bool        // all of it has come
	truncated bool        // it ended before it was whole
	speed     *speedCheck // nil: its speed is not limited
}

// Of returns the body of a request; nil if it has none.
func Of(c echo.Context) *Body {
	b, _ := c.Request().Body.(*Body)
	return b
}

// Length returns how many bytes the request says it has; -1 if it does not say.
func (b *Body) Length() int64 { return b.length }

// IsComplete reports whether all of the body has come.
func (b *Body) IsComplete() bool { return b.complete }

// IsTruncated reports whether the body ended before it was whole.
func (b *Body) IsTruncated() bool { return b.truncated }

// CloseConnection makes the server end the connection after the answer: what else would come is not read.
func (b *Body) CloseConnection() { b.header.Set("Connection", "close") }

func (b *Body) tooLarge(most int64) error {
	b.CloseConnection()
	return &http.MaxBytesError{Limit: most}
}

// RaiseLimit allows as many bytes as the route takes, but not more than most: the caller knows who sends them. It returns
// *http.MaxBytesError if the request says that there are more. A nil Body is fine.
func (b *Body) RaiseLimit(most int64) error {
	if b == nil {
		return nil
	}
	b.Release()
	b.budget = nil
	b.limit = min(most, b.routeLimit)
	if b.length > b.limit {
		return b.tooLarge(b.limit)
	}
	return nil
}

// LowerLimit allows most bytes at most, whatever was allowed before. A nil Body is fine.
func (b *Body) LowerLimit(most int64) {
	if b != nil {
		b.limit = min(b.limit, most)
	}
}

// Release gives back to the budget what was read: the caller does not hold it any more.
func (b *Body) Release() {
	if b.budget != nil {
		b.budget.release(b.network, b.held)
		b.held = 0
	}
}

// Read implements io.Reader. It returns *http.MaxBytesError beyond the limit, and fail.Busy if the budget is used up or
// bytes come too slowly.
func (b *Body) Read(p []byte) (int, error) {
	if b.read > b.limit {
		return 0, b.tooLarge(b.limit)
	}
	p, err := b.prepareRead(p)
	if err != nil {
		b.CloseConnection()
		return 0, err
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
		b.CloseConnection()
		return n, errSlow
	case b.speed != nil:
		b.speed.received(n)
	}
	return n, err
}

// prepareRead sets the deadline of the next read, checks the speed, and cuts p to what may come and is counted in the budget.
func (b *Body) prepareRead(p []byte) ([]byte, error) {
	if !b.started {
		b.started = true
		if b.budget != nil {
			b.control.SetReadDeadline(time.Now().Add(anonymousTimeout))
		}
	}
	if b.speed != nil {
		if err := b.speed.check(b.control); err != nil {
			return nil, err
		}
	}
	if most := b.limit - b.read + 1; int64(len(p)) > most {
		p = p[:most]
	}
	if b.budget != nil {
		p = p[:min(len(p), countedRead)]
		if !b.budget.acquire(b.network, int64(len(p))) {
			return nil, errBusy
		}
	}
	return p, nil
}

// countedRead is how many bytes of an anonymous body are read, and counted before, at once.
const countedRead = 4 << 10

// Close implements io.Closer.
func (b *Body) Close() error { return b.source.Close() }
