package body

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"parley/app/platform/fail"
)

const (
	// MaxUploads is how many files and catalogs come in at once in all.
	MaxUploads = 120

	maxUploadsPerOrg    = 20 // of one organization
	maxUploadsPerSender = 6  // of a network's visitors, or of a team member
)

// Slots bounds how many uploads come in at once, in all and for each key: nobody keeps the others out.
type Slots struct {
	limit    int
	mu       sync.Mutex
	total    int
	byKey    map[string]int
	limiters map[string]*rate.Limiter // of the bytes that come in, for each key that has a slot
	current  atomic.Int32             // the total, for readers without the lock
}

// NewSlots returns slots for most uploads at once.
func NewSlots(most int) *Slots {
	return &Slots{limit: most, byKey: map[string]int{}, limiters: map[string]*rate.Limiter{}}
}

// Keys says whose slots an upload takes, and how many each may have at once.
type Keys map[string]int

// OfMember returns the keys of a team member's upload.
func OfMember(org, user uuid.UUID) Keys {
	return Keys{org.String(): maxUploadsPerOrg, user.String(): maxUploadsPerSender}
}

// OfVisitor returns the keys of a visitor's upload. Addresses of this very machine stand for a proxy or a program beside the server, and
// count for the organization only.
func OfVisitor(org uuid.UUID, network string) Keys {
	keys := Keys{org.String(): maxUploadsPerOrg}
	if ip := net.ParseIP(network); network != "" && (ip == nil || !ip.IsLoopback()) {
		keys[network] = maxUploadsPerSender
	}
	return keys
}

// Acquire takes a slot for all keys; release gives it back. The error is fail.Busy if none is free.
func (s *Slots) Acquire(keys Keys) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	full := s.total >= s.limit
	for key, most := range keys {
		full = full || s.byKey[key] >= most
	}
	if full {
		return nil, &fail.Error{Kind: fail.Busy, RetryAfter: 3 * time.Second,
			Message: "Too many files are being uploaded at the moment. Try again in a moment."}
	}
	s.total++
	s.current.Store(int32(s.total))
	for key := range keys {
		s.byKey[key]++
	}
	return func() { s.release(keys) }, nil
}

func (s *Slots) release(keys Keys) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	s.current.Store(int32(s.total))
	for key := range keys {
		if s.byKey[key]--; s.byKey[key] <= 0 {
			delete(s.byKey, key)
			delete(s.limiters, key)
		}
	}
}

// limiter returns the one that all slots of a key share while any is taken.
func (s *Slots) limiter(key string) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limiters[key] == nil {
		s.limiters[key] = rate.NewLimiter(maxSpeedPerOrg, maxSpeedPerOrg/4)
	}
	return s.limiters[key]
}

// requiredSpeed returns how many bytes a second have to come now.
func (s *Slots) requiredSpeed() int64 {
	if int(s.current.Load()) > s.limit/2 {
		return minSpeedWhenBusy
	}
	return minSpeed
}
