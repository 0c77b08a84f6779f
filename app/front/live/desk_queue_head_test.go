package live

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
)

// A head that is never cut lists everything; one that is cut lists the longest-waiting of what it was told, and never more than it may.
func TestQueueHead(t *testing.T) {
	begun := time.Now()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		h := queueHead{limit: 5}
		waiting := map[uuid.UUID]queueEntry{}
		cut := false
		for range 60 {
			if id := uuid.New(); random.IntN(3) > 0 {
				p := queueEntry{begun.Add(time.Duration(random.IntN(10)) * time.Second), id}
				waiting[id] = p
				h.put(p)
			} else {
				for id := range waiting {
					delete(waiting, id)
					h.remove(id)
					break
				}
			}
			cut = cut || len(waiting) > h.limit
			var all []queueEntry
			for _, p := range waiting {
				all = append(all, p)
			}
			slices.SortFunc(all, queueEntry.compare)
			switch {
			case len(h.entries) > h.limit || !slices.IsSortedFunc(h.entries, queueEntry.compare):
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
	h := queueHead{limit: 2}
	var entries []queueEntry
	for i := range 4 {
		entries = append(entries, queueEntry{begun.Add(time.Duration(i) * time.Minute), uuid.New()})
	}
	h.put(entries[1])
	h.put(entries[2])
	if listed, dropped := h.put(entries[3]); listed || dropped != uuid.Nil || h.more != 1 {
		t.Errorf("behind a full list: %v %v, %d more", listed, dropped, h.more)
	}
	if listed, dropped := h.put(entries[0]); !listed || dropped != entries[2].id {
		t.Errorf("before a full list: %v, dropped %v", listed, dropped)
	}
	if listed, _ := h.put(queueEntry{begun.Add(time.Hour), entries[0].id}); listed || len(h.entries) != 1 {
		t.Errorf("moved behind the cut: %v, %d listed", listed, len(h.entries))
	}
}

// Desks share a head exactly if they see the same queues of the same customers.
func TestQueueViews(t *testing.T) {
	org, a, b := uuid.New(), uuid.New(), uuid.New()
	agent := access.User(org, uuid.New(), access.Agent, uuid.Nil)
	key := func(who access.Actor, lines conversation.QueueScope) string {
		k, _ := queueViewOf(who, lines)
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
