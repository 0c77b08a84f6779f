package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What Parley is built of today has licenses that it may use, and what is vendored is what it was.
func TestParley(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := licenses(context.Background(), "../..", &out); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"github.com/jackc/pgx/v5", "github.com/chromedp/chromedp", "github.com/sqlc-dev/sqlc", "htmx", "axe-core"} {
		if !strings.Contains(out.String(), name) {
			t.Errorf("%s is not listed:\n%s", name, &out)
		}
	}
	if err := vendored("../..", &out); err != nil {
		t.Error(err)
	}
}

func TestLicenses(t *testing.T) {
	t.Parallel()
	free, err := os.ReadFile("../../static/vendor/LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	const copyleft = `This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public License as
published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version.

This program is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; without even the implied warranty of
MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. See the GNU General Public License for more details.

You should have received a copy of the GNU General Public License along with this program. If not, see <https://www.gnu.org/licenses/>.`
	for name, c := range map[string]struct {
		files map[string]string
		want  string // in the error; empty: it is fine
	}{
		"allowed":                  {map[string]string{"LICENSE": string(free)}, ""},
		"another name":             {map[string]string{"COPYING.md": string(free), "license.go": "package x"}, ""},
		"not allowed":              {map[string]string{"LICENSE": copyleft}, "not a license we may use"},
		"allowed and not":          {map[string]string{"LICENSE": string(free), "LICENSE-other": copyleft}, "not a license we may use"},
		"not allowed where used":   {map[string]string{"LICENSE": string(free), "used/deep/LICENSE": copyleft}, "not a license we may use"},
		"not allowed but not used": {map[string]string{"LICENSE": string(free), "used/deep/x.go": "", "other/LICENSE": copyleft}, ""},
		"unknown":                  {map[string]string{"LICENSE": "You may use this on Mondays."}, "0 %"},
		"none":                     {map[string]string{"README": "Free as in beer."}, "no license"},
	} {
		dir := write(t, t.TempDir(), c.files)
		_, err := part{dir: dir, packages: []string{filepath.Join(dir, "used", "deep")}}.licenses()
		if name == "another name" || !strings.Contains(name, "used") {
			_, err = part{dir: dir, packages: []string{dir}}.licenses()
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVendored(t *testing.T) {
	t.Parallel()
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of abc
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"as it was":    {map[string]string{"static/vendor/a.js": "abc"}, ""},
		"changed":      {map[string]string{"static/vendor/a.js": "abd"}, "is not what CHECKSUMS says"},
		"added":        {map[string]string{"static/vendor/a.js": "abc", "static/vendor/b.js": "abc"}, "is not in CHECKSUMS"},
		"gone":         {nil, "not there"},
		"another part": {map[string]string{"static/vendor/a.js": "abc", "static/other/jquery.min.js": "x"}, "looks like somebody else's"},
		"in disguise":  {map[string]string{"static/vendor/a.js": "abc", "static/other/LICENSE": "x"}, "looks like somebody else's"},
	} {
		dir := write(t, t.TempDir(), map[string]string{"static/vendor/CHECKSUMS": sum + "  a.js\n"})
		write(t, dir, c.files)
		var out bytes.Buffer
		err := vendored(dir, &out)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A database says that url.Parse is vulnerable: code that calls it fails the audit, other code does not, and without a
// database the audit says that it has not looked.
func TestVulnerabilities(t *testing.T) {
	t.Parallel()
	const id = "GO-2026-9999"
	db := write(t, t.TempDir(), map[string]string{
		"index/db.json":      `{"modified":"2026-01-01T00:00:00Z"}`,
		"index/modules.json": `[{"path":"stdlib","vulns":[{"id":"` + id + `","modified":"2026-01-01T00:00:00Z"}]}]`,
		"index/vulns.json":   `[{"id":"` + id + `","modified":"2026-01-01T00:00:00Z"}]`,
		"ID/" + id + ".json": `{"schema_version":"1.3.1","id":"` + id + `","modified":"2026-01-01T00:00:00Z","published":"2026-01-01T00:00:00Z","summary":"A test","details":"A test",
			"affected":[{"package":{"name":"stdlib","ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],
			"ecosystem_specific":{"imports":[{"path":"net/url","symbols":["Parse"]}]}}]}`,
	})
	module := func(body string) string {
		return write(t, t.TempDir(), map[string]string{"go.mod": "module x\n\ngo 1.26.0\n", "main.go": "package main\n\nimport \"net/url\"\n\nfunc main() { " + body + " }\n"})
	}
	for name, c := range map[string]struct {
		root, db string
		fails    bool
		says     string
	}{
		"it is called":     {module(`_, _ = url.Parse("https://a.example")`), "file://" + db, true, id},
		"it is not called": {module(`_ = url.QueryEscape("a")`), "file://" + db, false, ""},
		"no such folder":   {module(`_ = url.QueryEscape("a")`), "file:///nowhere", false, "NOT CHECKED"},
		"nobody answers":   {module(`_, _ = url.Parse("https://a.example")`), "http://127.0.0.1:1", false, "NOT CHECKED"},
		"broken code":      {module(`this is no Go`), "file://" + db, true, ""},
	} {
		var out bytes.Buffer
		err := vulnerabilities(context.Background(), c.root, c.db, &out)
		if (err != nil) != c.fails || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: %v\n%s", name, err, &out)
		}
	}
}
