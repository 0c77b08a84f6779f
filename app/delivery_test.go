package main

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

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/chat"
	"parley/app/traffic"
)

// agentAt logs the organization's agent in at one of several servers.
func agentAt(t testing.TB, s *server, o apptest.Org, role access.Role) *traffic.Agent {
	t.Helper()
	a, err := traffic.LogIn(context.Background(), s.url, o.Users[role].Email, apptest.Password)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// screen is a desk without a browser: it collects the frames of its socket.
type screen struct {
	t      testing.TB
	conn   *websocket.Conn
	frames chan string
	closed chan int // close code
	first  string   // the frame that brought it up to date
}

func openDesk(t testing.TB, a *traffic.Agent) *screen {
	t.Helper()
	return openDeskAt(t, a, nil)
}

// openDeskAt is openDesk for a page that shows threads up to some messages.
func openDeskAt(t testing.TB, a *traffic.Agent, threads map[string]int) *screen {
	t.Helper()
	conn, err := a.DeskAt(context.Background(), threads)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	d := &screen{t: t, conn: conn, frames: make(chan string, 10000), closed: make(chan int, 1)}
	go func() {
		for {
			_, frame, err := conn.ReadMessage()
			if err != nil {
				code := 0
				if e, ok := err.(*websocket.CloseError); ok {
					code = e.Code
				}
				d.closed <- code
				return
			}
			d.frames <- string(frame)
		}
	}()
	d.first = d.until("hx-target=\"#mine\"")
	return d
}

// until waits for a frame that contains a text and returns it.
func (d *screen) until(text string) string {
	d.t.Helper()
	for {
		select {
		case f := <-d.frames:
			if strings.Contains(f, text) {
				return f
			}
		case <-time.After(15 * time.Second):
			d.t.Fatalf("no frame with %q", text)
		}
	}
}

// next waits for the next frame.
func (d *screen) next() string { return d.until("") }

// Two servers on one database: what is said through one is seen through the other, both ways, in order, once; the line is
// the same on both; typing crosses too.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	one, two := serveTest(t, nil), serveTest(t, nil)
	ctx := context.Background()
	mia := agentAt(t, two, o, access.Agent)
	desk := openDesk(t, mia)
	v := newVisitor(t, one, o, "")
	v.say("Message 0")
	desk.until("line-" + v.conversation)
	if err := mia.Take(ctx, v.conversation); err != nil {
		t.Fatal(err)
	}
	desk.until("pane-" + v.conversation)
	f := v.await("messages")
	if !strings.Contains(string(f.Conversation), `"open"`) {
		t.Errorf("the visitor is not told of the agent: %s", f.Conversation)
	}
	v.note(f)
	var said, answered []string
	for i := 1; i <= 15; i++ { // within the limit on one visitor
		text := fmt.Sprintf("Message %d.", i)
		said = append(said, text)
		v.say(text)
		reply := fmt.Sprintf("Reply %d.", i)
		answered = append(answered, reply)
		if err := mia.Reply(ctx, v.conversation, reply); err != nil {
			t.Fatal(err)
		}
	}
	v.hears(answered[len(answered)-1])
	var got []string
	for _, m := range v.heard {
		if strings.HasPrefix(m, "Reply") {
			got = append(got, m)
		}
	}
	same(t, "the visitor on the other server", got, answered)
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
	if second.conversation != v.conversation || !slices.Contains(second.heard, "Reply 15.") {
		t.Errorf("the other tab sees conversation %s with %d messages", second.conversation, len(second.heard))
	}
	if err := v.Put(map[string]string{"type": "typing", "text": "And one m"}); err != nil {
		t.Fatal(err)
	}
	desk.until("And one m")
	if err := desk.conn.WriteJSON(map[string]string{"type": "typing", "conversation": v.conversation}); err != nil {
		t.Fatal(err)
	}
	v.await("typing")
	if err := mia.End(ctx, v.conversation); err != nil {
		t.Fatal(err)
	}
	desk.until("This conversation is closed")
	v.hears(chat.Ended)
}

// A server that stops tells its screens to come back elsewhere; what was acknowledged is there.
func TestDrain(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	one, two := serveTest(t, nil), serveTest(t, nil)
	desk := openDesk(t, agentAt(t, one, o, access.Agent))
	v := newVisitor(t, one, o, "")
	v.say("Before the stop")
	one.Stop()
	if code := <-desk.closed; code != websocket.CloseServiceRestart {
		t.Errorf("the desk was closed with %d", code)
	}
	if _, err := v.Next(time.Now().Add(10 * time.Second)); !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
		t.Errorf("the panel was closed with %v", err)
	}
	again := newVisitor(t, two, o, v.token)
	if again.conversation != v.conversation || !slices.Equal(again.heard, []string{"Before the stop"}) {
		t.Errorf("on the other server: %s %q", again.conversation, again.heard)
	}
}

// Sockets end when the log-in does: disabled, another role, logged out, a new password; and no request gets through
// afterwards.
func TestSocketsEndWithTheLogIn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	one, two := serveTest(t, nil), serveTest(t, nil)
	for name, end := range map[string]func(o apptest.Org, a *traffic.Agent){
		"disabled": func(o apptest.Org, _ *traffic.Agent) {
			if err := one.identity.Disable(ctx, o.As(access.Manager), o.As(access.Agent).ID()); err != nil {
				t.Error(err)
			}
		},
		"another role": func(o apptest.Org, _ *traffic.Agent) {
			if err := one.identity.ChangeRole(ctx, o.As(access.Manager), o.As(access.Agent).ID(), access.Reviewer, o.Customer); err != nil {
				t.Error(err)
			}
		},
		"logged out": func(_ apptest.Org, a *traffic.Agent) { a.Post(ctx, "/logout", nil) },
		"new password": func(o apptest.Org, _ *traffic.Agent) {
			link, err := one.identity.ForgotLink(ctx, o.Users[access.Agent].Email)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := one.identity.Reset(ctx, link.Secret, "another password", "192.0.2.2"); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := apptest.NewOrg(t)
			a := agentAt(t, two, o, access.Agent) // the change happens on the other server
			desk := openDesk(t, a)
			end(o, a)
			select {
			case code := <-desk.closed:
				if code != websocket.ClosePolicyViolation {
					t.Errorf("closed with %d, after which the page would come back", code)
				}
			case <-time.After(15 * time.Second):
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

// A page elsewhere cannot use our cookie, neither for a form nor for a socket; a widget on a domain that is not allowed
// gets no socket.
func TestForeignOrigins(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	a := agentAt(t, s, o, access.Owner)
	for name, headers := range map[string]map[string]string{
		"another origin":     {"Origin": "https://evil.example"},
		"another port":       {"Origin": "http://localhost:1"},
		"a sandboxed page":   {"Origin": "null"},
		"cross-site fetch":   {"Sec-Fetch-Site": "cross-site"},
		"same-site neighbor": {"Sec-Fetch-Site": "same-site", "Origin": "http://neighbor.localhost"},
	} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/admin/customers", strings.NewReader("name=Forged+"+uuid.NewString()))
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
	customers, err := s.org.Customers(ctx, o.As(access.Owner))
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
		_, res, err := websocket.DefaultDialer.Dial(strings.Replace(s.url, "http", "ws", 1)+"/widget/v1/socket?key="+o.Key, header)
		if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("a panel's socket from %q: %v", origin, err)
		}
	}
}

// Frames of every malformed kind: each is refused in words, the connection lives, and nothing is kept.
func TestMalformedFrames(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := openRaw(t, s, o, "")
	id := uuid.NewString()
	before := []string{
		``, `{`, `[]`, `null`, `"text"`, `7`, `{}`, `{"type":7}`, `{"type":"hello"}`, `{"type":"hello","protocol":2}`, `{"type":"hello","protocol":"1"}`,
		`{"type":"send","id":"` + id + `","text":"before hello"}`, `{"type":"hello","protocol":1,"token":"forged"}`,
		`{"type":"hello","protocol":1,"token":"` + strings.Repeat("A", 99) + `"}`, `{"type":"hello","protocol":1} {"type":"hello","protocol":1}`,
		`{"type":"hello","protocol":1,"conversation":"not an id"}`, strings.Repeat("[", 20000), "\x00\x01\x02", "\xff\xfe",
	}
	for _, frame := range before {
		if err := v.conn.WriteMessage(websocket.BinaryMessage, []byte(frame)); err != nil {
			t.Fatal(err)
		}
		if answer := v.next(); !strings.Contains(answer, `"type":"refused"`) || !strings.Contains(answer, `"message":"`) {
			t.Errorf("%.60q: %s", frame, answer)
		}
	}
	v.put(`{"type":"hello","protocol":1,"language":"` + strings.Repeat("x", 5000) + `","page":{"url":"\u0000","title":"` + strings.Repeat("t", 9000) + `"}}`)
	if answer := v.next(); !strings.Contains(answer, `"welcome"`) {
		t.Fatal(answer)
	}
	for _, frame := range []string{
		`{"type":"hello","protocol":1}`, `{"type":"send"}`, `{"type":"send","id":"x","text":"a"}`, `{"type":"send","id":"` + id + `"}`, `{"type":"send","id":"` + id + `","text":""}`,
		`{"type":"send","id":"` + id + `","text":"\u0000\u001b"}`, `{"type":"send","id":"` + id + `","text":7}`,
		`{"type":"send","id":"` + id + `","text":"` + strings.Repeat("x", 4001) + `"}`, `{"type":"send","id":"` + id + `","text":"a","conversation":"` + uuid.NewString() + `"}`,
		`{"type":"send","id":"00000000-0000-0000-0000-000000000000","text":"a"}`, `{"type":"nothing of ours"}`,
	} {
		v.put(frame)
		answer := v.next()
		if !strings.Contains(answer, `"type":"refused"`) {
			t.Errorf("%.60q: %s", frame, answer)
		}
		if strings.Contains(frame, id) && !strings.Contains(answer, id) {
			t.Errorf("%.60q: the refusal does not say which message it is about: %s", frame, answer)
		}
	}
	line, _, _, err := s.chat.Desk(ctx, o.As(access.Agent), everywhere)
	if err != nil || len(line) != 0 {
		t.Errorf("something was kept: %v %v", line, err)
	}
	v.put(`{"type":"send","id":"` + id + `","text":"<img src=x onerror=alert(1)>"}`)
	if answer := v.next(); !strings.Contains(answer, `"ack"`) {
		t.Errorf("a good message after all these: %s", answer)
	}

	// The desk's side: HTML is text, and frames of nonsense harm nothing.
	mia := agentAt(t, s, o, access.Agent)
	if _, body, err := mia.Get(ctx, "/desk"); err != nil || !strings.Contains(body, "&lt;img src=x onerror=alert(1)&gt;") {
		t.Errorf("HTML is not shown as text: %v", err)
	}
	desk := openDesk(t, mia)
	for _, frame := range []string{``, `{`, `[]`, `{"type":"dance"}`, `{"type":"hello","threads":{"x":1}}`, `{"type":"hello","threads":{"` + id + `":-5}}`, `{"type":"typing","conversation":"` + id + `"}`} {
		if err := desk.conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
			t.Fatal(err)
		}
	}
	second := newVisitor(t, s, o, "")
	second.say("Still here")
	desk.until("Still here")

	// One frame larger than any may be ends the connection, with the code that says so; nothing else is harmed.
	v.conn.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", 70<<10)))
	for {
		if _, _, err := v.conn.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, websocket.CloseMessageTooBig) && !strings.Contains(err.Error(), "reset") {
				t.Errorf("an oversized frame: %v", err)
			}
			break
		}
	}
	second.say("And still")
}

// A screen that does not read is cut, and gets everything when it comes back; the others do not wait for it.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	mia := agentAt(t, s, o, access.Agent)
	if err := mia.Take(ctx, v.conversation); err != nil {
		t.Fatal(err)
	}
	slow := newVisitor(t, s, o, v.token) // another tab, whose frames nobody reads from here on
	c, who := uuid.MustParse(v.conversation), o.As(access.Agent)
	long := strings.Repeat("long ", 780)
	const many = 1500 // more than socket buffers and queue can hold
	for i := range many {
		if _, err := s.chat.SayAsAgent(ctx, who, c, uuid.New(), chat.Text, fmt.Sprintf("%d %s", i, long)); err != nil {
			t.Fatal(err)
		}
	}
	_ = slow
	again := newVisitor(t, s, o, v.token)
	for len(again.heard) < many+2 { // hello, taken, and the replies, in pages
		again.note(again.await("messages"))
	}
	for i, text := range again.heard[2:] {
		if !strings.HasPrefix(text, fmt.Sprintf("%d long", i)) {
			t.Fatalf("message %d is %.20q", i, text)
		}
	}
}

// Messages from many visitors at once while the agents' desks come and go: every conversation is complete on a desk that
// stayed, once and in order.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	one, two := serveTest(t, nil), serveTest(t, nil)
	mia := agentAt(t, two, o, access.Agent)
	stays := openDesk(t, mia)
	const n, each = 12, 6
	visitors := make([]*visitor, n)
	for i := range visitors {
		visitors[i] = newVisitor(t, []*server{one, two}[i%2], o, "")
		visitors[i].say("First")
		if err := mia.Take(ctx, visitors[i].conversation); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for _, v := range visitors {
		wg.Go(func() {
			for k := range each {
				if err := v.Say(uuid.NewString(), v.conversation, fmt.Sprintf("%s/%d", v.conversation, k)); err != nil {
					t.Error(err)
				}
			}
			for range each {
				if _, err := v.Await("ack", time.Now().Add(15*time.Second)); err != nil {
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
