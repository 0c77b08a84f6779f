package e2e

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"parley/app/serve"
	"parley/app/tools/testkit"
)

// traps is a page that does to events what pages do, and counts what it hears of the chat.
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

// TestBrowserPanelEventsStayInside shows that a visitor can chat while the page has a modal dialog open, and that
// the page hears none of it.
func TestBrowserPanelEventsStayInside(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	b.Size(1280, 800, false)
	b.Go(newPage(t, s, o.Key, `lang="en"`, traps,
		`<div inert><p>Behind</p></div><input id="search"><div id="modal" tabindex="-1"><input id="name"></div><dialog id="native"><input id="inside"></dialog><div style="height: 3000px"></div>`))
	b.Wait(`$("chat .launcher").getClientRects().length`)
	b.Run(`document.querySelector("#modal").focus(); armed = true`)
	b.Click("chat .launcher")
	b.Wait(`!$("chat .panel").hidden && ` + panelRoot + `.activeElement?.tagName === "TEXTAREA"`)
	b.Type("chat .composer textarea", "yes / is this?")
	b.Wait(`$("chat .composer textarea").value === "yes / is this?"`)
	b.Keys(kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)") && $("chat .composer textarea").value === ""`)
	for range 12 {
		b.Keys("More" + kb.Enter)
	}
	b.Wait(panelRoot + `.querySelectorAll(".message.visitor:not(.pending)").length === 13`)
	b.Wait(`$("chat .log").scrollTop > 0`)
	at := testkit.Eval[[]float64](b,
		`(() => { const r = `+inChat(".log")+`.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2, `+inChat(".log")+`.scrollTop]; })()`)
	call := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := chromedp.Call(b.Context(), input.DispatchMouseEvent, input.DispatchMouseEventParams{
		Type:   input.DispatchMouseEventTypeMouseWheel,
		X:      at[0],
		Y:      at[1],
		DeltaX: -1,
		DeltaY: -60,
	})
	call(err)
	b.Wait(fmt.Sprintf(`$("chat .log").scrollTop < %v`, at[2]))
	b.Click("chat .menu summary")
	b.Wait(`$("chat .menu").open && $("chat .items .item")`)
	b.Keys(kb.Escape)
	b.Wait(`!$("chat .menu").open`)
	b.Keys(kb.Escape)
	b.Wait(`$("chat .panel").hidden && !document.querySelector("#modal").hidden`)
	for _, e := range slices.Compact(slices.Sorted(slices.Values(testkit.Eval[[]string](b, "heard")))) {
		t.Errorf("the page hears %s", e)
	}
	if got := testkit.Eval[string](b, `document.querySelector("#search").value + document.querySelector("#name").value`); got != "" {
		t.Errorf("the page's fields took %q", got)
	}

	// Begun in the page, it ends for the page.
	b.Run(
		`armed = false; window.ended = 0; document.addEventListener("mouseup", () => ended++); document.addEventListener("pointerup", () => ended++)`)
	spot := testkit.Eval[[]float64](b,
		`(() => { const r = `+inChat(".launcher")+`.getBoundingClientRect(); return [r.x + 20, r.y + 20]; })()`)
	for _, m := range []input.DispatchMouseEventParams{
		{Type: input.DispatchMouseEventTypeMousePressed, X: 600, Y: 300, Button: input.MouseButtonLeft, ClickCount: 1},
		{Type: input.DispatchMouseEventTypeMouseReleased, X: spot[0], Y: spot[1], Button: input.MouseButtonLeft, ClickCount: 1},
	} {
		_, err := chromedp.Call(b.Context(), input.DispatchMouseEvent, m)
		call(err)
	}
	b.Wait(`ended === 2`)

	checkNativeModal(t, b)

	// Not on paper.
	_, err = chromedp.Call(b.Context(), emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	call(err)
	b.Wait(`getComputedStyle(document.getElementById("parley")).display === "none"`)
}

// checkNativeModal checks that the chat is inside of a native modal while one is open.
func checkNativeModal(t *testing.T, b *testkit.Tab) {
	t.Helper()
	// A native modal makes all else inert: the chat is in it while it is open.
	b.Run(`document.querySelector("#native").showModal()`)
	b.Wait(`document.getElementById("parley").parentNode.id === "native" && $("chat .launcher").getClientRects().length`)
	b.Click("chat .launcher")
	b.Wait(`!$("chat .panel").hidden`)
	b.Type("chat .composer textarea", "Still here")
	b.Wait(`$("chat .composer textarea").value === "Still here"`)
	saveWidgetScreenshot(t, b, "in-a-modal")
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
}

// TestBrowserScriptPlacements shows the chat on pages that name their website in the ways that tag managers, loaders
// and content systems leave: with attributes, variables or a key in the address, as a module, evaluated, delayed, or
// twice.
func TestBrowserScriptPlacements(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	at, key := s.URL+"/widget.js", o.Key
	insert := func(attributes string) string {
		return `<script>{ const s = document.createElement("script"); Object.assign(s, { ` + attributes + ` }); document.head.append(s); }</script>`
	}
	other := `<script async src="/tags/widget.js" data-id="of another vendor"></script>`
	keyed := `<script src="/tags/widget.js?key=of-another-vendor"></script>`
	for _, way := range []struct{ what, head string }{
		{"window.parleyKey, and another vendor's line has a key", keyed + `<script>window.parleyKey = "` + key + `"</script><script src="` + at + `"></script>`},
		{"data-key, and another vendor's line has a key", keyed + `<script async src="` + at + `" data-key="` + key + `"></script>`},
		{"a copy elsewhere with window.parleyServer", `<script>window.parleyServer = "` + s.URL + `"</script><script async src="/copies/widget.js" data-key="` + key + `"></script>`},
		{"a module that is imported later", `<script type="module">await new Promise((go) => addEventListener("load", go)); import("` + at + `?key=` + key + `");</script>`},
		{"data-key", `<script async src="` + at + `" data-key="` + key + `"></script>`},
		{"data-key, deferred, in single quotes", `<script defer src='` + at + `?ver=6.4' data-key='` + key + `'></script>`},
		{"?key=", other + `<script src="` + at + `?key=` + key + `"></script>`},
		{"?key= among others", `<script async src="` + at + `?ver=6.4&amp;key=` + key + `&amp;lang=de"></script>`},
		{"window.parleyKey", other + `<script>window.parleyKey = "` + key + `"; window.parleyServer = "` + s.URL + `/"</script><script async src="` + at + `"></script>`},
		{"a tag manager that inserts without attributes", insert(`src: "` + at + `?key=` + key + `", async: true`)},
		{"a module", `<script type="module" src="` + at + `" data-key="` + key + `"></script>`},
		{"a module with ?key=", `<script type="module" src="` + at + `?key=` + key + `"></script>`},
		{"an imported module", `<script type="module">import "` + at + `?key=` + key + `";</script>`},
		{"an evaluated text", `<script>fetch("` + at + `?key=` + key + `").then((r) => r.text()).then((t) => (0, eval)(t))</script>`},
		{"an evaluated text with variables", `<script>window.parleyKey = "` + key + `"; window.parleyServer = "` + s.URL + `"; fetch("/copy.js").then((r) => r.text()).then((t) => (0, eval)(t))</script>`},
		{"a text in the page", `<script>window.parleyKey = "` + key + `"; window.parleyServer = "` + s.URL + `"; fetch("/copy.js").then((r) => r.text()).then((t) => { const s = document.createElement("script"); s.text = t; document.head.append(s); })</script>`},
		{
			"Rocket Loader",
			`<script type="0123-text/javascript" src="` + at + `" data-key="` + key + `"></script><script>addEventListener("load", () => { const old = document.querySelector("script[type^='0123']"), s = document.createElement("script");
			for (const a of old.attributes) if (a.name !== "type") s.setAttribute(a.name, a.value); s.setAttribute("data-cf-settings", "0123-|49"); old.replaceWith(s); })</script>`,
		},
		{
			"a script delayer",
			`<script type="rocketlazyloadscript" data-rocket-src="` + at + `" data-key="` + key + `"></script><script>addEventListener("load", () => { const old = document.querySelector("script[data-rocket-src]"), s = document.createElement("script");
			s.src = old.dataset.rocketSrc; s.dataset.key = old.dataset.key; old.remove(); document.body.append(s); })</script>`,
		},
		{"twice", `<script async src="` + at + `" data-key="` + key + `"></script><script async src="` + at + `?key=` + key + `"></script>` + insert(`src: "`+at+`"`)},
	} {
		site := servePage(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
				fmt.Fprint(w,
					`<!DOCTYPE html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,">`+way.head+`</head><body><h1>`+way.what+`</h1></body></html>`)
			}
		}))
		before := len(b.Console())
		b.Go(site)
		b.Wait(`$("chat .launcher").getClientRects().length`)
		b.Click("chat .launcher")
		b.Wait(
			`!$("chat .panel").hidden && ` + panelRoot + `.querySelectorAll(".panel").length === 1 && document.querySelectorAll("#parley").length === 1`)
		if c := b.Console()[before:]; len(c) > 0 {
			t.Errorf("%s: the console says %q", way.what, c)
		}
	}
	checkWrongPlacements(t, s, b, at, key)
}

// checkWrongPlacements checks what the console says of a script that is placed wrongly.
func checkWrongPlacements(t *testing.T, s *serve.Server, b *testkit.Tab, at, key string) {
	t.Helper()
	for _, wrong := range []struct{ what, head, want string }{
		{"no key", `<script async src="` + at + `"></script>`, "no data-key"},
		{"an unknown key", `<script async src="` + at + `" data-key="aaaabbbbccccdddd"></script>`, "no website with this key"},
		{"a key that is none", `<script async src="` + at + `?key=YOUR-KEY"></script>`, "no website with this key"},
		{"two keys", `<script src="` + at + `" data-key="` + key + `"></script><script src="` + at + `" data-key="aaaabbbbccccdddd"></script>`, "another key"},
		{"no server", `<script>window.parleyKey = "` + key + `"; fetch("/copy").then((r) => r.text()).then(async () => { const t = await (await fetch("` + s.URL + `/widget.js")).text(); performance.clearResourceTimings(); (0, eval)(t); })</script>`, "parleyServer"},
	} {
		before := len(b.Console())
		b.Go(newHostPage(t,
			`<!DOCTYPE html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,">`+wrong.head+`</head><body></body></html>`))
		for try := 0; len(b.Console()) == before && try < 200; try++ {
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond)
		if c := b.Console()[before:]; len(c) != 1 || !strings.Contains(c[0], "Parley: ") || !strings.Contains(c[0], wrong.want) {
			t.Errorf("%s: the console says %q", wrong.what, c)
		}
	}
}

// TestBrowserPageEventsAreUntouched shows that events outside of the chat are the page's alone, and that whatever a
// page does to its events, the visitor can write.
func TestBrowserPageEventsAreUntouched(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	b.Size(1280, 800, false)
	b.Go(newPage(t, s, o.Key, `lang="en"`, `<script>window.heard = [];
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
		return slices.Compact(slices.Sorted(slices.Values(testkit.Eval[[]string](b, "heard.splice(0)"))))
	}
	got := heard()
	for _, want := range []string{"keydown", "keypress", "keyup", "beforeinput", "input"} {
		for _, phase := range []string{"down", "up"} {
			if line := want + " " + phase + " a  true true"; !slices.Contains(got, line) {
				t.Errorf("the page does not hear %q of %q", line, got)
			}
		}
	}
	for _, want := range []string{
		"pointerdown down c  true true", "mouseup up c  true true", "click down c  true true", "click up c  true true",
		"focusin up b a true true", "focusout down a b true true", "focus down b a true true",
		"blur down a b true true",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("the page does not hear %q of %q", want, got)
		}
	}

	// From the page into the chat and back: the page loses the focus to nothing, and gets it from nothing.
	b.Click("chat .launcher")
	b.Wait(panelRoot + `.activeElement?.tagName === "TEXTAREA"`)
	b.Click("#a")
	b.Wait(`document.activeElement.id === "a"`)
	for _, line := range heard() {
		if strings.Contains(line, "parley") {
			t.Errorf("the page hears %q", line)
		}
	}

	// Scripts that mean the chat's element itself.
	b.Run(
		`{ const e = document.getElementById("parley"); e.click(); for (const type of types) e.dispatchEvent(new Event(type, { bubbles: true, composed: true })); e.dispatchEvent(new KeyboardEvent("keydown", { key: "k", bubbles: true })); }`)
	b.Wait(`heard.includes("keydown up parley  false false")`)
	heard()

	// A page that freezes events.
	b.Go(newPage(t, s, o.Key, `lang="en"`,
		`<script>for (const type of ["keydown", "input", "click", "focusin", "focusout", "pointerdown"]) addEventListener(type, (e) => Object.freeze(e), true);</script>`,
		`<input id="a">`))
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
