package live

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	model "parley/app/front/desk"
	"parley/app/front/live/background"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	view "parley/templates/desk"
)

// openPane opens the pane of a conversation that has become this agent's, unless the desks have been told something newer of
// it: then that has opened it, or the conversation is no longer this agent's.
func (d *desk) openPane(c conversation.Conversation) {
	f := d.hub.desksOf(d.actor.Org())
	if f == nil {
		return
	}
	c.GroupName = d.hub.groups.Name(d.actor.Org(), c.Group)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	suggestions := d.hub.screens.LoadSuggestions(ctx, d.actor, []conversation.Conversation{c})
	opened, light := f.openPane(d, c, suggestions[c.ID])
	if !opened {
		return
	}
	begin := c.LastSeq - conversation.DeskThreadLimit
	if light { // the last message shows that something was said
		begin = c.LastSeq - 1
	}
	d.hub.relay.Follow(d, c.ID, max(0, begin))
	if !d.isFollowing(c.ID) { // it has been released meanwhile
		d.hub.relay.Unfollow(d, c.ID)
		return
	}
	d.hub.relay.CatchUp(c.ID)
	if len(suggestions) == 0 {
		d.hub.suggestForLast(ctx, d.actor, c)
	}
	if today, err := d.hub.routing.GetDayTotals(ctx, d.actor); err == nil {
		d.push(view.TodayUpdate(today))
	}
}

// openPane shows the pane, in order with what else the desk is told of the conversation. It is light if many are open.
func (f *orgDesks) openPane(d *desk, c conversation.Conversation, suggestions model.Suggestions) (opened, light bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !d.isReady() || f.lastShown(c.ID).seq > c.LastSeq { // what is being read includes it
		return false, false
	}
	d.mu.Lock()
	d.following[c.ID] = struct{}{}
	if light = len(d.following) > model.MaxWholePanes; light {
		d.lightPanes[c.ID] = true
	}
	d.mu.Unlock()
	row := d.row(c, time.Now())
	d.push(view.AddPane(model.Pane{
		Conversation: c,
		Viewer:       d.actor.ID(),
		Visibility:   row.Visibility,
		Suggestions:  suggestions,
		Light:        light,
	}))
	d.push(view.PaneStateUpdate(row))
	return true, light
}

// releasePane stops following a conversation that is no longer this agent's, unless it is again by now.
func (d *desk) releasePane(conversationID uuid.UUID) {
	d.unfollow(conversationID)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := d.hub.conversations.Get(ctx, d.actor, conversationID)
	if err == nil && c.State == conversation.Open && c.Agent == d.actor.ID() {
		d.openPane(c)
	}
}

// updateParticipants shows who takes part in a conversation: on the desks of a participant who has come or gone, and on those that
// show the conversation.
func (h *Hub) updateParticipants(org, conversationID, participant uuid.UUID) {
	f := h.desksOf(org)
	if f == nil {
		return
	}
	f.participantsMu.Lock() // one is read and shown after another
	defer f.participantsMu.Unlock()
	var desks []*desk
	for _, d := range f.all() {
		if d.deferParticipants(conversationID) {
			continue // it is shown after the refresh
		}
		if d.actor.ID() == participant || d.isFollowing(conversationID) {
			desks = append(desks, d)
		}
	}
	if len(desks) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, participants, err := h.screens.LoadParticipants(ctx, access.System(org, "show who takes part in a conversation"), conversationID)
	if err != nil {
		slog.Warn("show who takes part in a conversation", "error", err)
		for _, d := range desks {
			d.socket.Close(wire.TryAgain, "try again")
		}
		return
	}
	for _, d := range desks {
		if !d.showParticipants(f, c, participants) { // it has changed since it was read
			background.Run("show who takes part in a conversation", func() { h.updateParticipants(org, conversationID, participant) })
		}
	}
}

// showParticipants shows who takes part in a conversation, and opens or removes its pane if the agent has come or gone.
// It reports false, and does nothing, if the desk has been told something newer of the conversation.
func (d *desk) showParticipants(f *orgDesks, c conversation.Conversation, participants []conversation.Participant) bool {
	in := slices.ContainsFunc(participants, func(g conversation.Participant) bool { return g.ID == d.actor.ID() })
	now := time.Now()
	f.mu.Lock()
	if !d.isReady() { // it reads everything
		f.mu.Unlock()
		return true
	}
	if f.lastShown(c.ID).seq > c.LastSeq {
		f.mu.Unlock()
		return false
	}
	changed := d.setParticipant(c.ID, in, model.CanReply(d.actor.ID(), participants))
	row := d.row(c, now)
	opens := changed && in && !d.isFollowing(c.ID)
	leaves := changed && !in && c.Agent != d.actor.ID()
	if opens || leaves {
		d.updateEntry(row, func() []byte { return renderHTML(view.EntryUpdate(row, now)) })
	}
	if leaves {
		d.push(view.RemovePane(c.ID))
	}
	f.mu.Unlock()
	switch {
	case leaves:
		d.unfollow(c.ID)
		return true
	case opens:
		d.openPane(c)
	}
	if in || d.isFollowing(c.ID) { // else they have changed while the desk was refreshed, and do not concern it
		d.push(view.ParticipantsUpdate(c, d.actor.ID(), participants))
	}
	return true
}

// deferParticipants reports whether the screen is being brought up to date. If so, it notes that a conversation's
// participants have changed.
func (d *desk) deferParticipants(conversation uuid.UUID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.ready {
		d.participantsChanged[conversation] = true
	}
	return !d.ready
}
