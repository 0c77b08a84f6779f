package live

import (
	"bytes"
	"context"
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
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	view "parley/templates/desk"
)

// desk is one agent's screen: the socket of one tab.
type desk struct {
	hub           *Hub
	actor         access.Actor
	loginSession  string // key of the log-in session
	stillLoggedIn func() bool
	socket        *wire.Socket

	refreshMu     sync.Mutex // held during a refresh, so that an older state never follows a newer one
	admitted      bool       // within the limits; set by Opened
	helloReceived bool       // used by the socket's reading goroutine only
	helloTimer    *time.Timer

	mu             sync.Mutex
	ready          bool     // the screen has been brought up to date; changed under orgDesks.mu, too
	bufferedFrames [][]byte // what came before it was ready
	// changes of conversations that came before it was ready; some of them are in what is being read
	pendingChanges      map[uuid.UUID]conversationChange
	participantsChanged map[uuid.UUID]bool      // conversations whose participants have changed before it was ready
	following           map[uuid.UUID]struct{}  // conversations whose panes are on the screen
	participating       map[uuid.UUID]bool      // those of other agents in which it takes part; true: it may write to the visitor
	queueScope          conversation.QueueScope // the queues that the agent sees
	lastTypingAt        time.Time

	listed         map[uuid.UUID]struct{} // conversations in the lists of the screen
	head           model.QueueHead        // those of them that wait in queues
	shownMore      int                    // how many the screen says wait behind the list
	lightPanes     map[uuid.UUID]bool     // panes without messages, as of the last refresh
	outgoingOffers map[uuid.UUID]struct{} // conversations that the agent has offered to others, whose panes wait for the result
}

// ServeDesk upgrades a request of an agent's desk and returns at once. loginSession is the key of the log-in session;
// stillLoggedIn reports whether it is valid when it is called. It returns fail.Forbidden for a role that does not
// answer visitors, and ErrDraining.
func (h *Hub) ServeDesk(w http.ResponseWriter, r *http.Request, actor access.Actor, loginSession string, stillLoggedIn func() bool) error {
	if h.isDraining() {
		return ErrDraining
	}
	if !actor.Can(access.DeskOpen) {
		return fail.New(fail.Forbidden, "Your role does not allow using the desk.")
	}
	return h.staffSockets.Serve(w, r, func(s *wire.Socket) wire.Screen {
		return &desk{
			hub:                 h,
			actor:               actor,
			loginSession:        loginSession,
			stillLoggedIn:       stillLoggedIn,
			socket:              s,
			pendingChanges:      map[uuid.UUID]conversationChange{},
			participantsChanged: map[uuid.UUID]bool{},
			following:           map[uuid.UUID]struct{}{},
			participating:       map[uuid.UUID]bool{},
			listed:              map[uuid.UUID]struct{}{},
			head:                model.NewQueueHead(conversation.DeskQueueLimit),
			lightPanes:          map[uuid.UUID]bool{},
			outgoingOffers:      map[uuid.UUID]struct{}{},
		}
	})
}

func (d *desk) sessionKey() string { return d.loginSession }
func (d *desk) closeLoggedOut()    { d.socket.Close(wire.Gone, "logged out") }

func (d *desk) isLoggedIn() bool { return d.stillLoggedIn() }

// Opened implements wire.Screen.
func (d *desk) Opened() {
	if d.admitted = d.hub.admitStaff(d.actor, d.socket); !d.admitted {
		return
	}
	d.helloTimer = time.AfterFunc(helloTimeout, func() { d.socket.Close(wire.TryAgain, "no hello") })
	indexAdd(&d.hub.mu, d.hub.staffScreens, d.actor.ID(), staffScreen(d))
	d.hub.bus.ScreenOpened(d.actor.Org())
	d.hub.registerDesk(d)
	d.hub.presence.Connect(d.actor)
	d.hub.followUp.Resume(d.actor.Org())
	if !d.stillLoggedIn() { // it has ended since the desk was registered or before
		d.closeLoggedOut()
	}
}

// Closed implements wire.Screen.
func (d *desk) Closed() {
	if !d.admitted {
		return
	}
	d.hub.limiter.ReleasePage(d.actor, d.socket)
	d.helloTimer.Stop()
	indexRemove(&d.hub.mu, d.hub.staffScreens, d.actor.ID(), staffScreen(d))
	d.hub.unregisterDesk(d)
	d.hub.presence.Disconnect(d.actor)
	d.hub.bus.ScreenClosed(d.actor.Org())
	d.mu.Lock()
	followed := slices.Collect(maps.Keys(d.following))
	d.mu.Unlock()
	for _, id := range followed {
		d.hub.relay.Unfollow(d, id)
	}
}

// follow shows a conversation's messages on this desk from a cursor on. The caller has checked that the agent may see it.
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

// updateEntry sends an entry's new state to a screen that shows it, or is to show it from now on. render is called only
// if it is sent. It reports whether the list of the queues is cut.
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

// trackOffer notes whether the screen shows a conversation that its agent has offered and that is not accepted or refused yet.
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

// setParticipant notes whether the agent takes part in a conversation, and whether it may write to the visitor. It
// reports whether it did not take part before and does now, or the other way round.
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

// push sends a fragment, as soon as the screen has been brought up to date.
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
		d.socket.CutSlowReader() // a frame is never skipped: the screen comes back and catches up
	}
}

// pushNow sends a fragment although the screen may not be up to date.
func (d *desk) pushNow(c templ.Component) { d.socket.Send(renderHTML(c)) }

// Viewer implements thread.Follower.
func (d *desk) Viewer() access.Actor { return d.actor }

// Socket implements thread.Follower.
func (d *desk) Socket() *wire.Socket { return d.socket }

// ShowMessages implements thread.Follower.
func (d *desk) ShowMessages(conversationID uuid.UUID, messages []conversation.Message) {
	d.push(view.MessagesUpdate(conversationID, messages))
}

func (d *desk) showTyping(conversation uuid.UUID, text string) {
	d.push(view.TypingUpdate(conversation, text))
}

// pushAvailability shows the agent's availability as it is now.
func (d *desk) pushAvailability() {
	d.refreshMu.Lock()
	defer d.refreshMu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if a, err := d.hub.presence.GetAvailability(ctx, d.actor); err == nil {
		d.push(view.AvailabilityUpdate(a))
	}
}

// renderHTML returns a fragment as HTML. An error is logged, and what was rendered before it returned.
func renderHTML(c templ.Component) []byte {
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		slog.Error("render a fragment", "error", err)
	}
	return b.Bytes()
}
