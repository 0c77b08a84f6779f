package live

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	model "parley/app/front/desk"
	view "parley/templates/desk"
)

// refreshQueueHeadsSoon brings the desks whose list of the queues is cut up to date, soon: with what has come into the
// head, and how many more wait. Where everything that waits is listed, events are enough.
func (h *Hub) refreshQueueHeadsSoon(org uuid.UUID) {
	h.queueHeads.Request(org, "list the heads of queues", func() { h.refreshQueueHeads(org) })
}

// refreshQueueHeads reads each head once for all desks that have the same view of the queues.
func (h *Hub) refreshQueueHeads(org uuid.UUID) {
	f := h.desksOf(org)
	if f == nil {
		return
	}
	type shared struct {
		model.QueueView
		desks []*desk
	}
	heads := map[string]*shared{}
	for _, d := range f.all() {
		d.mu.Lock()
		cut, scope := d.ready && d.head.More() > 0, d.queueScope
		d.mu.Unlock()
		if !cut {
			continue
		}
		key, v := model.QueueViewOf(d.actor, scope)
		if heads[key] == nil {
			heads[key] = &shared{QueueView: v}
		}
		heads[key].desks = append(heads[key].desks, d)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, s := range heads {
		head, all, err := h.screens.LoadQueueHead(ctx, org, s.QueueView)
		if err != nil {
			slog.Warn("list the head of a queue", "error", err)
			h.refreshQueueHeadsSoon(org) // again in a second
			return
		}
		f.showQueueHead(s.desks, head, all)
	}
}

// showQueueHead shows a head that was just read on some desks. What they have been told since it was read stays.
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
			row := d.row(c, now)
			if there || f.lastShown(c.ID).seq > c.LastSeq || !row.Visibility.Queued || row.Visibility.Offered {
				continue
			}
			if rendered[c.ID] == nil {
				row.Visibility.Known = true
				rendered[c.ID] = renderHTML(view.EntryUpdate(row, now))
			}
			d.addToHead(c, rendered[c.ID])
		}
		d.setMore(max(0, all-len(head)), head)
	}
}

// isReady reports whether the screen has been brought up to date.
func (d *desk) isReady() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ready
}

// headIDs returns the conversations in the head.
func (d *desk) headIDs() map[uuid.UUID]struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := make(map[uuid.UUID]struct{}, len(d.head.Entries()))
	for _, e := range d.head.Entries() {
		ids[e.ID] = struct{}{}
	}
	return ids
}

// addToHead adds a conversation that has come into the head. frame is its fragment.
func (d *desk) addToHead(c conversation.Conversation, frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, there := d.listed[c.ID]; there { // it is offered to this agent, or its own, by now
		return
	}
	d.head.SetMore(0) // what was read is in order, and nothing between is missing
	listed, dropped := d.head.Put(model.QueueEntryOf(c))
	if !listed { // an older one has left the queue; its event is on its way and causes another refresh
		return
	}
	d.listed[c.ID] = struct{}{}
	d.pushLocked(frame)
	d.dropLocked(dropped)
}

// setMore shows how many more wait behind the list, and removes from it what stands behind the head that was read.
func (d *desk) setMore(more int, head []conversation.Conversation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if more > 0 {
		for _, id := range d.head.CutAfter(model.QueueEntryOf(head[len(head)-1])) {
			d.dropLocked(id)
		}
	}
	d.head.SetMore(more)
	d.pushMoreLocked()
}

// dropLocked removes a conversation that still waits from the list, under the lock.
func (d *desk) dropLocked(id uuid.UUID) {
	if _, there := d.listed[id]; there && id != uuid.Nil {
		delete(d.listed, id)
		d.pushLocked(renderHTML(view.RemoveQueueEntry(id)))
	}
}

// pushMoreLocked shows how many more wait, if the screen says another number, under the lock.
func (d *desk) pushMoreLocked() {
	if more := d.head.More(); more != d.shownMore {
		d.shownMore = more
		d.pushLocked(renderHTML(view.QueueMoreUpdate(more)))
	}
}
