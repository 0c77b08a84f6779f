package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/org"
	"parley/app/domain/routing"
	"parley/app/domain/visitor"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/cache"
	"parley/app/platform/fail"
	"parley/app/platform/pg/outage"
	view "parley/templates/desk"
)

// Hub knows every screen that is connected to this process.
type Hub struct {
	conversations *conversation.Service
	visitors      *visitor.Service
	org           *org.Service
	routing       *routing.Service
	faq           *faq.Service
	bus           *bus.Bus
	tokens        visitor.Tokens
	links         files.Links
	limiter       *limiter

	staffSockets   *wire.StaffSockets
	visitorSockets *wire.VisitorSockets
	polls          *wire.Polls

	// Country, if set before the first panel, says in which country an address is (ISO 3166, two letters), or nothing.
	Country func(address string) string

	// Face, if set before the first panel, returns the picture of the agent who has a conversation, if there is one.
	AgentPicture func(ctx context.Context, org, conversation uuid.UUID) (file uuid.UUID, has bool, err error)

	// DeskOpened, if set before the first desk, is told of every one.
	OnDeskOpen func(org uuid.UUID)
	// Transcript, if set before the first panel, mails what was said in a visitor's conversation.
	MailTranscript func(ctx context.Context, visitor access.Actor, conversation uuid.UUID, to string) error

	rejectedSockets atomic.Int64 // sockets open only to say that there is no room

	mu                sync.RWMutex
	draining          bool
	disconnectWarning *time.Timer                             // will tell the desks that other servers are not heard
	warningShown      bool                                    // they have been told
	drained           chan struct{}                           // closed when draining begins
	threads           map[uuid.UUID]*thread                   // by conversation
	panels            map[uuid.UUID]*panel                    // by visitor: the first of its panels
	orgDesks          map[uuid.UUID]*orgDesks                 // by organization
	staffScreens      map[uuid.UUID]map[staffScreen]struct{}  // by user: desks and managers' pages
	websitePages      map[uuid.UUID]map[*websitePage]struct{} // by website
	monitorPages      map[uuid.UUID]map[*monitorPage]struct{} // by organization

	queuePositions orgThrottle // visitors' places in line, by organization
	monitorRefresh orgThrottle // boards
	queueHeads     orgThrottle // the heads of queues on desks

	resyncs      resyncPool // organizations of which something may have been missed
	suggestQueue suggestQueue
	blockLists   *blockLists
	proofOfWork  proofOfWork
}

// staffScreen is a screen of somebody who is logged in.
type staffScreen interface {
	sessionKey() string // the log-in session it was opened with
	isLoggedIn() bool   // whether that log-in is still good
	closeLoggedOut()    // closes it for good: the log-in has ended
}

// Services is what the hub reads from.
type Services struct {
	Conversations *conversation.Service
	Visitors      *visitor.Service
	Org           *org.Service
	Routing       *routing.Service
	FAQ           *faq.Service
}

// New returns a hub that hears the bell.
func New(services Services, b *bus.Bus, tokens visitor.Tokens, links files.Links, limits Limits) *Hub {
	h := &Hub{conversations: services.Conversations, visitors: services.Visitors, org: services.Org, routing: services.Routing, faq: services.FAQ, bus: b, tokens: tokens, links: links, limiter: newLimiter(limits),
		staffSockets: wire.NewStaffSockets(limits.Frames, limits.Heartbeat), visitorSockets: wire.NewVisitorSockets(limits.Frames, limits.Heartbeat), polls: wire.NewPolls(), drained: make(chan struct{}),
		threads: map[uuid.UUID]*thread{}, panels: map[uuid.UUID]*panel{}, orgDesks: map[uuid.UUID]*orgDesks{},
		staffScreens: map[uuid.UUID]map[staffScreen]struct{}{}, websitePages: map[uuid.UUID]map[*websitePage]struct{}{}, monitorPages: map[uuid.UUID]map[*monitorPage]struct{}{}}
	h.blockLists = cache.New[uuid.UUID, []visitor.Block](blockListCacheBytes)
	h.proofOfWork.key = tokens.DeriveKey("proof of work")
	b.Subscribe(h)
	return h
}

// OnSocketCountChange has f called, with how many are open, when many visitors' sockets have come or gone. To be set before the first.
func (h *Hub) OnSocketCountChange(f func(open int)) { h.visitorSockets.OnCountChange(f) }

// ErrDraining refuses a new socket of a server that is about to end.
var ErrDraining error = &fail.Error{Kind: fail.Busy, RetryAfter: time.Second, Message: "This server is restarting. Please try again in a moment."}

// Drain closes every socket so that its screen comes back (to another process, or to this one after its restart), and
// accepts no new one. The visitors' are spread over a time, so that they do not all come back at once.
func (h *Hub) Drain(spread time.Duration) {
	h.mu.Lock()
	if h.draining {
		h.mu.Unlock()
		return
	}
	h.draining = true
	close(h.drained)
	h.mu.Unlock()
	h.staffSockets.Drain()
	h.visitorSockets.Drain(spread)
	for range 150 { // the close frames are written by the sockets' own goroutines, and answered
		if h.visitorSockets.Stats().Open+h.staffSockets.Stats().Open+h.polls.Stats().Open == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (h *Hub) isDraining() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.draining
}

// HandleEvents brings events to the screens they concern. What one desk is told of them goes out in one frame.
func (h *Hub) HandleEvents(events []bus.Event) {
	defer h.holdFrames(events)()
	for _, e := range events {
		h.handleEvent(e)
	}
}

// holdFrames keeps back what the events' organizations' desks are sent until the returned function is called.
func (h *Hub) holdFrames(events []bus.Event) (release func()) {
	var held []*wire.Socket
	var before uuid.UUID
	for _, e := range events { // an organization's events stand together; one that comes twice is held twice
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
		h.refreshMonitorsSoon(e.Org)
		if s, here := e.Local.(conversation.MessageEvent); here {
			h.showLocalMessage(e.Org, s)
		} else {
			h.showRemoteMessage(e)
		}
	case bus.Typing:
		h.showTyping(e)
	case bus.Read:
		h.showRead(e)
	case bus.VisitorContext:
		for _, f := range h.followers(e.Conversation) {
			if d, ok := f.(*desk); ok {
				d.push(view.AsideVisitorChanged(e.Conversation))
			}
		}
	case bus.VisitorIdentified:
		for _, p := range h.panelsOf(e.Visitor) {
			p.socket.Close(wire.Restart, "somebody else now") // with the token of whom it is, if it may have it
		}
	case bus.Blocks:
		h.invalidateBlockList(e.Org) // before the next visitor says hello
		runInBackground("cut off who is blocked", func() { h.disconnectBlocked(e.Org) })
	case bus.Participants:
		runInBackground("show who is in a conversation", func() { h.updateParticipants(e.Org, e.Conversation, e.User) })
	case bus.Availability:
		for s := range indexCopy(&h.mu, h.staffScreens, e.User) {
			if d, ok := s.(*desk); ok {
				runInBackground("show an agent's availability", d.pushAvailability)
			}
		}
		h.refreshMonitorsSoon(e.Org)
	case bus.Groups:
		if f := h.desksOf(e.Org); f != nil {
			for _, d := range f.all() {
				runInBackground("show other lines", func() { d.refresh(nil) })
			}
		}
		runInBackground("show other subjects", func() {
			for _, p := range h.panelsWhere(func(p *panel) bool { return p.site.Org == e.Org }) {
				p.revalidate()
			}
		})
		h.refreshMonitorsSoon(e.Org)
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
		for p := range indexCopy(&h.mu, h.websitePages, e.Website) {
			runInBackground("show a website's domains", p.refresh)
		}
		if e.Text != "" { // its settings or domains have changed: its panels come back with them, if they may
			for _, p := range h.panelsWhere(func(p *panel) bool { return p.site.ID == e.Website }) {
				p.socket.Close(wire.Restart, "settings changed")
			}
		}
	}
}

// showLocalMessage shows what this process has just written.
func (h *Hub) showLocalMessage(orgID uuid.UUID, s conversation.MessageEvent) {
	behind := false
	for _, p := range h.panelsOf(s.Snapshot.Visitor) {
		// Bells can overtake each other, so a panel that begins to follow begins at the beginning.
		behind = p.followNew(s.Snapshot.ID) && s.Seq > 1 || behind
	}
	h.mu.RLock()
	t, f := h.threads[s.Snapshot.ID], h.orgDesks[orgID]
	h.mu.RUnlock()
	stale := f != nil && f.isPossiblyStale(s.Snapshot.ID)
	switch {
	case stale: // it is read again, with what is suggested
		runInBackground("show a conversation on a desk that has just opened", func() { h.reloadEntry(orgID, f, s.Snapshot.ID) })
	case f != nil:
		h.showChange(f, orgID, s.Snapshot, s.Seq)
	}
	if t != nil {
		t.deliverNew(s.Message)
		if behind {
			t.requestCatchUp()
		}
	}
	if s.Kind == conversation.Erase && f != nil && !s.Snapshot.WaitingSince.IsZero() { // the visitor waits again
		runInBackground("suggest FAQ entries again", func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			h.suggestForLast(ctx, access.System(orgID, "suggest FAQ entries"), s.Snapshot)
		})
	}
	if s.Author == conversation.ByVisitor && s.Kind == conversation.Text && f != nil && !stale {
		h.suggest(orgID, s.Snapshot, conversation.Question{Seq: s.Seq, Text: s.Body})
	}
}

// showRemoteMessage shows what another process has written, if anybody here looks at it.
func (h *Hub) showRemoteMessage(e bus.Event) {
	panels := h.panelsOf(e.Visitor)
	h.mu.RLock()
	t, f := h.threads[e.Conversation], h.orgDesks[e.Org]
	h.mu.RUnlock()
	if len(panels) == 0 && t == nil && f == nil {
		return // nobody here looks at it
	}
	runInBackground("show what another process has written", func() {
		for _, p := range panels {
			p.followNew(e.Conversation)
		}
		if f != nil && !f.hasShown(e.Conversation, e.Seq) {
			h.reloadEntry(e.Org, f, e.Conversation)
		}
		h.catchUp(e.Conversation)
	})
}

// reloadEntry reads a conversation and shows its state on the organization's desks. When it cannot be read, the desks come
// back and read everything.
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

// thread returns the relay of a conversation, or nil if no screen here follows it.
func (h *Hub) thread(conversation uuid.UUID) *thread {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.threads[conversation]
}

// catchUp catches the followers of a conversation up with the table.
func (h *Hub) catchUp(conversation uuid.UUID) {
	t := h.thread(conversation)
	if t != nil {
		t.requestCatchUp()
	}
}

// follow puts a screen on a conversation from a cursor on, which may move it back but never forth. The caller then brings
// it up to date.
func (h *Hub) follow(f follower, conversation uuid.UUID, cursor int) {
	for {
		h.mu.Lock()
		t := h.threads[conversation]
		if t == nil {
			t = &thread{id: conversation, org: f.viewer().Org(), conversations: h.conversations, cursors: map[follower]int{}}
			h.threads[conversation] = t
		}
		h.mu.Unlock()
		t.mu.Lock()
		if t.closed {
			t.mu.Unlock()
			continue
		}
		if at, there := t.cursors[f]; !there || cursor < at {
			t.cursors[f] = cursor
		}
		t.mu.Unlock()
		return
	}
}

// cursor is how far a screen has been shown a conversation that it follows; 0 if it does not.
func (h *Hub) cursor(f follower, conversation uuid.UUID) int {
	t := h.thread(conversation)
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cursors[f]
}

// advanceCursor notes that a screen has been shown all up to a message by other means. What came before is not shown again.
func (h *Hub) advanceCursor(f follower, conversation uuid.UUID, to int) {
	t := h.thread(conversation)
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, there := t.cursors[f]; there && at < to {
		t.cursors[f] = to
	}
}

// unfollow takes a screen off a conversation.
func (h *Hub) unfollow(f follower, conversation uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.threads[conversation]
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.cursors, f)
	if len(t.cursors) == 0 {
		t.closed = true
		delete(h.threads, conversation)
	}
}

// followers returns who shows a conversation in this process.
func (h *Hub) followers(conversation uuid.UUID) []follower {
	t := h.thread(conversation)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]follower, 0, len(t.cursors))
	for f := range t.cursors {
		list = append(list, f)
	}
	return list
}

func (h *Hub) showTyping(e bus.Event) {
	for _, f := range h.followers(e.Conversation) {
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

// showRead tells the other side how far a conversation has been read.
func (h *Hub) showRead(e bus.Event) {
	if e.User != uuid.Nil { // an agent: also panels that do not follow the conversation yet
		for _, p := range h.panelsOf(e.Visitor) {
			p.sendAgentRead(e.Conversation, e.Seq)
		}
		return
	}
	for _, f := range h.followers(e.Conversation) {
		if d, ok := f.(*desk); ok {
			d.push(view.VisitorReadUpdate(e.Conversation, e.Seq))
		}
	}
}

// outageRetry is when to try again what failed because the database is away.
const outageRetry = 3 * time.Second

// refusalOf turns an error into a code and words for a person; an internal one is logged under a reference number.
func refusalOf(err error, doing string) refusedOut {
	var e *fail.Error
	if !errors.As(err, &e) && outage.IsOutage(err) {
		slog.Warn(doing, "error", err)
		e = fail.RetryLater(outageRetry)
	}
	if e == nil {
		ref := uuid.NewString()[:8]
		slog.Error(doing, "reference", ref, "error", err)
		return refusedOut{Type: "refused", Code: "internal", Retry: 2, ErrorText: ErrorText{"Something went wrong on our side. Please try again; if it stays, mention reference " + ref + ".", "fault", ref}}
	}
	code := map[fail.Kind]string{fail.Invalid: "invalid", fail.Unauthenticated: "unauthenticated", fail.Forbidden: "forbidden",
		fail.NotFound: "not_found", fail.Conflict: "conflict", fail.Busy: "busy"}[e.Kind]
	if errors.Is(err, error(conversation.ErrClosed)) {
		code = "closed"
	}
	return refusedOut{Type: "refused", Code: code, Retry: e.RetryAfter.Seconds(), ErrorText: ErrorTextOf(e)}
}

// ErrorTextOf is an error as a widget is told it.
func ErrorTextOf(e *fail.Error) ErrorText {
	out := ErrorText{e.Message, e.Reason, e.Reference}
	if out.Reason == "" && e.Kind == fail.Busy {
		out.Reason = "busy"
	}
	return out
}
