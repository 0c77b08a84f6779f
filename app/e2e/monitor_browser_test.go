package e2e

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestBrowserMonitor plays a supervisor at the live monitor: a filter that stays in the address, a list that does not change under the
// pointer and the focus, and a conversation that is assigned by key.
func TestBrowserMonitor(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	help := addGroup(t, s, o, group.Settings{Name: "Help"}, 1)
	tom := addAgent(t, s, o, "Tom")
	if err := s.Presence.SetStatus(context.Background(), tom.Actor, presence.Online, ""); err != nil {
		t.Fatal(err)
	}
	v, taken := startConversation(t, s, o, "Where is my parcel?")
	first := fillQueue(t, o, help, 1)[0]
	row := func(id uuid.UUID) string { return "#conversation-" + id.String() }

	b := testkit.NewTab(t)
	b.Size(1280, 900, false)
	b.LogIn(s.URL, o.Users[access.Supervisor].Email, testkit.Password, "/monitor")
	b.Wait(`$("` + row(first) + `") && $("` + row(taken) + `")`)

	checkMonitorHolds(t, b, s, o, help, row)
	checkMonitorAssigns(t, b, s, tom, taken, row)

	// The filter and the order stay.
	b.Run(`document.querySelector("#f-group").value = "` + help.String() + `"`)
	b.Click(".filters button")
	b.Wait(`location.search.includes("group=` + help.String() + `") && $("` + row(first) + `") && !$("` + row(taken) + `")`)
	b.Run(`[...document.querySelectorAll("#queues thead a")].find((a) => a.textContent === "Longest wait").click()`)
	b.Wait(`location.search.includes("queues=wait") && location.search.includes("group=") && $("#queues [aria-sort=descending]")`)
	v.send("Anybody there?")
	third := fillQueue(t, o, help, 1)[0]
	s.Live.Resync(uuid.Nil)
	b.Wait(`$("` + row(third) + `") && !$("` + row(taken) + `")`)
	b.Accessible("monitor")
	saveScreenshot(t, b, "monitor-filtered")

	wall := b.OpenAnother()
	wall.Size(1920, 1080, true)
	wall.Go(s.URL + "/monitor?view=wall")
	wall.Wait(`$("#wall .figures dd") && !$("button, a[href]")`)
	wall.Accessible("monitor-wall")
	saveScreenshot(t, wall, "monitor-wall")
	for _, tab := range []*testkit.Tab{b, wall} {
		for _, line := range tab.Console() {
			t.Error(line)
		}
	}
}

// checkMonitorHolds checks that a list stays as it is while the pointer is over it or a conversation in it is selected, and then has
// what has come meanwhile.
func checkMonitorHolds(t *testing.T, b *testkit.Tab, s *serve.Server, o testkit.Org, help uuid.UUID, row func(uuid.UUID) string) {
	t.Helper()
	b.Run(`document.querySelector("#waiting [data-conversation]").focus()`)
	second := fillQueue(t, o, help, 1)[0]
	s.Live.Resync(uuid.Nil)
	b.Wait(`$("#waiting.paused")`)
	if testkit.Eval[bool](b, `!!document.querySelector("`+row(second)+`")`) {
		t.Error("a list changed while a conversation in it was selected")
	}
	b.Keys(kb.Escape)
	b.Wait(`$("` + row(second) + `") && !$("#waiting.paused")`)

	at := testkit.Eval[[]float64](b, `(({ x, y }) => [x + 20, y + 10])(document.querySelector("#queues").getBoundingClientRect())`)
	movePointer(t, b, at[0], at[1])
	fillQueue(t, o, uuid.Nil, 7)
	s.Live.Resync(uuid.Nil)
	b.Wait(`$("#queues.paused") && document.querySelectorAll("#waiting [data-conversation]").length === 9`)
	const counted = `[...document.querySelectorAll("#queues td[data-label=Waiting]")].some((e) => e.textContent === "7")`
	if testkit.Eval[bool](b, counted) {
		t.Error("a list changed under the pointer")
	}
	movePointer(t, b, 1, 1)
	b.Wait(`!$("#queues.paused") && ` + counted)
}

// movePointer moves the pointer to a point of the page, in pixels.
func movePointer(t *testing.T, b *testkit.Tab, x, y float64) {
	t.Helper()
	if _, err := chromedp.Call(b.Context(), input.DispatchMouseEvent, input.DispatchMouseEventParams{
		Type: input.DispatchMouseEventTypeMouseMoved,
		X:    x,
		Y:    y,
	}); err != nil {
		t.Fatal(err)
	}
}

// checkMonitorAssigns checks that a conversation is assigned by key, in a dialog that lists the agents who are available.
func checkMonitorAssigns(t *testing.T, b *testkit.Tab, s *serve.Server, tom testkit.Member, taken uuid.UUID, row func(uuid.UUID) string) {
	t.Helper()
	b.Run(`document.querySelector("` + row(taken) + `").focus()`)
	b.Keys("a")
	b.Wait(`$("#assign[open] option[value='` + tom.Actor.ID().String() + `']")`)
	b.Accessible("monitor-assign")
	saveScreenshot(t, b, "monitor-assign")
	b.Keys(kb.Escape)
	b.Wait(`!$("#assign[open]") && document.activeElement.id === "` + row(taken)[1:] + `"`)
	b.Keys("a")
	b.Wait(`$("#assign[open] .primary")`)
	b.Click("#assign .primary")
	b.Wait(`!$("#assign[open]")`)
	c, err := s.Conversations.Get(context.Background(), access.System(tom.Actor.Org(), "test"), taken)
	if err != nil || c.Agent != tom.Actor.ID() {
		t.Errorf("it is with %s (%v), not with Tom", c.AgentName, err)
	}
	b.Wait(`$("#agent-` + tom.Actor.ID().String() + ` ` + row(taken) + `")`)
}
