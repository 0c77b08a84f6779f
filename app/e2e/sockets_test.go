package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// rawConn is a socket on which anything can be sent.
type rawConn struct {
	t    *testing.T
	conn net.Conn
}

func openRawConn(t *testing.T, address string, header http.Header) *rawConn {
	t.Helper()
	conn, early, _, err := ws.Dialer{Header: ws.HandshakeHeaderHTTP(header), Timeout: 10 * time.Second}.Dial(
		context.Background(), "ws"+strings.TrimPrefix(address, "http"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if early != nil { // the server spoke at once
		conn = bufferedConn{conn, early}
	}
	return &rawConn{t, conn}
}

// bufferedConn is a connection of which something was read with the handshake.
type bufferedConn struct {
	net.Conn
	early *bufio.Reader
}

func (s bufferedConn) Read(b []byte) (int, error) { return s.early.Read(b) }

func (b *rawConn) send(op ws.OpCode, fin bool, body string) {
	b.t.Helper()
	if err := ws.WriteFrame(b.conn, ws.MaskFrame(ws.NewFrame(op, fin, []byte(body)))); err != nil {
		b.t.Fatal(err)
	}
}

// until reads frames up to one of a kind and returns its body.
func (b *rawConn) until(op ws.OpCode) []byte {
	b.t.Helper()
	b.conn.SetReadDeadline(time.Now().Add(testkit.Patience))
	for {
		h, err := ws.ReadHeader(b.conn)
		if err != nil {
			b.t.Fatalf("no frame of kind %v: %v", op, err)
		}
		body := make([]byte, h.Length)
		if _, err := io.ReadFull(b.conn, body); err != nil {
			b.t.Fatal(err)
		}
		if h.OpCode == op {
			return body
		}
	}
}

func (b *rawConn) checkClosed(want ws.StatusCode) {
	b.t.Helper()
	if code, reason := ws.ParseCloseFrameData(b.until(ws.OpClose)); code != want {
		b.t.Errorf("closed with %d %s, not %d", code, reason, want)
	}
}

// TestBothTransports shows that the transports of visitors' sockets and of desks, which differ, allow the same to a
// client and treat one that breaks the rules in the same way.
func TestBothTransports(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	mia, err := traffic.LogIn(context.Background(), s.URL, o.Users[access.Agent].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	cookie := mia.Cookie()
	kinds := map[string]struct {
		open  func() *rawConn
		hello string
		heard string // what a good hello brings
	}{
		"visitor": {func() *rawConn {
			return openRawConn(t, s.URL+"/widget/v1/socket?key="+o.Key, http.Header{"Origin": {"https://shop.example"}})
		}, `{"type":"hello","protocol":1}`, `"welcome"`},
		"desk": {func() *rawConn {
			return openRawConn(t, s.URL+"/live/desk", http.Header{"Origin": {s.URL}, "Cookie": {cookie}})
		}, `{"type":"hello","threads":{}}`, `hx-partial`},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := func(t *testing.T) *rawConn { b := kind.open(); b.t = t; return b }
			t.Run("a message in several frames with a ping between", func(t *testing.T) {
				b := open(t)
				half := len(kind.hello) / 2
				b.send(ws.OpText, false, kind.hello[:half])
				b.send(ws.OpPing, true, "there?")
				b.send(ws.OpContinuation, false, kind.hello[half:half+3])
				b.send(ws.OpContinuation, true, kind.hello[half+3:])
				if got := b.until(ws.OpPong); string(got) != "there?" {
					t.Errorf("pong %q", got)
				}
				if got := b.until(ws.OpText); !bytes.Contains(got, []byte(kind.heard)) {
					t.Errorf("heard %.200s", got)
				}
				b.send(ws.OpClose, true, string(ws.NewCloseFrameBody(1000, "")))
				b.checkClosed(1000)
				b.conn.SetReadDeadline(time.Now().Add(testkit.Patience))
				if _, err := b.conn.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("after both goodbyes: %v", err)
				}
			})
			checkTooLarge(t, open)
			t.Run("not masked", func(t *testing.T) {
				b := open(t)
				ws.WriteFrame(b.conn, ws.NewTextFrame([]byte(kind.hello)))
				b.checkClosed(1002)
			})
			t.Run("a flood of frames", func(t *testing.T) {
				b := open(t)
				b.send(ws.OpText, true, kind.hello)
				var all bytes.Buffer
				for range 400 {
					ws.WriteFrame(&all, ws.MaskFrame(ws.NewTextFrame([]byte(`{"type":"typing"}`))))
				}
				b.conn.Write(all.Bytes())
				b.checkClosed(1013)
			})
			t.Run("a flood of pongs", func(t *testing.T) {
				b := open(t)
				b.send(ws.OpText, true, kind.hello)
				var all bytes.Buffer
				for range 400 {
					ws.WriteFrame(&all, ws.MaskFrame(ws.NewPongFrame(nil)))
				}
				b.conn.Write(all.Bytes())
				b.checkClosed(1013)
			})
			checkHugeLength(t, name, open)
			checkHandshakes(t, o, s, cookie, name)
		})
	}
}

// checkTooLarge checks that large messages end a socket.
func checkTooLarge(t *testing.T, open func(t *testing.T) *rawConn) {
	t.Helper()
	t.Run("too large", func(t *testing.T) {
		b := open(t)
		go ws.WriteFrame(b.conn, ws.MaskFrame(ws.NewTextFrame(bytes.Repeat([]byte("x"), 70<<10))))
		b.checkClosed(1009)
	})
	t.Run("too large in pieces", func(t *testing.T) {
		b := open(t)
		go func() {
			ws.WriteFrame(b.conn, ws.MaskFrame(ws.NewFrame(ws.OpText, false, bytes.Repeat([]byte("x"), 40<<10))))
			ws.WriteFrame(b.conn, ws.MaskFrame(ws.NewFrame(ws.OpContinuation, true, bytes.Repeat([]byte("x"), 40<<10))))
		}()
		b.checkClosed(1009)
	})
}

// checkHugeLength checks a frame that announces more than can be.
func checkHugeLength(t *testing.T, name string, open func(t *testing.T) *rawConn) {
	t.Helper()
	t.Run("a length beyond all measure, inside a message", func(t *testing.T) {
		b := open(t)
		b.send(ws.OpText, false, "x")
		b.conn.Write([]byte{0x00, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
		if name == "desk" { // gorilla says no word
			b.conn.SetReadDeadline(time.Now().Add(testkit.Patience))
			if _, err := io.ReadAll(b.conn); err != nil {
				t.Error(err)
			}
			return
		}
		b.checkClosed(1009)
	})
}

// checkHandshakes checks requests that are no handshake of a WebSocket.
func checkHandshakes(t *testing.T, o testkit.Org, s *serve.Server, cookie, name string) {
	t.Helper()
	t.Run("no handshake", func(t *testing.T) {
		for _, header := range []http.Header{
			{},
			{"Upgrade": {"websocket"}},
			{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}},
			{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"8"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}},
		} {
			path, origin := "/widget/v1/socket?key="+o.Key, "https://shop.example"
			if name == "desk" {
				path, origin = "/live/desk", s.URL
			}
			req, _ := http.NewRequest(http.MethodGet, s.URL+path, nil)
			req.Header = header
			req.Header.Set("Origin", origin)
			req.Header.Set("Cookie", cookie)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%v: %s", header, res.Status)
			}
		}
	})
}

// TestSlowReaderIsCut shows that a visitor that does not read is disconnected when its queue is full, and misses
// nothing when it reconnects.
func TestSlowReaderIsCut(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) { c.CommitWindow = 0 })
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	ctx, agent, c := context.Background(), o.As(access.Agent), uuid.MustParse(v.conversation)
	if _, err := s.Routing.Take(ctx, agent, "Mia", c); err != nil {
		t.Fatal(err)
	}
	// The other tab says hello and then reads no more.
	lazy := openRawConn(t, s.URL+"/widget/v1/socket?key="+o.Key, http.Header{"Origin": {"https://shop.example"}})
	lazy.conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	lazy.send(ws.OpText, true, fmt.Sprintf(`{"type":"hello","protocol":1,"token":"%s"}`, v.token))
	lazy.until(ws.OpText)
	text := strings.Repeat("語", 3900)
	n := 0
	for ; n < 2000 && s.Live.Stats().Sockets[0].Cut == 0; n++ {
		if _, err := s.Conversations.SendAsAgent(ctx, agent, c, uuid.New(), "text", text); err != nil {
			t.Fatal(err)
		}
	}
	if s.Live.Stats().Sockets[0].Cut == 0 {
		t.Fatalf("%d messages later it is still there", n)
	}
	back, err := visitorSite(s, o).Resume(ctx, nil, v.token, v.conversation, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	for next := 3; next <= n+2; {
		f, err := back.Next(time.Now().Add(testkit.Patience))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range f.Messages {
			if m.Seq != next {
				t.Fatalf("number %d came instead of %d, in a frame %q of %v: %.20s; the conversation is %v", m.Seq, next, f.Type,
					f.ConversationID(), m.Text, v.conversation)
			}
			next++
		}
	}
}

// TestNothingLeaks shows that when all clients have gone, whatever they did, nothing of them is left.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	header := http.Header{"Origin": {"https://shop.example"}}
	for i := range 60 {
		b := openRawConn(t, s.URL+"/widget/v1/socket?key="+o.Key, header)
		switch i % 6 {
		case 0:
			b.conn.Write([]byte{0x01, 0x81, 0, 0, 0, 0, 'x', 0x00, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
		case 1:
			b.send(ws.OpText, true, `{"type":"hello","protocol":1}`)
			b.until(ws.OpText)
		case 2:
			b.conn.Write([]byte{0x81})
		case 3:
			b.send(ws.OpClose, true, "x")
		case 4:
			b.conn.(*net.TCPConn).SetLinger(0)
		}
		b.conn.Close()
	}
	for range 500 {
		if s.Live.Stats().Sockets[0].Open == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d sockets are still counted", s.Live.Stats().Sockets[0].Open)
}
