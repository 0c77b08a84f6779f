package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/identity"
	"parley/app/queue"
)

// addAgent creates another agent of an organization.
func addAgent(t testing.TB, s *server, o apptest.Org, name string) apptest.Person {
	t.Helper()
	email := name + "@" + o.Name + ".example"
	id, err := s.identity.Create(context.Background(), o.ID, identity.SignUp{Name: name, Email: email, Password: apptest.Password}, access.Agent, nil)
	if err != nil {
		t.Fatal(err)
	}
	return apptest.Person{Actor: access.User(o.ID, id, access.Agent, uuid.Nil), Name: name, Email: email}
}

// addGroup creates a group of some agents, each with a limit of conversations.
func addGroup(t testing.TB, s *server, o apptest.Org, in queue.Settings, most int, members ...apptest.Person) uuid.UUID {
	t.Helper()
	ctx, owner := context.Background(), o.As(access.Owner)
	id, err := s.queue.AddGroup(ctx, owner, in.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.queue.UpdateGroup(ctx, owner, id, in); err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if err := s.queue.SetMember(ctx, owner, id, queue.Member{ID: m.Actor.ID(), In: true, Cap: most}); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

// subject lets a group answer for the organization's website.
func subject(t testing.TB, s *server, o apptest.Org, group uuid.UUID, place int, labels map[string]string) {
	t.Helper()
	if err := s.queue.SetSubject(context.Background(), o.As(access.Owner), o.Website, queue.Subject{Group: group, Labels: labels}, place); err != nil {
		t.Fatal(err)
	}
}

// Three agents and five visitors: conversations are given by themselves up to the limits; away, transfer, consult, watch,
// take-over, overflow; and the visitor knows where it stands.
func TestBrowserRouting(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	tom, sara := addAgent(t, s, o, "Tom"), o.Users[access.Supervisor]
	mia := addAgent(t, s, o, "Mia")
	help := addGroup(t, s, o, queue.Settings{Name: "Help", Automatic: true, Picking: true}, 3, sara)
	orders := addGroup(t, s, o, queue.Settings{Name: "Orders", Automatic: true, Picking: true, Overflow: help, After: 2 * time.Second}, 2, mia, tom)
	subject(t, s, o, orders, 0, map[string]string{"en": "My order", "de": "Meine Bestellung"})
	subject(t, s, o, help, 1, nil)

	at := func(p apptest.Person) *apptest.Tab {
		b := apptest.NewTab(t)
		b.Size(1280, 800, false)
		b.LogIn(s.url, p.Email, apptest.Password, "/desk")
		b.Wait(`document.body.classList.contains("ready") && $("#status").value === "online"`)
		return b
	}
	atMia, atTom := at(mia), at(tom)
	settled(t, s, mia.Actor, queue.Online)
	settled(t, s, tom.Actor, queue.Online)

	// Four are given, two each, and the fifth waits: nobody has more than allowed.
	early := newVisitors(t, s, o, 4)
	for i, v := range early {
		v.say(names[i] + " asks")
	}
	visitor := apptest.NewTab(t)
	visitor.Go(customerPage(t, s.url, o.Key))
	visitor.Click("chat .launcher")
	visitor.Wait(`$("chat .subjects button")`)
	visitor.Click("chat .subjects button") // the first, in the browser's language
	if label := apptest.Eval[string](visitor, `document.getElementById("parley").shadowRoot.querySelector(".subjects button").textContent`); label != "My order" {
		t.Errorf("the first subject is called %q", label)
	}
	two := `document.querySelectorAll(".pane").length === 2 && document.querySelectorAll("#mine .entry").length === 2`
	atMia.Wait(two)
	atTom.Wait(two)
	atMia.Run(`document.querySelector("#status").value = "away"; document.querySelector("#status").dispatchEvent(new Event("change", { bubbles: true }))`)
	settled(t, s, mia.Actor, queue.Away)
	atMia.Wait(`text("#availability").includes("go back into the line")`)
	visitor.Type("chat textarea", "Emil asks"+kb.Enter)
	visitor.Wait(`text("chat .status").startsWith("You are next in line.")`)
	visitor.Wait(`!$("chat .subjects").getClientRects().length`)
	visitor.Accessible("visitor-in-line")
	picture(t, visitor, "panel-in-line")

	// Mia is away: what she closes makes no room. Tom closes one, and has Emil.
	atMia.Click(".pane.focus textarea")
	atMia.Keys("Goodbye" + kb.Enter)
	atMia.Wait(`$(".pane.focus .message.agent") && $(".pane.focus textarea").value === ""`)
	atMia.Click(".pane.focus form.close button")
	atMia.Wait(`document.querySelectorAll("#mine .entry").length === 1 && $("#line").childElementCount === 1`)
	atTom.Click(".pane.focus textarea")
	atTom.Keys("Goodbye" + kb.Enter)
	atTom.Wait(`$(".pane.focus .message.agent") && $(".pane.focus textarea").value === ""`)
	atTom.Click(".pane.focus form.close button")
	visitor.Wait(`text("chat .status") === "Tom is here for you"`)
	atTom.Wait(`[...document.querySelectorAll(".pane")].some((p) => p.innerText.includes("Emil asks"))`)
	emil := apptest.Eval[string](atTom, `[...document.querySelectorAll(".pane")].find((p) => p.innerText.includes("Emil asks")).dataset.conversation`)
	pane := "#pane-" + emil

	// Tom offers Emil to Mia, with a comment; she is back, sees the offer, and accepts it.
	atMia.Run(`document.querySelector("#status").value = "online"; document.querySelector("#status").dispatchEvent(new Event("change", { bubbles: true }))`)
	settled(t, s, mia.Actor, queue.Online)
	atTom.Click("#mine-" + emil + " button")
	atTom.Wait(`$("` + pane + `.focus")`)
	atTom.Click(pane + " .hand summary")
	atTom.Wait(`$("` + pane + ` .handing select option[value='person:` + mia.Actor.ID().String() + `']")`)
	atTom.Run(`document.querySelector("` + pane + ` .handing select").value = "person:` + mia.Actor.ID().String() + `"`)
	atTom.Type(pane+" .handing textarea", "You know him")
	picture(t, atTom, "desk-hand")
	atTom.Accessible("desk-hand")
	atTom.Click(pane + " .handing button.primary")
	atMia.Wait(`text("#line .offered .act").startsWith("Accept") && text("#line .offered .offer") === "Tom: You know him"`)
	atTom.Wait(`text("` + pane + ` .state").includes("offered to a colleague") && !$("#line").childElementCount`)
	visitor.Wait(`$("chat .log").innerText.includes("A colleague will take over")`)
	picture(t, atMia, "desk-offered")
	atMia.Click("#line .offered button")
	visitor.Wait(`text("chat .status") === "Mia is here for you"`)
	atMia.Wait(`$("` + pane + ` .message.note").innerText.includes("You know him")`)

	// Mia asks Sara for help: Sara reads and writes notes, but not to the visitor.
	atSara := at(sara)
	atMia.Click(pane + " .hand summary")
	atMia.Wait(`$("` + pane + ` .handing select option[value='person:` + sara.Actor.ID().String() + `']")`)
	atMia.Run(`document.querySelector("` + pane + ` .handing select").value = "person:` + sara.Actor.ID().String() + `"`)
	atMia.Click(pane + " .handing button:not(.primary)")
	atSara.Wait(`$("` + pane + ` .thread").innerText.includes("Emil asks") && $("` + pane + ` .guests.visiting.mute")`)
	atMia.Wait(`$("` + pane + ` .guests").innerText.includes("helping with notes")`)
	atSara.Click(pane + " [data-kind=note]")
	atSara.Keys("He may have a voucher" + kb.Enter)
	atMia.Wait(`$("` + pane + ` .thread").innerText.includes("He may have a voucher")`)
	picture(t, atSara, "desk-guest")
	atSara.Accessible("desk-guest")

	// On the board Sara sees it all, and takes Emil over with one key.
	board := atSara.Another()
	board.Go(s.url + "/board")
	row := "#talk-" + emil
	board.Wait(`$("` + row + `")`)
	picture(t, board, "board-live")
	board.Run(`document.querySelector("` + row + `").focus()`)
	board.Keys("t")
	visitor.Wait(`text("chat .status").endsWith("is here for you") && !text("chat .status").includes("Mia")`)
	board.Wait(`location.pathname === "/desk" && $("` + pane + `.focus")`)
	atMia.Wait(`![...document.querySelectorAll("#mine .entry")].some((e) => e.innerText.includes("Emil"))`)
	board.Wait(`$("` + pane + ` textarea")`)
	board.Type(pane+" textarea", "I am the supervisor"+kb.Enter)
	visitor.Wait(`$("chat .log").innerText.includes("I am the supervisor")`)

	// Mia and Tom are full: who comes now overflows to Help after two seconds.
	late := newVisitors(t, s, o, 3)
	for i, v := range late[:2] {
		v.say("Late " + itoa(i))
	}
	atMia.Wait(`document.querySelectorAll("#mine .entry").length === 2`)
	atTom.Wait(`document.querySelectorAll("#mine .entry").length === 2`)
	late[2].say("Overflows")
	atSara.Wait(`[...document.querySelectorAll(".pane .thread")].some((e) => e.innerText.includes("Overflows") && e.innerText.includes("Moved to Help"))`)

	// Everybody goes: the visitor learns that nobody is there, and leaves an address.
	for _, b := range []*apptest.Tab{atMia, atTom, atSara} {
		b.Run(`document.querySelector("#status").value = "offline"; document.querySelector("#status").dispatchEvent(new Event("change", { bubbles: true }))`)
	}
	visitor.Wait(`text("chat .status").includes("Nobody is here just now") && !!$("chat .contact").getClientRects().length`)
	visitor.Accessible("visitor-nobody")
	picture(t, visitor, "panel-nobody")
	visitor.Type("chat .contact input", "emil@home.example"+kb.Enter)
	visitor.Wait(`!$("chat .contact").getClientRects().length && text("chat .notice").includes("We will write to you")`)

	// Why, in words.
	boss := apptest.NewTab(t)
	boss.Size(1280, 800, false)
	boss.LogIn(s.url, o.Users[access.Manager].Email, apptest.Password, "/board/conversations/"+emil)
	boss.Wait(`document.querySelectorAll(".history li").length === 3`)
	boss.Wait(`$(".history").innerText.includes("Tom: given by the rule") && $(".history").innerText.includes("Mia: accepted it") && $(".history").innerText.includes("took it over")`)
	boss.Wait(`$(".history").innerText.includes("Passed over: Mia (away)")`)
	picture(t, boss, "why")
	boss.Accessible("why")

	for name, tab := range map[string]*apptest.Tab{"mia": atMia, "tom": atTom, "sara": atSara, "board": board, "visitor": visitor, "boss": boss} {
		for _, line := range tab.Console() {
			t.Errorf("%s's console: %s", name, line)
		}
	}
}

// picture keeps what a tab shows, if pictures are wanted.
func picture(t testing.TB, b *apptest.Tab, name string) {
	t.Helper()
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "routing-"+name+".png"), b.Picture(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
