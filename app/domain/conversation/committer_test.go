package conversation

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

func newDraft(org, conversation uuid.UUID) *draft {
	return &draft{org: org, id: uuid.New(), conversation: conversation, author: ByVisitor, authorID: uuid.New(), done: make(chan struct{})}
}

// A flood of one organization, and one message of another: it is in the very next batch, and so is one of each of many.
func TestCommitterIsFair(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	batches := make(chan []*draft, 100)
	c := newCommitter(0, func(batch []*draft) { batches <- batch; <-hold })
	flood := uuid.New()
	for range 3 * maxBatch {
		if err := c.enqueue(newDraft(flood, uuid.New())); err != nil {
			t.Fatal(err)
		}
	}
	var small []*draft
	for range 20 {
		d := newDraft(uuid.New(), uuid.New())
		small = append(small, d)
		if err := c.enqueue(d); err != nil {
			t.Fatal(err)
		}
	}
	close(hold)
	in := map[uuid.UUID]int{} // draft to the batch it was in
	n := 0
	for total := 0; total < 3*maxBatch+20; n++ {
		batch := <-batches
		total += len(batch)
		for _, d := range batch {
			in[d.id] = n
		}
	}
	for _, d := range small {
		if in[d.id] > 2 { // the first two were taken before it came
			t.Errorf("a small organization's message was in batch %d", in[d.id])
		}
	}
	// What one organization may have waiting is bounded; the others still get in.
	hold2 := make(chan struct{})
	c = newCommitter(0, func([]*draft) { <-hold2 })
	full := 0
	for range maxPendingPerOrg + 2000 {
		if c.enqueue(newDraft(flood, uuid.New())) != nil {
			full++
		}
	}
	if full == 0 || c.enqueue(newDraft(uuid.New(), uuid.New())) != nil {
		t.Errorf("%d were refused", full)
	}
	close(hold2)
	c.close()
	<-c.drained
	if err := c.enqueue(newDraft(flood, uuid.New())); err == nil {
		t.Error("one was taken after the end")
	}
}

// Whatever comes in whatever order, from many goroutines: every draft is written once, those of a conversation in their
// order, and no two of a conversation are written at once.
func TestCommitterPreservesOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	writing := map[uuid.UUID]bool{}
	written := map[uuid.UUID][]*draft{}
	l := newCommitter(time.Millisecond, func(batch []*draft) {
		mu.Lock()
		for _, d := range batch {
			if writing[d.lockKey()] {
				t.Errorf("two of %v are written at once", d.lockKey())
			}
			writing[d.lockKey()] = true
			written[d.lockKey()] = append(written[d.lockKey()], d)
		}
		mu.Unlock()
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
		mu.Lock()
		for _, d := range batch {
			delete(writing, d.lockKey())
		}
		mu.Unlock()
	})
	orgs := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	var wg sync.WaitGroup
	var wanted sync.Map
	for i := range 40 {
		wg.Go(func() {
			c := uuid.New()
			var list []*draft
			for range 100 {
				d := newDraft(orgs[i%3], c)
				list = append(list, d)
				if err := l.enqueue(d); err != nil {
					t.Error(err)
				}
				if rand.IntN(20) == 0 {
					time.Sleep(time.Millisecond)
				}
			}
			wanted.Store(c, list)
		})
	}
	wg.Wait()
	l.close()
	<-l.drained
	wanted.Range(func(c, list any) bool {
		got := written[c.(uuid.UUID)]
		want := list.([]*draft)
		if len(got) != len(want) {
			t.Errorf("%d of %d were written", len(got), len(want))
			return false
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("number %d is another", i)
				return false
			}
		}
		return true
	})
}

// More organizations than a batch has capacity for, and new ones all the time: who has waited longest is next.
func TestCommitterServesLongestWaitingOrganizationFirst(t *testing.T) {
	t.Parallel()
	c := newCommitter(time.Hour, nil)
	c.writers, c.gathering = maxWriters, true // nobody takes but this test
	since := map[*draft]int{}
	for round := range 40 {
		for range 800 {
			d := newDraft(uuid.New(), uuid.New())
			since[d] = round
			if err := c.enqueue(d); err != nil {
				t.Fatal(err)
			}
		}
		for _, d := range c.nextBatch() {
			delete(since, d)
		}
	}
	for _, round := range since {
		if first := 40 * maxBatch / 800; round < first {
			t.Fatalf("one of round %d still waits, all before %d should have been served", round, first)
		}
	}
}
