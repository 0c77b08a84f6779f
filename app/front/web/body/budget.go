package body

import "sync"

const (
	maxAnonymousTotal      = 16 << 20 // bytes of anonymous bodies that this process holds at once
	maxAnonymousPerNetwork = 2 << 20  // of them from one network
)

// Budget counts the bytes that are held of the bodies of people who are not logged in.
type Budget struct {
	mu        sync.Mutex
	total     int64
	byNetwork map[string]int64
}

// NewBudget returns a budget of which nothing is used.
func NewBudget() *Budget { return &Budget{byNetwork: map[string]int64{}} }

// acquire counts n bytes of a network; false: there are too many, and they are not counted.
func (b *Budget) acquire(network string, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.total+n > maxAnonymousTotal || b.byNetwork[network]+n > maxAnonymousPerNetwork {
		return false
	}
	b.total += n
	b.byNetwork[network] += n
	return true
}

func (b *Budget) release(network string, n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total -= n
	if b.byNetwork[network] -= n; b.byNetwork[network] <= 0 {
		delete(b.byNetwork, network)
	}
}
