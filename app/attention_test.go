package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/app/access"
	"parley/app/apptest"
)

// The agent looks elsewhere: the tab is in the background. Messages come in all the same, the title counts, a sound is
// played and a desktop notification shown; a message in the pane under the agent's eyes makes no noise.
func TestBrowserHiddenTab(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	desk := apptest.NewTab(t)
	desk.LogIn(s.url, o.Users[access.Agent].Email, apptest.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Run(`window.shown = []; window.Notification = class { static permission = "granted"; constructor(title, o) { shown.push(title + ": " + o.body) } close() {} };
		window.played = 0; HTMLMediaElement.prototype.play = () => { played++; return Promise.resolve() };
		window.away = false; document.hasFocus = () => !away; Object.defineProperty(document, "hidden", { get: () => away });
		window.look = (there) => { away = !there; document.dispatchEvent(new Event("visibilitychange")) };`)
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	desk.Wait(`played === 1`)
	desk.Click("#take-next")
	desk.Wait(`$(".pane.shown")`)
	v.say("While the agent looks at it")
	desk.Wait(`$(".pane").innerText.includes("While the agent looks at it")`)
	desk.Run(`look(false)`)
	time.Sleep(1600 * time.Millisecond) // sounds keep a distance
	v.say("While the agent is away")
	desk.Wait(`$(".pane").innerText.includes("While the agent is away") && shown.length === 1`)
	if got := apptest.Eval[string](desk, "shown[0]"); !strings.HasSuffix(got, ": While the agent is away") {
		t.Errorf("the notification says %q", got)
	}
	if n := apptest.Eval[int](desk, "played"); n != 2 {
		t.Errorf("%d sounds, not 2", n)
	}
	desk.Wait(`document.title.startsWith("(1)") && $("#mine .fresh")`)
	desk.Run(`look(true)`)
	desk.Wait(`!$("#mine .fresh")`)
	other := newVisitor(t, s, o, "")
	desk.Run(`look(false)`)
	other.say("Somebody else")
	desk.Wait(`shown.length === 2 && $("#line").childElementCount === 1`)
}

// /healthz says that the process lives, /readyz that it can serve; the one goes on when the other says no.
func TestReadiness(t *testing.T) {
	t.Parallel()
	s := serveTest(t, nil)
	get := func(path string) int {
		t.Helper()
		res, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if get("/healthz") != 200 || get("/readyz") != 200 {
		t.Error("a server that has started is not ready")
	}
	s.ready.Store(false) // what Stop does first
	if get("/healthz") != 200 || get("/readyz") != 503 {
		t.Error("a server that stops says that it is ready")
	}
}
