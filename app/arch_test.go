package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers are the parts of the program from the ground up, and which of them each may import. The first prefix that fits counts.
// Within platform and domain, packages import one another only along the arrows drawn in docs/architecture.md.
var layers = []struct {
	prefix string
	may    []string // prefixes
}{
	{"db", nil},
	{"static", []string{"app/platform/compress"}},
	{"widget", []string{"app/platform/compress"}},
	{"app/platform", []string{"db"}},
	{"app/domain", []string{"app/platform"}},
	{"templates", []string{"templates", "static", "app/front/desk", "app/domain", "app/platform"}},
	{"app/front/desk", []string{"app/domain", "app/platform"}},
	{"app/front/live", []string{"app/front/live", "app/front/desk", "templates", "app/domain", "app/platform"}},
	{"app/front/web/body", []string{"app/platform"}},
	{"app/front/web/session", []string{"app/domain/identity", "app/platform"}},
	{"app/front/web/page", []string{"app/front/web/body", "app/front/web/session", "app/front/live", "templates", "app/domain", "app/platform"}},
	{"app/front/web/upload", []string{"app/front/web/body", "app/front/web/page", "app/domain", "app/platform"}},
	{"app/front/web/manage", slices.Concat(audience, []string{"app/front/web/widget"})},
	{"app/front/web/account", audience},
	{"app/front/web/archive", audience},
	{"app/front/web/desk", audience},
	{"app/front/web/widget", audience},
	{"app/front/web", []string{"app/front", "templates", "static", "widget", "app/domain", "app/platform"}},
	{"app/demo", []string{"templates/account", "app/domain", "app/platform"}},
	{"app/serve", []string{"app/demo", "app/front", "widget", "app/domain", "app/platform"}},
	{"app/tools/schema", []string{"app/platform", "db"}},
	{"app/tools", []string{"app/tools", "app/serve", "app/demo", "app/front", "app/domain", "app/platform"}},
	{"app/e2e", nil}, // tests only
	{"app", []string{"app/serve", "app/tools", "app/platform"}},
}

// audience is what the packages of app/front/web that answer one audience may import: not one another.
var audience = []string{
	"app/front/web/body", "app/front/web/session", "app/front/web/page", "app/front/web/upload", "app/front/live",
	"app/front/desk", "templates", "static", "widget", "app/domain", "app/platform",
}

// onlyIn says where a library may be used.
var onlyIn = map[string][]string{
	"github.com/jackc/pgx/":         {"app/platform/pg", "app/platform/jobs", "app/tools/schema", "internal"},
	"github.com/olahol/melody":      {"app/front/live/wire"},
	"github.com/gobwas/ws":          {"app/front/live/wire", "app/tools/traffic"},
	"github.com/gorilla/websocket":  {"app/tools/traffic", "app/tools/chaos", "app/tools/testkit/engines"},
	"github.com/prometheus/":        {"app/serve"},
	"github.com/klauspost/compress": {"app/platform/compress"},
	"github.com/andybalholm/brotli": {"app/platform/compress"},
	"github.com/labstack/echo/":     {"app/front/web"},
	"github.com/alexedwards/scs/":   {"app/front/web/session"},
	"github.com/a-h/templ":          {"templates", "app/front/live", "app/front/web"},
	"github.com/redis/go-redis/":    {"app/platform/bus"},
	"github.com/evanw/esbuild/":     {"widget/build"},
	"github.com/chromedp/":          {"app/tools/testkit"},
	"github.com/wneessen/go-mail":   {"app/platform/mail"},
	"github.com/SherClockHolmes/":   {"app/platform/push"},
	"github.com/riverqueue/river":   {"app/platform/jobs"},
	"github.com/oschwald/":          {"app/platform/geo"},
	"github.com/blevesearch/":       {"app/domain/faq/suggest"},
	"github.com/alexedwards/argon2": {"app/domain/identity"},
	"golang.org/x/crypto/argon2":    {"app/domain/identity"},
	"github.com/pressly/goose/":     {"app/platform/pg"},
	"github.com/minio/":             {"app/domain/files"},
	"github.com/gabriel-vasile/":    {"app/domain/files"},
	"github.com/golang-jwt/":        {"app/front/live"},
}

func TestArchitecture(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "parley/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	drawn, used := arrows(t), map[string]bool{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "parley/")
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
			from, into := part(name), part(to)
			switch {
			case from != "" && from == into: // within one package and what is below it
			case from != "" && into != "" && strings.HasPrefix(name, "app/platform") == strings.HasPrefix(to, "app/platform"):
				if used[from+" -> "+into] = true; !slices.Contains(drawn, from+" -> "+into) {
					t.Errorf("%s -> %s is not drawn in docs/architecture.md", name, to)
				}
			case !allowed(name, to):
				t.Errorf("%s -> %s: this layer may not import that one", name, to)
			}
		}
	}
	for _, a := range drawn {
		if !used[a] {
			t.Errorf("docs/architecture.md draws %q, but nothing imports so", a)
		}
	}
}

var drawnArrow = regexp.MustCompile(`(?m)^ *(\w+) --> (\w+)$`)

// arrows returns the arrows between packages of a layer as they are drawn in docs/architecture.md, as "routing -> conversation".
func arrows(t *testing.T) (list []string) {
	t.Helper()
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range drawnArrow.FindAllStringSubmatch(string(page), -1) {
		list = append(list, m[1]+" -> "+m[2])
	}
	return list
}

// part returns the package of platform or domain that a path belongs to (app/domain/faq/suggest belongs to faq), or "".
func part(path string) string {
	for _, layer := range []string{"app/platform/", "app/domain/"} {
		if rest, ok := strings.CutPrefix(path, layer); ok {
			name, _, _ := strings.Cut(rest, "/")
			return name
		}
	}
	return ""
}

func allowed(from, to string) bool {
	for _, l := range layers {
		if under(from, []string{l.prefix}) {
			return under(to, l.may)
		}
	}
	return false
}

// under reports whether a path is one of those or below it. "internal" stands for the packages of generated code.
func under(path string, places []string) bool {
	for _, p := range places {
		if path == p || strings.HasPrefix(path, p+"/") || p == "internal" && strings.Contains(path, "/internal/") {
			return true
		}
	}
	return false
}

// TestEveryTestMainStopsWhatTestsStart holds that a package whose tests use the database or a browser ends with testkit.Main, which stops
// them: else a database server stays on the machine after each run.
func TestEveryTestMainStopsWhatTestsStart(t *testing.T) {
	uses := regexp.MustCompile(`testkit\.(DB|NewOrg|NewTab|DatabaseURLs|SuperuserURL)\(`)
	starts, stops := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		folder := filepath.Dir(path)
		starts[folder] = starts[folder] || uses.Match(b)
		stops[folder] = stops[folder] || strings.Contains(string(b), "testkit.Main(m)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range starts {
		if starts[folder] && !stops[folder] && folder != "." {
			t.Errorf("%s has no TestMain that calls testkit.Main", folder)
		}
	}
}
