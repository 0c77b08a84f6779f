package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/front/live"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// blockSockets starts a network that refuses WebSockets, as some companies' proxies do, and returns its address.
func blockSockets(t *testing.T, server string) string {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	return servePage(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" && strings.HasPrefix(r.URL.Path, "/widget/") {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
}

// TestBrowserPollingFallback shows that a visitor whose network blocks sockets, or whose browser has none, can chat:
// what is written arrives, replies come, a reload shows the same conversation, and nothing comes twice.
func TestBrowserPollingFallback(t *testing.T) {
	t.Parallel()
	for name, without := range map[string]func(t *testing.T, s *serve.Server) (server, script string){
		"blocked":    func(t *testing.T, s *serve.Server) (string, string) { return blockSockets(t, s.URL), "" },
		"no support": func(t *testing.T, s *serve.Server) (string, string) { return s.URL, "delete window.WebSocket" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := testkit.NewOrg(t)
			s := startServer(t, nil)
			address, script := without(t, s)
			page := customerPageWith(t, address, o.Key, script)
			visitor := testkit.NewTab(t)
			visitor.Go(page)
			visitor.Click("chat .launcher")
			visitor.Wait(`document.getElementById("parley").shadowRoot.activeElement.tagName === "TEXTAREA"`)
			visitor.Keys("Is anybody there?" + kb.Enter)
			visitor.Wait(`$("chat .message:not(.pending)")`)
			mia, err := traffic.LogIn(context.Background(), s.URL, o.Users[access.Agent].Email, testkit.Password)
			if err != nil {
				t.Fatal(err)
			}
			c := onlyConversation(t, s, o)
			if err := mia.Take(context.Background(), c); err != nil {
				t.Fatal(err)
			}
			if err := mia.Reply(context.Background(), c, "Here I am."); err != nil {
				t.Fatal(err)
			}
			visitor.Wait(`text("chat .log").includes("Here I am.")`)
			visitor.Keys("Good!" + kb.Enter)
			visitor.Wait(`$("chat .log").querySelectorAll(".message.visitor:not(.pending)").length === 2`)
			visitor.Go(page)
			visitor.Wait(`$("chat .log") && text("chat .log").includes("Good!") && text("chat .status").includes("agent of")`)
			if err := mia.Reply(context.Background(), c, "And here is your answer."); err != nil {
				t.Fatal(err)
			}
			visitor.Wait(`text("chat .log").includes("And here is your answer.")`)
			visitor.Wait(`$("chat .log").querySelectorAll(".message").length === 4`)
		})
	}
}

// frames posts frames as a panel without a socket does.
func frames(t *testing.T, s *serve.Server, o testkit.Org, wait int, list ...map[string]any) (int, []traffic.Frame) {
	t.Helper()
	raw, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return postFrames(t, s, o, wait, "", raw)
}

func postFrames(t *testing.T, s *serve.Server, o testkit.Org, wait int, from string, raw []byte) (int, []traffic.Frame) {
	t.Helper()
	status, body := postBody(t, s, o, wait, from, string(raw))
	var list []traffic.Frame
	if status == http.StatusOK {
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
	}
	return status, list
}

// postBody posts a body as it is, from an address outside (empty: from this machine), and returns the answer's.
func postBody(t *testing.T, s *serve.Server, o testkit.Org, wait int, from, raw string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.URL+"/widget/v1/frames?key="+o.Key+"&wait="+itoa(wait), strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://shop.example")
	if from != "" {
		req.Header.Set("X-Forwarded-For", from)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestPollingOnTwoServers shows that a visitor's posts and polls may go to two servers in turns: each message is
// stored once, and new messages come from whichever server is asked.
func TestPollingOnTwoServers(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	servers := []*serve.Server{startServer(t, nil), startServer(t, nil)}
	status, got := frames(t, servers[0], o, 0, map[string]any{"type": "hello", "protocol": 1})
	if status != 200 || len(got) != 1 || got[0].Token == "" {
		t.Fatal(status, got)
	}
	hello := map[string]any{"type": "hello", "protocol": 1, "token": got[0].Token}
	id := uuid.NewString()
	for i := range 3 { // the answers to the first two were lost
		status, got = frames(t, servers[i%2], o, 0, hello, map[string]any{"type": "send", "id": id, "text": "Hello?"})
		if status != 200 || lastOf(got, "ack").Seq != 1 {
			t.Fatalf("post %d: %d %+v", i, status, got)
		}
	}
	conversation := lastOf(got, "ack").ConversationID()
	hello["conversation"], hello["after"] = conversation, 1
	answered := make(chan []traffic.Frame)
	go func() {
		_, list := frames(t, servers[1], o, 20, hello)
		answered <- list
	}()
	who := o.As(access.Agent)
	c := uuid.MustParse(conversation)
	time.Sleep(200 * time.Millisecond) // the poll waits
	if _, err := servers[0].Routing.Take(context.Background(), who, "Mia", c); err != nil {
		t.Fatal(err)
	}
	select {
	case list := <-answered:
		if last := lastOf(list, "messages"); len(last.Messages) == 0 || last.Messages[0].Seq != 2 {
			t.Errorf("the poll brought %+v", list)
		}
	case <-time.After(testkit.Patience):
		t.Fatal("the poll brought nothing")
	}
	// What is no array, too many frames, or not this page's is refused.
	for _, raw := range []string{`{"type":"hello"}`, `[]`, `[` + strings.Repeat(`{},`, 60) + `{}]`, `[1`} {
		if status, _ := postFrames(t, servers[0], o, 0, "", []byte(raw)); status != http.StatusUnprocessableEntity {
			t.Errorf("%.20s: %d", raw, status)
		}
	}
	if status, _ := postFrames(t, servers[0], o, 0, "", []byte(`["`+strings.Repeat("x", 300<<10)+`"]`)); status != http.StatusUnprocessableEntity {
		t.Errorf("a large one: %d", status)
	}
}

// lastOf returns the last frame of a kind; an empty one if there is none. Frames about the queue come between
// others.
func lastOf(list []traffic.Frame, kind string) (last traffic.Frame) {
	for _, f := range list {
		if f.Type == kind {
			last = f
		}
	}
	return last
}

// TestBrowserBusy shows that what is over a limit is explained to the visitor kindly, and sent automatically when it
// may be: nothing is lost.
func TestBrowserBusy(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) {
		c.Limits.Visitor = live.Rate{PerSecond: 0.4, Burst: 2} // slow typing is too quick, too
		c.Limits.WebsiteSockets = 1
	})
	page := customerPage(t, s.URL, o.Key)
	visitor := testkit.NewTab(t)
	visitor.Go(page)
	visitor.Click("chat .launcher")
	visitor.Wait(`text("chat .status") !== "Connecting…"`)
	visitor.Run(testkit.Find + `
		for (let i = 0; i < 4; i++) { // at once, however busy the machine is
			$("chat textarea").value = "Message " + i;
			$("chat textarea").dispatchEvent(new Event("input", { bubbles: true }));
			$("chat textarea").form.requestSubmit();
		}`)
	visitor.Wait(`text("chat .notice").includes("You are sending messages too quickly")`)
	visitor.Wait(`$("chat .log").querySelectorAll(".message:not(.pending)").length === 4 && text("chat .notice") === ""`)
	if got := testkit.Eval[string](visitor,
		`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message .text")].map((p) => p.textContent).join()`); got != "Message 0,Message 1,Message 2,Message 3" {
		t.Errorf("in the order %s", got)
	}
	other := visitor.OpenAnother()
	other.Go(page + "/other")
	other.Click("chat .launcher")
	other.Wait(`text("chat .notice").includes("full at the moment")`)
}

// TestBrowserStorageFull shows that where the host page has used up the browser's storage (what is there can be
// read, nothing can be written), the visitor can chat all the same, in one conversation, and loses nothing.
func TestBrowserStorageFull(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	visitor := testkit.NewTab(t)
	visitor.Go(customerPageWith(t, s.URL, o.Key, `Storage.prototype.setItem = () => { throw new Error("full"); };`))
	visitor.Click("chat .launcher")
	visitor.Wait(`document.getElementById("parley").shadowRoot.activeElement.tagName === "TEXTAREA"`)
	for i := range 3 {
		visitor.Keys("Message " + itoa(i) + kb.Enter)
		visitor.Wait(`$("chat .log").querySelectorAll(".message:not(.pending)").length === ` + itoa(i+1))
	}
	if list, err := s.Conversations.ListMessagesAfter(context.Background(), o.As(access.Agent),
		uuid.MustParse(onlyConversation(t, s, o)), 0); err != nil || len(list) != 3 {
		t.Errorf("%d messages are kept, %v", len(list), err)
	}
}
