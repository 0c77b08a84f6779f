package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// addAgent creates another agent of an organization.
func addAgent(t testing.TB, s *serve.Server, o testkit.Org, name string) testkit.Member {
	t.Helper()
	email := name + "@" + o.Name + ".example"
	id, err := s.Identity.CreateMember(context.Background(), o.ID,
		identity.SignUp{Name: name, Email: email, Password: testkit.Password}, access.Agent, nil)
	if err != nil {
		t.Fatal(err)
	}
	return testkit.Member{Actor: access.User(o.ID, id, access.Agent, uuid.Nil), Name: name, Email: email}
}

// addGroup creates a group of some agents, each with a limit of conversations.
func addGroup(t testing.TB, s *serve.Server, o testkit.Org, in group.Settings, most int, members ...testkit.Member) uuid.UUID {
	t.Helper()
	ctx, owner := context.Background(), o.As(access.Owner)
	id, err := s.Groups.Create(ctx, owner, in.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Groups.Update(ctx, owner, id, in); err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if err := s.Groups.SetMember(ctx, owner, id, group.Member{ID: m.Actor.ID(), IsMember: true, MaxChats: most}); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

// routeToGroup lets a group answer for the organization's website.
func routeToGroup(t testing.TB, s *serve.Server, o testkit.Org, groupID uuid.UUID, labels map[string]string) {
	t.Helper()
	if err := s.Groups.SetWebsiteGroup(context.Background(), o.As(access.Owner), o.Website,
		group.WebsiteGroup{Group: groupID, Labels: labels}); err != nil {
		t.Fatal(err)
	}
}

// TestBrowserRouting shows three agents and five visitors: conversations are assigned automatically up to the
// limits; away, transfer, consult, watching, taking over, overflow; and the visitor sees the position in the queue.
func TestBrowserRouting(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	tom, sara := addAgent(t, s, o, "Tom"), o.Users[access.Supervisor]
	mia := addAgent(t, s, o, "Mia")
	help := addGroup(t, s, o, group.Settings{Name: "Help", Automatic: true, Picking: true}, 3, sara)
	orders := addGroup(t, s, o,
		group.Settings{Name: "Orders", Automatic: true, Picking: true, Overflow: help, OverflowAfter: 2 * time.Second},
		2, mia, tom)
	routeToGroup(t, s, o, orders, map[string]string{"en": "My order", "de": "Meine Bestellung"})
	routeToGroup(t, s, o, help, nil)

	at := func(p testkit.Member) *testkit.Tab {
		b := testkit.NewTab(t)
		b.Size(1280, 800, false)
		b.LogIn(s.URL, p.Email, testkit.Password, "/desk")
		b.Wait(`document.body.classList.contains("ready") && $("#status").value === "online"`)
		return b
	}
	atMia, atTom := at(mia), at(tom)
	awaitAvailability(t, s, mia.Actor, presence.Online)
	awaitAvailability(t, s, tom.Actor, presence.Online)

	// Four are assigned, two each, and the fifth waits: nobody is over the limit.
	early := newVisitors(t, s, o, 4)
	for i, v := range early {
		v.send(names[i] + " asks")
	}
	visitor := chooseSubject(t, s, o)
	two := `document.querySelectorAll(".pane").length === 2 && document.querySelectorAll("#mine .entry").length === 2`
	atMia.Wait(two)
	atTom.Wait(two)
	waitInQueue(t, s, mia, atMia, visitor)

	closeOneEach(atMia, atTom)
	visitor.Wait(`text("chat .status") === "Tom is here for you"`)
	atTom.Wait(`[...document.querySelectorAll(".pane")].some((p) => p.innerText.includes("Emil asks"))`)
	emil := testkit.Eval[string](atTom,
		`[...document.querySelectorAll(".pane")].find((p) => p.innerText.includes("Emil asks")).dataset.conversation`)
	pane := "#pane-" + emil

	// Tom offers Emil to Mia, with a comment; she is back, sees the offer, and accepts it.
	atMia.Run(
		`document.querySelector("#status").value = "online"; document.querySelector("#status").dispatchEvent(new Event("change", { bubbles: true }))`)
	awaitAvailability(t, s, mia.Actor, presence.Online)
	offerToTeammate(t, mia, atMia, atTom, visitor, emil, pane)

	// Mia asks Sara for help: Sara reads and writes notes, but not to the visitor.
	atSara := at(sara)
	consultSupervisor(t, sara, atMia, pane, atSara)

	// On the live monitor Sara sees it all, and takes Emil over with one key.
	monitor := atSara.OpenAnother()
	takeOverFromMonitor(t, s, atMia, visitor, emil, pane, monitor)

	checkOverflow(t, o, s, atMia, atTom, atSara)

	checkNobodyThere(t, visitor, atMia, atTom, atSara)

	boss := checkHistory(t, o, s, emil)

	for name, tab := range map[string]*testkit.Tab{
		"mia":     atMia,
		"tom":     atTom,
		"sara":    atSara,
		"monitor": monitor,
		"visitor": visitor,
		"boss":    boss,
	} {
		for _, line := range tab.Console() {
			t.Errorf("%s's console: %s", name, line)
		}
	}
}

// takeOverFromMonitor has Sara take a conversation over with one key of the live monitor.
func takeOverFromMonitor(t *testing.T, s *serve.Server, atMia, visitor *testkit.Tab, emil, pane string, monitor *testkit.Tab) {
	t.Helper()
	monitor.Go(s.URL + "/monitor")
	row := "#conversation-" + emil
	monitor.Wait(`$("` + row + `")`)
	saveScreenshot(t, monitor, "monitor-live")
	monitor.Run(`document.querySelector("` + row + `").focus()`)
	monitor.Keys("t")
	visitor.Wait(`text("chat .status").endsWith("is here for you") && !text("chat .status").includes("Mia")`)
	monitor.Wait(`location.pathname === "/desk" && $("` + pane + `.focus")`)
	atMia.Wait(`![...document.querySelectorAll("#mine .entry")].some((e) => e.innerText.includes("Emil"))`)
	monitor.Wait(`$("` + pane + ` textarea")`)
	monitor.Type(pane+" textarea", "I am the supervisor"+kb.Enter)
	visitor.Wait(`$("chat .log").innerText.includes("I am the supervisor")`)
}

// checkOverflow checks that who comes while both are full overflows to the other group.
func checkOverflow(t *testing.T, o testkit.Org, s *serve.Server, atMia, atTom, atSara *testkit.Tab) {
	t.Helper()
	// Mia and Tom are full: who comes now overflows to Help after two seconds.
	late := newVisitors(t, s, o, 3)
	for i, v := range late[:2] {
		v.send("Late " + itoa(i))
	}
	atMia.Wait(`document.querySelectorAll("#mine .entry").length === 2`)
	atTom.Wait(`document.querySelectorAll("#mine .entry").length === 2`)
	late[2].send("Overflows")
	atSara.Wait(
		`[...document.querySelectorAll(".pane .thread")].some((e) => e.innerText.includes("Overflows") && e.innerText.includes("Moved to Help"))`)
}

// checkHistory checks how the manager reads why the conversation was assigned as it was.
func checkHistory(t *testing.T, o testkit.Org, s *serve.Server, emil string) *testkit.Tab {
	t.Helper()
	// Why, in words.
	boss := testkit.NewTab(t)
	boss.Size(1280, 800, false)
	boss.LogIn(s.URL, o.Users[access.Manager].Email, testkit.Password, "/monitor/conversations/"+emil)
	boss.Wait(`document.querySelectorAll(".history li").length === 3`)
	boss.Wait(
		`$(".history").innerText.includes("Tom · Assigned automatically") && $(".history").innerText.includes("Mia · Accepted a transfer") && $(".history").innerText.includes("Took over")`)
	boss.Wait(`$(".history").innerText.includes("Passed over: Mia (away)")`)
	saveScreenshot(t, boss, "assignments")
	boss.Accessible("assignments")
	return boss
}

// closeOneEach has both agents answer and close one conversation.
func closeOneEach(atMia, atTom *testkit.Tab) {
	// Mia is away: what she closes frees no capacity. Tom closes one, and has Emil.
	atMia.Click(".pane.focus textarea")
	atMia.Keys("Goodbye" + kb.Enter)
	atMia.Wait(`$(".pane.focus .message.agent") && $(".pane.focus textarea").value === ""`)
	atMia.Click(".pane.focus form.close button")
	atMia.Wait(`document.querySelectorAll("#mine .entry").length === 1 && $("#queue").childElementCount === 1`)
	atTom.Click(".pane.focus textarea")
	atTom.Keys("Goodbye" + kb.Enter)
	atTom.Wait(`$(".pane.focus .message.agent") && $(".pane.focus textarea").value === ""`)
	atTom.Click(".pane.focus form.close button")
}

// offerToTeammate has Tom offer a conversation to Mia with a comment, and Mia accept it.
func offerToTeammate(t *testing.T, mia testkit.Member, atMia, atTom, visitor *testkit.Tab, emil, pane string) {
	t.Helper()
	atTom.Click("#mine-" + emil + " button")
	atTom.Wait(`$("` + pane + `.focus")`)
	atTom.Click(pane + " .transfer summary")
	atTom.Wait(`$("` + pane + ` .transfer-form select option[value='person:` + mia.Actor.ID().String() + `']")`)
	atTom.Run(`document.querySelector("` + pane + ` .transfer-form select").value = "person:` + mia.Actor.ID().String() + `"`)
	atTom.Type(pane+" .transfer-form textarea", "You know him")
	saveScreenshot(t, atTom, "desk-transfer")
	atTom.Accessible("desk-transfer")
	atTom.Click(pane + " .transfer-form button.primary")
	atMia.Wait(`text("#queue .offered .act").startsWith("Accept") && text("#queue .offered .offer") === "Tom: You know him"`)
	atTom.Wait(`text("` + pane + ` .state").includes("offered to a team member") && !$("#queue").childElementCount`)
	visitor.Wait(`$("chat .log").innerText.includes("A teammate will take over")`)
	saveScreenshot(t, atMia, "desk-offered")
	atMia.Click("#queue .offered button")
	visitor.Wait(`text("chat .status") === "Mia is here for you"`)
	atMia.Wait(`$("` + pane + ` .message.note").innerText.includes("You know him")`)
}

// consultSupervisor has Mia ask Sara for help: Sara reads and writes notes.
func consultSupervisor(t *testing.T, sara testkit.Member, atMia *testkit.Tab, pane string, atSara *testkit.Tab) {
	t.Helper()
	atMia.Click(pane + " .transfer summary")
	atMia.Wait(`$("` + pane + ` .transfer-form select option[value='person:` + sara.Actor.ID().String() + `']")`)
	atMia.Run(`document.querySelector("` + pane + ` .transfer-form select").value = "person:` + sara.Actor.ID().String() + `"`)
	atMia.Click(pane + " .transfer-form button:not(.primary)")
	atSara.Wait(`$("` + pane + ` .thread").innerText.includes("Emil asks") && $("` + pane + ` .participants.assigned-to-other.notes-only")`)
	atMia.Wait(`$("` + pane + ` .participants").innerText.includes("(notes only)")`)
	atSara.Click(pane + " [data-kind=note]")
	atSara.Keys("He may have a voucher" + kb.Enter)
	atMia.Wait(`$("` + pane + ` .thread").innerText.includes("He may have a voucher")`)
	saveScreenshot(t, atSara, "desk-participant")
	atSara.Accessible("desk-participant")
}

// saveScreenshot stores a picture of a tab in the folder that SCREENSHOTS names, if it is set.
func saveScreenshot(t testing.TB, b *testkit.Tab, name string) {
	t.Helper()
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "routing-"+name+".png"), b.Screenshot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkNobodyThere has everybody go offline: the visitor learns that nobody is there, and leaves an address.
func checkNobodyThere(t *testing.T, visitor *testkit.Tab, desks ...*testkit.Tab) {
	t.Helper()
	for _, b := range desks {
		b.Run(
			`document.querySelector("#status").value = "offline"; document.querySelector("#status").dispatchEvent(new Event("change", { bubbles: true }))`)
	}
	visitor.Wait(`text("chat .status").includes("Nobody is available right now") && !!$("chat .contact").getClientRects().length`)
	visitor.Accessible("visitor-nobody")
	saveScreenshot(t, visitor, "panel-nobody")
	visitor.Type("chat .contact input", "emil@home.example"+kb.Enter)
	visitor.Wait(`!$("chat .contact").getClientRects().length && text("chat .notice").includes("We will write to you")`)
}

// waitInQueue has an agent be away while a visitor writes, who learns that it is the next in the queue.
func waitInQueue(t *testing.T, s *serve.Server, mia testkit.Member, atMia, visitor *testkit.Tab) {
	t.Helper()
	atMia.Run(
		`document.querySelector("#status").value = "away"; document.querySelector("#status").dispatchEvent(new Event("change", { bubbles: true }))`)
	awaitAvailability(t, s, mia.Actor, presence.Away)
	atMia.Wait(`text("#availability").includes("return to the queue")`)
	visitor.Type("chat textarea", "Emil asks"+kb.Enter)
	visitor.Wait(`text("chat .status").startsWith("You are next in the queue.")`)
	visitor.Wait(`!$("chat .subjects").getClientRects().length`)
	visitor.Accessible("visitor-in-line")
	saveScreenshot(t, visitor, "panel-in-line")
}

// chooseSubject opens the panel as a visitor who chooses the first subject, in the browser's language.
func chooseSubject(t *testing.T, s *serve.Server, o testkit.Org) *testkit.Tab {
	t.Helper()
	visitor := testkit.NewTab(t)
	visitor.Go(customerPage(t, s.URL, o.Key))
	visitor.Click("chat .launcher")
	visitor.Wait(`$("chat .subjects button")`)
	visitor.Click("chat .subjects button") // the first, in the browser's language
	if label := testkit.Eval[string](visitor,
		`document.getElementById("parley").shadowRoot.querySelector(".subjects button").textContent`); label != "My order" {
		t.Errorf("the first subject is called %q", label)
	}
	return visitor
}
