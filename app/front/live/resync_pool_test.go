package live

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
)

// Many organizations at once are served a few at a time, each once however often it is asked for, and with all that was asked.
func TestResyncPool(t *testing.T) {
	t.Parallel()
	var p resyncPool
	var now, most, done atomic.Int32
	release := make(chan struct{})
	var mu sync.Mutex
	everything := map[uuid.UUID]bool{}
	do := func(org uuid.UUID, all bool) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		mu.Lock()
		everything[org] = everything[org] || all
		mu.Unlock()
		now.Add(-1)
		done.Add(1)
	}
	orgs := make([]uuid.UUID, 98)
	for i := range orgs {
		orgs[i] = uuid.New()
	}
	for i, again := range []bool{false, true, false} {
		for _, org := range orgs {
			if i == 0 || org != orgs[0] && org != orgs[1] && org != orgs[2] { // those may be under way
				p.request(org, again, do)
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
	if most.Load() > resyncWorkers || done.Load() != 98 || !everything[orgs[50]] {
		t.Errorf("%d at once, %d in all", most.Load(), done.Load())
	}
}
