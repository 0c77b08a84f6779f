package engines

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"parley/app/tools/testkit"
)

// firefox speaks WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), one command after another.
type firefox struct {
	cmd *exec.Cmd
	mu  sync.Mutex
	ws  *websocket.Conn
	id  int
}

// calm are settings of Firefox's profile: nothing is fetched from elsewhere, nothing is asked, windows behind others run as those in front.
const calm = `user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("services.settings.server", "http://127.0.0.1:9/");
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("widget.windows.window_occlusion_tracking.enabled", false);
user_pref("dom.min_background_timeout_value", 4);
user_pref("dom.timeout.enable_budget_timer_throttling", false);
user_pref("media.autoplay.default", 0);
`

func startFirefox(profile string) (driver, error) {
	path, err := look("firefox", "firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(calm), 0o600); err != nil {
		return nil, err
	}
	port, err := testkit.FreePort()
	if err != nil {
		return nil, err
	}
	f := &firefox{cmd: exec.Command(path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", strconv.Itoa(port))}
	f.cmd.Env = append(os.Environ(), "HOME="+profile, "MOZ_DISABLE_CONTENT_SANDBOX=1")
	ownGroup(f.cmd)
	if err := f.cmd.Start(); err != nil {
		return nil, err
	}
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if f.ws, _, err = websocket.DefaultDialer.Dial(fmt.Sprintf("ws://127.0.0.1:%d/session", port), nil); err == nil {
			break
		}
		if time.Now().After(end) {
			f.stop()
			return nil, fmt.Errorf("it does not answer: %w", err)
		}
	}
	always := map[string]any{"unhandledPromptBehavior": map[string]any{"default": "accept", "beforeUnload": "accept"}}
	if _, err := f.call("session.new", map[string]any{"capabilities": map[string]any{"alwaysMatch": always}}); err != nil {
		f.stop()
		return nil, err
	}
	return f, nil
}

func (f *firefox) stop() {
	if f.ws != nil {
		f.ws.Close()
	}
	end(f.cmd)
}

func (f *firefox) call(method string, params any) (json.RawMessage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.id++
	if err := f.ws.WriteJSON(map[string]any{"id": f.id, "method": method, "params": params}); err != nil {
		return nil, err
	}
	f.ws.SetReadDeadline(time.Now().Add(90 * time.Second))
	for {
		var m struct {
			ID      int             `json:"id"`
			Type    string          `json:"type"`
			Result  json.RawMessage `json:"result"`
			Error   string          `json:"error"`
			Message string          `json:"message"`
		}
		if err := f.ws.ReadJSON(&m); err != nil {
			return nil, err
		}
		if m.ID != f.id { // an event
			continue
		}
		if m.Type == "error" {
			return nil, errors.New(m.Error + ": " + m.Message)
		}
		return m.Result, nil
	}
}

func (f *firefox) open() (string, error) {
	r, err := f.call("browsingContext.create", map[string]any{"type": "window"})
	var v struct{ Context string }
	if err == nil {
		err = json.Unmarshal(r, &v)
	}
	return v.Context, err
}

func (f *firefox) navigate(window, address string) error {
	_, err := f.call("browsingContext.navigate", map[string]any{"context": window, "url": address, "wait": "complete"})
	return err
}

// value is a value of script.evaluate: a string, or a reference to an element.
type value struct {
	Type   string
	Result struct {
		Value    json.RawMessage
		SharedID string
	}
	ExceptionDetails struct{ Text string }
}

func (f *firefox) script(window, expression string) (v value, err error) {
	r, err := f.call("script.evaluate", map[string]any{
		"expression":     expression,
		"target":         map[string]any{"context": window},
		"awaitPromise":   true,
		"userActivation": true,
	})
	if err == nil {
		err = json.Unmarshal(r, &v)
	}
	if err == nil && v.Type == "exception" {
		err = errors.New(v.ExceptionDetails.Text)
	}
	return v, err
}

func (f *firefox) evaluate(window, expression string) (string, error) {
	v, err := f.script(window, `(async () => JSON.stringify((await `+expression+`) ?? null))()`)
	var s string
	if err == nil {
		err = json.Unmarshal(v.Result.Value, &s)
	}
	return s, err
}

func (f *firefox) perform(window string, sources ...map[string]any) error {
	if _, err := f.call("browsingContext.activate", map[string]any{"context": window}); err != nil {
		return err
	}
	_, err := f.call("input.performActions", map[string]any{"context": window, "actions": sources})
	return err
}

func (f *firefox) click(window string, x, y float64) error { return f.perform(window, mouse(x, y)) }

func (f *firefox) press(window string, hold, keys []string) error {
	return f.perform(window, keyboard(hold, keys))
}

func (f *firefox) choose(window, expression string, paths []string) error {
	v, err := f.script(window, expression)
	if err != nil {
		return err
	}
	_, err = f.call("input.setFiles", map[string]any{
		"context": window,
		"element": map[string]any{"sharedId": v.Result.SharedID},
		"files":   paths,
	})
	return err
}

func (f *firefox) picture(window string) ([]byte, error) {
	r, err := f.call("browsingContext.captureScreenshot", map[string]any{"context": window})
	var v struct{ Data string }
	if err == nil {
		err = json.Unmarshal(r, &v)
	}
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(v.Data)
}

func (f *firefox) close(window string) error {
	_, err := f.call("browsingContext.close", map[string]any{"context": window})
	return err
}

// mouse is a click as WebDriver's actions.
func mouse(x, y float64) map[string]any {
	return map[string]any{
		"type":       "pointer",
		"id":         "mouse",
		"parameters": map[string]any{"pointerType": "mouse"},
		"actions": []map[string]any{
			{"type": "pointerMove", "x": int(x), "y": int(y)}, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}},
	}
}

// keyboard is key presses as WebDriver's actions.
func keyboard(hold, keys []string) map[string]any {
	var actions []map[string]any
	for _, key := range hold {
		actions = append(actions, map[string]any{"type": "keyDown", "value": key})
	}
	for _, key := range keys {
		actions = append(actions, map[string]any{"type": "keyDown", "value": key}, map[string]any{"type": "keyUp", "value": key})
	}
	for i := len(hold) - 1; i >= 0; i-- {
		actions = append(actions, map[string]any{"type": "keyUp", "value": hold[i]})
	}
	return map[string]any{"type": "key", "id": "keyboard", "actions": actions}
}
