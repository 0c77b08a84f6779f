package live

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	model "parley/app/front/desk"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/templates/monitor"
)

// monitorPage is a supervisor's live monitor. It is sent only what its view shows.
type monitorPage struct {
	staffPage
	view model.MonitorView
}

// ServeMonitor upgrades a request of a live monitor and returns at once. loginSession and stillLoggedIn are as for ServeDesk.
func (h *Hub) ServeMonitor(
	w http.ResponseWriter, r *http.Request, actor access.Actor, view model.MonitorView, loginSession string,
	stillLoggedIn func() bool,
) error {
	if h.isDraining() {
		return ErrDraining
	}
	return h.staffSockets.Serve(w, r, func(s *wire.Socket) wire.Screen {
		return &monitorPage{staffPage{hub: h, actor: actor, loginSession: loginSession, stillLoggedIn: stillLoggedIn, socket: s}, view}
	})
}

// Opened implements wire.Screen.
func (p *monitorPage) Opened() {
	if p.admitted = p.hub.admitStaff(p.actor, p.socket); !p.admitted {
		return
	}
	indexAdd(&p.hub.mu, p.hub.staffScreens, p.actor.ID(), staffScreen(p))
	indexAdd(&p.hub.mu, p.hub.monitorPages, p.actor.Org(), p)
	p.hub.bus.ScreenOpened(p.actor.Org())
	if !p.stillLoggedIn() { // it has ended since the page was registered or before
		p.closeLoggedOut()
		return
	}
	p.refresh()
}

// Closed implements wire.Screen.
func (p *monitorPage) Closed() {
	if !p.admitted {
		return
	}
	p.hub.limiter.ReleasePage(p.actor, p.socket)
	p.hub.bus.ScreenClosed(p.actor.Org())
	indexRemove(&p.hub.mu, p.hub.staffScreens, p.actor.ID(), staffScreen(p))
	indexRemove(&p.hub.mu, p.hub.monitorPages, p.actor.Org(), p)
}

// refresh shows the page as it is now.
func (p *monitorPage) refresh() {
	p.refreshMu.Lock()
	defer p.refreshMu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	m, err := p.hub.screens.LoadMonitor(ctx, p.actor, p.view)
	if err != nil { // not allowed any more, or not to be read now: the page comes back and finds out
		p.socket.Close(wire.TryAgain, "try again")
		return
	}
	p.socket.Send(renderHTML(monitor.Update(p.view, m)))
}

// refreshMonitorsSoon brings an organization's live monitors up to date, soon.
func (h *Hub) refreshMonitorsSoon(org uuid.UUID) {
	if len(indexCopy(&h.mu, h.monitorPages, org)) == 0 {
		return
	}
	h.monitorRefresh.Request(org, "bring live monitors up to date", func() {
		for p := range indexCopy(&h.mu, h.monitorPages, org) {
			p.refresh()
		}
	})
}
