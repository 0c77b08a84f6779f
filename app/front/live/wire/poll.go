package wire

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Polls are the requests of panels whose network blocks sockets.
type Polls struct{ counters counters }

// NewPolls returns none yet.
func NewPolls() *Polls { return &Polls{counters{name: "polls"}} }

// maxPollBytes is the most one answer may have; pages and the number of frames keep it far smaller.
const maxPollBytes = 64 << 20

// pollGatherDelay is how long an answer waits for what comes together.
const pollGatherDelay = 30 * time.Millisecond

// PollResponse gathers what a panel would be sent during one request.
type PollResponse struct {
	polls   *Polls
	socket  *Socket
	mu      sync.Mutex
	frames  []json.RawMessage
	ready   chan struct{} // closed when there is something to answer with
	isReady bool          // news is closed
}

// Begin opens a socket for one request. End is to be called after it.
func (p *Polls) Begin() (*Socket, *PollResponse) {
	response := &PollResponse{polls: p, ready: make(chan struct{})}
	s := newSocket(&p.counters, maxPollBytes)
	s.transport, response.socket = response, s
	p.counters.open.Add(1)
	p.counters.opened.Add(1)
	return s, response
}

// End says that the request is over.
func (r *PollResponse) End() {
	r.socket.markClosed()
	r.polls.counters.open.Add(-1)
}

// Stats returns the present figures.
func (p *Polls) Stats() Stats { return p.counters.stats() }

// Wait waits until there is something to answer with, at most so long, or until the server leaves or the client has gone.
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
