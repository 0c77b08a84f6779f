package live

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/live/wire"
	"parley/templates/board"
)

// boardPage is a supervisor's page of what is going on.
type boardPage struct{ watcher }

// ServeBoard upgrades a request of a supervisor's board, and returns when the socket closes.
func (h *Hub) ServeBoard(w http.ResponseWriter, r *http.Request, actor access.Actor, login string, still func() bool) error {
	if h.isDraining() {
		return ErrDraining
	}
	return h.desks.Serve(w, r, &boardPage{watcher{hub: h, actor: actor, login: login, still: still}})
}

func (p *boardPage) Opened(s *wire.Socket) {
	p.socket = s
	if p.counted = p.hub.enterStaff(p.actor, s); !p.counted {
		return
	}
	add(&p.hub.mu, p.hub.staff, p.actor.ID(), staffScreen(p))
	add(&p.hub.mu, p.hub.watched, p.actor.Org(), p)
	p.hub.bus.Join(p.actor.Org())
	if !p.still() { // ended between the look and now
		p.end()
		return
	}
	p.refresh()
}

func (p *boardPage) Closed() {
	if !p.counted {
		return
	}
	p.hub.gauges.leaveStaff(p.actor, p.socket)
	p.hub.bus.Leave(p.actor.Org())
	remove(&p.hub.mu, p.hub.staff, p.actor.ID(), staffScreen(p))
	remove(&p.hub.mu, p.hub.watched, p.actor.Org(), p)
}

func (p *boardPage) refresh() {
	p.drawing.Lock()
	defer p.drawing.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	b, err := p.hub.queue.Board(ctx, p.actor)
	if err != nil { // not to be read just now, or no longer: the page comes back and finds out
		p.socket.Close(wire.TryAgain, "try again")
		return
	}
	p.socket.Send(html(board.Push(b)))
}

// boards brings an organization's boards up to date, soon.
func (h *Hub) boards(org uuid.UUID) {
	if len(copied(&h.mu, h.watched, org)) == 0 {
		return
	}
	h.board.ask(org, "bring a board up to date", func() {
		for p := range copied(&h.mu, h.watched, org) {
			p.refresh()
		}
	})
}
