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

// Where a network blocks WebSockets, a panel posts its frames and polls for what comes: the same frames, each request whole
// in itself (it begins with hello), so that any process can answer it.

const maxPollWait = 25 * time.Second // proxies give up after 30

// MaxPollFrames is how many frames one request can have.
const MaxPollFrames = 50

// ServePoll handles the frames of one request of a panel, the first of which is its hello, and returns what came: at once
// if there is anything to say, else after something has come or wait has passed.
func (h *Hub) ServePoll(r *http.Request, site *org.WidgetWebsite, address string, sent []json.RawMessage, wait time.Duration) ([]json.RawMessage, error) {
	if h.isDraining() {
		return nil, ErrDraining
	}
	if len(sent) == 0 || len(sent) > MaxPollFrames {
		return nil, fail.New(fail.Invalid, "A request has 1 to %d frames, the first of which is hello.", MaxPollFrames)
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
	if len(sent) > 1 { // acknowledged means that other processes know too: nobody comes back to ring again
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		h.bus.Flush(ctx)
		cancel()
	}
	if wait = min(wait, maxPollWait); wait > 0 {
		answer.Wait(r.Context(), wait, h.drained)
	}
	return answer.Frames(), nil
}
