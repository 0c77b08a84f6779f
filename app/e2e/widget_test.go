package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// inChat is an expression for an element of the widget.
func inChat(selector string) string {
	return `document.getElementById("parley").shadowRoot.querySelector("` + selector + `")`
}

// saveWidgetScreenshot stores a picture of a tab in the folder that SCREENSHOTS names.
func saveWidgetScreenshot(t *testing.T, b *testkit.Tab, name string) {
	t.Helper()
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		time.Sleep(200 * time.Millisecond) // transitions
		if err := os.WriteFile(filepath.Join(dir, "widget-"+name+".png"), b.Screenshot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func changeSettings(t testing.TB, s *serve.Server, o testkit.Org, change func(*settings.Widget)) {
	t.Helper()
	err := s.Settings.Update(context.Background(), o.As(access.Manager), settings.ForWebsite(o.Website), settings.Change{Set: func(x *settings.Widget) error {
		change(x)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// openChat opens the panel of a customer's page.
func openChat(b *testkit.Tab, page string) {
	b.Go(page)
	b.Wait(`$("chat .launcher").getClientRects().length`)
	b.Click("chat .launcher")
	b.Wait(`$("chat .panel") && !$("chat .panel").hidden`)
}

// TestBrowserProofOfWork shows that where a website asks for it a new visitor's browser does some work first, and
// the visitor notices nothing.
func TestBrowserProofOfWork(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	changeSettings(t, s, o, func(x *settings.Widget) { x.Security.ProofOfWork = true })
	p := openRaw(t, s, o, "")
	p.send(`{"type":"hello","protocol":1}`)
	if _, refused := p.welcomed(); refused != "work" {
		t.Errorf("without work: %q", refused)
	}
	b := testkit.NewTab(t)
	openChat(b, newPage(t, s, o.Key, `lang="en"`, "", ""))
	b.Type("chat .composer textarea", "Hello"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	b.Reload()
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
}

// TestBrowserPageScreenshot shows the screenshot of a page: shown first, without what is in the fields, and sent
// when the visitor says so.
func TestBrowserPageScreenshot(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	changeSettings(t, s, o, func(x *settings.Widget) { x.Files.Screenshots = true })
	b := testkit.NewTab(t)
	b.Size(1280, 800, false)
	openChat(b,
		newPage(t, s, o.Key, `lang="en"`, "",
			`<h1>Checkout</h1><p>Your card was refused.</p><form><label>Card <input value="4111 1111 1111 1111"></label></form>`))
	b.Click("chat .shot")
	b.Wait(`$("chat .sheet canvas")`)
	saveWidgetScreenshot(t, b, "picture-of-the-page")
	b.Click("chat .sheet .send")
	b.Wait(`$("chat .message.visitor .file img") && $("chat .message.visitor .file img").naturalWidth > 1000`)
}

// TestBrowserWidgetSettings shows that visitors get what managers set; the page previews it before it is saved, and
// a refused form keeps what was typed.
func TestBrowserWidgetSettings(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	b.Size(1280, 900, false)
	b.LogIn(s.URL, o.Users[access.Manager].Email, testkit.Password, "/admin/websites/"+o.Website.String()+"/widget")
	stage := `document.querySelector("#stage > div").shadowRoot.querySelector`
	b.Wait(stage + `(".greeting").textContent === "Hello from ` + o.Name + `"`)
	b.Type(`[name="0-text"]`, "Good evening!")
	b.Run(`{ const set = (s, v) => { const e = document.querySelector(s); e.value = v; e.dispatchEvent(new Event("input", { bubbles: true })); };
		set('[name="0-from"]', "18:00"); set('[name="0-to"]', "08:00"); set("#see-at", "2026-11-23T19:30"); }`)
	b.Wait(stage + `(".greeting").textContent === "Good evening!"`)
	b.Run(
		`{ const e = document.querySelector("#see-at"); e.value = "2026-11-23T12:00"; e.dispatchEvent(new Event("input", { bubbles: true })); }`)
	b.Wait(stage + `(".greeting").textContent === "Hello from ` + o.Name + `"`)
	for _, size := range []int64{1280, 390} {
		b.Size(size, 900, size == 390)
		time.Sleep(300 * time.Millisecond) // transitions
		b.Accessible("widget settings")
		if over := testkit.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			t.Errorf("%d pixels wider than the screen", over)
		}
		saveWidgetScreenshot(t, b, "settings-"+itoa(int(size)))
	}
	b.Size(1280, 900, false)
	b.Run(`document.querySelector("form[action$=greetings]").requestSubmit()`)
	b.Wait(`text(".notice.good")`)
	b.Wait(`document.querySelector('[name="0-from"]').value === "18:00"`)

	b.Run(
		`{ document.querySelector("#f-holidays").value = "Christmas"; document.querySelector('[name="1-text"]').value = "Merry Christmas"; document.querySelector("form[action$=greetings]").requestSubmit(); }`)
	b.Wait(`text("main").includes("“Christmas” is not a date")`)
	b.Wait(
		`document.querySelector("#f-holidays").value === "Christmas" && document.querySelector('[name="1-text"]').value === "Merry Christmas"`)
	b.Run(
		`{ document.querySelector("#f-texts").value = "de.wrote = Was möchten Sie wissen?"; document.querySelector("form[action$=texts]").requestSubmit(); }`)
	b.Wait(`text("form[action$=texts]").includes("has no text “wrote”") && document.querySelector("#f-texts").value.includes("de.wrote")`)
	b.Run(`document.querySelector("form[action$=texts] summary").click()`)
	b.Wait(`text("form[action$=texts] li").startsWith("open Open chat")`)
	saveWidgetScreenshot(t, b, "texts")
	b.Run(`document.querySelector("form[action$=identity]").requestSubmit()`)
	b.Wait(`text("#signing").includes("jsonwebtoken")`)
	b.Run(
		`document.querySelector('[name="1-text"]').value = "First of all"; document.querySelector('[name="1-place"]').value = 1; document.querySelector("#f-holidays").value = ""; document.querySelector("form[action$=greetings]").requestSubmit()`)
	b.Wait(
		`text(".notice.good") && document.querySelector('[name="0-text"]').value === "First of all" && document.querySelector('[name="1-text"]').value === "Good evening!"`)
	w, err := s.Org.GetWebsite(context.Background(), o.As(access.Manager), o.Website)
	if err != nil || len(w.Settings.Greetings.List) != 2 || w.IdentityKey == "" {
		t.Errorf("kept: %+v %v", w.Settings, err)
	}
}

func newFile(name, text string) files.Upload {
	return files.Upload{
		ID:       uuid.New(),
		Purpose:  files.ForSnippet,
		Name:     name,
		Bytes:    []byte(text),
		Allowed:  files.Categories,
		MaxBytes: 1000,
	}
}

func snippetWith(file uuid.UUID) faq.Snippet {
	return faq.Snippet{Name: "terms", Body: "Here are our terms.", File: file}
}
