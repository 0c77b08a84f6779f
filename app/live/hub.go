package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/cache"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/faq"
	"parley/app/files"
	"parley/app/live/wire"
	"parley/app/org"
	"parley/app/pg/outage"
	"parley/app/queue"
	view "parley/templates/desk"
)

// Hub knows every screen that is connected to this process.
type Hub struct {
	chat   *chat.Room
	org    *org.Room
	queue  *queue.Room
	faq    *faq.Room
	bus    *bus.Bus
	tokens chat.Tokens
	links  files.Links
	gauges *gauges

	desks    *wire.Staff
	visitors *wire.Visitors
	polls    *wire.Polls

	// Country, if set before the first panel, says in which country an address is (ISO 3166, two letters), or nothing.
	Country func(address string) string

	// Face, if set before the first panel, returns the picture of the agent who has a conversation, if there is one.
	Face func(ctx context.Context, org, conversation uuid.UUID) (file uuid.UUID, has bool, err error)

	// DeskOpened, if set before the first desk, is told of every one.
	DeskOpened func(org uuid.UUID)
	// Transcript, if set before the first panel, mails what was said in a visitor's conversation.
	Transcript func(ctx context.Context, visitor access.Actor, conversation uuid.UUID, to string) error

	turnedAway atomic.Int64 // sockets open only to say that there is no room

	mu       sync.RWMutex
	draining bool
	warning  *time.Timer                             // will tell the desks that other servers are not heard
	warned   bool                                    // they have been told
	drained  chan struct{}                           // closed when draining begins
	threads  map[uuid.UUID]*thread                   // by conversation
	panels   map[uuid.UUID]*panel                    // by visitor: the first of its panels
	floors   map[uuid.UUID]*floor                    // by organization
	staff    map[uuid.UUID]map[staffScreen]struct{}  // by user: desks and managers' pages
	websites map[uuid.UUID]map[*websitePage]struct{} // by website
	watched  map[uuid.UUID]map[*boardPage]struct{}   // by organization

	lines soon // visitors' places in line, by organization
	board soon // boards
	heads soon // the heads of queues on desks

	missed     paced // organizations of which something may have been missed
	suggesting suggesting
	blocked    *blockedLists
	proofs     proofs
}

// staffScreen is a screen of somebody who is logged in.
type staffScreen interface {
	session() string // the log-in session it was opened with
	allowed() bool   // whether that log-in is still good
	end()            // closes it for good: the log-in has ended
}

// Rooms is what the hub reads from.
type Rooms struct {
	Chat  *chat.Room
	Org   *org.Room
	Queue *queue.Room
	FAQ   *faq.Room
}

// New returns a hub that hears the bell.
func New(rooms Rooms, b *bus.Bus, tokens chat.Tokens, links files.Links, limits Limits) *Hub {
	h := &Hub{chat: rooms.Chat, org: rooms.Org, queue: rooms.Queue, faq: rooms.FAQ, bus: b, tokens: tokens, links: links, gauges: newGauges(limits),
		desks: wire.NewStaff(limits.Frames, limits.Heartbeat), visitors: wire.NewVisitors(limits.Frames, limits.Heartbeat), polls: wire.NewPolls(), drained: make(chan struct{}),
		threads: map[uuid.UUID]*thread{}, panels: map[uuid.UUID]*panel{}, floors: map[uuid.UUID]*floor{},
		staff: map[uuid.UUID]map[staffScreen]struct{}{}, websites: map[uuid.UUID]map[*websitePage]struct{}{}, watched: map[uuid.UUID]map[*boardPage]struct{}{}}
	h.blocked = cache.New[uuid.UUID, []chat.Block](blocksBytes)
	h.proofs.key = tokens.Derive("proof of work")
	b.Subscribe(h)
	return h
}

// OnTide has f called, with how many are open, when many visitors' sockets have come or gone. To be set before the first.
func (h *Hub) OnTide(f func(open int)) { h.visitors.OnTide(f) }

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
	h.desks.Leave()
	h.visitors.Leave(spread)
	for range 150 { // the close frames are written by the sockets' own goroutines, and answered
		if h.visitors.Stats().Open+h.desks.Stats().Open+h.polls.Stats().Open == 0 {
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

// Heard brings events to the screens they concern. What one desk is told of them goes out in one frame.
func (h *Hub) Heard(events []bus.Event) {
	defer h.hold(events)()
	for _, e := range events {
		h.heard(e)
	}
}

// hold keeps back what the events' organizations' desks are sent until the returned function is called.
func (h *Hub) hold(events []bus.Event) (release func()) {
	var held []*wire.Socket
	var before uuid.UUID
	for _, e := range events { // an organization's events stand together; one that comes twice is held twice
		if e.Kind != bus.Said || e.Org == before {
			continue
		}
		before = e.Org
		f := h.floor(e.Org)
		if f == nil {
			continue
		}
		for _, d := range f.list() {
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

func (h *Hub) heard(e bus.Event) {
	switch e.Kind {
	case bus.Said:
		h.boards(e.Org)
		if s, here := e.Local.(chat.Said); here {
			h.said(e.Org, s)
		} else {
			h.saidElsewhere(e)
		}
	case bus.Typing:
		h.typing(e)
	case bus.Seen:
		h.read(e)
	case bus.About:
		for _, f := range h.followers(e.Conversation) {
			if d, ok := f.(*desk); ok {
				d.say(view.AboutChanged(e.Conversation))
			}
		}
	case bus.Visitor:
		for _, p := range h.panelsOf(e.Visitor) {
			p.socket.Close(wire.Restart, "somebody else now") // with the token of whom it is, if it may have it
		}
	case bus.Block:
		h.forgetBlocks(e.Org) // before the next visitor says hello
		spawn("cut off who is blocked", func() { h.blocksChanged(e.Org) })
	case bus.Guests:
		spawn("show who is in a conversation", func() { h.guests(e.Org, e.Conversation, e.User) })
	case bus.Agent:
		for s := range copied(&h.mu, h.staff, e.User) {
			if d, ok := s.(*desk); ok {
				spawn("show an agent's availability", d.status)
			}
		}
		h.boards(e.Org)
	case bus.Groups:
		if f := h.floor(e.Org); f != nil {
			for _, d := range f.list() {
				spawn("show other lines", func() { d.refresh(nil) })
			}
		}
		spawn("show other subjects", func() {
			for _, p := range h.allPanels(func(p *panel) bool { return p.site.Org == e.Org }) {
				p.mayStay()
			}
		})
		h.boards(e.Org)
	case bus.Line:
		h.lineMoved(e.Org)
		h.boards(e.Org)
	case bus.User:
		for s := range copied(&h.mu, h.staff, e.User) {
			s.end()
		}
	case bus.Session:
		for _, s := range h.allStaff() {
			if s.session() == e.Text {
				s.end()
			}
		}
	case bus.Website:
		for p := range copied(&h.mu, h.websites, e.Website) {
			spawn("show a website's domains", p.refresh)
		}
		if e.Text != "" { // its settings or domains have changed: its panels come back with them, if they may
			for _, p := range h.allPanels(func(p *panel) bool { return p.site.ID == e.Website }) {
				p.socket.Close(wire.Restart, "settings changed")
			}
		}
	}
}

// said shows what this process has just written.
func (h *Hub) said(orgID uuid.UUID, s chat.Said) {
	behind := false
	for _, p := range h.panelsOf(s.In.Visitor) {
		// Bells can overtake each other, so a panel that begins to follow begins at the beginning.
		behind = p.bell(s.In.ID) && s.Seq > 1 || behind
	}
	h.mu.RLock()
	t, f := h.threads[s.In.ID], h.floors[orgID]
	h.mu.RUnlock()
	late := f != nil && f.mayBeLate(s.In.ID)
	switch {
	case late: // it is read again, with what is suggested
		spawn("show a conversation on a desk that has just opened", func() { h.showEntry(orgID, f, s.In.ID) })
	case f != nil:
		h.changed(f, orgID, s.In, s.Seq)
	}
	if t != nil {
		t.said(s.Message)
		if behind {
			t.look()
		}
	}
	if s.Kind == chat.Erase && f != nil && !s.In.WaitingSince.IsZero() { // the visitor waits again
		spawn("suggest FAQ entries again", func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			h.suggestLast(ctx, access.System(orgID, "suggest FAQ entries"), s.In)
		})
	}
	if s.Author == chat.ByVisitor && s.Kind == chat.Text && f != nil && !late {
		h.suggest(orgID, s.In, chat.Question{Seq: s.Seq, Text: s.Body})
	}
}

// saidElsewhere shows what another process has written, if anybody here looks at it.
func (h *Hub) saidElsewhere(e bus.Event) {
	panels := h.panelsOf(e.Visitor)
	h.mu.RLock()
	t, f := h.threads[e.Conversation], h.floors[e.Org]
	h.mu.RUnlock()
	if len(panels) == 0 && t == nil && f == nil {
		return // nobody here looks at it
	}
	spawn("show what another process has written", func() {
		for _, p := range panels {
			p.bell(e.Conversation)
		}
		if f != nil && !f.shows(e.Conversation, e.Seq) {
			h.showEntry(e.Org, f, e.Conversation)
		}
		h.look(e.Conversation)
	})
}

// showEntry reads a conversation and shows its state on the organization's desks. When it cannot be read, the desks come
// back and read everything.
func (h *Hub) showEntry(orgID uuid.UUID, f *floor, conversation uuid.UUID) {
	who := access.System(orgID, "show a conversation that has changed")
	var err error
	for try := range 6 {
		var c chat.Conversation
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		c, err = h.chat.Get(ctx, who, conversation)
		if err == nil {
			h.changed(f, orgID, c, c.LastSeq)
			h.suggestLast(ctx, who, c)
			return
		}
		if fail.KindOf(err) == fail.NotFound {
			return
		}
		time.Sleep(time.Duration(try*try) * 50 * time.Millisecond)
	}
	slog.Error("show a conversation that has changed", "conversation", conversation, "error", err)
	for _, d := range f.list() {
		d.socket.Close(wire.TryAgain, "try again")
	}
}

// thread returns the relay of a conversation, or nil if no screen here follows it.
func (h *Hub) thread(conversation uuid.UUID) *thread {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.threads[conversation]
}

// look catches the followers of a conversation up with the table.
func (h *Hub) look(conversation uuid.UUID) {
	t := h.thread(conversation)
	if t != nil {
		t.look()
	}
}

// follow puts a screen on a conversation from a cursor on, which may move it back but never forth. The caller then brings
// it up to date.
func (h *Hub) follow(f follower, conversation uuid.UUID, cursor int) {
	for {
		h.mu.Lock()
		t := h.threads[conversation]
		if t == nil {
			t = &thread{id: conversation, org: f.who().Org(), chat: h.chat, at: map[follower]int{}}
			h.threads[conversation] = t
		}
		h.mu.Unlock()
		t.mu.Lock()
		if t.gone {
			t.mu.Unlock()
			continue
		}
		if at, there := t.at[f]; !there || cursor < at {
			t.at[f] = cursor
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
	return t.at[f]
}

// advance notes that a screen has been shown all up to a message by other means. What came before is not shown again.
func (h *Hub) advance(f follower, conversation uuid.UUID, to int) {
	t := h.thread(conversation)
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, there := t.at[f]; there && at < to {
		t.at[f] = to
	}
}

// leave takes a screen off a conversation.
func (h *Hub) leave(f follower, conversation uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.threads[conversation]
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.at, f)
	if len(t.at) == 0 {
		t.gone = true
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
	list := make([]follower, 0, len(t.at))
	for f := range t.at {
		list = append(list, f)
	}
	return list
}

func (h *Hub) typing(e bus.Event) {
	for _, f := range h.followers(e.Conversation) {
		switch s := f.(type) {
		case *panel:
			if e.User != uuid.Nil {
				s.agentTypes()
			}
		case *desk:
			if e.User == uuid.Nil {
				s.visitorTypes(e.Conversation, e.Text)
			}
		}
	}
}

// read tells the other side how far a conversation has been read.
func (h *Hub) read(e bus.Event) {
	if e.User != uuid.Nil { // an agent: also panels that do not follow the conversation yet
		for _, p := range h.panelsOf(e.Visitor) {
			p.agentRead(e.Conversation, e.Seq)
		}
		return
	}
	for _, f := range h.followers(e.Conversation) {
		if d, ok := f.(*desk); ok {
			d.say(view.ReadByVisitor(e.Conversation, e.Seq))
		}
	}
}

// outageRetry is when to try again what failed because the database is away.
const outageRetry = 3 * time.Second

// refused turns an error into a code and words for a person; an internal one is logged under a reference number.
func refused(err error, doing string) refusedOut {
	var e *fail.Error
	if !errors.As(err, &e) && outage.Is(err) {
		slog.Warn(doing, "error", err)
		e = fail.Later(outageRetry)
	}
	if e == nil {
		ref := uuid.NewString()[:8]
		slog.Error(doing, "reference", ref, "error", err)
		return refusedOut{Type: "refused", Code: "internal", Retry: 2, Words: Words{"Something went wrong on our side. Please try again; if it stays, mention reference " + ref + ".", "fault", ref}}
	}
	code := map[fail.Kind]string{fail.Invalid: "invalid", fail.Unauthenticated: "unauthenticated", fail.Forbidden: "forbidden",
		fail.NotFound: "not_found", fail.Conflict: "conflict", fail.Busy: "busy"}[e.Kind]
	if errors.Is(err, error(chat.ErrClosed)) {
		code = "closed"
	}
	return refusedOut{Type: "refused", Code: code, Retry: e.RetryAfter.Seconds(), Words: WordsOf(e)}
}

// WordsOf is an error as a widget is told it.
func WordsOf(e *fail.Error) Words {
	out := Words{e.Message, e.Reason, e.Reference}
	if out.Reason == "" && e.Kind == fail.Busy {
		out.Reason = "busy"
	}
	return out
}
