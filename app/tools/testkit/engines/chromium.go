package engines

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"parley/app/tools/testkit"
)

// chromium speaks the DevTools protocol.
type chromium struct {
	browser context.Context
	cancel  []context.CancelFunc
	mu      sync.Mutex
	windows map[string]context.Context
}

func startChromium(profile string) (driver, error) {
	path := testkit.ChromiumPath()
	if path == "" {
		return nil, errors.New("it is not installed")
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(testkit.ChromiumOptions(path), chromedp.UserDataDir(profile),
		chromedp.Flag("disable-backgrounding-occluded-windows", true), chromedp.WindowSize(1280, 900))...)
	ctx, cancel := chromedp.NewContext(allocator)
	c := &chromium{browser: ctx, cancel: []context.CancelFunc{cancel, stop}, windows: map[string]context.Context{}}
	if err := chromedp.Do(ctx); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *chromium) stop() {
	for _, cancel := range c.cancel {
		cancel()
	}
}

func (c *chromium) open() (string, error) {
	apart := true // a tab that is not in front would be hidden
	target, err := chromedp.CallBrowser(c.browser, target.CreateTarget, target.CreateTargetParams{URL: "about:blank", NewWindow: &apart})
	if err != nil {
		return "", err
	}
	var ctx context.Context
	ctx, cancel := chromedp.NewContext(c.browser, chromedp.WithTargetID(target.TargetID), chromedp.WithListener(func(event any) {
		if _, is := event.(*page.EventJavascriptDialogOpening); is {
			go chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}
	}))
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		return "", err
	}
	// Windows behind others are drawn as those in front.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{
		Enabled: true,
	}); err != nil {
		cancel()
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := strconv.Itoa(len(c.windows) + 1)
	c.windows[id] = ctx
	c.cancel = append([]context.CancelFunc{cancel}, c.cancel...)
	return id, nil
}

// in returns a window's context with a deadline for one step.
func (c *chromium) in(window string) (context.Context, context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return context.WithTimeout(c.windows[window], 60*time.Second)
}

func (c *chromium) do(window string, actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := c.in(window)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

func (c *chromium) navigate(window, address string) error {
	return c.do(window, chromedp.Navigate(address))
}

func (c *chromium) evaluate(window, expression string) (string, error) {
	ctx, cancel := c.in(window)
	defer cancel()
	return chromedp.Run(ctx,
		chromedp.Evaluate[string](`(async () => JSON.stringify((await `+expression+`) ?? null))()`, chromedp.EvalAwaitPromise))
}

func (c *chromium) click(window string, x, y float64) error {
	return c.do(window, chromedp.MouseClickXY(x, y))
}

// chromiumKeys are WebDriver's codes as chromedp writes them.
var chromiumKeys = map[string]string{
	Enter:     kb.Enter,
	Tab:       kb.Tab,
	Backspace: kb.Backspace,
	Escape:    kb.Escape,
	ArrowUp:   kb.ArrowUp,
	ArrowDown: kb.ArrowDown,
	F1:        kb.F1,
}

func (c *chromium) press(window string, hold, keys []string) error {
	var modifiers []chromedp.Modifier
	for _, key := range hold {
		modifiers = append(modifiers,
			map[string]chromedp.Modifier{Control: chromedp.ModifierCtrl, Alt: chromedp.ModifierAlt, Shift: chromedp.ModifierShift}[key])
	}
	for _, key := range keys {
		if known, is := chromiumKeys[key]; is {
			key = known
		}
		if err := c.do(window, chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...))); err != nil {
			return err
		}
	}
	return nil
}

func (c *chromium) choose(window, expression string, paths []string) error {
	ctx, cancel := c.in(window)
	defer cancel()
	found, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: expression})
	if err != nil {
		return err
	}
	if found.Result == nil || found.Result.ObjectID == "" {
		return fmt.Errorf("no element: %s", expression)
	}
	_, err = chromedp.Call(ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: paths, ObjectID: found.Result.ObjectID})
	return err
}

func (c *chromium) picture(window string) ([]byte, error) {
	ctx, cancel := c.in(window)
	defer cancel()
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

func (c *chromium) close(window string) error {
	ctx, cancel := c.in(window)
	defer cancel()
	_, err := chromedp.Call(ctx, page.Close, cdp.Empty{})
	return err
}
