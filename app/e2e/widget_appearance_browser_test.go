package e2e

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestBrowserWidgetEverywhere shows that the widget looks and works as it should on hostile pages, in other
// languages, and on phones.
func TestBrowserWidgetEverywhere(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	changeSettings(t, s, o, func(x *settings.Widget) {
		x.General.Zone = "Europe/Berlin"
		x.Greetings.List = []settings.Greeting{
			{Text: "Guten Tag! Wie können wir helfen?", Language: "de", Status: "Wir antworten meist in wenigen Minuten"},
			{Text: "مرحبا! كيف يمكننا مساعدتك؟", Language: "ar"},
			{Text: "Help for the checkout", Page: "/checkout"},
			{Text: "Nobody says this", States: []settings.Availability{settings.Online}, From: "08:00", To: "08:01", Days: []int{1}},
		}
		x.Texts = map[string]map[string]string{"de": {"write": "Ihre Frage …"}}
		x.Appearance.Color = "#7a1fa2"
	})
	b := testkit.NewTab(t)
	at := func() [4]float64 {
		return testkit.Eval[[4]float64](b,
			`(() => { const r = `+inChat(".launcher")+`.getBoundingClientRect(); return [r.left, r.top, innerWidth - r.right, innerHeight - r.bottom]; })()`)
	}

	checkHostilePage(t, o, s, b, at)

	// From right to left, on a phone, in the dark.
	b = testkit.NewTab(t)
	b.Size(390, 780, true)
	b.Go(newPage(t, s, o.Key, `lang="ar" dir="rtl"`, "", "<h1>متجر</h1>"))
	b.Wait(`$("chat .launcher") && $("chat .launcher").getClientRects().length`)
	if p := at(); p[0] != 20 {
		t.Errorf("from right to left the launcher is %v pixels from the sides", p)
	}
	if label := testkit.Eval[string](b, inChat(".launcher")+`.getAttribute("aria-label")`); label != "فتح الدردشة" {
		t.Errorf("the launcher is called %q", label)
	}
	b.Click("chat .launcher")
	b.Wait(`text("chat .greeting").startsWith("مرحبا")`)
	b.Type("chat .composer textarea", "أين طردي؟"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	if full := testkit.Eval[bool](b,
		`(() => { const r = `+inChat(".panel")+`.getBoundingClientRect(); return r.width === innerWidth && r.height === innerHeight; })()`); !full {
		t.Error("on a phone the panel does not fill the screen")
	}
	b.Accessible("arabic")
	saveWidgetScreenshot(t, b, "arabic-phone-dark")

	// The page's own script: what opens the chat, what it is told; and another page of the same site.
	changeSettings(t, s, o, func(x *settings.Widget) { x.Appearance = settings.Appearance{Left: true, LauncherSelector: ".help"} })
	b = testkit.NewTab(t)
	b.Size(1280, 800, false)
	checkPageScript(t, o, s, b)

	// An invitation comes once, and not again on the next page.
	changeSettings(t, s, o, func(x *settings.Widget) {
		x.Appearance, x.Invitation = settings.Appearance{}, settings.Invitation{Text: "Can we help you?", ScrollPercent: 50}
	})
	checkInvitationOnce(t, o, s)
}

// checkInvitationOnce checks that an invitation comes once, and not again on the next page.
func checkInvitationOnce(t *testing.T, o testkit.Org, s *serve.Server) {
	t.Helper()
	var b *testkit.Tab
	page := newPage(t, s, o.Key, `lang="en"`, "", `<div style="height: 3000px">Long</div>`)
	b = testkit.NewTab(t)
	b.Size(1280, 800, false)
	b.Go(page)
	b.Wait(`$("chat .launcher") && $("chat .launcher").getClientRects().length`)
	time.Sleep(300 * time.Millisecond)
	b.Run("scrollTo(0, 2000)")
	b.Wait(`text("chat .invite .words") === "Can we help you?"`)
	b.Accessible("invitation")
	saveWidgetScreenshot(t, b, "invitation")
	b.Reload()
	b.Wait(`$("chat .launcher") && $("chat .launcher").getClientRects().length`)
	time.Sleep(300 * time.Millisecond)
	b.Run("scrollTo(0, 2500)")
	time.Sleep(500 * time.Millisecond)
	if testkit.Eval[bool](b, "!!"+inChat(".invite")) {
		t.Error("the invitation came twice")
	}
	if stored := testkit.Eval[string](b, `Object.keys(localStorage).join() + document.cookie`); stored != "parley."+o.Key+".invited" {
		t.Errorf("stored before opening: %s", stored)
	}
}

// checkPageScript checks what the page's own script can do, and what it is told.
func checkPageScript(t *testing.T, o testkit.Org, s *serve.Server, b *testkit.Tab) {
	t.Helper()
	b.Go(newPage(t, s, o.Key, `lang="en"`, `<script>window.parley = function () { (parley.q = parley.q || []).push(arguments); }; window.told = [];
		for (const e of ["open", "close", "started", "message", "unread"]) parley("on", e, (x) => told.push(e)); parley("set", { plan: "Pro" });</script>`, `<button class="help">Ask us</button>`) + "/checkout/2")
	b.Wait(`document.getElementById("parley")`)
	time.Sleep(300 * time.Millisecond)
	if testkit.Eval[bool](b, inChat(".launcher")+".getClientRects().length > 0") {
		t.Error("the launcher shows, though the page has its own")
	}
	b.Click(".help")
	b.Wait(`text("chat .greeting") === "Help for the checkout"`)
	b.Wait(`told.join() === "open"`)
	b.Run(`history.pushState({}, "", "/thanks"); parley("close"); parley("start", { text: "Where is my order?" })`)
	b.Wait(`!$("chat .panel").hidden && $("chat .composer textarea").value === "Where is my order?"`)
	b.Click("chat .composer .send")
	b.Wait(`told.includes("started") && $("chat .message.visitor:not(.pending)")`)
	b.Run(`parley("dance")`)
	if c := b.Console(); len(c) != 1 || !strings.Contains(c[0], `there is no parley(`) {
		t.Errorf("the console says %q", c)
	}
}

// TestBrowserAgentAvatar shows the agent's picture as this customer's visitors see it.
func TestBrowserAgentAvatar(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	manager := testkit.NewTab(t)
	manager.LogIn(s.URL, o.Users[access.Manager].Email, testkit.Password, "/admin/team/"+o.As(access.Agent).ID().String())
	manager.Wait(`$("[name^=picture-]")`)
	manager.Run(`{ const data = new DataTransfer(); data.items.add(new File([Uint8Array.from(atob("` + base64.StdEncoding.EncodeToString(pngOf(40, 40)) + `"), (c) => c.charCodeAt(0))], "mia.png", { type: "image/png" }));
		const field = document.querySelector("[name^=picture-]"); field.files = data.files; document.querySelector("[name^=alias-]").value = "Mia of the shop"; field.form.requestSubmit(); }`)
	manager.Wait(`$("img.face") && $("img.face").naturalWidth === 40`)
	manager.Accessible("person")
	visitor := testkit.NewTab(t)
	openChat(visitor, newPage(t, s, o.Key, `lang="en"`, "", ""))
	visitor.Type("chat .composer textarea", "Hello"+kb.Enter)
	visitor.Wait(`$("chat .message.visitor:not(.pending)")`)
	if _, err := s.Routing.Take(ctx, o.As(access.Agent), "Mia", uuid.MustParse(onlyConversation(t, s, o))); err != nil {
		t.Fatal(err)
	}
	visitor.Wait(
		`text("chat .status") === "Mia of the shop is here for you" && $("chat .face").naturalWidth === 40 && $("chat .face").getClientRects().length`)
	visitor.Reload()
	visitor.Wait(`$("chat .face") && $("chat .face").naturalWidth === 40`)
}

// TestBrowserCustomTheme shows that the second theme that comes with the widget differs altogether, and works.
func TestBrowserCustomTheme(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	look, err := os.ReadFile("../../widget/themes/paper.css")
	if err != nil {
		t.Fatal(err)
	}
	page := servePage(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/paper.css" {
			w.Header().Set("Content-Type", "text/css")
			w.Write(look)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>A page</title><script async src="%s/widget.js" data-key="%s"></script>
<link rel="stylesheet" href="/paper.css" data-parley></head><body><h1>A bookshop</h1></body></html>`, s.URL, o.Key)
	}))
	for _, size := range []int64{1280, 390} {
		b := testkit.NewTab(t)
		b.Size(size, 800, false)
		openChat(b, page)
		b.Type("chat .composer textarea", "Do you have letters?"+kb.Enter)
		b.Wait(`$("chat .message.visitor:not(.pending)")`)
		b.Accessible("paper")
		saveWidgetScreenshot(t, b, "paper-"+itoa(int(size)))
		if family := testkit.Eval[string](b, `getComputedStyle(`+inChat(".text")+`).fontFamily`); !strings.Contains(family, "Georgia") {
			t.Errorf("it is set in %s", family)
		}
	}
}

// newPage serves a page with the two lines, something in its head, and something in its body.
func newPage(t testing.TB, s *serve.Server, key, html, head, body string) string {
	t.Helper()
	return servePage(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html %s><head><title>A page</title><meta name="viewport" content="width=device-width, initial-scale=1">%s
<script async src="%s/widget.js" data-key="%s"></script>
<link rel="stylesheet" href="%s/widget.css"></head><body>%s</body></html>`, html, head, s.URL, key, s.URL, body)
	}))
}

// checkHostilePage opens the panel, in German, on a page that undoes everything of all its elements and adds to what scripts build on.
// at returns the launcher's distances from the left, top, right and bottom.
func checkHostilePage(t *testing.T, o testkit.Org, s *serve.Server, b *testkit.Tab, at func() [4]float64) {
	t.Helper()
	b.Size(1280, 800, false)
	b.Go(newPage(t, s, o.Key, `lang="de"`, `<style>* { all: unset; color: red; position: static; display: block; font: 40px serif; opacity: .9 } div { transform: rotate(3deg) }</style>
		<script>Object.defineProperty(crypto, "randomUUID", { value: undefined }); Array.prototype.evil = function () {}; Array.prototype.toJSON = function () { return "[]"; }; Object.defineProperty(Object.prototype, "wicked", { value: 1, enumerable: true, configurable: true, writable: true }); document.write("<p>written</p>");</script>`, "<h1>Everything is undone</h1>"))
	b.Wait(`$("chat .launcher") && $("chat .launcher").getClientRects().length`)
	if p := at(); p[2] != 20 || p[3] != 20 {
		t.Errorf("on a hostile page the launcher is %v pixels from the corner", p)
	}
	b.Click("chat .launcher")
	b.Wait(`text("chat .greeting") === "Guten Tag! Wie können wir helfen?"`)
	b.Wait(`text("chat .status") === "Wir antworten meist in wenigen Minuten"`)
	if got := testkit.Eval[string](b, inChat(".composer textarea")+".placeholder"); got != "Ihre Frage …" {
		t.Errorf("the text of the website's own is %q", got)
	}
	if got := testkit.Eval[string](b,
		`getComputedStyle(`+inChat(".greeting")+`).color + getComputedStyle(`+inChat(".panel")+`).transform`); strings.Contains(got, "255, 0, 0") {
		t.Errorf("the page's styles reach into the panel: %s", got)
	}
	b.Type("chat .composer textarea", "Hallo"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	b.Wait(`text("chat .status") !== ""`)
	saveWidgetScreenshot(t, b, "hostile-german") // axe-core itself does not run here
	for _, line := range b.Console() {
		t.Errorf("on the console: %s", line)
	}
	dropFile(b, inChat(".panel"), "drop", "kanne.png", "image/png", pngOf(640, 480))
	b.Wait(`$("chat .file img")?.naturalWidth === 640 && $("chat .file img").width === 240`)
	dropFile(b, inChat(".panel"), "drop", "brief.html", "text/html", []byte("<!DOCTYPE html><p>Hallo"))
	b.Wait(`$("chat .progress")?.innerText.includes("Diese Art von Datei kann hier nicht gesendet werden.")`)
}
