package live

import (
	"context"
	"log/slog"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/live/wire"
	view "parley/templates/desk"
)

// Gap says that bells of other processes were lost, about one organization or (the zero id) about all: its screens are
// brought up to date from the tables. What has nothing new is found out for all together.
func (h *Hub) Gap(only uuid.UUID) {
	h.forgetBlocks(only)
	orgs := map[uuid.UUID]struct{}{}
	if only != uuid.Nil {
		orgs[only] = struct{}{}
	} else {
		h.mu.RLock()
		for org := range h.floors {
			orgs[org] = struct{}{}
		}
		for _, t := range h.threads {
			orgs[t.org] = struct{}{}
		}
		for _, p := range h.panels {
			orgs[p.site.Org] = struct{}{}
		}
		for org := range h.watched {
			orgs[org] = struct{}{}
		}
		h.mu.RUnlock()
		spawn("look whether log-ins are still good", h.checkStaff)
	}
	for org := range orgs {
		h.missed.ask(org, only == uuid.Nil, h.lookAround)
	}
}

func (h *Hub) checkStaff() {
	for _, s := range h.allStaff() {
		if !s.allowed() {
			s.end()
			continue
		}
		if p, ok := s.(*websitePage); ok {
			p.refresh()
		}
	}
}

// deaf is how long other servers may not be heard before the desks are told.
const deaf = 3 * time.Second

// Connected tells the desks when what happens on other servers shows late, and when it no longer does.
func (h *Hub) Connected(up bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.warning != nil {
		h.warning.Stop()
		h.warning = nil
	}
	if up && h.warned {
		h.warned = false
		spawn("tell the desks that other servers are heard", func() { h.tellDesks(view.Restored()) })
	}
	if !up && !h.draining {
		h.warning = time.AfterFunc(deaf, func() {
			h.mu.Lock()
			h.warned = true
			h.mu.Unlock()
			h.tellDesks(view.Late())
		})
	}
}

func (h *Hub) tellDesks(what templ.Component) {
	h.mu.RLock()
	var desks []*desk
	for _, f := range h.floors {
		desks = append(desks, f.list()...)
	}
	h.mu.RUnlock()
	frame := html(what)
	for _, d := range desks {
		d.sendRaw(frame)
	}
}

// lookAround brings one organization's screens up to date. settings says that its websites' settings may have changed too.
func (h *Hub) lookAround(org uuid.UUID, settings bool) {
	h.mu.RLock()
	var threads []uuid.UUID
	for id, t := range h.threads {
		if t.org == org {
			threads = append(threads, id)
		}
	}
	f := h.floors[org]
	h.mu.RUnlock()
	panels := h.allPanels(func(p *panel) bool { return p.site.Org == org })
	if settings {
		stay := panels[:0]
		for _, p := range panels {
			if p.mayStay() {
				stay = append(stay, p)
			}
		}
		panels = stay
	}
	for try := range 8 {
		err := h.lookOnce(org, threads, panels)
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
		for _, d := range f.list() {
			d.refresh(nil)
		}
	}
	h.lineMoved(org)
	h.boards(org)
}

// lookOnce asks once how far the followed conversations are, and once which conversations the panels' visitors have.
func (h *Hub) lookOnce(org uuid.UUID, threads []uuid.UUID, panels []*panel) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	who := access.System(org, "look for what was missed")
	newest, err := h.chat.Newest(ctx, who, threads)
	if err != nil {
		return err
	}
	for _, id := range threads {
		if t := h.thread(id); t != nil && t.behind(newest[id]) {
			t.look()
		}
	}
	var visitors []uuid.UUID
	for _, p := range panels {
		if p.mayFollow() {
			visitors = append(visitors, p.who().ID())
		}
	}
	running, err := h.chat.LastOf(ctx, who, visitors)
	if err != nil {
		return err
	}
	for _, p := range panels {
		if c, there := running[p.who().ID()]; there && p.turnTo(c) {
			h.look(c)
		}
	}
	return nil
}
