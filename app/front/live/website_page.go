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

// staffPage is a page of a team member that is shown changes and sends nothing.
type staffPage struct {
	hub           *Hub
	actor         access.Actor
	loginSession  string
	stillLoggedIn func() bool
	socket        *wire.Socket
	admitted      bool       // within the limits; set by Opened
	refreshMu     sync.Mutex // held during a refresh, so that an older state never follows a newer one
}

func (p *staffPage) sessionKey() string { return p.loginSession }
func (p *staffPage) isLoggedIn() bool   { return p.stillLoggedIn() }
func (p *staffPage) closeLoggedOut()    { p.socket.Close(wire.Gone, "logged out") }

// Received ignores what the page sends.
func (p *staffPage) Received([]byte) {}

// websitePage is a manager's page of one website, which shows when the widget is loaded.
type websitePage struct {
	staffPage
	website uuid.UUID
}

// ServeWebsite upgrades a request of a manager's page that shows a website, and returns when the socket closes.
func (h *Hub) ServeWebsite(
	w http.ResponseWriter, r *http.Request, actor access.Actor, loginSession string, website uuid.UUID,
	stillLoggedIn func() bool,
) error {
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

// Opened implements wire.Screen.
func (p *websitePage) Opened() {
	if p.admitted = p.hub.admitStaff(p.actor, p.socket); !p.admitted {
		return
	}
	indexAdd(&p.hub.mu, p.hub.staffScreens, p.actor.ID(), staffScreen(p))
	indexAdd(&p.hub.mu, p.hub.websitePages, p.website, p)
	if !p.stillLoggedIn() { // it has ended since the page was registered or before
		p.closeLoggedOut()
		return
	}
	p.refresh()
}

// Closed implements wire.Screen.
func (p *websitePage) Closed() {
	if !p.admitted {
		return
	}
	p.hub.limiter.ReleasePage(p.actor, p.socket)
	indexRemove(&p.hub.mu, p.hub.staffScreens, p.actor.ID(), staffScreen(p))
	indexRemove(&p.hub.mu, p.hub.websitePages, p.website, p)
}

// refresh shows the page as it is now.
func (p *websitePage) refresh() {
	p.refreshMu.Lock()
	defer p.refreshMu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	w, err := p.hub.org.GetWebsite(ctx, p.actor, p.website)
	if err != nil { // deleted, no longer visible to the actor, or not to be read now: the page comes back and finds out
		p.socket.Close(wire.TryAgain, "try again")
		return
	}
	p.socket.Send(renderHTML(manage.PushDomains(w, time.Now())))
}
