package e2e

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

const composer = "chat .composer textarea"

// typeText puts a text into a field of the widget as if it had been typed; the text is a JavaScript expression.
func typeText(b *testkit.Tab, selector, text string) {
	b.T.Helper()
	b.Run(
		`const e = ` + inChat(selector) + `; e.focus(); e.value = ` + text + `; e.dispatchEvent(new InputEvent("input", { bubbles: true }))`)
}

// isAcknowledged is an expression: the visitor's panel shows n messages as sent.
func isAcknowledged(n string) string {
	return `document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor:not(.pending)").length === ` + n
}

// TestBrowserWidgetInputMethods shows that keys belong to an input method while it composes, in each way in which
// browsers report it, and act as usual otherwise.
func TestBrowserWidgetInputMethods(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	changeSettings(t, s, o, func(x *settings.Widget) {
		x.PreChat.Questions = []settings.Question{{Kind: "name", Label: "Your name"}}
	})
	b := testkit.NewTab(t)
	openChat(b, customerPage(t, s.URL, o.Key))
	press := func(selector, key, how string) {
		t.Helper()
		b.Run(
			inChat(selector) + `.dispatchEvent(new KeyboardEvent("keydown", { key: "` + key + `", bubbles: true, composed: true, cancelable: true, ` + how + ` }))`)
	}
	composing := []string{`isComposing: true`, `keyCode: 229`, `isComposing: true, keyCode: 229`}
	b.Wait(`$("chat .questions input")`)
	for _, how := range composing {
		for _, key := range []string{"Enter", "Escape", "Tab", "ArrowUp", "ArrowDown"} {
			press(".questions input", key, how)
		}
	}
	b.Wait(`!$("chat .panel").hidden && $("chat .questions")`)

	// By the way: an answer that is too long stays whole, and is not sent.
	typeText(b, ".questions input", `"x".repeat(101)`)
	b.Click("chat .questions .send")
	b.Wait(`text("chat .problem").includes("101 of 100 characters") && $("chat .questions input").value.length === 101`)
	typeText(b, ".questions input", `"Anna"`)
	b.Click("chat .questions .send")
	b.Wait(`$("` + composer + `").getClientRects().length`)
	typeText(b, ".composer textarea", `"かな"`)
	for _, how := range composing {
		for _, key := range []string{"Enter", "Escape", "Tab", "ArrowUp", "ArrowDown"} {
			press(".composer textarea", key, how)
		}
	}
	b.Wait(`!$("chat .panel").hidden && $("` + composer + `").value === "かな" && !$("chat .message.visitor")`)
	press(".composer textarea", "Enter", "keyCode: 13")
	b.Wait(`$("chat .message.visitor") && !$("` + composer + `").value`)
	press(".composer textarea", "Escape", "keyCode: 27")
	b.Wait(`$("chat .panel").hidden`)
}

// TestBrowserVisitorsDrafts shows that what is being written survives navigation, reload and a closed panel, in this
// tab only, and is gone when it is sent, and with its visitor.
func TestBrowserVisitorsDrafts(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	changeSettings(t, s, o, func(x *settings.Widget) {
		x.PreChat.Questions = []settings.Question{
			{Kind: "name", Label: "Your name"},
			{Kind: "choice", Label: "Customer?", Choices: []string{"Yes", "Not yet"}},
			{Kind: "consent", Label: "I agree"},
		}
	})
	b := testkit.NewTab(t)
	page := customerPage(t, s.URL, o.Key)
	openChat(b, page)
	b.Wait(`$("chat .questions input")`)
	b.Type("chat .questions input", "Anna")
	b.Run(`const s = ` + inChat(".questions select") + `; s.value = "Not yet"; s.dispatchEvent(new Event("input", { bubbles: true }))`)
	b.Click("chat .consent input")
	b.Reload()
	b.Wait(
		`$("chat .questions input")?.value === "Anna" && $("chat .questions select").value === "Not yet" && $("chat .consent input").checked`)
	b.Click("chat .questions .send")
	b.Type(composer, "Where is my")
	b.Go(page + "/another")
	b.Wait(`$("` + composer + `")?.value === "Where is my" && $("` + composer + `").getClientRects().length`)
	b.Click(composer)
	b.Keys(kb.End + " parcel")
	b.Keys(kb.Escape)
	b.Wait(`$("chat .panel").hidden`)
	b.Reload()
	b.Wait(`$("chat .launcher").getClientRects().length`)
	b.Click("chat .launcher")
	b.Wait(`$("` + composer + `")?.value === "Where is my parcel"`)
	if testkit.Eval[bool](b, `JSON.stringify(localStorage).includes("parcel")`) {
		t.Error("the draft is in storage that other tabs share")
	}
	b.Click(composer)
	b.Keys(kb.Home + "Ah: ") // the cursor stays where it is put
	b.Wait(`$("` + composer + `").value === "Ah: Where is my parcel"`)
	b.Keys(kb.Enter)
	b.Wait(isAcknowledged("1"))
	b.Reload()
	b.Wait(`$("` + composer + `")?.getClientRects().length && ` + isAcknowledged("1"))
	b.Wait(`$("` + composer + `").value === "" && !JSON.stringify(sessionStorage).includes("parcel")`)

	// Another visitor does not read it.
	typeText(b, ".composer textarea", `"my secret"`)
	b.Run(`parley("identify", "")`)
	b.Wait(`$("` + composer + `").value === "" && !JSON.stringify(sessionStorage).includes("secret")`)

	// A page whose storage is shut.
	shut := customerPageWith(t, s.URL, o.Key,
		`for (const name of ["sessionStorage", "localStorage"]) Object.defineProperty(window, name, { get() { throw new DOMException("shut", "SecurityError"); } });`)
	openChat(b, shut)
	b.Wait(`$("chat .questions")`)
	b.Click("chat .questions .send")
	b.Type(composer, "Without storage"+kb.Enter)
	b.Wait(isAcknowledged("1"))
}

// TestBrowserLongAndPastedText shows that a text that is too long stays whole and is counted as the server counts;
// that control characters are left out; that a table's cells are pasted as text, and their picture is offered; and
// that the composer grows to six lines.
func TestBrowserLongAndPastedText(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	openChat(b, customerPage(t, s.URL, o.Key))
	b.Wait(`$("` + composer + `").getClientRects().length`)
	typeText(b, ".composer textarea", `"x".repeat(4120)`)
	b.Wait(`text("chat .count") === "4,120 of 4,000 characters" && $("` + composer + `").getAttribute("aria-invalid") === "true"`)
	saveWidgetScreenshot(t, b, "too-long")
	b.Keys(kb.Enter)
	b.Wait(`text("chat .count[role=alert]").startsWith("The text is too long: 4,120 of 4,000")`)
	b.Wait(`$("` + composer + `").value.length === 4120 && !$("chat .message.visitor")`)
	if lines := testkit.Eval[int](b, inChat(".composer textarea")+".rows"); lines != 6 {
		t.Errorf("the composer has %d lines", lines)
	}
	if ok := testkit.Eval[bool](b,
		`(() => { const e = `+inChat(".composer textarea")+`, line = parseFloat(getComputedStyle(e).lineHeight), h = e.clientHeight; return h > 5.5 * line && h < 8 * line && e.scrollHeight > h })()`); !ok {
		t.Error("the composer is not six lines high")
	}
	typeText(b, ".composer textarea", `"a\u0308".repeat(3999) + "😀"`) // 4,000 once it is composed
	b.Wait(`!$("chat .count")`)
	b.Keys(kb.Enter)
	b.Wait(isAcknowledged("1"))
	b.Wait(`$("` + composer + `").value === "" && $("` + composer + `").rows === 1`)
	typeText(b, ".composer textarea", `"one\u000b two\u001b"`)
	b.Keys(kb.Enter)
	b.Wait(isAcknowledged("2"))
	b.Wait(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor .text")][1].textContent === "one two"`)

	paste := func(text string) {
		t.Helper()
		b.Run(`const data = new DataTransfer(); data.setData("text/plain", ` + text + `); data.items.add(new File(["x"], "image.png", { type: "image/png" }));
			window.pasted = ` + inChat(".composer textarea") + `.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))`)
	}
	paste(`"1\t2\n3\t4"`)
	b.Wait(`window.pasted && $("chat .offer .link")?.innerText === "Attach the picture too"`)
	saveWidgetScreenshot(t, b, "offer")
	if n := testkit.Eval[int](b, `document.getElementById("parley").shadowRoot.querySelectorAll(".message").length`); n != 2 {
		t.Errorf("the picture was sent by itself: %d messages", n)
	}
	b.Click("chat .offer .link")
	b.Wait(`!$("chat .offer") && document.getElementById("parley").shadowRoot.querySelectorAll(".message").length === 3`)
	paste(`"image.png"`) // a file that was copied says its name
	b.Wait(`!window.pasted && !$("chat .offer") && document.getElementById("parley").shadowRoot.querySelectorAll(".message").length === 4`)
}

// TestBrowserFilesBeforeSending shows that a file chosen before there is a connection waits for it; that what is
// refused for a while is sent afterwards; and that what is canceled is not sent.
func TestBrowserFilesBeforeSending(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	behind, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	stands := make(chan bool)
	var mu sync.Mutex
	var bearers []string
	proxy := httputil.NewSingleHostReverseProxy(behind)
	front := servePage(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/socket") || strings.HasSuffix(r.URL.Path, "/frames"):
			select {
			case <-stands:
			case <-r.Context().Done():
				return
			}
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/files"):
			mu.Lock()
			bearers = append(bearers, r.Header.Get("Authorization"))
			n := len(bearers)
			mu.Unlock()
			if code := map[int]int{1: http.StatusServiceUnavailable, 2: http.StatusTooManyRequests}[n]; code > 0 {
				io.Copy(io.Discard, r.Body)
				w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
				w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(code)
				io.WriteString(w, `{"message": "Busy for a moment."}`)
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	b := testkit.NewTab(t)
	openChat(b, newPage(t, &serve.Server{URL: front}, o.Key, `lang="en"`, "", "<h1>A page</h1>"))
	b.Wait(`$("` + composer + `").getClientRects().length`)
	dropFile(b, inChat(".composer textarea"), "paste", "early.txt", "text/plain", []byte("Early words."))
	dropFile(b, inChat(".composer textarea"), "paste", "canceled.txt", "text/plain", []byte("Canceled words."))
	b.Wait(`document.getElementById("parley").shadowRoot.querySelectorAll(".message.pending .link").length === 2`)
	b.Run(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message.pending .link")][1].click()`)
	b.Wait(`document.getElementById("parley").shadowRoot.querySelectorAll(".message").length === 1`)
	close(stands)
	b.Wait(`text("chat .message.pending .progress").includes("Busy for a moment.")`)
	b.Wait(isAcknowledged("1") + ` && $("chat .message .file.card").innerText.includes("early.txt")`)
	mu.Lock()
	defer mu.Unlock()
	if len(bearers) != 3 {
		t.Errorf("%d attempts", len(bearers))
	}
	for _, h := range bearers {
		if !strings.HasPrefix(h, "Bearer ") || strings.Contains(h, "undefined") {
			t.Errorf("sent: %q", h)
		}
	}
}

// TestBrowserScreenReaderAnnouncesOnce shows that a screen reader announces each message once: it enters the log
// once, whatever becomes of it afterwards; and past midnight it shows its day.
func TestBrowserScreenReaderAnnouncesOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	openChat(b, customerPageWith(t, s.URL, o.Key, `{ const D = Date; window.later = 0;
		window.Date = class extends D { constructor(...a) { a.length ? super(...a) : super(D.now() + window.later); } static now() { return D.now() + window.later; } }; }`))
	b.Wait(`$("` + composer + `").getClientRects().length`)
	b.Run(`window.heard = []; const log = ` + inChat(".log") + `;
		const texts = (n) => { if (n.nodeType === 3) window.heard.push(n.data); else for (const c of n.childNodes) if (c.nodeType === 3 || c.getAttribute("aria-live") !== "off") texts(c); };
		new MutationObserver((list) => { for (const m of list) { if (m.type === "characterData") window.heard.push(m.target.data);
			if (!m.target.closest?.("[aria-live=off]")) for (const n of m.addedNodes) if (!n.getAttribute || n.getAttribute("aria-live") !== "off") texts(n); } }).observe(log, { subtree: true, childList: true, characterData: true });`)
	b.Type(composer, "Heard once"+kb.Enter)
	b.Type(composer, "And this"+kb.Enter)
	b.Wait(isAcknowledged("2"))
	conversationID := uuid.MustParse(onlyConversation(t, s, o))
	if _, err := s.Routing.Take(ctx, o.As(access.Agent), "Mia", conversationID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.SendAsAgent(ctx, o.As(access.Agent), conversationID, uuid.New(), conversation.Text,
		"The answer"); err != nil {
		t.Fatal(err)
	}
	b.Wait(`text("chat .message.agent").includes("The answer")`)
	b.Run(`dispatchEvent(new Event("offline")); dispatchEvent(new Event("online"))`)
	b.Type(composer, "The last"+kb.Enter)
	b.Wait(isAcknowledged("3"))
	dropFile(b, inChat(".composer textarea"), "paste", "label.txt", "text/plain", []byte("A label."))
	b.Wait(isAcknowledged("4"))
	if got := testkit.Eval[string](b, `window.heard.filter(Boolean).join("|")`); got != "Heard once|And this|Mia has joined|The answer|The last|label.txt" {
		t.Errorf("read out: %s", got)
	}

	today := `[...document.getElementById("parley").shadowRoot.querySelectorAll(".message small")].map((e) => e.textContent.includes(new Date(0 + window.at).toLocaleDateString("en", { dateStyle: "medium" }))).join()`
	b.Run(`window.at = Date.now()`)
	if got := testkit.Eval[string](b, today); strings.Contains(got, "true") {
		t.Errorf("today's messages say their day: %s", got)
	}
	b.Run(`window.later = 86400000; document.dispatchEvent(new Event("visibilitychange"))`)
	if got := testkit.Eval[string](b, today); strings.Contains(got, "false") {
		t.Errorf("yesterday's messages say no day: %s", got)
	}
	saveWidgetScreenshot(t, b, "days")
}

// TestBrowserPhotos shows that a photo is shown as it was taken, has its place before it is loaded, and does not say
// where it was taken.
func TestBrowserPhotos(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, image.NewGray(image.Rect(0, 0, 400, 200)), nil); err != nil {
		t.Fatal(err)
	}
	b := testkit.NewTab(t)
	openChat(b, newPage(t, s, o.Key, `lang="en"`, "", "<h1>A page</h1>"))
	b.Wait(`$("` + composer + `").getClientRects().length`)
	for i, turned := range []byte{1, 6, 8, 3} {
		exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x02\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(turned)) + "\x00\x00\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00GPS 52.5163"
		photo := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
		photo = append(photo, plain.Bytes()[2:]...)
		dropFile(b, inChat(".composer textarea"), "paste", "photo.jpg", "image/jpeg", photo)
		all := `[...document.getElementById("parley").shadowRoot.querySelectorAll(".file img")]`
		b.Wait(all + `[` + string(rune('0'+i)) + `]?.naturalWidth`)
		got := testkit.Eval[[]int](b, `(() => { const i = `+all+`.pop(); return [i.width, i.height, i.naturalWidth, i.naturalHeight] })()`)
		want := []int{240, 120, 400, 200}
		if turned >= 5 {
			want = []int{100, 200, 200, 400}
		}
		for k := range want {
			if got[k] != want[k] {
				t.Errorf("turned %d: %v, not %v", turned, got, want)
				break
			}
		}
		res, err := http.Get(testkit.Eval[string](b, all+`.pop().src`))
		if err != nil {
			t.Fatal(err)
		}
		stored, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || len(stored) < 100 || bytes.Contains(stored, []byte("GPS")) {
			t.Errorf("turned %d: %v, %d bytes that say where", turned, err, len(stored))
		}
	}
}
