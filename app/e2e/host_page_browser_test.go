package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// newHostPage serves one page at every address.
func newHostPage(t testing.TB, html string) string {
	t.Helper()
	return servePage(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, html)
	}))
}

// panelRoot is an expression for the root of the widget's elements.
const panelRoot = `document.getElementById("parley").shadowRoot`

// TestBrowserChatSurvivesPageChanges shows that whatever scripts do to their pages, the chat is there again, once,
// with its conversation, its draft and its one connection.
func TestBrowserChatSurvivesPageChanges(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	b.Size(1280, 800, false)
	openChat(b, newPage(t, s, o.Key, `lang="en"`,
		`<script>window.sockets = []; window.WebSocket = class extends WebSocket { constructor(...a) { super(...a); sockets.push(this); } };</script>`,
		`<div id="parley" class="" lang="en" dir="ltr" style=""></div><h1>A saved page, with a copy of the chat's element</h1>`))
	b.Type("chat .composer textarea", "Hello"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	b.Keys("A draft")
	again := `{ const s = document.createElement("script"); s.src = "` + s.URL + `/widget.js"; s.dataset.key = "` + o.Key + `"; document.head.append(s); await new Promise((go) => { s.onload = go; }); }`
	for _, done := range []struct{ what, how string }{
		{"body replaced", `const body = document.createElement("body"); body.innerHTML = "<h1>Another page</h1>"; document.documentElement.replaceChild(body, document.body)`},
		{"body restored from a snapshot", `const copy = document.body.cloneNode(true); document.body = copy`},
		{"body written anew", `document.body.innerHTML = "<h1>Boosted</h1>"`},
		{"element removed", `document.getElementById("parley").remove()`},
		{"element replaced by a copy", `{ const e = document.getElementById("parley"); e.replaceWith(e.cloneNode(true)); }`},
		{"element without attributes", `{ const e = document.getElementById("parley"); for (const a of [...e.attributes]) e.removeAttribute(a.name); }`},
		{"all within the document written anew", `document.documentElement.innerHTML = "<head><title>New</title></head><body><h1>New</h1></body>"`},
		{"the document's element replaced", `document.replaceChild(document.documentElement.cloneNode(true), document.documentElement)`},
		{"the script run again", again},
		{"removed, and the script run again", `document.getElementById("parley").remove(); ` + again},
	} {
		b.Run(done.how)
		b.Wait(
			`document.querySelectorAll("#parley").length === 1 && $("chat .panel").getClientRects().length && getComputedStyle($("chat .panel")).position === "absolute"`)
		b.Wait(
			`$("chat .composer textarea").value === "A draft" && ` + panelRoot + `.querySelectorAll(".message").length === 1 && ` + panelRoot + `.querySelectorAll(".panel, .launcher").length === 2`)
		if n := testkit.Eval[int](b, "sockets.length"); n != 1 {
			t.Errorf("%s: %d connections", done.what, n)
		}
		b.Wait(`document.activeElement === document.getElementById("parley")`) // one goes on typing
	}
	b.Keys(" goes on" + kb.Enter)
	b.Wait(panelRoot + `.querySelectorAll(".message.visitor:not(.pending)").length === 2`)
	if got := testkit.Eval[string](b,
		`[...`+panelRoot+`.querySelectorAll(".message .text")].map((e) => e.innerText).join("|")`); got != "Hello|A draft goes on" {
		t.Errorf("said was %q", got)
	}
	if c := b.Console(); len(c) > 0 {
		t.Errorf("the console says %q", c)
	}

	// A page that removes it for good is left alone, and goes on.
	b.Run(`window.removed = 0; new MutationObserver(() => { const e = document.getElementById("parley"); if (e) { removed++; e.remove(); } }).observe(document.documentElement, { childList: true, subtree: true });
		document.getElementById("parley").remove()`)
	b.Wait(`removed > 0`)
	time.Sleep(500 * time.Millisecond)
	if n := testkit.Eval[int](b, "removed"); n > 20 {
		t.Errorf("the page and the chat fought %d times", n)
	}
	if c := b.Console(); len(c) != 1 || !strings.Contains(c[0], "removes the chat") {
		t.Errorf("the console says %q", c)
	}
}

// TestBrowserBackForwardCache shows that a page that the browser restores as it was left has its connection again,
// and that an element of the page that opens the chat may be replaced.
func TestBrowserBackForwardCache(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	changeSettings(t, s, o, func(x *settings.Widget) { x.Appearance.LauncherSelector = ".help" })
	b := testkit.NewTab(t)
	site := newPage(t, s, o.Key, `lang="en"`, `<script>window.sockets = []; window.WebSocket = class extends WebSocket { constructor(...a) { super(...a); sockets.push(this); } };
		window.shown = ""; addEventListener("pageshow", (e) => { shown += e.persisted ? "restored" : "loaded "; });</script>`, `<div id="menu"><button class="help"><b>Help</b></button></div>`)
	b.Go(site)
	b.Wait(`document.getElementById("parley")`)
	b.Run(
		`const menu = document.createElement("div"); menu.innerHTML = "<button class=help><b>Help</b></button>"; menu.addEventListener("click", (e) => e.stopPropagation()); document.body.replaceChildren(menu)`)
	b.Wait(`$("chat .launcher")`)
	time.Sleep(300 * time.Millisecond)
	b.Click(".help b")
	b.Wait(`!$("chat .panel").hidden`)
	b.Type("chat .composer textarea", "Hello"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	b.Keys("A draft")
	b.Go(site + "/other")
	b.Wait(`$("chat .message.visitor")`)
	b.Run(`history.back()`)
	b.Wait(`location.pathname === "/" && $("chat .message.visitor")`)
	shown := testkit.Eval[string](b, "shown")
	t.Logf("shown: %s; reasons: %s", shown,
		testkit.Eval[string](b, `JSON.stringify(performance.getEntriesByType("navigation")[0].notRestoredReasons || null)`))
	if strings.Contains(shown, "restored") {
		b.Wait(
			`$("chat .composer textarea").value === "A draft" && sockets.length === 2 && sockets[0].readyState > 1 && sockets[1].readyState === 1`)
	}
	if _, err := s.Routing.Take(context.Background(), o.As(access.Agent), "Mia", uuid.MustParse(onlyConversation(t, s, o))); err != nil {
		t.Fatal(err)
	}
	b.Wait(`text("chat .status") === "Mia is here for you"`)
	// What browsers with a back/forward cache do, whether this one has cached the page or not.
	b.Run(`dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`)
	b.Wait(`sockets.every((s) => s.readyState > 1)`)
	b.Run(`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`)
	b.Wait(`sockets.filter((s) => s.readyState === 1).length === 1 && text("chat .status") === "Mia is here for you"`)
}

// TestBrowserNoGlobalsFromElements shows that elements which users write into a page, and which name variables or
// members of document, neither choose where code is loaded from nor prevent the chat.
func TestBrowserNoGlobalsFromElements(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	var mu sync.Mutex
	var asked []string
	foreign := servePage(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.Path)
		mu.Unlock()
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "text/javascript")
	}))
	at, key := s.URL+"/widget.js", o.Key
	line := `<script async src="` + at + `" data-key="` + key + `"></script>`
	later := `<script type="module">await new Promise((go) => addEventListener("load", go)); import("` + at + `?key=` + key + `");</script>`
	variable := `<script>window.parleyKey = "` + key + `"</script>`
	for _, c := range []struct{ what, elements, line string }{
		{"links as variables", `<a id="parleyServer" href="` + foreign + `/">a</a><a id="parleyKey" href="` + foreign + `/">b</a>`, line},
		{"a link as the server, and no line's own", `<a id="parleyServer" href="` + foreign + `/">a</a>`, later},
		{"an image as the running script", `<img name="currentScript" alt="" src="` + foreign + `/widget.js?key=x">`, line},
		{"an image as the running script, of a module", `<img name="currentScript" alt="" src="` + foreign + `/widget.js?key=x">`, later},
		{"an image as the scripts", `<img name="scripts" alt="" src="` + foreign + `/x">`, line},
		{"an image from an address like the script's", `<img alt="" src="` + foreign + `/widget.js?key=x">`, variable + `<script src="` + at + `"></script>`},
		{"an image from an address like the script's, of a module", `<img alt="" src="` + foreign + `/widget.js?key=x"><link rel="preload" as="script" href="` + foreign + `/widget.js?key=y">`, later},
		{"an image from an address like the script's, of a module with a variable", `<img alt="" src="` + foreign + `/widget.js?key=x">`, variable + `<script type="module" src="` + at + `"></script>`},
		{"an element as the running chat", `<div id="parleyChat"></div>`, line},
		{"a form as the running chat", `<form id="parleyChat"><input name="again" aria-label="a"></form>`, line},
		{"frames as the chat and its function", `<iframe name="parleyChat" title="a" src="` + foreign + `/a"></iframe><iframe name="parley" title="b" src="` + foreign + `/b"></iframe>`, later},
		{"a form as the function", `<form id="parley" class="own"><input name="q" aria-label="q"></form>`, line},
	} {
		b := testkit.NewTab(t)
		b.Go(newHostPage(t,
			`<!DOCTYPE html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head><body><h1>`+c.what+`</h1>`+c.elements+c.line+`</body></html>`))
		b.Wait(anyPanelRoot + `?.querySelector(".launcher").getClientRects().length`)
		b.Run(`parley("open")`)
		b.Wait(anyPanelRoot + `.querySelector(".panel:not([hidden])") && parleyChat.data`)
		for _, line := range b.Console() {
			if strings.Contains(line, "Parley") || strings.Contains(line, "Error") {
				t.Errorf("%s: the console says %q", c.what, line)
			}
		}
		mu.Lock()
		for _, path := range asked {
			if strings.HasPrefix(path, "/widget/") {
				t.Errorf("%s: %s was asked of the foreign server", c.what, path)
			}
		}
		asked = nil
		mu.Unlock()
	}
}

// anyPanelRoot is an expression for the root of the widget's elements where the page has elements of that name too.
const anyPanelRoot = `[...document.querySelectorAll("#parley")].find((e) => e.shadowRoot)?.shadowRoot`

// TestBrowserWidgetDoesNotAffectPage shows that a page's own elements with id "parley" stay, and that a page that
// removes attributes from all elements goes on, as does the chat.
func TestBrowserWidgetDoesNotAffectPage(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	b.Go(newPage(t, s, o.Key, `lang="en"`, "",
		`<div id="parley"></div><div id="parley" class="box" lang="en"></div><p><span id="parley"></span></p><h1>A page with elements of that name</h1>`))
	b.Wait(anyPanelRoot + `?.querySelector(".launcher").getClientRects().length`)
	b.Run(`[...document.querySelectorAll("#parley")].find((e) => e.shadowRoot).remove()`)
	b.Wait(anyPanelRoot + `?.querySelector(".launcher").getClientRects().length`)
	if n := testkit.Eval[int](b, `document.querySelectorAll("#parley").length`); n != 4 {
		t.Errorf("the page has %d elements of that name", n)
	}

	b.Go(newPage(t, s, o.Key, `lang="en"`, `<script>window.removed = 0; new MutationObserver((all) => {
		for (const { target: e } of all) for (const name of ["dir", "lang", "class"]) if (e.hasAttribute(name)) { removed++; e.removeAttribute(name); }
	}).observe(document, { attributes: true, subtree: true });</script>`, `<h1>A page without directions</h1>`))
	b.Wait(`$("chat .launcher").getClientRects().length`)
	b.Run(`document.getElementById("parley").removeAttribute("dir")`)
	b.Wait(`removed > 0`)
	time.Sleep(300 * time.Millisecond)
	if n := testkit.Eval[int](b, "removed"); n > 60 {
		t.Errorf("the page and the chat fought %d times", n)
	}
	if c := b.Console(); len(c) != 1 || !strings.Contains(c[0], "removes the chat") {
		t.Errorf("the console says %q", c)
	}
	b.Click("chat .launcher")
	b.Type("chat .composer textarea", "Hello"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
}

// TestBrowserVisitedPagesOfApps shows that pages that a script turns to are in the trail at once, with the
// Navigation API and without, and beside scripts that wrap the same functions; and that secrets in an address are
// not.
func TestBrowserVisitedPagesOfApps(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, head := range map[string]string{
		"with the Navigation API": "",
		"without":                 `<script>Object.defineProperty(window, "navigation", { value: undefined }); delete Navigation;</script>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := testkit.NewOrg(t)
			s := startServer(t, nil)
			b := testkit.NewTab(t)
			wrap := `for (const name of ["pushState", "replaceState"]) { const f = history[name]; history[name] = function (...a) { calls.push(a[2]); return f.apply(this, a); }; }`
			openChat(b,
				newPage(t, s, o.Key, `lang="en"`, head+`<script>window.calls = []; `+wrap+`</script>`, "<h1>Shop</h1>")+"//tea?token=abc#/cups?id_token=secret")
			b.Wait(`sessionStorage.getItem("parley.` + o.Key + `.trail")`)
			b.Run(wrap + `; history.pushState({ a: 1 }, "", "/begin"); document.title = "Begin"`)
			b.Type("chat .composer textarea", "Hello"+kb.Enter)
			b.Wait(`$("chat .message.visitor:not(.pending)")`)
			conversation := uuid.MustParse(onlyConversation(t, s, o))
			around, err := s.Conversations.GetDetails(ctx, o.As(access.Agent), conversation)
			if err != nil || !strings.HasSuffix(around.Page.URL, "/begin") || around.Page.Title != "Begin" {
				t.Errorf("the conversation began at %+v %v", around.Page, err)
			}
			b.Run(`history.pushState({}, "", "/a"); document.title = "A"; await new Promise((go) => setTimeout(go, 50)); history.replaceState({}, "", "/b#/one"); document.title = "B";
				await new Promise((go) => setTimeout(go, 50)); location.hash = "#/two?access_token=secret"; await new Promise((go) => setTimeout(go, 50)); history.back();`)
			want := "//tea?token=#/cups?id_token=|/begin|/a|/b#/one|/b#/two?access_token=|/b#/one"
			got := ""
			for try := 0; got != want && try < 150; try++ {
				time.Sleep(100 * time.Millisecond)
				around, err := s.Conversations.GetDetails(ctx, o.As(access.Agent), conversation)
				if err != nil {
					t.Fatal(err)
				}
				var list []string
				for _, x := range around.PageViews {
					list = append(list, "/"+strings.SplitN(x.URL, "/", 4)[3])
				}
				got = strings.Join(list, "|")
			}
			if got != want {
				t.Errorf("the trail is %s", got)
			}
			if calls := testkit.Eval[string](b, `calls.join()`); calls != "/begin,/begin,/a,/a,/b#/one,/b#/one" {
				t.Errorf("the page's own functions were called for %s", calls)
			}
			if c := b.Console(); len(c) > 0 {
				t.Errorf("the console says %q", c)
			}
		})
	}
}

// TestBrowserLinksToUnusualPages shows that a page whose path begins with two slashes has the chat, also by a mailed
// link; the link's code is removed from the address, and the page's own fragment stays.
func TestBrowserLinksToUnusualPages(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	site := newPage(t, s, o.Key, `lang="en"`,
		`<script>window.routes = []; addEventListener("hashchange", () => routes.push(location.hash));</script>`,
		"<h1>Shop</h1>")
	for _, c := range []struct{ at, want, routes string }{
		{"//tea?a=1#parley=abc", "//tea?a=1", ""},
		{"/#/tea?parley=abc", "/#/tea", "#/tea"},
		{"/#/tea?size=2&parley=abc", "/#/tea?size=2", "#/tea?size=2"},
		{"/#reviews&parley=abc", "/#reviews", "#reviews"},
	} {
		b := testkit.NewTab(t)
		b.Go(site + c.at)
		b.Wait(`$("chat .panel") && $("chat .panel").getClientRects().length && parleyChat.code !== undefined`)
		b.Wait(`location.href.slice(location.origin.length) === "` + c.want + `" && routes.join() === "` + c.routes + `"`)
		time.Sleep(300 * time.Millisecond)
		if testkit.Eval[string](b, "parleyChat.code") != "abc" {
			t.Errorf("%s: the code is used without anybody there", c.at)
		}
		if lines := b.Console(); len(lines) > 0 {
			t.Errorf("%s: the console says %q", c.at, lines)
		}
		b.Click("chat .composer textarea")
		b.Wait(`parleyChat.code === ""`) // it is none that the server knows
	}
}
