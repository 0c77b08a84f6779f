package e2e

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestBrowserRedisOutage shows that when Redis goes away under two servers, desks say that events from other servers
// may be late, the servers stay ready, and conversations on one server go on. When Redis comes back, what was missed
// is shown, and the desks say so.
func TestBrowserRedisOutage(t *testing.T) {
	t.Parallel()
	url, stop, start := testkit.Redis(t)
	o := testkit.NewOrg(t)
	with := func(c *serve.Config) { c.RedisURL = url }
	one, two := startServer(t, with), startServer(t, with)
	desk := testkit.NewTab(t)
	desk.Size(1280, 800, false)
	desk.LogIn(one.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	newVisitor(t, two, o, "").send("Before")
	desk.Wait(`text("#queue .last") === "Before"`)
	stop()
	desk.Wait(`text("#lateness").includes("may appear late")`)
	desk.Accessible("a desk that hears late")
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		os.WriteFile(filepath.Join(dir, "late.png"), desk.Screenshot(), 0o644)
	}
	if get(t, one.URL+"/readyz") != http.StatusOK {
		t.Error("without Redis the server is not ready")
	}
	newVisitor(t, two, o, "").send("Said elsewhere meanwhile")
	newVisitor(t, one, o, "").send("Said here meanwhile")
	desk.Wait(`text("#queue").includes("Said here meanwhile")`)
	start()
	desk.Wait(`text("#queue").includes("Said elsewhere meanwhile") && text("#lateness") === ""`)
	if line, _, _, err := one.Conversations.ListForDesk(context.Background(), o.As(access.Agent), allGroups); err != nil || len(line) != 3 {
		t.Errorf("%d in line, %v", len(line), err)
	}
}
