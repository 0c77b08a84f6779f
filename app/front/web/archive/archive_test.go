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
		{"/review", http.StatusOK, o.Name},
		{"/review?from=2026-01-31&to=2026-02-01", http.StatusOK, "2026-01-31"},
		{"/review?from=yesterday", http.StatusUnprocessableEntity, "Enter a date such as 2026-01-31."},
		{"/review?from=2026-02-02&to=2026-01-31", http.StatusUnprocessableEntity, "This is before the first day."},
		{"/review?customer=x", http.StatusUnprocessableEntity, ""},
		{"/review?after=rubbish", http.StatusOK, ""},
		{"/review/" + unknown, http.StatusNotFound, ""},
		{"/review/nothing", http.StatusNotFound, ""},
		{"/review/" + unknown + "/export/txt", http.StatusNotFound, ""},
		{"/review/" + unknown + "/export/pdf", http.StatusNotFound, ""},
	} {
		c.Check(x.path, c.Get(x.path), x.status, x.shows)
	}
	agent := webtest.LogIn(t, s, o.Users[access.Agent])
	agent.Check("an agent", agent.Get("/review"), http.StatusForbidden)
}
