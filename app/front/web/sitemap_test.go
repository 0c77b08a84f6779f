package web

import "testing"

// Every route says how much it takes, and what it says is about a route that there is.
func TestBodyLimits(t *testing.T) {
	t.Parallel()
	list := map[string]bool{}
	for _, r := range Routes {
		list[r.Method+" "+r.Path] = true
		if n := r.BodyLimit(); n < 1 || n > 64<<20 {
			t.Errorf("%s %s takes %d bytes", r.Method, r.Path, n)
		}
	}
	for name := range bodyLimits {
		if !list[name] {
			t.Errorf("there is no route %q", name)
		}
	}
}

// The routes say which pages are drawn again when a form is sent.
func TestPagesWithForms(t *testing.T) {
	t.Parallel()
	pages := map[string]bool{}
	for _, r := range Routes {
		if r.Method == get && r.view != nil {
			pages[r.Path] = r.hasForms
		}
	}
	for path, want := range map[string]bool{"/admin": true, "/faq/:id": true, "/preferences": true, "/faq/export": false, importPath: false,
		"/archive": false, "/archive/:id/export/:format": false, "/admin/ratings": false, "/desk": false} {
		if got, there := pages[path]; got != want || !there {
			t.Errorf("%s: %v, there: %v", path, got, there)
		}
	}
}
