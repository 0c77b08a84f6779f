package serve

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A key that everybody can read signs nothing in the world. compose.yaml is read, so that the two cannot part.
func TestExampleSecretIsRefused(t *testing.T) {
	b, err := os.ReadFile("../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`SECRET_KEY: \$\{SECRET_KEY:-([^}]+)\}`).FindSubmatch(b)
	if found == nil {
		t.Fatal("compose.yaml names no key to fall back to: take publishedSecret and its check away")
	}
	published := string(found[1])
	if published != exampleSecret {
		t.Fatalf("compose.yaml publishes %q, and %q is refused", published, exampleSecret)
	}
	var log bytes.Buffer
	usual := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil))) // not in parallel with others, for this
	t.Cleanup(func() { slog.SetDefault(usual) })
	serve := func(key, address string) error {
		t.Helper()
		c, err := ReadConfig(func(name string) string {
			return map[string]string{"SECRET_KEY": key, "PUBLIC_URL": address, "DATABASE_URL": "postgres://x"}[name]
		})
		if err != nil {
			t.Fatal(err)
		}
		return c.CheckServe()
	}
	for _, address := range []string{"https://chat.example", "https://chat.example/", "HTTPS://chat.example:8443"} {
		if err := serve(published, address); err == nil || !strings.Contains(err.Error(), "openssl rand -hex 32") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if log.Len() > 0 {
		t.Errorf("besides the refusal: %s", &log)
	}
	for _, address := range []string{"http://localhost:8080", "http://chat.example", ""} {
		log.Reset()
		if err := serve(published, address); err != nil || !strings.Contains(log.String(), "level=WARN") ||
			!strings.Contains(log.String(), "openssl rand -hex 32") {
			t.Errorf("%q: %v, logged %q", address, err, &log)
		}
	}
	log.Reset()
	if err := serve(strings.Repeat("k3y", 20), "https://chat.example"); err != nil || log.Len() > 0 {
		t.Errorf("a key of one's own: %v %s", err, &log)
	}
}

// No other file that an operator copies from has a key that works.
func TestNoOtherSecretInDocumentation(t *testing.T) {
	t.Parallel()
	value := regexp.MustCompile(`SECRET_KEY\s*[=:]\s*["']?([^\s"'|]+)`)
	files := []string{
		"../../compose.yaml", "../../fly.toml", "../../Dockerfile", "../../Procfile", "../../Makefile",
		"../../README.md", "../../CONTRIBUTING.md",
	}
	for _, pattern := range []string{"../../docs/*.md", "../../docs/decisions/*.md", "../../deploy/*"} {
		more, err := filepath.Glob(pattern)
		if err != nil || len(more) == 0 {
			t.Fatal(pattern, err)
		}
		files = append(files, more...)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range value.FindAllSubmatch(b, -1) {
			key := string(m[1])
			if strings.HasPrefix(key, "${") { // from the environment; what it falls back to is looked at above
				continue
			}
			if c, err := ReadConfig(func(n string) string {
				return map[string]string{"SECRET_KEY": key}[n]
			}); err == nil && c.SecretKey != exampleSecret {
				t.Errorf("%s publishes a key that works: %s", name, key)
			}
		}
	}
}
