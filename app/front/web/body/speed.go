package body

import (
	"net/http"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"
)

// UploadTimeout is the time in which a file has to come, and to be taken: at 50 MB some 170 kB a second.
const UploadTimeout = 5 * time.Minute

const (
	speedWindow      = 15 * time.Second // over which the speed is measured
	minSpeed         = 4 << 10          // bytes a second
	minSpeedWhenBusy = 32 << 10         // bytes a second while more than half of the slots are taken
	maxSpeedPerOrg   = 16 << 20         // bytes a second of an organization's files together: more is read later
)

// speedCheck ends a body that comes too slowly.
type speedCheck struct {
	slots    *Slots
	deadline time.Time
	since    time.Time // when the present window began
	bytes    int64     // that came in it
	limit    *rate.Limiter
}

// LimitSpeed makes a large body come at some speed, and not faster than an organization's files may come together. A nil Body is fine.
func (b *Body) LimitSpeed(s *Slots, org uuid.UUID) {
	if b == nil {
		return
	}
	now := time.Now()
	b.speed = &speedCheck{slots: s, deadline: now.Add(UploadTimeout), since: now, limit: s.limiter(org.String())}
	b.control.SetWriteDeadline(now.Add(UploadTimeout + 2*time.Minute))
}

// check returns errSlow if too little has come, and else sets until when something has to come.
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

// received counts n bytes, and waits as long as the organization's limit asks for.
func (p *speedCheck) received(n int) {
	p.bytes += int64(n)
	if p.limit != nil && n > 0 {
		time.Sleep(p.limit.ReserveN(time.Now(), min(n, p.limit.Burst())).Delay())
	}
}
