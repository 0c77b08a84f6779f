package account_test

import (
	"net/http"
	"testing"

	"parley/app/platform/access"
	"parley/app/tools/testkit"
	"parley/app/tools/testkit/webtest"
)

// The pages of somebody who is not logged in, and what their forms answer.
func TestPublicPages(t *testing.T) {
	t.Parallel()
	s, o := webtest.Start(t), testkit.NewOrg(t)
	email := o.Users[access.Agent].Email
	for _, x := range []struct {
		path   string
		form   []string // nil: the page is only opened
		status int
		at     string
		shows  string
	}{
		{"/", nil, http.StatusOK, "/login", "Log in"},
		{"/login?ended=1", nil, http.StatusOK, "/login", "Your session has ended"},
		{"/login", []string{"email", email, "password", "wrong"}, http.StatusUnauthorized, "/login", email},
		{"/login", []string{"email", email, "password", testkit.Password}, http.StatusOK, "/desk", o.Name},
		{"/login", []string{"email", email, "password", testkit.Password, "next", "/preferences"}, http.StatusOK, "/preferences", ""},
		{"/login", []string{"email", email, "password", testkit.Password, "next", "//elsewhere.example/"}, http.StatusOK, "/desk", ""},
		{"/login/organization", []string{"user", o.Users[access.Agent].Actor.ID().String()}, http.StatusOK, "/login", ""},
		{"/join/unknown", nil, http.StatusNotFound, "/join/unknown", ""},
		{"/reset/unknown", nil, http.StatusNotFound, "/reset/unknown", ""},
		{"/forgot", nil, http.StatusOK, "/forgot", "password"},
		{"/desk/session", nil, http.StatusOK, "/desk/session", `"user":""`},
		{"/preferences", nil, http.StatusOK, "/login", "Log in"},
	} {
		c := webtest.New(t, s)
		a := c.Get(x.path)
		if x.form != nil {
			a = c.Post(x.path, x.form...)
		}
		c.Check(x.path, a, x.status, x.shows)
		if a.Path != x.at {
			t.Errorf("%s %q leads to %s", x.path, x.form, a.Path)
		}
	}
}

// Each role starts at its page, and a log-out ends the session.
func TestHomeAndLogOut(t *testing.T) {
	t.Parallel()
	s, o := webtest.Start(t), testkit.NewOrg(t)
	for role, home := range map[access.Role]string{access.Agent: "/desk", access.Owner: "/admin", access.Reviewer: "/archive"} {
		c := webtest.LogIn(t, s, o.Users[role])
		if a := c.Get("/"); a.Path != home {
			t.Errorf("%s starts at %s", role, a.Path)
		}
		if a := c.Post("/logout"); a.Path != "/login" {
			t.Errorf("%s is at %s after the log-out", role, a.Path)
		}
		if a := c.Get(home); a.Path != "/login" {
			t.Errorf("%s opens %s without a session", role, a.Path)
		}
	}
}

// Preferences that cannot be kept are shown again, with what is wrong.
func TestPreferences(t *testing.T) {
	t.Parallel()
	s, o := webtest.Start(t), testkit.NewOrg(t)
	c := webtest.LogIn(t, s, o.Users[access.Agent])
	c.Check("saved", c.Post("/preferences", "undo", "on"), http.StatusOK, "Saved.")
	c.Check("refused", c.Post("/preferences", "undo", "perhaps"), http.StatusUnprocessableEntity)
}
