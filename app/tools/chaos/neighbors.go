package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"parley/app/tools/traffic"
)

// What the scenario plays.
const (
	entriesOfFlood   = 6000  // of the FAQ file that is imported
	pastOfFlood      = 20000 // closed conversations that are searched
	messagesOfExport = 20000
)

// neighbors measures what one organization notices while another one floods the server, in turn with messages, uploads, imports,
// searches, exports, sockets and mails: messages from a visitor to the agent's screen, log-ins, and the FAQ page. Quiet
// and flooded times alternate, so that a machine that is slow for a while is slow for both.
func neighbors(ctx context.Context, short bool, out io.Writer, make NewFixture) error {
	dir, err := os.MkdirTemp("/tmp", "parley-neighbors-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755)
	fixture, err := make(ctx, dir, 2)
	if err != nil {
		return err
	}
	defer fixture.Stop()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	mail, err := newMailSink(ctx)
	if err != nil {
		return err
	}
	s, err := newInstance(ctx, []string{
		"SECRET_KEY=" + secret,
		"MIGRATE_DATABASE_URL=",
		"REDIS_URL=",
		"ADMIN_ADDR=",
		"PUBLIC_URL=",
		"DATA_DIR=" + dir + "/instance",
		"SMTP_URL=smtp://" + mail + "?from=parley@shop.example",
	}, fixture, nil)
	if err != nil {
		return err
	}
	defer s.end(syscall.SIGKILL, time.Second)
	server := "http://" + s.address()
	if err := until(ctx, 30*time.Second, func() bool { return isReady(server) }); err != nil {
		return errors.New("the server does not get ready")
	}
	long, err := fixture.AddArchive(ctx, fixture.Organizations[0], pastOfFlood, messagesOfExport)
	if err != nil {
		return err
	}
	modest, err := newNeighbor(ctx, server, fixture.Organizations[1])
	if err != nil {
		return err
	}
	lasts := 15 * time.Second
	if short {
		lasts = 8 * time.Second
	}
	fmt.Fprintf(out, "one organization floods, another one works (%v each, between them as long without a flood):\n", lasts)
	fmt.Fprintf(out, "  %-10s %-34s %-26s %-26s %s\n", "flood", "message to screen, p95 (goal +20 %)",
		"log-in, p95 (+50 %)", "FAQ page, p95 (+50 %)", "requests of the flood; memory of the server")
	modest.measure(ctx, lasts/2) // everything has been used once
	idle := s.memory()
	var missed []string
	before := modest.measure(ctx, lasts)
	for _, f := range floods {
		if err := ctx.Err(); err != nil {
			return err
		}
		stopFlood, err := startFlood(floodOrder{f.name, server, fixture.Organizations[0], long})
		if err != nil {
			return err
		}
		pause(ctx, time.Second) // until it is under way
		during := modest.measure(ctx, lasts)
		most := s.memory()
		counted := stopFlood()
		after := modest.measure(ctx, lasts)
		quiet := before.with(after)
		before = after
		row, over := compareSamples(f.name, quiet, during)
		missed = append(missed, over...)
		fmt.Fprintf(out, "%s %s; %.0f MiB (%+.0f)\n", row, counted, most, most-idle)
	}
	if len(missed) > 0 {
		return fmt.Errorf("more than the goal: %s", strings.Join(missed, "; "))
	}
	return nil
}

// isReady reports whether a server says that it can serve.
func isReady(server string) bool {
	res, err := http.Get(server + "/readyz")
	if err == nil {
		res.Body.Close()
	}
	return err == nil && res.StatusCode == http.StatusOK
}

// compareSamples returns a row of the table for one flood, and what is worse than its goal.
func compareSamples(flood string, quiet, during samples) (row string, missed []string) {
	row = fmt.Sprintf("  %-10s", flood)
	for i, goal := range []float64{0.2, 0.5, 0.5} {
		a, b := p95(quiet[i]), p95(during[i])
		change := b/a - 1
		row += fmt.Sprintf(" %6.1f → %6.1f ms (%+4.0f %%)  ", a, b, 100*change)
		if change > goal || math.IsNaN(change) {
			missed = append(missed, fmt.Sprintf("%s: %s %+.0f %%", flood, []string{"message", "log-in", "FAQ page"}[i], 100*change))
		}
	}
	return row, missed
}

// samples are milliseconds: of messages, log-ins, pages.
type samples [3][]float64

func (s samples) with(other samples) (both samples) {
	for i := range s {
		both[i] = slices.Concat(s[i], other[i])
	}
	return both
}

func p95(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	list = slices.Sorted(slices.Values(list))
	return list[len(list)*95/100]
}

// neighbor is an organization that works as usual: eight visitors write ten messages a second together.
type neighbor struct {
	server        string
	field         traffic.Organization
	manager       *traffic.Agent
	visitors      []*traffic.Visitor
	conversations []string

	mu    sync.Mutex
	sent  map[string]time.Time
	shown []float64
	n     int
}

var marked = regexp.MustCompile(`mark-\d+-`)

func newNeighbor(ctx context.Context, server string, f traffic.Organization) (*neighbor, error) {
	n := &neighbor{server: server, field: f, sent: map[string]time.Time{}}
	agent, err := traffic.LogIn(ctx, server, f.AgentEmail, f.Password)
	if err != nil {
		return nil, err
	}
	if n.manager, err = traffic.LogIn(ctx, server, f.ManagerEmail, f.Password); err != nil {
		return nil, err
	}
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
			now := time.Now()
			n.mu.Lock()
			for _, mark := range marked.FindAllString(string(frame), -1) {
				if at, there := n.sent[mark]; there {
					n.shown = append(n.shown, float64(now.Sub(at).Microseconds())/1000)
					delete(n.sent, mark)
				}
			}
			n.mu.Unlock()
		}
	}()
	for range 8 {
		v, err := f.Site(server).Open(ctx, nil, "")
		if err != nil {
			return nil, err
		}
		if err := v.SendMessage(uuid.NewString(), "", "Hello?"); err != nil {
			return nil, err
		}
		ack, err := v.Await("ack", time.Now().Add(20*time.Second))
		if err != nil {
			return nil, err
		}
		n.visitors, n.conversations = append(n.visitors, v), append(n.conversations, ack.ConversationID())
		go func() {
			for {
				if _, err := v.Next(time.Now().Add(time.Hour)); err != nil {
					return
				}
			}
		}()
		if err := agent.Take(ctx, ack.ConversationID()); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *neighbor) send() error {
	n.mu.Lock()
	n.n++
	mark := fmt.Sprintf("mark-%d-", n.n)
	n.sent[mark] = time.Now()
	who := n.n % len(n.visitors)
	n.mu.Unlock()
	return n.visitors[who].SendMessage(uuid.NewString(), n.conversations[who], mark+" where is my parcel?")
}

// measure works for a time and returns what was noticed. What never came counts as the whole time.
func (n *neighbor) measure(ctx context.Context, lasts time.Duration) (s samples) {
	n.mu.Lock()
	n.sent, n.shown = map[string]time.Time{}, nil
	n.mu.Unlock()
	end := time.Now().Add(lasts)
	var all sync.WaitGroup
	every := func(pause time.Duration, into *[]float64, do func() error) {
		all.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				begun := time.Now()
				err := do()
				took := time.Since(begun)
				if err != nil {
					took = lasts
				}
				if into != nil {
					*into = append(*into, float64(took.Microseconds())/1000)
				}
				time.Sleep(max(0, pause-took))
			}
		})
	}
	every(100*time.Millisecond, nil, n.send)
	every(250*time.Millisecond, &s[1], func() error {
		_, err := traffic.LogIn(ctx, n.server, n.field.AgentEmail, n.field.Password)
		return err
	})
	every(100*time.Millisecond, &s[2], func() error {
		status, _, err := n.manager.Get(ctx, "/faq")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d", status)
		}
		return err
	})
	all.Wait()
	time.Sleep(time.Second)
	n.mu.Lock()
	defer n.mu.Unlock()
	s[0] = n.shown
	for range n.sent {
		s[0] = append(s[0], float64(lasts.Milliseconds()))
	}
	return s
}

// memory is what the process holds, in MiB; 0 where that cannot be known.
func (i *instance) memory() float64 {
	i.mu.Lock()
	pid := i.cmd.Process.Pid
	i.mu.Unlock()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	kb, _ := strconv.Atoi(strings.Fields(rest + " 0")[0])
	return float64(kb) / 1024
}
