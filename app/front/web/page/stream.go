package page

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// readTimeout is how long a reader may leave a piece of an answer unread.
const readTimeout = 30 * time.Second

// LimitWriteTime ends the connection of a reader that leaves a complete answer unread for 30 seconds: connections are few.
func LimitWriteTime(c echo.Context) {
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(readTimeout)); err != nil {
		slog.Debug("an answer without a deadline", "error", err)
	}
}

// FinishStream ends an answer that was written piece by piece. One that is not whole is cut off, so that nobody takes it for whole.
func (req *Request) FinishStream(err error) error {
	if err != nil && req.Response().Committed {
		slog.Debug("an export was cut off", "route", req.Path(), "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// StreamWriter returns a writer for an answer that may be long. A write fails if nothing is read for 30 seconds.
func (req *Request) StreamWriter() io.Writer {
	return &deadlineWriter{req.Response(), http.NewResponseController(req.Response())}
}

type deadlineWriter struct {
	to      io.Writer
	control *http.ResponseController
}

// Write implements io.Writer.
func (p *deadlineWriter) Write(b []byte) (int, error) {
	if err := p.control.SetWriteDeadline(time.Now().Add(readTimeout)); err != nil {
		return 0, err
	}
	return p.to.Write(b)
}
