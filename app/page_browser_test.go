package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/org"
)

// siteOf serves one page at every address.
func siteOf(t testing.TB, html string) string {
	t.Helper()
	return serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, html)
	}))
}

// inThePanel is the root of the widget's elements.
const inThePanel = `document.getElementById("parley").shadowRoot`

// What scripts do to their pages: the chat is there again, once, with its talk, its draft and its one connection.
func TestBrowserChatSurvivesItsPage(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	b := apptest.NewTab(t)
	b.Size(1280, 800, false)
	openChat(b, pageOf(t, s, o.Key, `lang="en"`, `<script>window.sockets = []; window.WebSocket = class extends WebSocket { constructor(...a) { super(...a); sockets.push(this); } };</script>`,
		`<div id="parley" class="" lang="en" dir="ltr" style=""></div><h1>A saved page, with a copy of the chat's element</h1>`))
	b.Type("chat .composer textarea", "Hello"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	b.Keys("A draft")
	again := `{ const s = document.createElement("script"); s.src = "` + s.url + `/widget.js"; s.dataset.key = "` + o.Key + `"; document.head.append(s); await new Promise((go) => { s.onload = go; }); }`
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
		b.Wait(`document.querySelectorAll("#parley").length === 1 && $("chat .panel").getClientRects().length && getComputedStyle($("chat .panel")).position === "absolute"`)
		b.Wait(`$("chat .composer textarea").value === "A draft" && ` + inThePanel + `.querySelectorAll(".message").length === 1 && ` + inThePanel + `.querySelectorAll(".panel, .launcher").length === 2`)
		if n := apptest.Eval[int](b, "sockets.length"); n != 1 {
			t.Errorf("%s: %d connections", done.what, n)
		}
		b.Wait(`document.activeElement === document.getElementById("parley")`) // one goes on typing
	}
	b.Keys(" goes on" + kb.Enter)
	b.Wait(inThePanel + `.querySelectorAll(".message.visitor:not(.pending)").length === 2`)
	if got := apptest.Eval[string](b, `[...`+inThePanel+`.querySelectorAll(".message .text")].map((e) => e.innerText).join("|")`); got != "Hello|A draft goes on" {
		t.Errorf("said was %q", got)
	}
	if c := b.Console(); len(c) > 0 {
		t.Errorf("the console says %q", c)
	}

	// A page that does not want it has its will, and goes on.
	b.Run(`window.removed = 0; new MutationObserver(() => { const e = document.getElementById("parley"); if (e) { removed++; e.remove(); } }).observe(document.documentElement, { childList: true, subtree: true });
		document.getElementById("parley").remove()`)
	b.Wait(`removed > 0`)
	time.Sleep(500 * time.Millisecond)
	if n := apptest.Eval[int](b, "removed"); n > 20 {
		t.Errorf("the page and the chat fought %d times", n)
	}
	if c := b.Console(); len(c) != 1 || !strings.Contains(c[0], "removes the chat") {
		t.Errorf("the console says %q", c)
	}
}

// The page that is come back to as it was left has its connection again, and an element of its own that opens the chat may be replaced.
func TestBrowserBackToThePage(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	settle(t, s, o, func(x *org.Settings) { x.Look.Own = ".help" })
	b := apptest.NewTab(t)
	site := pageOf(t, s, o.Key, `lang="en"`, `<script>window.sockets = []; window.WebSocket = class extends WebSocket { constructor(...a) { super(...a); sockets.push(this); } };
		window.shown = ""; addEventListener("pageshow", (e) => { shown += e.persisted ? "restored" : "loaded "; });</script>`, `<div id="menu"><button class="help"><b>Help</b></button></div>`)
	b.Go(site)
	b.Wait(`document.getElementById("parley")`)
	b.Run(`const menu = document.createElement("div"); menu.innerHTML = "<button class=help><b>Help</b></button>"; menu.addEventListener("click", (e) => e.stopPropagation()); document.body.replaceChildren(menu)`)
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
	shown := apptest.Eval[string](b, "shown")
	t.Logf("shown: %s; reasons: %s", shown, apptest.Eval[string](b, `JSON.stringify(performance.getEntriesByType("navigation")[0].notRestoredReasons || null)`))
	if strings.Contains(shown, "restored") {
		b.Wait(`$("chat .composer textarea").value === "A draft" && sockets.length === 2 && sockets[0].readyState > 1 && sockets[1].readyState === 1`)
	}
	if _, err := s.queue.Take(context.Background(), o.As(access.Agent), "Mia", uuid.MustParse(onlyConversation(t, s, o))); err != nil {
		t.Fatal(err)
	}
	b.Wait(`text("chat .status") === "Mia is here for you"`)
	// What browsers do that keep the page, whether this one has kept it or not.
	b.Run(`dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`)
	b.Wait(`sockets.every((s) => s.readyState > 1)`)
	b.Run(`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`)
	b.Wait(`sockets.filter((s) => s.readyState === 1).length === 1 && text("chat .status") === "Mia is here for you"`)
}

// traps are what pages do to events, in a page that counts what it hears of the chat.
const traps = `<script>
	window.heard = []; window.armed = false;
	const types = "keydown keyup keypress beforeinput input compositionstart compositionupdate compositionend focusin focusout focus blur click mousedown mouseup pointerdown pointerup touchstart touchmove touchend wheel copy cut paste dblclick contextmenu dragover drop".split(" ");
	const listen = () => { for (const type of types) for (const capture of [true, false]) {
		for (const at of [document, document.documentElement]) at.addEventListener(type, (e) => { if (e.target.id === "parley") heard.push(type + (capture ? " on the way down" : "")); }, { capture, passive: true });
		addEventListener(type, (e) => { if (!capture && e.target.id === "parley") heard.push(type + " at the window"); });
	} };
	listen();
	document.addEventListener("keydown", (e) => { if (e.key === "/" || e.key === "s") { e.preventDefault(); document.querySelector("#search").focus(); } if (e.key === "Escape") document.querySelector("#modal").hidden = true; }, true); // shortcuts
	document.addEventListener("wheel", (e) => e.preventDefault(), { passive: false, capture: true }); // full pages
	document.addEventListener("touchmove", (e) => e.preventDefault(), { passive: false });
	const modal = () => document.querySelector("#modal"), outside = (e) => armed && !modal().contains(e.target);
	document.addEventListener("focusin", (e) => { if (outside(e)) modal().focus(); }); // as Bootstrap
	document.addEventListener("focusin", (e) => { if (outside(e)) { e.stopImmediatePropagation(); modal().focus(); } }, true); // as focus-trap
	document.addEventListener("focus", (e) => { if (outside(e)) modal().focus(); }, true);
	document.addEventListener("focusout", (e) => { if (armed && e.relatedTarget && !modal().contains(e.relatedTarget)) modal().focus(); }); // as Radix
	for (const type of ["mousedown", "touchstart", "click"]) document.addEventListener(type, (e) => { if (outside(e)) { e.preventDefault(); e.stopImmediatePropagation(); } }, { capture: true, passive: false });
	document.addEventListener("click", (e) => { if (outside(e)) modal().hidden = true; });
</script><style>#modal { width: 300px; padding: 20px; border: 1px solid }</style>`

// One chats while the page has a modal open, and nothing of it is heard in the page.
func TestBrowserPanelKeepsItsEvents(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	b := apptest.NewTab(t)
	b.Size(1280, 800, false)
	b.Go(pageOf(t, s, o.Key, `lang="en"`, traps, `<div inert><p>Behind</p></div><input id="search"><div id="modal" tabindex="-1"><input id="name"></div><dialog id="native"><input id="inside"></dialog><div style="height: 3000px"></div>`))
	b.Wait(`$("chat .launcher").getClientRects().length`)
	b.Run(`document.querySelector("#modal").focus(); armed = true`)
	b.Click("chat .launcher")
	b.Wait(`!$("chat .panel").hidden && ` + inThePanel + `.activeElement?.tagName === "TEXTAREA"`)
	b.Type("chat .composer textarea", "yes / is this?")
	b.Wait(`$("chat .composer textarea").value === "yes / is this?"`)
	b.Keys(kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)") && $("chat .composer textarea").value === ""`)
	for range 12 {
		b.Keys("More" + kb.Enter)
	}
	b.Wait(inThePanel + `.querySelectorAll(".message.visitor:not(.pending)").length === 13`)
	b.Wait(`$("chat .log").scrollTop > 0`)
	at := apptest.Eval[[]float64](b, `(() => { const r = `+inChat(".log")+`.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2, `+inChat(".log")+`.scrollTop]; })()`)
	call := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := chromedp.Call(b.Context(), input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseWheel, X: at[0], Y: at[1], DeltaX: -1, DeltaY: -60})
	call(err)
	b.Wait(fmt.Sprintf(`$("chat .log").scrollTop < %v`, at[2]))
	b.Click("chat .menu summary")
	b.Wait(`$("chat .menu").open && $("chat .items .item")`)
	b.Keys(kb.Escape)
	b.Wait(`!$("chat .menu").open`)
	b.Keys(kb.Escape)
	b.Wait(`$("chat .panel").hidden && !document.querySelector("#modal").hidden`)
	for _, e := range slices.Compact(slices.Sorted(slices.Values(apptest.Eval[[]string](b, "heard")))) {
		t.Errorf("the page hears %s", e)
	}
	if got := apptest.Eval[string](b, `document.querySelector("#search").value + document.querySelector("#name").value`); got != "" {
		t.Errorf("the page's fields took %q", got)
	}

	// Begun in the page, it ends for the page.
	b.Run(`armed = false; window.ended = 0; document.addEventListener("mouseup", () => ended++); document.addEventListener("pointerup", () => ended++)`)
	spot := apptest.Eval[[]float64](b, `(() => { const r = `+inChat(".launcher")+`.getBoundingClientRect(); return [r.x + 20, r.y + 20]; })()`)
	for _, m := range []input.DispatchMouseEventParams{{Type: input.DispatchMouseEventTypeMousePressed, X: 600, Y: 300, Button: input.MouseButtonLeft, ClickCount: 1}, {Type: input.DispatchMouseEventTypeMouseReleased, X: spot[0], Y: spot[1], Button: input.MouseButtonLeft, ClickCount: 1}} {
		_, err := chromedp.Call(b.Context(), input.DispatchMouseEvent, m)
		call(err)
	}
	b.Wait(`ended === 2`)

	// A native modal makes all else inert: the chat is in it while it is open.
	b.Run(`document.querySelector("#native").showModal()`)
	b.Wait(`document.getElementById("parley").parentNode.id === "native" && $("chat .launcher").getClientRects().length`)
	b.Click("chat .launcher")
	b.Wait(`!$("chat .panel").hidden`)
	b.Type("chat .composer textarea", "Still here")
	b.Wait(`$("chat .composer textarea").value === "Still here"`)
	pictured(t, b, "in-a-modal")
	b.Keys(kb.Escape)
	b.Wait(`$("chat .panel").hidden && document.querySelector("#native").open`)
	b.Run(`document.querySelector("#native").close()`)
	b.Wait(`document.getElementById("parley").parentNode === document.documentElement && $("chat .launcher").getClientRects().length`)
	b.Run(`document.querySelector("#native").showModal()`)
	b.Wait(`document.getElementById("parley").parentNode.id === "native"`)
	b.Run(`document.querySelector("#native").remove()`)
	b.Wait(`document.getElementById("parley").parentNode === document.documentElement && $("chat .launcher").getClientRects().length`)
	b.Click("chat .launcher")
	b.Wait(`!$("chat .panel").hidden && $("chat .composer textarea").value === "Still here"`)

	// Not on paper.
	_, err = chromedp.Call(b.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	call(err)
	b.Wait(`getComputedStyle(document.getElementById("parley")).display === "none"`)
}

// The ways in which a page can name its website, as tag managers, loaders and content systems leave them.
func TestBrowserWaysOfTheKey(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	b := apptest.NewTab(t)
	at, key := s.url+"/widget.js", o.Key
	insert := func(attributes string) string {
		return `<script>{ const s = document.createElement("script"); Object.assign(s, { ` + attributes + ` }); document.head.append(s); }</script>`
	}
	other := `<script async src="/tags/widget.js" data-id="of another vendor"></script>`
	keyed := `<script src="/tags/widget.js?key=of-another-vendor"></script>`
	for _, way := range []struct{ what, head string }{
		{"window.parleyKey, and another vendor's line has a key", keyed + `<script>window.parleyKey = "` + key + `"</script><script src="` + at + `"></script>`},
		{"data-key, and another vendor's line has a key", keyed + `<script async src="` + at + `" data-key="` + key + `"></script>`},
		{"a copy elsewhere with window.parleyServer", `<script>window.parleyServer = "` + s.url + `"</script><script async src="/copies/widget.js" data-key="` + key + `"></script>`},
		{"a module that is imported later", `<script type="module">await new Promise((go) => addEventListener("load", go)); import("` + at + `?key=` + key + `");</script>`},
		{"data-key", `<script async src="` + at + `" data-key="` + key + `"></script>`},
		{"data-key, deferred, in single quotes", `<script defer src='` + at + `?ver=6.4' data-key='` + key + `'></script>`},
		{"?key=", other + `<script src="` + at + `?key=` + key + `"></script>`},
		{"?key= among others", `<script async src="` + at + `?ver=6.4&amp;key=` + key + `&amp;lang=de"></script>`},
		{"window.parleyKey", other + `<script>window.parleyKey = "` + key + `"; window.parleyServer = "` + s.url + `/"</script><script async src="` + at + `"></script>`},
		{"a tag manager that inserts without attributes", insert(`src: "` + at + `?key=` + key + `", async: true`)},
		{"a module", `<script type="module" src="` + at + `" data-key="` + key + `"></script>`},
		{"a module with ?key=", `<script type="module" src="` + at + `?key=` + key + `"></script>`},
		{"an imported module", `<script type="module">import "` + at + `?key=` + key + `";</script>`},
		{"an evaluated text", `<script>fetch("` + at + `?key=` + key + `").then((r) => r.text()).then((t) => (0, eval)(t))</script>`},
		{"an evaluated text with variables", `<script>window.parleyKey = "` + key + `"; window.parleyServer = "` + s.url + `"; fetch("/copy.js").then((r) => r.text()).then((t) => (0, eval)(t))</script>`},
		{"a text in the page", `<script>window.parleyKey = "` + key + `"; window.parleyServer = "` + s.url + `"; fetch("/copy.js").then((r) => r.text()).then((t) => { const s = document.createElement("script"); s.text = t; document.head.append(s); })</script>`},
		{"Rocket Loader", `<script type="0123-text/javascript" src="` + at + `" data-key="` + key + `"></script><script>addEventListener("load", () => { const old = document.querySelector("script[type^='0123']"), s = document.createElement("script");
			for (const a of old.attributes) if (a.name !== "type") s.setAttribute(a.name, a.value); s.setAttribute("data-cf-settings", "0123-|49"); old.replaceWith(s); })</script>`},
		{"a script delayer", `<script type="rocketlazyloadscript" data-rocket-src="` + at + `" data-key="` + key + `"></script><script>addEventListener("load", () => { const old = document.querySelector("script[data-rocket-src]"), s = document.createElement("script");
			s.src = old.dataset.rocketSrc; s.dataset.key = old.dataset.key; old.remove(); document.body.append(s); })</script>`},
		{"twice", `<script async src="` + at + `" data-key="` + key + `"></script><script async src="` + at + `?key=` + key + `"></script>` + insert(`src: "`+at+`"`)},
	} {
		site := serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/copy.js":
				http.Redirect(w, r, "/the.js", http.StatusFound)
			case "/the.js", "/copies/widget.js":
				res, err := http.Get(at)
				if err != nil {
					t.Error(err)
					return
				}
				defer res.Body.Close()
				w.Header().Set("Content-Type", "text/javascript")
				if _, err := io.Copy(w, res.Body); err != nil {
					t.Error(err)
				}
			case "/tags/widget.js":
				w.Header().Set("Content-Type", "text/javascript")
			default:
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,">`+way.head+`</head><body><h1>`+way.what+`</h1></body></html>`)
			}
		}))
		before := len(b.Console())
		b.Go(site)
		b.Wait(`$("chat .launcher").getClientRects().length`)
		b.Click("chat .launcher")
		b.Wait(`!$("chat .panel").hidden && ` + inThePanel + `.querySelectorAll(".panel").length === 1 && document.querySelectorAll("#parley").length === 1`)
		if c := b.Console()[before:]; len(c) > 0 {
			t.Errorf("%s: the console says %q", way.what, c)
		}
	}
	for _, wrong := range []struct{ what, head, want string }{
		{"no key", `<script async src="` + at + `"></script>`, "no data-key"},
		{"an unknown key", `<script async src="` + at + `" data-key="aaaabbbbccccdddd"></script>`, "no website with this key"},
		{"a key that is none", `<script async src="` + at + `?key=YOUR-KEY"></script>`, "no website with this key"},
		{"two keys", `<script src="` + at + `" data-key="` + key + `"></script><script src="` + at + `" data-key="aaaabbbbccccdddd"></script>`, "another key"},
		{"no server", `<script>window.parleyKey = "` + key + `"; fetch("/copy").then((r) => r.text()).then(async () => { const t = await (await fetch("` + s.url + `/widget.js")).text(); performance.clearResourceTimings(); (0, eval)(t); })</script>`, "parleyServer"},
	} {
		before := len(b.Console())
		b.Go(siteOf(t, `<!DOCTYPE html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,">`+wrong.head+`</head><body></body></html>`))
		for try := 0; len(b.Console()) == before && try < 200; try++ {
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond)
		if c := b.Console()[before:]; len(c) != 1 || !strings.Contains(c[0], "Parley: ") || !strings.Contains(c[0], wrong.want) {
			t.Errorf("%s: the console says %q", wrong.what, c)
		}
	}
}

// Who may write text with elements in a page, and names them as variables or as members of document, neither chooses where code is loaded from
// nor keeps the chat away.
func TestBrowserElementsNameNothing(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	var mu sync.Mutex
	var asked []string
	foreign := serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.Path)
		mu.Unlock()
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "text/javascript")
	}))
	at, key := s.url+"/widget.js", o.Key
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
		b := apptest.NewTab(t)
		b.Go(siteOf(t, `<!DOCTYPE html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head><body><h1>`+c.what+`</h1>`+c.elements+c.line+`</body></html>`))
		b.Wait(anyChat + `?.querySelector(".launcher").getClientRects().length`)
		b.Run(`parley("open")`)
		b.Wait(anyChat + `.querySelector(".panel:not([hidden])") && parleyChat.data`)
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

// anyChat is the root of the widget's elements where the page has elements of that name too.
const anyChat = `[...document.querySelectorAll("#parley")].find((e) => e.shadowRoot)?.shadowRoot`

// A page's own elements of that name stay, and a page that takes attributes from all elements goes on, as does the chat.
func TestBrowserChatLeavesItsPageAlone(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	b := apptest.NewTab(t)
	b.Go(pageOf(t, s, o.Key, `lang="en"`, "", `<div id="parley"></div><div id="parley" class="box" lang="en"></div><p><span id="parley"></span></p><h1>A page with elements of that name</h1>`))
	b.Wait(anyChat + `?.querySelector(".launcher").getClientRects().length`)
	b.Run(`[...document.querySelectorAll("#parley")].find((e) => e.shadowRoot).remove()`)
	b.Wait(anyChat + `?.querySelector(".launcher").getClientRects().length`)
	if n := apptest.Eval[int](b, `document.querySelectorAll("#parley").length`); n != 4 {
		t.Errorf("the page has %d elements of that name", n)
	}

	b.Go(pageOf(t, s, o.Key, `lang="en"`, `<script>window.removed = 0; new MutationObserver((all) => {
		for (const { target: e } of all) for (const name of ["dir", "lang", "class"]) if (e.hasAttribute(name)) { removed++; e.removeAttribute(name); }
	}).observe(document, { attributes: true, subtree: true });</script>`, `<h1>A page without directions</h1>`))
	b.Wait(`$("chat .launcher").getClientRects().length`)
	b.Run(`document.getElementById("parley").removeAttribute("dir")`)
	b.Wait(`removed > 0`)
	time.Sleep(300 * time.Millisecond)
	if n := apptest.Eval[int](b, "removed"); n > 60 {
		t.Errorf("the page and the chat fought %d times", n)
	}
	if c := b.Console(); len(c) != 1 || !strings.Contains(c[0], "removes the chat") {
		t.Errorf("the console says %q", c)
	}
	b.Click("chat .launcher")
	b.Type("chat .composer textarea", "Hello"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
}

// What happens outside of the chat is the page's alone, and what a page does to its events keeps nobody from writing.
func TestBrowserPageKeepsItsEvents(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	b := apptest.NewTab(t)
	b.Size(1280, 800, false)
	b.Go(pageOf(t, s, o.Key, `lang="en"`, `<script>window.heard = [];
		const types = "keydown keypress keyup beforeinput input focus blur focusin focusout pointerdown pointerup mousedown mouseup click wheel".split(" ");
		for (const type of types) for (const capture of [true, false]) document.addEventListener(type, (e) => {
			heard.push([type, capture ? "down" : "up", e.target.id, e.relatedTarget ? e.relatedTarget.id : "", e.composed, e.isTrusted].join(" "));
		}, { capture, passive: true });
	</script>`, `<input id="a"><input id="b"><button id="c">Do it</button>`))
	b.Wait(`$("chat .launcher").getClientRects().length`)
	b.Type("#a", "x"+kb.Tab)
	b.Wait(`document.activeElement.id === "b"`)
	b.Click("#c")
	heard := func() []string {
		return slices.Compact(slices.Sorted(slices.Values(apptest.Eval[[]string](b, "heard.splice(0)"))))
	}
	got := heard()
	for _, want := range []string{"keydown", "keypress", "keyup", "beforeinput", "input"} {
		for _, phase := range []string{"down", "up"} {
			if line := want + " " + phase + " a  true true"; !slices.Contains(got, line) {
				t.Errorf("the page does not hear %q of %q", line, got)
			}
		}
	}
	for _, want := range []string{"pointerdown down c  true true", "mouseup up c  true true", "click down c  true true", "click up c  true true", "focusin up b a true true", "focusout down a b true true", "focus down b a true true", "blur down a b true true"} {
		if !slices.Contains(got, want) {
			t.Errorf("the page does not hear %q of %q", want, got)
		}
	}

	// From the page into the chat and back: the page loses the focus to nothing, and gets it from nothing.
	b.Click("chat .launcher")
	b.Wait(inThePanel + `.activeElement?.tagName === "TEXTAREA"`)
	b.Click("#a")
	b.Wait(`document.activeElement.id === "a"`)
	for _, line := range heard() {
		if strings.Contains(line, "parley") {
			t.Errorf("the page hears %q", line)
		}
	}

	// Scripts that mean the chat's element itself.
	b.Run(`{ const e = document.getElementById("parley"); e.click(); for (const type of types) e.dispatchEvent(new Event(type, { bubbles: true, composed: true })); e.dispatchEvent(new KeyboardEvent("keydown", { key: "k", bubbles: true })); }`)
	b.Wait(`heard.includes("keydown up parley  false false")`)
	heard()

	// A page that freezes events.
	b.Go(pageOf(t, s, o.Key, `lang="en"`, `<script>for (const type of ["keydown", "input", "click", "focusin", "focusout", "pointerdown"]) addEventListener(type, (e) => Object.freeze(e), true);</script>`, `<input id="a">`))
	b.Wait(`$("chat .launcher").getClientRects().length`)
	b.Click("#a")
	b.Click("chat .launcher")
	b.Wait(`!$("chat .panel").hidden`)
	b.Type("chat .composer textarea", "Hello"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)") && $("chat .composer textarea").value === ""`)
	b.Click("#a")
	if c := b.Console(); len(c) > 0 {
		t.Errorf("the console says %q", c)
	}
}

// Pages that a script turns to are in the trail when they are turned to, with the Navigation API and without, and beside scripts that wrap
// the same functions; what is secret in an address is not.
func TestBrowserTrailOfScriptedPages(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, head := range map[string]string{"with the Navigation API": "", "without": `<script>Object.defineProperty(window, "navigation", { value: undefined }); delete Navigation;</script>`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := apptest.NewOrg(t)
			s := serveTest(t, nil)
			b := apptest.NewTab(t)
			wrap := `for (const name of ["pushState", "replaceState"]) { const f = history[name]; history[name] = function (...a) { calls.push(a[2]); return f.apply(this, a); }; }`
			openChat(b, pageOf(t, s, o.Key, `lang="en"`, head+`<script>window.calls = []; `+wrap+`</script>`, "<h1>Shop</h1>")+"//tea?token=abc#/cups?id_token=secret")
			b.Wait(`sessionStorage.getItem("parley.` + o.Key + `.trail")`)
			b.Run(wrap + `; history.pushState({ a: 1 }, "", "/begin"); document.title = "Begin"`)
			b.Type("chat .composer textarea", "Hello"+kb.Enter)
			b.Wait(`$("chat .message.visitor:not(.pending)")`)
			conversation := uuid.MustParse(onlyConversation(t, s, o))
			around, err := s.chat.Around(ctx, o.As(access.Agent), conversation)
			if err != nil || !strings.HasSuffix(around.Page.URL, "/begin") || around.Page.Title != "Begin" {
				t.Errorf("the conversation began at %+v %v", around.Page, err)
			}
			b.Run(`history.pushState({}, "", "/a"); document.title = "A"; await new Promise((go) => setTimeout(go, 50)); history.replaceState({}, "", "/b#/one"); document.title = "B";
				await new Promise((go) => setTimeout(go, 50)); location.hash = "#/two?access_token=secret"; await new Promise((go) => setTimeout(go, 50)); history.back();`)
			want := "//tea?token=#/cups?id_token=|/begin|/a|/b#/one|/b#/two?access_token=|/b#/one"
			got := ""
			for try := 0; got != want && try < 150; try++ {
				time.Sleep(100 * time.Millisecond)
				around, err := s.chat.Around(ctx, o.As(access.Agent), conversation)
				if err != nil {
					t.Fatal(err)
				}
				var list []string
				for _, x := range around.Trail {
					list = append(list, "/"+strings.SplitN(x.URL, "/", 4)[3])
				}
				got = strings.Join(list, "|")
			}
			if got != want {
				t.Errorf("the trail is %s", got)
			}
			if calls := apptest.Eval[string](b, `calls.join()`); calls != "/begin,/begin,/a,/a,/b#/one,/b#/one" {
				t.Errorf("the page's own functions were called for %s", calls)
			}
			if c := b.Console(); len(c) > 0 {
				t.Errorf("the console says %q", c)
			}
		})
	}
}

// A page whose path begins with two slashes has the chat, also by a mailed link; the link's code goes, and the page's own fragment stays.
func TestBrowserLinksToOddPages(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	site := pageOf(t, s, o.Key, `lang="en"`, `<script>window.routes = []; addEventListener("hashchange", () => routes.push(location.hash));</script>`, "<h1>Shop</h1>")
	for _, c := range []struct{ at, want, routes string }{
		{"//tea?a=1#parley=abc", "//tea?a=1", ""},
		{"/#/tea?parley=abc", "/#/tea", "#/tea"},
		{"/#/tea?size=2&parley=abc", "/#/tea?size=2", "#/tea?size=2"},
		{"/#reviews&parley=abc", "/#reviews", "#reviews"},
	} {
		b := apptest.NewTab(t)
		b.Go(site + c.at)
		b.Wait(`$("chat .panel") && $("chat .panel").getClientRects().length && parleyChat.code !== undefined`)
		b.Wait(`location.href.slice(location.origin.length) === "` + c.want + `" && routes.join() === "` + c.routes + `"`)
		time.Sleep(300 * time.Millisecond)
		if apptest.Eval[string](b, "parleyChat.code") != "abc" {
			t.Errorf("%s: the code is used without anybody there", c.at)
		}
		if lines := b.Console(); len(lines) > 0 {
			t.Errorf("%s: the console says %q", c.at, lines)
		}
		b.Click("chat .composer textarea")
		b.Wait(`parleyChat.code === ""`) // it is none that the server knows
	}
}

// A language falls back along its parts, in what the widget says and in what a website says.
func TestWidgetLanguages(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	settle(t, s, o, func(x *org.Settings) {
		x.Greetings = []org.Greeting{{Text: "Guten Tag", Language: "de"}, {Text: "Bom dia", Language: "pt-BR"}, {Text: "您好", Language: "zh-Hant"}, {Text: "Zdravo", Language: "sr-Latn"}}
		x.Texts = map[string]map[string]string{"de": {"write": "Ihre Frage", "send": "Los"}, "de-AT": {"write": "Servus"}, "pt": {"write": "Pergunta"}, "zh": {"write": "问题"}}
		x.Questions = []org.Question{{Kind: "name", Label: "Name", Labels: map[string]string{"de": "Ihr Name", "zh-Hant": "姓名"}}}
	})
	for lang, want := range map[string][4]string{
		"de": {"de", "Guten Tag", "Ihre Frage", "Ihr Name"}, "de_DE": {"de", "Guten Tag", "Ihre Frage", "Ihr Name"}, "DE": {"de", "Guten Tag", "Ihre Frage", "Ihr Name"},
		"de_at": {"de", "Guten Tag", "Servus", "Ihr Name"}, "pt-BR": {"pt", "Bom dia", "Pergunta", "Name"}, "pt_PT": {"pt", "", "Pergunta", "Name"},
		"es_419": {"es", "", "", "Name"}, "zh-Hant": {"", "您好", "问题", "姓名"}, "zh-Hant-TW": {"", "您好", "问题", "姓名"}, "sr-Latn-RS": {"", "Zdravo", "", "Name"}, "xx": {"", "", "", "Name"},
	} {
		var answer struct {
			Website struct {
				Words     string
				Greetings []struct{ Text string }
				Texts     map[string]string
				Questions []struct{ Label string }
			}
		}
		siteAnswer(t, s, o.Key, lang, &answer)
		w := answer.Website
		words, _, _ := strings.Cut(strings.TrimPrefix(w.Words, "/widget/"), "-")
		greeting := ""
		if len(w.Greetings) > 0 {
			greeting = w.Greetings[0].Text
		}
		if got := [4]string{words, greeting, w.Texts["write"], w.Questions[0].Label}; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	b := apptest.NewTab(t)
	b.Go(pageOf(t, s, o.Key, `lang="de_AT"`, "", "<h1>Laden</h1>"))
	b.Wait(`$("chat .launcher").getAttribute("aria-label") === "Chat öffnen"`)
	b.Click("chat .launcher")
	b.Wait(`text("chat .greeting") === "Guten Tag" && $("chat .send").innerText === "Starten" || $("chat .questions")`)
	if lang := apptest.Eval[string](b, `document.getElementById("parley").lang`); lang != "de-AT" {
		t.Errorf("the chat's language is %q", lang)
	}
}

// siteAnswer asks what a page asks before the chat is shown.
func siteAnswer(t *testing.T, s *server, key, lang string, into any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.url+"/widget/v1/site?key="+key+"&lang="+lang, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://shop.example.:443")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
