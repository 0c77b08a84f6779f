package limit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// keyedLimiter has one limiter for each key. When there are many, those that have not been used for long enough to
// allow a whole burst again are forgotten.
type keyedLimiter[K comparable] struct {
	rate     Rate
	mu       sync.Mutex
	limiters map[K]*rate.Limiter
	pruneAt  int // how many there may be before some are forgotten
}

const minPruneSize = 10000

func newKeyedLimiter[K comparable](r Rate) *keyedLimiter[K] {
	return &keyedLimiter[K]{rate: r, limiters: map[K]*rate.Limiter{}, pruneAt: minPruneSize}
}

// reserve takes one and returns 0, or takes none and returns how long to wait for it.
func (l *keyedLimiter[K]) reserve(key K) time.Duration { return l.reserveN(key, 1) }

// reserveN takes n, or a whole burst if n is more than that, and returns 0; or it takes none and returns how long to wait for them.
func (l *keyedLimiter[K]) reserveN(key K, n int64) time.Duration {
	if l.rate.Burst == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	x := l.limiters[key]
	if x == nil {
		l.prune(now)
		x = rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)
		l.limiters[key] = x
	}
	r := x.ReserveN(now, int(min(n, int64(l.rate.Burst))))
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

func (l *keyedLimiter[K]) prune(now time.Time) {
	if len(l.limiters) < l.pruneAt {
		return
	}
	for k, x := range l.limiters {
		if x.TokensAt(now) >= float64(l.rate.Burst) {
			delete(l.limiters, k)
		}
	}
	l.pruneAt = max(minPruneSize, 2*len(l.limiters))
}
