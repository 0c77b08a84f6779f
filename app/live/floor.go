package live

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/chat"
	view "parley/templates/desk"
)

// floor is all desks of one organization in this process. It shows list entries in the order of what happened: a state that
// arrives late never replaces a newer one.
type floor struct {
	mu    sync.Mutex
	desks map[*desk]struct{}
	told  map[uuid.UUID]told // by conversation
	since time.Time          // the first desk opened, or told was cleared
}

// told is what all desks have last been told of a conversation.
type told struct {
	seq   int // number of its newest message
	state chat.State
	agent uuid.UUID
	group uuid.UUID
	offer uuid.UUID // whom it is offered to
	name  string    // the visitor's
}

// mayBeLate reports whether an event about a conversation could be older than what a desk that has just opened has read.
func (f *floor) mayBeLate(conversation uuid.UUID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.told[conversation].seq == 0 && time.Since(f.since) < 10*time.Second
}

// shows reports whether a conversation's state as of a message, or a newer one, is on the desks.
func (f *floor) shows(conversation uuid.UUID, seq int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return seq > 0 && f.told[conversation].seq >= seq
}

// read notes that a desk has read a conversation from the table and shows it so. If the desks have been told otherwise, the
// next change is told to all of them.
func (f *floor) read(list []chat.Conversation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range list {
		if t, there := f.told[c.ID]; there && (t.state != c.State || t.agent != c.Agent || t.group != c.Group || t.offer != c.OfferedTo) {
			t.state = ""
			f.told[c.ID] = t
		}
	}
}

const toldKept = 20000

func (h *Hub) joinFloor(d *desk) {
	h.mu.Lock()
	defer h.mu.Unlock()
	org := d.actor.Org()
	f := h.floors[org]
	if f == nil {
		f = &floor{since: time.Now(), desks: map[*desk]struct{}{}, told: map[uuid.UUID]told{}}
		h.floors[org] = f
	}
	f.mu.Lock()
	f.desks[d] = struct{}{}
	f.mu.Unlock()
}

func (h *Hub) leaveFloor(d *desk) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.floors[d.actor.Org()]
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.desks, d)
	if len(f.desks) == 0 {
		delete(h.floors, d.actor.Org())
	}
}

func (f *floor) list() []*desk {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]*desk, 0, len(f.desks))
	for d := range f.desks {
		list = append(list, d)
	}
	return list
}

// changed shows a conversation's new state on the desks that see it, and takes it off those that no longer do. Nobody else is told that
// there is one.
func (h *Hub) changed(f *floor, org uuid.UUID, c chat.Conversation, seq int) {
	c.GroupName = h.queue.GroupName(org, c.Group)
	for _, then := range f.lists(c, seq) {
		then()
	}
}

// lists shows the new state in the lists and returns what else is to be done, outside the lock.
func (f *floor) lists(c chat.Conversation, seq int) (then []func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.told[c.ID]
	if before.seq >= seq {
		return nil
	}
	if len(f.told) >= toldKept {
		clear(f.told)
		f.since = time.Now()
	}
	f.told[c.ID] = told{seq, c.State, c.Agent, c.Group, c.OfferedTo, c.VisitorName}
	everyone := c.State == chat.Waiting || before.state != c.State || before.agent != c.Agent
	now := time.Now()
	var others map[view.Seen][]byte // drawn once for all who see it the same way
	for d := range f.desks {
		if c.State == chat.Waiting { // guests were its agent's
			d.visits(c.ID, false, false)
		}
		seen := d.sees(c, now)
		if !seen.Mine && !seen.Guest {
			if everyone {
				if others[seen] == nil {
					if others == nil {
						others = map[view.Seen][]byte{}
					}
					others[seen] = html(view.Entry(c, seen, now))
				}
				d.list(c.ID, seen.Line, others[seen])
			}
			if d.follows(c.ID) || d.awaits(c.ID) {
				d.say(view.StateOf(c, seen))
				// Its agent waits to hear what becomes of an offer, but no longer reads what is said.
				offered := c.OfferedNow(now) != uuid.Nil
				d.await(c.ID, offered)
				if offered {
					then = append(then, func() { d.leave(c.ID) })
				} else {
					then = append(then, func() { d.letGo(c.ID) })
				}
			}
			continue
		}
		d.await(c.ID, false)
		d.list(c.ID, c.State != chat.Closed, html(view.Entry(c, seen, now)))
		if before.name != c.VisitorName && d.follows(c.ID) {
			d.say(view.Named(c))
		}
		switch shown := d.follows(c.ID); {
		case shown && (c.State == chat.Closed || seen.Guest):
			d.say(view.StateOf(c, seen))
			if c.State == chat.Closed {
				d.visits(c.ID, false, false)
			}
		case shown && seen.Mine && before.agent != c.Agent: // a guest has got it, or who offered it has it again
			d.say(view.StateOf(c, seen))
		case !shown && c.State == chat.Open:
			then = append(then, func() {
				if !f.shows(c.ID, seq+1) { // else it has changed again, and that is shown
					d.openPane(c)
				}
			})
		}
	}
	return then
}
