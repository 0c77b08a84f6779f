package live

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"parley/app/front/live/background"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	view "parley/templates/desk"
)

// Resync brings the screens of one organization, or (the zero id) of all, up to date from the tables, because events of
// other processes were lost. What has nothing new is found out for all screens of an organization together.
func (h *Hub) Resync(only uuid.UUID) {
	h.invalidateBlockList(only)
	extent, orgs := background.Conversations, map[uuid.UUID]struct{}{only: {}}
	if only == uuid.Nil {
		extent, orgs = background.Everything, h.orgsWithScreens()
		background.Run("check whether log-ins are still good", h.recheckLogins)
	}
	for org := range orgs {
		h.resyncs.Request(org, extent, "bring an organization's screens up to date", h.resyncOrg)
	}
}

// orgsWithScreens returns the organizations that have a screen in this process.
func (h *Hub) orgsWithScreens() map[uuid.UUID]struct{} {
	orgs := map[uuid.UUID]struct{}{}
	for org := range h.relay.ByOrg() {
		orgs[org] = struct{}{}
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	for org := range h.orgDesks {
		orgs[org] = struct{}{}
	}
	for _, p := range h.panels {
		orgs[p.site.Org] = struct{}{}
	}
	for org := range h.monitorPages {
		orgs[org] = struct{}{}
	}
	return orgs
}

// recheckLogins closes the screens whose log-in has ended.
func (h *Hub) recheckLogins() {
	for _, s := range h.allStaffScreens() {
		if !s.isLoggedIn() {
			s.closeLoggedOut()
			continue
		}
		if p, ok := s.(*websitePage); ok {
			p.refresh()
		}
	}
}

// disconnectWarningDelay is how long the bus may be disconnected before the desks are told.
const disconnectWarningDelay = 3 * time.Second

// ConnectionChanged tells the desks when events of other servers come late, and when they no longer do.
func (h *Hub) ConnectionChanged(up bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.disconnectWarning != nil {
		h.disconnectWarning.Stop()
		h.disconnectWarning = nil
	}
	if up && h.warningShown {
		h.warningShown = false
		background.Run("tell the desks that events come in time again", func() { h.pushToAllDesks(view.ClearDelayNotice()) })
	}
	if !up && !h.draining {
		h.disconnectWarning = time.AfterFunc(disconnectWarningDelay, func() {
			h.mu.Lock()
			h.warningShown = true
			h.mu.Unlock()
			h.pushToAllDesks(view.DelayNotice())
		})
	}
}

func (h *Hub) pushToAllDesks(fragment templ.Component) {
	h.mu.RLock()
	var desks []*desk
	for _, f := range h.orgDesks {
		desks = append(desks, f.all()...)
	}
	h.mu.RUnlock()
	frame := renderHTML(fragment)
	for _, d := range desks {
		d.pushFrame(frame)
	}
}

// resyncTries is how often an organization's screens are tried to be brought up to date before its panels are closed,
// so that they come back.
const resyncTries = 8

// resyncOrg brings one organization's screens up to date.
func (h *Hub) resyncOrg(org uuid.UUID, extent background.Extent) {
	threads := h.relay.OfOrg(org)
	panels := h.panelsWhere(func(p *panel) bool { return p.site.Org == org })
	if extent == background.Everything {
		panels = slices.DeleteFunc(panels, func(p *panel) bool { return !p.revalidate() })
	}
	for try := range resyncTries {
		err := h.resyncOnce(org, threads, panels)
		if err == nil {
			break
		}
		slog.Warn("bring an organization's screens up to date", "organization", org, "error", err)
		if try == resyncTries-1 {
			for _, p := range panels {
				p.socket.Close(wire.TryAgain, "try again")
			}
		}
		time.Sleep(time.Duration(try*try+1) * 100 * time.Millisecond)
	}
	if f := h.desksOf(org); f != nil {
		for _, d := range f.all() {
			d.refresh(nil)
		}
	}
	h.sendQueuePositionsSoon(org)
	h.refreshMonitorsSoon(org)
}

// resyncOnce reads how far the followed conversations are, and which conversations the visitors of panels have: one statement each.
func (h *Hub) resyncOnce(org uuid.UUID, threads []uuid.UUID, panels []*panel) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	actor := access.System(org, "find what was missed")
	newest, err := h.conversations.LastSeqs(ctx, actor, threads)
	if err != nil {
		return err
	}
	h.relay.CatchUpTo(newest)
	var visitors []uuid.UUID
	for _, p := range panels {
		if p.readyToFollow() {
			visitors = append(visitors, p.Viewer().ID())
		}
	}
	latest, err := h.conversations.LatestByVisitor(ctx, actor, visitors)
	if err != nil {
		return err
	}
	for _, p := range panels {
		if c, there := latest[p.Viewer().ID()]; there && p.switchTo(c) {
			h.relay.CatchUp(c)
		}
	}
	return nil
}
