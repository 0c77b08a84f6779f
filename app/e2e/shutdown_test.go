package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/serve"
	"parley/app/tools/fixture"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestDraining ends a server while visitors write: it is no longer ready at once, accepts nobody new, stores and
// acknowledges what was sent, tells every screen to reconnect, and has ended within ten seconds.
func TestDraining(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s, err := tryStartServer(t, func(c *serve.Config) { c.CommitWindow = 100 * time.Millisecond; c.DrainDelay = 300 * time.Millisecond })
	if err != nil {
		t.Fatal(err)
	}
	visitors := newVisitors(t, s, o, 30)
	desk := openDesk(t, logInAgent(t, s, o, access.Agent))
	for _, v := range visitors {
		if err := v.SendMessage(uuid.NewString(), "", "Just before the end"); err != nil {
			t.Fatal(err)
		}
	}
	stored := func() int {
		list, _, _, err := newConversations(t).ListForDesk(context.Background(), o.As(access.Agent), allGroups)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	came := 0
	eventually(t, func() string { return itoa(came) + " messages have come to the server" }, func() bool {
		came = stored() + s.Conversations.PendingMessages()
		return came >= len(visitors)
	})
	ended := make(chan struct{})
	go func() { s.Stop(); close(ended) }()
	for s.Ready.Load() {
		time.Sleep(time.Millisecond)
	}
	if get(t, s.URL+"/readyz") == http.StatusOK {
		t.Error("it still says that it is ready")
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	acknowledged := 0
	for _, v := range visitors {
		wg.Go(func() {
			for {
				f, err := v.Next(time.Now().Add(testkit.Patience))
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
	if n := stored(); n != len(visitors) {
		t.Errorf("%d conversations are stored", n)
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

// replyAsThePage posts a reply as the desk's script does: what is refused because the server is busy is posted again.
func replyAsThePage(ctx context.Context, a *traffic.Agent, conversation, text string) error {
	form := url.Values{"id": {uuid.NewString()}, "kind": {"text"}, "body": {text}}
	for {
		status, body, err := a.Post(ctx, "/desk/conversations/"+conversation+"/messages", form)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		if status != http.StatusTooManyRequests {
			return err
		}
		time.Sleep(time.Second)
	}
}

// TestPostgresRestarts restarts Postgres under a server while a visitor and an agent write: nobody sees an error,
// and messages from before and meanwhile are stored once and shown on both sides.
func TestPostgresRestarts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cluster, err := pg.StartCluster(ctx, filepath.Join(publicTemp(t), "data"), pg.ClusterOptions{Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	s, err := tryStartServer(t, func(c *serve.Config) { c.DatabaseURL, c.MigrateURL = cluster.AppURL, cluster.OwnerURL })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	f, err := fixture.NewOrganization(ctx, s.Services, 0)
	if err != nil {
		t.Fatal(err)
	}
	mia, err := traffic.LogIn(ctx, s.URL, f.AgentEmail, f.Password)
	if err != nil {
		t.Fatal(err)
	}
	v, err := f.Site(s.URL).Open(ctx, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	await := func(kind string) traffic.Frame {
		t.Helper()
		got, err := v.Await(kind, time.Now().Add(testkit.Patience))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	await("welcome")
	v.SendMessage(uuid.NewString(), "", "Before")
	c := await("ack").ConversationID()
	if err := mia.Take(ctx, c); err != nil {
		t.Fatal(err)
	}
	await("messages")
	restarted := make(chan error, 1)
	go func() { restarted <- cluster.Restart(ctx) }()
	answered := make(chan error, 1)
	go func() { answered <- replyAsThePage(ctx, mia, c, "Meanwhile, from the agent") }()
	v.SendMessage(uuid.NewString(), c, "Meanwhile, from the visitor")
	if ack := await("ack"); ack.Seq != 3 && ack.Seq != 4 {
		t.Errorf("acknowledged as %d", ack.Seq)
	}
	if err := <-answered; err != nil {
		t.Errorf("the agent was told %v", err)
	}
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
	talks, err := fixture.StoredMessages(ctx, s.DB, f)
	if err != nil || len(talks[c]) != 4 {
		t.Errorf("kept: %v %v", talks, err)
	}
}
