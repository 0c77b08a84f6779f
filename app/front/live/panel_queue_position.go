package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/routing"
	"parley/app/front/live/frames"
	"parley/app/front/live/wire"
)

// orgThrottle does something for an organization a moment after it was asked for, once for all who ask meanwhile, and not again before
// it is done and a second has passed: what is found out later is told later.
type orgThrottle struct {
	mu     sync.Mutex
	states map[uuid.UUID]*throttleState
}

type throttleState struct {
	requested bool // since it was last done
	scheduled bool // a timer runs
}

const (
	throttleDelay    = 50 * time.Millisecond
	throttleInterval = time.Second
)

// pauseAfter is how long to wait after something that took so long: what takes long, because very many wait, is done less often, and never takes
// more than a twentieth of the time.
func pauseAfter(took time.Duration) time.Duration { return max(throttleInterval, 19*took) }

func (s *orgThrottle) request(org uuid.UUID, doing string, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.states == nil {
		s.states = map[uuid.UUID]*throttleState{}
	}
	n := s.states[org]
	if n == nil {
		n = &throttleState{}
		s.states[org] = n
	}
	n.requested = true
	if n.scheduled {
		return
	}
	n.scheduled = true
	var run func()
	run = func() {
		s.mu.Lock()
		if !n.requested {
			n.scheduled = false
			delete(s.states, org)
			s.mu.Unlock()
			return
		}
		n.requested = false
		s.mu.Unlock()
		begun := time.Now()
		wire.Guard(doing, do, nil) // the timer's own goroutine
		time.AfterFunc(pauseAfter(time.Since(begun)), run)
	}
	time.AfterFunc(throttleDelay, run)
}

// sendQueuePositionsSoon tells the visitors in an organization's lines where they stand.
func (h *Hub) sendQueuePositionsSoon(org uuid.UUID) {
	h.queuePositions.request(org, "tell visitors their place in line", func() { h.sendQueuePositions(org) })
}

func (p *panel) waitingConversation() (conversation uuid.UUID, isWaiting bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conversation, p.isWaiting && p.conversation != uuid.Nil && !p.closed
}

func (h *Hub) sendQueuePositions(org uuid.UUID) {
	waiting := h.panelsWhere(func(p *panel) bool {
		if p.site.Org != org {
			return false
		}
		_, waits := p.waitingConversation()
		return waits
	})
	if len(waiting) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	positions, err := h.routing.ListQueuePositions(ctx, org)
	if err != nil {
		slog.Warn("tell visitors their place in line", "error", err)
		return
	}
	for _, p := range waiting {
		c, waits := p.waitingConversation()
		if s, there := positions[c]; there && waits {
			p.sendQueuePosition(c, s)
		}
	}
}

// sendQueuePosition tells the visitor its place, if that is news. Far behind, not every step is.
func (p *panel) sendQueuePosition(conversation uuid.UUID, s routing.QueuePosition) {
	if s.Position > 20 {
		s.Position -= s.Position % 5
	}
	out := frames.NewQueuePosition(conversation, s.Position)
	out.MinMinutes, out.MaxMinutes, out.Unstaffed = int(s.MinWait/time.Minute), int(s.MaxWait/time.Minute), s.Unstaffed
	if !s.OpensAt.IsZero() {
		opens := s.OpensAt.UTC()
		out.Opens = &opens
	}
	frame := frames.Marshal(out)
	p.mu.Lock()
	changed := p.isWaiting && p.welcomed && p.sentPosition != string(frame)
	if changed {
		p.sentPosition = string(frame)
	}
	p.mu.Unlock()
	if changed {
		p.socket.SendQuietly(frame)
	}
}
