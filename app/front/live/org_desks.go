package live

import (
	"bytes"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	model "parley/app/front/desk"
	view "parley/templates/desk"
)

// orgDesks are the desks of one organization in this process. It shows changes of conversations in their order: a state that
// arrives late never replaces a newer one.
type orgDesks struct {
	participantsMu sync.Mutex // held while participants are read and shown

	mu         sync.Mutex
	desks      map[*desk]struct{}
	shown      map[uuid.UUID]entryState // by conversation
	olderShown map[uuid.UUID]entryState // older ones, which are forgotten when shown is full again
	openedAt   time.Time                // when the first desk opened
}

// entryState is what the desks have last been told of a conversation. The zero entryState: nothing.
type entryState struct {
	seq   int // number of its newest message
	state conversation.State
	agent uuid.UUID
	group uuid.UUID
	offer uuid.UUID // whom it is offered to
	name  string    // the visitor's
}

// conversationChange is a new state of a conversation as of a message, and what the desks had been told of it before.
type conversationChange struct {
	conversation.Conversation
	seq    int
	before entryState
}

// movedInQueue reports whether the conversation may have come into a queue, left one, or changed its place there.
func (c conversationChange) movedInQueue() bool {
	return c.before.seq == 0 || c.before.state != c.State || c.before.group != c.Group || c.before.offer != c.OfferedTo
}

// isPossiblyStale reports whether an event of a conversation could be older than what desks have read when they opened.
func (f *orgDesks) isPossiblyStale(conversation uuid.UUID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lastShown(conversation).seq == 0 && time.Since(f.openedAt) < 10*time.Second
}

// hasShown reports whether the desks have been told a conversation's state as of a message or a later one.
func (f *orgDesks) hasShown(conversation uuid.UUID, seq int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return seq > 0 && f.lastShown(conversation).seq >= seq
}

// lastShown returns what the desks have last been told of a conversation, under the lock.
func (f *orgDesks) lastShown(conversation uuid.UUID) entryState {
	if t, there := f.shown[conversation]; there {
		return t
	}
	return f.olderShown[conversation]
}

// maxShownStates is of how many conversations at least the last state is remembered.
const maxShownStates = 20000

// recordShown notes what the desks are told of a conversation, under the lock.
func (f *orgDesks) recordShown(c conversation.Conversation, seq int) {
	if len(f.shown) >= maxShownStates {
		f.olderShown, f.shown = f.shown, map[uuid.UUID]entryState{}
	}
	f.shown[c.ID] = entryState{seq, c.State, c.Agent, c.Group, c.OfferedTo, c.VisitorName}
}

// registerDesk adds a desk to those of its organization.
func (h *Hub) registerDesk(d *desk) {
	h.mu.Lock()
	defer h.mu.Unlock()
	org := d.actor.Org()
	f := h.orgDesks[org]
	if f == nil {
		f = &orgDesks{openedAt: time.Now(), desks: map[*desk]struct{}{}, shown: map[uuid.UUID]entryState{}}
		h.orgDesks[org] = f
	}
	f.mu.Lock()
	f.desks[d] = struct{}{}
	f.mu.Unlock()
}

// unregisterDesk removes a desk from those of its organization.
func (h *Hub) unregisterDesk(d *desk) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.orgDesks[d.actor.Org()]
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.desks, d)
	if len(f.desks) == 0 {
		delete(h.orgDesks, d.actor.Org())
	}
}

// all returns the desks.
func (f *orgDesks) all() []*desk {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]*desk, 0, len(f.desks))
	for d := range f.desks {
		list = append(list, d)
	}
	return list
}

// showChange shows a conversation's new state on the desks that see it, and removes it from those that no longer do.
// The others are not told of it.
func (h *Hub) showChange(f *orgDesks, org uuid.UUID, c conversation.Conversation, seq int) {
	c.GroupName = h.groups.Name(org, c.Group)
	for _, then := range f.applyChange(c, seq) {
		then()
	}
}

// applyChange shows the new state, unless the desks have been told a newer one. It returns what is to be done outside the lock.
func (f *orgDesks) applyChange(c conversation.Conversation, seq int) (then []func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.lastShown(c.ID)
	if before.seq >= seq {
		return nil
	}
	f.recordShown(c, seq)
	return f.showChange(conversationChange{c, seq, before}, f.desks)
}

// showChange shows a change on some desks, under the lock, and returns what is to be done outside it. A desk that is being brought up to
// date is told afterwards.
func (f *orgDesks) showChange(ch conversationChange, desks map[*desk]struct{}) (then []func()) {
	c := ch.Conversation
	now := time.Now()
	rendered := map[model.Visibility][]byte{} // once for all desks on which it shows in the same way
	var cut *desk
	for d := range desks {
		if d.deferChange(ch) {
			continue
		}
		if c.State == conversation.Waiting { // participants have come for its agent
			d.setParticipant(c.ID, false, false)
		}
		row := d.row(c, now)
		visibility := row.Visibility
		if !visibility.Mine && !visibility.Participant {
			if d.updateEntry(row, func() []byte {
				if rendered[visibility] == nil {
					rendered[visibility] = renderHTML(view.EntryUpdate(row, now))
				}
				return rendered[visibility]
			}) {
				cut = d
			}
			if d.isFollowing(c.ID) || d.isTrackingOffer(c.ID) {
				d.push(view.PaneStateUpdate(row))
				// An agent that has offered it sees the result, but no longer the messages.
				offered := c.OfferRecipient(now) != uuid.Nil
				d.trackOffer(c.ID, offered)
				if offered {
					then = append(then, func() { d.unfollow(c.ID) })
				} else {
					then = append(then, func() { d.releasePane(c.ID) })
				}
			}
			continue
		}
		d.trackOffer(c.ID, false)
		if d.updateEntry(row, func() []byte { return renderHTML(view.EntryUpdate(row, now)) }) {
			cut = d
		}
		if ch.before.name != c.VisitorName && d.isFollowing(c.ID) {
			d.push(view.VisitorNameUpdate(c))
		}
		switch shown := d.isFollowing(c.ID); {
		case shown && (c.State == conversation.Closed || visibility.Participant):
			d.push(view.PaneStateUpdate(row))
			if c.State == conversation.Closed {
				d.setParticipant(c.ID, false, false)
			}
		case shown && visibility.Mine && ch.before.agent != c.Agent: // a participant has got it, or the one who offered it has it again
			d.push(view.PaneStateUpdate(row))
		case !shown && c.State == conversation.Open:
			then = append(then, func() { d.openPane(c) })
		}
	}
	if cut != nil && ch.movedInQueue() {
		then = append(then, func() { cut.hub.refreshQueueHeadsSoon(cut.actor.Org()) })
	}
	return then
}

// deferChange reports whether the desk is being brought up to date. If so, it notes the change, in place of an earlier one of the same
// conversation.
func (d *desk) deferChange(ch conversationChange) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ready {
		return false
	}
	if first, there := d.pendingChanges[ch.ID]; there {
		ch.before = first.before
	}
	d.pendingChanges[ch.ID] = ch
	return true
}

// beginRefresh has what comes from now on shown after the refresh.
func (f *orgDesks) beginRefresh(d *desk) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ready = false
	clear(d.listed)
}

// finishRefresh sends the fragments that bring a desk up to date, and then what came meanwhile, except changes that are
// in what was read. It returns what is to be done outside the locks.
func (f *orgDesks) finishRefresh(d *desk, screen model.Screen, fragments [][]byte) (then []func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.mu.Lock()
	d.queueScope = screen.QueueScope
	clear(d.listed)
	d.head.Clear()
	d.shownMore = screen.More
	for _, c := range screen.Queue {
		d.listed[c.ID] = struct{}{}
		if c.OfferRecipient(time.Now()) == uuid.Nil {
			d.head.Put(model.QueueEntryOf(c))
		}
	}
	d.head.SetMore(screen.More)
	for _, c := range screen.Open() {
		d.listed[c.ID] = struct{}{}
	}
	d.socket.Send(bytes.Join(append(fragments, d.bufferedFrames...), nil)) // one frame: few writes, one redraw
	d.ready, d.bufferedFrames = true, nil
	pending := d.pendingChanges
	d.pendingChanges = map[uuid.UUID]conversationChange{}
	d.mu.Unlock()
	readAsOf := screen.ReadAsOf()
	only := map[*desk]struct{}{d: {}}
	for id, ch := range pending {
		if ch.seq > readAsOf[id] {
			then = append(then, f.showChange(ch, only)...)
			then = append(then, func() { d.catchUpPane(ch.Conversation) })
		}
	}
	return then
}
