package archive_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/tools/testkit"
	"parley/app/tools/testkit/webtest"
)

// The archive's pages for a reviewer, and what is refused.
func TestArchivePages(t *testing.T) {
	t.Parallel()
	s, o := webtest.Start(t), testkit.NewOrg(t)
	c, unknown := webtest.LogIn(t, s, o.Users[access.Reviewer]), uuid.NewString()
	for _, x := range []struct {
		path   string
		status int
		shows  string
	}{
		{"/archive", http.StatusOK, o.Name},
		{"/archive?from=2026-01-31&to=2026-02-01", http.StatusOK, "2026-01-31"},
		{"/archive?from=yesterday", http.StatusUnprocessableEntity, "Enter a date such as 2026-01-31."},
		{"/archive?from=2026-02-02&to=2026-01-31", http.StatusUnprocessableEntity, "This day is before the first one."},
		{"/archive?customer=x", http.StatusUnprocessableEntity, ""},
		{"/archive?after=rubbish", http.StatusOK, ""},
		{"/archive/" + unknown, http.StatusNotFound, ""},
		{"/archive/nothing", http.StatusNotFound, ""},
		{"/archive/" + unknown + "/export/txt", http.StatusNotFound, ""},
		{"/archive/" + unknown + "/export/pdf", http.StatusNotFound, ""},
	} {
		c.Check(x.path, c.Get(x.path), x.status, x.shows)
	}
	for from, to := range map[string]string{
		"/review?from=2026-01-31&q=tea": "/archive", "/review/" + unknown: "/archive/" + unknown, "/review?next=//evil.example": "/archive",
	} {
		if a := c.Get(from); a.Path != to {
			t.Errorf("%s leads to %s", from, a.Path)
		}
	}
	c.Check("the former address", c.Get("/review?from=2026-01-31"), http.StatusOK, "2026-01-31")
	agent := webtest.LogIn(t, s, o.Users[access.Agent])
	agent.Check("an agent", agent.Get("/archive"), http.StatusForbidden)
}
