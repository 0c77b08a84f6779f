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
	"github.com/gorilla/websocket"

	"parley/app/tools/traffic"
)

// silence is after how long without a frame a connection is taken for dead, as by the widget and the desk: the server sends
// something at least every 15 seconds.
const silence = 30 * time.Second

// failures collects what was found to be wrong.
type failures struct {
	mu   sync.Mutex
	list []string
}

func (f *failures) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

// position is a message's place: a conversation and a number in it.
type position struct {
	conversation string
	seq          int
}

// screen is what somebody's screen shows.
type screen struct {
	name       string
	failures   *failures
	mu         sync.Mutex
	shown      map[position]string // what stands there
	upTo       map[string]int      // conversation to the number up to which nothing (that was shown later) was missing
	firstShown map[string]time.Time
}

func newScreen(name string, f *failures) *screen {
	return &screen{name: name, failures: f, shown: map[position]string{}, upTo: map[string]int{}, firstShown: map[string]time.Time{}}
}

// show notes a message; one place holds one message for good.
func (s *screen) show(p position, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, there := s.shown[p]; there && before != text {
		s.failures.add("%s: number %d of %s was %q and is %q", s.name, p.seq, p.conversation, before, text)
	}
	s.shown[p] = text
	if _, seen := s.firstShown[text]; !seen {
		s.firstShown[text] = time.Now()
	}
}

// firstShownAt says when a text was shown first.
func (s *screen) firstShownAt(text string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, there := s.firstShown[text]
	return at, there
}

// visitor behaves as the widget does: the same id until acknowledged, backoff with jitter, the cursor at every hello.
type visitor struct {
	site   traffic.Site
	name   string
	screen *screen

	mu           sync.Mutex
	token        string
	conversation string
	upTo         int // of conversation
	pending      []outgoing
	acked        map[string]position // text to where it was stored
	sentAt       map[string]time.Time
	longest      time.Duration // from sending to acknowledgement
	n            int
	socket       *traffic.Visitor
}

type outgoing struct{ id, conversation, text string }

func (v *visitor) play(ctx context.Context, talking func() bool) {
	for tries := 0; ctx.Err() == nil; {
		err := v.session(ctx, talking, &tries)
		if ctx.Err() != nil || err == nil {
			return
		}
		tries++
		wait := min(5*time.Second, 200*time.Millisecond<<min(tries, 4))
		time.Sleep(time.Duration(float64(wait) * (0.5 + rand.Float64())))
	}
}

// session is one socket's life.
func (v *visitor) session(ctx context.Context, talking func() bool, tries *int) error {
	dialer := &websocket.Dialer{HandshakeTimeout: 3 * time.Second}
	v.mu.Lock()
	token, conversation, after := v.token, v.conversation, v.upTo
	v.mu.Unlock()
	w, err := v.site.Resume(ctx, dialer, token, conversation, after)
	if err != nil {
		return err
	}
	defer w.Close()
	defer context.AfterFunc(ctx, w.Close)()
	v.mu.Lock()
	v.socket = w
	v.mu.Unlock()
	greeted := make(chan struct{})
	over := make(chan struct{})
	defer close(over)
	go func() { // writes now and then, and again what is not acknowledged
		select {
		case <-greeted:
		case <-over:
			return
		}
		v.mu.Lock()
		again := append([]outgoing(nil), v.pending...)
		v.mu.Unlock()
		for _, m := range again {
			w.SendMessage(m.id, m.conversation, m.text)
		}
		for {
			select {
			case <-over:
				return
			case <-time.After(time.Duration(200+rand.IntN(900)) * time.Millisecond):
			}
			if !talking() {
				continue
			}
			v.mu.Lock()
			v.n++
			m := outgoing{uuid.NewString(), v.conversation, fmt.Sprintf("%s says %d", v.name, v.n)}
			v.pending = append(v.pending, m)
			v.sentAt[m.text] = time.Now()
			v.mu.Unlock()
			w.SendMessage(m.id, m.conversation, m.text)
			if rand.IntN(10) == 0 { // doubled on the way
				w.SendMessage(m.id, m.conversation, m.text)
			}
		}
	}()
	last := map[string]int{} // in this socket
	for {
		wait := silence
		v.mu.Lock()
		if len(v.pending) > 0 {
			wait = 4 * time.Second // an acknowledgement that does not come means that the connection is gone
		}
		v.mu.Unlock()
		f, err := w.Next(time.Now().Add(wait))
		if err != nil {
			return err
		}
		if f.Type == "welcome" {
			*tries = 0
			if f.Token != "" {
				v.mu.Lock()
				v.token = f.Token
				v.mu.Unlock()
			}
			if f.ConversationID() == conversation {
				last[conversation] = after
			}
			close(greeted)
		}
		v.handleFrame(f, last, w)
	}
}

func (v *visitor) handleFrame(f traffic.Frame, last map[string]int, w *traffic.Visitor) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := f.ConversationID()
	switch f.Type {
	case "welcome", "messages":
		if c != "" && c > v.conversation { // ids rise with time
			v.conversation, v.upTo = c, 0
		}
		for _, m := range f.Messages {
			if m.Seq <= last[c] {
				v.screen.failures.add("%s: number %d of %s came after %d", v.name, m.Seq, c, last[c])
			}
			last[c] = m.Seq
			v.screen.show(position{c, m.Seq}, m.Text)
			if c == v.conversation {
				v.upTo = max(v.upTo, m.Seq)
			}
			v.acknowledge(m.Text, position{c, m.Seq})
		}
	case "ack":
		if c > v.conversation {
			v.conversation, v.upTo = c, 0
		}
		for _, m := range v.pending {
			if m.id == f.ID {
				v.screen.show(position{c, f.Seq}, m.text)
				v.acknowledge(m.text, position{c, f.Seq})
				break
			}
		}
		if c == v.conversation && f.Seq == v.upTo+1 {
			v.upTo = f.Seq
		}
	case "refused":
		for i, m := range v.pending {
			if m.id != f.ID {
				continue
			}
			switch f.Code {
			case "closed":
				v.pending[i].conversation = ""
				go w.SendMessage(m.id, "", m.text)
			case "busy", "internal":
				go func() { time.Sleep(500 * time.Millisecond); w.SendMessage(m.id, m.conversation, m.text) }()
			default:
				v.screen.failures.add("%s: %q was refused: %s %s", v.name, m.text, f.Code, f.Message)
			}
		}
	}
}

// acknowledge notes that a message of the visitor's own is stored. It may be acknowledged twice, but at one place.
func (v *visitor) acknowledge(text string, at position) {
	sent, own := v.sentAt[text]
	if !own {
		return
	}
	if before, there := v.acked[text]; there {
		if before != at {
			v.screen.failures.add("%s: %q was acknowledged as %v and as %v", v.name, text, before, at)
		}
		return
	}
	v.acked[text] = at
	v.longest = max(v.longest, time.Since(sent))
	for i, m := range v.pending {
		if m.text == text {
			v.pending = append(v.pending[:i], v.pending[i+1:]...)
			break
		}
	}
}

func (v *visitor) isIdle() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.pending) == 0
}

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
	article = regexp.MustCompile(`(?s)<article id="m-([0-9a-f-]{36})-(\d+)" class="message ([a-z]+)".*?(?:<p>|<div class="body[^"]*">)(.*?)(?:</p>|</div>)`)
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
