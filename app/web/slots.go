package web

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"parley/app/fail"
	"parley/app/fair"
)

const (
	slotsMost  = 120 // files and catalogues that come in at once
	slotsOfOrg = 20  // of one organization
	slotsOfOne = 6   // of a network's visitors, or of a team member

	uploadIn     = 5 * time.Minute  // in which a file has to come: at 50 MB some 170 kB a second
	speedIn      = 15 * time.Second // over which its speed is measured
	speedUsual   = 4 << 10          // bytes a second
	speedCrowded = 32 << 10         // where more than half of the slots are taken
	speedMost    = 16 << 20         // that files of one organization come in together: more is read later
)

// heavyWork bounds what keeps a processor busy for long: searches, exports, imports. An organization does one such thing at a time
// at each process, and pauses after each for three times as long as it took, so that it leaves time of processors and database to others.
var heavyWork = fair.Limits{Total: 64, Each: 1, Queue: 20, Wait: 20 * time.Second, Rest: 3, Doing: "searching, exporting or importing already"}

// importWork bounds the catalogs that are worked on at once: each takes some 50 MB of memory, and leaves much of it to be collected.
var importWork = fair.Limits{Total: 2, Each: 1, Queue: 1, Wait: 20 * time.Second, Rest: 8, Doing: "importing another file, or others are"}

// hugePages bounds the huge pages of an organization that are held until they are read.
var hugePages = fair.Limits{Total: 256, Each: 8, Queue: 8, Wait: 10 * time.Second, Words: "Very many large pages of your organization are being read just now. Try again in 5 seconds."}

// slots bounds how much of one kind of work goes on at once, in all and for each key: nobody keeps the others out.
type slots struct {
	most int
	mu   sync.Mutex
	all  int
	of   map[string]int
	pipe map[string]*rate.Limiter // of the bytes that come in, for each key that has a slot
	now  atomic.Int32             // all, for those who only look
}

func newSlots(most int) *slots {
	return &slots{most: most, of: map[string]int{}, pipe: map[string]*rate.Limiter{}}
}

// take takes a slot; the returned function gives it back. keys says how many each key may have. The error is fail.Busy where none is free.
func (s *slots) take(keys map[string]int) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	full := s.all >= s.most
	for key, most := range keys {
		full = full || s.of[key] >= most
	}
	if full {
		return nil, &fail.Error{Kind: fail.Busy, RetryAfter: 3 * time.Second,
			Message: "Very many files are being sent just now. Please try again in a moment."}
	}
	s.all++
	s.now.Store(int32(s.all))
	for key := range keys {
		s.of[key]++
	}
	return func() { s.release(keys) }, nil
}

func (s *slots) release(keys map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	s.now.Store(int32(s.all))
	for key := range keys {
		if s.of[key]--; s.of[key] <= 0 {
			delete(s.of, key)
			delete(s.pipe, key)
		}
	}
}

// limiter returns the one that all slots of a key share while any is taken.
func (s *slots) limiter(key string) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pipe[key] == nil {
		s.pipe[key] = rate.NewLimiter(speedMost, speedMost/4)
	}
	return s.pipe[key]
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
	limit *rate.Limiter
}

// paced makes a large body come at some speed, and not faster than an organization's files may come together.
func (b *body) paced(s *slots, org uuid.UUID) {
	if b == nil {
		return
	}
	now := time.Now()
	b.pace = &pace{slots: s, end: now.Add(uploadIn), since: now, limit: s.limiter(org.String())}
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

func (p *pace) came(n int) {
	p.bytes += int64(n)
	if p.limit != nil && n > 0 {
		time.Sleep(p.limit.ReserveN(time.Now(), min(n, p.limit.Burst())).Delay())
	}
}
