package page

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/identity"
	"parley/app/front/web/session"
	"parley/app/platform/fail"
	"parley/templates/ui"
)

// Request is a request of somebody who is logged in. Whether it may do the route's action is the guard's to find out.
type Request struct {
	echo.Context
	identity.TeamMember
	SessionKey string          // names the log-in session
	Files      map[string]File // of the form, by field, once ReadMultipart has read it

	pages *Service
	site  *Site
	form  *submission // that is being saved; nil: none

	renderOnly bool   // the page is only drawn, to see what it shows now
	rendered   string // what was drawn
}

// Handler answers a request of somebody who is logged in.
type Handler func(*Request) error

// Authenticate returns the request of who is logged in; fail.Unauthenticated if nobody is.
func (s *Service) Authenticate(c echo.Context, site *Site) (*Request, error) {
	login, err := s.sessions.Authenticate(c)
	if err != nil {
		return nil, err
	}
	return s.newRequest(c, login, site), nil
}

func (s *Service) newRequest(c echo.Context, login session.Login, site *Site) *Request {
	return &Request{Context: c, TeamMember: login.TeamMember, SessionKey: login.Key, pages: s, site: site}
}

// IsRenderOnly reports whether the page is only drawn to see what it shows now, for who sends a form: it uses nothing up.
func (req *Request) IsRenderOnly() bool { return req.renderOnly }

// Respond answers with a component.
func (req *Request) Respond(status int, component templ.Component) error {
	return req.pages.Render(req, status, component)
}

// LoginChecker returns a function that asks anew whether the log-in of this request still counts.
func (req *Request) LoginChecker() func() bool {
	return req.pages.sessions.Checker(req.Request().Context(), req.TeamMember)
}

// Viewer returns what a page says of who looks at it.
func (req *Request) Viewer() ui.Viewer {
	return ui.Viewer{User: req.ID().String(), Name: req.Name, OrgName: req.OrgName, Actor: req.Actor}
}

// RedirectTo leads to an address of this server after a form has done its work.
func (req *Request) RedirectTo(to string) error { return req.Redirect(http.StatusSeeOther, to) }

// SendText answers with a plain text that nothing caches.
func (req *Request) SendText(text string) error {
	req.Response().Header().Set("Cache-Control", "no-store")
	return req.String(http.StatusOK, text)
}

// ParamID reads an id from the path; fail.NotFound, with what as the thing that does not exist, if it is none.
func (req *Request) ParamID(name, what string) (uuid.UUID, error) {
	id, err := uuid.Parse(req.Param(name))
	if err != nil {
		return uuid.Nil, fail.Missing(what)
	}
	return id, nil
}

// QueryID reads an id from the query; the zero id if it is none.
func (req *Request) QueryID(name string) uuid.UUID {
	id, err := uuid.Parse(req.QueryParam(name))
	if err != nil {
		return uuid.Nil
	}
	return id
}

// ParseMessageNumber reads the number of a message in its conversation; 0, which no message has, if it is none.
func ParseMessageNumber(text string) int {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}
