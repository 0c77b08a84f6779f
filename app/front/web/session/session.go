// Package session knows who is logged in with a browser.
//
// Owns: the cookie, what a browser's session holds, and how somebody is logged in and out.
//
// Must not touch: pages, routes, passwords.
//
// Always true: a session names the user; what the user is now, and whether its sessions still count, is looked up for every request.
package session

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/identity"
	"parley/app/platform/bus"
	"parley/app/platform/events"
)

// lifetime is how long a session lasts.
const lifetime = 14 * 24 * time.Hour

// Keys of what a session holds.
const (
	keyUser   = "user"   // id of who is logged in
	keyEpoch  = "epoch"  // of that user when it logged in
	keyChoice = "choice" // see Choice
	keySealed = "link"   // see PutOnce
)

// Options is what a Manager needs.
type Options struct {
	Store    *identity.SessionCache
	Identity *identity.Service
	Bus      *bus.Bus
	Admit    func(user, org uuid.UUID, socket bool) error // refuses somebody who asks for too much
	OnError  func(http.ResponseWriter, *http.Request, error)
	Secure   bool // the cookie is sent by HTTPS only
}

// Manager loads and stores the sessions of browsers.
type Manager struct {
	sessions *scs.SessionManager
	store    *identity.SessionCache
	identity *identity.Service
	bus      *bus.Bus
	admit    func(user, org uuid.UUID, socket bool) error
}

// New returns a Manager.
func New(o Options) *Manager {
	m := &Manager{sessions: scs.New(), store: o.Store, identity: o.Identity, bus: o.Bus, admit: o.Admit}
	m.sessions.Store = o.Store
	m.sessions.Lifetime = lifetime
	m.sessions.Cookie.Name = "parley"
	if o.Secure {
		m.sessions.Cookie.Name = "__Host-parley"
	}
	m.sessions.Cookie.Secure = o.Secure
	m.sessions.Cookie.HttpOnly = true
	m.sessions.Cookie.SameSite = http.SameSiteLaxMode
	m.sessions.ErrorFunc = o.OnError
	return m
}

// Middleware loads and stores the session of a browser around next, and notes in the context that what is changed comes
// from a browser. An answer that says that something was done is not sent before the other processes have heard of it:
// the next request may go to any of them (docs/decisions/0039).
func (m *Manager) Middleware(next echo.HandlerFunc) echo.HandlerFunc {
	inner := echo.WrapMiddleware(m.sessions.LoadAndSave)(next)
	return func(c echo.Context) error {
		from := events.Origin{Via: events.Browser, Address: c.RealIP(), UserAgent: c.Request().UserAgent()}
		c.SetRequest(c.Request().WithContext(events.WithOrigin(c.Request().Context(), from)))
		before, ctx := m.bus.Changes(), c.Request().Context()
		c.Response().Before(func() {
			if m.bus.Changes() != before {
				m.bus.WaitForPeers(ctx)
			}
		})
		return inner(c)
	}
}

// End logs out: the session and everything in it are gone.
func (m *Manager) End(ctx context.Context) error { return m.sessions.Destroy(ctx) }

// IsSocket reports whether a request asks for a WebSocket.
func IsSocket(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }
