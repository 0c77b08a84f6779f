package live

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/chat"
	"parley/app/fail"
	"parley/app/live/wire"
	"parley/app/queue"
	view "parley/templates/desk"
)

// refresh brings the whole screen up to date: both lists, a pane for each of the agent's conversations that the page does
// not show yet, and what each thread is missing. cursors says what the page shows; nil asks what is known of it here.
func (d *desk) refresh(cursors map[uuid.UUID]int) {
	d.drawing.Lock()
	defer d.drawing.Unlock()
	d.mu.Lock()
	if cursors == nil && !d.ready {
		d.mu.Unlock()
		return // its hello is still to come and will bring everything
	}
	d.ready = false // what comes from now on is shown after this
	clear(d.listed)
	clear(d.passed)
	if cursors == nil {
		cursors = make(map[uuid.UUID]int, len(d.following))
		for id := range d.following {
			cursors[id] = -1
		}
	}
	d.mu.Unlock()
	for id, after := range cursors {
		if after < 0 {
			cursors[id] = d.hub.cursor(d, id)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	lines, err := d.hub.queue.Lines(ctx, d.actor)
	var line, own, visits []chat.Conversation
	var status queue.Availability
	if err == nil {
		line, own, visits, err = d.hub.chat.Desk(ctx, d.actor, lines)
	}
	if err == nil {
		status, err = d.hub.queue.Mine(ctx, d.actor)
	}
	var guests map[uuid.UUID][]chat.Guest
	if err == nil {
		guests, err = d.hub.chat.Guests(ctx, d.actor, view.IDs(own, visits))
	}
	var read map[uuid.UUID]chat.Read
	if err == nil {
		read, err = d.hub.chat.ReadUpTo(ctx, d.actor, view.IDs(own, visits))
	}
	offered := d.hub.suggestions(ctx, d.actor, append(slices.Clone(own), visits...))
	if err != nil {
		message := refused(err, "bring a desk up to date").Message
		d.now(view.Trouble(message))
		d.socket.Close(wire.TryAgain, "try again")
		return
	}
	d.mu.Lock()
	d.lines = lines
	clear(d.visiting)
	for _, c := range visits {
		d.visiting[c.ID] = view.MayWrite(d.actor.ID(), guests[c.ID])
	}
	for _, list := range [][]chat.Conversation{line, own, visits} {
		for _, c := range list {
			if frame, gone := d.passed[c.ID]; gone { // it has left since it was read
				d.waiting = append(d.waiting, frame)
			} else {
				d.listed[c.ID] = struct{}{}
			}
		}
	}
	d.mu.Unlock()
	if f := d.hub.floor(d.actor.Org()); f != nil {
		f.read(line)
		f.read(own)
		f.read(visits)
	}
	for _, list := range [][]chat.Conversation{line, own, visits} {
		d.hub.queue.NameGroups(d.actor.Org(), list)
	}
	frames := [][]byte{html(view.Lists(d.actor.ID(), line, own, visits, time.Now())), html(view.StatusOf(status))}
	own = append(own, visits...)
	missing := make(map[uuid.UUID]int, len(own)) // conversation to how far its thread is shown
	isOwn := make(map[uuid.UUID]bool, len(own))
	for _, c := range own {
		isOwn[c.ID] = true
		after, shown := cursors[c.ID]
		if !shown || after > c.LastSeq {
			after = 0
		}
		if !shown {
			frames = append(frames, html(view.AddPane(view.PaneView{Conversation: c, Me: d.actor.ID(), Offered: offered[c.ID]})))
		} else if o := offered[c.ID]; len(o.List) > 0 {
			frames = append(frames, html(view.SuggestionsOf(c.ID, o.Seq, o.List)))
		}
		frames = append(frames, html(view.StateOf(c, d.sees(c, time.Now()))), html(view.GuestsOf(c, d.actor.ID(), guests[c.ID])))
		if after == 0 { // it begins with the newest messages; those before come when they are looked for
			after = max(0, c.LastSeq-chat.ThreadShown)
		}
		d.follow(c.ID, after)
		if c.LastSeq-after > chat.PageOfMessages { // much is missing: page by page, after this
			d.hub.look(c.ID)
			continue
		}
		missing[c.ID] = after
	}
	for id, after := range cursors { // on the page, but no longer the agent's own open conversation
		if isOwn[id] {
			continue
		}
		c, err := d.hub.chat.Get(ctx, d.actor, id)
		switch {
		case err == nil && c.State == chat.Closed && c.Agent == d.actor.ID():
			missing[id] = after
			frames = append(frames, html(view.StateOf(c, view.Seen{Mine: true})))
		case err == nil && c.State == chat.Waiting:
			frames = append(frames, html(view.StateOf(c, view.Seen{})))
			d.leave(id)
		default:
			frames = append(frames, html(view.RemovePane(id)))
			d.leave(id)
		}
	}
	threads, err := d.hub.chat.Threads(ctx, d.actor, missing)
	if err != nil {
		slog.Error("bring a desk up to date", "error", err)
		d.socket.Close(wire.TryAgain, "try again")
		return
	}
	for id, messages := range threads {
		frames = append(frames, html(view.Messages(id, messages)))
		d.hub.advance(d, id, messages[len(messages)-1].Seq)
	}
	for id, r := range read {
		if r.ByVisitor > 0 {
			frames = append(frames, html(view.ReadByVisitor(id, r.ByVisitor)))
		}
	}
	d.mu.Lock()
	d.socket.Send(bytes.Join(append(frames, d.waiting...), nil)) // one frame: few writes, one redraw
	d.ready, d.waiting = true, nil
	clear(d.passed)
	d.mu.Unlock()
	for _, c := range own { // what changed after it was read, while this screen did not follow it yet
		if f := d.hub.floor(d.actor.Org()); f != nil && f.shows(c.ID, c.LastSeq+1) {
			d.showAgain(ctx, c.ID)
		}
	}
}

// showAgain shows a conversation's state as it is now.
func (d *desk) showAgain(ctx context.Context, conversation uuid.UUID) {
	c, err := d.hub.chat.Get(ctx, d.actor, conversation)
	if fail.KindOf(err) == fail.NotFound {
		d.say(view.RemovePane(conversation))
		d.leave(conversation)
		return
	}
	if err != nil {
		slog.Warn("show a conversation's state", "conversation", conversation, "error", err)
		d.socket.Close(wire.TryAgain, "try again")
		return
	}
	c.GroupName = d.hub.queue.GroupName(d.actor.Org(), c.Group)
	seen := d.sees(c, time.Now())
	d.list(conversation, seen.Line || (seen.Mine || seen.Guest) && c.State != chat.Closed, html(view.Entry(c, seen, time.Now())))
	d.say(view.StateOf(c, seen))
	if !seen.Mine && !seen.Guest && c.OfferedNow(time.Now()) == uuid.Nil {
		d.letGo(conversation)
	}
}
