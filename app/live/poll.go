package live

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/fail"
	"parley/app/org"
)

// Where a network blocks WebSockets, a panel posts its frames and polls for what comes: the same frames, each request whole
// in itself (it begins with hello), so that any process can answer it.

// pollWire gathers what a panel would be sent during one request.
type pollWire struct {
	*socket
	mu     sync.Mutex
	frames []json.RawMessage
	news   chan struct{} // closed when there is something to answer with
	heard  bool          // news is closed
}

func (w *pollWire) write(frame []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.frames = append(w.frames, frame)
	w.wake()
}

// keep takes a frame that is no reason to answer yet.
func (w *pollWire) keep(frame []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.frames = append(w.frames, frame)
}

func (w *pollWire) wake() {
	if !w.heard {
		w.heard = true
		close(w.news)
	}
}

func (w *pollWire) close(int, string) { w.cut() }

func (w *pollWire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wake()
}

// Waits of a poll.
const (
	pollLongest = 25 * time.Second      // proxies give up after 30
	pollCompany = 30 * time.Millisecond // what comes together is answered together
	pollFrames  = 50                    // of one request
	pollBytes   = 64 << 20              // of an answer: pages and the number of frames keep it far smaller
)

// AnswerPanel handles the frames of one request of a panel, the first of which is its hello, and returns what came: at once
// if there is anything to say, else after something has come or wait has passed.
func (h *Hub) AnswerPanel(r *http.Request, site *org.Site, address string, frames []json.RawMessage, wait time.Duration) ([]json.RawMessage, error) {
	if h.isDraining() {
		return nil, ErrDraining
	}
	if len(frames) == 0 || len(frames) > pollFrames {
		return nil, fail.New(fail.Invalid, "A request has 1 to %d frames, the first of which is hello.", pollFrames)
	}
	address = network(address)
	if err := h.gauges.request(address); err != nil {
		return nil, err
	}
	if err := h.gauges.enter(address, site.ID); err != nil {
		return nil, err
	}
	defer h.gauges.leave(address, site.ID)
	w := &pollWire{news: make(chan struct{}), socket: newSocket(&h.polls, pollBytes)}
	w.socket.wire = w
	p := h.newPanel(r, site, address)
	h.polls.open.Add(1)
	h.polls.opened.Add(1)
	p.opened(w.socket)
	defer func() {
		p.closed()
		h.polls.open.Add(-1)
	}()
	for _, frame := range frames {
		p.received(frame)
	}
	if len(frames) > 1 { // acknowledged means that other processes know too: nobody comes back to ring again
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		h.bus.Flush(ctx)
		cancel()
	}
	if wait = min(wait, pollLongest); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-w.news:
			select {
			case <-time.After(pollCompany):
			case <-r.Context().Done():
			}
		case <-timer.C:
		case <-h.drained:
		case <-r.Context().Done():
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.frames), nil
}

// isNews reports whether a welcome says anything that the panel does not know.
func (o welcomeOut) isNews(in frameIn) bool {
	return o.Token != "" || len(o.Messages) > 0 || o.Conversation != nil && (o.Conversation.ID != in.Conversation || in.Conversation == uuid.Nil)
}
