package page

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

// testSite is a site with some pages.
func testSite() *Site {
	views := map[string]View{}
	for _, path := range []string{"/", "/admin", "/admin/team", "/admin/team/:id", "/faq", "/faq/:id"} {
		views[path] = View{}
	}
	return NewSite(views)
}

// A page is found above any address; however long one is that somebody makes up, looking takes no time.
func TestParentPage(t *testing.T) {
	s, id := testSite(), uuid.NewString()
	for address, want := range map[string]string{
		"":                                    "/",
		"/admin/team":                         "/admin/team",
		"/admin/team/" + id + "/disable":      "/admin/team/" + id,
		"/admin/team/nobody/disable":          "/admin/team",
		"/faq?q=x&changed=2":                  "/faq?q=x",
		"https://elsewhere.example/admin/x":   "/admin",
		"/nowhere":                            "/",
		strings.Repeat("/", 8000):             "/",
		"/admin" + strings.Repeat("/x", 13):   "/",
		"/admin/" + strings.Repeat("x", 600):  "/",
		"/faq?q=" + strings.Repeat("x", 5000): "/",
		"/" + strings.Repeat("%2F", 1300):     "/",
		"/admin/team/" + id + "/role?saved=1": "/admin/team/" + id,
	} {
		if got := s.pageFor(address); got != want {
			t.Errorf("%.80q: %.80q, not %q", address, got, want)
		}
	}
	if n := testing.AllocsPerRun(1, func() { s.parentPage(strings.Repeat("/x", 100_000)) }); n > 10 {
		t.Errorf("%v allocations for a path without a page", n)
	}
}
