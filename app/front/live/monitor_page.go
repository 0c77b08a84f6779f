package live

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/templates/monitor"
)

// monitorPage is a supervisor's page of what is going on.
type monitorPage struct{ staffPage }

// ServeMonitor upgrades a request of a supervisor's board, and returns when the socket closes.
func (h *Hub) ServeMonitor(w http.ResponseWriter, r *http.Request, actor access.Actor, loginSession string, stillLoggedIn func() bool) error {
	if h.isDraining() {
		return ErrDraining
	}
	return h.staffSockets.Serve(w, r, func(s *wire.Socket) wire.Screen {
		return &monitorPage{staffPage{hub: h, actor: actor, loginSession: loginSession, stillLoggedIn: stillLoggedIn, socket: s}}
	})
}

func (p *monitorPage) Opened() {
	if p.admitted = p.hub.admitStaff(p.actor, p.socket); !p.admitted {
		return
	}
	indexAdd(&p.hub.mu, p.hub.staffScreens, p.actor.ID(), staffScreen(p))
	indexAdd(&p.hub.mu, p.hub.monitorPages, p.actor.Org(), p)
	p.hub.bus.ScreenOpened(p.actor.Org())
	if !p.stillLoggedIn() { // ended between the look and now
		p.closeLoggedOut()
		return
	}
	p.refresh()
}

func (p *monitorPage) Closed() {
	if !p.admitted {
		return
	}
	p.hub.limiter.ReleasePage(p.actor, p.socket)
	p.hub.bus.ScreenClosed(p.actor.Org())
	indexRemove(&p.hub.mu, p.hub.staffScreens, p.actor.ID(), staffScreen(p))
	indexRemove(&p.hub.mu, p.hub.monitorPages, p.actor.Org(), p)
}

func (p *monitorPage) refresh() {
	p.refreshMu.Lock()
	defer p.refreshMu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	b, err := p.hub.screens.LoadMonitor(ctx, p.actor)
	if err != nil { // not to be read just now, or no longer: the page comes back and finds out
		p.socket.Close(wire.TryAgain, "try again")
		return
	}
	p.socket.Send(renderHTML(monitor.ContentUpdate(b)))
}

// refreshMonitorsSoon brings an organization's boards up to date, soon.
func (h *Hub) refreshMonitorsSoon(org uuid.UUID) {
	if len(indexCopy(&h.mu, h.monitorPages, org)) == 0 {
		return
	}
	h.monitorRefresh.Request(org, "bring a board up to date", func() {
		for p := range indexCopy(&h.mu, h.monitorPages, org) {
			p.refresh()
		}
	})
}
