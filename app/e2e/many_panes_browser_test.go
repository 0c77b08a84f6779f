package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// manyPanes is a desk with many open conversations.
type manyPanes struct {
	*testkit.Tab
	ctx      context.Context
	s        *serve.Server
	mia      access.Actor
	visitors []*visitorClient
}

// paneOf is the selector of a visitor's pane.
func paneOf(v *visitorClient) string { return "#pane-" + v.conversation }

// TestBrowserManyOpenConversations shows that of many open conversations the page brings those on the screen whole
// and the others without their threads, which are loaded when somebody opens them. Everything else works as with
// few: incoming messages are marked, the keyboard reaches everything, drafts and unsent replies come back after a
// reload, and a desk catches up after a gap.
func TestBrowserManyOpenConversations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	mia := o.As(access.Agent)
	visitors := newVisitors(t, s, o, 30)
	for i, v := range visitors {
		v.send("Question " + itoa(i))
		if _, err := s.Routing.Take(ctx, mia, "Mia", uuid.MustParse(v.conversation)); err != nil {
			t.Fatal(err)
		}
	}
	say := func(v *visitorClient, text string) {
		t.Helper()
		if _, err := s.Conversations.SendAsAgent(ctx, mia, uuid.MustParse(v.conversation), uuid.New(), conversation.Text, text); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range visitors[8:] {
		say(v, "Answer "+itoa(8+i))
	}
	desk := testkit.NewTab(t)
	desk.Size(1300, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	light := func() int { return testkit.Eval[int](desk, `document.querySelectorAll(".pane.light").length`) }
	if n := light(); n < 20 || n > 24 {
		t.Errorf("%d of 30 panes are light", n)
	}
	desk.Wait(`!document.querySelector(".pane.shown.light") && document.querySelectorAll("#mine .entry").length === 30`)

	// What comes in for a light pane is marked, in the list and for the way back.
	far := visitors[25]
	desk.Wait(`$("` + paneOf(far) + `.light")`)
	far.send("And another thing")
	desk.Wait(`$("#mine-` + far.conversation + `.fresh") && text("#mine-` + far.conversation + `").includes("And another thing")`)
	desk.Wait(`$("` + paneOf(far) + `.light")`)

	d := &manyPanes{desk, ctx, s, mia, visitors}
	d.checkTypingWhileLoading(t)
	d.checkChangesWhileLoading(t)

	// The last of the list.
	desk.Run(`document.querySelectorAll("#mine button")[29].click()`)
	desk.Wait(`document.activeElement.matches(".pane.focus:not(.light) .composer textarea")`)

	d.checkReload(t)
	d.checkGap(t)
	for _, line := range desk.Console() {
		if !strings.Contains(line, "WebSocket") {
			t.Errorf("console: %s", line)
		}
	}
}

// The keyboard goes to a pane that is loading; what is typed at once arrives in its composer, and nowhere else.
func (d *manyPanes) checkTypingWhileLoading(t *testing.T) {
	t.Helper()
	far := d.visitors[25]
	d.Run(`window.fetched = window.fetch; window.fetch = async (...a) => { if (String(a[0]).endsWith("/pane")) await new Promise((r) => setTimeout(r, 400)); return window.fetched(...a); }`)
	d.Run(`document.querySelector("#mine-` + far.conversation + ` button").click()`)
	d.Keys("typed too soon")
	d.Wait(`$("` + paneOf(far) + `.focus:not(.light) .thread")?.innerText.includes("And another thing") && $("` + paneOf(far) + ` .composer textarea").value === "typed too soon"`)
	d.Wait(`document.activeElement.matches("` + paneOf(far) + ` .composer textarea") && !$("#mine-` + far.conversation + `.fresh")`)
	d.Wait(`text("` + paneOf(far) + ` .thread").includes("Question 25") && text("` + paneOf(far) + ` .thread").includes("Answer 25")`)
	d.Keys(", but not lost" + kb.Enter)
	far.awaitText("typed too soon, but not lost")
	d.Run(`window.fetch = window.fetched`)
}

// A message and a change that come while a pane is loading are in it.
func (d *manyPanes) checkChangesWhileLoading(t *testing.T) {
	t.Helper()
	racing := d.visitors[26]
	d.Run(`window.fetch = async (...a) => { const r = await window.fetched(...a); if (String(a[0]).endsWith("/pane")) { window.asked = (window.asked || 0) + 1; while (!window.go) await new Promise((r) => setTimeout(r, 20)); } return r; }`)
	d.Run(`document.querySelector("#mine-` + racing.conversation + ` button").click()`)
	d.Wait(`window.asked >= 1`)
	racing.send("While it is loading")
	if _, err := d.s.Conversations.EditReply(d.ctx, d.mia, uuid.MustParse(racing.conversation), 3, uuid.New(), "Answer 26, corrected"); err != nil {
		t.Fatal(err)
	}
	d.Wait(`text("#mine-` + racing.conversation + `").includes("While it is loading")`)
	time.Sleep(300 * time.Millisecond) // the change comes, too
	d.Run(`window.go = true`)
	d.Wait(`text("` + paneOf(racing) + ` .thread")?.includes("While it is loading") && text("` + paneOf(racing) + ` .thread").includes("Answer 26, corrected")`)
	d.Run(`window.fetch = window.fetched`)
}

// Drafts and what could not be sent survive a reload, though their panes come light.
func (d *manyPanes) checkReload(t *testing.T) {
	t.Helper()
	draft, unsent := d.visitors[27], d.visitors[28]
	d.Run(`sessionStorage.setItem("parley.pane.` + d.mia.ID().String() + `.` + draft.conversation + `", JSON.stringify({ draft: "half a thought", kind: "text", out: [] }))`)
	d.Run(`sessionStorage.setItem("parley.pane.` + d.mia.ID().String() + `.` + unsent.conversation + `", JSON.stringify({ draft: "", kind: "text", out: [{ id: "` + uuid.NewString() + `", kind: "text", body: "Sent at last", of: "", entry: "", for: "", how: "" }] }))`)
	d.Reload()
	d.Wait(`document.body.classList.contains("ready")`)
	unsent.awaitText("Sent at last")
	d.Wait(`$("` + paneOf(draft) + `.light")`)
	d.Run(`document.querySelector("#mine-` + draft.conversation + ` button").click()`)
	d.Wait(`$("` + paneOf(draft) + `.focus .composer textarea")?.value === "half a thought"`)
}

// After a gap, the light ones know what they missed, and what is over is gone.
func (d *manyPanes) checkGap(t *testing.T) {
	t.Helper()
	gap, over := d.visitors[22], d.visitors[23]
	d.Wait(`$("` + paneOf(gap) + `.light") && $("` + paneOf(over) + `.light")`)
	d.Run(`window.dispatchEvent(new Event("offline"))`)
	gap.send("Said in the gap")
	if _, err := d.s.Conversations.Close(d.ctx, d.mia, uuid.MustParse(over.conversation)); err != nil {
		t.Fatal(err)
	}
	d.Wait(`text("#connection") === "Connected" && text("#mine-` + gap.conversation + `").includes("Said in the gap") && !$("#mine-` + over.conversation + `")`)
	d.Wait(`$("` + paneOf(gap) + `.light") && $("#mine-` + gap.conversation + `.fresh")`)
	d.Run(`document.querySelector("#mine-` + gap.conversation + ` button").click()`)
	d.Wait(`text("` + paneOf(gap) + `.focus .thread")?.includes("Said in the gap")`)
}

// TestBrowserLongQueue shows a long queue at the desk: the head, how many more wait, the count in the title; taking
// and picking from it. Wide and narrow, light and dark, axe-core finds nothing.
func TestBrowserLongQueue(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	ids := fillQueue(t, o, uuid.Nil, 10_000)
	desk := testkit.NewTab(t)
	desk.Size(1280, 800, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready") && text("#queue-more") === "and 9,950 more" && text("#queue-title .count") === "10,000"`)
	desk.Wait(`document.title.startsWith("(10000)")`)
	desk.Click("#take-next")
	desk.Wait(`$("#pane-` + ids[0].String() + `.focus textarea")`)
	desk.Wait(`text("#queue-more") === "and 9,949 more" && $("#queue").childElementCount === 50 && $("#queue-` + ids[50].String() + `")`)
	desk.Click("#queue-" + ids[30].String() + " button")
	desk.Wait(`$("#pane-` + ids[30].String() + `.focus textarea")`)
	desk.Wait(`text("#queue-more") === "and 9,948 more" && $("#queue-` + ids[51].String() + `")`)
	for _, size := range []struct {
		name  string
		width int64
	}{{"wide", 1280}, {"narrow", 390}} {
		for _, dark := range []bool{false, true} {
			desk.Size(size.width, 780, dark)
			if size.name == "narrow" {
				desk.Run(`document.body.classList.remove("talking"); document.querySelector("#queue-more").scrollIntoView({ block: "center" })`)
			}
			time.Sleep(150 * time.Millisecond) // transitions
			full := fmt.Sprintf("desk-long-queue-%s-%s", size.name, map[bool]string{false: "light", true: "dark"}[dark])
			desk.Accessible(full)
			if over := testkit.Eval[int](desk, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
				t.Errorf("%s: %d pixels wider than the screen", full, over)
			}
			if dir := os.Getenv("SCREENSHOTS"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, full+".png"), desk.Screenshot(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, line := range desk.Console() {
		t.Errorf("console: %s", line)
	}
}
