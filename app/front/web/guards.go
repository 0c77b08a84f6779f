package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
)

// request is a request of somebody who is logged in and may do the route's action.
type request struct {
	echo.Context
	identity.TeamMember
	sessionKey string              // key of the log-in session
	files      map[string]formFile // files of the form, once it was read as a whole
	form       *submission         // that is being saved; nil: none

	renderOnly bool   // it is only drawn, for who sends a form
	rendered   string // what was
}

// guard says who gets through a route, and to what.
type guard struct {
	handler  func(*Server) echo.HandlerFunc
	action   access.Action                 // that the route is for; empty: everyone gets through
	view     func(*Server, *request) error // for who is logged in; nil: for others
	hasForms bool                          // the page has forms that change something
}

// withForms marks a page that has forms that change something: it is drawn again when one of them is sent.
func withForms(g guard) guard {
	g.hasForms = true
	return g
}

// anyone lets everyone through, without a session.
func anyone(h func(*Server, echo.Context) error) guard {
	return guard{handler: func(s *Server) echo.HandlerFunc {
		return func(c echo.Context) error { return h(s, c) }
	}}
}

// publicPage lets everyone through, with the session of a browser.
func publicPage(h func(*Server, echo.Context) error) guard {
	return guard{handler: func(s *Server) echo.HandlerFunc {
		return s.withSession(func(c echo.Context) error {
			if err := readAnonymousForm(c); err != nil {
				return err
			}
			if c.Request().Method == http.MethodPost {
				return s.handlePublicForm(c, h)
			}
			return h(s, c)
		})
	}}
}

// staff lets through who is logged in and may do the action.
func staff(action access.Action, h func(*Server, *request) error) guard {
	return guard{action: action, view: h, handler: func(s *Server) echo.HandlerFunc {
		return s.withSession(func(c echo.Context) error {
			req, err := s.authenticate(c)
			if err != nil {
				return err
			}
			if err := req.Actor.Require(action); err != nil {
				return err
			}
			if err := readStaffForm(c); err != nil { // not before it is known who sends it
				return err
			}
			if c.Request().Method == http.MethodPost {
				return s.handleForm(req, h)
			}
			return h(s, req)
		})
	}}
}

// loggedIn is staff for an address that is no page of ours.
func loggedIn(action access.Action, h func(*Server, *request) error) guard {
	return guard{action: action, handler: func(s *Server) echo.HandlerFunc {
		return s.withSession(func(c echo.Context) error {
			req, err := s.authenticate(c)
			if err == nil {
				err = req.Actor.Require(action)
			}
			if err != nil {
				return err
			}
			return h(s, req)
		})
	}}
}

// socket is staff for a WebSocket. A page elsewhere must not open one with our cookie, and the browser's own protection
// does not cover sockets: the Origin must be ours.
func socket(action access.Action, h func(*Server, *request) error) guard {
	return guard{action: action, handler: func(s *Server) echo.HandlerFunc {
		inner := staff(action, h).handler(s)
		return func(c echo.Context) error {
			if !s.isOwnOrigin(c.Request()) {
				return fail.New(fail.Forbidden, "This address serves our own pages only.")
			}
			if !isUpgrade(c.Request()) {
				return fail.New(fail.Invalid, "This address speaks WebSocket only.")
			}
			return inner(c)
		}
	}}
}

// fromWidget lets through the widget of a website on one of its domains.
func fromWidget(h func(*Server, echo.Context, *org.WidgetWebsite) error) guard {
	return guard{handler: func(s *Server) echo.HandlerFunc {
		return func(c echo.Context) error {
			site, err := s.org.LookUpWebsite(c.Request().Context(), c.QueryParam("key"), widgetOrigin(c.Request()))
			if err != nil {
				return err
			}
			return h(s, c, site)
		}
	}}
}

func (s *Server) isOwnOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin != "" && (org.SameOrigin(origin, r.Host) || origin == s.cfg.PublicURL)
}

func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// widgetOrigin is where a widget's request comes from. A browser leaves the Origin away on a GET to the page's own origin,
// and says so.
func widgetOrigin(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin
	}
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return "http://" + r.Host
	}
	return ""
}

const (
	sessionUser  = "user"
	sessionEpoch = "epoch"
)

// withSession loads and stores the session of a browser. An answer that says that something was done is not sent before the other
// processes have heard of it: the next request may go to any of them (docs/decisions/0039).
func (s *Server) withSession(next echo.HandlerFunc) echo.HandlerFunc {
	inner := echo.WrapMiddleware(s.sessions.LoadAndSave)(next)
	return func(c echo.Context) error {
		from := events.Origin{Via: events.Browser, Address: c.RealIP(), UserAgent: c.Request().UserAgent()}
		c.SetRequest(c.Request().WithContext(events.WithOrigin(c.Request().Context(), from)))
		before, ctx := s.bus.Changes(), c.Request().Context()
		c.Response().Before(func() {
			if s.bus.Changes() != before {
				s.bus.WaitForPeers(ctx)
			}
		})
		return inner(c)
	}
}

// authenticate finds out who is asking. The session names the user; what the user is now is looked up.
func (s *Server) authenticate(c echo.Context) (*request, error) {
	ctx := c.Request().Context()
	logIn := fail.New(fail.Unauthenticated, "Please log in.")
	id, err := uuid.Parse(s.sessions.GetString(ctx, sessionUser))
	if err != nil {
		return nil, logIn
	}
	epoch := s.sessions.GetInt(ctx, sessionEpoch)
	p, err := s.identity.GetMemberSince(ctx, id, epoch)
	if err != nil {
		return nil, err
	}
	if p.Epoch != epoch {
		return nil, logIn
	}
	if user := pageUserID(c.Request()); user != "" && user != p.ID().String() {
		return nil, fail.New(fail.Unauthenticated, "Another person is logged in by now. Reload this page.")
	}
	if err := s.live.AdmitTeam(p.ID(), p.Actor.Org(), isUpgrade(c.Request())); err != nil {
		return nil, err
	}
	return &request{Context: c, TeamMember: p, sessionKey: identity.SessionKey(s.sessions.Token(ctx))}, nil
}

// startSession logs a user in: a new session token, so that one planted before is worth nothing.
func (s *Server) startSession(c echo.Context, user uuid.UUID) error {
	ctx := c.Request().Context()
	p, err := s.identity.GetMemberUncached(ctx, user) // with the limits that it has now
	if err != nil {
		return err
	}
	if err := s.identity.RecordLogIn(ctx, p); err != nil {
		return err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Remove(ctx, sessionChoice)
	s.sessions.Put(ctx, sessionUser, user.String())
	s.sessions.Put(ctx, sessionEpoch, p.Epoch)
	return nil
}

// loginChecker asks anew whether this visit's log-in is good: the session is there, and the user may log in and has the same epoch.
func (s *Server) loginChecker(req *request) func() bool {
	token, user, epoch := s.sessions.Token(req.Request().Context()), req.ID(), req.Epoch
	return func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, found, err := s.sessionStore.FindCtx(ctx, token)
		if err != nil || !found {
			return err != nil // what cannot be asked now is asked again at the next reconnection
		}
		p, err := s.identity.GetMemberSince(ctx, user, epoch)
		return err == nil && p.Epoch == epoch || fail.KindOf(err) == fail.Internal && err != nil
	}
}

// paramID reads an id from the address; what is none does not exist.
func (req *request) paramID(name, what string) (uuid.UUID, error) {
	id, err := uuid.Parse(req.Param(name))
	if err != nil {
		return uuid.Nil, fail.Missing(what)
	}
	return id, nil
}
