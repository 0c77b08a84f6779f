package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"parley/app/access"
	"parley/app/apptest"
)

// redisAt runs a real Redis on a port until the returned function is called.
func redisAt(t *testing.T, port int) (stop func()) {
	t.Helper()
	cmd := exec.Command("redis-server", "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	if err := cmd.Start(); err != nil {
		t.Fatal("no redis-server on this machine: make test installs it: ", err)
	}
	for range 200 {
		if c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			c.Close()
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	var stopped bool
	stop = func() {
		if !stopped {
			stopped = true
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	t.Cleanup(stop)
	return stop
}

// Redis goes away under two servers: desks are told that news from elsewhere may be late, the servers stay ready, and what
// is said and answered on one server goes on. Redis comes back: what was missed shows, and the desks are told.
func TestBrowserRedisAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := portOf(t, "http://"+l.Addr().String())
	l.Close()
	stop := redisAt(t, port)
	o := apptest.NewOrg(t)
	with := func(c *config) { c.RedisURL = "redis://127.0.0.1:" + strconv.Itoa(port) }
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
	redisAt(t, port)
	desk.Wait(`text("#line").includes("Said elsewhere meanwhile") && text("#lateness") === ""`)
	if line, _, err := one.chat.Desk(context.Background(), o.As(access.Agent)); err != nil || len(line) != 3 {
		t.Errorf("%d in line, %v", len(line), err)
	}
}
