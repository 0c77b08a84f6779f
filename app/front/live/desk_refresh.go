package live

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing"
	"parley/app/front/live/frames"
	"parley/app/front/live/wire"
	"parley/app/platform/fail"
	view "parley/templates/desk"
)

// refresh brings the whole screen up to date: both lists, a pane for each of the agent's conversations that the page does not show yet, and
// what each thread is missing. shown says what the page shows; nil asks what is known of it here.
func (d *desk) refresh(shown *shownPanes) {
	d.refreshMu.Lock()
	defer d.refreshMu.Unlock()
	f := d.hub.desksOf(d.actor.Org())
	if f == nil || shown == nil && !d.isReady() {
		return // it has gone; or its hello is still to come and will bring everything
	}
	f.beginRefresh(d)
	if shown == nil {
		shown = d.knownPanes()
	}
	d.recordLightPanes(shown)
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	r, err := d.loadScreen(ctx, shown)
	var fragments [][]byte
	if err == nil {
		fragments, err = d.renderScreen(ctx, r, shown)
	}
	if err != nil {
		d.pushNow(view.ErrorNotice(frames.NewRefused(err, "bring a desk up to date").Message))
		d.socket.Close(wire.TryAgain, "try again")
		return
	}
	then := f.finishRefresh(d, r, fragments)
	for _, do := range then {
		do()
	}
	for _, id := range d.takeParticipantsChanged() {
		runInBackground("show who is in a conversation", func() { d.hub.updateParticipants(d.actor.Org(), id, d.actor.ID()) })
	}
	if r.more > 0 {
		d.hub.refreshQueueHeadsSoon(d.actor.Org())
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
		if d.lightPanes[id] {
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

// recordLightPanes notes which panes are light. One that is loaded meanwhile is not told of: it is only spared what it knows.
func (d *desk) recordLightPanes(s *shownPanes) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.lightPanes)
	for id := range s.light {
		d.lightPanes[id] = true
	}
}

// deskScreen is what a desk shows, as it was read.
type deskScreen struct {
	queueScope                conversation.QueueScope
	queue, own, participating []conversation.Conversation
	more                      int // wait behind line
	availability              routing.Availability
	participants              map[uuid.UUID][]conversation.Participant
	suggestions               map[uuid.UUID]view.Suggestions
	readAsOf                  map[uuid.UUID]int // as of which message each conversation was read
}

func (d *desk) loadScreen(ctx context.Context, shown *shownPanes) (r deskScreen, err error) {
	if r.queueScope, err = d.hub.routing.VisibleQueues(ctx, d.actor); err != nil {
		return r, err
	}
	if r.queue, r.own, r.participating, err = d.hub.conversations.ListForDesk(ctx, d.actor, r.queueScope); err != nil {
		return r, err
	}
	if r.more, err = d.hub.conversations.CountQueuedBeyond(ctx, d.actor, r.queueScope, r.queue); err != nil {
		return r, err
	}
	if r.availability, err = d.hub.routing.GetAvailability(ctx, d.actor); err != nil {
		return r, err
	}
	ids := view.ConversationIDs(r.own, r.participating)
	if r.participants, err = d.hub.conversations.ListParticipants(ctx, d.actor, ids); err != nil {
		return r, err
	}
	r.readAsOf = map[uuid.UUID]int{}
	var whole []conversation.Conversation
	for _, list := range [][]conversation.Conversation{r.queue, r.own, r.participating} {
		d.hub.routing.SetGroupNames(d.actor.Org(), list)
		for _, c := range list {
			r.readAsOf[c.ID] = c.LastSeq
		}
	}
	for i, c := range append(slices.Clone(r.own), r.participating...) {
		_, there := shown.whole[c.ID]
		_, light := shown.light[c.ID]
		if there || !light && i < view.MaxWholePanes {
			whole = append(whole, c)
		}
	}
	r.suggestions = d.hub.suggestions(ctx, d.actor, whole)
	d.mu.Lock()
	clear(d.participating)
	for _, c := range r.participating {
		d.participating[c.ID] = view.CanReply(d.actor.ID(), r.participants[c.ID])
	}
	d.mu.Unlock()
	return r, nil
}

// renderScreen draws what the page does not show yet, and has the desk follow the conversations that it shows.
func (d *desk) renderScreen(ctx context.Context, r deskScreen, shown *shownPanes) (fragments [][]byte, err error) {
	now := time.Now()
	me := d.actor.ID()
	fragments = [][]byte{renderHTML(view.ListsUpdate(me, r.queue, r.own, r.participating, now)), renderHTML(view.QueueMoreUpdate(r.more)), renderHTML(view.AvailabilityUpdate(r.availability))}
	missing := map[uuid.UUID]int{} // conversation to how far its thread is shown
	isOwn := map[uuid.UUID]bool{}
	var follows []uuid.UUID // whose panes are whole
	panes := len(shown.whole)
	for _, c := range append(slices.Clone(r.own), r.participating...) {
		isOwn[c.ID] = true
		after, whole := shown.whole[c.ID]
		lightAfter, light := shown.light[c.ID]
		if light && !whole {
			fragments = append(fragments, d.renderLightPane(c, r, lightAfter, missing)...)
			continue
		}
		if after > c.LastSeq {
			after = 0
		}
		if !whole && panes >= view.MaxWholePanes {
			d.mu.Lock()
			d.lightPanes[c.ID] = true
			d.mu.Unlock()
			fragments = append(fragments, renderHTML(view.AddPane(view.PaneView{Conversation: c, Viewer: me, Visibility: d.visibility(c, now), Light: true})))
			d.follow(c.ID, c.LastSeq)
			continue
		}
		switch o := r.suggestions[c.ID]; {
		case !whole:
			panes++
			pane := view.PaneView{Conversation: c, Viewer: me, Visibility: d.visibility(c, now), Participants: r.participants[c.ID], Suggestions: o}
			fragments = append(fragments, renderHTML(view.AddPane(pane)))
		case len(o.List) > 0:
			fragments = append(fragments, renderHTML(view.SuggestionsUpdate(c.ID, o.Seq, o.List)))
		}
		fragments = append(fragments, renderHTML(view.PaneStateUpdate(c, d.visibility(c, now))), renderHTML(view.ParticipantsUpdate(c, me, r.participants[c.ID])))
		if after == 0 { // it begins with the newest messages; those before come when they are looked for
			after = max(0, c.LastSeq-conversation.DeskThreadLimit)
		}
		d.follow(c.ID, after)
		follows = append(follows, c.ID)
		if c.LastSeq-after > conversation.MessagePageSize { // much is missing: page by page, after this
			d.hub.catchUp(c.ID)
			continue
		}
		missing[c.ID] = after
	}
	for _, cursors := range []map[uuid.UUID]int{shown.whole, shown.light} { // on the page, but no longer the agent's own open conversation
		for id, after := range cursors {
			if isOwn[id] {
				continue
			}
			c, err := d.hub.conversations.Get(ctx, d.actor, id)
			_, whole := shown.whole[id]
			switch {
			case err != nil && fail.KindOf(err) != fail.NotFound:
				return nil, err
			case err == nil && c.State == conversation.Open && c.Agent == me: // since the list was read: its event is on its way
				d.follow(id, min(after, c.LastSeq))
			case err == nil && c.State == conversation.Closed && c.Agent == me:
				if whole {
					missing[id] = after
				}
				fragments = append(fragments, renderHTML(view.PaneStateUpdate(c, view.Visibility{Mine: true})))
			case err == nil && c.State == conversation.Waiting:
				fragments = append(fragments, renderHTML(view.PaneStateUpdate(c, view.Visibility{})))
				d.trackOffer(id, c.OfferRecipient(now) != uuid.Nil)
				d.unfollow(id)
			default:
				fragments = append(fragments, renderHTML(view.RemovePane(id)))
				d.unfollow(id)
			}
		}
	}
	threads, err := d.hub.conversations.Threads(ctx, d.actor, missing) // now that what comes is followed
	if err != nil {
		return nil, err
	}
	read, err := d.hub.conversations.ReadStates(ctx, d.actor, follows)
	if err != nil {
		return nil, err
	}
	for id, up := range read {
		if up.ByVisitor > 0 {
			fragments = append(fragments, renderHTML(view.VisitorReadUpdate(id, up.ByVisitor)))
		}
	}
	for id, messages := range threads {
		fragments = append(fragments, renderHTML(view.MessagesUpdate(id, messages)))
		d.hub.advanceCursor(d, id, messages[len(messages)-1].Seq)
	}
	return fragments, nil
}

// renderLightPane draws what has changed of a conversation whose pane is light: nothing, mostly. Of what was said, the last message says that
// something was.
func (d *desk) renderLightPane(c conversation.Conversation, r deskScreen, after int, missing map[uuid.UUID]int) (fragments [][]byte) {
	d.follow(c.ID, c.LastSeq)
	if after == c.LastSeq && len(r.participants[c.ID]) == 0 {
		return nil
	}
	if after < c.LastSeq {
		missing[c.ID] = c.LastSeq - 1
	}
	return [][]byte{renderHTML(view.PaneStateUpdate(c, d.visibility(c, time.Now())))}
}

// catchUpPane brings what was said in a conversation before this desk followed it, and what is suggested for it.
func (d *desk) catchUpPane(c conversation.Conversation) {
	if !d.isFollowing(c.ID) {
		return
	}
	d.hub.catchUp(c.ID)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	d.hub.suggestForLast(ctx, d.actor, c)
}

// takeParticipantsChanged returns the conversations whose participants have changed while the screen was brought up to date.
func (d *desk) takeParticipantsChanged() []uuid.UUID {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := slices.Collect(maps.Keys(d.participantsChanged))
	clear(d.participantsChanged)
	return ids
}
