package desk_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/tools/testkit"
	"parley/app/tools/testkit/webtest"
)

// The desk of an agent without conversations, and what is refused at it.
func TestDeskPages(t *testing.T) {
	t.Parallel()
	s, o := webtest.Start(t), testkit.NewOrg(t)
	c, unknown := webtest.LogIn(t, s, o.Users[access.Agent]), "/desk/conversations/"+uuid.NewString()
	for _, x := range []struct {
		method, path string
		status       int
		shows        string
	}{
		{"GET", "/desk", http.StatusOK, o.Users[access.Agent].Name},
		{"GET", "/manifest.webmanifest", http.StatusOK, "Parley desk"},
		{"GET", "/worker.js", http.StatusOK, ""},
		{"GET", unknown + "/pane", http.StatusNotFound, ""},
		{"GET", unknown + "/aside", http.StatusNotFound, ""},
		{"GET", unknown + "/aside?only=page", http.StatusNotFound, ""},
		{"GET", unknown + "/transfer", http.StatusNotFound, ""},
		{"GET", unknown + "/entry", http.StatusNotFound, ""},
		{"GET", unknown + "/faq?q=tea", http.StatusNotFound, ""},
		{"GET", unknown + "/messages", http.StatusUnprocessableEntity, "This page sent an invalid request."},
		{"GET", "/desk/conversations/nothing/pane", http.StatusNotFound, ""},
		{"POST", unknown + "/take", http.StatusNotFound, ""},
		{"POST", unknown + "/messages", http.StatusUnprocessableEntity, "The message has no id."},
		{"POST", unknown + "/close", http.StatusNotFound, ""},
		{"POST", unknown + "/drafts", http.StatusNotFound, ""},
		{"POST", unknown + "/files?id=" + uuid.NewString(), http.StatusNotFound, ""},
		{"POST", "/desk/status", http.StatusUnprocessableEntity, ""},
		{"GET", "/live/desk", http.StatusForbidden, "This address serves our own pages only."},
	} {
		c.Check(x.method+" "+x.path, c.Do(x.method, x.path, ""), x.status, x.shows)
	}
}

// The live monitor is for supervisors; assignment history for managers.
func TestMonitorPages(t *testing.T) {
	t.Parallel()
	s, o := webtest.Start(t), testkit.NewOrg(t)
	unknown := "/monitor/conversations/" + uuid.NewString()
	for role, status := range map[access.Role]int{
		access.Agent:      http.StatusForbidden,
		access.Supervisor: http.StatusOK,
		access.Owner:      http.StatusOK,
	} {
		c := webtest.LogIn(t, s, o.Users[role])
		c.Check(string(role), c.Get("/monitor"), status)
	}
	for from, to := range map[string]string{"/board": "/monitor", strings.Replace(unknown, "/monitor", "/board", 1): unknown} {
		if a := webtest.LogIn(t, s, o.Users[access.Owner]).Get(from); a.Path != to {
			t.Errorf("%s leads to %s", from, a.Path)
		}
	}
	owner := webtest.LogIn(t, s, o.Users[access.Owner])
	owner.Check("history", owner.Get(unknown), http.StatusNotFound)
	owner.Check("join", owner.Post(unknown+"/watch"), http.StatusNotFound)
	owner.Check("assign to nobody", owner.Post(unknown+"/assign", "to", "x"), http.StatusUnprocessableEntity)
}
