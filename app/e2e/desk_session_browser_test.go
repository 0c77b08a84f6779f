package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/tools/testkit"
)

// forgetCookies takes the session from a browser, as if it had expired.
func forgetCookies(b *testkit.Tab) {
	b.T.Helper()
	if _, err := chromedp.Call(b.Context(), network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		b.T.Fatal(err)
	}
}

// logInAgain enters the password in the dialog of an open desk.
func logInAgain(desk *testkit.Tab, password string) {
	desk.T.Helper()
	desk.Wait(`$("#again[open]")`)
	desk.Run(`document.querySelector("#again-password").value = ""`)
	desk.Type("#again-password", password)
	desk.Click("#again button.primary")
}

// TestBrowserDeskSessionExpires shows that when an agent's password is changed, the desk says so in place and takes
// the new password in place. What was typed in replies, notes, the transfer's comment and searches stays, the page
// is not loaded anew, and messages come in again.
func TestBrowserDeskSessionExpires(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	first, a := startConversation(t, s, o, "Where is my parcel?")
	_, b := startConversation(t, s, o, "And my refund?")
	reply, note := "#text-"+a.String(), "#text-"+b.String()
	desk := testkit.NewTab(t)
	desk.Size(1500, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready") && document.querySelectorAll(".pane.shown").length === 2`)
	desk.Run(`window.same = true`)
	desk.Type(note, "Ask the warehouse")
	desk.Run(`document.querySelector("#pane-` + b.String() + ` [data-kind=note]").click()`)
	desk.Type(reply, "Half a sent")
	desk.Run(`document.querySelector("#pane-` + a.String() + ` [data-transfer]").open = true`)
	desk.Wait(`$("#comment-` + a.String() + `")`)
	desk.Type("#comment-"+a.String(), "Knows the carrier")
	desk.Wait(`$("#search-` + a.String() + `")`)
	desk.Type("#search-"+a.String(), "carrier")

	link, err := s.Identity.CreateResetLink(ctx, o.As(access.Owner), o.As(access.Agent).ID(), identity.ShownToRequester)
	if err != nil {
		t.Fatal(err)
	}
	const changed = "another password"
	if _, err := s.Identity.ResetPassword(ctx, link.Secret, changed, "127.0.0.1"); err != nil {
		t.Fatal(err)
	}
	desk.Wait(`$("#again[open]") && text("#connection") === "Logged out" && document.activeElement.id === "again-password"`)
	for name, look := range map[string]struct {
		width int64
		dark  bool
	}{"wide": {1500, false}, "wide-dark": {1500, true}, "narrow": {390, false}, "narrow-dark": {390, true}} {
		desk.Size(look.width, 900, look.dark)
		desk.Accessible("the dialog, " + name)
		if dir := os.Getenv("SCREENSHOTS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "session-ended-"+name+".png"), desk.Screenshot(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	desk.Size(1500, 900, false)
	logInAgain(desk, testkit.Password)
	desk.Wait(`text("#again-error").includes("The password is incorrect.") && $("#again[open]")`)
	first = newVisitor(t, s, o, first.token) // the one before may have gone silent
	first.send("Are you there?")
	logInAgain(desk, changed)
	desk.Wait(`!$("#again[open]") && $("#ended").hidden && text("#connection") === "Connected"`)
	desk.Wait(`$("#thread-` + a.String() + `").innerText.includes("Are you there?")`)
	desk.Wait(`window.same && $("` + reply + `").value === "Half a sent" && $("` + note + `").value === "Ask the warehouse" && $("#pane-` + b.String() + ` .noting") &&
		$("#comment-` + a.String() + `").value === "Knows the carrier" && $("#search-` + a.String() + `").value === "carrier"`)
	desk.Run(`document.querySelector("#pane-` + a.String() + ` [data-transfer]").open = false`)
	desk.Type(reply, "ence"+kb.Enter)
	newVisitor(t, s, o, first.token).awaitText("Half a sentence")
}

// TestBrowserReplyAfterSessionExpired shows that a reply that is sent after the session has expired stays, says that
// it is not sent, and is sent once after the log-in; so is a file. The dialog can be put away and opened again.
func TestBrowserReplyAfterSessionExpired(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v, a := startConversation(t, s, o, "Where is my parcel?")
	desk := testkit.NewTab(t)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Run(`window.same = true`)
	forgetCookies(desk)
	desk.Type("#text-"+a.String(), "It is on its way"+kb.Enter)
	desk.Wait(`$("#again[open]") && text("#error-` + a.String() + `").includes("“It is on its way” has not been sent")`)
	// the desk is brought up to date meanwhile: what is not sent is still not sent
	s.Live.HandleEvents([]bus.Event{{Kind: bus.Groups, Org: o.ID}})
	v.send("Are you there?")
	desk.Wait(`$("#thread-` + a.String() + `").innerText.includes("Are you there?")`)
	desk.Keys(kb.Escape)
	desk.Wait(`!$("#again[open]") && !$("#ended").hidden`)
	desk.Accessible("the note that the session has ended")
	desk.Type("#text-"+a.String(), "And here tomorrow")
	desk.Wait(
		`$("#text-` + a.String() + `").value === "And here tomorrow" && text("#error-` + a.String() + `").includes("“It is on its way” has not been sent")`)
	desk.Click("#ended button")
	logInAgain(desk, testkit.Password)
	newVisitor(t, s, o, v.token).awaitText("It is on its way")
	desk.Wait(`text("#connection") === "Connected" && !$("[data-composer]").out.length && text("#error-` + a.String() + `") === ""`)
	desk.Wait(`window.same && $("#text-` + a.String() + `").value === "And here tomorrow"`)
	if n := strings.Count(desk.Text("#thread-"+a.String()), "It is on its way"); n != 1 {
		t.Errorf("the reply is there %d times", n)
	}

	// Something that is done once more by hand says so.
	forgetCookies(desk)
	desk.Run(
		`document.querySelector("#status").value = "away"; document.querySelector("#status").dispatchEvent(new Event("change", { bubbles: true }))`)
	logInAgain(desk, testkit.Password)
	desk.Wait(`text("#trouble").includes("wasn’t completed")`)

	// The network is away and the session has ended meanwhile: found out when it is back.
	forgetCookies(desk)
	desk.Run(`dispatchEvent(new Event("offline"))`)
	logInAgain(desk, testkit.Password)
	desk.Wait(`text("#connection") === "Connected" && window.same`)
}

// TestBrowserAnotherUserLogsIn shows that who is logged out elsewhere gets back what was typed, even though the
// conversation was requeued and is another agent's by then. Another person who logs in in the same browser gets a
// desk of its own: nothing typed is shown to it, and the page that was open does nothing in its name.
func TestBrowserAnotherUserLogsIn(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	_, a := startConversation(t, s, o, "Where is my parcel?")
	desk := testkit.NewTab(t)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready") && $(".pane.shown .composer")`)
	desk.Type("#text-"+a.String(), "My own words")
	other := desk.OpenAnother()
	other.Go(s.URL + "/preferences")
	other.Run(`await fetch("/logout", { method: "POST" })`)
	desk.Wait(`$("#again[open]") && document.activeElement.id === "again-password" && text("#again-why").includes("Your drafts are still here") &&
		$("#text-` + a.String() + `").value === "My own words"`)

	other.LogIn(s.URL, o.Users[access.Supervisor].Email, testkit.Password, "/desk")
	other.Wait(`document.body.classList.contains("ready")`)
	other.Click("#take-next")
	other.Wait(`$("#text-` + a.String() + `") && $("#text-` + a.String() + `").value === ""`)
	if code := testkit.Eval[int](desk, `fetch("/desk/conversations/`+a.String()+`/messages", { method: "POST", headers: { "Parley-User": document.body.dataset.user },
		body: new URLSearchParams({ id: crypto.randomUUID(), kind: "text", body: "In another's name", after: "0" }) }).then((r) => r.status)`); code != 401 {
		t.Errorf("a page of a former user may still write: %d", code)
	}
	desk.Run(`document.body.dataset.old = "yes"; dispatchEvent(new Event("focus"))`)
	desk.Wait(
		`!document.body.dataset.old && document.body.dataset.user === "` + o.As(access.Supervisor).ID().String() + `" && document.body.classList.contains("ready")`)
	desk.Wait(`$("#text-` + a.String() + `").value === "" && !document.body.innerText.includes("My own words")`)

	// The first one again: its words are still there, though the conversation is another agent's.
	desk.Run(`await fetch("/logout", { method: "POST" })`)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	if stored := testkit.Eval[string](desk, `Object.values(sessionStorage).join()`); !strings.Contains(stored, "My own words") {
		t.Errorf("the draft is gone: %s", stored)
	}
}

// TestBrowserFiltersSurviveLogIn shows that the archive's filters and the page of the live monitor survive an ended
// session, and that the log-in leads nobody elsewhere.
func TestBrowserFiltersSurviveLogIn(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	b.Go(s.URL + "/archive?q=green+tea&from=2026-01-01&tag=")
	b.Wait(`location.pathname === "/login"`)
	b.Type("#f-email", o.Users[access.Supervisor].Email)
	b.Type("#f-password", "wrong, first")
	b.Click("form button.primary")
	b.Wait(`$(".notice.bad")`)
	b.Type("#f-password", testkit.Password)
	b.Click("form button.primary")
	b.Wait(`location.pathname === "/archive" && $("#f-q").value === "green tea" && $("#f-from").value === "2026-01-01"`)

	b.Go(s.URL + "/monitor?by=wait")
	b.Wait(`$("#queues th[scope=row]")`)
	b.Size(390, 844, false)
	b.Run(`document.querySelector("#queues th[scope=row]").textContent = "g".repeat(68)`)
	b.Wait(`document.documentElement.scrollWidth <= 390`)
	b.Size(1280, 800, false)
	forgetCookies(b)
	_, _ = startConversation(t, s, o, "Hello?")
	b.Wait(`$("[data-take]")`)
	b.Run(`document.querySelector("[data-take]").click()`)
	b.Wait(`location.pathname === "/login" && new URLSearchParams(location.search).get("next") === "/monitor?by=wait"`)

	// A page with forms and a socket stays, with what is typed in it.
	page := testkit.NewTab(t)
	website := "/admin/websites/" + o.Website.String()
	page.LogIn(s.URL, o.Users[access.Owner].Email, testkit.Password, website)
	// The socket is open. Its first heartbeat may be long in coming: none is sent while there is something else.
	page.Wait(`[...document.querySelectorAll("*")].some((e) => e._htmx?.ws?.connection?.socket?.readyState === 1) && $("#f-host")`)
	page.Type("#f-host", "tea.example")
	other := page.OpenAnother()
	other.Go(s.URL + "/preferences")
	other.Run(`await fetch("/logout", { method: "POST" })`)
	page.Wait(
		`text(".reconnecting").includes("Your session has ended") && $(".reconnecting a").target === "_blank" && $("#f-host").value === "tea.example"`)
	page.Accessible("a page whose session has ended")
	other.LogIn(s.URL, o.Users[access.Owner].Email, testkit.Password, "/admin")
	page.Wait(`(dispatchEvent(new Event("focus")), !$(".reconnecting")) && $("#f-host").value === "tea.example"`)

	// The part of the page that an address names is there again after the log-in.
	b.Go(s.URL + "/archive?q=tea#content")
	b.Wait(`location.pathname === "/login" && $("[name=next]").value === "/archive?q=tea#content"`)
}

// TestBrowserFormLimits shows that no page of ours cuts a text: what is too long is counted, and the form stays.
func TestBrowserFormLimits(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	b.LogIn(s.URL, o.Users[access.Supervisor].Email, testkit.Password, "/archive")
	b.Wait(`!$("[maxlength]")`)
	b.Click("#f-q")
	b.Run(`document.execCommand("insertText", false, "q".repeat(201))`)
	b.Wait(`text(".characters.over").startsWith("201 of 200 characters")`)
	b.Keys(kb.Enter)
	b.Wait(`text(".characters.over").includes("Too long. Shorten the text.") && $("#f-q").value.length === 201 && location.search === ""`)
	b.Accessible("a search that is too long")
	b.Keys(kb.Backspace + kb.Enter)
	b.Wait(`new URLSearchParams(location.search).get("q")?.length === 200`)
}
