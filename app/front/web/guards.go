package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/domain/org"
	"parley/app/front/web/body"
	"parley/app/front/web/page"
	"parley/app/front/web/session"
	"parley/app/front/web/widget"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// gate is what guards need to let somebody through.
type gate struct {
	sessions  *session.Manager
	pages     *page.Service
	site      *page.Site
	org       *org.Service
	publicURL string
}

// guard says who gets through a route, and to what.
type guard struct {
	handler  func(*gate) echo.HandlerFunc
	action   access.Action // that the route is for; empty: everyone gets through
	view     page.Handler  // for who is logged in; nil: for others
	hasForms bool          // the page has forms that change something
}

// withForms marks a page that has forms that change something: it is drawn again when one of them is sent.
func withForms(g guard) guard {
	g.hasForms = true
	return g
}

// anyone lets everyone through, without a session.
func anyone(h echo.HandlerFunc) guard {
	return guard{handler: func(*gate) echo.HandlerFunc { return h }}
}

// publicPage lets everyone through, with the session of a browser.
func publicPage(h echo.HandlerFunc) guard {
	return guard{handler: func(g *gate) echo.HandlerFunc {
		return g.sessions.Middleware(func(c echo.Context) error { return g.pages.HandlePublicForm(c, h) })
	}}
}

// staff lets through who is logged in and may do the action.
func staff(action access.Action, h page.Handler) guard {
	return guard{action: action, view: h, handler: func(g *gate) echo.HandlerFunc {
		return g.authorized(action,
			func(req *page.Request) error { return req.Handle(h) }) // not read before it is known who sends it
	}}
}

// loggedIn is staff for an address that is no page of ours.
func loggedIn(action access.Action, h page.Handler) guard {
	return guard{action: action, handler: func(g *gate) echo.HandlerFunc { return g.authorized(action, h) }}
}

// authorized returns h behind a session, for who is logged in and may do the action.
func (g *gate) authorized(action access.Action, h page.Handler) echo.HandlerFunc {
	return g.sessions.Middleware(func(c echo.Context) error {
		req, err := g.pages.Authenticate(c, g.site)
		if err != nil {
			return err
		}
		if err := req.Actor.Require(action); err != nil {
			return err
		}
		return h(req)
	})
}

// socket is staff for a WebSocket. A page elsewhere must not open one with our cookie, and the browser's own protection does not cover
// sockets: the Origin must be ours.
func socket(action access.Action, h page.Handler) guard {
	return guard{action: action, handler: func(g *gate) echo.HandlerFunc {
		inner := staff(action, h).handler(g)
		return func(c echo.Context) error {
			if !g.isOwnOrigin(c.Request()) {
				return fail.New(fail.Forbidden, "This address serves our own pages only.")
			}
			if !session.IsSocket(c.Request()) {
				return fail.New(fail.Invalid, "This address speaks WebSocket only.")
			}
			return inner(c)
		}
	}}
}

// fromWidget lets through the widget of a website on one of its domains.
func fromWidget(h func(echo.Context, *org.WidgetWebsite) error) guard {
	return guard{handler: func(g *gate) echo.HandlerFunc {
		return func(c echo.Context) error {
			site, err := g.org.LookUpWebsite(c.Request().Context(), c.QueryParam("key"), widget.Origin(c.Request()))
			if err != nil {
				return err
			}
			return h(c, site)
		}
	}}
}

func (g *gate) isOwnOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin != "" && (org.SameOrigin(origin, r.Host) || origin == g.publicURL)
}

// sender says whether a route is only for people who are logged in.
func (g guard) sender() body.Sender {
	if g.view != nil {
		return body.Staff
	}
	return body.Anyone
}

// siteOf returns the pages among routes that somebody who is logged in can look at.
func siteOf(list []Route) *page.Site {
	views := map[string]page.View{}
	for _, r := range list {
		if r.Method == get && r.view != nil {
			views[r.Path] = page.View{Show: r.view, Action: r.action, HasForms: r.hasForms}
		}
	}
	return page.NewSite(views)
}
