package web

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

// viewing is a server that knows its pages only.
func viewing() *Server {
	s := &Server{views: map[string]guard{}}
	for _, r := range Routes {
		if r.Method == get && r.view != nil {
			s.views[r.Path] = r.guard
			s.patterns = append(s.patterns, strings.Split(r.Path, "/"))
		}
	}
	return s
}

// A page is found above any address; however long one is that somebody makes up, looking takes no time.
func TestPageAbove(t *testing.T) {
	s, id := viewing(), uuid.NewString()
	for address, want := range map[string]string{
		"":                                      "/",
		"/admin/people":                         "/admin/people",
		"/admin/people/" + id + "/disable":      "/admin/people/" + id,
		"/admin/people/nobody/disable":          "/admin/people",
		"/faq?q=x&changed=2":                    "/faq?q=x",
		"https://elsewhere.example/admin/x":     "/admin",
		"/nowhere":                              "/",
		strings.Repeat("/", 8000):               "/",
		"/admin" + strings.Repeat("/x", 13):     "/",
		"/admin/" + strings.Repeat("x", 600):    "/",
		"/faq?q=" + strings.Repeat("x", 5000):   "/",
		"/" + strings.Repeat("%2F", 1300):       "/",
		"/admin/people/" + id + "/role?saved=1": "/admin/people/" + id,
	} {
		if got := s.pageAt(address); got != want {
			t.Errorf("%.80q: %.80q, not %q", address, got, want)
		}
	}
	if n := testing.AllocsPerRun(1, func() { s.upward(strings.Repeat("/x", 100_000)) }); n > 10 {
		t.Errorf("%v allocations for a path without a page", n)
	}
}

// The routes say which pages are drawn again when a form is sent.
func TestPagesWithForms(t *testing.T) {
	s := viewing()
	for path, want := range map[string]bool{"/admin": true, "/faq/:id": true, "/preferences": true, "/faq/export": false, importPath: false,
		"/review": false, "/review/:id/export/:format": false, "/admin/ratings": false, "/desk": false} {
		if got := s.views[path].forms; got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
