package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"parley/app/front/live"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestStaffSocketLimits shows that a page beyond a team member's limit closes the oldest one and says why, and that
// a page beyond the organization's limit is told to wait.
func TestStaffSocketLimits(t *testing.T) {
	t.Parallel()
	o, other := testkit.NewOrg(t), testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) { c.Limits.UserSockets, c.Limits.OrganizationSockets = 3, 5 })
	open := func(p testkit.Member, path string) *rawConn {
		t.Helper()
		in, err := traffic.LogIn(context.Background(), s.URL, p.Email, testkit.Password)
		if err != nil {
			t.Fatal(err)
		}
		b := openRawConn(t, s.URL+path, http.Header{"Origin": {s.URL}, "Cookie": {in.Cookie()}})
		if path == "/live/desk" {
			b.send(ws.OpText, true, `{"type":"hello","threads":{}}`)
		}
		b.until(ws.OpText)
		return b
	}
	closes := func(b *rawConn, code ws.StatusCode, words string) {
		t.Helper()
		if got := string(b.until(ws.OpText)); !strings.Contains(got, words) {
			t.Errorf("it is told %q", got)
		}
		b.checkClosed(code)
	}
	mia, sam := o.Users[access.Agent], o.Users[access.Supervisor]
	var mias []*rawConn
	for range 3 {
		mias = append(mias, open(mia, "/live/desk"))
	}
	open(mia, "/live/desk")
	checkCloses(t, mias[0], 4001, "You have 3 newer Parley pages open")
	if s.Live.Stats().Refusals["user-sockets"] != 1 {
		t.Error("it is not counted")
	}
	for _, b := range mias[1:] { // the others stay
		b.send(ws.OpPing, true, "there?")
		b.until(ws.OpPong)
	}
	monitor := open(sam, "/live/monitor")
	open(sam, "/live/monitor")
	in, err := traffic.LogIn(context.Background(), s.URL, o.Users[access.Owner].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	sixth := openRawConn(t, s.URL+"/live/desk", http.Header{"Origin": {s.URL}, "Cookie": {in.Cookie()}})
	closes(sixth, ws.StatusCode(1013), "Your organization has reached its limit of open Parley pages")
	open(other.Users[access.Agent], "/live/desk") // another organization does not notice
	monitor.conn.Close()
	for end := time.Now().Add(testkit.Patience); ; time.Sleep(20 * time.Millisecond) { // there is capacity again
		again := openRawConn(t, s.URL+"/live/desk", http.Header{"Origin": {s.URL}, "Cookie": {in.Cookie()}})
		ws.WriteFrame(again.conn, ws.MaskFrame(ws.NewTextFrame([]byte(`{"type":"hello","threads":{}}`)))) // refused, it may be gone
		if !strings.Contains(string(again.until(ws.OpText)), "Your organization has") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a page that was closed counts for ever")
		}
	}
}

// checkCloses reads until a text comes, and then checks the close code.
func checkCloses(t *testing.T, b *rawConn, code ws.StatusCode, words string) {
	t.Helper()
	for range 50 {
		if strings.Contains(string(b.until(ws.OpText)), words) {
			b.checkClosed(code)
			return
		}
	}
	t.Errorf("it is never told %q", words)
}

// TestServesAtSocketLimit shows that while all sockets and connections are taken, the server still reports itself
// healthy, people log in and visitors write.
func TestServesAtSocketLimit(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) {
		c.Limits = live.Limits{AllSockets: 10, UserSockets: 3, OrganizationSockets: 10, StaffSockets: 10}
		c.Connections = serve.ConnectionLimits{Total: 20}
	})
	v := newVisitor(t, s, o, "")
	v.send("first")
	for range 30 { // the chat is full
		b := openRawConn(t, s.URL+"/widget/v1/socket?key="+o.Key, http.Header{"Origin": {"https://shop.example"}})
		b.send(ws.OpText, true, `{"type":"hello","protocol":1}`)
	}
	for range 60 {
		c, err := net.Dial("tcp", s.Address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", s.Address)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%v %v", res, err)
		}
	}
	if open, _ := s.Connections.Count(); open > 20 {
		t.Errorf("%d HTTP connections are open", open)
	}
	for _, path := range []string{"/healthz", "/readyz", "/login"} {
		res, err := (&http.Client{Timeout: 20 * time.Second}).Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if _, err := traffic.LogIn(context.Background(), s.URL, o.Users[access.Agent].Email, testkit.Password); err != nil {
		t.Error(err)
	}
	v.send("second")
}

// TestConnectionsPerAddress shows that idle connections are limited per address, and that a connection in use is not
// closed for another one.
func TestConnectionsPerAddress(t *testing.T) {
	t.Parallel()
	s := startServer(t, func(c *serve.Config) {
		c.Proxies, c.Connections = nil, serve.ConnectionLimits{PerAddress: 4}
	})
	dial := func(send string) net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", s.Address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		fmt.Fprint(c, send)
		return c
	}
	for range 12 {
		dial("")
	}
	busy := make([]net.Conn, 4)
	for i := range busy { // the idle ones are closed for them
		busy[i] = dial("POST /forgot HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
			"Content-Length: 9\r\n\r\nemail")
		for end := time.Now().Add(testkit.Patience); ; time.Sleep(5 * time.Millisecond) {
			open, idle := s.Connections.Count()
			if open > 4 {
				t.Fatalf("%d connections of one address", open)
			}
			if open-idle == i+1 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%d connections, %d idle", open, idle)
			}
		}
	}
	c := dial("")
	c.SetReadDeadline(time.Now().Add(testkit.Patience))
	if got, _ := io.ReadAll(c); !strings.Contains(string(got), "503") || !strings.Contains(string(got), "Try again in 5 seconds") {
		t.Errorf("one too many is told %q", got)
	}
	fmt.Fprint(busy[0], "=a@b")
	busy[0].SetReadDeadline(time.Now().Add(testkit.Patience))
	if res, err := http.ReadResponse(bufio.NewReader(busy[0]), nil); err != nil || res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("one that was in use: %v %v", res, err)
	}
}
