package live

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"parley/app/domain/org"
	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
)

// maxPollWait is how long a poll waits at most: proxies end a request after 30 seconds.
const maxPollWait = 25 * time.Second

// MaxPollFrames is how many frames one request may have.
const MaxPollFrames = 50

// ServePoll serves a panel whose network blocks WebSockets: it handles the frames of one request, the first of which is
// a hello, so that any process can answer, and returns the frames for the panel. If there are none, it waits for the
// first one, at most as long as wait. It returns fail.Invalid for too many frames or none, fail.Busy beyond a limit,
// and ErrDraining.
func (h *Hub) ServePoll(
	r *http.Request, site *org.WidgetWebsite, address string, sent []json.RawMessage, wait time.Duration,
) ([]json.RawMessage, error) {
	if h.isDraining() {
		return nil, ErrDraining
	}
	if len(sent) == 0 || len(sent) > MaxPollFrames {
		return nil, fail.New(fail.Invalid, "A request must have 1 to %d frames, starting with hello.", MaxPollFrames)
	}
	network := clientnet.Of(address)
	if err := h.limiter.AllowRequest(network); err != nil {
		return nil, err
	}
	if err := h.limiter.AcquireSocket(network, site.ID); err != nil {
		return nil, err
	}
	defer h.limiter.ReleaseSocket(network, site.ID)
	socket, answer := h.polls.Begin()
	defer answer.End()
	p := h.newPanel(r, site, address, socket, nil)
	p.Opened()
	defer p.Closed()
	for _, frame := range sent {
		p.Received(frame)
	}
	if len(sent) > 1 { // other processes must know before the client does: it does not come back to say it again
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		h.bus.Flush(ctx)
		cancel()
	}
	if wait = min(wait, maxPollWait); wait > 0 {
		answer.Wait(r.Context(), wait, h.drained)
	}
	return answer.Frames(), nil
}
