package testkit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var browser struct {
	once   sync.Once
	ctx    context.Context
	cancel []context.CancelFunc
	err    error
}

// ChromiumPath returns where Chromium is on this machine; empty: it is not installed.
func ChromiumPath() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// ChromiumOptions are the options with which tests start Chromium: without a window, without requests of its own, and with
// tabs in the background as active as the one in front.
func ChromiumOptions(path string) []chromedp.ExecAllocatorOption {
	return []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-renderer-backgrounding", true)}
}

func startBrowser() {
	browser.once.Do(func() {
		path := ChromiumPath()
		if path == "" {
			browser.err = fmt.Errorf("no Chromium on this machine: make test installs it")
			return
		}
		allocator, stop := chromedp.NewExecAllocator(context.Background(), append(ChromiumOptions(path),
			chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.WindowSize(1280, 800))...)
		ctx, cancel := chromedp.NewContext(allocator)
		browser.cancel = []context.CancelFunc{cancel, stop}
		browser.ctx = ctx
		browser.err = chromedp.Do(ctx)
	})
}

func closeBrowser() {
	for _, cancel := range browser.cancel {
		cancel()
	}
}

// Tab is one page in a browser context of its own: no cookie or storage is shared with another Tab, unless it was opened by
// Another.
type Tab struct {
	T   testing.TB
	ctx context.Context

	ignoring atomic.Bool // what comes to the console now is our own doing
	mu       sync.Mutex
	console  []string
}

// NewTab opens a tab with storage of its own. Everything in it ends with the test.
func NewTab(t testing.TB) *Tab {
	t.Helper()
	startBrowser()
	if browser.err != nil {
		t.Fatal(browser.err)
	}
	return newTab(t, browser.ctx, chromedp.WithNewBrowserContext())
}

// OpenAnother opens a second tab that shares cookies and storage with this one.
func (b *Tab) OpenAnother() *Tab {
	b.T.Helper()
	return newTab(b.T, b.ctx)
}

func newTab(t testing.TB, parent context.Context, opts ...chromedp.ContextOption) *Tab {
	t.Helper()
	b := &Tab{T: t}
	ctx, cancel := chromedp.NewContext(parent, append(opts, chromedp.WithListener(b.handleEvent))...)
	t.Cleanup(cancel)
	b.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // makes the target; must not have a deadline
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *Tab) handleEvent(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, a := range e.Args {
			words = append(words, strings.Trim(string(a.Value), `"`))
		}
		b.record(string(e.Type) + ": " + strings.Join(words, " "))
	case *runtime.EventExceptionThrown:
		what := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			what += " " + e.ExceptionDetails.Exception.Description
		}
		b.record("exception: " + what)
	case *log.EventEntryAdded: // what the browser itself has to say: a policy violated, a file not found
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.record(string(e.Entry.Level) + ": " + e.Entry.Text + " " + e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		go chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
	}
}

func (b *Tab) record(line string) {
	if b.ignoring.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.console = append(b.console, line)
}

// Console returns what the page has written to the console so far, and its uncaught exceptions.
func (b *Tab) Console() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.console...)
}

// withTimeout returns the tab's context with a deadline for one step.
func (b *Tab) withTimeout(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, d)
}

// Do runs actions.
func (b *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	ctx, cancel := b.withTimeout(Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.fatal(err)
	}
}

// fatal ends the test with what the page showed.
func (b *Tab) fatal(err error) {
	b.T.Helper()
	ctx, cancel := b.withTimeout(5 * time.Second)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\nfocus: " + document.activeElement?.outerHTML.slice(0, 200) +
		"\nfields: " + [...document.querySelectorAll("input, textarea")].filter((e) => e.value && e.type !== "hidden")
			.map((e) => (e.id || e.name) + "=" + e.value.slice(0, 80)).join(" | ") +
		"\n" + document.body.innerText.slice(0, 1500)`))
	if dir := os.Getenv("SCREENSHOT_DIR"); dir != "" {
		if picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot()); err == nil {
			os.WriteFile(dir+"/"+strings.ReplaceAll(b.T.Name(), "/", "_")+".png", picture, 0o644)
		}
	}
	b.T.Fatalf("%v\nconsole:\n  %s\npage: %s", err, strings.Join(b.Console(), "\n  "), text)
}

// Go opens an address.
func (b *Tab) Go(address string) {
	b.T.Helper()
	b.Do(chromedp.Navigate(address))
}

// Reload loads the page again.
func (b *Tab) Reload() {
	b.T.Helper()
	b.Do(chromedp.Reload())
}

// Eval returns the value of an expression in the page; a promise is awaited.
func Eval[V any](b *Tab, expression string) V {
	b.T.Helper()
	ctx, cancel := b.withTimeout(Patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[V](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.fatal(fmt.Errorf("%s: %w", expression, err))
	}
	return v
}

// Run runs statements in the page.
func (b *Tab) Run(statements string) {
	b.T.Helper()
	Eval[bool](b, "(async () => { "+statements+"; return true })()")
}

// Wait waits until an expression in the page is true. $ finds an element by selector; a selector that begins with "chat " is
// looked up inside the widget.
func (b *Tab) Wait(expression string) {
	b.T.Helper()
	ctx, cancel := b.withTimeout(Patience)
	defer cancel()
	for {
		ok, err := chromedp.Run(ctx,
			chromedp.Evaluate[bool]("(() => { "+Find+" try { return !!("+expression+") } catch { return false } })()"))
		if err == nil && ok {
			return
		}
		if ctx.Err() != nil {
			b.fatal(fmt.Errorf("waited in vain for %s", expression))
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// Find is a script that defines what expressions look things up with: $ returns the first element of a selector and $$ all of them,
// inside the widget if the selector begins with "chat "; text returns an element's visible text.
const Find = `const within = (s) => s.startsWith("chat ") ? [document.getElementById("parley").shadowRoot, s.slice(5)] : [document, s];
	const $ = (s) => { const [root, selector] = within(s); return root.querySelector(selector); };
	const $$ = (s) => { const [root, selector] = within(s); return [...root.querySelectorAll(selector)]; };
	const text = (s) => $(s).innerText;`

// Text returns the visible text of what a selector names.
func (b *Tab) Text(selector string) string {
	b.T.Helper()
	return Eval[string](b, "(() => { "+Find+" return text("+strconv.Quote(selector)+") })()")
}

// Click clicks the middle of what a selector names, with the mouse.
func (b *Tab) Click(selector string) {
	b.T.Helper()
	b.Wait("$(" + strconv.Quote(selector) + ").getClientRects().length")
	at := Eval[[]float64](b, "(() => { "+Find+" const e = $("+strconv.Quote(selector)+`); e.scrollIntoView({ block: "nearest" });
		const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()`)
	b.Do(chromedp.MouseClickXY(at[0], at[1]))
}

// Type clicks what a selector names and types into it, as a keyboard does.
func (b *Tab) Type(selector, text string) {
	b.T.Helper()
	b.Click(selector)
	b.Keys(text)
}

// Keys presses keys wherever the focus is.
func (b *Tab) Keys(keys string, modifiers ...chromedp.Modifier) {
	b.T.Helper()
	b.Do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// Size sets the page's size in CSS pixels and its color scheme.
func (b *Tab) Size(width, height int64, dark bool) {
	b.T.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	ctx, cancel := b.withTimeout(Patience)
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width:             width,
		Height:            height,
		DeviceScaleFactor: 1,
		Mobile:            width < 500,
	})
	if err == nil {
		_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{
			Name:  "prefers-color-scheme",
			Value: scheme,
		}}})
	}
	if err != nil {
		b.fatal(err)
	}
}

// Context is the tab's context, for protocol calls that have no helper here.
func (b *Tab) Context() context.Context { return b.ctx }

// Screenshot returns a screenshot (PNG) of what is visible.
func (b *Tab) Screenshot() []byte {
	b.T.Helper()
	ctx, cancel := b.withTimeout(Patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.fatal(err)
	}
	return png
}

// LogIn logs a person in through the form and waits for the page that next names.
func (b *Tab) LogIn(server, email, password, next string) {
	b.T.Helper()
	b.Go(server + "/login?next=" + next)
	b.Type("#f-email", email)
	b.Type("#f-password", password)
	b.Click("form button.primary")
	b.Wait("location.pathname === " + strconv.Quote(next))
}
