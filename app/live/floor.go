package live

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/chat"
	view "parley/templates/desk"
)

// floor is all desks of one organization in this process. It shows list entries in the order of what happened: a state that
// arrives late never replaces a newer one.
type floor struct {
	visiting sync.Mutex // one look at the participants of a conversation after another

	mu    sync.Mutex
	desks map[*desk]struct{}
	told  map[uuid.UUID]told // by conversation
	older map[uuid.UUID]told // what was told before told became too long
	since time.Time          // the first desk opened
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

// change is a conversation's new state, and what desks had been told of it before.
type change struct {
	chat.Conversation
	seq    int
	before told
}

// moved reports whether the conversation may have come into a queue, left one, or changed its place there.
func (c change) moved() bool {
	return c.before.seq == 0 || c.before.state != c.State || c.before.group != c.Group || c.before.offer != c.OfferedTo
}

// mayBeLate reports whether an event about a conversation could be older than what a desk that has just opened has read.
func (f *floor) mayBeLate(conversation uuid.UUID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.toldOf(conversation).seq == 0 && time.Since(f.since) < 10*time.Second
}

// shows reports whether a conversation's state as of a message, or a newer one, is on the desks.
func (f *floor) shows(conversation uuid.UUID, seq int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return seq > 0 && f.toldOf(conversation).seq >= seq
}

// toldOf returns what the desks have last been told of a conversation, under the lock.
func (f *floor) toldOf(conversation uuid.UUID) told {
	if t, there := f.told[conversation]; there {
		return t
	}
	return f.older[conversation]
}

// toldKept is how many conversations are remembered at least, of those that were told of last.
const toldKept = 20000

// note remembers what the desks are told from now on, under the lock.
func (f *floor) note(c chat.Conversation, seq int) {
	if len(f.told) >= toldKept {
		f.older, f.told = f.told, map[uuid.UUID]told{}
	}
	f.told[c.ID] = told{seq, c.State, c.Agent, c.Group, c.OfferedTo, c.VisitorName}
}

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
	before := f.toldOf(c.ID)
	if before.seq >= seq {
		return nil
	}
	f.note(c, seq)
	return f.show(change{c, seq, before}, f.desks)
}

// show tells some desks of a change, under the lock, and returns what else is to be done, outside it. A desk that is being brought up to
// date hears of it afterwards.
func (f *floor) show(ch change, desks map[*desk]struct{}) (then []func()) {
	c := ch.Conversation
	now := time.Now()
	others := map[view.Seen][]byte{} // drawn once for all who see it the same way
	var cut *desk
	for d := range desks {
		if d.later(ch) {
			continue
		}
		if c.State == chat.Waiting { // guests were its agent's
			d.visits(c.ID, false, false)
		}
		seen := d.sees(c, now)
		if !seen.Mine && !seen.Guest {
			if d.list(c, seen, func() []byte {
				if others[seen] == nil {
					others[seen] = html(view.Entry(c, seen, now))
				}
				return others[seen]
			}) {
				cut = d
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
		if d.list(c, seen, func() []byte { return html(view.Entry(c, seen, now)) }) {
			cut = d
		}
		if ch.before.name != c.VisitorName && d.follows(c.ID) {
			d.say(view.Named(c))
		}
		switch shown := d.follows(c.ID); {
		case shown && (c.State == chat.Closed || seen.Guest):
			d.say(view.StateOf(c, seen))
			if c.State == chat.Closed {
				d.visits(c.ID, false, false)
			}
		case shown && seen.Mine && ch.before.agent != c.Agent: // a guest has got it, or who offered it has it again
			d.say(view.StateOf(c, seen))
		case !shown && c.State == chat.Open:
			then = append(then, func() { d.openPane(c) })
		}
	}
	if cut != nil && ch.moved() {
		then = append(then, func() { cut.hub.queueMoved(cut.actor.Org()) })
	}
	return then
}

// later keeps a change for a desk that is being brought up to date, and reports whether it is. Of several changes of a conversation the
// last one says all.
func (d *desk) later(ch change) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ready {
		return false
	}
	if first, there := d.pending[ch.ID]; there {
		ch.before = first.before
	}
	d.pending[ch.ID] = ch
	return true
}

// begin has what comes from now on shown after the screen has been brought up to date.
func (f *floor) begin(d *desk) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ready = false
	clear(d.listed)
}

// finish sends what brings a desk's screen up to date, then what came meanwhile: what has changed until a conversation was read is in what
// was read. It returns what else is to be done.
func (f *floor) finish(d *desk, r screen, frames [][]byte) (then []func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.mu.Lock()
	d.lines = r.lines
	clear(d.listed)
	d.head.places, d.head.more, d.saidMore = nil, 0, r.more
	for _, c := range r.line {
		d.listed[c.ID] = struct{}{}
		if c.OfferedNow(time.Now()) == uuid.Nil {
			d.head.put(placeOf(c))
		}
	}
	d.head.more = r.more
	for _, c := range append(slices.Clone(r.own), r.visits...) {
		d.listed[c.ID] = struct{}{}
	}
	d.socket.Send(bytes.Join(append(frames, d.waiting...), nil)) // one frame: few writes, one redraw
	d.ready, d.waiting = true, nil
	pending := d.pending
	d.pending = map[uuid.UUID]change{}
	d.mu.Unlock()
	only := map[*desk]struct{}{d: {}}
	for id, ch := range pending {
		if ch.seq > r.upTo[id] {
			then = append(then, f.show(ch, only)...)
			then = append(then, func() { d.caughtUp(ch.Conversation) })
		}
	}
	return then
}
