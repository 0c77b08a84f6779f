package web

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"parley/app/platform/fail"
	"parley/app/platform/fair"
)

const (
	maxUploads          = 120 // files and catalogues that come in at once
	maxUploadsPerOrg    = 20  // of one organization
	maxUploadsPerSender = 6   // of a network's visitors, or of a team member

	uploadTimeout    = 5 * time.Minute  // in which a file has to come: at 50 MB some 170 kB a second
	speedWindow      = 15 * time.Second // over which its speed is measured
	minSpeed         = 4 << 10          // bytes a second
	minSpeedWhenBusy = 32 << 10         // where more than half of the slots are taken
	maxSpeedPerOrg   = 16 << 20         // that files of one organization come in together: more is read later
)

// heavyWorkLimits bounds what keeps a processor busy for long: searches, exports, imports. An organization does one such thing at a time
// at each process, and pauses after each for three times as long as it took, so that it leaves time of processors and database to others.
var heavyWorkLimits = fair.Limits{Total: 64, PerOrganization: 1, MaxWaiting: 20, MaxWait: 20 * time.Second, Cooldown: 3, Activity: "searching, exporting or importing already"}

// importLimits bounds the catalogs that are worked on at once: each takes some 50 MB of memory, and leaves much of it to be collected.
var importLimits = fair.Limits{Total: 2, PerOrganization: 1, MaxWaiting: 1, MaxWait: 20 * time.Second, Cooldown: 8, Activity: "importing another file, or others are"}

// hugePageLimits bounds the huge pages of an organization that are held until they are read.
var hugePageLimits = fair.Limits{Total: 256, PerOrganization: 8, MaxWaiting: 8, MaxWait: 10 * time.Second, BusyMessage: "Very many large pages of your organization are being read just now. Try again in 5 seconds."}

// uploadSlots bounds how much of one kind of work goes on at once, in all and for each key: nobody keeps the others out.
type uploadSlots struct {
	limit    int
	mu       sync.Mutex
	total    int
	byKey    map[string]int
	limiters map[string]*rate.Limiter // of the bytes that come in, for each key that has a slot
	current  atomic.Int32             // all, for those who only look
}

func newUploadSlots(most int) *uploadSlots {
	return &uploadSlots{limit: most, byKey: map[string]int{}, limiters: map[string]*rate.Limiter{}}
}

// acquire takes a slot; the returned function gives it back. keys says how many each key may have. The error is fail.Busy where none is free.
func (s *uploadSlots) acquire(keys map[string]int) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	full := s.total >= s.limit
	for key, most := range keys {
		full = full || s.byKey[key] >= most
	}
	if full {
		return nil, &fail.Error{Kind: fail.Busy, RetryAfter: 3 * time.Second,
			Message: "Very many files are being sent just now. Please try again in a moment."}
	}
	s.total++
	s.current.Store(int32(s.total))
	for key := range keys {
		s.byKey[key]++
	}
	return func() { s.release(keys) }, nil
}

func (s *uploadSlots) release(keys map[string]int) {
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
func (s *uploadSlots) limiter(key string) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limiters[key] == nil {
		s.limiters[key] = rate.NewLimiter(maxSpeedPerOrg, maxSpeedPerOrg/4)
	}
	return s.limiters[key]
}

// requiredSpeed is how many bytes a second have to come now.
func (s *uploadSlots) requiredSpeed() int64 {
	if int(s.current.Load()) > s.limit/2 {
		return minSpeedWhenBusy
	}
	return minSpeed
}

// withNetworkLimit is a key of slots with how many it may have. Addresses of this very machine stand for a proxy or a program beside the server.
func withNetworkLimit(keys map[string]int, network string) map[string]int {
	if ip := net.ParseIP(network); network != "" && (ip == nil || !ip.IsLoopback()) {
		keys[network] = maxUploadsPerSender
	}
	return keys
}

// speedCheck ends what comes too slowly.
type speedCheck struct {
	slots    *uploadSlots
	deadline time.Time
	since    time.Time // of the present measure
	bytes    int64     // since then
	limit    *rate.Limiter
}

// limitSpeed makes a large body come at some speed, and not faster than an organization's files may come together.
func (b *body) limitSpeed(s *uploadSlots, org uuid.UUID) {
	if b == nil {
		return
	}
	now := time.Now()
	b.speed = &speedCheck{slots: s, deadline: now.Add(uploadTimeout), since: now, limit: s.limiter(org.String())}
	b.control.SetWriteDeadline(now.Add(uploadTimeout + 2*time.Minute))
}

// check says whether it may go on, and until when something has to come.
func (p *speedCheck) check(control *http.ResponseController) error {
	now := time.Now()
	if past := now.Sub(p.since); past >= speedWindow {
		if p.bytes < int64(past/time.Second)*p.slots.requiredSpeed() {
			return errSlow
		}
		p.since, p.bytes = now, 0
	}
	if now.After(p.deadline) {
		return errSlow
	}
	return control.SetReadDeadline(now.Add(speedWindow))
}

func (p *speedCheck) received(n int) {
	p.bytes += int64(n)
	if p.limit != nil && n > 0 {
		time.Sleep(p.limit.ReserveN(time.Now(), min(n, p.limit.Burst())).Delay())
	}
}
