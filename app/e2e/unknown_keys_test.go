package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"parley/app/serve"
	"parley/app/tools/fixture"
)

// TestUnknownKeysOverHTTP shows that a thousand requests with unknown keys, tokens and secrets cost the database
// little, whether they are the same or different, and that those of another network are answered meanwhile. Its
// statements are counted, so it has a database without other tests' organizations, and no worker, which asks for jobs.
func TestUnknownKeysOverHTTP(t *testing.T) {
	s := startServer(t, func(c *serve.Config) {
		c.DatabaseURL, c.DataDir, c.Volatile, c.Jobs.Idle = "", publicTemp(t), true, true
	})
	o, err := fixture.NewOrganization(context.Background(), s.Services, 0)
	if err != nil {
		t.Fatal(err)
	}
	get := func(network, path, cookie string) int {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", network)
		req.Header.Set("Origin", "https://shop0.example")
		if cookie != "" {
			req.Header.Set("Cookie", "parley="+cookie)
		}
		res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		return res.StatusCode
	}
	key := func() string { return strings.ToLower(rand.Text())[:16] }
	n := 0
	for name, ask := range map[string]func(network, secret string){
		"the launcher's question": func(network, secret string) {
			get(network, "/widget/v1/site?key="+strings.ToLower(secret)[:16], "")
		},
		"a panel": func(network, secret string) {
			get(network, "/widget/v1/socket?key="+strings.ToLower(secret)[:16], "")
		},
		"a session":          func(network, secret string) { get(network, "/desk", secret) },
		"an invitation":      func(network, secret string) { get(network, "/join/"+secret, "") },
		"a new password":     func(network, secret string) { get(network, "/reset/"+secret, "") },
		"a sign-up":          func(network, secret string) { get(network, "/signup/"+secret, "") },
		"a file's link":      func(network, secret string) { get(network, "/widget/v1/files/"+secret+"/a.png", "") },
		"a file":             func(network, secret string) { get(network, "/files/"+secret+"/a.png", "") },
		"any address at all": func(network, secret string) { get(network, "/"+secret, "") },
	} {
		n++
		network := fmt.Sprintf("198.51.100.%d", n)
		same := rand.Text()
		before := awaitIdle(s)
		for range 1000 {
			ask(network, same)
		}
		between := awaitIdle(s)
		for range 1000 {
			ask(network, rand.Text())
		}
		after := awaitIdle(s)
		t.Logf("%s: 1,000 requests with the same cost %d statements, with different ones %d", name, between-before, after-between)
		if between-before > 5 || after-between > 350 {
			t.Errorf("%s: 1,000 requests with the same cost %d statements, with different ones %d", name, between-before, after-between)
		}
		if code := get(network, "/login", ""); code != http.StatusOK {
			t.Errorf("%s: the log-in page of that network answers %d", name, code)
		}
		if code := get("203.0.113.9", "/widget/v1/site?key="+o.Key, ""); code != http.StatusOK {
			t.Errorf("%s: another network is answered %d", name, code)
		}
	}
	if code := get("198.51.100.1", "/widget/v1/site?key="+key(), ""); code != http.StatusOK {
		t.Errorf("the launcher's question is answered %d: a page's console should read why", code)
	}
}
