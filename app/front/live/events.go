package live

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/live/background"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	view "parley/templates/desk"
)

// HandleEvents shows events on the screens that they concern. What one desk is sent of them goes out as one frame.
func (h *Hub) HandleEvents(events []bus.Event) {
	defer h.holdFrames(events)()
	for _, e := range events {
		h.handleEvent(e)
	}
}

// holdFrames keeps back what the desks of the events' organizations are sent until release is called.
func (h *Hub) holdFrames(events []bus.Event) (release func()) {
	var held []*wire.Socket
	var before uuid.UUID
	for _, e := range events { // events of an organization stand together; one whose do not is held twice
		if e.Kind != bus.Conversation || e.Org == before {
			continue
		}
		before = e.Org
		f := h.desksOf(e.Org)
		if f == nil {
			continue
		}
		for _, d := range f.all() {
			d.socket.Hold()
			held = append(held, d.socket)
		}
	}
	return func() {
		for _, s := range held {
			s.Release()
		}
	}
}

func (h *Hub) handleEvent(e bus.Event) {
	switch e.Kind {
	case bus.Conversation:
		h.conversationChanged(e)
	case bus.Typing:
		h.showTyping(e)
	case bus.Read:
		h.showRead(e)
	case bus.VisitorContext:
		h.visitorContextChanged(e)
	case bus.VisitorIdentified:
		for _, p := range h.panelsOf(e.Visitor) { // they come back with the token of whom they are now, if they may have it
			p.socket.Close(wire.Restart, "somebody else now")
		}
	case bus.Blocks:
		h.invalidateBlockList(e.Org) // before the next visitor says hello
		background.Run("disconnect blocked visitors", func() { h.disconnectBlocked(e.Org) })
	case bus.Participants:
		background.Run("show who takes part in a conversation", func() { h.updateParticipants(e.Org, e.Conversation, e.User) })
	case bus.Availability:
		h.availabilityChanged(e)
	case bus.Groups:
		h.groupsChanged(e)
	case bus.Queue:
		h.sendQueuePositionsSoon(e.Org)
		h.refreshMonitorsSoon(e.Org)
	case bus.User:
		for s := range indexCopy(&h.mu, h.staffScreens, e.User) {
			s.closeLoggedOut()
		}
	case bus.Session:
		for _, s := range h.allStaffScreens() {
			if s.sessionKey() == e.Text {
				s.closeLoggedOut()
			}
		}
	case bus.Website:
		h.websiteChanged(e)
	case bus.Settings:
		h.settingsChanged(e)
	}
}

func (h *Hub) conversationChanged(e bus.Event) {
	h.refreshMonitorsSoon(e.Org)
	if m, local := e.Local.(conversation.MessageEvent); local {
		h.showLocalMessage(e.Org, m)
	} else {
		h.showRemoteMessage(e)
	}
}

// visitorContextChanged tells the desks that show a conversation that the visitor's page says something else now.
func (h *Hub) visitorContextChanged(e bus.Event) {
	for _, f := range h.relay.Followers(e.Conversation) {
		if d, isDesk := f.(*desk); isDesk {
			d.push(view.AsideVisitorChanged(e.Conversation))
		}
	}
}

func (h *Hub) availabilityChanged(e bus.Event) {
	for s := range indexCopy(&h.mu, h.staffScreens, e.User) {
		if d, isDesk := s.(*desk); isDesk {
			background.Run("show an agent's availability", d.pushAvailability)
		}
	}
	h.refreshMonitorsSoon(e.Org)
}

func (h *Hub) groupsChanged(e bus.Event) {
	if f := h.desksOf(e.Org); f != nil {
		for _, d := range f.all() {
			background.Run("show other queues", func() { d.refresh(nil) })
		}
	}
	background.Run("show other subjects", func() {
		for _, p := range h.panelsWhere(func(p *panel) bool { return p.site.Org == e.Org }) {
			p.revalidate()
		}
	})
	h.refreshMonitorsSoon(e.Org)
}

func (h *Hub) websiteChanged(e bus.Event) {
	for p := range indexCopy(&h.mu, h.websitePages, e.Website) {
		background.Run("show a website's domains", p.refresh)
	}
	if e.Text == "" { // it was seen loading
		return
	}
	for _, p := range h.panelsWhere(func(p *panel) bool { return p.site.ID == e.Website }) {
		p.socket.Close(wire.Restart, "settings changed") // it comes back with the new settings, if it may
	}
}

// settingsChanged has the panels of an organization come back whose websites' settings are other ones now.
func (h *Hub) settingsChanged(e bus.Event) {
	background.Run("show other settings", func() {
		for _, p := range h.panelsWhere(func(p *panel) bool { return p.site.Org == e.Org }) {
			p.revalidate()
		}
	})
}

// showLocalMessage shows a message that this process has just stored.
func (h *Hub) showLocalMessage(orgID uuid.UUID, s conversation.MessageEvent) {
	behind := false
	for _, p := range h.panelsOf(s.Snapshot.Visitor) {
		// Events can overtake each other, so a panel that begins to follow is caught up from the beginning.
		behind = p.switchTo(s.Snapshot.ID) && s.Seq > 1 || behind
	}
	f := h.desksOf(orgID)
	stale := f != nil && f.isPossiblyStale(s.Snapshot.ID)
	switch {
	case stale: // it is read again, with its suggestions
		background.Run("show a conversation on a desk that has just opened", func() { h.reloadEntry(orgID, f, s.Snapshot.ID) })
	case f != nil:
		h.showChange(f, orgID, s.Snapshot, s.Seq)
	}
	h.relay.Deliver(s.Snapshot.ID, s.Message)
	if behind {
		h.relay.CatchUp(s.Snapshot.ID)
	}
	if s.Kind == conversation.Erase && f != nil && !s.Snapshot.WaitingSince.IsZero() { // the visitor waits again
		background.Run("suggest FAQ entries again", func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			h.suggestForLast(ctx, access.System(orgID, "suggest FAQ entries"), s.Snapshot)
		})
	}
	if s.Author == conversation.ByVisitor && s.Kind == conversation.Text && f != nil && !stale {
		h.suggest(orgID, s.Snapshot, conversation.Question{Seq: s.Seq, Text: s.Body})
	}
}

// showRemoteMessage shows what another process has stored, if a screen here shows it.
func (h *Hub) showRemoteMessage(e bus.Event) {
	panels := h.panelsOf(e.Visitor)
	f := h.desksOf(e.Org)
	if len(panels) == 0 && f == nil && !h.relay.IsFollowed(e.Conversation) {
		return
	}
	background.Run("show what another process has stored", func() {
		for _, p := range panels {
			p.switchTo(e.Conversation)
		}
		if f != nil && !f.hasShown(e.Conversation, e.Seq) {
			h.reloadEntry(e.Org, f, e.Conversation)
		}
		h.relay.CatchUp(e.Conversation)
	})
}

// reloadEntry reads a conversation and shows its state on the organization's desks. If it cannot be read, the desks are
// closed: they come back and read everything.
func (h *Hub) reloadEntry(orgID uuid.UUID, f *orgDesks, conversationID uuid.UUID) {
	actor := access.System(orgID, "show a conversation that has changed")
	var err error
	for try := range 6 {
		var c conversation.Conversation
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		c, err = h.conversations.Get(ctx, actor, conversationID)
		if err == nil {
			h.showChange(f, orgID, c, c.LastSeq)
			h.suggestForLast(ctx, actor, c)
			return
		}
		if fail.KindOf(err) == fail.NotFound {
			return
		}
		time.Sleep(time.Duration(try*try) * 50 * time.Millisecond)
	}
	slog.Error("show a conversation that has changed", "conversation", conversationID, "error", err)
	for _, d := range f.all() {
		d.socket.Close(wire.TryAgain, "try again")
	}
}

// showTyping tells the other side of a conversation that somebody is typing.
func (h *Hub) showTyping(e bus.Event) {
	for _, f := range h.relay.Followers(e.Conversation) {
		switch s := f.(type) {
		case *panel:
			if e.User != uuid.Nil {
				s.sendAgentTyping()
			}
		case *desk:
			if e.User == uuid.Nil {
				s.showTyping(e.Conversation, e.Text)
			}
		}
	}
}

// showRead tells the other side of a conversation how far it has been read.
func (h *Hub) showRead(e bus.Event) {
	if e.User != uuid.Nil { // by an agent; also told to panels that do not follow the conversation yet
		for _, p := range h.panelsOf(e.Visitor) {
			p.sendAgentRead(e.Conversation, e.Seq)
		}
		return
	}
	for _, f := range h.relay.Followers(e.Conversation) {
		if d, ok := f.(*desk); ok {
			d.push(view.VisitorReadUpdate(e.Conversation, e.Seq))
		}
	}
}
