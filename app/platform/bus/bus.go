// Package bus is the bell between screens: it says that something happened, as ids.
//
// Owns: Event, and how an event reaches every process (in-process, Postgres, Redis).
//
// Must not touch: tables. What happened is in the rooms' tables; the bell only says "look".
//
// Always true: Publish is called after the commit and never waits for the network; handlers in this process hear an event
// before Publish returns; a process hears of the organizations that have a screen on it (Join), and of what every process
// must know (users, sessions, websites); a lost bell costs time, never a message, because Gap tells every handler to look
// for itself.
package bus

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Kind says what happened.
type Kind string

const (
	Conversation      Kind = "said"    // a message was added to a conversation (also: started, taken, closed)
	Typing            Kind = "typing"  // somebody is typing; never stored, may be lost
	User              Kind = "user"    // a user's role or state changed, or all its sessions ended
	Session           Kind = "session" // one log-in session ended
	Website           Kind = "website" // a website's settings or domains changed, or it was seen loading
	Groups            Kind = "groups"  // an organization's groups or who belongs to them changed
	Availability      Kind = "agent"   // a user's availability changed
	Participants      Kind = "guests"  // a colleague came into a conversation, or left it
	Queue             Kind = "line"    // the lines of an organization moved, or who is there to answer them
	Read              Kind = "seen"    // one side has read a conversation up to a message
	VisitorContext    Kind = "about"   // a visitor is on another page, or its page says something else of it
	VisitorIdentified Kind = "visitor" // a visitor turned out to be another one
	Blocks            Kind = "block"   // who may not write to an organization has changed
	FAQ               Kind = "faq"     // an FAQ entry was changed, or chosen

	Login        Kind = "login"        // what is stored in a log-in session changed; it is as good as before
	Organization Kind = "organization" // an organization's name changed, or the pictures of its team members
)

// Event is "this happened".
type Event struct {
	Kind         Kind      `json:"k"`
	Org          uuid.UUID `json:"o"`
	Conversation uuid.UUID `json:"c,omitzero"`
	Visitor      uuid.UUID `json:"v,omitzero"`
	User         uuid.UUID `json:"u,omitzero"` // the agent concerned
	Website      uuid.UUID `json:"w,omitzero"`
	Seq          int       `json:"n,omitempty"` // number of the newest message
	Text         string    `json:"t,omitempty"` // Typing: the text where the website allows it; Session, Website, FAQ: which one

	// Local is what this process has just written, so that its own screens need not read it back. Nil when the bell
	// comes from another process.
	Local any `json:"-"`
}

// Handler hears the bell.
type Handler interface {
	// Heard gets what happened, in order, as many events as happened at once.
	HandleEvents([]Event)
	// Gap says that events of other processes may have been missed, about one organization or, for the zero id, about
	// all: look for yourself.
	Resync(org uuid.UUID)
}

// ConnectionWatcher is a handler that also wants to know when other processes are not heard any more, and when again.
type ConnectionWatcher interface{ ConnectionChanged(bool) }

// Driver carries payloads between processes, in channels.
type Driver interface {
	// Send sends payloads to all other processes that listen, in one round trip.
	Send(ctx context.Context, payloads []Payload) error
	// Listen hears a channel too, from soon on; Forget no longer. Both return at once, at any time.
	Listen(channel string)
	Unlisten(channel string)
	// Run hears payloads until ctx ends. listening is called with the channels that are heard from now on: after Listen,
	// and with all of them after a reconnection; lost is called when the connection is.
	Run(ctx context.Context, heard func(body string), listening func(channels []string), lost func()) error
	// MaxPayload is the largest payload in bytes.
	MaxPayload() int
}

// Payload is what is sent at once.
type Payload struct{ Channel, Body string }

// globalChannel is the channel that every process listens to.
const globalChannel = "parley"

// channelFor is where an event is told: what only screens show, to those who have a screen of the organization.
func channelFor(e Event) string {
	switch e.Kind {
	case Conversation, Typing, Read, VisitorContext, VisitorIdentified, Availability, Participants, Queue, FAQ:
		return orgChannel(e.Org)
	}
	return globalChannel
}

func orgChannel(org uuid.UUID) string { return globalChannel + "_" + org.String() }

// Bus delivers events to the handlers of this process and, through its driver, of all others.
type Bus struct {
	driver         Driver // nil: there are no other processes
	self           string
	mu             sync.RWMutex
	handlers       []Handler
	outgoing       chan Event
	dropped        atomic.Bool
	connectOnce    sync.Once
	firstConnected chan struct{} // closed once it was connected for the first time
	up             atomic.Bool

	screensMu sync.Mutex
	screens   map[uuid.UUID]*openScreens

	sent, received, resyncs atomic.Int64
	peerTracker
}

// openScreens is how many screens of an organization are open here.
type openScreens struct {
	screens int
	linger  *time.Timer // runs while there is none
}

// lingerTime is how long an organization is listened to after its last screen has gone; most come back.
const lingerTime = time.Minute

// Stats counts since the start: events sent to other processes, heard from them, and gaps.
type Stats struct{ Sent, Received, Resyncs int64 }

// Stats returns the present counts.
func (b *Bus) Stats() Stats { return Stats{b.sent.Load(), b.received.Load(), b.resyncs.Load()} }

// New returns a bus. A nil driver serves a single process.
func New(driver Driver) *Bus {
	b := &Bus{driver: driver, self: uuid.NewString()[:8], outgoing: make(chan Event, 4096), firstConnected: make(chan struct{}), screens: map[uuid.UUID]*openScreens{}}
	b.peerTracker.init()
	if driver == nil {
		close(b.firstConnected)
		b.up.Store(true)
	} else {
		driver.Listen(globalChannel)
	}
	return b
}

// ScreenOpened says that a screen of an organization has opened here. Its events are heard from soon on, and Gap says when; Leave
// says that the screen has gone.
func (b *Bus) ScreenOpened(org uuid.UUID) {
	if b.driver == nil {
		return
	}
	b.screensMu.Lock()
	defer b.screensMu.Unlock()
	i := b.screens[org]
	if i == nil {
		i = &openScreens{}
		b.screens[org] = i
		b.driver.Listen(orgChannel(org))
	}
	i.screens++
	if i.linger != nil {
		i.linger.Stop()
		i.linger = nil
	}
}

// ScreenClosed takes back one Join.
func (b *Bus) ScreenClosed(org uuid.UUID) {
	if b.driver == nil {
		return
	}
	b.screensMu.Lock()
	defer b.screensMu.Unlock()
	i := b.screens[org]
	if i == nil {
		return
	}
	if i.screens--; i.screens > 0 {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(lingerTime, func() {
		b.screensMu.Lock()
		defer b.screensMu.Unlock()
		if i.linger == timer {
			delete(b.screens, org)
			b.driver.Unlisten(orgChannel(org))
		}
	})
	i.linger = timer
}

// Flush waits until all that was published before has been sent to the other processes, or ctx ends.
func (b *Bus) Flush(ctx context.Context) {
	if b.driver == nil || !b.up.Load() { // not connected: who is, will be told of a gap
		return
	}
	done := make(chan struct{})
	select {
	case b.outgoing <- Event{Kind: flushMarker, Local: done}:
	default:
		return // far behind: they will be told of a gap
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// flushMarker is no event: it asks to be told when all before it have been sent.
const flushMarker Kind = "flushed"

// Subscribe adds a handler. Heard may be called from many goroutines at once.
func (b *Bus) Subscribe(h Handler) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handlers = append(b.handlers, h)
}

// Publish rings the bell: here at once, elsewhere soon. When more is waiting than can be sent, the other processes are
// told of a gap instead, so nobody waits and nothing is lost for good.
func (b *Bus) Publish(events ...Event) {
	if len(events) == 0 {
		return
	}
	b.deliver(events)
	if b.driver == nil {
		return
	}
	b.countChanges(events)
	for _, e := range events {
		e.Local = nil
		select {
		case b.outgoing <- e:
		default:
			if !b.dropped.Swap(true) {
				slog.Warn("the bus is behind; other processes will look for themselves")
			}
		}
	}
}

// Connected is closed once the bus has first been connected to the other processes.
func (b *Bus) Connected() <-chan struct{} { return b.firstConnected }

// IsConnected reports whether the bus is connected to the other processes now.
func (b *Bus) IsConnected() bool { return b.up.Load() }

func (b *Bus) deliver(events []Event) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, h := range b.handlers {
		h.HandleEvents(events)
	}
}

func (b *Bus) resync(org uuid.UUID) {
	b.resyncs.Add(1)
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, h := range b.handlers {
		h.Resync(org)
	}
}

// envelope is one payload: who sends, and what happened.
type envelope struct {
	From   string  `json:"f"`
	Events []Event `json:"e"`
	Resync bool    `json:"g,omitempty"`

	control
}

// Run carries events to and from the other processes until ctx ends, and then sends what is still waiting.
func (b *Bus) Run(ctx context.Context) error {
	if b.driver == nil {
		<-ctx.Done()
		return nil
	}
	sent := make(chan struct{})
	go func() { defer close(sent); b.send(ctx) }()
	err := b.driver.Run(ctx, b.receive, b.listening, func() { b.setConnected(false) })
	<-sent
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (b *Bus) setConnected(up bool) {
	if b.up.Swap(up) == up {
		return
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, h := range b.handlers {
		if w, wants := h.(ConnectionWatcher); wants {
			w.ConnectionChanged(up)
		}
	}
}

// listening says which channels are heard from now on: what was said in them before may have been missed.
func (b *Bus) listening(channels []string) {
	if slices.Contains(channels, globalChannel) { // also the first time: screens may be open already
		b.setConnected(true)
		b.resync(uuid.Nil) // of every organization
		b.discoverPeers()
		b.connectOnce.Do(func() { close(b.firstConnected) })
		return
	}
	for _, c := range channels {
		if org, err := uuid.Parse(strings.TrimPrefix(c, globalChannel+"_")); err == nil {
			b.resync(org)
		}
	}
}

func (b *Bus) receive(payload string) {
	var env envelope
	if err := json.Unmarshal([]byte(payload), &env); err != nil {
		slog.Error("an unreadable bell", "error", err)
		b.resync(uuid.Nil)
		return
	}
	if env.From == b.self {
		return
	}
	if env.Resync {
		b.resync(uuid.Nil)
	}
	if len(env.Events) > 0 {
		b.received.Add(int64(len(env.Events)))
		b.deliver(env.Events)
	}
	b.handleControl(env.From, env.control)
}

// send gathers what is waiting into as few payloads as fit and sends them in one round trip.
func (b *Bus) send(ctx context.Context) {
	for {
		select {
		case e := <-b.outgoing:
			b.flush(ctx, b.gather(e))
		case <-ctx.Done(): // what is still waiting, and then "look for yourselves", whatever became of it
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			for len(b.outgoing) > 0 && last.Err() == nil {
				b.flush(last, b.gather(<-b.outgoing))
			}
			b.dropped.Store(true)
			b.flush(last, []Event{{Kind: controlKind, Local: control{Bye: true}}})
			return
		}
	}
}

func (b *Bus) gather(first Event) []Event {
	events := []Event{first}
	for len(events) < 512 {
		select {
		case e := <-b.outgoing:
			events = append(events, e)
		default:
			return events
		}
	}
	return events
}

func (b *Bus) flush(ctx context.Context, events []Event) {
	var payloads []Payload
	byChannel := map[string][]Event{}
	var order []string
	var last controlBatch
	for _, e := range events {
		if e.Kind == controlKind {
			last.add(e.Local.(control))
			continue
		}
		if e.Kind == flushMarker {
			defer close(e.Local.(chan struct{}))
			continue
		}
		c := channelFor(e)
		if byChannel[c] == nil {
			order = append(order, c)
		}
		byChannel[c] = append(byChannel[c], e)
	}
	for _, c := range order {
		for _, body := range b.pack(byChannel[c]) {
			payloads = append(payloads, Payload{c, body})
		}
	}
	if b.dropped.Swap(false) {
		payloads = append(payloads, Payload{globalChannel, b.resyncPayload()})
	}
	for _, c := range last.list() { // after what was published before
		raw, err := json.Marshal(envelope{From: b.self, control: c})
		if err == nil {
			payloads = append(payloads, Payload{globalChannel, string(raw)})
		}
	}
	if len(payloads) == 0 {
		return
	}
	for attempt := 0; ; attempt++ {
		sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		err := b.driver.Send(sending, payloads)
		cancel()
		if err == nil {
			b.sent.Add(int64(len(events) - last.events))
			return
		}
		if ctx.Err() != nil {
			b.dropped.Store(true) // the last words will say so
			return
		}
		slog.Warn("the bus cannot send, trying again", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(time.Duration(attempt+1)*200*time.Millisecond, 2*time.Second)):
		}
	}
}

// pack splits events into payloads that the driver can carry.
func (b *Bus) pack(events []Event) []string {
	raw, err := json.Marshal(envelope{From: b.self, Events: events})
	if err == nil && len(raw) <= b.driver.MaxPayload() {
		return []string{string(raw)}
	}
	if len(events) == 1 { // cannot be carried: the others look for themselves
		return []string{b.resyncPayload()}
	}
	half := len(events) / 2
	return append(b.pack(events[:half]), b.pack(events[half:])...)
}

func (b *Bus) resyncPayload() string { return `{"f":"` + b.self + `","g":true}` }
