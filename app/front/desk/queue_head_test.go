package desk

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
)

// A head that is never cut lists everything. One that is cut lists those that have waited longest of what it was told,
// and never more than its limit.
func TestQueueHead(t *testing.T) {
	begun := time.Now()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		h := NewQueueHead(5)
		waiting := map[uuid.UUID]QueueEntry{}
		cut := false
		for range 60 {
			if id := uuid.New(); random.IntN(3) > 0 {
				p := QueueEntry{begun.Add(time.Duration(random.IntN(10)) * time.Second), id}
				waiting[id] = p
				h.Put(p)
			} else {
				for id := range waiting {
					delete(waiting, id)
					h.Remove(id)
					break
				}
			}
			cut = cut || len(waiting) > h.limit
			var all []QueueEntry
			for _, p := range waiting {
				all = append(all, p)
			}
			slices.SortFunc(all, QueueEntry.Compare)
			switch {
			case len(h.entries) > h.limit || !slices.IsSortedFunc(h.entries, QueueEntry.Compare):
				t.Fatalf("lists %d of at most %d", len(h.entries), h.limit)
			case cut != (h.more > 0):
				t.Fatalf("cut: %v, but %d more", cut, h.more)
			case !cut && !slices.Equal(h.entries, all):
				t.Fatalf("lists %v of %v", h.entries, all)
			case !slices.Equal(h.entries, all[:len(h.entries)]): // what has left is not filled up here, but nothing is listed before its turn
				t.Fatalf("lists %v of %v", h.entries, all)
			}
		}
	}
}

// A conversation that comes to another place is listed once, and the one that it pushes out is named.
func TestQueueHeadMoves(t *testing.T) {
	begun := time.Now()
	h := NewQueueHead(2)
	var entries []QueueEntry
	for i := range 4 {
		entries = append(entries, QueueEntry{begun.Add(time.Duration(i) * time.Minute), uuid.New()})
	}
	h.Put(entries[1])
	h.Put(entries[2])
	if listed, dropped := h.Put(entries[3]); listed || dropped != uuid.Nil || h.more != 1 {
		t.Errorf("behind a full list: %v %v, %d more", listed, dropped, h.more)
	}
	if listed, dropped := h.Put(entries[0]); !listed || dropped != entries[2].ID {
		t.Errorf("before a full list: %v, dropped %v", listed, dropped)
	}
	if listed, _ := h.Put(QueueEntry{begun.Add(time.Hour), entries[0].ID}); listed || len(h.entries) != 1 {
		t.Errorf("moved behind the cut: %v, %d listed", listed, len(h.entries))
	}
}

// Desks share a head exactly if they see the same queues of the same customers.
func TestQueueViews(t *testing.T) {
	org, a, b := uuid.New(), uuid.New(), uuid.New()
	agent := access.User(org, uuid.New(), access.Agent, uuid.Nil)
	key := func(actor access.Actor, scope conversation.QueueScope) string {
		k, _ := QueueViewOf(actor, scope)
		return k
	}
	same := key(agent, conversation.QueueScope{Groups: []uuid.UUID{a, b}})
	if key(access.User(org, uuid.New(), access.Agent, uuid.Nil), conversation.QueueScope{Groups: []uuid.UUID{b, a}}) != same {
		t.Error("two agents of the same groups do not share")
	}
	others := []string{
		key(agent, conversation.QueueScope{Groups: []uuid.UUID{a}}),
		key(agent.LimitedTo([]uuid.UUID{a}), conversation.QueueScope{Groups: []uuid.UUID{a, b}}),
		key(agent.LimitedTo(nil), conversation.QueueScope{Groups: []uuid.UUID{a, b}}),
		key(agent, conversation.QueueScope{Groups: []uuid.UUID{a, b}, AllGroups: true}),
	}
	for i, k := range append(others, same) {
		if slices.Contains(others[:min(i, len(others))], k) {
			t.Errorf("view %d shares with another", i)
		}
	}
}
