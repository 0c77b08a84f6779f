package traffic

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

//go:embed sample.jsonl
var sample []byte

// options are the flags of "parley traffic".
type options struct {
	server, key, origin, file string
	email, password           string
	rate                      float64
	count                     int
	answer                    bool
	wait                      time.Duration
}

// Command runs "parley traffic".
func Command(ctx context.Context, args []string, out io.Writer) error {
	var o options
	f := flag.NewFlagSet("parley traffic", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.server, "server", "http://localhost:8080", "address of the running server")
	f.StringVar(&o.key, "key", "", "widget key (default: the demo shop's)")
	f.StringVar(&o.origin, "origin", "", "page the visitors are on (default: the server itself)")
	f.StringVar(&o.file, "file", "", "JSON lines with a field query or text (default: a small sample)")
	f.StringVar(&o.email, "email", "tom@parley.demo", "log-in of the agent who watches the line and answers")
	f.StringVar(&o.password, "password", "parley demo", "the agent's password")
	f.Float64Var(&o.rate, "rate", 10, "visitors a second")
	f.IntVar(&o.count, "count", 200, "at most so many visitors (0: all of the file)")
	f.BoolVar(&o.answer, "answer", true, "play the agent too; with -answer=false the visitors wait in the line for you")
	f.DurationVar(&o.wait, "wait", 60*time.Second, "how long visitors wait for an answer after the last one has written")
	if err := f.Parse(args); err != nil {
		if err == flag.ErrHelp {
			return nil
		}
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%q is not understood; see: parley traffic -h", f.Arg(0))
	}
	return run(ctx, o, out)
}

// readMessages returns the messages of a JSON-lines file; a line without text is an error that names it.
func readMessages(r io.Reader, most int) ([]string, error) {
	var list []string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var line struct{ Query, Text string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("line %d is not JSON: %w", n, err)
		}
		text := strings.TrimSpace(line.Query + line.Text)
		if text == "" {
			return nil, fmt.Errorf("line %d has neither a field query nor a field text", n)
		}
		if list = append(list, text); len(list) == most {
			break
		}
	}
	return list, lines.Err()
}

func run(ctx context.Context, o options, out io.Writer) error {
	site := Site{o.server, o.key, o.origin}
	if o.key == "" {
		var err error
		if site, err = FindDemoShop(ctx, o.server); err != nil {
			return err
		}
	}
	if o.origin != "" {
		site.Origin = o.origin
	} else if site.Origin == "" {
		site.Origin = o.server
	}
	var source io.Reader = bytes.NewReader(sample)
	if o.file != "" {
		file, err := os.Open(o.file)
		if err != nil {
			return err
		}
		defer file.Close()
		source = file
	}
	messages, err := readMessages(source, o.count)
	if err != nil {
		return err
	}
	if o.rate <= 0 || o.rate > 10000 {
		return fmt.Errorf("-rate must be above 0 and at most 10000 visitors a second")
	}
	agent, err := LogIn(ctx, o.server, o.email, o.password)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := &tally{sentAt: map[string]time.Time{}, onScreen: map[string]time.Time{}, refused: map[string]int{}}
	if err := watchDesk(ctx, agent, t); err != nil {
		return fmt.Errorf("the agent's desk: %w", err)
	}
	fmt.Fprintf(out, "%d visitors, %g a second, from %s to %s; %s watches the line%s\n", len(messages), o.rate,
		site.Origin, o.server, o.email, map[bool]string{true: " and answers"}[o.answer])

	work := make(chan string, len(messages))
	if o.answer {
		for range 4 {
			go runAgent(ctx, agent, work, t, out)
		}
	}
	stop := progress(t, out)
	lastSent := make(chan struct{})
	var visitors sync.WaitGroup
	tick := time.NewTicker(time.Duration(float64(time.Second) / o.rate))
	defer tick.Stop()
	for _, text := range messages {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		visitors.Go(func() { visit(ctx, site, text, t, work, lastSent, o.wait) })
	}
	close(lastSent)
	fmt.Fprintf(out, "all visitors have written; waiting up to %v for answers (Ctrl+C ends)\n", o.wait)
	visitors.Wait()
	time.Sleep(300 * time.Millisecond) // the agent's screen may be a moment behind the last visitor
	stop()
	t.report(out)
	return nil
}

// visit is one visitor: opens the panel, writes, sends again until acknowledged, waits for an answer.
func visit(ctx context.Context, site Site, text string, t *tally, work chan<- string, lastSent <-chan struct{}, wait time.Duration) {
	id, token, conversation := uuid.NewString(), "", ""
	begun := time.Now()
	t.count(&t.sent)
	until := begun.Add(10 * time.Minute)
	for attempt := 0; attempt < 60 && time.Now().Before(until) && ctx.Err() == nil; attempt++ {
		if attempt > 0 {
			time.Sleep(time.Duration(min(attempt, 10)) * 200 * time.Millisecond)
		}
		v, err := site.Open(ctx, nil, token)
		if err != nil {
			continue
		}
		for {
			limit := time.Now().Add(15 * time.Second)
			if conversation != "" {
				select {
				case <-lastSent:
					if time.Now().After(until) {
						v.Close()
						return
					}
					until = minTime(until, time.Now().Add(wait))
				default:
				}
				limit = minTime(until, time.Now().Add(45*time.Second))
			}
			f, err := v.Next(limit)
			if err != nil {
				break
			}
			switch f.Type {
			case "welcome":
				if f.Token != "" {
					token = f.Token
				}
				if answered(f) {
					t.count(&t.answered)
					v.Close()
					return
				}
				if conversation == "" {
					v.SendMessage(id, "", text)
				}
			case "ack":
				if conversation == "" {
					conversation = f.ConversationID()
					t.addAcknowledged(conversation, begun)
					work <- conversation
				}
			case "refused":
				if f.ID == id {
					t.mu.Lock()
					t.refused[f.Code]++
					t.mu.Unlock()
					v.Close()
					return
				}
			case "messages":
				if answered(f) {
					t.count(&t.answered)
					v.Close()
					return
				}
			}
		}
		v.Close()
	}
	if conversation == "" {
		t.count(&t.lost)
	}
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func answered(f Frame) bool {
	for _, m := range f.Messages {
		if m.Author == "agent" && m.Kind == "text" {
			return true
		}
	}
	return false
}

// conversationOnDesk is a conversation on the agent's screen: in the queue, among the agent's own, or open.
var conversationOnDesk = regexp.MustCompile(`id="(?:line|mine|pane)-([0-9a-f-]{36})"`)

// watchDesk keeps an agent's desk open and notes which conversations it shows.
func watchDesk(ctx context.Context, agent *Agent, t *tally) error {
	conn, err := agent.OpenDesk(ctx)
	if err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		conn.Close()
	}()
	go func() {
		for {
			_, frame, err := conn.ReadMessage()
			for err != nil { // restarted or disconnected: reconnect, and see what is in the queue now
				if ctx.Err() != nil {
					return
				}
				time.Sleep(300 * time.Millisecond)
				if conn, err = agent.OpenDesk(ctx); err == nil {
					_, frame, err = conn.ReadMessage()
				}
			}
			for _, m := range conversationOnDesk.FindAllSubmatch(frame, -1) {
				t.addShown(string(m[1]))
			}
		}
	}()
	return nil
}

// runAgent takes the visitors' conversations one after another, answers and closes them.
func runAgent(ctx context.Context, agent *Agent, work <-chan string, t *tally, out io.Writer) {
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-work:
			for _, step := range []func() error{
				func() error {
					err := agent.Take(ctx, c)
					for try := 0; err != nil && try < 100 && ctx.Err() == nil; try++ { // the agent is at the concurrent-chat limit just now
						time.Sleep(100 * time.Millisecond)
						err = agent.Take(ctx, c)
					}
					if err == nil { // the answer is the agent's screen too
						t.addShown(c)
					}
					return err
				},
				func() error { return agent.Reply(ctx, c, "Thank you for your message! I am looking into it.") },
				func() error { return agent.CloseConversation(ctx, c) },
			} {
				if err := step(); err != nil {
					if ctx.Err() == nil {
						fmt.Fprintln(out, "agent:", err)
					}
					break
				}
			}
		}
	}
}
