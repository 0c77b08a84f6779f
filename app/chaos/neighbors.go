package chaos

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"parley/app/traffic"
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
func neighbors(ctx context.Context, short bool, out io.Writer, make Make) error {
	dir, err := os.MkdirTemp("/tmp", "parley-neighbors-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755)
	world, err := make(ctx, dir, 2)
	if err != nil {
		return err
	}
	defer world.Stop()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	mail, err := newMailSink(ctx)
	if err != nil {
		return err
	}
	s, err := newInstance(ctx, []string{"SECRET_KEY=" + secret, "MIGRATE_DATABASE_URL=", "REDIS_URL=", "ADMIN_ADDR=", "PUBLIC_URL=", "DATA_DIR=" + dir + "/instance",
		"SMTP_URL=smtp://" + mail + "?from=parley@shop.example"}, world, nil)
	if err != nil {
		return err
	}
	defer s.end(syscall.SIGKILL, time.Second)
	server := "http://" + s.address()
	if err := until(ctx, 30*time.Second, func() bool {
		res, err := http.Get(server + "/readyz")
		if err == nil {
			res.Body.Close()
		}
		return err == nil && res.StatusCode == http.StatusOK
	}); err != nil {
		return errors.New("the server does not get ready")
	}
	greedy := &flooder{field: world.Fields[0], server: server, process: s}
	if greedy.long, err = world.Fill(ctx, greedy.field, pastOfFlood, messagesOfExport); err != nil {
		return err
	}
	if greedy.manager, err = traffic.LogIn(ctx, server, greedy.field.Manager, greedy.field.Password); err != nil {
		return err
	}
	greedy.agent, err = traffic.LogIn(ctx, server, greedy.field.Email, greedy.field.Password)
	if err != nil {
		return err
	}
	modest, err := newNeighbor(ctx, server, world.Fields[1])
	if err != nil {
		return err
	}
	lasts := 15 * time.Second
	if short {
		lasts = 4 * time.Second
	}
	fmt.Fprintf(out, "one organization floods, another one works (%v each, between them as long without a flood):\n", lasts)
	fmt.Fprintf(out, "  %-10s %-34s %-26s %-26s %s\n", "flood", "message to screen, p95 (goal +20 %)", "log-in, p95 (+50 %)", "FAQ page, p95 (+50 %)", "requests of the flood; memory of the server")
	modest.measure(ctx, lasts/2) // everything has been used once
	idle := s.memory()
	var missed []string
	before := modest.measure(ctx, lasts)
	for _, f := range floods {
		if err := ctx.Err(); err != nil {
			return err
		}
		flooding, calm := context.WithCancel(ctx)
		var at sync.WaitGroup
		greedy.reset()
		for n := range f.hands {
			at.Go(func() {
				for flooding.Err() == nil {
					f.do(greedy, flooding, n)
				}
			})
		}
		during := modest.measure(ctx, lasts)
		most := s.memory()
		calm()
		at.Wait()
		after := modest.measure(ctx, lasts)
		quiet := before.with(after)
		before = after
		row := fmt.Sprintf("  %-10s", f.name)
		for i, goal := range []float64{0.2, 0.5, 0.5} {
			a, b := p95(quiet[i]), p95(during[i])
			change := b/a - 1
			row += fmt.Sprintf(" %6.1f → %6.1f ms (%+4.0f %%)  ", a, b, 100*change)
			if change > goal || math.IsNaN(change) {
				missed = append(missed, fmt.Sprintf("%s: %s %+.0f %%", f.name, []string{"message", "log-in", "FAQ page"}[i], 100*change))
			}
		}
		fmt.Fprintf(out, "%s %s; %.0f MiB (%+.0f)\n", row, greedy.counted(), most, most-idle)
	}
	if len(missed) > 0 {
		return fmt.Errorf("more than the goal: %s", strings.Join(missed, "; "))
	}
	return nil
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

// neighbor is an organization that works as usual: one visitor writes every tenth of a second.
type neighbor struct {
	server       string
	field        traffic.Field
	manager      *traffic.Agent
	visitor      *traffic.Visitor
	conversation string

	mu    sync.Mutex
	sent  map[string]time.Time
	shown []float64
	n     int
}

var marked = regexp.MustCompile(`mark-\d+-`)

func newNeighbor(ctx context.Context, server string, f traffic.Field) (*neighbor, error) {
	n := &neighbor{server: server, field: f, sent: map[string]time.Time{}}
	agent, err := traffic.LogIn(ctx, server, f.Email, f.Password)
	if err != nil {
		return nil, err
	}
	if n.manager, err = traffic.LogIn(ctx, server, f.Manager, f.Password); err != nil {
		return nil, err
	}
	desk, err := agent.Desk(ctx)
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
	if n.visitor, err = f.Site(server).Open(ctx, nil, ""); err != nil {
		return nil, err
	}
	if err := n.say(); err != nil {
		return nil, err
	}
	ack, err := n.visitor.Await("ack", time.Now().Add(20*time.Second))
	if err != nil {
		return nil, err
	}
	n.conversation = ack.ConversationID()
	go func() {
		for {
			if _, err := n.visitor.Next(time.Now().Add(time.Hour)); err != nil {
				return
			}
		}
	}()
	return n, agent.Take(ctx, n.conversation)
}

func (n *neighbor) say() error {
	n.mu.Lock()
	n.n++
	mark := fmt.Sprintf("mark-%d-", n.n)
	n.sent[mark] = time.Now()
	n.mu.Unlock()
	return n.visitor.Say(uuid.NewString(), n.conversation, mark+" where is my parcel?")
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
	every(100*time.Millisecond, nil, n.say)
	every(500*time.Millisecond, &s[1], func() error {
		_, err := traffic.LogIn(ctx, n.server, n.field.Email, n.field.Password)
		return err
	})
	every(300*time.Millisecond, &s[2], func() error {
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

// flooder is an organization that takes what it can get.
type flooder struct {
	field   traffic.Field
	server  string
	process *instance
	manager *traffic.Agent
	agent   *traffic.Agent
	long    string // a conversation with very many messages

	mu     sync.Mutex
	counts map[int]int // by status; 0: no answer
	n      int
}

func (f *flooder) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts = map[int]int{}
}

func (f *flooder) count(status int, _ string, _ error) {
	f.mu.Lock()
	f.counts[status]++
	f.mu.Unlock()
	if status == http.StatusTooManyRequests || status == 0 {
		time.Sleep(20 * time.Millisecond)
	}
}

func (f *flooder) counted() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, status := range slices.Sorted(func(yield func(int) bool) {
		for k := range f.counts {
			if !yield(k) {
				return
			}
		}
	}) {
		list = append(list, fmt.Sprintf("%d× %s", f.counts[status], map[int]string{0: "no answer"}[status]+strconv.Itoa(status)))
	}
	return strings.Join(list, ", ")
}

func (f *flooder) next() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	return f.n
}

var floods = []struct {
	name  string
	hands int
	do    func(f *flooder, ctx context.Context, hand int)
}{
	{"messages", 20, func(f *flooder, ctx context.Context, _ int) {
		v, err := f.field.Site(f.server).Open(ctx, nil, "")
		if err != nil {
			f.count(0, "", err)
			return
		}
		defer v.Close()
		conversation := ""
		for ctx.Err() == nil {
			if v.Say(uuid.NewString(), conversation, "Where is my parcel? I have been waiting for it for a week now.") != nil {
				return
			}
			for {
				frame, err := v.Next(time.Now().Add(5 * time.Second))
				if err != nil {
					return
				}
				if frame.Type == "ack" {
					conversation = frame.ConversationID()
					f.count(200, "", nil)
					break
				}
				if frame.Type == "refused" {
					f.count(429, "", nil)
					break
				}
			}
		}
	}},
	{"uploads", 12, func(f *flooder, ctx context.Context, _ int) {
		v, err := f.field.Site(f.server).Open(ctx, nil, "")
		if err != nil {
			f.count(0, "", err)
			return
		}
		defer v.Close()
		welcome, err := v.Await("welcome", time.Now().Add(5*time.Second))
		if err != nil {
			f.count(0, "", err)
			return
		}
		v.Say(uuid.NewString(), "", "Here are my files.")
		ack, err := v.Await("ack", time.Now().Add(5*time.Second))
		if err != nil {
			f.count(0, "", err)
			return
		}
		file := append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("parcel "), 600_000)...)
		for range 20 {
			if ctx.Err() != nil {
				return
			}
			address := fmt.Sprintf("%s/widget/v1/files?key=%s&id=%s&name=a.pdf&conversation=%s", f.server, f.field.Key, uuid.NewString(), ack.ConversationID())
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(file))
			if err != nil {
				return
			}
			req.Header.Set("Authorization", "Bearer "+welcome.Token)
			f.count(traffic.Stranger(f.server).DoFrom(req, map[string]string{"Origin": "https://" + f.field.Host}))
		}
	}},
	{"imports", 13, func(f *flooder, ctx context.Context, _ int) {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		part, _ := form.CreateFormFile("file", "faq.csv")
		part.Write(f.catalog())
		form.WriteField("language", "en")
		form.Close()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.server+"/faq/import", &b)
		if err != nil {
			return
		}
		req.Header.Set("Content-Type", form.FormDataContentType())
		f.count(f.manager.Do(req))
	}},
	{"searches", 12, func(f *flooder, ctx context.Context, hand int) {
		f.count(f.manager.Get(ctx, "/review?q="+url.QueryEscape(fmt.Sprintf("parcel refund page%d", f.next()%100))))
	}},
	{"exports", 8, func(f *flooder, ctx context.Context, hand int) {
		path := "/review/" + f.long + "/export/json"
		if hand%2 == 1 {
			path = "/faq/export?format=csv"
		}
		f.count(f.manager.Get(ctx, path))
	}},
	{"sockets", 50, func(f *flooder, ctx context.Context, hand int) {
		if hand%2 == 0 {
			desk, err := f.agent.Desk(ctx)
			if err != nil {
				f.count(0, "", err)
				return
			}
			defer desk.Close()
			f.count(200, "", nil)
			pause(ctx, 200*time.Millisecond)
			return
		}
		v, err := f.field.Site(f.server).Open(ctx, nil, "")
		if err != nil {
			f.count(0, "", err)
			return
		}
		defer v.Close()
		f.count(200, "", nil)
		pause(ctx, 200*time.Millisecond)
	}},
	{"mails", 8, func(f *flooder, ctx context.Context, _ int) {
		f.count(f.manager.Post(ctx, "/admin/people/invite", url.Values{"email": {fmt.Sprintf("somebody%d@shop.example", f.next())}, "name": {"Somebody"}, "role": {"agent"}}))
	}},
}

// catalog is a new FAQ file.
func (f *flooder) catalog() []byte {
	n := f.next()
	var b bytes.Buffer
	b.WriteString("question,answer\n")
	for i := range entriesOfFlood {
		fmt.Fprintf(&b, "Question %d of file %d about parcels and refunds?,Answer %d which is as long as answers are: please have a look at your account.\n", i, n, i)
	}
	return b.Bytes()
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

// newMailSink starts a mail server that takes everything, a little slowly, and returns its host and port.
func newMailSink(ctx context.Context) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go takeMail(conn)
		}
	}()
	return listener.Addr().String(), nil
}

func takeMail(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	say := func(line string) { time.Sleep(5 * time.Millisecond); io.WriteString(conn, line+"\r\n") }
	say("220 sink ESMTP")
	for text := false; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		switch {
		case text && strings.TrimSpace(line) != ".":
		case text:
			text = false
			say("250 taken")
		case verb == "DATA":
			text = true
			say("354 go on")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}
