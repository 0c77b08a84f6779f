package page

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"parley/app/platform/fail"
)

// currentForms returns the forms of a page as they are stored now; in the transaction to which the context belongs, if there is one.
func (s *Service) currentForms(ctx context.Context, req *Request, page string) ([]*pageForm, error) {
	text, path, err := s.renderPage(ctx, req, page)
	if err != nil {
		return nil, err
	}
	return parseForms(path, text), nil
}

// renderPage draws a page, as it is now, for somebody who sends one of its forms; fail.NotFound if there is no such page for it.
func (s *Service) renderPage(ctx context.Context, req *Request, address string) (text, path string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") || len(u.Path) > maxPathLength {
		return "", "", fail.Missing("page")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.RequestURI(), http.NoBody)
	if err != nil {
		return "", "", fail.Missing("page")
	}
	r.Host, r.RemoteAddr = req.Request().Host, req.Request().RemoteAddr
	c := req.Echo().NewContext(r, httptest.NewRecorder())
	req.Echo().Router().Find(http.MethodGet, u.Path, c)
	page, there := req.site.views[c.Path()]
	if !there || !page.HasForms || !req.Actor.Can(page.Action) {
		return "", "", fail.Missing("page")
	}
	seen := &Request{Context: c, TeamMember: req.TeamMember, SessionKey: req.SessionKey, pages: s, site: req.site, renderOnly: true}
	if err := page.Show(seen); err != nil {
		return "", "", err
	}
	return seen.rendered, u.Path, nil
}
