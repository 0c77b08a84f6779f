package identity

import (
	"context"
	"log/slog"
	"maps"
	"sync"

	"golang.org/x/time/rate"

	"parley/app/platform/events"
	"parley/app/platform/fail"
)

// Refused log-ins are logged up to this rate; what is beyond it is counted, and the next line says how many were left out.
const (
	refusalsLoggedPerSecond = 2
	refusalsLoggedBurst     = 100
)

// refusalLog counts and logs refused log-ins.
type refusalLog struct {
	mu      sync.Mutex
	count   map[string]int64 // by reason
	log     *rate.Limiter
	skipped int64
}

// Reasons why a log-in is refused.
const (
	reasonPassword        = "wrong password"
	reasonUnknown         = "no such account" // or none that may log in
	reasonTooManyAttempts = "too many attempts"
	reasonNotChecked      = "not checked" // something did not work
)

// RefusedLogIns is how many log-ins were refused since the start, by reason. Those that were not looked at more closely, because very many
// came, count as wrong passwords.
func (s *Service) RefusedLogIns() map[string]int64 {
	s.refusals.mu.Lock()
	defer s.refusals.mu.Unlock()
	return maps.Clone(s.refusals.count)
}

// logRefusal logs and counts a refused log-in: which account, from which network address, and why; never the password. Why is found
// out after the answer, which must take as long for an unknown account as for a known one.
func (s *Service) logRefusal(email, from string, err error) {
	x := &s.refusals
	x.mu.Lock()
	if x.log == nil {
		x.log = rate.NewLimiter(refusalsLoggedPerSecond, refusalsLoggedBurst)
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
		note(reasonTooManyAttempts)
	case kind != fail.Unauthenticated && kind != fail.Invalid:
		note(reasonNotChecked)
	case !logged:
		note(reasonPassword)
	default:
		s.runInBackground(func(ctx context.Context) error {
			known, err := s.db.Unscoped().ListLogIns(ctx, email)
			if err == nil && (len(known) == 0 || !s.isAddressAllowed(email)) {
				note(reasonUnknown)
			} else {
				note(reasonPassword)
			}
			if err != nil {
				return err
			}
			return s.db.Unscoped().RecordRefusedLogIn(ctx, email, reasonPassword, string(events.Browser), from)
		})
	}
}
