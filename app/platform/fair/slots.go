// Package fair shares a fixed number of slots between organizations, so that one of them can be slow but not in the way of others.
//
// Owns: Slots, which hands out slots in turns and bounds what one organization holds and how many of its callers wait.
//
// Must not touch: anything of Parley but the wording of errors.
//
// Always true: a slot that becomes free goes to the waiting organization that holds the fewest, and among these to the one
// that was served longest ago.
package fair

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// Slots hands out a fixed number of slots.
type Slots struct {
	limits Limits

	mu      sync.Mutex
	free    int
	clock   uint64 // counts services: who has the lower number was served longer ago
	holders map[uuid.UUID]*holder
	waiting map[uuid.UUID]*holder // the holders with callers that wait
}

// Limits bounds Slots.
type Limits struct {
	Total           int           // slots in all, at least 1
	PerOrganization int           // slots that one organization may hold, at least 1
	MaxWaiting      int           // callers of one organization that may wait; 0: nobody waits
	MaxWait         time.Duration // how long a caller waits before it is refused
	Cooldown        float64       // how long a slot stays taken after it was given back, in times of how long it was held; at most RestMost
	BusyMessage     string        // what a caller reads who is refused; empty: Doing says it
	Activity        string        // what the slots are for, as it follows "Your organization is": "importing files"
}

// MaxCooldown is the longest time that a slot stays taken after it was given back.
const MaxCooldown = 3 * time.Second

// holder is one organization that holds slots or waits for them.
type holder struct {
	id     uuid.UUID
	held   int
	served uint64
	queue  []*waiter
}

type waiter struct{ granted chan struct{} }

// New returns slots that are all free.
func New(l Limits) *Slots {
	l.Total, l.PerOrganization = max(1, l.Total), max(1, l.PerOrganization)
	return &Slots{limits: l, free: l.Total, holders: map[uuid.UUID]*holder{}, waiting: map[uuid.UUID]*holder{}}
}

// Acquire takes a slot for an organization, waiting for its turn. The slot is held until release is called (and for the
// rest that the limits name); calling it again does nothing. The error is fail.Busy if too many of the organization's
// callers wait or the wait takes too long, or ctx's own.
func (s *Slots) Acquire(ctx context.Context, org uuid.UUID) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	h := s.holders[org]
	if h == nil {
		h = &holder{id: org}
		s.holders[org] = h
	}
	if s.free > 0 && h.held < s.limits.PerOrganization && len(h.queue) == 0 {
		// nobody else waits for this one: it would have been given away
		s.grant(h)
		s.mu.Unlock()
		return s.releaseFunc(h), nil
	}
	if len(h.queue) >= s.limits.MaxWaiting {
		s.removeIfIdle(h)
		s.mu.Unlock()
		return nil, s.busyError()
	}
	w := &waiter{granted: make(chan struct{})}
	h.queue = append(h.queue, w)
	s.waiting[org] = h
	s.mu.Unlock()

	timer := time.NewTimer(s.limits.MaxWait)
	defer timer.Stop()
	select {
	case <-w.granted:
		return s.releaseFunc(h), nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = s.busyError()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-w.granted: // in the same moment: it is passed on
		s.returnSlot(h)
	default:
		s.removeWaiter(h, w)
	}
	return nil, err
}

// Held says how many slots are held and how many callers wait.
func (s *Slots) Held() (held, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.waiting {
		waiting += len(h.queue)
	}
	return s.limits.Total - s.free, waiting
}

func (s *Slots) busyError() error {
	doing := s.limits.Activity
	if doing == "" {
		doing = "busy with other requests"
	}
	if s.limits.BusyMessage != "" {
		return &fail.Error{Kind: fail.Busy, RetryAfter: 5 * time.Second, Message: s.limits.BusyMessage}
	}
	e := fail.New(fail.Busy, "Your organization is already %s. Try again in 5 seconds.", doing)
	e.RetryAfter = 5 * time.Second
	return e
}

// grant gives a free slot to h.
func (s *Slots) grant(h *holder) {
	s.clock++
	h.served = s.clock
	h.held++
	s.free--
}

func (s *Slots) releaseFunc(h *holder) func() {
	var once sync.Once
	since := time.Now()
	back := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.returnSlot(h)
	}
	return func() {
		once.Do(func() {
			if rest := min(MaxCooldown, time.Duration(s.limits.Cooldown*float64(time.Since(since)))); rest > 0 {
				time.AfterFunc(rest, back)
				return
			}
			back()
		})
	}
}

// returnSlot takes a slot back from h and gives it to whose turn it is.
func (s *Slots) returnSlot(h *holder) {
	h.held--
	s.free++
	for s.free > 0 {
		next := s.nextHolder()
		if next == nil {
			break
		}
		w := next.queue[0]
		s.removeWaiter(next, w)
		s.grant(next)
		close(w.granted)
	}
	s.removeIfIdle(h)
}

// nextHolder is the organization whose turn it is; nil if nobody may have a slot.
func (s *Slots) nextHolder() (best *holder) {
	for _, h := range s.waiting {
		if h.held >= s.limits.PerOrganization {
			continue
		}
		if best == nil || h.held < best.held || h.held == best.held && h.served < best.served {
			best = h
		}
	}
	return best
}

// removeWaiter takes a waiter out of h's queue.
func (s *Slots) removeWaiter(h *holder, w *waiter) {
	for i, other := range h.queue {
		if other == w {
			h.queue = append(h.queue[:i], h.queue[i+1:]...)
			break
		}
	}
	if len(h.queue) == 0 {
		h.queue = nil
		delete(s.waiting, h.id)
	}
	s.removeIfIdle(h)
}

// removeIfIdle drops h when nothing of it is left.
func (s *Slots) removeIfIdle(h *holder) {
	if h.held == 0 && len(h.queue) == 0 && s.holders[h.id] == h {
		delete(s.holders, h.id)
	}
}
