package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// runBefore has a script run in every page of a tab before the page's own.
func runBefore(b *testkit.Tab, script string) {
	b.T.Helper()
	if _, err := chromedp.Call(b.Context(), page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: script,
	}); err != nil {
		b.T.Fatal(err)
	}
}

// press dispatches a key press wherever the focus is, in each of the ways in which it can belong to an input method: while it composes, as
// Safari sends what ends a composition, and as systems without a code for it do.
const press = `window.press = (key, more = {}) => {
	for (const its of [{ isComposing: true, keyCode: 229 }, { isComposing: true }, { keyCode: 229 }])
		document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, code: key, bubbles: true, cancelable: true, ...more, ...its }));
	for (const unknown of ["Process", "Dead"])
		document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { code: key, bubbles: true, cancelable: true, ...more, key: unknown }));
};`

// TestBrowserInputMethods shows that keys pressed while an input method composes belong to it: nothing is sent,
// chosen, closed, moved or run, in any part of the desk or on the live monitor. The same keys act afterwards.
func TestBrowserInputMethods(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	mia := o.As(access.Agent)
	if err := s.FAQ.SaveSnippet(ctx, mia, faq.Snippet{
		User: mia.ID(),
		Name: "hello",
		Body: "Hello there",
		Keys: "Ctrl+Shift+H",
	}); err != nil {
		t.Fatal(err)
	}
	_, a := startConversation(t, s, o, "Where is my parcel?")
	startConversation(t, s, o, "And my refund?")
	if _, err := s.Conversations.SendAsAgent(ctx, mia, a, uuid.New(), conversation.Text, "On its way"); err != nil {
		t.Fatal(err)
	}
	desk := testkit.NewTab(t)
	runBefore(desk, press)
	desk.Size(1500, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready") && document.querySelectorAll(".pane.shown").length === 2`)
	field := "#text-" + a.String()
	area := `document.querySelector("` + field + `")`

	// The composer: Enter does not send, Up does not edit, commands and snippets' keys do nothing, panes stay.
	desk.Type(field, "ni hao")
	desk.Run(`press("Enter"); press("n", { code: "KeyN", altKey: true }); press("m", { code: "KeyM", altKey: true }); press("h", { code: "KeyH", ctrlKey: true, shiftKey: true });
		press("k", { code: "KeyK", ctrlKey: true }); press("ArrowDown", { altKey: true }); press("2", { code: "Digit2", altKey: true }); press("Escape"); press("Tab")`)
	desk.Wait(
		area + `.value === "ni hao" && !$("` + field + `").form.out.length && !$("dialog[open]") && !$(".noting") && document.activeElement === $("` + field + `")`)
	desk.Run(area + `.value = ""; press("ArrowUp")`)
	desk.Wait(`!$(".composer.editing") && ` + area + `.value === ""`)
	desk.Keys(kb.ArrowUp)
	desk.Wait(`$(".composer.editing") && ` + area + `.value === "On its way"`)
	desk.Run(`press("Escape")`)
	desk.Wait(`$(".composer.editing")`)
	desk.Keys(kb.Escape)
	desk.Wait(`!$(".composer.editing")`)

	// A note.
	desk.Keys("m", altKey)
	desk.Wait(`$("#pane-` + a.String() + ` .noting")`)
	desk.Keys("a note")
	desk.Run(`press("Enter")`)
	desk.Wait(area + `.value === "a note" && $("#pane-` + a.String() + ` .noting")`)
	desk.Keys("m", altKey)
	desk.Run(area + `.value = ""; ` + area + `.dispatchEvent(new InputEvent("input", { bubbles: true }))`)

	// The list of snippets: it does not open for what is still being composed, and does not choose.
	desk.Run(
		area + `.value = "/hel"; ` + area + `.setSelectionRange(4, 4); ` + area + `.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }))`)
	desk.Wait(`!$(".snippets")`)
	desk.Run(area + `.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }))`)
	desk.Wait(`$(".snippets li")`)
	desk.Run(`press("Enter"); press("Tab"); press("Escape")`)
	desk.Wait(`$(".snippets li") && ` + area + `.value === "/hel"`)
	desk.Keys(kb.Enter)
	desk.Wait(`!$(".snippets") && ` + area + `.value === "Hello there"`)

	// The palette: neither chooses nor closes.
	desk.Keys("k", chromedp.ModifierCtrl)
	desk.Wait(`$("#palette[open]")`)
	desk.Run(`press("ArrowDown"); press("Enter"); press("Escape")`)
	desk.Wait(`$("#palette[open]") && $("#palette-0").getAttribute("aria-selected") === "true"`)
	desk.Keys(kb.Escape)
	desk.Wait(`!$("#palette[open]")`)

	// Emoji, the search of the FAQ, and the column beside.
	desk.Run(area + `.focus()`)
	desk.Keys("v", altKey)
	desk.Wait(`document.activeElement.matches(".emojis input")`)
	desk.Run(`press("Enter"); press("ArrowDown"); press("Escape")`)
	desk.Wait(`document.activeElement.matches(".emojis input") && ` + area + `.value === "Hello there"`)
	desk.Keys(kb.Escape)
	desk.Wait(`!$(".emojis") && $("#look-` + a.String() + `")`)
	desk.Click("#look-" + a.String())
	desk.Run(`press("Escape"); press("ArrowDown"); press("Enter")`)
	desk.Wait(`document.activeElement.id === "look-` + a.String() + `"`)

	// The transfer's form.
	desk.Run(`document.querySelector("#pane-` + a.String() + ` [data-hand]").open = true`)
	desk.Wait(`$("#comment-` + a.String() + `")`)
	desk.Type("#comment-"+a.String(), "ni")
	desk.Run(`press("Escape")`)
	desk.Wait(`$("#pane-` + a.String() + ` [data-hand]").open && $("#comment-` + a.String() + `").value === "ni"`)

	// The live monitor.
	monitor := testkit.NewTab(t)
	runBefore(monitor, press)
	monitor.LogIn(s.URL, o.Users[access.Supervisor].Email, testkit.Password, "/board")
	monitor.Wait(`document.querySelectorAll("[data-talk]").length === 2`)
	monitor.Run(`document.querySelector("[data-talk]").focus(); for (const its of [{ isComposing: true }, { keyCode: 229 }])
		for (const code of ["KeyW", "KeyT", "ArrowDown"]) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: code, code, bubbles: true, ...its }))`)
	monitor.Wait(`document.activeElement === $("[data-talk]") && location.pathname === "/board"`)
	monitor.Keys(kb.ArrowDown)
	monitor.Wait(`document.activeElement === document.querySelectorAll("[data-talk]")[1]`)
}

// paste gives the focused field data from the clipboard: text, HTML and files as programs offer them.
const paste = `window.give = (type, data, to = document.activeElement) => {
	const d = new DataTransfer();
	for (const [kind, text] of Object.entries(data.text || {})) d.setData(kind, text);
	for (const name of data.files || []) d.items.add(new File(["x"], name, { type: /png$/.test(name) ? "image/png" : "application/pdf" }));
	const e = type === "drop" ? new DragEvent("drop", { dataTransfer: d, bubbles: true, cancelable: true }) : new ClipboardEvent("paste", { clipboardData: d, bubbles: true, cancelable: true });
	to.dispatchEvent(e);
	if (!e.defaultPrevented && data.text?.["text/plain"]) document.execCommand("insertText", false, data.text["text/plain"]); // as the browser does
};
window.paste = (data, to) => give("paste", data, to);
window.drop = (data, to) => give("drop", data, to);`

// TestBrowserPasteAtTheDesk shows that cells and passages of documents paste their text and offer their picture;
// pictures and files alone are attached; HTML alone pastes its text; control characters are left out. Dropping is
// the same. A text over the limit stays whole, is counted, and is not sent.
func TestBrowserPasteAtTheDesk(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v, a := startConversation(t, s, o, "Where is my parcel?")
	desk := testkit.NewTab(t)
	runBefore(desk, paste)
	desk.Size(1500, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready") && $(".pane.shown")`)
	field := "#text-" + a.String()
	area := `document.querySelector("` + field + `")`
	pane := "#pane-" + a.String()
	empty := func() {
		t.Helper()
		desk.Run(
			`for (const e of document.querySelectorAll(".staged button, .brought button:last-child")) e.click(); ` + area + `.value = ""; ` + area + `.dispatchEvent(new Event("input", { bubbles: true })); ` + area + `.focus()`)
	}
	desk.Click(field)
	checkPastedContent(t, desk, area, pane, empty)
	// A vertical tab is gone, its words are not one.
	empty()
	desk.Run(`paste({ text: { "text/plain": "Title\x0bSubtitle" } })`)
	desk.Wait(`/^Title\sSubtitle$/.test(` + area + `.value) && !` + area + `.value.includes("\x0b")`)

	// The picture comes along when it is wanted.
	empty()
	takeOfferedPicture(t, desk, area)

	// Over the limit.
	empty()
	checkReplyLimit(t, o, s, v, a, desk, field, area, pane)

	checkOtherLimits(a, desk, pane)

	// The pages on which the visitor is are shown as they change.
	w := newVisitor(t, s, o, v.token)
	if err := w.WriteFrame(map[string]any{
		"type":         "about",
		"conversation": a,
		"trail":        []map[string]any{{"url": "https://shop.example/cups", "title": "Cups of tea", "at": time.Now()}},
	}); err != nil {
		t.Fatal(err)
	}
	desk.Wait(`$("#trail-` + a.String() + `")?.innerText.includes("Cups of tea")`)

	// The end of the thread stays in view, whatever takes space from it.
	w.send(strings.Repeat("A line\n", 100) + "The end")
	end := `((t) => t.clientHeight > 100 && t.scrollTop > 100 && t.scrollHeight - t.scrollTop - t.clientHeight < 2)($("#thread-` + a.String() + `"))`
	desk.Wait(`$("#thread-` + a.String() + `").innerText.includes("The end") && ` + end)
	empty()
	desk.Run(`paste({ text: { "text/plain": "a\tb\n".repeat(20) }, files: ["image.png"] })`)
	desk.Wait(`$(".brought") && ` + area + `.clientHeight > 200 && ` + end)

	// A snippet that does not exist is not sent as a reply, unless it is meant.
	empty()
	checkUnknownSnippet(a, desk, area, w)

	checkLongNames(t, desk, pane)

	checkPhoneView(t, a, desk, field, area, pane, end)
	desk.Wait(end)
}

// takeOfferedPicture takes the picture that was offered with pasted cells.
func takeOfferedPicture(t *testing.T, desk *testkit.Tab, area string) {
	t.Helper()
	desk.Run(`paste({ text: { "text/plain": "a\tb" }, files: ["image.png"] })`)
	desk.Accessible("the offered picture")
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "offered-picture.png"), desk.Screenshot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	desk.Click(".brought button")
	desk.Wait(`!$(".brought") && text(".staged").includes("image.png") && ` + area + `.value === "a\tb"`)
}

// checkPastedContent pastes or drops each kind of content, and checks what becomes of it.
func checkPastedContent(t *testing.T, desk *testkit.Tab, area, pane string, empty func()) {
	t.Helper()
	for name, c := range map[string]struct{ give, text, staged, offered string }{
		"cells":               {`paste({ text: { "text/plain": "a\tb\n1\t2", "text/html": "<table><tr><td>a<td>b</table>" }, files: ["image.png"] })`, "a\tb\n1\t2", "", "a picture"},
		"cells as HTML only":  {`paste({ text: { "text/html": "<style>td{}</style><table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>" } })`, "a\tb\n1\t2", "", ""},
		"a passage":           {`paste({ text: { "text/html": "<p>One  <b>two</b></p><p>three<br>four</p><ul><li>five</li></ul>" }, files: ["image.png"] })`, "One two\nthree\nfour\nfive", "", "a picture"},
		"a picture":           {`paste({ files: ["image.png"] })`, "", "image.png", ""},
		"a picture of a page": {`paste({ text: { "text/html": "<img src='https://shop.example/a.png'>" }, files: ["image.png"] })`, "", "image.png", ""},
		"with its address":    {`paste({ text: { "text/html": "<a href='/x'><img src='https://shop.example/a.png'></a>", "text/plain": "https://shop.example/a.png" }, files: ["a.png"] })`, "", "a.png", ""},
		"files of a folder":   {`paste({ text: { "text/plain": "/home/mia/a.pdf\nfile:///home/mia/b.pdf" }, files: ["a.pdf", "b.pdf"] })`, "", "a.pdf,b.pdf", ""},
		"a file by its name":  {`paste({ text: { "text/plain": "a.pdf" }, files: ["a.pdf"] })`, "", "a.pdf", ""},
		"an address in cells": {`paste({ text: { "text/plain": "https://shop.example", "text/html": "<table><tr><td>https://shop.example</table>" }, files: ["image.png"] })`, "https://shop.example", "", "a picture"},
		"a presentation":      {`paste({ text: { "text/plain": "Q3\x1b results\x07" } })`, "Q3 results", "", ""},
		"dropped cells":       {`drop({ text: { "text/plain": "a\tb", "text/html": "<table><tr><td>a<td>b</table>" }, files: ["image.png"] })`, "a\tb", "", "a picture"},
		"dropped beside":      {`drop({ text: { "text/plain": "a\tb" }, files: ["image.png"] }, document.querySelector("` + pane + ` .thread"))`, "a\tb", "", "a picture"},
		"dropped files":       {`drop({ files: ["a.pdf", "b.pdf"] }, document.querySelector("` + pane + ` .thread"))`, "", "a.pdf,b.pdf", ""},
	} {
		empty()
		desk.Run(c.give)
		desk.Run(`await new Promise((go) => setTimeout(go, 30))`)
		got := testkit.Eval[[]string](desk,
			`[`+area+`.value, [...document.querySelectorAll(".staged li span")].map((e) => e.textContent).join(), document.querySelector(".brought span")?.textContent || ""]`)
		if got[0] != c.text || got[1] != c.staged || !strings.Contains(got[2], c.offered) || (got[2] == "") != (c.offered == "") {
			t.Errorf("%s: the text is %q, attached is %q, offered %q", name, got[0], got[1], got[2])
		}
	}
}

// checkReplyLimit checks that a reply over the limit is refused in place, and sent when it is short enough.
func checkReplyLimit(t *testing.T, o testkit.Org, s *serve.Server, v *visitorClient, a uuid.UUID, desk *testkit.Tab, field, area, pane string) {
	t.Helper()
	desk.Run(`paste({ text: { "text/plain": "x".repeat(4119) + "😀" } })`)
	desk.Wait(area + `.value.length === 4121 && text(".composer .characters.over").startsWith("4,120 of 4,000 characters")`)
	desk.Accessible("over the limit")
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "over-the-limit.png"), desk.Screenshot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	desk.Keys(kb.Enter)
	desk.Wait(
		`text("#error-` + a.String() + `").includes("too long to send") && ` + area + `.value.length === 4121 && !$("[data-composer]").out.length`)
	desk.Wait(`getComputedStyle($(".composer .characters.over [role=status]")).display === "none"`) // said once
	desk.Click(pane + " .send")
	desk.Wait(area + `.value.length === 4121`)
	desk.Run(area + `.setRangeText("", 0, 120); ` + area + `.dispatchEvent(new Event("input", { bubbles: true }))`)
	desk.Wait(`text(".composer .characters:not(.over)").trim() === "4,000 of 4,000 characters" && text("#error-` + a.String() + `") === ""`)
	desk.Run(`document.activeElement.matches("` + field + `") || ` + area + `.focus()`)
	desk.Keys(kb.Enter)
	newVisitor(t, s, o, v.token).awaitText(strings.Repeat("x", 3999) + "😀")
	desk.Wait(area + `.value === "" && $(".composer .characters").hidden`)
}

// checkOtherLimits checks the limits of a tag, the search and the comment of a transfer.
func checkOtherLimits(a uuid.UUID, desk *testkit.Tab, pane string) {
	// So it is with a tag, the search and the transfer's comment.
	desk.Wait(`$("#tag-` + a.String() + `")`)
	desk.Click("#tag-" + a.String())
	desk.Run(`paste({ text: { "text/plain": "t".repeat(51) } })`)
	desk.Keys(kb.Enter)
	desk.Wait(
		`$("#tag-` + a.String() + `").value.length === 51 && text(".tags .characters.over").includes("51 of 50 characters") && text(".tags .characters.over").includes("Too long") && !$(".tags li")`)
	desk.Keys(kb.Backspace + kb.Enter)
	desk.Wait(`text(".tags li")?.includes("t".repeat(50))`)
	desk.Click("#look-" + a.String())
	desk.Run(`paste({ text: { "text/plain": "green\ttea\x0bcup\r\n" } })`)
	desk.Wait(`$("#look-` + a.String() + `").value === "green tea cup"`)
	desk.Run(`document.activeElement.value = ""; paste({ text: { "text/plain": "l".repeat(201) } })`)
	desk.Wait(`text(".look .characters.over").includes("201 of 200 characters")`)
	desk.Run(`document.querySelector("` + pane + ` [data-hand]").open = true`)
	desk.Wait(`$("#comment-` + a.String() + `")`)
	desk.Wait(`($("#comment-` + a.String() + `").focus(), document.activeElement.id.startsWith("comment-"))`)
	desk.Run(
		`paste({ text: { "text/plain": "c".repeat(1001) } }); document.querySelector("#to-` + a.String() + ` option:last-child") && (document.querySelector(".handing select").selectedIndex = 1)`)
	desk.Click(".handing button.primary")
	desk.Wait(
		`text(".handing .characters.over").includes("1,001 of 1,000 characters") && $("#comment-` + a.String() + `").value.length === 1001`)
	desk.Run(`document.querySelector("` + pane + ` [data-hand]").open = false`)
}

// checkUnknownSnippet checks that a snippet that does not exist is sent only when Enter is pressed again.
func checkUnknownSnippet(a uuid.UUID, desk *testkit.Tab, area string, w *visitorClient) {
	desk.Keys("/ph-a" + kb.Enter)
	desk.Wait(
		`text("#error-` + a.String() + `") === "There is no snippet /ph-a. Press Enter again to send it as it is." && ` + area + `.value === "/ph-a" && !$("[data-composer]").out.length`)
	desk.Keys("b")
	desk.Wait(`text("#error-` + a.String() + `") === ""`)
	desk.Keys(kb.Enter)
	desk.Wait(`text("#error-` + a.String() + `").startsWith("There is no snippet /ph-ab.")`)
	desk.Keys(kb.Enter)
	w.awaitText("/ph-ab")
}

// checkLongNames checks that long names leave the rest of the desk its place.
func checkLongNames(t *testing.T, desk *testkit.Tab, pane string) {
	t.Helper()
	// Long names leave the rest its place.
	desk.Run(`document.querySelector("` + pane + ` .place").textContent = "A shop · " + "g".repeat(68);
		document.querySelector("` + pane + ` .at").insertAdjacentHTML("beforeend", '<a href="https://shop.example/cups">shop.example/cups</a>');
		document.querySelector("#status").add(new Option("Away: " + "w".repeat(50), "x", true, true))`)
	desk.Wait(`$("` + pane + ` .at a:last-child").clientWidth > 60 && $("` + pane + ` .at").scrollWidth <= $("` + pane + ` .at").clientWidth &&
		$("#availability .load").clientHeight < 30 && $("#availability").scrollWidth <= $("#availability").clientWidth && $("#aside").scrollWidth <= $("#aside").clientWidth`)
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "long-names.png"), desk.Screenshot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkPhoneView checks that a conversation opens at its end on a phone.
func checkPhoneView(t *testing.T, a uuid.UUID, desk *testkit.Tab, field, area, pane, end string) {
	t.Helper()
	// On a phone a conversation opens at its end, which stays in view when the window becomes wide.
	desk.Size(390, 844, true)
	desk.Reload()
	desk.Wait(`document.body.classList.contains("ready") && $("` + pane + ` .composer") && $("#panes").clientHeight === 0`)
	desk.Click("#mine-" + a.String() + " button")
	desk.Wait(end)
	desk.Run(
		`document.activeElement.matches("` + field + `") || ` + area + `.focus(); paste({ text: { "text/plain": "a\tb" }, files: ["image.png"] })`)
	desk.Wait(`$(".brought") && ` + end)
	desk.Accessible("a pasted picture on a phone")
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "phone-dark-offered.png"), desk.Screenshot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	desk.Click(pane + " .back")
	desk.Reload()
	desk.Wait(`document.body.classList.contains("ready") && $("#panes").clientHeight === 0`)
	desk.Size(1280, 800, false)
}

// TestBrowserWithoutOptionalParts shows that the desk works where optional parts of the browser are missing, throw
// or refuse.
func TestBrowserWithoutOptionalParts(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	for name, script := range map[string]string{
		"missing": `delete window.Notification; delete window.Audio; delete window.BroadcastChannel; delete window.ResizeObserver; delete crypto.randomUUID;
			delete Navigator.prototype.serviceWorker; delete Navigator.prototype.clipboard; delete Navigator.prototype.setAppBadge; delete Navigator.prototype.clearAppBadge;
			delete MediaQueryList.prototype.addEventListener; delete EventTarget.prototype.nothing;
			for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { value: undefined });`,
		"throwing": `const no = () => { throw new TypeError("not here") };
			window.Notification = class { static get permission() { return "granted" } static requestPermission() { no() } constructor() { no() } };
			window.Audio = class { constructor() { no() } };
			Navigator.prototype.setAppBadge = Navigator.prototype.clearAppBadge = no;
			Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => ({ addEventListener: no, register: no, get ready() { no() } }) });
			for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: no });`,
		"refusing": `const no = () => Promise.reject(new DOMException("no", "NotAllowedError"));
			window.Notification = class { static get permission() { throw new Error("no") } static requestPermission = no };
			HTMLMediaElement.prototype.play = no; Navigator.prototype.setAppBadge = Navigator.prototype.clearAppBadge = no;
			if (navigator.serviceWorker) ServiceWorkerContainer.prototype.register = no;
			Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError") };`,
	} {
		desk := testkit.NewTab(t)
		runBefore(desk, script)
		desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
		desk.Wait(`document.body.classList.contains("ready") && text("#connection") === "Online"`)
		desk.Run(`document.hasFocus = () => false`)
		v := newVisitor(t, s, o, "")
		v.send("Hello, " + name)
		desk.Wait(`text("#line .last") === "Hello, ` + name + `" && document.title.startsWith("(1)")`)
		desk.Click("#take-next")
		desk.Wait(`document.activeElement.matches(".pane.focus textarea")`)
		desk.Run(`document.querySelector("#sound").click(); document.querySelector("#notify").click()`)
		desk.Wait(`$("#sound").textContent === "Sound is off"`)
		desk.Keys("An answer" + kb.Enter)
		newVisitor(t, s, o, v.token).awaitText("An answer")
		desk.Wait(`!$("[data-composer]").out.length`)
		for _, line := range desk.Console() {
			t.Errorf("%s: %s", name, line)
		}
		desk.Click(".pane.focus .close button")
		desk.Wait(`!$("#mine li")`)
		desk.Go("about:blank")
	}
}

// TestBrowserNotificationsByServiceWorker shows that a phone's browser whose constructor of notifications throws
// shows them by the service worker.
func TestBrowserNotificationsByServiceWorker(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	desk := testkit.NewTab(t)
	runBefore(desk, `window.shown = [];
		window.Notification = class { static permission = "granted"; constructor() { throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.") } };
		if (window.ServiceWorkerRegistration) ServiceWorkerRegistration.prototype.showNotification = function (title, o) { shown.push(title + ": " + o.body); return Promise.resolve() };`)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Run(`document.hasFocus = () => false`)
	newVisitor(t, s, o, "").send("Hello from far")
	desk.Wait(`shown.length === 1 && shown[0].startsWith("New in the line")`)
	for _, line := range desk.Console() {
		t.Error(line)
	}
}
