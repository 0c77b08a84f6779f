// Package bus notifies the processes of what happened, as ids.
//
// Owns: Event, and how an event reaches every process (in-process, Postgres, Redis).
//
// Forbids: reading and writing tables. What happened is in the tables of the domain; an event says only that there is something to read.
//
// Always true: Publish is called after the commit and never waits for the network; handlers in this process have handled an event before
// Publish returns; a process receives the events of the organizations that have a screen on it (ScreenOpened), and those that every process
// must know (users, sessions, websites); a lost event costs time, never a message, because Resync makes every handler read again.
package bus

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
)

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

// Stats counts since the start: events sent to other processes, events received from them, and resyncs.
type Stats struct{ Sent, Received, Resyncs int64 }

// Stats returns the counts until now.
func (b *Bus) Stats() Stats { return Stats{b.sent.Load(), b.received.Load(), b.resyncs.Load()} }

// New returns a bus. A nil driver serves a single process.
func New(driver Driver) *Bus {
	b := &Bus{
		driver:         driver,
		self:           uuid.NewString()[:8],
		outgoing:       make(chan Event, 4096),
		firstConnected: make(chan struct{}),
		screens:        map[uuid.UUID]*openScreens{},
	}
	b.peerTracker.init()
	if driver == nil {
		close(b.firstConnected)
		b.up.Store(true)
	} else {
		driver.Listen(globalChannel)
	}
	return b
}

// Flush waits until all that was published before has been sent to the other processes, or ctx ends.
func (b *Bus) Flush(ctx context.Context) {
	if b.driver == nil || !b.up.Load() { // not connected: the others resync when it is
		return
	}
	done := make(chan struct{})
	select {
	case b.outgoing <- Event{Kind: flushMarker, Local: done}:
	default:
		return // far behind: the others will be told to resync
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// flushMarker is the kind of what is no event: its channel is closed when all events before it have been sent.
const flushMarker Kind = "flushed"

// Subscribe adds a handler.
func (b *Bus) Subscribe(h Handler) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handlers = append(b.handlers, h)
}

// Publish notifies the handlers of this process at once, and those of the other processes soon. When more is waiting than can be sent, the
// other processes are told to resync instead, so that nobody waits and nothing is lost for good.
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
				slog.Warn("the bus is behind; other processes will resync")
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

// listening is called with the channels that are received from now on: what was sent in them before may have been missed.
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
		slog.Error("an unreadable payload on the bus", "error", err)
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
