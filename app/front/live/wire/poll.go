package wire

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Polls counts the requests of panels whose network blocks WebSockets.
type Polls struct{ counters counters }

// NewPolls returns Polls without a request.
func NewPolls() *Polls { return &Polls{counters{name: "polls"}} }

// Stats returns the present counts.
func (p *Polls) Stats() Stats { return p.counters.stats() }

// maxPollBytes is how many bytes one response may have. The sizes of pages and of requests keep it far smaller.
const maxPollBytes = 64 << 20

// pollGatherDelay is how long a response waits for frames that come together.
const pollGatherDelay = 30 * time.Millisecond

// PollResponse gathers the frames that a panel is sent during one request.
type PollResponse struct {
	polls   *Polls
	socket  *Socket
	mu      sync.Mutex
	frames  []json.RawMessage
	ready   chan struct{} // closed when there is something to answer with
	isReady bool          // ready is closed
}

// Begin opens a socket for one request. End must be called after it.
func (p *Polls) Begin() (*Socket, *PollResponse) {
	r := newPollResponse(p)
	p.counters.open.Add(1)
	p.counters.opened.Add(1)
	return r.socket, r
}

func newPollResponse(p *Polls) *PollResponse {
	r := &PollResponse{polls: p, ready: make(chan struct{})}
	r.socket = newSocket(&p.counters, maxPollBytes, r)
	return r
}

// End closes the socket of the request.
func (r *PollResponse) End() {
	r.socket.markClosed()
	r.polls.counters.open.Add(-1)
}

// Wait returns when there is something to answer with, when maxWait has passed, when draining is closed, or when the client has
// gone.
func (r *PollResponse) Wait(ctx context.Context, maxWait time.Duration, draining <-chan struct{}) {
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case <-r.ready:
		select {
		case <-time.After(pollGatherDelay):
		case <-ctx.Done():
		}
	case <-timer.C:
	case <-draining:
	case <-ctx.Done():
	}
}

// Frames returns what has come so far.
func (r *PollResponse) Frames() []json.RawMessage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.frames)
}

func (r *PollResponse) write(frame []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames = append(r.frames, frame)
	r.markReady()
}

// writeQuietly takes a frame that is no reason to answer yet.
func (r *PollResponse) writeQuietly(frame []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames = append(r.frames, frame)
}

func (r *PollResponse) markReady() {
	if !r.isReady {
		r.isReady = true
		close(r.ready)
	}
}

func (r *PollResponse) close(int, string) { r.cut() }

func (r *PollResponse) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.markReady()
}
