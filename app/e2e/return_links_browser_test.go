package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// openByLink opens a mailed link and waits until its panel is open and waits for a person's action.
func openByLink(b *testkit.Tab, link string) {
	b.T.Helper()
	b.Go(link)
	b.Wait(`$("chat .panel") && !$("chat .panel").hidden`)
	b.Wait(`performance.getEntriesByType("resource").some((e) => e.name.includes("/widget/mailedLink-"))`)
}

// codeSent is an expression: the page has sent a code.
const codeSent = `performance.getEntriesByType("resource").some((e) => e.name.includes("/widget/v1/"+"return"))`

// TestBrowserReturnLink shows that a mailed link is not used up by who fetches the page, nor by a program that runs
// the page's scripts; a person's first action uses it, once. What is typed meanwhile goes into the conversation.
func TestBrowserReturnLink(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Where is my parcel?")
	conversationID := uuid.MustParse(v.conversation)
	if _, err := s.Routing.Take(ctx, o.As(access.Agent), "Mia", conversationID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.SendAsAgent(ctx, o.As(access.Agent), conversationID, uuid.New(), conversation.Text,
		"It left us today."); err != nil {
		t.Fatal(err)
	}
	code := newCode(t, s, o, visitorID(t, v.token, o))
	page := customerPage(t, s.URL, o.Key)
	link := page + "/?from=mail#parley=" + code
	for _, address := range []string{link, s.URL + "/widget/v1/return?key=" + o.Key + "&code=" + code} { // as scanners do
		res, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	program := testkit.NewTab(t)
	openByLink(program, link)
	program.Run(`for (const type of ["pointerdown", "pointermove", "touchstart", "wheel", "scroll", "keydown", "click"]) {
			window.dispatchEvent(new Event(type));
			document.body.dispatchEvent(new Event(type, { bubbles: true }));
		}
		document.body.style.height = "5000px";
		window.scrollTo(0, 500);
		document.querySelector("h1").click();
		document.getElementById("parley").shadowRoot.querySelector("textarea").click();
		await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))`)
	if testkit.Eval[bool](program, codeSent) || isCodeUsed(t, s, o, code) {
		t.Error("a program has used the code up")
	}
	if shown := testkit.Eval[int](program, `document.getElementById("parley").shadowRoot.querySelectorAll(".message").length`); shown != 0 {
		t.Error("a program sees the conversation")
	}
	program.Go("about:blank")

	person := testkit.NewTab(t)
	openByLink(person, link)
	if at := testkit.Eval[string](person, "location.search + location.hash"); at != "?from=mail" {
		t.Errorf("the address is %s", at)
	}
	person.Click("h1")
	person.Wait(`$("chat .message.agent")?.innerText.includes("It left us today.")`)
	if !isCodeUsed(t, s, o, code) {
		t.Error("the code was not used up")
	}
	person.Type("chat .composer textarea", "Thank you!\r")
	person.Wait(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor:not(.pending)")].length === 2`)
	if id := onlyConversation(t, s, o); id != v.conversation {
		t.Errorf("a conversation %s has begun", id)
	}
	person.Go("about:blank")
	person.Go(link) // in the browser that has the conversation, the link shows it again
	person.Click("h1")
	person.Wait(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message")].length === 3`)
	if testkit.Eval[bool](person, codeSent) {
		t.Error("a browser that has the conversation asks for it")
	}

	// On another device it is used up: the panel says so, and goes on as an ordinary chat with what was typed.
	late := testkit.NewTab(t)
	checkUsedLink(t, link, late)
	messages, err := s.Conversations.ListMessagesAfter(ctx, o.As(access.Agent), conversationID, 0)
	if err != nil || len(messages) != 4 {
		t.Errorf("the conversation has %d messages (%v)", len(messages), err)
	}
}

// checkUsedLink checks what a link that is used up shows on another device.
func checkUsedLink(t *testing.T, link string, late *testkit.Tab) {
	t.Helper()
	openByLink(late, link)
	late.Type("chat .composer textarea", "Is anybody there?\r")
	late.Wait(`text("chat .log").includes("This link has already been used or has expired.")`)
	late.Wait(`$("chat .message.visitor:not(.pending)")?.innerText.includes("Is anybody there?")`)
	late.Wait(`!text("chat .log").includes("It left us today.") && text("chat .log").includes("This link has already been used")`)
	late.Accessible("used link")
	saveWidgetScreenshot(t, late, "used-link")
}

// TestBrowserPlantedToken shows that a visitor's token in an address is not used: whoever opens it writes into a
// conversation of their own, and a conversation that the browser has stays.
func TestBrowserPlantedToken(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	page := customerPage(t, s.URL, o.Key)
	attacker := newVisitor(t, s, o, "")
	attacker.send("I wait for whoever comes")
	planted := page + "/#parley=" + attacker.token

	fresh := testkit.NewTab(t)
	openByLink(fresh, planted)
	fresh.Type("chat .composer textarea", "My card number is 1234\r")
	fresh.Wait(`text("chat .log").includes("This link has already been used or has expired.")`)
	fresh.Wait(`$("chat .message.visitor:not(.pending)")`)
	own := func(b *testkit.Tab) string {
		t.Helper()
		return testkit.Eval[string](b, `JSON.parse(localStorage.getItem("parley.`+o.Key+`")).token`)
	}
	if visitorID(t, own(fresh), o) == visitorID(t, attacker.token, o) ||
		testkit.Eval[int](fresh, `document.getElementById("parley").shadowRoot.querySelectorAll(".message").length`) != 1 {
		t.Error("whoever opens a planted link writes into the attacker's conversation")
	}
	before := own(fresh)
	fresh.Go("about:blank")
	fresh.Go(page + "/#parley=" + newCode(t, s, o, visitorID(t, attacker.token, o))) // nor does a planted code end a conversation
	fresh.Click("h1")
	fresh.Wait(`$("chat .message.visitor:not(.pending)")?.innerText.includes("1234")`)
	if visitorID(t, own(fresh), o) != visitorID(t, before, o) {
		t.Error("a link has replaced the browser's conversation")
	}
	messages, err := s.Conversations.ListMessagesAfter(context.Background(), o.As(access.Agent), uuid.MustParse(attacker.conversation), 0)
	if err != nil || len(messages) != 1 {
		t.Errorf("the attacker's conversation has %d messages (%v)", len(messages), err)
	}
}

// TestBrowserReturnToFragment shows that a page whose fragment is its script's own shows the same after a mailed
// link: the code is removed from the fragment, the script notices, and going back in the history does not lead to
// the code.
func TestBrowserReturnToFragment(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Where is my parcel?")
	page := customerPage(t, s.URL, o.Key)
	for own, link := range map[string]string{
		"#/tea":            "#/tea?parley=",
		"#/tea?sort=price": "#/tea?sort=price&parley=",
		"#top":             "#top&parley=",
	} {
		b := testkit.NewTab(t)
		code := newCode(t, s, o, visitorID(t, v.token, o))
		openByLink(b, page+"/?from=mail"+link+code)
		b.Wait(`location.hash === "` + own + `"`)
		if at := testkit.Eval[string](b, "location.search + location.hash + history.length"); at != "?from=mail"+own+testkit.Eval[string](b, "String(history.length)") || strings.Contains(at, code) {
			t.Errorf("the address is %s", at)
		}
		b.Click("h1")
		b.Wait(`$("chat .message.visitor")?.innerText.includes("Where is my parcel?")`)
		v.token = testkit.Eval[string](b, `JSON.parse(localStorage.getItem("parley.`+o.Key+`")).token`)
		b.Go("about:blank")
	}
}

// TestBrowserReturnWithoutNetwork shows that a network that is lost when the code is sent costs nothing: the panel
// says so, keeps what is typed and tries again.
func TestBrowserReturnWithoutNetwork(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Where is my parcel?")
	network := newNetwork(t, s.URL)
	b := testkit.NewTab(t)
	openByLink(b, customerPage(t, network.url, o.Key)+"/#parley="+newCode(t, s, o, visitorID(t, v.token, o)))
	network.setCut(true)
	b.Type("chat .composer textarea", "I am back\r")
	b.Wait(`text("chat .notice").includes("No connection") && $("chat .message.pending")`)
	network.setCut(false)
	b.Wait(`text("chat .log").includes("Where is my parcel?") && text("chat .log").includes("I am back") && !$("chat .message.pending")`)
	if id := onlyConversation(t, s, o); id != v.conversation {
		t.Errorf("a conversation %s has begun", id)
	}
}
