package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parley/app/tools/traffic"
)

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
