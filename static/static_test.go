package static_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/static"
)

// The vendored files are unchanged.
func TestChecksums(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("vendor/CHECKSUMS")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(list)), "\n") {
		sum, name, _ := strings.Cut(line, "  ")
		known[name] = sum
	}
	files, err := filepath.Glob("vendor/*.js")
	if err != nil || len(files) == 0 {
		t.Fatal("nothing is vendored", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		if known[filepath.Base(f)] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s is not what CHECKSUMS says", f)
		}
	}
}

func TestServed(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{"app.css": "text/css", "desk.js": "text/javascript", "icons.svg": "image/svg+xml", "ping.wav": "audio/wav", "htmx.min.js": "text/javascript"} {
		parts := strings.Split(static.Address(name), "/")
		f, ok := static.File(parts[2], parts[3])
		if !ok || !strings.HasPrefix(f.Type, kind) || len(f.Plain) == 0 {
			t.Errorf("%s: %v %s", name, ok, f.Type)
		}
		if _, ok := static.File("0000000000", name); ok {
			t.Errorf("%s is served under a wrong hash", name)
		}
	}
}

// No template has an inline script, style or handler, which the pages' Content-Security-Policy forbids.
func TestNothingInline(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir("../templates", func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".templ" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, bad := range []string{"<style", " style=", "onclick", "onload=", "onsubmit", "javascript:", "hx-on", "js:", "<script>"} {
			if strings.Contains(string(b), bad) {
				t.Errorf("%s contains %q", path, bad)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// htmx is served in one file with its extensions: it would ignore an extension that is loaded after it has started.
func TestLiveIsOne(t *testing.T) {
	t.Parallel()
	all, there := static.Named("live.js")
	if !there {
		t.Fatal("there is no live.js")
	}
	for _, name := range []string{"htmx.min.js", "hx-ws.min.js", "hx-upsert.min.js"} {
		if part, there := static.Named(name); !there || !bytes.Contains(all.Plain, part.Plain) {
			t.Errorf("%s is not in it", name)
		}
	}
}
