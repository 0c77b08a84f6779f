package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/gorilla/websocket"

	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// fastHeartbeat makes a server's heartbeats so frequent that a test need not wait for long.
func fastHeartbeat(c *serve.Config) { c.Limits.Heartbeat = 2 * time.Second }

// TestBrowserSilentNetwork shows that when the networks of a visitor and of its agent fall silent, without a closed
// connection, both pages notice, say so, and reconnect; the server drops the dead connections; and messages sent
// meanwhile are there, once.
func TestBrowserSilentNetwork(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, fastHeartbeat)
	near, far := newNetwork(t, s.URL), newNetwork(t, s.URL)
	mia := o.Users[access.Agent]

	desk := testkit.NewTab(t)
	desk.Size(1280, 800, false)
	desk.LogIn(far.url, mia.Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	visitor := testkit.NewTab(t)
	visitor.Go(customerPage(t, near.url, o.Key))
	visitor.Wait(`$("chat .launcher").getClientRects().length`)
	visitor.Click("chat .launcher")
	visitor.Wait(`document.getElementById("parley").shadowRoot.activeElement.tagName === "TEXTAREA"`)
	visitor.Keys("Is anybody there?" + kb.Enter)
	visitor.Wait(`$("chat .message:not(.pending)")`)
	desk.Wait(`text("#queue .last") === "Is anybody there?"`)
	desk.Click("#take-next")
	desk.Wait(`$(".pane.shown")`)
	visitor.Wait(`text("chat .status").includes("is here for you")`)

	// Longer than the time after which silence is noticed: heartbeats keep both there.
	desk.Wait(`document.documentElement.dataset.heartbeat === "2"`)
	opened := s.Live.Stats().Sockets
	time.Sleep(7 * time.Second)
	if now := s.Live.Stats().Sockets; now[0].Opened != opened[0].Opened || now[1].Opened != opened[1].Opened {
		t.Errorf("sockets were opened anew though nothing happened: %v, then %v", opened, now)
	}

	// The agent's network.
	desk.Run(
		`window.states = []; const c = document.getElementById("connection"); new MutationObserver(() => window.states.push(c.textContent)).observe(c, {childList: true, characterData: true, subtree: true})`)
	if far.silence() == 0 {
		t.Fatal("nothing was silenced")
	}
	visitor.Keys("And now?" + kb.Enter)
	desk.Wait(`window.states.includes("Reconnecting…") && text("#connection") === "Connected"`)
	desk.Wait(`$(".pane .thread").innerText.includes("And now?")`)
	if n := strings.Count(desk.Text(".pane .thread"), "And now?"); n != 1 {
		t.Errorf("the desk shows a message %d times", n)
	}

	// The visitor's.
	visitor.Run(
		`window.states = []; const c = document.getElementById("parley").shadowRoot.querySelector(".status"); new MutationObserver(() => window.states.push(c.textContent)).observe(c, {childList: true, characterData: true, subtree: true})`)
	if near.silence() == 0 {
		t.Fatal("nothing was silenced")
	}
	agent, err := traffic.LogIn(context.Background(), s.URL, mia.Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Reply(context.Background(), onlyConversation(t, s, o), "Yes, here I am."); err != nil {
		t.Fatal(err)
	}
	visitor.Wait(`window.states.includes("Connecting…") && text("chat .status").includes("is here for you")`)
	visitor.Wait(`text("chat .log").includes("Yes, here I am.")`)
	if n := strings.Count(visitor.Text("chat .log"), "Yes, here I am."); n != 1 {
		t.Errorf("the visitor is shown a reply %d times", n)
	}
	awaitSockets(t, s, 1, 1)
}

// awaitSockets waits until so many sockets of staff and of visitors are open.
func awaitSockets(t testing.TB, s *serve.Server, staff, visitors int64) {
	t.Helper()
	var last []wire.Stats
	for range 600 {
		last = s.Live.Stats().Sockets
		open := map[string]int64{}
		for _, x := range last {
			open[x.Kind] = x.Open
		}
		if open["staff"] == staff && open["visitors"] == visitors {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("open sockets: %+v", last)
}

// TestBrowserSilentMonitor shows that a manager's page and the live monitor notice a silent connection, too, and are
// up to date afterwards.
func TestBrowserSilentMonitor(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, fastHeartbeat)
	network := newNetwork(t, s.URL)
	for _, path := range []string{"/monitor", "/admin/websites/" + o.Website.String()} {
		page := testkit.NewTab(t)
		page.LogIn(network.url, o.Users[access.Owner].Email, testkit.Password, path)
		page.Wait(`document.documentElement.dataset.heartbeat === "2"`)
		page.Run(
			`window.opened = 0; document.addEventListener("htmx:ws:after:connection", () => window.opened++); document.addEventListener("htmx:ws:close", () => { window.lost = true; })`)
		if network.silence() == 0 {
			t.Fatal("nothing was silenced")
		}
		page.Wait(`window.lost && window.opened === 1 && !$(".reconnecting")`)
		awaitSockets(t, s, 1, 0)
		page.Go("about:blank")
		awaitSockets(t, s, 0, 0)
	}
}

// TestSilentSockets shows that the server drops sockets of both kinds that answer no ping, and sends the others
// heartbeats that name their interval.
func TestSilentSockets(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, fastHeartbeat)
	ctx := context.Background()
	network := newNetwork(t, s.URL)
	v, err := traffic.Site{Server: network.url, Key: o.Key, Origin: "https://shop.example"}.Open(ctx, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if _, err := v.Await("welcome", time.Now().Add(testkit.Patience)); err != nil {
		t.Fatal(err)
	}
	agent, err := traffic.LogIn(ctx, network.url, o.Users[access.Agent].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	desk := openDesk(t, agent)
	raw := openRaw(t, s, o, "")
	raw.send(`{"type":"hello","protocol":1}`)
	if welcome := raw.next(); !strings.Contains(welcome, `"heartbeat":2`) {
		t.Errorf("the welcome does not say how often heartbeats come: %s", welcome)
	}
	desk.until(`{"heartbeat":2}`)
	if frame := raw.any(); frame != "{}" {
		t.Errorf("in silence came %s", frame)
	}
	awaitSockets(t, s, 1, 2)
	network.silence()
	answered := make(chan struct{})
	go func() { // one that answers pings, as browsers do
		defer close(answered)
		for {
			raw.conn.SetReadDeadline(time.Now().Add(testkit.Patience))
			if _, _, err := raw.conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	awaitSockets(t, s, 0, 1)
	select {
	case <-answered:
		t.Error("the socket that answers was dropped, too")
	default:
	}
	raw.conn.WriteControl(websocket.CloseMessage, nil, time.Now().Add(time.Second))
	raw.conn.Close()
	<-answered
}

// TestFirstPostIsHelloOnly shows that what is posted with a hello that makes a new visitor is refused: if the answer
// were lost, it would come from two visitors.
func TestFirstPostIsHelloOnly(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	hello := map[string]any{"type": "hello", "protocol": 1}
	send := map[string]any{"type": "send", "id": "0190d1f2-7b1e-4c50-8f7a-999999999999", "text": "Hello?"}
	var token string
	for range 2 { // the first answer is lost
		status, got := frames(t, s, o, 0, hello, send)
		if status != 200 || len(got) != 2 || got[0].Token == "" || got[1].Type != "refused" || got[1].Code != "unauthenticated" {
			t.Fatal(status, got)
		}
		token = got[0].Token
	}
	hello["token"] = token
	for range 2 {
		status, got := frames(t, s, o, 0, hello, send)
		if status != 200 || got[len(got)-1].Type != "ack" || got[len(got)-1].Seq != 1 {
			t.Fatal(status, got)
		}
	}
	if line, _, _, err := s.Conversations.ListForDesk(context.Background(), o.As(access.Agent), allGroups); err != nil || len(line) != 1 {
		t.Errorf("%d conversations, %v", len(line), err)
	}
}
