package e2e

import (
	"strings"
	"testing"
	"time"

	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// TestBrowserNotifiesWhileHidden shows a desk in a tab in the background: messages come in, the title counts, a
// sound is played and a desktop notification shown; a message in the focused pane of a visible desk makes no sound.
func TestBrowserNotifiesWhileHidden(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	desk := testkit.NewTab(t)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Run(`window.shown = []; window.Notification = class { static permission = "granted"; constructor(title, o) { shown.push(title + ": " + o.body) } close() {} };
		window.played = 0; window.plays = [];
		HTMLMediaElement.prototype.play = () => {
			played++;
			plays.push(Math.round(performance.now()) + " away: " + away + ", focus: " + document.querySelectorAll(".pane.focus").length + ", queue: " + document.querySelector("#queue").innerText + ", mine: " + document.querySelector("#mine").innerText + new Error().stack);
			return Promise.resolve();
		};
		window.away = false; document.hasFocus = () => !away; Object.defineProperty(document, "hidden", { get: () => away });
		window.look = (there) => { away = !there; document.dispatchEvent(new Event("visibilitychange")) };`)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	desk.Wait(`played === 1`)
	desk.Click("#take-next")
	desk.Wait(`$(".pane.shown")`)
	v.send("While the agent looks at it")
	desk.Wait(`$(".pane").innerText.includes("While the agent looks at it") && text("#mine").includes("While the agent looks at it")`)
	desk.Run(`look(false)`)
	time.Sleep(1600 * time.Millisecond) // sounds keep a distance
	v.send("While the agent is away")
	desk.Wait(`$(".pane").innerText.includes("While the agent is away") && shown.length === 1`)
	if got := testkit.Eval[string](desk, "shown[0]"); !strings.HasSuffix(got, ": While the agent is away") {
		t.Errorf("the notification says %q", got)
	}
	if n := testkit.Eval[int](desk, "played"); n != 2 {
		t.Errorf("%d sounds, not 2: %s", n, testkit.Eval[string](desk, `plays.join("\n")`))
	}
	desk.Wait(`document.title.startsWith("(1)") && $("#mine .fresh")`)
	desk.Run(`look(true)`)
	desk.Wait(`!$("#mine .fresh")`)
	other := newVisitor(t, s, o, "")
	desk.Run(`look(false)`)
	other.send("Somebody else")
	desk.Wait(`shown.length === 2 && $("#queue").childElementCount === 1`)
}
