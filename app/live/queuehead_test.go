package live

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat"
)

// A head that is never cut lists everything; one that is cut lists the longest-waiting of what it was told, and never more than it may.
func TestQueueHead(t *testing.T) {
	begun := time.Now()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		h := queueHead{most: 5}
		waiting := map[uuid.UUID]queuePlace{}
		cut := false
		for range 60 {
			if id := uuid.New(); random.IntN(3) > 0 {
				p := queuePlace{begun.Add(time.Duration(random.IntN(10)) * time.Second), id}
				waiting[id] = p
				h.put(p)
			} else {
				for id := range waiting {
					delete(waiting, id)
					h.remove(id)
					break
				}
			}
			cut = cut || len(waiting) > h.most
			var all []queuePlace
			for _, p := range waiting {
				all = append(all, p)
			}
			slices.SortFunc(all, queuePlace.compare)
			switch {
			case len(h.places) > h.most || !slices.IsSortedFunc(h.places, queuePlace.compare):
				t.Fatalf("lists %d of at most %d", len(h.places), h.most)
			case cut != (h.more > 0):
				t.Fatalf("cut: %v, but %d more", cut, h.more)
			case !cut && !slices.Equal(h.places, all):
				t.Fatalf("lists %v of %v", h.places, all)
			case !slices.Equal(h.places, all[:len(h.places)]): // what has left is not filled up here, but nothing is listed before its turn
				t.Fatalf("lists %v of %v", h.places, all)
			}
		}
	}
}

// A conversation that comes to another place is listed once, and the one that it pushes out is named.
func TestQueueHeadMoves(t *testing.T) {
	begun := time.Now()
	h := queueHead{most: 2}
	var places []queuePlace
	for i := range 4 {
		places = append(places, queuePlace{begun.Add(time.Duration(i) * time.Minute), uuid.New()})
	}
	h.put(places[1])
	h.put(places[2])
	if listed, dropped := h.put(places[3]); listed || dropped != uuid.Nil || h.more != 1 {
		t.Errorf("behind a full list: %v %v, %d more", listed, dropped, h.more)
	}
	if listed, dropped := h.put(places[0]); !listed || dropped != places[2].id {
		t.Errorf("before a full list: %v, dropped %v", listed, dropped)
	}
	if listed, _ := h.put(queuePlace{begun.Add(time.Hour), places[0].id}); listed || len(h.places) != 1 {
		t.Errorf("moved behind the cut: %v, %d listed", listed, len(h.places))
	}
}

// Desks share a head exactly if they see the same queues of the same customers.
func TestQueueViews(t *testing.T) {
	org, a, b := uuid.New(), uuid.New(), uuid.New()
	agent := access.User(org, uuid.New(), access.Agent, uuid.Nil)
	key := func(who access.Actor, lines chat.Lines) string { k, _ := viewOf(who, lines); return k }
	same := key(agent, chat.Lines{Groups: []uuid.UUID{a, b}})
	if key(access.User(org, uuid.New(), access.Agent, uuid.Nil), chat.Lines{Groups: []uuid.UUID{b, a}}) != same {
		t.Error("two agents of the same groups do not share")
	}
	others := []string{
		key(agent, chat.Lines{Groups: []uuid.UUID{a}}),
		key(agent.LimitedTo([]uuid.UUID{a}), chat.Lines{Groups: []uuid.UUID{a, b}}),
		key(agent.LimitedTo(nil), chat.Lines{Groups: []uuid.UUID{a, b}}),
		key(agent, chat.Lines{Groups: []uuid.UUID{a, b}, Anywhere: true}),
	}
	for i, k := range append(others, same) {
		if slices.Contains(others[:min(i, len(others))], k) {
			t.Errorf("view %d shares with another", i)
		}
	}
}
