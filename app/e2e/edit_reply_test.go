package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// TestEditReply shows that an agent can change its own last reply and nothing else, and that staff can see the
// former text while the visitor cannot.
func TestEditReply(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	agent := o.As(access.Agent)
	v, id := startConversation(t, s, o, "Hello?")
	say := func(text string) conversation.Message {
		t.Helper()
		m, err := s.Conversations.SendAsAgent(ctx, agent, id, uuid.New(), conversation.Text, text)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	first, last := say("First"), say("The wrong price: 4.90")
	if _, err := s.Conversations.EditReply(ctx, agent, id, first.Seq, uuid.New(), "x"); fail.KindOf(err) != fail.Conflict {
		t.Errorf("not the last one: %v", err)
	}
	if _, err := s.Conversations.EditReply(ctx, o.As(access.Manager), id, last.Seq, uuid.New(), "x"); fail.KindOf(err) != fail.Conflict {
		t.Errorf("another's: %v", err)
	}
	if _, err := s.Conversations.EditReply(ctx, agent, id, 1, uuid.New(), "x"); fail.KindOf(err) != fail.Conflict {
		t.Errorf("the visitor's: %v", err)
	}
	once := uuid.New()
	for range 2 { // the same change sent twice
		if m, err := s.Conversations.EditReply(ctx, agent, id, last.Seq, once, "The right price: 5.90"); err != nil || m.Seq != last.Seq+1 || m.TargetSeq != last.Seq {
			t.Fatalf("%+v %v", m, err)
		}
	}
	if _, err := s.Conversations.EditReply(ctx, agent, id, last.Seq, uuid.New(), ""); err != nil {
		t.Fatal(err)
	}
	was, err := s.Conversations.PreviousTexts(ctx, agent, id)
	if err != nil || was[last.Seq+1] != "The wrong price: 4.90" || was[last.Seq+2] != "The right price: 5.90" {
		t.Errorf("traces: %v %v", was, err)
	}
	who := access.Visitor(o.ID, o.Website, visitorID(t, v.token, o))
	messages, err := s.Conversations.ListMessagesAfter(ctx, who, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if strings.Contains(m.Body, "price") || m.Seq == last.Seq && m.Changed != conversation.Erased {
			t.Errorf("the visitor still reads %+v", m)
		}
	}
	if _, err := s.Conversations.EditReply(ctx, agent, id, last.Seq, uuid.New(), "Back again"); err == nil {
		t.Error("what was taken back is changed")
	}
	// A participant has the name that it has for this customer.
	if err := s.Identity.SetAlias(ctx, o.As(access.Manager), o.As(access.Supervisor).ID(), o.Customer, "Sally"); err != nil {
		t.Fatal(err)
	}
	if err := s.Routing.Consult(ctx, agent, "Mia", conversation.Invitation{Conversation: id, Participant: o.As(access.Supervisor).ID(), CanReply: true}); err != nil {
		t.Fatal(err)
	}
	if m, err := s.Conversations.SendAsAgent(ctx, o.As(access.Supervisor), id, uuid.New(), conversation.Text, "I help"); err != nil || m.AuthorName != "Sally" {
		t.Errorf("a guest is called %q, %v", m.AuthorName, err)
	}
	// A visitor whose only reply is deleted waits again, since the first message.
	_, other := startConversation(t, s, o, "Hello?")
	only, err := s.Conversations.SendAsAgent(ctx, agent, other, uuid.New(), conversation.Text, "To somebody else")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.EditReply(ctx, agent, other, only.Seq, uuid.New(), ""); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Conversations.Get(ctx, agent, other); err != nil || c.WaitingSince.IsZero() || c.WaitingSince.After(only.At) {
		t.Errorf("after its only answer was taken back it waits since %v, %v", c.WaitingSince, err)
	}
	if _, err := s.Conversations.Close(ctx, agent, id); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.EditReply(ctx, agent, id, first.Seq, uuid.New(), "x"); err != error(conversation.ErrClosed) {
		t.Errorf("in a closed conversation: %v", err)
	}
}

func visitorID(t testing.TB, token string, o testkit.Org) uuid.UUID {
	t.Helper()
	who, _, err := visitor.NewTokens(testSecret).Verify(token, o.ID, o.Website, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return who.ID()
}

// TestBrowserComposer shows formatting, editing and deleting on both screens; that a draft and its pane survive a
// reload; that a reply can be stopped before it is sent; and that a refused reply gives its text back.
func TestBrowserComposer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	agent := o.As(access.Agent)
	desk, visitor := testkit.NewTab(t), testkit.NewTab(t)
	desk.Size(1400, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	visitor.Go(customerPageWith(t, s.URL, o.Key,
		`window.parley = Object.assign((...a) => parley.q.push(a), { q: [["set", { plan: "Pro", seats: 3 }]] });`))
	visitor.Wait(`$("chat .launcher").getClientRects().length`)
	visitor.Click("chat .launcher")
	visitor.Wait(`$("chat .greeting")`)
	visitor.Keys("Which one is *better*?" + kb.Enter)
	desk.Wait(`$("#queue li")`)
	desk.Keys("n", altKey)
	desk.Wait(`document.activeElement.matches(".pane.focus textarea")`)
	c := testkit.Eval[string](desk, `document.querySelector(".pane.focus").dataset.conversation`)
	desk.Wait(`$(".pane.focus .message.visitor .body")?.textContent === "Which one is *better*?"`) // a visitor's text is literal
	// What the site says of its visitor, and the page the visitor is on, stands beside.
	desk.Run(`document.querySelector("#about-` + c + `").read = 0; document.querySelector("#queue-title").click()`)
	desk.Wait(
		`[...document.querySelectorAll(".about dt")].map((e) => e.textContent + ":" + e.nextSibling.textContent).join().includes("plan:Pro") || (document.querySelector(".about").read = 0, dispatchEvent(new Event("resize")), false)`)

	desk.Keys("the ")
	desk.Keys("b", chromedp.ModifierCtrl)
	desk.Keys("red")
	desk.Run(`const a = document.activeElement; a.setSelectionRange(a.value.length, a.value.length)`)
	desk.Keys(" one: https://shop.example/red" + kb.Enter)
	visitor.Wait(`$("chat .message.agent strong")?.textContent === "red" && $("chat .message.agent a").href === "https://shop.example/red"`)
	desk.Wait(`!$(".pane.focus [data-composer]").out.length`)

	changeAndDelete(desk, visitor)

	// A draft survives a reload.
	desk.Keys("half a sent")
	desk.Reload()
	desk.Wait(`document.body.classList.contains("ready") && $("#text-` + c + `").value === "half a sent"`)

	// Emoji by keyboard.
	desk.Run(`document.querySelector("#text-` + c + `").focus()`)
	desk.Keys("v", altKey)
	desk.Wait(`document.activeElement.matches(".emojis input")`)
	desk.Accessible("emoji")
	desk.Keys("parcel")
	desk.Wait(`document.querySelectorAll(".emojis .grid button").length === 1`)
	desk.Keys(kb.Enter)
	desk.Wait(`$("#text-` + c + `").value.includes("📦") && !$(".emojis")`)

	usePaletteAndHelp(desk)

	// The conversation is somebody else's meanwhile: the reply is refused, and its text is still there.
	if _, err := s.Conversations.AssignManually(ctx, o.As(access.Supervisor), uuid.MustParse(c),
		o.As(access.Manager).ID(), agent.ID()); err != nil {
		t.Fatal(err)
	}
	desk.Wait(`$("#state-` + c + `.gone")`)
	desk.Run(
		`document.querySelector("#pane-` + c + ` [data-composer]").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }))`)
	desk.Wait(`text("#error-` + c + `").includes("assigned to") && $("#text-` + c + `").value.includes("half a sent")`)
	for _, tab := range []*testkit.Tab{desk, visitor} {
		for _, line := range tab.Console() {
			if !strings.Contains(line, "409 (Conflict)") {
				t.Error("console: " + line)
			}
		}
	}
}

// changeAndDelete changes the last reply, and then deletes it.
func changeAndDelete(desk, visitor *testkit.Tab) {
	desk.Keys(kb.ArrowUp) // change it
	desk.Wait(`$(".composer.editing textarea").value.includes("**red**")`)
	desk.Run(
		`const b = document.querySelector(".pane.focus textarea"); b.value = "the blue one"; b.dispatchEvent(new Event("input", { bubbles: true }))`)
	desk.Keys(kb.Enter)
	visitor.Wait(`text("chat .message.agent .text") === "the blue one" && text("chat .message.agent small").includes("edited")`)
	desk.Wait(`text(".pane.focus .message.agent .body").startsWith("the blue one") && $(".pane.focus .body.edited")`)
	visitor.Reload()
	visitor.Wait(`text("chat .message.agent .text") === "the blue one"`)
	desk.Wait(`!$(".pane.focus [data-composer]").out.length`)
	desk.Keys(kb.ArrowUp)
	desk.Wait(`$(".composer.editing textarea").value === "the blue one"`)
	desk.Run(
		`const d = document.querySelector(".pane.focus textarea"); d.value = ""; d.dispatchEvent(new Event("input", { bubbles: true }))`)
	desk.Keys(kb.Enter) // delete it
	visitor.Wait(`text("chat .message.agent .text") === "This message was deleted"`)
}

// usePaletteAndHelp opens the palette and the overlay of keys.
func usePaletteAndHelp(desk *testkit.Tab) {
	// The palette and the overlay of keys.
	desk.Keys("k", chromedp.ModifierCtrl)
	desk.Wait(`$("#palette[open]")`)
	desk.Accessible("palette")
	desk.Keys("reply and note")
	desk.Wait(`document.querySelectorAll("#palette li").length === 1`)
	desk.Keys(kb.Enter)
	desk.Wait(`!$("#palette[open]") && $(".composer.noting")`)
	desk.Keys("m", altKey)
	desk.Keys(kb.F1, altKey)
	desk.Wait(`$("#help[open]")`)
	desk.Accessible("help")
	desk.Keys(kb.Escape)
	desk.Wait(`!$("#help[open]")`)
}
