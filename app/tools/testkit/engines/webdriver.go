package engines

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/app/tools/testkit"
)

// webkit speaks WebDriver (https://www.w3.org/TR/webdriver2/), one command after another, with the window that a command is for in front.
type webkit struct {
	cmd, display *exec.Cmd
	mu           sync.Mutex
	address      string // of the session
	current      string // window
	opened       bool   // the session's first window is in use
}

// element is the name under which WebDriver passes elements.
const element = "element-6066-11e4-a52e-4f735466cecf"

func startWebKit(profile string) (driver, error) {
	path, err := look("WebKitWebDriver")
	if err != nil {
		return nil, err
	}
	browser, err := look("/usr/lib/*/webkit2gtk-4.1/MiniBrowser", "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
		"/usr/lib/*/webkit2gtk-4.0/MiniBrowser")
	if err != nil {
		return nil, err
	}
	w := &webkit{}
	display := os.Getenv("DISPLAY")
	if display == "" {
		if display, err = w.startDisplay(); err != nil {
			return nil, err
		}
	}
	port, err := testkit.FreePort()
	if err != nil {
		return nil, err
	}
	w.cmd = exec.Command(path, "--host=127.0.0.1", "--port="+strconv.Itoa(port))
	w.cmd.Env = append(os.Environ(), "HOME="+profile, "DISPLAY="+display, "NO_AT_BRIDGE=1", "GDK_BACKEND=x11",
		"LIBGL_ALWAYS_SOFTWARE=1", "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1")
	ownGroup(w.cmd)
	if err := w.cmd.Start(); err != nil {
		w.stop()
		return nil, err
	}
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	options := map[string]any{"binary": browser, "args": []string{"--automation"}}
	var session struct{ SessionID string }
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if err = call(http.MethodPost, base+"/session",
			map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
				"webkitgtk:browserOptions": options,
				"unhandledPromptBehavior":  "accept",
			}}},
			&session); err == nil {
			break
		}
		if time.Now().After(end) {
			w.stop()
			return nil, fmt.Errorf("it does not answer: %w", err)
		}
	}
	w.address = base + "/session/" + session.SessionID
	return w, nil
}

// startDisplay starts a screen without a monitor and returns its name.
func (w *webkit) startDisplay() (string, error) {
	path, err := look("Xvfb")
	if err != nil {
		return "", err
	}
	r, out, err := os.Pipe()
	if err != nil {
		return "", err
	}
	w.display = exec.Command(path, "-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp")
	w.display.ExtraFiles = []*os.File{out}
	ownGroup(w.display)
	if err := w.display.Start(); err != nil {
		return "", err
	}
	out.Close()
	number := make([]byte, 16)
	n, err := r.Read(number)
	return ":" + strings.TrimSpace(string(number[:n])), err
}

func (w *webkit) stop() {
	if w.address != "" {
		call(http.MethodDelete, w.address, nil, nil)
	}
	end(w.cmd)
	end(w.display)
}

// call sends one command and reads its value.
func call(method, address string, body, into any) error {
	var b bytes.Buffer
	if method == http.MethodPost {
		if body == nil {
			body = struct{}{}
		}
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequest(method, address, &b)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 90 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var v struct{ Value json.RawMessage }
	if err := json.Unmarshal(all, &v); err != nil {
		return fmt.Errorf("%s: %s", res.Status, all)
	}
	if res.StatusCode != http.StatusOK {
		return errors.New(string(v.Value))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(v.Value, into)
}

// in runs a command in a window.
func (w *webkit) in(window, method, path string, body, into any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current != window {
		if err := call(http.MethodPost, w.address+"/window", map[string]any{"handle": window}, nil); err != nil {
			return err
		}
		w.current = window
	}
	return call(method, w.address+path, body, into)
}

func (w *webkit) open() (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.opened {
		w.opened = true
		err := call(http.MethodGet, w.address+"/window", nil, &w.current)
		return w.current, err
	}
	var v struct{ Handle string }
	err := call(http.MethodPost, w.address+"/window/new", map[string]any{"type": "window"}, &v)
	return v.Handle, err
}

func (w *webkit) navigate(window, address string) error {
	return w.in(window, http.MethodPost, "/url", map[string]any{"url": address}, nil)
}

func (w *webkit) evaluate(window, expression string) (string, error) {
	var s string
	err := w.in(window, http.MethodPost, "/execute/async", map[string]any{
		"args": []any{},
		"script": `const done = arguments[0];
		(async () => JSON.stringify((await ` + expression + `) ?? null))()
			.then((v) => done("=" + v), (e) => done("!" + e + "\n" + e.stack));`,
	}, &s)
	if err == nil && s[:1] == "!" {
		return "", errors.New(s[1:])
	}
	return strings.TrimPrefix(s, "="), err
}

func (w *webkit) perform(window string, source map[string]any) error {
	return w.in(window, http.MethodPost, "/actions", map[string]any{"actions": []any{source}}, nil)
}

func (w *webkit) click(window string, x, y float64) error { return w.perform(window, mouse(x, y)) }

func (w *webkit) press(window string, hold, keys []string) error {
	return w.perform(window, keyboard(hold, keys))
}

func (w *webkit) choose(window, expression string, paths []string) error {
	var e map[string]string
	if err := w.in(window, http.MethodPost, "/execute/sync",
		map[string]any{"script": "return " + expression, "args": []any{}}, &e); err != nil {
		return err
	}
	return w.in(window, http.MethodPost, "/element/"+e[element]+"/value", map[string]any{"text": strings.Join(paths, "\n")}, nil)
}

func (w *webkit) picture(window string) ([]byte, error) {
	var s string
	if err := w.in(window, http.MethodGet, "/screenshot", nil, &s); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(s)
}

func (w *webkit) close(window string) error {
	err := w.in(window, http.MethodDelete, "/window", nil, nil)
	w.current = ""
	return err
}
