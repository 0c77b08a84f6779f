package live

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat"
	view "parley/templates/desk"
)

// queueHead is what a desk lists of its queues: the conversations that have waited longest, at most most, and how many more there are.
// What is offered to the desk's agent is listed besides and does not count.
type queueHead struct {
	most   int
	places []queuePlace // the longest-waiting first
	more   int          // behind them; more than zero: the list is cut, and what is not in it is not known
}

// queuePlace is where a conversation stands in a queue.
type queuePlace struct {
	since time.Time
	id    uuid.UUID
}

func placeOf(c chat.Conversation) queuePlace { return queuePlace{c.LineSince, c.ID} }

func (p queuePlace) compare(q queuePlace) int {
	if n := p.since.Compare(q.since); n != 0 {
		return n
	}
	return strings.Compare(string(p.id[:]), string(q.id[:]))
}

// put notes that a conversation waits. It reports whether it is listed, and which one no longer is because of it. Of a list that is cut
// how many more there are is not counted here, but read.
func (h *queueHead) put(p queuePlace) (listed bool, dropped uuid.UUID) {
	h.remove(p.id) // it may have come to another place
	at, _ := slices.BinarySearchFunc(h.places, p, queuePlace.compare)
	if at == len(h.places) && (h.more > 0 || at == h.most) { // behind the cut
		h.more = max(1, h.more)
		return false, uuid.Nil
	}
	h.places = slices.Insert(h.places, at, p)
	if len(h.places) > h.most {
		dropped = h.places[h.most].id
		h.places = h.places[:h.most]
		h.more = max(1, h.more)
	}
	return true, dropped
}

// remove notes that a conversation no longer waits. It reports whether it was listed.
func (h *queueHead) remove(id uuid.UUID) bool {
	n := len(h.places)
	h.places = slices.DeleteFunc(h.places, func(p queuePlace) bool { return p.id == id })
	return len(h.places) < n
}

// queueView is what desks must have in common to list the same head of a queue.
type queueView struct {
	lines     chat.Lines
	limited   bool
	customers []uuid.UUID
}

func viewOf(who access.Actor, lines chat.Lines) (key string, v queueView) {
	v = queueView{lines: lines, limited: who.Limited(), customers: who.Customers()}
	if lines.Anywhere {
		v.lines.Groups = nil
	}
	var b strings.Builder
	for _, ids := range [][]uuid.UUID{v.lines.Groups, v.customers} {
		ids = slices.SortedFunc(slices.Values(ids), func(a, b uuid.UUID) int { return strings.Compare(string(a[:]), string(b[:])) })
		for _, id := range ids {
			b.Write(id[:])
		}
		b.WriteByte('|')
	}
	if lines.Anywhere {
		b.WriteByte('*')
	}
	if v.limited {
		b.WriteByte('!')
	}
	return b.String(), v
}

// queueMoved brings the desks whose list of a queue is cut up to date, soon: what has come into the head, and how many more wait. Where
// all that waits is listed, the events themselves say everything.
func (h *Hub) queueMoved(org uuid.UUID) {
	h.heads.ask(org, "list the heads of queues", func() { h.fillHeads(org) })
}

// fillHeads reads each head once for all desks that list it.
func (h *Hub) fillHeads(org uuid.UUID) {
	f := h.floor(org)
	if f == nil {
		return
	}
	type shared struct {
		queueView
		desks []*desk
	}
	heads := map[string]*shared{}
	for _, d := range f.list() {
		d.mu.Lock()
		cut, lines := d.ready && d.head.more > 0, d.lines
		d.mu.Unlock()
		if !cut {
			continue
		}
		key, v := viewOf(d.actor, lines)
		if heads[key] == nil {
			heads[key] = &shared{queueView: v}
		}
		heads[key].desks = append(heads[key].desks, d)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, s := range heads {
		head, all, err := h.chat.QueueHead(ctx, access.System(org, "list the head of a queue"), s.lines, s.limited, s.customers)
		if err != nil {
			slog.Warn("list the head of a queue", "error", err)
			h.queueMoved(org) // again in a second
			return
		}
		h.queue.NameGroups(org, head)
		f.fill(s.desks, head, all)
	}
}

// fill shows some desks a head as it has just been read. What they have been told since stays.
func (f *floor) fill(desks []*desk, head []chat.Conversation, all int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	drawn := map[uuid.UUID][]byte{} // once for all
	for _, d := range desks {
		if !d.isReady() {
			continue // it reads everything
		}
		listed := d.headIDs()
		for _, c := range head {
			_, there := listed[c.ID]
			seen := d.sees(c, now)
			if there || f.toldOf(c.ID).seq > c.LastSeq || !seen.Line || seen.Offered {
				continue
			}
			if drawn[c.ID] == nil {
				seen.Known = true
				drawn[c.ID] = html(view.Entry(c, seen, now))
			}
			d.fillIn(c, drawn[c.ID])
		}
		d.count(max(0, all-len(head)), head)
	}
}

func (d *desk) isReady() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ready
}

func (d *desk) headIDs() map[uuid.UUID]struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := make(map[uuid.UUID]struct{}, len(d.head.places))
	for _, p := range d.head.places {
		ids[p.id] = struct{}{}
	}
	return ids
}

// fillIn lists a conversation that has come into the head.
func (d *desk) fillIn(c chat.Conversation, frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, there := d.listed[c.ID]; there { // offered to this agent, or its own, by now
		return
	}
	d.head.more = 0 // what has been read is in order: nothing between is missing
	listed, dropped := d.head.put(placeOf(c))
	if !listed { // an older one has left, and its event is on its way: it asks again
		return
	}
	d.listed[c.ID] = struct{}{}
	d.sendLocked(frame)
	d.dropLocked(dropped)
}

// count says how many more wait behind the list, which ends where the head that was read ends.
func (d *desk) count(more int, head []chat.Conversation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if more > 0 {
		last := placeOf(head[len(head)-1])
		for n := len(d.head.places); n > 0 && d.head.places[n-1].compare(last) > 0; n = len(d.head.places) {
			d.dropLocked(d.head.places[n-1].id)
			d.head.places = d.head.places[:n-1]
		}
	}
	d.head.more = more
	d.sayMoreLocked()
}

// dropLocked takes a conversation that still waits off the list, under the lock.
func (d *desk) dropLocked(id uuid.UUID) {
	if _, there := d.listed[id]; there && id != uuid.Nil {
		delete(d.listed, id)
		d.sendLocked(html(view.Unlisted(id)))
	}
}

// sayMoreLocked says how many more wait, if that is another number than was said, under the lock.
func (d *desk) sayMoreLocked() {
	if d.head.more != d.saidMore {
		d.saidMore = d.head.more
		d.sendLocked(html(view.MoreOf(d.head.more)))
	}
}
