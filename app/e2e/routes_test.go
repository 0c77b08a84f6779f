package e2e

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/front/web"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// snapshot is everything that an organization has, as one number.
func snapshot(t testing.TB, s *serve.Server, org uuid.UUID) string {
	t.Helper()
	var all strings.Builder
	conn := owner(t)
	defer conn.Close(context.Background())
	for _, table := range tables(t, conn) {
		if _, there := tablesWithoutOrg[table]; there {
			continue
		}
		from := table
		if table == "routing" { // but for when it was last done
			from = "(select away_requeue_seconds, former_agent_hours from routing)"
		}
		var sum string
		err := s.DB.As(access.System(org, "test")).QueryRow(context.Background(),
			"select coalesce(md5(string_agg(x::text, '' order by x::text)), '') from "+from+" x").Scan(&sum)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(table + " " + sum + "\n")
	}
	return all.String()
}

// TestEveryRoute calls every route: without a log-in, with each role without the right, and with the right but
// another organization's ids; nothing is seen and nothing changes.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	a, b := collectIDs(t, s), testkit.NewOrg(t)
	for _, host := range []string{"localhost", "127.0.0.1"} { // where the calls below come from
		if err := removeDomain(a.Org, s, host); err != nil {
			t.Fatal(err)
		}
	}
	people := map[access.Role]*traffic.Agent{}
	for _, role := range access.Roles {
		p, err := traffic.LogIn(ctx, s.URL, b.Users[role].Email, testkit.Password)
		if err != nil {
			t.Fatal(err)
		}
		people[role] = p
	}
	seen := map[string]bool{}
	for _, r := range web.Routes {
		name := r.Method + " " + r.Path
		seen[name] = true
		c, there := routeCases[name]
		if !there {
			t.Errorf("%s has no case in routeCases", name)
			continue
		}
		call := func(p *traffic.Agent) (int, string) {
			t.Helper()
			return callRoute(t, r, c, a, p)
		}
		before := snapshot(t, s, a.ID)
		if !c.open {
			if code, _ := call(traffic.Anonymous(s.URL)); code != http.StatusSeeOther && code != http.StatusUnauthorized && !(strings.HasPrefix(r.Path, "/live/") && code == http.StatusUnprocessableEntity) {
				t.Errorf("%s without a log-in: %d", name, code)
			}
			for _, role := range access.Roles {
				if code, _ := call(people[role]); !c.everyone && !role.Can(c.needs) && code != http.StatusForbidden &&
					!strings.HasPrefix(r.Path, "/live/") {
					t.Errorf("%s as %s: %d, not 403", name, role, code)
				}
			}
		}
		spy := people[access.Owner]
		if c.stranger {
			spy = traffic.Anonymous(s.URL)
		}
		code, body := call(spy)
		want := c.code
		if want == 0 {
			want = http.StatusOK
		}
		if code != want {
			t.Errorf("%s with another organization's ids: %d, not %d: %.300s", name, code, want, body)
		}
		if strings.Contains(body, a.Name) {
			t.Errorf("%s shows something of another organization: %.300s", name, body)
		}
		if after := snapshot(t, s, a.ID); after != before && name != "POST /forgot" {
			t.Errorf("%s changed another organization's data:\n%s\n%s", name, before, after)
		}
	}
	for name := range routeCases {
		if !seen[name] {
			t.Errorf("there is a case for %s, but no such route", name)
		}
	}
}

// callRoute calls a route with the ids of an organization and returns the answer's status and body.
func callRoute(t *testing.T, r web.Route, c routeCase, a ids, p *traffic.Agent) (int, string) {
	t.Helper()
	var code int
	var body string
	var err error
	if r.Method == http.MethodGet {
		code, body, err = p.Get(t.Context(), c.path(a))
	} else {
		form := url.Values{}
		if c.form != nil {
			form = c.form(a)
		}
		code, body, err = p.Post(t.Context(), c.path(a), form)
	}
	if err != nil {
		t.Fatal(err)
	}
	return code, body
}
