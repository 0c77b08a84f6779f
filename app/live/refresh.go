package live

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/chat"
	"parley/app/fail"
	"parley/app/live/wire"
	"parley/app/queue"
	view "parley/templates/desk"
)

// refresh brings the whole screen up to date: both lists, a pane for each of the agent's conversations that the page does not show yet, and
// what each thread is missing. shown says what the page shows; nil asks what is known of it here.
func (d *desk) refresh(shown *shownPanes) {
	d.drawing.Lock()
	defer d.drawing.Unlock()
	f := d.hub.floor(d.actor.Org())
	if f == nil || shown == nil && !d.isReady() {
		return // it has gone; or its hello is still to come and will bring everything
	}
	f.begin(d)
	if shown == nil {
		shown = d.knownPanes()
	}
	d.noteLight(shown)
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	r, err := d.readScreen(ctx, shown)
	var frames [][]byte
	if err == nil {
		frames, err = d.drawScreen(ctx, r, shown)
	}
	if err != nil {
		d.now(view.Trouble(refused(err, "bring a desk up to date").Message))
		d.socket.Close(wire.TryAgain, "try again")
		return
	}
	then := f.finish(d, r, frames)
	for _, do := range then {
		do()
	}
	for _, id := range d.visitsMissed() {
		spawn("show who is in a conversation", func() { d.hub.guests(d.actor.Org(), id, d.actor.ID()) })
	}
	if r.more > 0 {
		d.hub.queueMoved(d.actor.Org())
	}
}

// shownPanes says which conversations' panes a page shows, each with the number of the last message that it has.
type shownPanes struct {
	whole map[uuid.UUID]int // with their threads; negative: known here
	light map[uuid.UUID]int // without: they are loaded when somebody looks at them
}

// knownPanes is what the desk follows.
func (d *desk) knownPanes() *shownPanes {
	s := &shownPanes{map[uuid.UUID]int{}, map[uuid.UUID]int{}}
	d.mu.Lock()
	for id := range d.following {
		if d.light[id] {
			s.light[id] = -1
		} else {
			s.whole[id] = -1
		}
	}
	d.mu.Unlock()
	for _, cursors := range []map[uuid.UUID]int{s.whole, s.light} {
		for id := range cursors {
			cursors[id] = d.hub.cursor(d, id)
		}
	}
	return s
}

// noteLight notes which panes are light. One that is loaded meanwhile is not told of: it is only spared what it knows.
func (d *desk) noteLight(s *shownPanes) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.light)
	for id := range s.light {
		d.light[id] = true
	}
}

// screen is what a desk shows, as it was read.
type screen struct {
	lines             chat.Lines
	line, own, visits []chat.Conversation
	more              int // wait behind line
	status            queue.Availability
	guests            map[uuid.UUID][]chat.Guest
	offered           map[uuid.UUID]view.Offered
	upTo              map[uuid.UUID]int // as of which message each conversation was read
}

func (d *desk) readScreen(ctx context.Context, shown *shownPanes) (r screen, err error) {
	if r.lines, err = d.hub.queue.Lines(ctx, d.actor); err != nil {
		return r, err
	}
	if r.line, r.own, r.visits, err = d.hub.chat.Desk(ctx, d.actor, r.lines); err != nil {
		return r, err
	}
	if r.more, err = d.hub.chat.Behind(ctx, d.actor, r.lines, r.line); err != nil {
		return r, err
	}
	if r.status, err = d.hub.queue.Mine(ctx, d.actor); err != nil {
		return r, err
	}
	ids := view.IDs(r.own, r.visits)
	if r.guests, err = d.hub.chat.Guests(ctx, d.actor, ids); err != nil {
		return r, err
	}
	r.upTo = map[uuid.UUID]int{}
	var whole []chat.Conversation
	for _, list := range [][]chat.Conversation{r.line, r.own, r.visits} {
		d.hub.queue.NameGroups(d.actor.Org(), list)
		for _, c := range list {
			r.upTo[c.ID] = c.LastSeq
		}
	}
	for i, c := range append(slices.Clone(r.own), r.visits...) {
		_, there := shown.whole[c.ID]
		_, light := shown.light[c.ID]
		if there || !light && i < view.PanesWhole {
			whole = append(whole, c)
		}
	}
	r.offered = d.hub.suggestions(ctx, d.actor, whole)
	d.mu.Lock()
	clear(d.visiting)
	for _, c := range r.visits {
		d.visiting[c.ID] = view.MayWrite(d.actor.ID(), r.guests[c.ID])
	}
	d.mu.Unlock()
	return r, nil
}

// drawScreen draws what the page does not show yet, and has the desk follow the conversations that it shows.
func (d *desk) drawScreen(ctx context.Context, r screen, shown *shownPanes) (frames [][]byte, err error) {
	now := time.Now()
	me := d.actor.ID()
	frames = [][]byte{html(view.Lists(me, r.line, r.own, r.visits, now)), html(view.MoreOf(r.more)), html(view.StatusOf(r.status))}
	missing := map[uuid.UUID]int{} // conversation to how far its thread is shown
	isOwn := map[uuid.UUID]bool{}
	var follows []uuid.UUID // whose panes are whole
	panes := len(shown.whole)
	for _, c := range append(slices.Clone(r.own), r.visits...) {
		isOwn[c.ID] = true
		after, whole := shown.whole[c.ID]
		lightAfter, light := shown.light[c.ID]
		if light && !whole {
			frames = append(frames, d.drawLight(c, r, lightAfter, missing)...)
			continue
		}
		if after > c.LastSeq {
			after = 0
		}
		if !whole && panes >= view.PanesWhole {
			d.mu.Lock()
			d.light[c.ID] = true
			d.mu.Unlock()
			frames = append(frames, html(view.AddPane(view.PaneView{Conversation: c, Me: me, Seen: d.sees(c, now), Light: true})))
			d.follow(c.ID, c.LastSeq)
			continue
		}
		switch o := r.offered[c.ID]; {
		case !whole:
			panes++
			pane := view.PaneView{Conversation: c, Me: me, Seen: d.sees(c, now), Guests: r.guests[c.ID], Offered: o}
			frames = append(frames, html(view.AddPane(pane)))
		case len(o.List) > 0:
			frames = append(frames, html(view.SuggestionsOf(c.ID, o.Seq, o.List)))
		}
		frames = append(frames, html(view.StateOf(c, d.sees(c, now))), html(view.GuestsOf(c, me, r.guests[c.ID])))
		if after == 0 { // it begins with the newest messages; those before come when they are looked for
			after = max(0, c.LastSeq-chat.ThreadShown)
		}
		d.follow(c.ID, after)
		follows = append(follows, c.ID)
		if c.LastSeq-after > chat.PageOfMessages { // much is missing: page by page, after this
			d.hub.look(c.ID)
			continue
		}
		missing[c.ID] = after
	}
	for _, cursors := range []map[uuid.UUID]int{shown.whole, shown.light} { // on the page, but no longer the agent's own open conversation
		for id, after := range cursors {
			if isOwn[id] {
				continue
			}
			c, err := d.hub.chat.Get(ctx, d.actor, id)
			_, whole := shown.whole[id]
			switch {
			case err != nil && fail.KindOf(err) != fail.NotFound:
				return nil, err
			case err == nil && c.State == chat.Open && c.Agent == me: // since the list was read: its event is on its way
				d.follow(id, min(after, c.LastSeq))
			case err == nil && c.State == chat.Closed && c.Agent == me:
				if whole {
					missing[id] = after
				}
				frames = append(frames, html(view.StateOf(c, view.Seen{Mine: true})))
			case err == nil && c.State == chat.Waiting:
				frames = append(frames, html(view.StateOf(c, view.Seen{})))
				d.await(id, c.OfferedNow(now) != uuid.Nil)
				d.leave(id)
			default:
				frames = append(frames, html(view.RemovePane(id)))
				d.leave(id)
			}
		}
	}
	threads, err := d.hub.chat.Threads(ctx, d.actor, missing) // now that what comes is followed
	if err != nil {
		return nil, err
	}
	read, err := d.hub.chat.ReadUpTo(ctx, d.actor, follows)
	if err != nil {
		return nil, err
	}
	for id, up := range read {
		if up.ByVisitor > 0 {
			frames = append(frames, html(view.ReadByVisitor(id, up.ByVisitor)))
		}
	}
	for id, messages := range threads {
		frames = append(frames, html(view.Messages(id, messages)))
		d.hub.advance(d, id, messages[len(messages)-1].Seq)
	}
	return frames, nil
}

// drawLight draws what has changed of a conversation whose pane is light: nothing, mostly. Of what was said, the last message says that
// something was.
func (d *desk) drawLight(c chat.Conversation, r screen, after int, missing map[uuid.UUID]int) (frames [][]byte) {
	d.follow(c.ID, c.LastSeq)
	if after == c.LastSeq && len(r.guests[c.ID]) == 0 {
		return nil
	}
	if after < c.LastSeq {
		missing[c.ID] = c.LastSeq - 1
	}
	return [][]byte{html(view.StateOf(c, d.sees(c, time.Now())))}
}

// caughtUp brings what was said in a conversation before this desk followed it, and what is suggested for it.
func (d *desk) caughtUp(c chat.Conversation) {
	if !d.follows(c.ID) {
		return
	}
	d.hub.look(c.ID)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	d.hub.suggestLast(ctx, d.actor, c)
}

// visitsMissed returns the conversations whose participants have changed while the screen was brought up to date.
func (d *desk) visitsMissed() []uuid.UUID {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := slices.Collect(maps.Keys(d.revisited))
	clear(d.revisited)
	return ids
}
