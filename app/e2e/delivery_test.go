package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestTwoServers shows that what is sent through one of two servers on one database is seen through the other, both
// ways, in order and once; that the queue is the same on both; and that typing crosses too.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	one, two := startServer(t, nil), startServer(t, nil)
	ctx := context.Background()
	mia := logInAgent(t, two, o, access.Agent)
	desk := openDesk(t, mia)
	v := newVisitor(t, one, o, "")
	v.send("Message 0")
	desk.until("queue-" + v.conversation)
	if err := mia.Take(ctx, v.conversation); err != nil {
		t.Fatal(err)
	}
	desk.until("pane-" + v.conversation)
	f := v.await("messages")
	if !strings.Contains(string(f.Conversation), `"open"`) {
		t.Errorf("the visitor is not told of the agent: %s", f.Conversation)
	}
	v.record(f)
	var said, answered []string
	for i := 1; i <= 15; i++ { // within the limit on one visitor
		text := fmt.Sprintf("Message %d.", i)
		said = append(said, text)
		v.send(text)
		reply := fmt.Sprintf("Reply %d.", i)
		answered = append(answered, reply)
		if err := mia.Reply(ctx, v.conversation, reply); err != nil {
			t.Fatal(err)
		}
	}
	v.awaitText(answered[len(answered)-1])
	var got []string
	for _, m := range v.texts {
		if strings.HasPrefix(m, "Reply") {
			got = append(got, m)
		}
	}
	checkMessages(t, "the visitor on the other server", got, answered)
	var all strings.Builder
	for !strings.Contains(all.String(), "Reply 15.") || !strings.Contains(all.String(), "Message 15.") {
		all.WriteString(desk.until("thread-" + v.conversation))
	}
	got = nil
	for _, text := range said {
		if n := strings.Count(all.String(), `<div class="body">`+text+"<"); n != 1 {
			t.Errorf("%s was shown %d times on the desk", text, n)
		}
	}
	second := newVisitor(t, two, o, v.token) // the same visitor's other tab, on the other server
	if second.conversation != v.conversation || !slices.Contains(second.texts, "Reply 15.") {
		t.Errorf("the other tab sees conversation %s with %d messages", second.conversation, len(second.texts))
	}
	if err := v.WriteFrame(map[string]string{"type": "typing", "text": "And one m"}); err != nil {
		t.Fatal(err)
	}
	desk.until("And one m")
	if err := desk.conn.WriteJSON(map[string]string{"type": "typing", "conversation": v.conversation}); err != nil {
		t.Fatal(err)
	}
	v.await("typing")
	if err := mia.CloseConversation(ctx, v.conversation); err != nil {
		t.Fatal(err)
	}
	desk.until("This conversation is closed")
	v.awaitText(conversation.SystemClosed)
}

// TestDrain shows that a server that stops tells its screens to reconnect elsewhere, and that everything
// acknowledged is there.
func TestDrain(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	one, two := startServer(t, nil), startServer(t, nil)
	desk := openDesk(t, logInAgent(t, one, o, access.Agent))
	v := newVisitor(t, one, o, "")
	v.send("Before the stop")
	one.Stop()
	if code := <-desk.closed; code != websocket.CloseServiceRestart {
		t.Errorf("the desk was closed with %d", code)
	}
	if _, err := v.Next(time.Now().Add(testkit.Patience)); !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
		t.Errorf("the panel was closed with %v", err)
	}
	again := newVisitor(t, two, o, v.token)
	if again.conversation != v.conversation || !slices.Equal(again.texts, []string{"Before the stop"}) {
		t.Errorf("on the other server: %s %q", again.conversation, again.texts)
	}
}

// TestSocketsCloseAtLogOut shows that sockets end with the log-in (disabled, another role, logged out, a new
// password), and that no request gets through afterwards.
func TestSocketsCloseAtLogOut(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	one, two := startServer(t, nil), startServer(t, nil)
	for name, end := range map[string]func(o testkit.Org, a *traffic.Agent){
		"disabled": func(o testkit.Org, _ *traffic.Agent) {
			if err := one.Identity.DisableMember(ctx, o.As(access.Manager), o.As(access.Agent).ID()); err != nil {
				t.Error(err)
			}
		},
		"another role": func(o testkit.Org, _ *traffic.Agent) {
			if err := one.Identity.ChangeRole(ctx, o.As(access.Manager), o.As(access.Agent).ID(), access.Reviewer, o.Customer); err != nil {
				t.Error(err)
			}
		},
		"logged out": func(_ testkit.Org, a *traffic.Agent) { a.Post(ctx, "/logout", nil) },
		"new password": func(o testkit.Org, _ *traffic.Agent) {
			link, err := one.Identity.CreateForgottenPasswordLink(ctx, o.Users[access.Agent].Email)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := one.Identity.ResetPassword(ctx, link.Secret, "another password", "192.0.2.2"); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := testkit.NewOrg(t)
			a := logInAgent(t, two, o, access.Agent) // the change happens on the other server
			desk := openDesk(t, a)
			end(o, a)
			select {
			case code := <-desk.closed:
				if code != websocket.ClosePolicyViolation {
					t.Errorf("closed with %d, after which the page would come back", code)
				}
			case <-time.After(testkit.Patience):
				t.Fatal("the socket stays open")
			}
			if code, _, _ := a.Get(ctx, "/desk"); code != http.StatusSeeOther {
				t.Errorf("the desk still opens: %d", code)
			}
			if _, res, err := a.Socket(ctx, "/live/desk"); err == nil || res == nil || res.StatusCode != http.StatusUnauthorized {
				t.Errorf("a new socket opens: %v", err)
			}
		})
	}
}

// TestForeignOrigins shows that a page of another site cannot use our cookie, neither for a form nor for a socket,
// and that a widget on a domain that is not allowed gets no socket.
func TestForeignOrigins(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	a := logInAgent(t, s, o, access.Owner)
	for name, headers := range map[string]map[string]string{
		"another origin":     {"Origin": "https://evil.example"},
		"another port":       {"Origin": "http://localhost:1"},
		"a sandboxed page":   {"Origin": "null"},
		"cross-site fetch":   {"Sec-Fetch-Site": "cross-site"},
		"same-site neighbor": {"Sec-Fetch-Site": "same-site", "Origin": "http://neighbor.localhost"},
	} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/admin/customers",
			strings.NewReader("name=Forged+"+uuid.NewString()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if code, _, err := a.DoFrom(req, headers); err != nil || code != http.StatusForbidden {
			t.Errorf("a form from %s: %d %v", name, code, err)
		}
		if origin := headers["Origin"]; origin != "" {
			if _, res, err := a.SocketFrom(ctx, "/live/desk", origin); err == nil || res == nil || res.StatusCode != http.StatusForbidden {
				t.Errorf("a desk's socket from %s: %v", name, err)
			}
		}
	}
	if _, res, err := a.SocketFrom(ctx, "/live/desk", ""); err == nil || res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a desk's socket without an origin: %v", err)
	}
	customers, err := s.Org.ListCustomers(ctx, o.As(access.Owner))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range customers {
		if strings.HasPrefix(c.Name, "Forged") {
			t.Errorf("%s was made", c.Name)
		}
	}
	for _, origin := range []string{"https://evil.example", "https://shop.example.evil", "https://evilshop.example", "null", ""} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		_, res, err := websocket.DefaultDialer.Dial(strings.Replace(s.URL, "http", "ws", 1)+"/widget/v1/socket?key="+o.Key, header)
		if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("a panel's socket from %q: %v", origin, err)
		}
	}
}

// TestSlowReader shows that a screen that does not read is disconnected and gets everything when it reconnects, and
// that the others do not wait for it.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	mia := logInAgent(t, s, o, access.Agent)
	if err := mia.Take(ctx, v.conversation); err != nil {
		t.Fatal(err)
	}
	slow, err := visitorSite(s, o).Open(ctx, nil, v.token) // another tab, whose frames nobody reads
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	c, who := uuid.MustParse(v.conversation), o.As(access.Agent)
	long := strings.Repeat("long ", 780)
	const many = 1500 // more than socket buffers and queue can hold
	for i := range many {
		if _, err := s.Conversations.SendAsAgent(ctx, who, c, uuid.New(), conversation.Text, fmt.Sprintf("%d %s", i, long)); err != nil {
			t.Fatal(err)
		}
	}
	again := newVisitor(t, s, o, v.token)
	for len(again.texts) < many+2 { // hello, taken, and the replies, in pages
		again.record(again.await("messages"))
	}
	for i, text := range again.texts[2:] {
		if !strings.HasPrefix(text, fmt.Sprintf("%d long", i)) {
			t.Fatalf("message %d is %.20q", i, text)
		}
	}
}

// TestManyVisitorsAtOnce shows that while many visitors write and agents' desks come and go, every conversation is
// complete on a desk that stayed, once and in order.
func TestManyVisitorsAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	one, two := startServer(t, nil), startServer(t, nil)
	mia := logInAgent(t, two, o, access.Agent)
	stays := openDesk(t, mia)
	const n, each = 12, 6
	visitors := make([]*visitorClient, n)
	for i := range visitors {
		visitors[i] = newVisitor(t, []*serve.Server{one, two}[i%2], o, "")
		visitors[i].send("First")
		if err := mia.Take(ctx, visitors[i].conversation); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for _, v := range visitors {
		wg.Go(func() {
			for k := range each {
				if err := v.SendMessage(uuid.NewString(), v.conversation, fmt.Sprintf("%s/%d", v.conversation, k)); err != nil {
					t.Error(err)
				}
			}
			for range each {
				if _, err := v.Await("ack", time.Now().Add(testkit.Patience)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]int{}
	for done := 0; done < n*each; {
		f := <-stays.frames
		for _, v := range visitors {
			for k := range each {
				text := fmt.Sprintf(`<div class="body">%s/%d<`, v.conversation, k)
				if strings.Contains(f, text) {
					if seen[v.conversation] != k {
						t.Fatalf("message %d of %s came as number %d", k, v.conversation, seen[v.conversation])
					}
					seen[v.conversation]++
					done++
				}
			}
		}
	}
}
