package e2e

import (
	"context"
	"testing"

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

	checkComposerInput(desk, field, area)

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

	checkEmojiInput(desk, area, a)

	// The transfer's form.
	desk.Run(`document.querySelector("#pane-` + a.String() + ` [data-transfer]").open = true`)
	desk.Wait(`$("#comment-` + a.String() + `")`)
	desk.Type("#comment-"+a.String(), "ni")
	desk.Run(`press("Escape")`)
	desk.Wait(`$("#pane-` + a.String() + ` [data-transfer]").open && $("#comment-` + a.String() + `").value === "ni"`)

	checkMonitorInput(t, o, s)
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
		desk.Wait(`document.body.classList.contains("ready") && text("#connection") === "Connected"`)
		desk.Run(`document.hasFocus = () => false`)
		v := newVisitor(t, s, o, "")
		v.send("Hello, " + name)
		desk.Wait(`text("#queue .last") === "Hello, ` + name + `" && document.title.startsWith("(1)")`)
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
	desk.Wait(`shown.length === 1 && shown[0].startsWith("New in the queue")`)
	for _, line := range desk.Console() {
		t.Error(line)
	}
}

// checkMonitorInput checks the keys of the live monitor.
func checkMonitorInput(t *testing.T, o testkit.Org, s *serve.Server) {
	t.Helper()
	monitor := testkit.NewTab(t)
	runBefore(monitor, press)
	monitor.LogIn(s.URL, o.Users[access.Supervisor].Email, testkit.Password, "/monitor")
	monitor.Wait(`document.querySelectorAll("[data-conversation]").length === 2`)
	monitor.Run(`document.querySelector("[data-conversation]").focus(); for (const its of [{ isComposing: true }, { keyCode: 229 }])
		for (const code of ["KeyW", "KeyT", "ArrowDown"]) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: code, code, bubbles: true, ...its }))`)
	monitor.Wait(`document.activeElement === $("[data-conversation]") && location.pathname === "/monitor"`)
	monitor.Keys(kb.ArrowDown)
	monitor.Wait(`document.activeElement === document.querySelectorAll("[data-conversation]")[1]`)
}

// checkEmojiInput checks the keys of the emoji, the search of the FAQ, and the column beside.
func checkEmojiInput(desk *testkit.Tab, area string, a uuid.UUID) {
	desk.Run(area + `.focus()`)
	desk.Keys("v", altKey)
	desk.Wait(`document.activeElement.matches(".emojis input")`)
	desk.Run(`press("Enter"); press("ArrowDown"); press("Escape")`)
	desk.Wait(`document.activeElement.matches(".emojis input") && ` + area + `.value === "Hello there"`)
	desk.Keys(kb.Escape)
	desk.Wait(`!$(".emojis") && $("#search-` + a.String() + `")`)
	desk.Click("#search-" + a.String())
	desk.Run(`press("Escape"); press("ArrowDown"); press("Enter")`)
	desk.Wait(`document.activeElement.id === "search-` + a.String() + `"`)
}

// checkComposerInput checks the composer: Enter does not send, Up does not edit, commands and snippets' keys do nothing, panes stay.
func checkComposerInput(desk *testkit.Tab, field, area string) {
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
}
