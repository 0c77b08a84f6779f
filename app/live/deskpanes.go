package live

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat"
	"parley/app/live/wire"
	view "parley/templates/desk"
)

// openPane gives a conversation that has become this agent's its place on the screen, unless the desks have been told something newer of
// it: then that opened it, or it is no longer this agent's.
func (d *desk) openPane(c chat.Conversation) {
	f := d.hub.floor(d.actor.Org())
	if f == nil {
		return
	}
	c.GroupName = d.hub.queue.GroupName(d.actor.Org(), c.Group)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	offered := d.hub.suggestions(ctx, d.actor, []chat.Conversation{c})
	opened, light := f.openPane(d, c, offered[c.ID])
	if !opened {
		return
	}
	begin := c.LastSeq - chat.ThreadShown
	if light { // the last message says that there is something
		begin = c.LastSeq - 1
	}
	d.hub.follow(d, c.ID, max(0, begin))
	if !d.follows(c.ID) { // it was let go meanwhile
		d.hub.leave(d, c.ID)
		return
	}
	d.hub.look(c.ID)
	if len(offered) == 0 {
		d.hub.suggestLast(ctx, d.actor, c)
	}
	if today, err := d.hub.queue.Today(ctx, d.actor); err == nil {
		d.say(view.TodayOf(today))
	}
}

// openPane shows the pane, in the order of what the desk is told of the conversation. It is light where many are open.
func (f *floor) openPane(d *desk, c chat.Conversation, offered view.Offered) (opened, light bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !d.isReady() || f.toldOf(c.ID).seq > c.LastSeq { // what is being read has it
		return false, false
	}
	d.mu.Lock()
	d.following[c.ID] = struct{}{}
	if light = len(d.following) > view.PanesWhole; light {
		d.light[c.ID] = true
	}
	d.mu.Unlock()
	seen := d.sees(c, time.Now())
	d.say(view.AddPane(view.PaneView{Conversation: c, Me: d.actor.ID(), Seen: seen, Offered: offered, Light: light}))
	d.say(view.StateOf(c, seen))
	return true, light
}

// letGo leaves a conversation that has become somebody else's, unless it is this agent's again by now.
func (d *desk) letGo(conversation uuid.UUID) {
	d.leave(conversation)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if c, err := d.hub.chat.Get(ctx, d.actor, conversation); err == nil && c.State == chat.Open && c.Agent == d.actor.ID() {
		d.openPane(c)
	}
}

// guests shows on the desks concerned who is in a conversation: on the guest's, whose place it is or was, and on those that
// show it.
func (h *Hub) guests(org, conversation, guest uuid.UUID) {
	f := h.floor(org)
	if f == nil {
		return
	}
	f.visiting.Lock() // read and shown one after another
	defer f.visiting.Unlock()
	var here []*desk
	for _, d := range f.list() {
		if d.revisit(conversation) {
			continue // after what is being read
		}
		if d.actor.ID() == guest || d.follows(conversation) {
			here = append(here, d)
		}
	}
	if len(here) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	who := access.System(org, "show who is in a conversation")
	c, err := h.chat.Get(ctx, who, conversation)
	var guests map[uuid.UUID][]chat.Guest
	if err == nil {
		guests, err = h.chat.Guests(ctx, who, []uuid.UUID{conversation})
	}
	if err != nil {
		slog.Warn("show who is in a conversation", "error", err)
		for _, d := range here {
			d.socket.Close(wire.TryAgain, "try again")
		}
		return
	}
	c.GroupName = h.queue.GroupName(org, c.Group)
	for _, d := range here {
		if !d.showGuests(f, c, guests[conversation]) { // it has changed since it was read
			spawn("show who is in a conversation", func() { h.guests(org, conversation, guest) })
		}
	}
}

// showGuests shows who takes part in a conversation, and the conversation itself to whom has come or gone. It reports false, and does
// nothing, if the desk has been told something newer of the conversation.
func (d *desk) showGuests(f *floor, c chat.Conversation, guests []chat.Guest) bool {
	in := slices.ContainsFunc(guests, func(g chat.Guest) bool { return g.ID == d.actor.ID() })
	now := time.Now()
	f.mu.Lock()
	if !d.isReady() { // it has begun to read everything
		f.mu.Unlock()
		return true
	}
	if f.toldOf(c.ID).seq > c.LastSeq {
		f.mu.Unlock()
		return false
	}
	changed := d.visits(c.ID, in, view.MayWrite(d.actor.ID(), guests))
	seen := d.sees(c, now)
	opens := changed && in && !d.follows(c.ID)
	leaves := changed && !in && c.Agent != d.actor.ID()
	if opens || leaves {
		d.list(c, seen, func() []byte { return html(view.Entry(c, seen, now)) })
	}
	if leaves {
		d.say(view.RemovePane(c.ID))
	}
	f.mu.Unlock()
	switch {
	case leaves:
		d.leave(c.ID)
		return true
	case opens:
		d.openPane(c)
	}
	if in || d.follows(c.ID) { // not on a desk that was only being read when they changed
		d.say(view.GuestsOf(c, d.actor.ID(), guests))
	}
	return true
}

// revisit notes, while the screen is brought up to date, that a conversation's participants have changed; it reports whether it is.
func (d *desk) revisit(conversation uuid.UUID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.ready {
		d.revisited[conversation] = true
	}
	return !d.ready
}
