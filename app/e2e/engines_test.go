package e2e

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
	"parley/app/tools/testkit/engines"
)

// enginesToTry are the browser engines that the tests of this file run in: those that ENGINES names (make e2e-all names all), and Chromium
// in every run.
func enginesToTry() []string {
	switch names := os.Getenv("ENGINES"); names {
	case "":
		return []string{"chromium"}
	case "all":
		return engines.Names
	default:
		return strings.Split(names, ",")
	}
}

// logInEngine logs a team member in through the form and waits for the page that next names.
func logInEngine(w *engines.Window, server, email, next string) {
	w.Go(server + "/login?next=" + next)
	w.Type("#f-email", email)
	w.Type("#f-password", testkit.Password)
	w.Click("form button.primary")
	w.Wait(`location.pathname === "` + next + `"`)
}

// elementTexts reads what is written in all elements that a selector names.
func elementTexts(w *engines.Window, selector string) []string {
	return engines.Eval[[]string](w, `$$("`+selector+`").map((e) => e.textContent)`)
}

// pageErrors is a script of a page that notes what goes wrong in it; faults reads that.
const pageErrors = `window.faults = []; addEventListener("error", (e) => faults.push(String(e.message))); addEventListener("unhandledrejection", (e) => faults.push(String(e.reason)));`

// checkPageErrors fails the test if a script of the page has reported an error.
func checkPageErrors(t *testing.T, w *engines.Window) {
	t.Helper()
	if all := engines.Eval[[]string](w, "window.faults || []"); len(all) > 0 {
		t.Errorf("%s: the page says %q", w.Name, all)
	}
}

// TestEngines plays what a visitor and an agent do every day in each browser engine: messages, a reload, a second
// tab, files, a screenshot of the page, a rating; keys, snippets, editing a message, notes, closing.
func TestEngines(t *testing.T) {
	t.Parallel()
	for _, name := range enginesToTry() {
		t.Run(name, func(t *testing.T) {
			t.Run("talk", func(t *testing.T) { engineChat(t, engines.Start(t, name)) })
			t.Run("files", func(t *testing.T) { engineFiles(t, engines.Start(t, name)) })
			t.Run("desk", func(t *testing.T) { engineDesk(t, engines.Start(t, name)) })
		})
	}
}

func openWith(w *engines.Window, page string) {
	w.Go(page)
	w.Wait(`$("chat .launcher").getClientRects().length`)
	w.Click("chat .launcher")
	w.Wait(`!$("chat .panel").hidden && document.getElementById("parley").shadowRoot.activeElement?.tagName === "TEXTAREA"`)
}

func engineChat(t *testing.T, e *engines.Engine) {
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	page := customerPageWith(t, s.URL, o.Key, pageErrors)
	desk, visitor := e.Open(), e.Open()
	logInEngine(desk, s.URL, o.Users[access.Agent].Email, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)

	openWith(visitor, page)
	visitor.Keys("Where is my <b>parcel</b>? Grüße, 你好 " + engines.Enter)
	visitor.Wait(`$("chat .message.visitor:not(.pending)")`)
	desk.Wait(`$("#take-next").getClientRects().length && $("#queue li, [data-queue] li")`)
	desk.Click("#take-next")
	desk.Wait(`$(".pane.shown textarea")`)
	visitor.Keys("I ordered on Monday" + engines.Enter)
	desk.Wait(`$(".pane .thread").innerText.includes("I ordered on Monday")`)
	desk.Type(".pane textarea", "Let me **look**"+engines.Enter)
	visitor.Wait(`$("chat .message.agent strong")?.textContent === "look"`)

	// After a reload it is the same conversation, and the panel is open.
	visitor.Reload()
	visitor.Wait(`$("chat .message.agent strong") && !$("chat .panel").hidden`)
	want := []string{"Where is my <b>parcel</b>? Grüße, 你好", "I ordered on Monday", "Let me look"}
	if got := elementTexts(visitor, "chat .message > .text"); !slices.Equal(got, want) {
		t.Errorf("after the reload: %q", got)
	}

	// A second tab shows it too, and both hear what the other writes.
	second := e.Open()
	openWith(second, page)
	second.Wait(`$("chat .message.agent")`)
	second.Keys("From the second tab" + engines.Enter)
	visitor.Wait(`$("chat .log").innerText.includes("From the second tab")`)
	visitor.Type("chat textarea", "From the first tab"+engines.Enter)
	second.Wait(`$("chat .log").innerText.includes("From the first tab")`)
	desk.Wait(`$(".pane .thread").innerText.includes("From the first tab")`)
	want = append(want, "From the second tab", "From the first tab")
	for _, w := range []*engines.Window{visitor, second} {
		w.Wait(`!$("chat .message.pending")`)
		if got := elementTexts(w, "chat .message > .text"); !slices.Equal(got, want) {
			t.Errorf("two tabs: %q", got)
		}
	}

	// What an input method has not finished is not sent, however the engine reports it.
	visitor.Type("chat textarea", "ni")
	visitor.Run(`for (const how of [{ isComposing: true, keyCode: 229 }, { isComposing: false, keyCode: 229 }])
		$("chat textarea").dispatchEvent(Object.defineProperty(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true, cancelable: true, isComposing: how.isComposing }), "keyCode", { value: how.keyCode, enumerable: true }))`)
	if got := engines.Eval[string](visitor, `$("chat textarea").value`); got != "ni" {
		t.Errorf("an input method's Enter sent the text; there is %q now", got)
	}
	checkPageErrors(t, visitor)
	checkPageErrors(t, second)
}

func engineFiles(t *testing.T, e *engines.Engine) {
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	changeSettings(t, s, o, func(x *settings.Widget) { x.Files.Screenshots = true })
	page := customerPageWith(t, s.URL, o.Key, pageErrors+`
		const click = HTMLInputElement.prototype.click; // no dialog of the system: the input comes into the page, where a test reaches it
		HTMLInputElement.prototype.click = function () { if (this.type !== "file") return click.call(this); this.id = "chooser"; document.body.append(this); };`)
	desk, visitor := e.Open(), e.Open()
	logInEngine(desk, s.URL, o.Users[access.Agent].Email, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	openWith(visitor, page)
	visitor.Keys("It is broken" + engines.Enter)
	visitor.Wait(`$("chat .message.visitor:not(.pending)")`)
	conversation := uuid.MustParse(onlyConversation(t, s, o))
	desk.Click("#take-next")
	desk.Wait(`$(".pane.shown textarea")`)

	// A file by the button, a picture by pasting.
	textFile := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(textFile, []byte("Dear shop,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	visitor.Wait(`$("chat .attach")`)
	visitor.Click("chat .attach")
	visitor.Wait(`$("#chooser")`)
	visitor.Choose("#chooser", textFile)
	visitor.Wait(`$("chat .message.visitor .file.card")`)
	desk.Wait(`$(".pane .file.card, .pane .file")?.innerText.includes("letter.txt")`)
	visitor.Run(`const bytes = Uint8Array.from(atob("` + base64.StdEncoding.EncodeToString(pngOf(64, 48)) + `"), (c) => c.charCodeAt(0)), data = new DataTransfer();
		data.items.add(new File([bytes], "teapot.png", { type: "image/png" }));
		const paste = new Event("paste", { bubbles: true, composed: true, cancelable: true });
		Object.defineProperty(paste, "clipboardData", { value: data });
		$("chat textarea").dispatchEvent(paste);`)
	desk.Wait(`$(".pane .file.image img")?.naturalWidth === 64`)

	// A picture of the page, shown before it goes out.
	visitor.Wait(`$("chat .shot")`)
	visitor.Click("chat .shot")
	visitor.Wait(`$("chat .sheet canvas")?.width > 100`)
	visitor.Click("chat .sheet .send")
	desk.Wait(`$$(".pane .file.image img").some((i) => i.naturalWidth > 100)`)

	// The agent's file.
	desk.Run(`const data = new DataTransfer();
		data.items.add(new File(["Put the label on the parcel."], "returns.txt", { type: "text/plain" }));
		const drop = new Event("drop", { bubbles: true, cancelable: true });
		Object.defineProperty(drop, "dataTransfer", { value: data });
		$(".pane textarea").dispatchEvent(drop);`)
	desk.Wait(`$(".staged li span")?.innerText === "returns.txt"`)
	desk.Type(".pane textarea", "Here is how"+engines.Enter)
	visitor.Wait(`$("chat .message.agent .file.card")?.innerText.includes("returns.txt")`)

	// The end, by the agent; the visitor's rating.
	desk.Click(".pane .close button")
	visitor.Wait(`$("chat .rating .star")?.getClientRects().length`)
	visitor.Click("chat .star:nth-child(4)")
	visitor.Type("chat .rating textarea", "Quick")
	visitor.Click("chat .rating .send")
	visitor.Wait(`text("chat .rating").startsWith("Thank you!")`)
	past, err := s.Archive.Get(context.Background(), o.As(access.Manager), conversation, "")
	if err != nil || past.Rating.Value != 4 || past.Rating.Comment != "Quick" {
		t.Errorf("the rating is %+v %v", past.Rating, err)
	}
	checkPageErrors(t, visitor)
}

func engineDesk(t *testing.T, e *engines.Engine) {
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	if err := s.FAQ.SaveSnippet(ctx, o.As(access.Owner), faq.Snippet{Name: "hello", Body: "Good morning!"}); err != nil {
		t.Fatal(err)
	}
	desk, visitor := e.Open(), e.Open()
	logInEngine(desk, s.URL, o.Users[access.Agent].Email, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Run(pageErrors)
	openWith(visitor, customerPageWith(t, s.URL, o.Key, pageErrors))
	visitor.Keys("Which one is better?" + engines.Enter)
	desk.Wait(`$("#take-next").getClientRects().length && $("#queue li, [data-queue] li")`)

	// By keyboard alone: the keys are those that the desk itself shows.
	run := func(command string) {
		t.Helper()
		keys := engines.Eval[string](desk, `JSON.parse(document.body.dataset.commands).find((c) => c.id === "`+command+`").keys`)
		parts := strings.Split(keys, "+")
		codes := map[string]string{
			"Ctrl":      engines.Control,
			"Alt":       engines.Alt,
			"Shift":     engines.Shift,
			"ArrowUp":   engines.ArrowUp,
			"ArrowDown": engines.ArrowDown,
			"Enter":     engines.Enter,
			"F1":        engines.F1,
		}
		for i, part := range parts {
			if code, is := codes[part]; is {
				parts[i] = code
			} else {
				parts[i] = strings.ToLower(part)
			}
		}
		desk.Press(parts[len(parts)-1], parts[:len(parts)-1]...)
	}
	run("take")
	desk.Wait(`document.activeElement.matches(".pane.focus textarea")`)
	desk.Keys("the ")
	run("bold")
	desk.Keys("red one")
	desk.Keys(engines.Enter)
	visitor.Wait(`$("chat .message.agent strong")?.textContent === "red one"`)
	desk.Wait(`!$(".pane.focus [data-composer]").out?.length`)

	// Change the last message.
	desk.Keys(engines.ArrowUp)
	desk.Wait(`$(".composer.editing textarea")?.value.includes("red one")`)
	desk.Keys(strings.Repeat(engines.Backspace, 20) + "the blue one" + engines.Enter)
	visitor.Wait(`text("chat .message.agent .text").includes("the blue one")`)
	desk.Wait(`!$(".composer.editing")`)

	useSnippetNoteAndPalette(desk, visitor, run)

	// A draft survives a reload.
	desk.Click(`.pane [data-kind=text]`)
	desk.Keys("half a sent")
	desk.Reload()
	desk.Wait(`document.body.classList.contains("ready") && $(".pane textarea")?.value === "half a sent"`)
	desk.Click(".pane textarea")
	desk.Keys(strings.Repeat(engines.Backspace, len("half a sent"))) // with a draft it would ask first
	desk.Wait(`$(".pane textarea").value === ""`)
	run("close")
	desk.Wait(`$(".pane .gone, .pane.closed, .pane [data-dismiss]")?.getClientRects().length`)
	visitor.Wait(`$("chat .rating")?.getClientRects().length`)
	if all := engines.Eval[string](visitor, `$("chat .log").innerText`); strings.Contains(all, "Prefers blue") {
		t.Error("the visitor reads the internal note")
	}
	checkPageErrors(t, visitor)
}

// useSnippetNoteAndPalette sends a snippet by its name, writes a note, and opens the palette.
func useSnippetNoteAndPalette(desk, visitor *engines.Window, run func(command string)) {
	// A snippet by its name, and a note that stays inside.
	desk.Keys("/hel")
	desk.Wait(`$(".pane .snippets li")`)
	desk.Keys(engines.Enter)
	desk.Wait(`$(".pane.focus textarea").value === "Good morning!"`)
	desk.Keys(engines.Enter)
	visitor.Wait(`$("chat .log").innerText.includes("Good morning!")`)
	run("note")
	desk.Wait(`$(".composer.noting")`)
	desk.Keys("Prefers blue" + engines.Enter)
	desk.Wait(`$(".pane .message.note")?.innerText.includes("Prefers blue")`)
	run("palette")
	desk.Wait(`$("#palette[open]")`)
	desk.Keys(engines.Escape)
	desk.Wait(`!$("#palette[open]")`)
}
