package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/tools/traffic"
)

// agent behaves as the desk does: takes who waits, replies with the same id until it is stored, sends the cursors at every hello.
type agent struct {
	*traffic.Agent
	name   string
	screen *screen

	mu        sync.Mutex
	shownUpTo map[string]int // conversation to the number up to which it is shown; a closed one stays on the screen
	open      map[string]bool
	acked     map[string]string // text to conversation
	sentAt    map[string]time.Time
	notes     map[string]bool
	pending   int
	n         int
	failures  int
}

var (
	article = regexp.MustCompile(
		`(?s)<article id="m-([0-9a-f-]{36})-(\d+)" class="message ([a-z]+)".*?(?:<p>|<div class="body[^"]*">)(.*?)(?:</p>|</div>)`)
	pane    = regexp.MustCompile(`id="pane-([0-9a-f-]{36})"`)
	removed = regexp.MustCompile(`hx-target="#pane-([0-9a-f-]{36})" hx-swap="delete"`)
)

// readFragment reads what a fragment shows.
func (a *agent) readFragment(html string) {
	for _, m := range pane.FindAllStringSubmatch(html, -1) {
		a.mu.Lock()
		if _, there := a.shownUpTo[m[1]]; !there {
			a.shownUpTo[m[1]], a.open[m[1]] = 0, true
		}
		a.mu.Unlock()
	}
	for _, m := range article.FindAllStringSubmatch(html, -1) {
		seq, _ := strconv.Atoi(m[2])
		a.screen.show(position{m[1], seq}, m[4])
		a.mu.Lock()
		if _, there := a.shownUpTo[m[1]]; there {
			for {
				a.screen.mu.Lock()
				_, next := a.screen.shown[position{m[1], a.shownUpTo[m[1]] + 1}]
				a.screen.mu.Unlock()
				if !next {
					break
				}
				a.shownUpTo[m[1]]++
			}
		}
		a.mu.Unlock()
	}
	for _, m := range removed.FindAllStringSubmatch(html, -1) {
		a.mu.Lock()
		delete(a.shownUpTo, m[1])
		delete(a.open, m[1])
		a.mu.Unlock()
	}
}

// runDesk keeps the desk's socket open.
func (a *agent) runDesk(ctx context.Context) {
	for ctx.Err() == nil {
		conn, _, err := a.Socket(ctx, "/live/desk")
		if err == nil {
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			a.mu.Lock()
			threads := make(map[string]int, len(a.shownUpTo))
			for c, n := range a.shownUpTo {
				threads[c] = n
			}
			a.mu.Unlock()
			err = conn.WriteJSON(map[string]any{"type": "hello", "threads": threads})
			for err == nil {
				var frame []byte
				conn.SetReadDeadline(time.Now().Add(silence))
				if _, frame, err = conn.ReadMessage(); err == nil {
					a.readFragment(string(frame))
				}
			}
			stop()
			conn.Close()
		}
		time.Sleep(time.Duration(200+rand.IntN(600)) * time.Millisecond)
	}
}

// post sends a form until it is answered, as a person who presses the button again.
func (a *agent) post(ctx context.Context, path string, form url.Values) (status int, body string) {
	for try := 0; ctx.Err() == nil; try++ {
		status, body, err := a.Post(ctx, path, form)
		if err == nil && status < 500 && status != 429 {
			return status, body
		}
		time.Sleep(time.Duration(100+rand.IntN(300)) * time.Millisecond)
	}
	return 0, ""
}

// work takes, answers, notes and sometimes closes.
func (a *agent) work(ctx context.Context, talking func() bool) {
	for ctx.Err() == nil {
		time.Sleep(time.Duration(50+rand.IntN(150)) * time.Millisecond)
		if !talking() {
			continue
		}
		a.mu.Lock()
		var open []string
		for c := range a.open {
			open = append(open, c)
		}
		a.pending++
		a.mu.Unlock()
		switch dice := rand.IntN(100); {
		case dice < 15 || len(open) == 0:
			if status, body := a.post(ctx, "/desk/take", nil); status == 200 {
				a.readFragment(body)
			}
		case dice < 17:
			c := open[rand.IntN(len(open))]
			if status, body := a.post(ctx, "/desk/conversations/"+c+"/close", nil); status == 200 {
				a.mu.Lock()
				delete(a.open, c)
				a.mu.Unlock()
				a.readFragment(body)
			}
		default:
			a.send(ctx, open[rand.IntN(len(open))], dice < 27)
		}
		a.mu.Lock()
		a.pending--
		a.mu.Unlock()
	}
}

func (a *agent) send(ctx context.Context, c string, note bool) {
	a.mu.Lock()
	a.n++
	text := fmt.Sprintf("%s says %d", a.name, a.n)
	a.sentAt[text] = time.Now()
	a.mu.Unlock()
	kind := map[bool]string{true: "note", false: "text"}[note]
	form := url.Values{"id": {uuid.NewString()}, "kind": {kind}, "body": {text}}
	path := "/desk/conversations/" + c + "/messages"
	if rand.IntN(10) == 0 { // doubled on the way
		go a.post(ctx, path, form)
	}
	status, body := a.post(ctx, path, form)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch status {
	case 200:
		a.acked[text] = c
		a.notes[text] = note
		go a.readFragment(body)
	case 0, 409:
	default:
		a.failures++
		a.screen.failures.add("%s: %q was answered with %d: %.200s", a.name, text, status, body)
	}
}

func (a *agent) isIdle() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pending == 0
}
