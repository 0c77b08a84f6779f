package web

import (
	"strings"
	"testing"

	"parley/app/platform/access"
)

// publicRoutes are the addresses that ask for no log-in, by how they begin.
var publicRoutes = []string{
	"/healthz", "/readyz", "/static/", "/manifest.webmanifest", "/worker.js", "/login", "/logout", "/signup", "/join/",
	"/forgot", "/reset/", "/desk/session", "/desk/login", "/widget", "/demo/",
}

func TestEveryRouteNamesItsAction(t *testing.T) {
	t.Parallel()
	for _, route := range Routes {
		public := route.Path == "/"
		for _, prefix := range publicRoutes {
			public = public || strings.HasPrefix(route.Path, prefix)
		}
		_, known := access.RuleOf(route.action)
		switch {
		case public && route.action != "":
			t.Errorf("%s %s is listed as public, and asks for %s", route.Method, route.Path, route.action)
		case !public && !known:
			t.Errorf("%s %s has no action of the table: %q", route.Method, route.Path, route.action)
		}
	}
}
