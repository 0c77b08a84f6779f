package live

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	model "parley/app/front/desk"
	"parley/app/front/live/background"
	"parley/app/front/live/frames"
	"parley/app/front/live/wire"
	view "parley/templates/desk"
)

// refresh brings the whole screen up to date: the lists, a pane for each of the agent's conversations that the page
// does not show yet, and the messages that panes are missing. shown is what the page shows; nil: what is known of it
// here.
func (d *desk) refresh(shown *shownPanes) {
	d.refreshMu.Lock()
	defer d.refreshMu.Unlock()
	f := d.hub.desksOf(d.actor.Org())
	if f == nil || shown == nil && !d.isReady() {
		return // it is closed; or its hello is still to come and brings everything
	}
	f.beginRefresh(d)
	if shown == nil {
		shown = d.knownPanes()
	}
	d.recordLightPanes(shown)
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	screen, err := d.hub.screens.LoadScreen(ctx, d.actor, shown.pickWhole)
	var fragments [][]byte
	if err == nil {
		d.recordParticipating(screen)
		fragments, err = d.renderUpdate(ctx, screen, shown)
	}
	if err != nil {
		d.pushNow(view.ErrorNotice(frames.NewRefused(err, "bring a desk up to date").Message))
		d.socket.Close(wire.TryAgain, "try again")
		return
	}
	for _, do := range f.finishRefresh(d, screen, fragments) {
		do()
	}
	for _, id := range d.takeParticipantsChanged() {
		background.Run("show who takes part in a conversation", func() { d.hub.updateParticipants(d.actor.Org(), id, d.actor.ID()) })
	}
	if screen.More > 0 {
		d.hub.refreshQueueHeadsSoon(d.actor.Org())
	}
}

// shownPanes are the panes that a page shows, each with the number of the newest message that it has.
type shownPanes struct {
	whole map[uuid.UUID]int // with their messages
	light map[uuid.UUID]int // without: they are loaded when they come into view
}

// pickWhole returns those of the open conversations whose panes are whole on the page, or will be.
func (s *shownPanes) pickWhole(open []conversation.Conversation) (whole []conversation.Conversation) {
	for i, c := range open {
		_, isWhole := s.whole[c.ID]
		_, isLight := s.light[c.ID]
		if isWhole || !isLight && i < model.MaxWholePanes {
			whole = append(whole, c)
		}
	}
	return whole
}

// knownPanes returns the panes of the conversations that the desk follows.
func (d *desk) knownPanes() *shownPanes {
	s := &shownPanes{map[uuid.UUID]int{}, map[uuid.UUID]int{}}
	d.mu.Lock()
	for id := range d.following {
		if d.lightPanes[id] {
			s.light[id] = 0
		} else {
			s.whole[id] = 0
		}
	}
	d.mu.Unlock()
	for _, cursors := range []map[uuid.UUID]int{s.whole, s.light} {
		for id := range cursors {
			cursors[id] = d.hub.relay.Cursor(d, id)
		}
	}
	return s
}

// recordLightPanes notes which panes are light. Nobody tells the desk that one is loaded meanwhile: it is only sent a
// little less than it could show.
func (d *desk) recordLightPanes(s *shownPanes) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.lightPanes)
	for id := range s.light {
		d.lightPanes[id] = true
	}
}

// recordParticipating notes in which conversations the agent takes part.
func (d *desk) recordParticipating(screen model.Screen) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.participating)
	for _, c := range screen.Participating {
		d.participating[c.ID] = model.CanReply(d.actor.ID(), screen.Participants[c.ID])
	}
}

// takeParticipantsChanged returns the conversations whose participants have changed while the screen was brought up to date.
func (d *desk) takeParticipantsChanged() []uuid.UUID {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := slices.Collect(maps.Keys(d.participantsChanged))
	clear(d.participantsChanged)
	return ids
}

// catchUpPane sends what was said in a conversation before this desk followed it, and what is suggested for it.
func (d *desk) catchUpPane(c conversation.Conversation) {
	if !d.isFollowing(c.ID) {
		return
	}
	d.hub.relay.CatchUp(c.ID)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	d.hub.suggestForLast(ctx, d.actor, c)
}
