package background

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/front/live/wire"
)

// Throttle does something for an organization a moment after it was asked for: once for all requests of that moment, and not again before
// it is done and a pause has passed. The zero Throttle is ready to use.
type Throttle struct {
	mu     sync.Mutex
	states map[uuid.UUID]*throttleState
}

type throttleState struct {
	requested bool // since it was last done
	scheduled bool // a timer runs
}

const (
	throttleDelay    = 50 * time.Millisecond // from a request to its work
	throttleInterval = time.Second           // the shortest pause
)

// pauseAfter returns the pause after work that took so long: work that takes long, because very many wait, is done less
// often and never takes more than a twentieth of the time.
func pauseAfter(took time.Duration) time.Duration { return max(throttleInterval, 19*took) }

// Request has work done for an organization, soon.
func (t *Throttle) Request(org uuid.UUID, doing string, work func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.states == nil {
		t.states = map[uuid.UUID]*throttleState{}
	}
	s := t.states[org]
	if s == nil {
		s = &throttleState{}
		t.states[org] = s
	}
	s.requested = true
	if s.scheduled {
		return
	}
	s.scheduled = true
	var run func()
	run = func() {
		if !t.begin(org, s) {
			return
		}
		begun := time.Now()
		wire.Guard(doing, work, nil) // this is the timer's own goroutine
		time.AfterFunc(pauseAfter(time.Since(begun)), run)
	}
	time.AfterFunc(throttleDelay, run)
}

// begin reports whether there is work to do. If not, the organization is forgotten until the next request.
func (t *Throttle) begin(org uuid.UUID, s *throttleState) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !s.requested {
		s.scheduled = false
		delete(t.states, org)
		return false
	}
	s.requested = false
	return true
}
