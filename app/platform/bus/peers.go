package bus

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// peerTimeout bounds how long Settle waits for processes that do not answer.
const peerTimeout = 2 * time.Second

// controlKind is the kind of what processes say to each other about the bus itself; Local is a control.
const controlKind Kind = "controls"

// control is what a process says to the others about the bus itself. Programs of earlier versions neither send nor answer it.
type control struct {
	Hello  bool   `json:"h,omitempty"` // it hears the others from now on
	Bye    bool   `json:"b,omitempty"` // it stops
	Ask    uint64 `json:"a,omitempty"` // it wants to know who has heard all that it sent before
	To     string `json:"t,omitempty"` // whom it answers
	Answer uint64 `json:"r,omitempty"` // which Ask; 0: a Hello
}

// peerTracker is what Settle needs: the other processes, and who waits for their answers.
type peerTracker struct {
	changes atomic.Uint64 // published so far that pages depend on

	mu      sync.Mutex
	peers   map[string]struct{}
	lastAsk uint64
	asks    map[uint64]*pendingAnswers
}

type pendingAnswers struct {
	missing map[string]struct{}
	done    chan struct{}
}

func (s *peerTracker) init() {
	s.peers, s.asks = map[string]struct{}{}, map[uint64]*pendingAnswers{}
}

// countChanges counts what later requests to any process have to see.
func (b *Bus) countChanges(events []Event) {
	for _, e := range events {
		switch {
		case e.Kind == User, e.Kind == Session, e.Kind == Login, e.Kind == Groups, e.Kind == Blocks, e.Kind == Organization,
			e.Kind == Website && e.Text != "", e.Kind == FAQ && e.Local == nil:
			b.peerTracker.changes.Add(1)
		}
	}
}

// Changes counts what this process has published that pages depend on: people, sessions, settings, groups, blocks, FAQ entries. What
// is said in conversations does not count. Compare it before and after some work to know whether to Settle.
func (b *Bus) Changes() uint64 { return b.peerTracker.changes.Load() }

// Peers is how many other processes are known to hear this one.
func (b *Bus) Peers() int {
	b.peerTracker.mu.Lock()
	defer b.peerTracker.mu.Unlock()
	return len(b.peerTracker.peers)
}

// WaitForPeers waits until all other processes have heard what was published before, ctx ends, or two seconds have
// passed. It returns at once while the bus is not connected, and where there are no other processes. A process that has
// not answered in time is not waited for until it answers again.
func (b *Bus) WaitForPeers(ctx context.Context) {
	if b.driver == nil || !b.up.Load() {
		return
	}
	s := &b.peerTracker
	s.mu.Lock()
	if len(s.peers) == 0 {
		s.mu.Unlock()
		return
	}
	s.lastAsk++
	n, a := s.lastAsk, &pendingAnswers{maps.Clone(s.peers), make(chan struct{})}
	s.asks[n] = a
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.asks, n)
		s.mu.Unlock()
	}()
	late := time.NewTimer(peerTimeout)
	defer late.Stop()
	select {
	case b.outgoing <- Event{Kind: controlKind, Local: control{Ask: n}}:
	case <-late.C:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-a.done:
	case <-ctx.Done():
	case <-late.C:
		s.mu.Lock()
		for peer := range a.missing {
			delete(s.peers, peer)
		}
		slog.Warn("another process has not confirmed a change in time; it may show it late", "processes", len(a.missing))
		s.mu.Unlock()
	}
}

// discoverPeers begins anew to know the others.
func (b *Bus) discoverPeers() {
	b.peerTracker.mu.Lock()
	clear(b.peerTracker.peers)
	b.peerTracker.mu.Unlock()
	b.sendControl(control{Hello: true})
}

// sendControl sends without waiting; what does not fit is lost, and costs others a wait.
func (b *Bus) sendControl(c control) {
	select {
	case b.outgoing <- Event{Kind: controlKind, Local: c}:
	default:
	}
}

// handleControl takes what another process says about the bus.
func (b *Bus) handleControl(from string, c control) {
	if c == (control{}) {
		return
	}
	s := &b.peerTracker
	s.mu.Lock()
	if c.Bye {
		delete(s.peers, from)
		s.answered(from, s.lastAsk)
	} else {
		s.peers[from] = struct{}{}
	}
	if c.To == b.self && c.Answer > 0 {
		s.answered(from, c.Answer)
	}
	s.mu.Unlock()
	if c.Hello || c.Ask > 0 {
		b.sendControl(control{To: from, Answer: c.Ask})
	}
}

// answered notes that a process has heard all up to an Ask; under mu.
func (s *peerTracker) answered(from string, upTo uint64) {
	for n, a := range s.asks {
		if _, missing := a.missing[from]; !missing || n > upTo {
			continue
		}
		if delete(a.missing, from); len(a.missing) == 0 {
			close(a.done)
		}
	}
}

// controlBatch gathers what is sent at once: of several Asks, and of several answers to one process, the last says all.
type controlBatch struct {
	events  int
	hello   bool
	bye     bool
	ask     uint64
	answers map[string]uint64
}

func (l *controlBatch) add(c control) {
	l.events++
	l.hello = l.hello || c.Hello
	l.bye = l.bye || c.Bye
	l.ask = max(l.ask, c.Ask)
	if c.To != "" {
		if l.answers == nil {
			l.answers = map[string]uint64{}
		}
		l.answers[c.To] = max(l.answers[c.To], c.Answer)
	}
}

func (l *controlBatch) list() (all []control) {
	if l.hello || l.bye || l.ask > 0 {
		all = append(all, control{Hello: l.hello, Bye: l.bye, Ask: l.ask})
	}
	for to, n := range l.answers {
		all = append(all, control{To: to, Answer: n})
	}
	return all
}
