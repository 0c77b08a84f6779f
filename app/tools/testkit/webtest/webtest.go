// Package webtest sends requests of browsers to a whole server on the test database, for tests of what answers them.
package webtest

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/app/serve"
	"parley/app/tools/testkit"
)

// Start runs a server on the test database until the test ends.
func Start(t testing.TB) *serve.Server {
	t.Helper()
	app, _ := testkit.DatabaseURLs(t)
	cfg, err := serve.ReadConfig(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	cfg.Port, cfg.DatabaseURL, cfg.SecretKey, cfg.DataDir = 0, app, "the secret of a test's installation", t.TempDir()
	cfg.CommitWindow = 2 * time.Millisecond
	s, err := serve.Start(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Client is a browser without scripts: it keeps cookies, and follows redirects.
type Client struct {
	t    testing.TB
	url  string
	http *http.Client
}

// Answer is what a server has answered.
type Answer struct {
	Status int
	Path   string // of the page, after redirects
	Text   string // without HTML's entities
	Header http.Header
}

// New returns a client that is not logged in.
func New(t testing.TB, s *serve.Server) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{t, s.URL, &http.Client{Jar: jar}}
}

// LogIn returns a client that is logged in.
func LogIn(t testing.TB, s *serve.Server, m testkit.Member) *Client {
	t.Helper()
	c := New(t, s)
	if a := c.Post("/login", "email", m.Email, "password", testkit.Password); a.Status != http.StatusOK || a.Path == "/login" {
		t.Fatalf("log in as %s: %d at %s", m.Email, a.Status, a.Path)
	}
	return c
}

// Get asks for a page.
func (c *Client) Get(path string) Answer {
	c.t.Helper()
	return c.Do(http.MethodGet, path, "")
}

// Post sends a form with pairs of a field and its value.
func (c *Client) Post(path string, pairs ...string) Answer {
	c.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return c.Do(http.MethodPost, path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// Do sends any request, with pairs of a header and its value.
func (c *Client) Do(method, path, body string, headers ...string) Answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return Answer{res.StatusCode, res.Request.URL.Path, html.UnescapeString(string(b)), res.Header}
}

// Check compares an answer with a status, and with texts that it has to show.
func (c *Client) Check(what string, a Answer, status int, shows ...string) {
	c.t.Helper()
	if a.Status != status {
		c.t.Errorf("%s: %d, not %d", what, a.Status, status)
	}
	for _, text := range shows {
		if !strings.Contains(a.Text, text) {
			c.t.Errorf("%s: the answer does not show %q", what, text)
		}
	}
}
