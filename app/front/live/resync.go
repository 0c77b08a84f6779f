package live

import (
	"context"
	"log/slog"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"parley/app/front/live/wire"
	"parley/app/platform/access"
	view "parley/templates/desk"
)

// Resync says that bells of other processes were lost, about one organization or (the zero id) about all: its screens are
// brought up to date from the tables. What has nothing new is found out for all together.
func (h *Hub) Resync(only uuid.UUID) {
	h.invalidateBlockList(only)
	orgs := map[uuid.UUID]struct{}{}
	if only != uuid.Nil {
		orgs[only] = struct{}{}
	} else {
		h.mu.RLock()
		for org := range h.orgDesks {
			orgs[org] = struct{}{}
		}
		for _, t := range h.threads {
			orgs[t.org] = struct{}{}
		}
		for _, p := range h.panels {
			orgs[p.site.Org] = struct{}{}
		}
		for org := range h.monitorPages {
			orgs[org] = struct{}{}
		}
		h.mu.RUnlock()
		runInBackground("look whether log-ins are still good", h.recheckLogins)
	}
	for org := range orgs {
		h.resyncs.request(org, only == uuid.Nil, h.resyncOrg)
	}
}

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

// disconnectWarningDelay is how long other servers may not be heard before the desks are told.
const disconnectWarningDelay = 3 * time.Second

// ConnectionChanged tells the desks when what happens on other servers shows late, and when it no longer does.
func (h *Hub) ConnectionChanged(up bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.disconnectWarning != nil {
		h.disconnectWarning.Stop()
		h.disconnectWarning = nil
	}
	if up && h.warningShown {
		h.warningShown = false
		runInBackground("tell the desks that other servers are heard", func() { h.pushToAllDesks(view.ClearDelayNotice()) })
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

// resyncOrg brings one organization's screens up to date. settings says that its websites' settings may have changed too.
func (h *Hub) resyncOrg(org uuid.UUID, settings bool) {
	h.mu.RLock()
	var threads []uuid.UUID
	for id, t := range h.threads {
		if t.org == org {
			threads = append(threads, id)
		}
	}
	f := h.orgDesks[org]
	h.mu.RUnlock()
	panels := h.panelsWhere(func(p *panel) bool { return p.site.Org == org })
	if settings {
		stay := panels[:0]
		for _, p := range panels {
			if p.revalidate() {
				stay = append(stay, p)
			}
		}
		panels = stay
	}
	for try := range 8 {
		err := h.resyncOnce(org, threads, panels)
		if err == nil {
			break
		}
		slog.Warn("look for what was missed", "organization", org, "error", err)
		if try == 7 {
			for _, p := range panels {
				p.socket.Close(wire.TryAgain, "try again")
			}
		}
		time.Sleep(time.Duration(try*try+1) * 100 * time.Millisecond)
	}
	if f != nil {
		for _, d := range f.all() {
			d.refresh(nil)
		}
	}
	h.sendQueuePositionsSoon(org)
	h.refreshMonitorsSoon(org)
}

// resyncOnce asks once how far the followed conversations are, and once which conversations the panels' visitors have.
func (h *Hub) resyncOnce(org uuid.UUID, threads []uuid.UUID, panels []*panel) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	who := access.System(org, "look for what was missed")
	newest, err := h.conversations.LastSeqs(ctx, who, threads)
	if err != nil {
		return err
	}
	for _, id := range threads {
		if t := h.thread(id); t != nil && t.isBehind(newest[id]) {
			t.requestCatchUp()
		}
	}
	var visitors []uuid.UUID
	for _, p := range panels {
		if p.readyToFollow() {
			visitors = append(visitors, p.viewer().ID())
		}
	}
	running, err := h.conversations.LatestByVisitor(ctx, who, visitors)
	if err != nil {
		return err
	}
	for _, p := range panels {
		if c, there := running[p.viewer().ID()]; there && p.switchTo(c) {
			h.catchUp(c)
		}
	}
	return nil
}
