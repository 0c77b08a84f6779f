package main

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// Who may import whom, from the ground up. A name stands for the package and what is below it; what is not listed is not
// allowed. main and tests may import everything.
var mayImport = map[string][]string{
	// ground
	"app/fail":    {},
	"app/access":  {},
	"app/keys":    {"app/fail"},
	"app/geo":     {},
	"app/bidi":    {},
	"app/markup":  {},
	"app/outside": {},
	"db":          {},
	"app/fair":    {"app/fail"},
	"app/pg":      {"app/pg/outage", "app/access", "app/fail", "app/fair", "db"},
	"app/bus":     {"app/pg"},
	"app/cache":   {"app/fail", "app/outside"},

	"app/calendar": {"app/fail"},

	"app/pg/outage": {},
	// rooms
	"app/org":                 {"app/pg", "app/bus", "app/cache", "app/access", "app/fail", "app/calendar"},
	"app/identity":            {"app/pg", "app/bus", "app/cache", "app/fair", "app/access", "app/fail", "app/keys", "app/outside"},
	"app/chat":                {"app/pg", "app/bidi", "app/bus", "app/cache", "app/access", "app/fail"},
	"app/queue":               {"app/pg", "app/bus", "app/access", "app/fail", "app/calendar", "app/chat"},
	"app/queue/sim":           {},
	"app/faq":                 {"app/pg", "app/bus", "app/access", "app/fail", "app/keys", "app/faq/suggest"},
	"app/faq/suggest":         {},
	"app/faq/suggest/measure": {"app/faq/suggest"},
	"app/assist":              {"app/pg", "app/bus", "app/access", "app/fail", "app/chat", "app/faq", "app/assist/model", "app/assist/mask", "app/assist/compose", "app/assist/prompt"},
	"app/assist/model":        {"app/fail", "app/outside"},
	"app/assist/modeltest":    {},
	"app/assist/mask":         {},
	"app/assist/compose":      {},
	"app/assist/prompt":       {},
	"app/archive":             {"app/pg", "app/bidi", "app/markup", "app/bus", "app/access", "app/fail", "app/chat"},
	"app/jobs":                {"app/outside", "app/fail"},
	"app/files":               {"app/pg", "app/bidi", "app/access", "app/fail", "app/files/metadata"},
	"app/files/metadata":      {},
	"app/forms":               {"app/pg", "app/access"},
	// front
	"static":          {},
	"widget":          {},
	"templates/ui":    {"app/chat", "app/bidi", "app/markup", "app/access"},
	"templates":       {"templates/ui", "app/bidi", "app/calendar", "app/org", "app/identity", "app/chat", "app/queue", "app/faq", "app/assist", "app/archive", "app/files", "app/access", "app/keys"},
	"app/live/wire":   {"app/fail"},
	"app/live":        {"app/live/wire", "app/cache", "templates", "app/org", "app/chat", "app/files", "app/queue", "app/faq", "app/bus", "app/access", "app/fail", "app/outside", "app/pg/outage"},
	"app/web":         {"app/live", "app/bus", "app/fair", "app/bidi", "templates", "static", "widget", "app/org", "app/identity", "app/chat", "app/queue", "app/faq", "app/assist", "app/archive", "app/files", "app/forms", "app/jobs", "app/visitormail", "app/access", "app/fail", "app/keys", "app/outside", "app/assist/compose", "app/pg/outage"},
	"app/visitormail": {"app/bidi", "app/jobs", "app/org", "templates/ui"},
	// programs beside the server
	"app/traffic": {},
	"app/bench":   {"app/traffic"},
	"app/chaos":   {"app/traffic"},
	"app":         {"app", "templates"},
	"app/apptest": {"app"},
}

// Where a library may be used; = is that package without those below it.
var onlyIn = map[string][]string{
	"github.com/jackc/pgx/":         {"app/pg", "internal"},
	"github.com/olahol/melody":      {"app/live/wire"},
	"github.com/gobwas/ws":          {"app/live/wire", "app/traffic"},
	"github.com/gorilla/websocket":  {"app/traffic", "app/chaos", "app/apptest/engines"},
	"github.com/prometheus/":        {"=app"},
	"github.com/labstack/echo/":     {"app/web"},
	"github.com/alexedwards/scs/":   {"app/web"},
	"github.com/a-h/templ":          {"templates", "app/live", "app/web"},
	"github.com/redis/go-redis/":    {"app/bus"},
	"github.com/evanw/esbuild/":     {"widget/build"},
	"github.com/chromedp/":          {"app/apptest"},
	"github.com/wneessen/go-mail":   {"app/jobs"},
	"github.com/SherClockHolmes/":   {"app/jobs"},
	"github.com/oschwald/":          {"app/geo"},
	"github.com/blevesearch/":       {"app/faq/suggest"},
	"github.com/alexedwards/argon2": {"app/identity"},
	"golang.org/x/crypto/argon2":    {"app/identity"},
	"github.com/pressly/goose/":     {"app/pg"},
	"github.com/minio/":             {"app/files"},
	"github.com/gabriel-vasile/":    {"app/files"},
	"github.com/golang-jwt/":        {"app/live"},
}

func TestImports(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "parley/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	generated := regexp.MustCompile(`^(app/[a-z]+)/internal/[a-z]+db$`)
	seen := map[string]bool{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "parley/")
		if generated.MatchString(name) {
			continue // imports drivers only; the compiler keeps other rooms out
		}
		rule, allowed := "", []string(nil)
		for prefix, list := range mayImport { // the longest prefix is the rule
			if (name == prefix || strings.HasPrefix(name, prefix+"/")) && len(prefix) > len(rule) {
				rule, allowed = prefix, list
			}
		}
		if rule == "" || rule == "app" && name != "app" {
			t.Errorf("%s has no rule: say in arch_test.go what it may import", name)
			continue
		}
		seen[rule] = true
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, "parley/")
			if !ours {
				for library, places := range onlyIn {
					if strings.HasPrefix(i, library) && !under(name, places) {
						t.Errorf("%s -> %s: only %v may use it", name, i, places)
					}
				}
				continue
			}
			if own := generated.FindStringSubmatch(to); own != nil && own[1] == name {
				continue
			}
			if !under(to, allowed) {
				t.Errorf("%s -> %s is not an arrow of the plan", name, to)
			}
		}
	}
	for rule := range mayImport {
		if !seen[rule] {
			t.Errorf("there is a rule for %s, but no such package", rule)
		}
	}
}

func under(name string, places []string) bool {
	for _, p := range places {
		if name == p || "="+name == p || strings.HasPrefix(name, p+"/") {
			return true
		}
	}
	return false
}
