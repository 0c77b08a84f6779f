package web

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"parley/app/fail"
)

const (
	slotsMost    = 120 // files and catalogues that come in at once
	slotsOfOrg   = 20  // of one organization
	slotsOfOne   = 6   // of a network's visitors, or of a team member
	importsMost  = 2   // catalogues that are worked on at once: each takes some 50 MB of memory
	importsOfOrg = 1
	importWaits  = 15 * time.Second

	uploadIn     = 5 * time.Minute  // in which a file has to come: at 50 MB some 170 kB a second
	speedIn      = 15 * time.Second // over which its speed is measured
	speedUsual   = 4 << 10          // bytes a second
	speedCrowded = 32 << 10         // where more than half of the slots are taken
)

// slots bounds how much of one kind of work goes on at once, in all and for each key: nobody keeps the others out.
type slots struct {
	most int
	mu   sync.Mutex
	all  int
	of   map[string]int
	free chan struct{} // closed when a slot is given back
	now  atomic.Int32  // all, for those who only look
}

func newSlots(most int) *slots {
	return &slots{most: most, of: map[string]int{}, free: make(chan struct{})}
}

// take takes a slot; the returned function gives it back. keys says how many each key may have. It waits until one is free, at most so
// long, and then returns fail.Busy.
func (s *slots) take(ctx context.Context, wait time.Duration, keys map[string]int) (release func(), err error) {
	var timeout <-chan time.Time
	for {
		free, ok := s.try(keys)
		if ok {
			return func() { s.release(keys) }, nil
		}
		if wait > 0 && timeout == nil {
			timeout = time.After(wait)
		}
		if wait > 0 {
			select {
			case <-free:
				continue
			case <-timeout:
			case <-ctx.Done():
			}
		}
		return nil, &fail.Error{Kind: fail.Busy, RetryAfter: 3 * time.Second,
			Message: "Very many files are being sent just now. Please try again in a moment."}
	}
}

func (s *slots) try(keys map[string]int) (free <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	full := s.all >= s.most
	for key, most := range keys {
		full = full || s.of[key] >= most
	}
	if full {
		return s.free, false
	}
	s.all++
	s.now.Store(int32(s.all))
	for key := range keys {
		s.of[key]++
	}
	return nil, true
}

func (s *slots) release(keys map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	s.now.Store(int32(s.all))
	for key := range keys {
		if s.of[key]--; s.of[key] <= 0 {
			delete(s.of, key)
		}
	}
	close(s.free)
	s.free = make(chan struct{})
}

// speed is how many bytes a second have to come now.
func (s *slots) speed() int64 {
	if int(s.now.Load()) > s.most/2 {
		return speedCrowded
	}
	return speedUsual
}

// share is a key of slots with how many it may have. Addresses of this very machine stand for a proxy or a program beside the server.
func share(keys map[string]int, network string) map[string]int {
	if ip := net.ParseIP(network); network != "" && (ip == nil || !ip.IsLoopback()) {
		keys[network] = slotsOfOne
	}
	return keys
}

// pace ends what comes too slowly.
type pace struct {
	slots *slots
	end   time.Time
	since time.Time // of the present measure
	bytes int64     // since then
}

// paced makes a large body come at some speed.
func (b *body) paced(s *slots) {
	if b == nil {
		return
	}
	now := time.Now()
	b.pace = &pace{slots: s, end: now.Add(uploadIn), since: now}
	b.control.SetWriteDeadline(now.Add(uploadIn + 2*time.Minute))
}

// next says whether it may go on, and until when something has to come.
func (p *pace) next(control *http.ResponseController) error {
	now := time.Now()
	if past := now.Sub(p.since); past >= speedIn {
		if p.bytes < int64(past/time.Second)*p.slots.speed() {
			return errSlow
		}
		p.since, p.bytes = now, 0
	}
	if now.After(p.end) {
		return errSlow
	}
	return control.SetReadDeadline(now.Add(speedIn))
}

func (p *pace) came(n int) { p.bytes += int64(n) }
