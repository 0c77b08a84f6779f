package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/team"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/jobs"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

const altKey = chromedp.ModifierAlt

const testSecret = "a secret key that only tests may use"

// startServer starts a whole server on the tests' database. It works as one process among several.
func startServer(t testing.TB, change func(*serve.Config)) *serve.Server {
	t.Helper()
	s, err := tryStartServer(t, change)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// tryStartServer is startServer for tests that stop the server themselves, or expect that it does not start.
func tryStartServer(t testing.TB, change func(*serve.Config)) (*serve.Server, error) {
	t.Helper()
	app, _ := testkit.DatabaseURLs(t)
	cfg, err := serve.ReadConfig(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	cfg.Port, cfg.DatabaseURL, cfg.SecretKey, cfg.DataDir = 0, app, testSecret, t.TempDir()
	cfg.SignUp = team.SignUpOpen
	// many tests write one message after another
	cfg.CommitWindow = 2 * time.Millisecond
	// servers share the database, and have mail servers of their own
	cfg.Jobs = jobs.Options{Lane: uuid.NewString()[:8], Retries: []time.Duration{100 * time.Millisecond}}
	if change != nil {
		change(&cfg)
	}
	if cfg.SMTPURL != "" || cfg.SettingsMinute != 0 {
		cfg.Jobs.Poll = 200 * time.Millisecond
	}
	return serve.Start(context.Background(), cfg)
}

// newConversations returns the conversation service on the test database, without a server.
func newConversations(t testing.TB) *conversation.Service {
	t.Helper()
	return conversation.New(testkit.DB(t), bus.New(nil), conversation.Options{})
}

// visitorSite is where the organization's visitors come from, for clients that are not browsers.
func visitorSite(s *serve.Server, o testkit.Org) traffic.Site {
	return traffic.Site{Server: s.URL, Key: o.Key, Origin: "https://shop.example"}
}

// customerPage serves a customer's page, on an origin of its own, with the two lines as the management shows them.
func customerPage(t testing.TB, server, key string) string {
	t.Helper()
	return customerPageWith(t, server, key, "")
}

// customerPageWith is customerPage with a script that runs before everything else.
func customerPageWith(t testing.TB, server, key, script string) string {
	t.Helper()
	return servePage(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first.js" {
			w.Header().Set("Content-Type", "text/javascript")
			io.WriteString(w, script)
			return
		}
		// A strict policy that names the chat's server, as the README asks for.
		w.Header().Set("Content-Security-Policy",
			fmt.Sprintf("default-src 'self'; script-src 'self' %[1]s; style-src %[1]s; connect-src %[1]s %[2]s", server,
				strings.Replace(server, "http", "ws", 1)))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		first := ""
		if script != "" {
			first = `<script src="/first.js"></script>`
		}
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>A customer's page</title>%[3]s
<script async src="%[1]s/widget.js" data-key="%[2]s"></script>
<link rel="stylesheet" href="%[1]s/widget.css">
</head><body><main><h1>A customer's page</h1><p>With the two lines in its head.</p></main></body></html>`, server, key, first)
	}))
}

func servePage(t testing.TB, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// onlyConversation returns the id of the organization's one conversation.
func onlyConversation(t testing.TB, s *serve.Server, o testkit.Org) string {
	t.Helper()
	queue, own, _, err := s.Conversations.ListForDesk(context.Background(), o.As(access.Agent), allGroups)
	if err != nil || len(queue)+len(own) != 1 {
		t.Fatalf("%d in line, %d own, %v", len(queue), len(own), err)
	}
	return append(queue, own...)[0].ID.String()
}

// allGroups is every line.
var allGroups = conversation.QueueScope{AllGroups: true}
