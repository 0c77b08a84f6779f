package widget

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"parley/app/domain/org"
	"parley/app/front/live"
	"parley/app/front/web/body"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
)

// Socket connects a panel.
func (h *Handlers) Socket(c echo.Context, site *org.WidgetWebsite) error {
	return h.live.ServePanel(c.Response(), c.Request(), site, c.RealIP())
}

// Poll serves a panel where WebSockets are blocked: a JSON array of the socket's frames in, one out. With "wait" (seconds) the answer
// may take that long to have something to say.
func (h *Handlers) Poll(c echo.Context, site *org.WidgetWebsite) error {
	r := c.Request()
	header := c.Response().Header()
	header.Set("Vary", "Origin")
	header.Set("Cache-Control", "no-store")
	page.AllowOrigin(c)
	frames, err := decodeFrames(r.Body)
	if err != nil {
		return err
	}
	body.Of(c).Release() // what waits for an answer holds nothing
	seconds, _ := strconv.Atoi(c.QueryParam("wait"))
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	answer, err := h.live.ServePoll(r, site, c.RealIP(), frames, time.Duration(max(0, seconds))*time.Second)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// decodeFrames reads a JSON array of frames; of one with more than live.MaxPollFrames one more than that.
func decodeFrames(from io.Reader) (frames []json.RawMessage, err error) {
	dec := json.NewDecoder(from)
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return nil, frameError(err, "The request is not a JSON array of frames.")
	}
	for dec.More() {
		var frame json.RawMessage
		if err := dec.Decode(&frame); err != nil {
			return nil, frameError(err, "The request is not a JSON array of frames.")
		}
		if frames = append(frames, frame); len(frames) > live.MaxPollFrames {
			return frames, nil // which is refused where the number is counted
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, frameError(err, "The request is not a JSON array of frames.")
	}
	return frames, nil
}

// frameError returns why a body was not read: err if it says so in words for a person, else the message.
func frameError(err error, words string) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || fail.As(err) != nil {
		return err
	}
	return fail.New(fail.Invalid, "%s", words)
}
