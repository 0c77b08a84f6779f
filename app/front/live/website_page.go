package live

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/templates/manage"
)

// staffPage is a page of somebody who is logged in that only watches.
type staffPage struct {
	hub           *Hub
	actor         access.Actor
	loginSession  string
	stillLoggedIn func() bool
	socket        *wire.Socket
	admitted      bool       // against the limits; written before and read after it is open
	refreshMu     sync.Mutex // one refresh after another, so that an older state never follows a newer
}

func (p *staffPage) sessionKey() string { return p.loginSession }
func (p *staffPage) isLoggedIn() bool   { return p.stillLoggedIn() }
func (p *staffPage) closeLoggedOut()    { p.socket.Close(wire.Gone, "logged out") }

// Received ignores what the page sends.
func (p *staffPage) Received([]byte) {}

// websitePage is a manager's page of one website, waiting to see the widget load.
type websitePage struct {
	staffPage
	website uuid.UUID
}

// ServeWebsite upgrades a request of a manager's page that shows a website, and returns when the socket closes.
func (h *Hub) ServeWebsite(w http.ResponseWriter, r *http.Request, actor access.Actor, loginSession string, website uuid.UUID, stillLoggedIn func() bool) error {
	if h.isDraining() {
		return ErrDraining
	}
	if _, err := h.org.GetWebsite(r.Context(), actor, website); err != nil {
		return err
	}
	return h.staffSockets.Serve(w, r, func(s *wire.Socket) wire.Screen {
		return &websitePage{staffPage{hub: h, actor: actor, loginSession: loginSession, stillLoggedIn: stillLoggedIn, socket: s}, website}
	})
}

func (p *websitePage) Opened() {
	if p.admitted = p.hub.admitStaff(p.actor, p.socket); !p.admitted {
		return
	}
	indexAdd(&p.hub.mu, p.hub.staffScreens, p.actor.ID(), staffScreen(p))
	indexAdd(&p.hub.mu, p.hub.websitePages, p.website, p)
	if !p.stillLoggedIn() { // ended between the look and now
		p.closeLoggedOut()
		return
	}
	p.refresh()
}

func (p *websitePage) Closed() {
	if !p.admitted {
		return
	}
	p.hub.limiter.ReleasePage(p.actor, p.socket)
	indexRemove(&p.hub.mu, p.hub.staffScreens, p.actor.ID(), staffScreen(p))
	indexRemove(&p.hub.mu, p.hub.websitePages, p.website, p)
}

func (p *websitePage) refresh() {
	p.refreshMu.Lock()
	defer p.refreshMu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	w, err := p.hub.org.GetWebsite(ctx, p.actor, p.website)
	if err != nil { // gone, no longer this person's to see, or not to be read just now: the page comes back and finds out
		p.socket.Close(wire.TryAgain, "try again")
		return
	}
	p.socket.Send(renderHTML(manage.PushDomains(w, time.Now())))
}
