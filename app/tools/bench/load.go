package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/app/tools/traffic"
)

// The load: so many visitors with a running conversation each, one agent an organization, 140 bytes a message.
const (
	visitorCount = 500
	messageBytes = 140
)

// load is visitors and agents on one server.
type load struct {
	a        *process
	visitors []*loadVisitor
	full     atomic.Bool // every visitor sends the next message as soon as the last is acknowledged
	acked    atomic.Int64
	html     atomic.Int64 // bytes that came to the desks
	mu       sync.Mutex
	took     []time.Duration         // from the visitor's send to the agent's screen
	helped   []time.Duration         // from the visitor's send to the suggestions beside the chat
	of       map[string]*loadVisitor // by conversation
	broken   error
}

type loadVisitor struct {
	id           int
	l            *traffic.LightSocket
	conversation string
	n            int
	waiting      atomic.Bool
	sent         [16]atomic.Int64 // nanoseconds since begin, by number of the message
	asked        atomic.Int64     // the newest one's, until there are suggestions
}

var begin = time.Now()

func newLoad(ctx context.Context, a *process, players int) (*load, error) {
	w := &load{a: a, of: map[string]*loadVisitor{}}
	agents := make([]*traffic.Agent, len(a.Organizations))
	for i, f := range a.Organizations {
		agent, err := traffic.LogIn(ctx, a.URL, f.AgentEmail, f.Password)
		if err != nil {
			return nil, err
		}
		agents[i] = agent
		desk, err := agent.OpenDesk(ctx)
		if err != nil {
			return nil, err
		}
		go func() {
			for {
				_, frame, err := desk.ReadMessage()
				if err != nil {
					return
				}
				w.shown(frame)
			}
		}()
	}
	for i := range players {
		f := i % len(a.Organizations)
		l, err := a.Organizations[f].Site(a.URL).OpenLight(ctx, nil, "", 1024)
		if err != nil {
			return nil, err
		}
		p := &loadVisitor{id: i, l: l}
		w.visitors = append(w.visitors, p)
		if _, err := l.Next(); err != nil { // welcome
			return nil, err
		}
		if err := w.send(p, time.Now()); err != nil {
			return nil, err
		}
		ack, err := p.await(`"ack"`)
		if err != nil {
			return nil, err
		}
		p.conversation = field(ack, `"conversation":"`)
		w.mu.Lock()
		w.of[p.conversation] = p
		w.mu.Unlock()
		if err := agents[f].Take(ctx, p.conversation); err != nil {
			return nil, err
		}
		p.waiting.Store(false)
		go w.read(p)
	}
	return w, nil
}

func (p *loadVisitor) await(kind string) ([]byte, error) {
	for {
		frame, err := p.l.Next()
		if err != nil || bytes.Contains(frame, []byte(kind)) {
			return frame, err
		}
	}
}

func field(frame []byte, name string) string {
	_, rest, _ := bytes.Cut(frame, []byte(name))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}

var filler = strings.Repeat("Where is my parcel, please? ", 8)

// send sends a player's next message: it carries a mark to be known by on the desk.
func (w *load) send(p *loadVisitor, now time.Time) error {
	p.n++
	p.waiting.Store(true)
	p.sent[p.n%len(p.sent)].Store(int64(now.Sub(begin)))
	p.asked.Store(int64(now.Sub(begin)))
	text := fmt.Sprintf("~%d.%d~ ", p.id, p.n)
	text += filler[:messageBytes-len(text)]
	var b bytes.Buffer
	b.WriteString(`{"type":"send","id":"`)
	b.WriteString(uuid.NewString())
	if p.conversation != "" {
		b.WriteString(`","conversation":"`)
		b.WriteString(p.conversation)
	}
	b.WriteString(`","text":"`)
	b.WriteString(text)
	b.WriteString(`"}`)
	return p.l.Send(b.Bytes())
}

func (w *load) read(p *loadVisitor) {
	for {
		frame, err := p.l.Next()
		if err == nil && bytes.HasPrefix(frame, []byte(`{"type":"refused"`)) {
			err = fmt.Errorf("refused: %s", frame)
		}
		if err != nil {
			w.mu.Lock()
			w.broken = errors.Join(w.broken, err)
			w.mu.Unlock()
			return
		}
		if !bytes.HasPrefix(frame, []byte(`{"type":"ack"`)) {
			continue
		}
		w.acked.Add(1)
		p.waiting.Store(false)
		if w.full.Load() {
			w.send(p, time.Now())
		}
	}
}

// shown notes the marks in a desk's frame, each the first time.
func (w *load) shown(frame []byte) {
	now := int64(time.Since(begin))
	w.html.Add(int64(len(frame)))
	w.suggested(frame, now)
	var took []time.Duration
	for {
		_, rest, found := bytes.Cut(frame, []byte("~"))
		if !found {
			break
		}
		mark, after, found := bytes.Cut(rest, []byte("~"))
		if !found {
			break
		}
		frame = after
		who, which, _ := bytes.Cut(mark, []byte("."))
		i, err1 := strconv.Atoi(string(who))
		n, err2 := strconv.Atoi(string(which))
		if err1 != nil || err2 != nil || i >= len(w.visitors) {
			continue
		}
		if sent := w.visitors[i].sent[n%16].Swap(0); sent != 0 {
			took = append(took, time.Duration(now-sent))
		}
	}
	if len(took) > 0 {
		w.mu.Lock()
		w.took = append(w.took, took...)
		w.mu.Unlock()
	}
}

// suggested notes the suggestions in a desk's frame.
func (w *load) suggested(frame []byte, now int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		_, rest, found := bytes.Cut(frame, []byte(`hx-target="#suggest-`))
		if !found || len(rest) < 36 {
			return
		}
		frame = rest
		body, _, _ := bytes.Cut(rest, []byte("</hx-partial>"))
		if p := w.of[string(rest[:36])]; p != nil && bytes.Contains(body, []byte("<li")) {
			if asked := p.asked.Swap(0); asked != 0 {
				w.helped = append(w.helped, time.Duration(now-asked))
			}
		}
	}
}

// measured is one measurement.
type measured struct {
	rate                     float64 // acknowledged a second
	p50, p99                 time.Duration
	cpu, serverCPU, postgres float64 // seconds for 1,000 messages
	html                     float64 // bytes to the desks for one message
}

// measure plays for a while, at so many messages a second or (0) as many as go, and returns what came of it after a start.
func (w *load) measure(ctx context.Context, rate float64, warm, long time.Duration) (m measured, err error) {
	playing, stop := context.WithCancel(ctx)
	defer stop()
	if rate == 0 {
		w.full.Store(true)
		for _, p := range w.visitors {
			if err := w.send(p, time.Now()); err != nil {
				return m, err
			}
		}
	} else {
		go w.pace(playing, rate)
	}
	if err := pause(ctx, warm); err != nil {
		return m, err
	}
	acked, html := w.acked.Load(), w.html.Load()
	s0, p0 := w.a.cpu()
	w.mu.Lock()
	w.took, w.helped = nil, nil
	w.mu.Unlock()
	from := time.Now()
	if err := pause(ctx, long); err != nil {
		return m, err
	}
	s1, p1 := w.a.cpu()
	n := float64(w.acked.Load() - acked)
	seconds := time.Since(from).Seconds()
	w.mu.Lock()
	took := w.took
	err = w.broken
	w.mu.Unlock()
	html = w.html.Load() - html
	stop()
	w.full.Store(false)
	time.Sleep(500 * time.Millisecond) // what is under way
	for _, p := range w.visitors {
		for range 50 {
			if !p.waiting.Load() {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	if err != nil || n == 0 || len(took) == 0 {
		return m, errors.Join(errors.New("no message arrived"), err)
	}
	return measured{
		rate:      n / seconds,
		p50:       traffic.Percentile(took, .5),
		p99:       traffic.Percentile(took, .99),
		serverCPU: (s1 - s0) / n * 1000,
		postgres:  (p1 - p0) / n * 1000,
		cpu:       (s1 - s0 + p1 - p0) / n * 1000,
		html:      float64(html) / n,
	}, nil
}

// pace sends a fixed number a second, from one visitor after another who has nothing under way.
func (w *load) pace(ctx context.Context, rate float64) {
	next, begun, sent := 0, time.Now(), 0.0
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for due := time.Since(begun).Seconds() * rate; sent < due; sent++ {
			for range w.visitors {
				p := w.visitors[next]
				next = (next + 1) % len(w.visitors)
				if !p.waiting.Load() {
					w.send(p, time.Now())
					break
				}
			}
		}
	}
}

func (w *load) close() {
	for _, p := range w.visitors {
		p.l.Close()
	}
}
