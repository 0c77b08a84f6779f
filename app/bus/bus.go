// Package bus is the bell between screens: it says that something happened, as ids.
//
// Owns: Event, and how an event reaches every process (in-process, Postgres, Redis).
//
// Must not touch: tables. What happened is in the rooms' tables; the bell only says "look".
//
// Always true: Publish is called after the commit and never waits for the network; handlers in this process hear an event
// before Publish returns; a lost bell costs time, never a message, because Gap tells every handler to look for itself.
package bus

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Kind says what happened.
type Kind string

const (
	Said    Kind = "said"    // a message was added to a conversation (also: started, taken, closed)
	Typing  Kind = "typing"  // somebody is typing; never stored, may be lost
	User    Kind = "user"    // a user's role or state changed, or all its sessions ended
	Session Kind = "session" // one log-in session ended
	Website Kind = "website" // a website's settings or domains changed, or it was seen loading
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
	Text         string    `json:"t,omitempty"` // Typing: the text where the website allows it; Session, Website: which one

	// Local is what this process has just written, so that its own screens need not read it back. Nil when the bell
	// comes from another process.
	Local any `json:"-"`
}

// Handler hears the bell.
type Handler interface {
	Heard(Event)
	// Gap says that events of other processes may have been missed: look for yourself.
	Gap()
}

// Driver carries payloads between processes.
type Driver interface {
	// Send sends payloads to all other processes.
	Send(ctx context.Context, payloads []string) error
	// Run hears payloads until ctx ends. connected is called with true after every (re)connection and with false when one
	// is lost.
	Run(ctx context.Context, heard func(string), connected func(bool)) error
	// MaxPayload is the largest payload in bytes.
	MaxPayload() int
}

// Bus delivers events to the handlers of this process and, through its driver, of all others.
type Bus struct {
	driver   Driver // nil: there are no other processes
	self     string
	mu       sync.RWMutex
	handlers []Handler
	out      chan Event
	dropped  atomic.Bool
	first    sync.Once
	once     chan struct{} // closed once it was connected for the first time
	up       atomic.Bool
}

// New returns a bus. A nil driver serves a single process.
func New(driver Driver) *Bus {
	b := &Bus{driver: driver, self: uuid.NewString()[:8], out: make(chan Event, 4096), once: make(chan struct{})}
	if driver == nil {
		close(b.once)
		b.up.Store(true)
	}
	return b
}

// Subscribe adds a handler. Heard may be called from many goroutines at once.
func (b *Bus) Subscribe(h Handler) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handlers = append(b.handlers, h)
}

// Publish rings the bell: here at once, elsewhere soon. When more is waiting than can be sent, the other processes are
// told of a gap instead, so nobody waits and nothing is lost for good.
func (b *Bus) Publish(e Event) {
	b.deliver(e)
	if b.driver == nil {
		return
	}
	e.Local = nil
	select {
	case b.out <- e:
	default:
		if !b.dropped.Swap(true) {
			slog.Warn("the bus is behind; other processes will look for themselves")
		}
	}
}

// Connected is closed once the bus has first been connected to the other processes.
func (b *Bus) Connected() <-chan struct{} { return b.once }

// Up reports whether the bus is connected to the other processes now.
func (b *Bus) Up() bool { return b.up.Load() }

func (b *Bus) deliver(e Event) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, h := range b.handlers {
		h.Heard(e)
	}
}

func (b *Bus) gap() {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, h := range b.handlers {
		h.Gap()
	}
}

// envelope is one payload: who sends, and what happened.
type envelope struct {
	From   string  `json:"f"`
	Events []Event `json:"e"`
	Gap    bool    `json:"g,omitempty"`
}

// Run carries events to and from the other processes until ctx ends, and then sends what is still waiting.
func (b *Bus) Run(ctx context.Context) error {
	if b.driver == nil {
		<-ctx.Done()
		return nil
	}
	sent := make(chan struct{})
	go func() { defer close(sent); b.send(ctx) }()
	err := b.driver.Run(ctx, b.hear, func(up bool) {
		b.up.Store(up)
		if !up {
			return
		}
		b.gap() // also the first time: screens may be open already
		b.first.Do(func() { close(b.once) })
	})
	<-sent
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (b *Bus) hear(payload string) {
	var env envelope
	if err := json.Unmarshal([]byte(payload), &env); err != nil {
		slog.Error("an unreadable bell", "error", err)
		b.gap()
		return
	}
	if env.From == b.self {
		return
	}
	if env.Gap {
		b.gap()
	}
	for _, e := range env.Events {
		b.deliver(e)
	}
}

// send gathers what is waiting into as few payloads as fit and sends them in one round trip.
func (b *Bus) send(ctx context.Context) {
	for {
		select {
		case e := <-b.out:
			b.flush(ctx, b.gather(e))
		case <-ctx.Done(): // what is still waiting, and then "look for yourselves", whatever became of it
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			for len(b.out) > 0 && last.Err() == nil {
				b.flush(last, b.gather(<-b.out))
			}
			b.dropped.Store(true)
			b.flush(last, nil)
			return
		}
	}
}

func (b *Bus) gather(first Event) []Event {
	events := []Event{first}
	for len(events) < 512 {
		select {
		case e := <-b.out:
			events = append(events, e)
		default:
			return events
		}
	}
	return events
}

func (b *Bus) flush(ctx context.Context, events []Event) {
	var payloads []string
	if len(events) > 0 {
		payloads = b.pack(events)
	}
	if b.dropped.Swap(false) {
		payloads = append(payloads, b.gapPayload())
	}
	for attempt := 0; ; attempt++ {
		sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		err := b.driver.Send(sending, payloads)
		cancel()
		if err == nil {
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
		return []string{b.gapPayload()}
	}
	half := len(events) / 2
	return append(b.pack(events[:half]), b.pack(events[half:])...)
}

func (b *Bus) gapPayload() string { return `{"f":"` + b.self + `","g":true}` }
