package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/live/wire"
	"parley/app/queue"
)

// soon does something for an organization a moment after it was asked for, once for all who ask meanwhile, and not again before
// it is done and a second has passed: what is found out later is told later.
type soon struct {
	mu   sync.Mutex
	next map[uuid.UUID]*soonest
}

type soonest struct {
	asked   bool // since it was last done
	waiting bool // a timer runs
}

const (
	soonAfter = 50 * time.Millisecond
	soonEvery = time.Second
)

// rest is how long to wait after something that took so long: what takes long, because very many wait, is done less often, and never takes
// more than a twentieth of the time.
func rest(took time.Duration) time.Duration { return max(soonEvery, 19*took) }

func (s *soon) ask(org uuid.UUID, doing string, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = map[uuid.UUID]*soonest{}
	}
	n := s.next[org]
	if n == nil {
		n = &soonest{}
		s.next[org] = n
	}
	n.asked = true
	if n.waiting {
		return
	}
	n.waiting = true
	var run func()
	run = func() {
		s.mu.Lock()
		if !n.asked {
			n.waiting = false
			delete(s.next, org)
			s.mu.Unlock()
			return
		}
		n.asked = false
		s.mu.Unlock()
		begun := time.Now()
		wire.Guard(doing, do, nil) // the timer's own goroutine
		time.AfterFunc(rest(time.Since(begun)), run)
	}
	time.AfterFunc(soonAfter, run)
}

// lineMoved tells the visitors in an organization's lines where they stand.
func (h *Hub) lineMoved(org uuid.UUID) {
	h.lines.ask(org, "tell visitors their place in line", func() { h.tellStandings(org) })
}

func (p *panel) inLineOf() (conversation uuid.UUID, waits bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conversation, p.waits && p.conversation != uuid.Nil && !p.over
}

func (h *Hub) tellStandings(org uuid.UUID) {
	waiting := h.allPanels(func(p *panel) bool {
		if p.site.Org != org {
			return false
		}
		_, waits := p.inLineOf()
		return waits
	})
	if len(waiting) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	standings, err := h.queue.Standings(ctx, org)
	if err != nil {
		slog.Warn("tell visitors their place in line", "error", err)
		return
	}
	for _, p := range waiting {
		c, waits := p.inLineOf()
		if s, there := standings[c]; there && waits {
			p.stand(c, s)
		}
	}
}

// stand tells the visitor its place, if that is news. Far behind, not every step is.
func (p *panel) stand(conversation uuid.UUID, s queue.Standing) {
	if s.Position > 20 {
		s.Position -= s.Position % 5
	}
	out := lineOut{Type: "line", Conversation: conversation, Position: s.Position, Least: int(s.Least / time.Minute), Most: int(s.Most / time.Minute), Nobody: s.Nobody}
	if !s.Opens.IsZero() {
		opens := s.Opens.UTC()
		out.Opens = &opens
	}
	frame := marshal(out)
	p.mu.Lock()
	news := p.waits && p.welcomed && p.standing != string(frame)
	if news {
		p.standing = string(frame)
	}
	p.mu.Unlock()
	if news {
		p.socket.SendQuietly(frame)
	}
}
