package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/live"
	"parley/app/traffic"
)

// A team member's page beyond the limit closes the oldest one, with words; an organization's is told to wait.
func TestStaffSocketsAreLimited(t *testing.T) {
	t.Parallel()
	o, other := apptest.NewOrg(t), apptest.NewOrg(t)
	s := serveTest(t, func(c *config) { c.Limits.UserSockets, c.Limits.OrganizationSockets = 3, 5 })
	open := func(p apptest.Person, path string) *bare {
		t.Helper()
		in, err := traffic.LogIn(context.Background(), s.url, p.Email, apptest.Password)
		if err != nil {
			t.Fatal(err)
		}
		b := openBare(t, s.url+path, http.Header{"Origin": {s.url}, "Cookie": {in.Cookie()}})
		if path == "/live/desk" {
			b.put(ws.OpText, true, `{"type":"hello","threads":{}}`)
		}
		b.until(ws.OpText)
		return b
	}
	closes := func(b *bare, code ws.StatusCode, words string) {
		t.Helper()
		if got := string(b.until(ws.OpText)); !strings.Contains(got, words) {
			t.Errorf("it is told %q", got)
		}
		b.closedWith(code)
	}
	mia, sam := o.Users[access.Agent], o.Users[access.Supervisor]
	var mias []*bare
	for range 3 {
		mias = append(mias, open(mia, "/live/desk"))
	}
	open(mia, "/live/desk")
	closesEventually(t, mias[0], 4001, "You have 3 newer Parley pages open")
	if s.live.Stats().Refusals["user-sockets"] != 1 {
		t.Error("it is not counted")
	}
	for _, b := range mias[1:] { // the others stay
		b.put(ws.OpPing, true, "there?")
		b.until(ws.OpPong)
	}
	board := open(sam, "/live/board")
	open(sam, "/live/board")
	in, err := traffic.LogIn(context.Background(), s.url, o.Users[access.Owner].Email, apptest.Password)
	if err != nil {
		t.Fatal(err)
	}
	sixth := openBare(t, s.url+"/live/desk", http.Header{"Origin": {s.url}, "Cookie": {in.Cookie()}})
	closes(sixth, ws.StatusCode(1013), "Your organization has as many Parley pages open")
	open(other.Users[access.Agent], "/live/desk") // another organization does not notice
	board.conn.Close()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) { // room again
		again := openBare(t, s.url+"/live/desk", http.Header{"Origin": {s.url}, "Cookie": {in.Cookie()}})
		ws.WriteFrame(again.conn, ws.MaskFrame(ws.NewTextFrame([]byte(`{"type":"hello","threads":{}}`)))) // refused, it may be gone
		if !strings.Contains(string(again.until(ws.OpText)), "Your organization has") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a page that was closed counts for ever")
		}
	}
}

// closesEventually reads until the words come, and then the goodbye.
func closesEventually(t *testing.T, b *bare, code ws.StatusCode, words string) {
	t.Helper()
	for range 50 {
		if strings.Contains(string(b.until(ws.OpText)), words) {
			b.closedWith(code)
			return
		}
	}
	t.Errorf("it is never told %q", words)
}

// While all sockets and all connections are taken, the server is found healthy, people log in and visitors write.
func TestServesWhileAllSocketsAreTaken(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, func(c *config) {
		c.Limits = live.Limits{AllSockets: 10, UserSockets: 3, OrganizationSockets: 10, StaffSockets: 10}
		c.Connections = connectionLimits{all: 20}
	})
	v := newVisitor(t, s, o, "")
	v.say("first")
	for range 30 { // the chat is full
		b := openBare(t, s.url+"/widget/v1/socket?key="+o.Key, http.Header{"Origin": {"https://shop.example"}})
		b.put(ws.OpText, true, `{"type":"hello","protocol":1}`)
	}
	for range 60 {
		c, err := net.Dial("tcp", s.listening)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", s.listening)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%v %v", res, err)
		}
	}
	if open, _ := s.connections.count(); open > 20 {
		t.Errorf("%d HTTP connections are open", open)
	}
	for _, path := range []string{"/healthz", "/readyz", "/login"} {
		res, err := (&http.Client{Timeout: 20 * time.Second}).Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if _, err := traffic.LogIn(context.Background(), s.url, o.Users[access.Agent].Email, apptest.Password); err != nil {
		t.Error(err)
	}
	v.say("second")
}

// Connections that send nothing more have a bound for an address, too; one that is in use is not closed for another.
func TestConnectionsOfAnAddress(t *testing.T) {
	t.Parallel()
	s := serveTest(t, func(c *config) {
		c.Proxies, c.Connections = nil, connectionLimits{address: 4}
	})
	dial := func(send string) net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", s.listening)
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
	for i := range busy { // the idle ones make room
		busy[i] = dial("POST /forgot HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nemail")
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			open, idle := s.connections.count()
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
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if got, _ := io.ReadAll(c); !strings.Contains(string(got), "503") || !strings.Contains(string(got), "Try again in 5 seconds") {
		t.Errorf("one too many is told %q", got)
	}
	fmt.Fprint(busy[0], "=a@b")
	busy[0].SetReadDeadline(time.Now().Add(20 * time.Second))
	if res, err := http.ReadResponse(bufio.NewReader(busy[0]), nil); err != nil || res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("one that was in use: %v %v", res, err)
	}
}

// outOfFiles is a listener whose process may open no more files, some times.
type outOfFiles struct {
	net.Listener
	times atomic.Int32
}

func (l *outOfFiles) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil && l.times.Add(-1) >= 0 {
		c.Close() // what comes is lost in this test; in a process it stays in the queue
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return c, err
}

// That no file can be opened closes idle connections, and ends nothing.
func TestOutOfFiles(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	short := &outOfFiles{Listener: inner}
	l := bounded(short, connectionLimits{}, nil)
	server := &http.Server{Handler: http.NotFoundHandler(), ConnState: l.state}
	defer server.Close()
	go server.Serve(l)
	idle, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if open, _ := l.count(); open == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("not accepted")
		}
	}
	get := func() (int, error) {
		res, err := (&http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + inner.Addr().String())
		if err != nil {
			return 0, err
		}
		res.Body.Close()
		return res.StatusCode, nil
	}
	short.times.Store(1)
	if code, err := get(); err == nil {
		t.Error(code)
	}
	idle.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := idle.Read(make([]byte, 1)); err == nil {
		t.Error("the idle connection is still open")
	}
	if code, err := get(); code != http.StatusNotFound {
		t.Error(code, err)
	}
}

// What a process may open is divided so that something stays in reserve.
func TestShares(t *testing.T) {
	t.Parallel()
	for _, files := range []int{256, 1024, 20_000, 1 << 20} {
		l, c := live.DefaultLimits(), connectionLimits{}
		shares(files, &l, &c)
		if l.AllSockets < files/4 || l.StaffSockets < 32 || c.all < 64 || files-l.AllSockets-l.StaffSockets-c.all < min(160, files/4) {
			t.Errorf("of %d files: %d sockets, %d pages of teams, %d connections", files, l.AllSockets, l.StaffSockets, c.all)
		}
	}
}
