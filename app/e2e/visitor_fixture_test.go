package e2e

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

var names = []string{"Anna", "Ben", "Cleo", "Dora", "Emil"}

func itoa(n int) string { return strconv.Itoa(n) }

// visitorClient is a panel without a browser. As one in a browser does, it reads whatever the test does meanwhile: a client that does not
// is disconnected.
type visitorClient struct {
	t testing.TB
	*traffic.Visitor
	received     chan receivedFrame
	token        string
	conversation string
	texts        []string
}

// receivedFrame is a frame, or the end of the socket.
type receivedFrame struct {
	traffic.Frame
	err error
}

// newVisitorClient returns a client for an open socket.
func newVisitorClient(t testing.TB, w *traffic.Visitor) *visitorClient {
	v := &visitorClient{t: t, Visitor: w, received: make(chan receivedFrame, 10_000)}
	go func() {
		for {
			f, err := w.Next(time.Time{})
			v.received <- receivedFrame{f, err}
			if err != nil {
				return
			}
		}
	}()
	return v
}

// Next is that of traffic.Visitor. After a time-out, reading can go on.
func (v *visitorClient) Next(until time.Time) (traffic.Frame, error) {
	select {
	case f := <-v.received:
		if f.err != nil {
			v.received <- f // it has ended for whoever reads next, too
		}
		return f.Frame, f.err
	case <-time.After(time.Until(until)):
		return traffic.Frame{}, os.ErrDeadlineExceeded
	}
}

// Await is that of traffic.Visitor.
func (v *visitorClient) Await(kind string, until time.Time) (traffic.Frame, error) {
	for {
		f, err := v.Next(until)
		if err != nil || f.Type == kind {
			return f, err
		}
	}
}

func newVisitors(t testing.TB, s *serve.Server, o testkit.Org, n int) []*visitorClient {
	t.Helper()
	list := make([]*visitorClient, n)
	for i := range list {
		list[i] = newVisitor(t, s, o, "")
	}
	return list
}

func newVisitor(t testing.TB, s *serve.Server, o testkit.Org, token string) *visitorClient {
	t.Helper()
	w, err := visitorSite(s, o).Open(context.Background(), nil, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	v := newVisitorClient(t, w)
	v.token = token
	f := v.await("welcome")
	if f.Token != "" {
		v.token = f.Token
	}
	v.conversation = f.ConversationID()
	v.record(f)
	return v
}

func (v *visitorClient) record(f traffic.Frame) {
	for _, m := range f.Messages {
		v.texts = append(v.texts, m.Text)
	}
}

// await waits for a frame of a type; messages that come before it are recorded.
func (v *visitorClient) await(kind string) traffic.Frame {
	v.t.Helper()
	until := time.Now().Add(testkit.Patience)
	for {
		f, err := v.Next(until)
		if err != nil {
			v.t.Fatalf("waited for a frame %q: %v", kind, err)
		}
		if f.Type == kind {
			return f
		}
		v.record(f)
		if f.Type == "refused" {
			v.t.Fatalf("waited for a frame %q, was refused: %s %s", kind, f.Code, f.Message)
		}
	}
}

// send sends a message and waits until it is acknowledged.
func (v *visitorClient) send(text string) traffic.Frame {
	v.t.Helper()
	if err := v.SendMessage(uuid.NewString(), v.conversation, text); err != nil {
		v.t.Fatal(err)
	}
	f := v.await("ack")
	v.conversation = f.ConversationID()
	return f
}

// awaitText waits until a message has come.
func (v *visitorClient) awaitText(text string) {
	v.t.Helper()
	for !slices.Contains(v.texts, text) {
		v.record(v.await("messages"))
	}
}

func portOf(t testing.TB, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// brokenNetwork is a network between a client and the server that can be cut.
type brokenNetwork struct {
	url      string
	listener net.Listener
	mu       sync.Mutex
	cut      bool
	open     map[net.Conn]struct{}
	mute     map[net.Conn]struct{} // nothing passes on these, and nothing ends them
}

func newNetwork(t testing.TB, server string) *brokenNetwork {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &brokenNetwork{url: "http://" + listener.Addr().String(), listener: listener, open: map[net.Conn]struct{}{}}
	t.Cleanup(func() { listener.Close(); l.setCut(true) })
	network, target := "tcp", strings.TrimPrefix(server, "http://")
	if strings.HasPrefix(target, "/") { // a socket of this machine
		network = "unix"
	}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial(network, target)
			if err != nil || !l.add(near, far) {
				near.Close()
				if err == nil {
					far.Close()
				}
				continue
			}
			go l.carry(near, far)
			go l.carry(far, near)
		}
	}()
	return l
}

func (l *brokenNetwork) carry(to, from net.Conn) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		l.mu.Lock()
		_, mute := l.mute[from]
		l.mu.Unlock()
		if mute {
			if err != nil { // the other side does not notice
				from.Close()
				return
			}
			continue
		}
		if _, failed := to.Write(b[:n]); err != nil || failed != nil {
			break
		}
	}
	to.Close()
	from.Close()
	l.mu.Lock()
	delete(l.open, from)
	l.mu.Unlock()
}

func (l *brokenNetwork) add(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		if !l.cut {
			l.open[c] = struct{}{}
		}
	}
	return !l.cut
}

// setCut cuts the network, with all connections on it, or restores it.
func (l *brokenNetwork) setCut(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	if cut {
		for c := range l.open {
			c.Close()
		}
	}
}

// silence stops the connections that are open from carrying anything, in either direction, and closes none of them.
// New ones work.
func (l *brokenNetwork) silence() (silenced int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mute = maps.Clone(l.open)
	return len(l.mute)
}

func removeDomain(o testkit.Org, s *serve.Server, host string) error {
	ctx, who := context.Background(), o.As(access.Owner)
	w, err := s.Org.GetWebsite(ctx, who, o.Website)
	if err != nil {
		return err
	}
	for _, d := range w.Domains {
		if d.Host == host {
			return s.Org.RemoveDomain(ctx, who, o.Website, d.ID)
		}
	}
	return nil
}

// rawSocket is a panel's socket that sends and receives bytes.
type rawSocket struct {
	t    testing.TB
	conn *websocket.Conn
}

// openRaw connects with a website's key; origin may be empty for the usual one.
func openRaw(t testing.TB, s *serve.Server, o testkit.Org, origin string) *rawSocket {
	t.Helper()
	if origin == "" {
		origin = "https://shop.example"
	}
	return dialRaw(t, s, o, http.Header{"Origin": {origin}})
}

// openRawFrom connects from an address outside.
func openRawFrom(t testing.TB, s *serve.Server, o testkit.Org, address string) *rawSocket {
	t.Helper()
	return dialRaw(t, s, o, http.Header{"Origin": {"https://shop.example"}, "X-Forwarded-For": {address}})
}

func dialRaw(t testing.TB, s *serve.Server, o testkit.Org, header http.Header) *rawSocket {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial(strings.Replace(s.URL, "http", "ws", 1)+"/widget/v1/socket?key="+o.Key, header)
	if err != nil {
		t.Fatalf("%v %v", err, res)
	}
	t.Cleanup(func() { conn.Close() })
	return &rawSocket{t, conn}
}

func (r *rawSocket) send(frame string) {
	r.t.Helper()
	if err := r.conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		r.t.Fatal(err)
	}
}

// next returns the next frame, except for those that come with time: positions in the queue and heartbeats.
func (r *rawSocket) next() string {
	r.t.Helper()
	for {
		if frame := r.any(); !strings.HasPrefix(frame, `{"type":"line"`) && frame != "{}" {
			return frame
		}
	}
}

func (r *rawSocket) any() string {
	r.t.Helper()
	r.conn.SetReadDeadline(time.Now().Add(testkit.Patience))
	_, frame, err := r.conn.ReadMessage()
	if err != nil {
		r.t.Fatal(err)
	}
	return string(frame)
}
