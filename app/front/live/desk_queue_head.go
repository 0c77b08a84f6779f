package live

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	view "parley/templates/desk"
)

// queueHead is what a desk lists of its queues: the conversations that have waited longest, at most most, and how many more there are.
// What is offered to the desk's agent is listed besides and does not count.
type queueHead struct {
	limit   int
	entries []queueEntry // the longest-waiting first
	more    int          // behind them; more than zero: the list is cut, and what is not in it is not known
}

// queueEntry is where a conversation stands in a queue.
type queueEntry struct {
	since time.Time
	id    uuid.UUID
}

func queueEntryOf(c conversation.Conversation) queueEntry { return queueEntry{c.QueuedAt, c.ID} }

func (p queueEntry) compare(q queueEntry) int {
	if n := p.since.Compare(q.since); n != 0 {
		return n
	}
	return strings.Compare(string(p.id[:]), string(q.id[:]))
}

// put notes that a conversation waits. It reports whether it is listed, and which one no longer is because of it. Of a list that is cut
// how many more there are is not counted here, but read.
func (h *queueHead) put(p queueEntry) (listed bool, dropped uuid.UUID) {
	h.remove(p.id) // it may have come to another place
	at, _ := slices.BinarySearchFunc(h.entries, p, queueEntry.compare)
	if at == len(h.entries) && (h.more > 0 || at == h.limit) { // behind the cut
		h.more = max(1, h.more)
		return false, uuid.Nil
	}
	h.entries = slices.Insert(h.entries, at, p)
	if len(h.entries) > h.limit {
		dropped = h.entries[h.limit].id
		h.entries = h.entries[:h.limit]
		h.more = max(1, h.more)
	}
	return true, dropped
}

// remove notes that a conversation no longer waits. It reports whether it was listed.
func (h *queueHead) remove(id uuid.UUID) bool {
	n := len(h.entries)
	h.entries = slices.DeleteFunc(h.entries, func(p queueEntry) bool { return p.id == id })
	return len(h.entries) < n
}

// queueView is what desks must have in common to list the same head of a queue.
type queueView struct {
	scope     conversation.QueueScope
	limited   bool
	customers []uuid.UUID
}

func queueViewOf(actor access.Actor, scope conversation.QueueScope) (key string, v queueView) {
	v = queueView{scope: scope, limited: actor.IsLimited(), customers: actor.Customers()}
	if scope.AllGroups {
		v.scope.Groups = nil
	}
	var b strings.Builder
	for _, ids := range [][]uuid.UUID{v.scope.Groups, v.customers} {
		ids = slices.SortedFunc(slices.Values(ids), func(a, b uuid.UUID) int { return strings.Compare(string(a[:]), string(b[:])) })
		for _, id := range ids {
			b.Write(id[:])
		}
		b.WriteByte('|')
	}
	if scope.AllGroups {
		b.WriteByte('*')
	}
	if v.limited {
		b.WriteByte('!')
	}
	return b.String(), v
}

// refreshQueueHeadsSoon brings the desks whose list of a queue is cut up to date, soon: what has come into the head, and how many more wait. Where
// all that waits is listed, the events themselves say everything.
func (h *Hub) refreshQueueHeadsSoon(org uuid.UUID) {
	h.queueHeads.request(org, "list the heads of queues", func() { h.refreshQueueHeads(org) })
}

// refreshQueueHeads reads each head once for all desks that list it.
func (h *Hub) refreshQueueHeads(org uuid.UUID) {
	f := h.desksOf(org)
	if f == nil {
		return
	}
	type shared struct {
		queueView
		desks []*desk
	}
	heads := map[string]*shared{}
	for _, d := range f.all() {
		d.mu.Lock()
		cut, scope := d.ready && d.head.more > 0, d.queueScope
		d.mu.Unlock()
		if !cut {
			continue
		}
		key, v := queueViewOf(d.actor, scope)
		if heads[key] == nil {
			heads[key] = &shared{queueView: v}
		}
		heads[key].desks = append(heads[key].desks, d)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, s := range heads {
		head, all, err := h.conversations.QueueHead(ctx, access.System(org, "list the head of a queue"), s.scope, s.limited, s.customers)
		if err != nil {
			slog.Warn("list the head of a queue", "error", err)
			h.refreshQueueHeadsSoon(org) // again in a second
			return
		}
		h.routing.SetGroupNames(org, head)
		f.showQueueHead(s.desks, head, all)
	}
}

// showQueueHead shows some desks a head as it has just been read. What they have been told since stays.
func (f *orgDesks) showQueueHead(desks []*desk, head []conversation.Conversation, all int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	rendered := map[uuid.UUID][]byte{} // once for all
	for _, d := range desks {
		if !d.isReady() {
			continue // it reads everything
		}
		listed := d.headIDs()
		for _, c := range head {
			_, there := listed[c.ID]
			visibility := d.visibility(c, now)
			if there || f.lastShown(c.ID).seq > c.LastSeq || !visibility.Queued || visibility.Offered {
				continue
			}
			if rendered[c.ID] == nil {
				visibility.Known = true
				rendered[c.ID] = renderHTML(view.EntryUpdate(c, visibility, now))
			}
			d.addToHead(c, rendered[c.ID])
		}
		d.setMore(max(0, all-len(head)), head)
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
	ids := make(map[uuid.UUID]struct{}, len(d.head.entries))
	for _, p := range d.head.entries {
		ids[p.id] = struct{}{}
	}
	return ids
}

// addToHead lists a conversation that has come into the head.
func (d *desk) addToHead(c conversation.Conversation, frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, there := d.listed[c.ID]; there { // offered to this agent, or its own, by now
		return
	}
	d.head.more = 0 // what has been read is in order: nothing between is missing
	listed, dropped := d.head.put(queueEntryOf(c))
	if !listed { // an older one has left, and its event is on its way: it asks again
		return
	}
	d.listed[c.ID] = struct{}{}
	d.pushLocked(frame)
	d.dropLocked(dropped)
}

// setMore says how many more wait behind the list, which ends where the head that was read ends.
func (d *desk) setMore(more int, head []conversation.Conversation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if more > 0 {
		last := queueEntryOf(head[len(head)-1])
		for n := len(d.head.entries); n > 0 && d.head.entries[n-1].compare(last) > 0; n = len(d.head.entries) {
			d.dropLocked(d.head.entries[n-1].id)
			d.head.entries = d.head.entries[:n-1]
		}
	}
	d.head.more = more
	d.pushMoreLocked()
}

// dropLocked takes a conversation that still waits off the list, under the lock.
func (d *desk) dropLocked(id uuid.UUID) {
	if _, there := d.listed[id]; there && id != uuid.Nil {
		delete(d.listed, id)
		d.pushLocked(renderHTML(view.RemoveQueueEntry(id)))
	}
}

// pushMoreLocked says how many more wait, if that is another number than was said, under the lock.
func (d *desk) pushMoreLocked() {
	if d.head.more != d.shownMore {
		d.shownMore = d.head.more
		d.pushLocked(renderHTML(view.QueueMoreUpdate(d.head.more)))
	}
}
