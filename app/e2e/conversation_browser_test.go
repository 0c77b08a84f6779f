package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// panelMessages reads what a panel shows, message by message, in order.
func panelMessages(b *testkit.Tab) []string {
	return testkit.Eval[[]string](b,
		`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message > .text")].map((p) => p.textContent)`)
}

// deskMessages reads what a pane of the desk shows, message by message, in order; the first pane.
func deskMessages(b *testkit.Tab) []string {
	return testkit.Eval[[]string](b, `[...document.querySelectorAll(".pane .message .body")].map((p) => p.textContent)`)
}

func checkMessages(t *testing.T, where string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", where, got, want)
	}
}

// TestBrowserConversation plays a whole conversation of a visitor on a customer's page and an agent at the desk,
// through a reload, a second tab, a lost network and a restarted server; both see everything once and in order.
func TestBrowserConversation(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	network := newNetwork(t, s.URL)
	page := customerPage(t, network.url, o.Key)
	mia := o.Users[access.Agent]

	desk := testkit.NewTab(t)
	desk.Size(1280, 800, false)
	desk.LogIn(s.URL, mia.Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)

	visitor := testkit.NewTab(t)
	openAndAsk(t, o, page, visitor)

	// The agent sees it at once, with how long the visitor has waited, and takes it.
	desk.Wait(`text("#queue .last") === "Where is my <b>parcel</b>?"`)
	desk.Wait(`/^0:0\d$/.test(text("#queue .wait"))`)
	takeFirst(mia, desk, visitor)

	typeBothWays(desk, visitor)

	// A note stays with the staff.
	desk.Click(`.pane [data-kind=note]`)
	desk.Keys("Parcel is at the depot" + kb.Enter)
	desk.Wait(`$(".pane .message.note")`)
	talk := []string{"Where is my <b>parcel</b>?", "I ordered on Monday", "Let me look"}
	checkMessages(t, "the panel", panelMessages(visitor), talk)
	checkMessages(t, "the desk", deskMessages(desk), append(slices.Clone(talk), "Parcel is at the depot"))

	// Reload: the same conversation, the panel still open. A second tab shows it too, and what the first one writes.
	visitor.Reload()
	visitor.Wait(`$("chat .message.agent")`)
	checkMessages(t, "the panel after reload", panelMessages(visitor), talk)
	second := visitor.OpenAnother()
	second.Go(page)
	second.Click("chat .launcher")
	second.Wait(`$("chat .message.agent")`)
	visitor.Type("chat textarea", "From the first tab"+kb.Enter)
	second.Wait(`$("chat .log").innerText.includes("From the first tab")`)
	second.Type("chat textarea", "From the second tab"+kb.Enter)
	visitor.Wait(`$("chat .log").innerText.includes("From the second tab")`)
	talk = append(talk, "From the first tab", "From the second tab")
	checkMessages(t, "the first tab", panelMessages(visitor), talk)
	checkMessages(t, "the second tab", panelMessages(second), talk)

	writeWithoutNetwork(network, desk, visitor)
	talk = append(talk, "Said meanwhile", "Written without network")
	desk.Wait(`$(".pane .thread").innerText.includes("Written without network")`)
	checkMessages(t, "the panel after the network came back", panelMessages(visitor), talk)

	restartUnderBoth(t, s, desk, visitor)
	talk = append(talk, "Written while the server was away", "Half written and sent")
	second.Wait(`$("chat .log").innerText.includes("Half written and sent")`)
	checkMessages(t, "the panel at the end", panelMessages(visitor), talk)
	checkMessages(t, "the second tab at the end", panelMessages(second), talk)
	want := slices.Insert(slices.Clone(talk), 3, "Parcel is at the depot")
	desk.Wait(`$(".pane .thread").innerText.includes("Half written and sent")`)
	checkMessages(t, "the desk at the end", deskMessages(desk), want)
	desk.Reload()
	desk.Wait(`$(".pane.shown")`)
	checkMessages(t, "the desk after reload", deskMessages(desk), want)

	checkUnreadCount(t, desk, visitor, second)
	talk = append(talk, "While the panel is closed")

	// Closing: both see it; what the visitor writes then starts a new conversation.
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Click(".pane form.close button")
	visitor.Wait(`$("chat .log").innerText.includes("The conversation has ended")`)
	desk.Wait(`!$("#mine").childElementCount && text(".pane .state").includes("closed")`)
	visitor.Type("chat textarea", "One more thing"+kb.Enter)
	desk.Wait(`text("#queue .last") === "One more thing"`)
	visitor.Wait(`!$("chat .message.pending")`)
	checkMessages(t, "the panel with a new conversation", panelMessages(visitor), append(slices.Clone(talk), "One more thing"))

	checkConsoles(t, desk, visitor, second)
}

// takeFirst has the agent take the visitor's conversation.
func takeFirst(mia testkit.Member, desk, visitor *testkit.Tab) {
	desk.Click("#take-next")
	desk.Wait(`$(".pane.shown")`)
	desk.Wait(`!$("#queue").childElementCount && $("#mine").childElementCount === 1`)
	visitor.Wait(`text("chat .status") === "` + mia.Name + ` is here for you"`)
}

// openAndAsk opens the panel, before which nothing is stored, and asks a question.
func openAndAsk(t *testing.T, o testkit.Org, page string, visitor *testkit.Tab) {
	t.Helper()
	visitor.Go(page)
	visitor.Wait(`$("chat .launcher").getClientRects().length`)
	if stored := testkit.Eval[int](visitor, "localStorage.length + sessionStorage.length + document.cookie.length"); stored != 0 {
		t.Error("something is stored before the panel was opened")
	}
	visitor.Click("chat .launcher")
	visitor.Wait(`text("chat .greeting") === "Hello from ` + o.Name + `"`)
	visitor.Wait(`document.getElementById("parley").shadowRoot.activeElement.tagName === "TEXTAREA"`)
	visitor.Keys("Where is my <b>parcel</b>?" + kb.Enter)
	visitor.Wait(`$("chat .message:not(.pending)")`)
}

// typeBothWays types on both sides, and checks what the other side sees of it.
func typeBothWays(desk, visitor *testkit.Tab) {
	// Typing, both ways; the text only to the agent, because the website allows it.
	visitor.Keys("I ordered on")
	desk.Wait(`text(".pane .typing").includes("I ordered on")`)
	visitor.Keys(" Monday" + kb.Enter)
	desk.Wait(`$(".pane .thread").innerText.includes("I ordered on Monday")`)
	desk.Type(".pane textarea", "Let me look")
	visitor.Wait(`text("chat .typing").includes("is typing")`)
	desk.Keys(kb.Enter)
	visitor.Wait(`$("chat .message.agent")`)
	desk.Wait(`$(".pane textarea").value === ""`)
}

// writeWithoutNetwork writes on both sides while the visitor has no network.
func writeWithoutNetwork(network *brokenNetwork, desk, visitor *testkit.Tab) {
	// No network for the visitor: what is written meanwhile, on both sides, is there afterwards, once and in order.
	network.setCut(true)
	visitor.Wait(`text("chat .notice").includes("No connection")`)
	visitor.Type("chat textarea", "Written without network"+kb.Enter)
	visitor.Wait(`$("chat .message.pending")`)
	desk.Type(".pane textarea", "Said meanwhile"+kb.Enter)
	desk.Wait(`$(".pane .thread").innerText.includes("Said meanwhile")`)
	network.setCut(false)
	visitor.Wait(`!$("chat .message.pending") && $("chat .log").innerText.includes("Said meanwhile")`)
}

// restartUnderBoth restarts the server while the agent has half written a reply, and sends it afterwards.
func restartUnderBoth(t *testing.T, s *serve.Server, desk, visitor *testkit.Tab) {
	t.Helper()
	// The server restarts under both. The agent's half-written reply stays.
	desk.Type(".pane textarea", "Half written")
	restart(t, s)
	visitor.Type("chat textarea", "Written while the server was away"+kb.Enter)
	desk.Wait(`text("#connection") === "Connected"`)
	desk.Wait(`$(".pane .thread").innerText.includes("Written while the server was away")`)
	if draft := testkit.Eval[string](desk, `document.querySelector(".pane textarea").value`); draft != "Half written" {
		t.Errorf("the agent's draft after the restart: %q", draft)
	}
	desk.Click(".pane textarea")
	desk.Keys(" and sent" + kb.Enter)
	visitor.Wait(`$("chat .log").innerText.includes("Half written and sent")`)
}

// checkUnreadCount checks that what comes while the panel is closed is counted in every tab, until one has shown it.
func checkUnreadCount(t *testing.T, desk, visitor, second *testkit.Tab) {
	t.Helper()
	// What was read is not new again on the next page; what comes while the panel is closed is counted, in every tab, until
	// one of them has shown it.
	visitor.Click("chat .close")
	second.Click("chat .close")
	visitor.Reload()
	visitor.Wait(`$("chat .launcher").getClientRects().length && $("chat .message.agent")`)
	if !testkit.Eval[bool](visitor, `document.getElementById("parley").shadowRoot.querySelector(".badge").hidden`) {
		t.Error("what was read is counted as unread")
	}
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Type(".pane textarea", "While the panel is closed"+kb.Enter)
	visitor.Wait(`text("chat .badge") === "1"`)
	second.Wait(`text("chat .badge") === "1"`)
	second.Click("chat .launcher")
	second.Wait(`$("chat .badge").hidden`)
	visitor.Wait(`$("chat .badge").hidden`)
	visitor.Click("chat .launcher")
}

// checkConsoles checks that no page has met an error.
func checkConsoles(t *testing.T, desk, visitor, second *testkit.Tab) {
	t.Helper()
	for name, tab := range map[string]*testkit.Tab{"visitor": visitor, "second": second, "desk": desk} {
		for _, line := range tab.Console() {
			if strings.HasPrefix(line, "exception") || strings.Contains(line, "Content Security Policy") {
				t.Errorf("%s's console: %s", name, line)
			}
		}
	}
}

// restart stops a server and starts another one at the same address.
func restart(t *testing.T, s *serve.Server) {
	t.Helper()
	url := s.URL
	s.Stop()
	time.Sleep(300 * time.Millisecond) // long enough for every screen to notice
	startServer(t, func(c *serve.Config) { c.Port = portOf(t, url) })
}

// TestBrowserSeveralChats shows several chats side by side: what comes in for a pane that is not in view is not
// lost, and a reply never goes to another conversation.
func TestBrowserSeveralChats(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	desk := testkit.NewTab(t)
	desk.Size(1800, 800, false) // three panes of at least 360 pixels
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	visitors := newVisitors(t, s, o, 3)
	for i, v := range visitors {
		v.send(names[i] + " asks")
		desk.Wait(`$("#queue").childElementCount === ` + itoa(i+1))
	}
	// The chosen one first, then the next ones by key.
	desk.Click("#queue li:nth-child(2) button")
	desk.Wait(`$(".pane.focus .thread").innerText.includes("Ben asks")`)
	desk.Keys("n", altKey)
	desk.Wait(`$(".pane.focus .thread").innerText.includes("Anna asks") && !$("#take-next").disabled`)
	desk.Keys("n", altKey)
	desk.Wait(`$(".pane.focus .thread").innerText.includes("Cleo asks")`)
	desk.Wait(`document.querySelectorAll(".pane.shown").length === 3 && !$("#queue").childElementCount`)
	for i, v := range visitors {
		pane := `document.querySelector("#pane-` + v.conversation + `")`
		desk.Run(pane + `.querySelector("textarea").focus()`)
		desk.Keys("To " + names[i] + kb.Enter)
		v.awaitText("To " + names[i])
	}
	// Quicker than the server: two replies and a note in one go, all stored, in order, each as what it is.
	desk.Run(`document.querySelector("#pane-` + visitors[1].conversation + ` textarea").focus()`)
	desk.Keys("One" + kb.Enter + "Two" + kb.Enter)
	desk.Keys("m", altKey)
	desk.Keys("Three is a note" + kb.Enter)
	visitors[1].awaitText("Two")
	desk.Wait(`$("#pane-` + visitors[1].conversation + ` .note").innerText.includes("Three is a note")`)
	checkMessages(t, "Ben's pane",
		testkit.Eval[[]string](desk,
			`[...document.querySelectorAll("#pane-`+visitors[1].conversation+` .body")].map((p) => p.textContent)`),
		[]string{"Ben asks", "To Ben", "One", "Two", "Three is a note"})

	// Oldest unanswered first: Cleo writes, then Anna; the answered Ben sinks.
	visitors[2].send("Cleo again")
	desk.Wait(`text("#mine li:first-child .last") === "Cleo again"`)
	visitors[0].send("Anna again")
	desk.Wait(`text("#mine li:nth-child(2) .last") === "Anna again" && text("#mine li:first-child .last") === "Cleo again"`)
	desk.Wait(`document.title.startsWith("(2)")`)
	// By number key to the first of the list.
	desk.Keys("1", altKey)
	desk.Wait(`$(".pane.focus .thread").innerText.includes("Cleo again")`)
	// On a phone: one at a time, and back to the list.
	desk.Size(390, 800, false)
	desk.Wait(`document.querySelectorAll(".pane.shown").length === 1`)
	desk.Click(".pane.shown [data-back]")
	desk.Wait(`$(".rail").getClientRects().length && !$(".panes").getClientRects().length`)
}

// TestBrowserWidgetRefused shows that with a wrong key or on a domain that is not allowed no chat appears, and that
// the console says once why.
func TestBrowserWidgetRefused(t *testing.T) {
	t.Parallel()
	other := testkit.NewOrg(t)
	s := startServer(t, nil)
	if err := removeDomain(other, s, "127.0.0.1"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ key, says string }{
		"wrong key":          {"aaaabbbbccccdddd", "There is no website with this key"},
		"malformed key":      {"no such key", "There is no website with this key"},
		"domain not allowed": {other.Key, "127.0.0.1 is not among the website's domains"},
	} {
		tab := testkit.NewTab(t)
		tab.Go(customerPage(t, s.URL, c.key))
		deadline := time.Now().Add(testkit.Patience)
		for len(tab.Console()) == 0 && time.Now().Before(deadline) {
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond) // a second message would come now
		lines := tab.Console()
		if len(lines) != 1 || !strings.Contains(lines[0], c.says) || !strings.HasPrefix(lines[0], "error: Parley: ") {
			t.Errorf("%s: console %q", name, lines)
		}
		if testkit.Eval[bool](tab, `!!document.getElementById("parley")`) {
			t.Errorf("%s: something appeared", name)
		}
	}
}
