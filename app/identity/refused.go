package identity

import (
	"context"
	"log/slog"
	"maps"
	"sync"

	"golang.org/x/time/rate"

	"parley/app/fail"
)

// Refused log-ins are logged up to this rate; what is beyond it is counted, and the next line says how many were left out.
const (
	refusalsASecond = 2
	refusalsAtOnce  = 100
)

// refusals counts and logs refused log-ins.
type refusals struct {
	mu      sync.Mutex
	count   map[string]int64 // by reason
	log     *rate.Limiter
	skipped int64
}

// Reasons why a log-in is refused.
const (
	reasonPassword = "wrong password"
	reasonUnknown  = "no such account" // or none that may log in
	reasonTooMany  = "too many attempts"
	reasonFailed   = "not checked" // something did not work
)

// Refused is how many log-ins were refused since the start, by reason. Those that were not looked at more closely, because very many
// came, count as wrong passwords.
func (r *Room) Refused() map[string]int64 {
	r.refusals.mu.Lock()
	defer r.refusals.mu.Unlock()
	return maps.Clone(r.refusals.count)
}

// noteRefused logs and counts a refused log-in: which account, from which network address, and why; never the password. Why is found
// out after the answer, which must take as long for an unknown account as for a known one.
func (r *Room) noteRefused(email, from string, err error) {
	x := &r.refusals
	x.mu.Lock()
	if x.log == nil {
		x.log = rate.NewLimiter(refusalsASecond, refusalsAtOnce)
	}
	logged, skipped := x.log.Allow(), x.skipped
	if logged {
		x.skipped = 0
	} else {
		x.skipped++
	}
	x.mu.Unlock()
	note := func(reason string) {
		x.mu.Lock()
		if x.count == nil {
			x.count = map[string]int64{}
		}
		x.count[reason]++
		x.mu.Unlock()
		if logged {
			args := []any{"account", email, "address", from, "reason", reason}
			if skipped > 0 {
				args = append(args, "not_logged", skipped)
			}
			slog.Warn("log-in refused", args...)
		}
	}
	switch kind := fail.KindOf(err); {
	case kind == fail.Busy:
		note(reasonTooMany)
	case kind != fail.Unauthenticated && kind != fail.Invalid:
		note(reasonFailed)
	case !logged:
		note(reasonPassword)
	default:
		r.later(func(ctx context.Context) error {
			known, err := r.db.Doors().Logins(ctx, email)
			if err == nil && (len(known) == 0 || !r.allowed(email)) {
				note(reasonUnknown)
			} else {
				note(reasonPassword)
			}
			return err
		})
	}
}
