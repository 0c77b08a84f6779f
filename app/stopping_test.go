package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/chat"
	"parley/app/pg"
	"parley/app/traffic"
)

// A server is told to end while visitors write: it is no longer ready at once, takes nobody new, keeps and acknowledges what
// was sent, tells every screen to come back, and has ended within ten seconds.
func TestDraining(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s, err := startTest(t, func(c *config) { c.CommitWindow = 100 * time.Millisecond; c.DrainDelay = 300 * time.Millisecond })
	if err != nil {
		t.Fatal(err)
	}
	visitors := newVisitors(t, s, o, 30)
	desk := openDesk(t, agentAt(t, s, o, access.Agent))
	for _, v := range visitors {
		if err := v.Say(uuid.NewString(), "", "Just before the end"); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan struct{})
	begun := time.Now()
	go func() { s.Stop(); close(ended) }()
	for get(t, s.url+"/readyz") == http.StatusOK {
		if time.Since(begun) > 250*time.Millisecond {
			t.Fatal("it still says that it is ready")
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	acknowledged := 0
	for _, v := range visitors {
		wg.Go(func() {
			for {
				f, err := v.Next(time.Now().Add(15 * time.Second))
				if err != nil {
					if !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
						t.Errorf("the socket ended with %v", err)
					}
					return
				}
				if f.Type == "ack" {
					mu.Lock()
					acknowledged++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if acknowledged != len(visitors) {
		t.Errorf("%d of %d were acknowledged", acknowledged, len(visitors))
	}
	if code := <-desk.closed; code != websocket.CloseServiceRestart {
		t.Errorf("the desk was closed with %d", code)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it has not ended after ten seconds")
	}
	line, _, _, err := chatRoom(t).Desk(context.Background(), o.As(access.Agent), everywhere)
	if err != nil || len(line) != len(visitors) {
		t.Errorf("%d conversations are kept, %v", len(line), err)
	}
}

func get(t *testing.T, address string) int {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

// Postgres is restarted under a server while a visitor and an agent talk: nobody is told of an error, what was said before
// and meanwhile is kept once and shown on both sides.
func TestPostgresRestarts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cluster, err := pg.StartCluster(ctx, filepath.Join(publicTemp(t), "data"), pg.ClusterOptions{Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	s, err := startTest(t, func(c *config) { c.DatabaseURL, c.MigrateURL = cluster.AppURL, cluster.OwnerURL })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	f, err := makeField(ctx, s.house, 0)
	if err != nil {
		t.Fatal(err)
	}
	mia, err := traffic.LogIn(ctx, s.url, f.Email, f.Password)
	if err != nil {
		t.Fatal(err)
	}
	v, err := f.Site(s.url).Open(ctx, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	await := func(kind string) traffic.Frame {
		t.Helper()
		got, err := v.Await(kind, time.Now().Add(20*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	await("welcome")
	v.Say(uuid.NewString(), "", "Before")
	c := await("ack").ConversationID()
	if err := mia.Take(ctx, c); err != nil {
		t.Fatal(err)
	}
	await("messages")
	restarted := make(chan error, 1)
	go func() { restarted <- cluster.Restart(ctx) }()
	answered := make(chan error, 1)
	go func() { answered <- mia.Reply(ctx, c, "Meanwhile, from the agent") }()
	v.Say(uuid.NewString(), c, "Meanwhile, from the visitor")
	if ack := await("ack"); ack.Seq != 3 && ack.Seq != 4 {
		t.Errorf("acknowledged as %d", ack.Seq)
	}
	if err := <-answered; err != nil {
		t.Errorf("the agent was told %v", err)
	}
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
	talks, err := kept(ctx, s.db, f)
	if err != nil || len(talks[c]) != 4 {
		t.Errorf("kept: %v %v", talks, err)
	}
}

// The operator's own address tells how the server is doing, in Prometheus' way, and has profiles; the world's does not.
func TestAdmin(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, func(c *config) { c.AdminAddr = "127.0.0.1:0" })
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	res, err := http.Get("http://" + s.adminAt + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`parley_sockets_open{kind="visitors"} 1`, `parley_messages_committed_total 1`, `parley_commit_messages_count 1`,
		`parley_bus_up 1`, `parley_ready 1`, `parley_refusals_total{limit="address"} 0`, "go_goroutines "} {
		if !strings.Contains(string(body), want) {
			t.Errorf("no %s", want)
		}
	}
	if get(t, "http://"+s.adminAt+"/debug/pprof/heap") != 200 || get(t, s.url+"/metrics") != 404 || get(t, s.url+"/debug/pprof/") != 404 {
		t.Error("profiles and metrics are not where they should be, or where they should not be")
	}
}

// What people write is nobody else's: no log line has it, whatever goes wrong with it.
func TestLogsWithoutText(t *testing.T) {
	var out bytes.Buffer
	var mu sync.Mutex
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(writer(func(b []byte) { mu.Lock(); out.Write(b); mu.Unlock() }), &slog.HandlerOptions{Level: slog.LevelDebug})))
	defer slog.SetDefault(before)
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	const text = "my card is 4111-1111"
	v := newVisitor(t, s, o, "")
	v.say(text)
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond) // it cannot be kept in time
	defer cancel()
	who, _, err := chat.NewTokens(testSecret).Check(v.token, o.ID, o.Website, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s.chat.SayAsVisitor(ctx, who, chat.FromVisitor{ID: uuid.New(), Body: text, Customer: o.Customer})
	s.chat.SayAsVisitor(context.Background(), access.Visitor(o.ID, uuid.New(), uuid.New()), chat.FromVisitor{ID: uuid.New(), Body: text, Customer: o.Customer})
	v.PutRaw([]byte(`{"type":"send","id":17,"text":"` + text + `"}`))
	v.await("refused")
	mu.Lock()
	defer mu.Unlock()
	if strings.Contains(out.String(), "4111") {
		t.Errorf("logged: %s", out.String())
	}
	for line := range strings.Lines(out.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }
