package e2e

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestRefusedLogInsAreLogged shows that refused log-ins are logged with account, address and reason, never with a
// password, and at a bounded rate; and that refusals, requests by route, mails and waits are metrics.
func TestRefusedLogInsAreLogged(t *testing.T) {
	var mu sync.Mutex
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(writerFunc(func(b []byte) { mu.Lock(); out.Write(b); mu.Unlock() }), nil)))
	defer slog.SetDefault(before)
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) { c.AdminAddr = "127.0.0.1:0"; c.Identity.FailuresAccountAddress = 3 })
	owner := o.Users[access.Owner].Email
	try := func(email string) {
		postFrom(t, s, "/login", "203.0.113.60", map[string][]string{"email": {email}, "password": {"a wrong password that is secret"}})
	}
	try(owner)
	try("nobody@" + o.Name + ".example")
	for range 4 {
		try(owner)
	}
	s.Identity.Wait()
	mu.Lock()
	text := out.String()
	mu.Unlock()
	for _, want := range []string{
		`"account":"` + owner + `","address":"203.0.113.60","reason":"wrong password"`,
		`"account":"nobody@` + o.Name + `.example","address":"203.0.113.60","reason":"no such account"`,
		`"account":"` + owner + `","address":"203.0.113.60","reason":"too many attempts"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("not in the log: %s\n%.2000s", want, text)
		}
	}
	if strings.Contains(text, "that is secret") {
		t.Error("a password is in the log")
	}
	// A visitor waits, and is taken.
	agent, err := traffic.LogIn(t.Context(), s.URL, o.Users[access.Agent].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	if err := agent.Take(t.Context(), v.conversation); err != nil {
		t.Fatal(err)
	}
	_, metrics := newHTTPClient(t).do(http.NewRequest(http.MethodGet, "http://"+s.AdminAddress+"/metrics", nil))
	for _, want := range []string{
		`parley_logins_refused_total{reason="wrong password"} 3`,
		`parley_logins_refused_total{reason="too many attempts"} 2`,
		`parley_http_seconds_count{code="4xx",method="POST",route="/login"} 6`,
		`parley_http_seconds_count{code="3xx",method="POST",route="/login"} 1`,
		`parley_http_seconds_count{code="2xx",method="POST",route="/desk/conversations/:id/take"} 1`,
		`parley_queue_seconds_count{by="picked"} 1`, "parley_mails_sent_total 0",
		`parley_mails_failed_total{then="lost"} 0`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("not among the metrics: %s", want)
		}
	}
	if t.Failed() {
		for line := range strings.Lines(metrics) {
			if strings.HasPrefix(line, "parley_logins") ||
				strings.Contains(line, "_count{") &&
					(strings.Contains(line, "login") || strings.Contains(line, "take") || strings.HasPrefix(line, "parley_queue")) {
				t.Log(line)
			}
		}
	}
}
