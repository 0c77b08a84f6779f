package fair

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

func acquire(t *testing.T, s *Slots, org uuid.UUID) func() {
	t.Helper()
	release, err := s.Acquire(t.Context(), org)
	if err != nil {
		t.Fatal(err)
	}
	return release
}

// One organization gets its share and no more, whatever it asks for; what waits of it is bounded.
func TestSlotsPerOrganizationAreBounded(t *testing.T) {
	s := New(Limits{Total: 4, PerOrganization: 2, MaxWaiting: 1, MaxWait: time.Minute})
	greedy, other := uuid.New(), uuid.New()
	acquire(t, s, greedy)
	second := acquire(t, s, greedy)
	third := make(chan func())
	go func() { third <- acquire(t, s, greedy) }()
	waitFor(t, s, 1)
	if _, err := s.Acquire(t.Context(), greedy); fail.KindOf(err) != fail.Busy || fail.As(err).RetryAfter == 0 {
		t.Errorf("a caller beyond the queue gets %v", err)
	}
	acquire(t, s, other)
	acquire(t, s, other)
	select {
	case <-third:
		t.Fatal("a third slot was given")
	default:
	}
	second()
	second() // again does nothing
	(<-third)()
	if held, waiting := s.Held(); held != 3 || waiting != 0 {
		t.Errorf("%d held, %d waiting", held, waiting)
	}
}

// A slot goes to who holds the fewest, not to who asked first.
func TestFewestSlotsFirst(t *testing.T) {
	s := New(Limits{Total: 2, PerOrganization: 2, MaxWaiting: 100, MaxWait: time.Minute})
	greedy, modest := uuid.New(), uuid.New()
	first, second := acquire(t, s, greedy), acquire(t, s, greedy)
	order := make(chan uuid.UUID, 12)
	queue := func(org uuid.UUID, n int) {
		for range n {
			_, before := s.Held()
			go func() {
				release := acquire(t, s, org)
				order <- org
				release()
			}()
			waitFor(t, s, before+1)
		}
	}
	queue(greedy, 10)
	queue(modest, 1)
	first() // the greedy one still holds the second
	if got := <-order; got != modest {
		t.Error("the organization that held a slot was served before the one that held none")
	}
	second()
	for range 10 {
		<-order
	}
}

// Who gives up, or waited too long, leaves no trace.
func TestAbandonedWaitLeavesNoTrace(t *testing.T) {
	s := New(Limits{Total: 1, PerOrganization: 1, MaxWaiting: 5, MaxWait: 20 * time.Millisecond})
	a, b := uuid.New(), uuid.New()
	release := acquire(t, s, a)
	if _, err := s.Acquire(t.Context(), b); fail.KindOf(err) != fail.Busy {
		t.Errorf("after the wait: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Acquire(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("after giving up: %v", err)
	}
	release()
	acquire(t, s, b)()
	if len(s.holders) != 0 || len(s.waiting) != 0 || s.free != 1 {
		t.Errorf("left: %d holders, %d waiting, %d free", len(s.holders), len(s.waiting), s.free)
	}
}

// After one piece of work an organization rests before the next; another one does not wait for that.
func TestCooldown(t *testing.T) {
	s := New(Limits{Total: 2, PerOrganization: 1, MaxWaiting: 1, MaxWait: time.Minute, Cooldown: 2})
	one, other := uuid.New(), uuid.New()
	release := acquire(t, s, one)
	time.Sleep(20 * time.Millisecond)
	release()
	released := time.Now()
	acquire(t, s, other)()
	acquire(t, s, one)()
	if rested := time.Since(released); rested < 30*time.Millisecond {
		t.Errorf("the next one began after %v", rested)
	}
}

// Nothing is lost or given twice under many callers at once, some of whom give up.
func TestManyCallers(t *testing.T) {
	s := New(Limits{Total: 3, PerOrganization: 2, MaxWaiting: 1000, MaxWait: time.Minute})
	orgs := []uuid.UUID{uuid.New(), uuid.New(), uuid.New(), uuid.New()}
	var mu sync.Mutex
	held := map[uuid.UUID]int{}
	all := 0
	var wg sync.WaitGroup
	for i := range 400 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%5 == 0 {
				go cancel()
			}
			org := orgs[i%len(orgs)]
			release, err := s.Acquire(ctx, org)
			if err != nil {
				return
			}
			mu.Lock()
			held[org]++
			all++
			if held[org] > 2 || all > 3 {
				t.Errorf("%d of one, %d in all", held[org], all)
			}
			mu.Unlock()
			mu.Lock()
			held[org]--
			all--
			mu.Unlock()
			release()
		})
	}
	wg.Wait()
	if len(s.holders) != 0 || len(s.waiting) != 0 || s.free != 3 {
		t.Errorf("left: %d holders, %d waiting, %d free", len(s.holders), len(s.waiting), s.free)
	}
}

func waitFor(t *testing.T, s *Slots, waiting int) {
	t.Helper()
	for range 2000 {
		if _, n := s.Held(); n == waiting {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("never were %d waiting", waiting)
}
