package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/app/front/live/frames"
	"parley/app/platform/bus"
	view "parley/templates/desk"
)

// Received implements wire.Screen.
func (d *desk) Received(raw []byte) {
	if !d.admitted { // its page is being told why it is closed
		return
	}
	f, err := frames.DecodeDesk(raw)
	switch {
	case errors.Is(err, frames.ErrUnknownKind):
		d.push(view.ErrorNotice("This page is out of date. Reload it."))
		return
	case err != nil:
		d.push(view.ErrorNotice("This page sent an invalid message. Reload it."))
		return
	}
	switch f := f.(type) {
	case frames.DeskHello:
		d.handleHello(f)
	case frames.DeskTyping:
		d.handleTyping(f)
	case frames.DeskSeen:
		d.handleSeen(f)
	case frames.DeskAlive:
		d.handleAlive()
	default:
		panic(fmt.Sprintf("live: no handler for %T", f))
	}
}

// handleHello brings the page up to date from what it shows.
func (d *desk) handleHello(f frames.DeskHello) {
	if d.helloReceived {
		d.push(view.ErrorNotice("This page sent an unexpected message. Reload it."))
		return
	}
	d.helloReceived = true
	d.helloTimer.Stop()
	d.refresh(&shownPanes{f.Threads, f.Light})
}

// handleTyping tells the visitor that the agent is typing, if it may write to the visitor.
func (d *desk) handleTyping(f frames.DeskTyping) {
	d.mu.Lock()
	now := time.Now()
	tooSoon := now.Sub(d.lastTypingAt) < typingInterval
	if !tooSoon {
		d.lastTypingAt = now
	}
	d.mu.Unlock()
	if tooSoon || !d.canReplyIn(f.Conversation) {
		return
	}
	d.hub.bus.Publish(bus.Event{Kind: bus.Typing, Org: d.actor.Org(), Conversation: f.Conversation, User: d.actor.ID()})
}

// handleSeen stores how far the agent has read one of its conversations.
func (d *desk) handleSeen(f frames.DeskSeen) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.hub.conversations.MarkRead(ctx, d.actor, f.Conversation, f.Seq); err != nil {
		slog.Warn("store what an agent has read", "error", err)
	}
}

// handleAlive notes that somebody is at the desk.
func (d *desk) handleAlive() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.hub.presence.ConfirmPresence(ctx, d.actor); err != nil {
		slog.Warn("confirm an agent's presence", "error", err)
	}
	d.pushAvailability()
}

// canReplyIn reports whether the agent may write to the visitor of a conversation on this desk.
func (d *desk) canReplyIn(conversation uuid.UUID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, shown := d.following[conversation]
	canReply, participates := d.participating[conversation]
	return shown && (canReply || !participates)
}
