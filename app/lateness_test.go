package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"parley/app/access"
	"parley/app/apptest"
)

// Redis goes away under two servers: desks are told that news from elsewhere may be late, the servers stay ready, and what
// is said and answered on one server goes on. Redis comes back: what was missed shows, and the desks are told.
func TestBrowserRedisAway(t *testing.T) {
	t.Parallel()
	url, stop, start := apptest.Redis(t)
	o := apptest.NewOrg(t)
	with := func(c *config) { c.RedisURL = url }
	one, two := serveTest(t, with), serveTest(t, with)
	desk := apptest.NewTab(t)
	desk.Size(1280, 800, false)
	desk.LogIn(one.url, o.Users[access.Agent].Email, apptest.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	newVisitor(t, two, o, "").say("Before")
	desk.Wait(`text("#line .last") === "Before"`)
	stop()
	desk.Wait(`text("#lateness").includes("may show late")`)
	desk.Accessible("a desk that hears late")
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		os.WriteFile(filepath.Join(dir, "late.png"), desk.Picture(), 0o644)
	}
	if get(t, one.url+"/readyz") != http.StatusOK {
		t.Error("without Redis the server is not ready")
	}
	newVisitor(t, two, o, "").say("Said elsewhere meanwhile")
	newVisitor(t, one, o, "").say("Said here meanwhile")
	desk.Wait(`text("#line").includes("Said here meanwhile")`)
	start()
	desk.Wait(`text("#line").includes("Said elsewhere meanwhile") && text("#lateness") === ""`)
	if line, _, _, err := one.chat.Desk(context.Background(), o.As(access.Agent), everywhere); err != nil || len(line) != 3 {
		t.Errorf("%d in line, %v", len(line), err)
	}
}
