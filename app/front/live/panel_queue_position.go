package live

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/routing"
	"parley/app/front/live/frames"
)

// sendQueuePositionsSoon tells the visitors in an organization's queues their positions, soon.
func (h *Hub) sendQueuePositionsSoon(org uuid.UUID) {
	h.queuePositions.Request(org, "tell visitors their positions in the queue", func() { h.sendQueuePositions(org) })
}

// waitingConversation returns the conversation that the panel follows, and whether it waits for an agent.
func (p *panel) waitingConversation() (conversation uuid.UUID, isWaiting bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conversation, p.isWaiting && p.conversation != uuid.Nil && !p.closed
}

// sendQueuePositions reads the positions once for all panels of an organization that wait.
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
		slog.Warn("tell visitors their positions in the queue", "error", err)
		return
	}
	for _, p := range waiting {
		c, waits := p.waitingConversation()
		if s, there := positions[c]; there && waits {
			p.sendQueuePosition(c, s)
		}
	}
}

// sendQueuePosition tells the visitor its position, if it was told another one. Beyond 20, positions are told in steps of five.
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
