// Package engines drives three browser engines with one set of verbs: Chromium over the DevTools protocol, Firefox over WebDriver BiDi and
// WebKitGTK over WebDriver. Tests that say what a person does run in all of them.
package engines

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/app/tools/testkit"
)

// driver is what an engine must be able to do. A window is named by the engine's own handle.
type driver interface {
	open() (window string, err error)
	navigate(window, address string) error
	// evaluate returns the JSON text of an expression's value in the page; a promise is awaited.
	evaluate(window, expression string) (string, error)
	click(window string, x, y float64) error
	// press presses keys one after another, while those in hold stay pressed. Keys are characters, or WebDriver's codes (see Enter).
	press(window string, hold []string, keys []string) error
	// choose gives files to an input of type file, which an expression names.
	choose(window, expression string, paths []string) error
	picture(window string) ([]byte, error)
	close(window string) error
	stop()
}

// Keys that are not characters, as WebDriver codes them.
const (
	Enter     = "\uE007"
	Tab       = "\uE004"
	Backspace = "\uE003"
	Escape    = "\uE00C"
	ArrowUp   = "\uE013"
	ArrowDown = "\uE015"
	Control   = "\uE009"
	Alt       = "\uE00A"
	Shift     = "\uE008"
	F1        = "\uE031"
)

// Names are the engines of this system by the names that Start takes. WebKitGTK is made for Linux only.
var Names = func() []string {
	if runtime.GOOS == "linux" {
		return []string{"chromium", "firefox", "webkit"}
	}
	return []string{"chromium", "firefox"}
}()

// Engine is a running browser with storage of its own. Its windows share that storage.
type Engine struct {
	Name   string
	t      testing.TB
	driver driver
}

// Start starts a browser with an empty profile; it ends with the test. The test fails if the browser is not on this machine.
func Start(t testing.TB, name string) *Engine {
	t.Helper()
	start := map[string]func(profile string) (driver, error){
		"chromium": startChromium,
		"firefox":  startFirefox,
		"webkit":   startWebKit,
	}[name]
	if start == nil {
		t.Fatalf("no browser engine is called %q", name)
	}
	profile, err := os.MkdirTemp("", "parley-"+name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(profile) })
	d, err := start(profile)
	if err != nil {
		t.Fatalf("%s: %v (make e2e-all installs what is missing)", name, err)
	}
	t.Cleanup(d.stop)
	return &Engine{Name: name, t: t, driver: d}
}

// Open opens a window.
func (e *Engine) Open() *Window {
	e.t.Helper()
	id, err := e.driver.open()
	if err != nil {
		e.t.Fatalf("%s: open a window: %v", e.Name, err)
	}
	return &Window{Engine: e, id: id}
}

// Window is one window of a browser.
type Window struct {
	*Engine
	id string
}

// Go opens an address.
func (w *Window) Go(address string) {
	w.t.Helper()
	w.must("open "+address, w.driver.navigate(w.id, address))
}

// Reload loads the page again.
func (w *Window) Reload() {
	w.t.Helper()
	w.Run(`window.left = true; setTimeout(() => location.reload(), 0)`)
	w.Wait("!window.left")
}

// Eval returns the value of an expression in the page.
func Eval[V any](w *Window, expression string) V {
	w.t.Helper()
	var v V
	s, err := w.driver.evaluate(w.id, "(async () => { "+testkit.Find+" return ("+expression+"); })()")
	if err == nil {
		err = json.Unmarshal([]byte(s), &v)
	}
	w.must(expression, err)
	return v
}

// Run runs statements in the page.
func (w *Window) Run(statements string) {
	w.t.Helper()
	_, err := w.driver.evaluate(w.id, "(async () => { "+testkit.Find+" "+statements+"; return true; })()")
	w.must(statements, err)
}

// patience is how long Wait waits. Three browsers on a busy machine are slow.
const patience = 45 * time.Second

// Wait waits until an expression in the page is true.
func (w *Window) Wait(expression string) {
	w.t.Helper()
	var last error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		s, err := w.driver.evaluate(w.id, "(async () => { "+testkit.Find+" try { return !!("+expression+"); } catch { return false; } })()")
		if err == nil && s == "true" {
			return
		}
		last = err
	}
	w.must("wait for "+expression, errors.Join(errors.New("it did not become true"), last))
}

// Click clicks the middle of what a selector names.
func (w *Window) Click(selector string) {
	w.t.Helper()
	w.Wait("$(" + strconv.Quote(selector) + ").getClientRects().length")
	at := Eval[[]float64](w, `(() => { const e = $(`+strconv.Quote(selector)+`); e.scrollIntoView({ block: "nearest" });
		const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`)
	w.must("click "+selector, w.driver.click(w.id, at[0], at[1]))
}

// Keys types a text wherever the focus is; it may contain Enter and the like.
func (w *Window) Keys(text string) {
	w.t.Helper()
	w.must("type "+text, w.driver.press(w.id, nil, strings.Split(text, "")))
}

// Press presses one key while others are held.
func (w *Window) Press(key string, hold ...string) {
	w.t.Helper()
	w.must("press "+key, w.driver.press(w.id, hold, []string{key}))
}

// Type clicks what a selector names and types into it.
func (w *Window) Type(selector, text string) {
	w.t.Helper()
	w.Click(selector)
	w.Keys(text)
}

// Choose gives files to the input that a selector names.
func (w *Window) Choose(selector string, paths ...string) {
	w.t.Helper()
	w.must("choose files for "+selector,
		w.driver.choose(w.id, "(() => { "+testkit.Find+" return $("+strconv.Quote(selector)+"); })()", paths))
}

// Close closes the window.
func (w *Window) Close() {
	w.t.Helper()
	w.must("close", w.driver.close(w.id))
}

// must ends the test with what the page showed. A picture of it is stored in the folder that SCREENSHOT_DIR names.
func (w *Window) must(what string, err error) {
	w.t.Helper()
	if err == nil {
		return
	}
	page, _ := w.driver.evaluate(w.id,
		`(async () => location.href + "\n" + document.body.innerText.slice(0, 1500) + "\n" +
			(document.getElementById("parley")?.shadowRoot?.textContent || "").slice(0, 1000))()`)
	if dir := os.Getenv("SCREENSHOT_DIR"); dir != "" {
		if png, err := w.driver.picture(w.id); err == nil {
			os.WriteFile(filepath.Join(dir, strings.ReplaceAll(w.t.Name(), "/", "_")+".png"), png, 0o644)
		}
	}
	w.t.Fatalf("%s: %s: %v\npage: %s", w.Name, what, err, page)
}

// Picture returns a screenshot (PNG) of what is visible.
func (w *Window) Picture() []byte {
	w.t.Helper()
	png, err := w.driver.picture(w.id)
	w.must("picture", err)
	return png
}

// look finds the first of several programs that is installed.
func look(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		if found, _ := filepath.Glob(name); len(found) > 0 {
			return found[0], nil
		}
	}
	return "", fmt.Errorf("%s is not installed", names[0])
}

// end ends a process and those that it started.
func end(cmd *exec.Cmd) {
	if cmd != nil && cmd.Process != nil {
		killGroup(cmd)
		cmd.Wait()
	}
}
