package web

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// userHeader is the header that names the user for whom a page was made that stays open: the desk. A request with it is refused when
// somebody else is logged in by now, so that nobody acts through a former user's page. Sockets name the user in their address.
const userHeader = "Parley-User"

// pageUserID returns the id of the user for whom the page was made that sends a request; empty if it does not say.
func pageUserID(r *http.Request) string {
	if isUpgrade(r) {
		return r.URL.Query().Get("user")
	}
	return r.Header.Get(userHeader)
}

// maxAddressLength is how many bytes an address may have that a log-in leads to.
const maxAddressLength = 4000

// isLocalAddress reports whether an address is a path of this server, with or without a query and a fragment, however a browser reads it.
func isLocalAddress(to string) bool {
	if len(to) > maxAddressLength || !utf8.ValidString(to) || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
		strings.ContainsRune(to, '\\') || strings.ContainsFunc(to, unicode.IsControl) {
		return false
	}
	u, err := url.Parse(to)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && !strings.HasPrefix(u.Path, "//") && !strings.HasPrefix(u.Path, "/\\")
}

// logInAddress is where somebody logs in who wants to be at an address. ended says that a session has ended meanwhile.
func logInAddress(to string, ended bool) string {
	if to = strings.ReplaceAll(to, "\\", "%5C"); !isLocalAddress(to) {
		to = "/"
	}
	query := "next=" + url.QueryEscape(to)
	if ended {
		query = "ended=1&" + query
	}
	return "/login?" + query
}

// currentPage returns the path and query of the page that has sent a request by htmx; "/" if it does not say.
func currentPage(r *http.Request) string {
	u, err := url.Parse(r.Header.Get("HX-Current-URL"))
	if err != nil || u.Path == "" {
		return "/"
	}
	return u.RequestURI()
}

// sessionStatus says who is logged in, to a page that has lost its socket or was refused: {"user": id, "desk": whether it may be at the
// desk}, both zero if nobody is.
func (s *Server) sessionStatus(c echo.Context) error {
	out := struct {
		User string `json:"user"`
		Desk bool   `json:"desk"`
	}{}
	req, err := s.authenticate(c)
	if err != nil && fail.KindOf(err) != fail.Unauthenticated {
		return err
	}
	if err == nil {
		out.User, out.Desk = req.ID().String(), req.Actor.Can(access.DeskOpen)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, out)
}

// logInAgain logs the user of an open desk in anew, without leaving the page. fail.Unauthenticated if the password is wrong, and if it
// is somebody else's.
func (s *Server) logInAgain(c echo.Context) error {
	matches, err := s.identity.LogIn(c.Request().Context(), c.FormValue("email"), c.FormValue("password"), c.RealIP())
	if fail.KindOf(err) == fail.Unauthenticated { // the address is this page's, and cannot be changed there
		return fail.New(fail.Unauthenticated, "This password does not match. Check it and try again.")
	}
	if err != nil {
		return err
	}
	for _, m := range matches {
		if m.User.String() == c.FormValue("user") {
			if err := s.startSession(c, m.User); err != nil {
				return err
			}
			return s.sessionStatus(c)
		}
	}
	return fail.New(fail.Unauthenticated, "You can no longer log in to this organization. Ask a manager of your organization.")
}
