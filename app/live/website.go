package live

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/live/wire"
	"parley/templates/admin"
)

// watcher is a page of somebody who is logged in that only watches.
type watcher struct {
	hub     *Hub
	actor   access.Actor
	login   string
	still   func() bool
	socket  *wire.Socket
	counted bool       // against the limits; written before and read after it is open
	drawing sync.Mutex // one refresh after another, so that an older state never follows a newer
}

func (p *watcher) session() string { return p.login }
func (p *watcher) allowed() bool   { return p.still() }
func (p *watcher) end()            { p.socket.Close(wire.Gone, "logged out") }

// Received ignores what the page sends.
func (p *watcher) Received([]byte) {}

// websitePage is a manager's page of one website, waiting to see the widget load.
type websitePage struct {
	watcher
	website uuid.UUID
}

// ServeWebsite upgrades a request of a manager's page that shows a website, and returns when the socket closes.
func (h *Hub) ServeWebsite(w http.ResponseWriter, r *http.Request, actor access.Actor, login string, website uuid.UUID, still func() bool) error {
	if h.isDraining() {
		return ErrDraining
	}
	if _, err := h.org.Website(r.Context(), actor, website); err != nil {
		return err
	}
	return h.desks.Serve(w, r, &websitePage{watcher{hub: h, actor: actor, login: login, still: still}, website})
}

func (p *websitePage) Opened(s *wire.Socket) {
	p.socket = s
	if p.counted = p.hub.enterStaff(p.actor, s); !p.counted {
		return
	}
	add(&p.hub.mu, p.hub.staff, p.actor.ID(), staffScreen(p))
	add(&p.hub.mu, p.hub.websites, p.website, p)
	if !p.still() { // ended between the look and now
		p.end()
		return
	}
	p.refresh()
}

func (p *websitePage) Closed() {
	if !p.counted {
		return
	}
	p.hub.gauges.leaveStaff(p.actor, p.socket)
	remove(&p.hub.mu, p.hub.staff, p.actor.ID(), staffScreen(p))
	remove(&p.hub.mu, p.hub.websites, p.website, p)
}

func (p *websitePage) refresh() {
	p.drawing.Lock()
	defer p.drawing.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	w, err := p.hub.org.Website(ctx, p.actor, p.website)
	if err != nil { // gone, no longer this person's to see, or not to be read just now: the page comes back and finds out
		p.socket.Close(wire.TryAgain, "try again")
		return
	}
	p.socket.Send(html(admin.PushDomains(w, time.Now())))
}
