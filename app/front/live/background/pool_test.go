package background

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
)

// Of many organizations a few are served at a time, each once however often it is asked for, and with the largest
// extent that was asked for.
func TestPool(t *testing.T) {
	t.Parallel()
	var p Pool
	var now, most, done atomic.Int32
	release := make(chan struct{})
	var mu sync.Mutex
	extents := map[uuid.UUID]Extent{}
	do := func(org uuid.UUID, extent Extent) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		mu.Lock()
		extents[org] = max(extents[org], extent)
		mu.Unlock()
		now.Add(-1)
		done.Add(1)
	}
	orgs := make([]uuid.UUID, 98)
	for i := range orgs {
		orgs[i] = uuid.New()
	}
	for i, again := range []Extent{Conversations, Everything, Conversations} {
		for _, org := range orgs {
			if i == 0 || org != orgs[0] && org != orgs[1] && org != orgs[2] { // those may be under way
				p.Request(org, again, "test", do)
			}
		}
	}
	close(release)
	for end := time.Now().Add(20 * time.Second); done.Load() < 98; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of 98 are done", done.Load())
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if most.Load() > poolWorkers || done.Load() != 98 || extents[orgs[50]] != Everything {
		t.Errorf("%d at once, %d in all", most.Load(), done.Load())
	}
}
