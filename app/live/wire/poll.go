package wire

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Polls are the requests of panels whose network blocks sockets.
type Polls struct{ tally tally }

// NewPolls returns none yet.
func NewPolls() *Polls { return &Polls{tally{name: "polls"}} }

// pollBytes is the most one answer may have; pages and the number of frames keep it far smaller.
const pollBytes = 64 << 20

// company is how long an answer waits for what comes together.
const company = 30 * time.Millisecond

// Answer gathers what a panel would be sent during one request.
type Answer struct {
	polls  *Polls
	socket *Socket
	mu     sync.Mutex
	frames []json.RawMessage
	news   chan struct{} // closed when there is something to answer with
	heard  bool          // news is closed
}

// Begin opens a socket for one request. End is to be called after it.
func (p *Polls) Begin() (*Socket, *Answer) {
	a := &Answer{polls: p, news: make(chan struct{})}
	s := newSocket(&p.tally, pollBytes)
	s.carrier, a.socket = a, s
	p.tally.open.Add(1)
	p.tally.opened.Add(1)
	return s, a
}

// End says that the request is over.
func (a *Answer) End() {
	a.socket.end()
	a.polls.tally.open.Add(-1)
}

// Stats returns the present figures.
func (p *Polls) Stats() Stats { return p.tally.stats() }

// Wait waits until there is something to answer with, at most so long, or until the server leaves or the client has gone.
func (a *Answer) Wait(ctx context.Context, longest time.Duration, leaving <-chan struct{}) {
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case <-a.news:
		select {
		case <-time.After(company):
		case <-ctx.Done():
		}
	case <-timer.C:
	case <-leaving:
	case <-ctx.Done():
	}
}

// Frames returns what has come so far.
func (a *Answer) Frames() []json.RawMessage {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.frames)
}

func (a *Answer) write(frame []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.frames = append(a.frames, frame)
	a.wake()
}

// keep takes a frame that is no reason to answer yet.
func (a *Answer) keep(frame []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.frames = append(a.frames, frame)
}

func (a *Answer) wake() {
	if !a.heard {
		a.heard = true
		close(a.news)
	}
}

func (a *Answer) close(int, string) { a.cut() }

func (a *Answer) cut() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wake()
}
