package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	model "parley/app/front/desk"
	"parley/app/front/live/frames"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	view "parley/templates/desk"
)

// desk is one agent's screen: one socket of one tab.
type desk struct {
	hub           *Hub
	actor         access.Actor
	loginSession  string // the log-in session
	stillLoggedIn func() bool
	socket        *wire.Socket

	refreshMu     sync.Mutex // one refresh after another, so that an older state never follows a newer
	admitted      bool       // against the limits; written before and read after it is open
	helloReceived bool       // read and written by the socket's reading goroutine only
	helloTimer    *time.Timer

	mu                  sync.Mutex
	ready               bool                             // the screen has been brought up to date; changed under the floor's lock too
	bufferedFrames      [][]byte                         // what came before that
	pendingChanges      map[uuid.UUID]conversationChange // how conversations have changed before that: newer than what is being read, or known by then
	participantsChanged map[uuid.UUID]bool               // conversations whose participants have changed before that
	following           map[uuid.UUID]struct{}
	participating       map[uuid.UUID]bool      // of them, those of others in which it is a guest; true: it may write to the visitor
	queueScope          conversation.QueueScope // that it sees
	lastTypingAt        time.Time

	listed         map[uuid.UUID]struct{} // conversations whose entries the screen shows
	head           model.QueueHead        // of them, those of its queues
	shownMore      int                    // how many more the screen says there are
	lightPanes     map[uuid.UUID]bool     // panes that were light when the screen was last brought up to date
	outgoingOffers map[uuid.UUID]struct{} // conversations that it has offered, to hear what becomes of them
}

// ServeDesk upgrades a request of somebody who may answer, and returns when the socket closes. login is the key of the
// log-in session; still says whether that log-in is good at the time of asking.
func (h *Hub) ServeDesk(w http.ResponseWriter, r *http.Request, actor access.Actor, loginSession string, stillLoggedIn func() bool) error {
	if h.isDraining() {
		return ErrDraining
	}
	if !actor.Can(access.Answer) {
		return fail.New(fail.Forbidden, "Your role does not allow sitting at the desk.")
	}
	return h.staffSockets.Serve(w, r, func(s *wire.Socket) wire.Screen {
		return &desk{hub: h, actor: actor, loginSession: loginSession, stillLoggedIn: stillLoggedIn, socket: s,
			pendingChanges: map[uuid.UUID]conversationChange{}, participantsChanged: map[uuid.UUID]bool{}, following: map[uuid.UUID]struct{}{}, participating: map[uuid.UUID]bool{},
			listed: map[uuid.UUID]struct{}{}, head: model.NewQueueHead(conversation.DeskQueueLimit), lightPanes: map[uuid.UUID]bool{}, outgoingOffers: map[uuid.UUID]struct{}{}}
	})
}

func (d *desk) Viewer() access.Actor { return d.actor }
func (d *desk) Socket() *wire.Socket { return d.socket }
func (d *desk) sessionKey() string   { return d.loginSession }
func (d *desk) closeLoggedOut()      { d.socket.Close(wire.Gone, "logged out") }

func (d *desk) isLoggedIn() bool { return d.stillLoggedIn() }

func (d *desk) Opened() {
	if d.admitted = d.hub.admitStaff(d.actor, d.socket); !d.admitted {
		return
	}
	d.helloTimer = time.AfterFunc(helloTimeout, func() { d.socket.Close(wire.TryAgain, "no hello") })
	indexAdd(&d.hub.mu, d.hub.staffScreens, d.actor.ID(), staffScreen(d))
	d.hub.bus.ScreenOpened(d.actor.Org())
	d.hub.registerDesk(d)
	d.hub.routing.Connect(d.actor)
	d.hub.followUp.Resume(d.actor.Org())
	if !d.stillLoggedIn() { // ended between the look and now
		d.closeLoggedOut()
	}
}

func (d *desk) Closed() {
	if !d.admitted {
		return
	}
	d.hub.limiter.ReleasePage(d.actor, d.socket)
	d.helloTimer.Stop()
	indexRemove(&d.hub.mu, d.hub.staffScreens, d.actor.ID(), staffScreen(d))
	d.hub.unregisterDesk(d)
	d.hub.routing.Disconnect(d.actor)
	d.hub.bus.ScreenClosed(d.actor.Org())
	d.mu.Lock()
	followed := slices.Collect(maps.Keys(d.following))
	d.mu.Unlock()
	for _, id := range followed {
		d.hub.relay.Unfollow(d, id)
	}
}

// follow shows a conversation's messages on this desk from a cursor on; the caller has checked the right to.
func (d *desk) follow(conversation uuid.UUID, cursor int) {
	d.mu.Lock()
	d.following[conversation] = struct{}{}
	d.mu.Unlock()
	d.hub.relay.Follow(d, conversation, cursor)
}

func (d *desk) isFollowing(conversation uuid.UUID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, there := d.following[conversation]
	return there
}

func (d *desk) unfollow(conversation uuid.UUID) {
	d.mu.Lock()
	delete(d.following, conversation)
	delete(d.lightPanes, conversation)
	d.mu.Unlock()
	d.hub.relay.Unfollow(d, conversation)
}

// row returns a conversation as it shows on this desk.
func (d *desk) row(c conversation.Conversation, now time.Time) model.Row {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, participates := d.participating[c.ID]
	return model.Row{Conversation: c, Visibility: model.VisibilityOf(d.actor, c, participates, d.queueScope, now)}
}

// updateEntry sends an entry's new state to a screen that shows it, or is to show it from now on. render is called only if it is sent. It reports
// whether the list of the queues is cut.
func (d *desk) updateEntry(row model.Row, render func() []byte) (cut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	visibility := row.Visibility
	_, was := d.listed[row.ID]
	shown := (visibility.Mine || visibility.Participant) && row.State != conversation.Closed || visibility.Queued
	dropped := uuid.Nil
	if visibility.Queued && !visibility.Offered && !visibility.Participant {
		shown, dropped = d.head.Put(model.QueueEntryOf(row.Conversation))
	} else {
		d.head.Remove(row.ID)
	}
	switch {
	case shown:
		d.listed[row.ID] = struct{}{}
		d.pushLocked(render())
	case was && visibility.Queued: // it has moved behind the cut, perhaps from this agent
		delete(d.listed, row.ID)
		d.pushLocked(renderHTML(view.EntryUpdate(model.Row{Conversation: row.Conversation}, time.Time{})))
	case was:
		delete(d.listed, row.ID)
		d.pushLocked(render())
	}
	d.dropLocked(dropped)
	if d.shownMore == 0 { // that some wait behind the list is said at once; how many they are must be read
		d.pushMoreLocked()
	}
	return d.head.More() > 0
}

// trackOffer notes whether the screen waits to hear what becomes of a conversation that its agent has offered.
func (d *desk) trackOffer(conversation uuid.UUID, pending bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if pending {
		d.outgoingOffers[conversation] = struct{}{}
	} else {
		delete(d.outgoingOffers, conversation)
	}
}

func (d *desk) isTrackingOffer(conversation uuid.UUID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, tracked := d.outgoingOffers[conversation]
	return tracked
}

// setParticipant notes whether the agent is a guest in a conversation, and what it may; it reports whether it became or ceased to be one.
func (d *desk) setParticipant(conversation uuid.UUID, participates, canReply bool) (changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, was := d.participating[conversation]
	if participates {
		d.participating[conversation] = canReply
	} else {
		delete(d.participating, conversation)
	}
	return was != participates
}

// Received handles one frame.
func (d *desk) Received(raw []byte) {
	if !d.admitted { // its page is being told why it is closed
		return
	}
	f, err := frames.DecodeDesk(raw)
	switch {
	case errors.Is(err, frames.ErrUnknownKind):
		d.push(view.ErrorNotice("This page is from another version. Please reload it."))
		return
	case err != nil:
		d.push(view.ErrorNotice("This page sent something unreadable. Please reload it."))
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

func (d *desk) handleHello(f frames.DeskHello) {
	if d.helloReceived {
		d.push(view.ErrorNotice("This page sent something unexpected. Please reload it."))
		return
	}
	d.helloReceived = true
	d.helloTimer.Stop()
	d.refresh(&shownPanes{f.Threads, f.Light})
}

// push sends a fragment, after the screen has first been brought up to date.
func (d *desk) push(c templ.Component) { d.pushFrame(renderHTML(c)) }

func (d *desk) pushFrame(frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pushLocked(frame)
}

func (d *desk) pushLocked(frame []byte) {
	switch {
	case d.ready:
		d.socket.Send(frame)
	case len(d.bufferedFrames) < 1000:
		d.bufferedFrames = append(d.bufferedFrames, frame)
	default:
		d.socket.CutSlowReader() // never skip silently: the screen comes back and catches up
	}
}

// pushNow sends a fragment at once.
func (d *desk) pushNow(c templ.Component) { d.socket.Send(renderHTML(c)) }

func (d *desk) ShowMessages(conversationID uuid.UUID, messages []conversation.Message) {
	d.push(view.MessagesUpdate(conversationID, messages))
}

func (d *desk) showTyping(conversation uuid.UUID, text string) {
	d.push(view.TypingUpdate(conversation, text))
}

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

// handleSeen notes how far the agent has read one of its conversations.
func (d *desk) handleSeen(f frames.DeskSeen) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.hub.conversations.MarkRead(ctx, d.actor, f.Conversation, f.Seq); err != nil {
		slog.Warn("note what an agent has read", "error", err)
	}
}

// handleAlive takes the agent's sign of life.
func (d *desk) handleAlive() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.hub.routing.ConfirmPresence(ctx, d.actor); err != nil {
		slog.Warn("an agent's sign of life", "error", err)
	}
	d.pushAvailability()
}

// pushAvailability shows the agent's own availability as it is now. One is read and shown after another, so that the last one shown is the newest.
func (d *desk) pushAvailability() {
	d.refreshMu.Lock()
	defer d.refreshMu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if a, err := d.hub.routing.GetAvailability(ctx, d.actor); err == nil {
		d.push(view.AvailabilityUpdate(a))
	}
}

// canReplyIn reports whether the agent may write to the visitor of a conversation on this desk.
func (d *desk) canReplyIn(conversation uuid.UUID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, shown := d.following[conversation]
	canReply, participates := d.participating[conversation]
	return shown && (canReply || !participates)
}

func renderHTML(c templ.Component) []byte {
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		slog.Error("draw a fragment", "error", err)
	}
	return b.Bytes()
}
