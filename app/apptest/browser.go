package apptest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
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

func browserPath() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func startBrowser() {
	browser.once.Do(func() {
		path := browserPath()
		if path == "" {
			browser.err = fmt.Errorf("no Chromium on this machine: make test installs it")
			return
		}
		opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", false),
			chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.WindowSize(1280, 800))
		allocator, stop := chromedp.NewExecAllocator(context.Background(), opts...)
		ctx, cancel := chromedp.NewContext(allocator)
		browser.cancel = []context.CancelFunc{cancel, stop}
		browser.ctx = ctx
		browser.err = chromedp.Run(ctx)
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

	mu      sync.Mutex
	console []string
}

// NewTab opens a tab with storage of its own. Everything in it ends with the test.
func NewTab(t testing.TB) *Tab {
	t.Helper()
	startBrowser()
	if browser.err != nil {
		t.Fatal(browser.err)
	}
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return (&Tab{T: t, ctx: ctx}).listen()
}

// Another opens a second tab that shares cookies and storage with this one.
func (b *Tab) Another() *Tab {
	b.T.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.T.Cleanup(cancel)
	return (&Tab{T: b.T, ctx: ctx}).listen()
}

func (b *Tab) listen() *Tab {
	b.T.Helper()
	chromedp.ListenTarget(b.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			var words []string
			for _, a := range e.Args {
				words = append(words, strings.Trim(string(a.Value), `"`))
			}
			b.note(string(e.Type) + ": " + strings.Join(words, " "))
		case *runtime.EventExceptionThrown:
			b.note("exception: " + e.ExceptionDetails.Error())
		case *page.EventJavascriptDialogOpening:
			go chromedp.Run(b.ctx, page.HandleJavaScriptDialog(true))
		}
	})
	b.Do(page.Enable())
	return b
}

func (b *Tab) note(line string) {
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

// Do runs actions, within half a minute.
func (b *Tab) Do(actions ...chromedp.Action) {
	b.T.Helper()
	if chromedp.FromContext(b.ctx).Target == nil {
		if err := chromedp.Run(b.ctx); err != nil { // the first run makes the target and must not have a deadline
			b.T.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.fatal(err)
	}
}

func (b *Tab) fatal(err error) {
	b.T.Helper()
	var picture []byte
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	if dir := os.Getenv("SCREENSHOT_DIR"); dir != "" && chromedp.Run(ctx, chromedp.CaptureScreenshot(&picture)) == nil {
		os.WriteFile(dir+"/"+strings.ReplaceAll(b.T.Name(), "/", "_")+".png", picture, 0o644)
	}
	b.T.Fatalf("%v\nconsole: %s", err, strings.Join(b.Console(), "\n  "))
}

// Go opens an address.
func (b *Tab) Go(address string) {
	b.T.Helper()
	b.Do(chromedp.Navigate(address))
}

// Eval returns the value of an expression in the page.
func (b *Tab) Eval(expression string, into any) {
	b.T.Helper()
	b.Do(chromedp.Evaluate(expression, into, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// Wait waits until an expression in the page is true.
func (b *Tab) Wait(expression string) {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	err := chromedp.Run(ctx, chromedp.Poll("(() => { try { return !!("+expression+") } catch { return false } })()", nil, chromedp.WithPollingInterval(30*time.Millisecond), chromedp.WithPollingTimeout(0)))
	if err != nil {
		b.fatal(fmt.Errorf("waited for %s: %w", expression, err))
	}
}

// Click clicks what a selector names.
func (b *Tab) Click(selector string) {
	b.T.Helper()
	b.Do(chromedp.Click(selector, chromedp.ByQuery))
}

// Type types into what a selector names, as a keyboard does.
func (b *Tab) Type(selector, text string) {
	b.T.Helper()
	b.Do(chromedp.SendKeys(selector, text, chromedp.ByQuery))
}

// Keys presses keys wherever the focus is.
func (b *Tab) Keys(keys string) {
	b.T.Helper()
	b.Do(chromedp.KeyEvent(keys))
}

// Size sets the page's size in CSS pixels and its colour scheme.
func (b *Tab) Size(width, height int64, dark bool) {
	b.T.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.Do(emulation.SetDeviceMetricsOverride(width, height, 1, width < 500),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
}

// Picture returns a screenshot of what is visible.
func (b *Tab) Picture() []byte {
	b.T.Helper()
	var png []byte
	b.Do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = page.CaptureScreenshot().Do(ctx)
		return err
	}))
	return png
}

// LogIn logs a person in through the form.
func (b *Tab) LogIn(server, email, password, next string) {
	b.T.Helper()
	b.Go(server + "/login?next=" + next)
	b.Type("#f-email", email)
	b.Type("#f-password", password)
	b.Click("form button.primary")
	b.Wait("location.pathname === '" + strings.SplitN(next, "?", 2)[0] + "'")
}

