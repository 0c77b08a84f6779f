// Package traffic plays visitors and an agent on a running server, through the public protocols.
//
// Owns: clients of the widget's and the desk's sockets, and the program that sends real messages through them.
//
// Must not touch: anything of the server's inside.
//
// Always true: a message is sent again under the same id until it is acknowledged; every loop is bounded.
package traffic

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// Frame is any frame of the widget's protocol that a visitor receives.
type Frame struct {
	Type         string `json:"type"`
	Token        string `json:"token"`
	ID           string `json:"id"`
	Code         string `json:"code"`
	Message      string `json:"message"`
	Seq          int    `json:"seq"`
	Conversation json.RawMessage
	Messages     []struct {
		Seq    int    `json:"seq"`
		Author string `json:"author"`
		Kind   string `json:"kind"`
		Text   string `json:"text"`
	} `json:"messages"`
}

// ConversationID is the conversation a frame is about: an id, or an object that has one.
func (f Frame) ConversationID() string {
	var id string
	if json.Unmarshal(f.Conversation, &id) == nil {
		return id
	}
	var object struct {
		ID string `json:"id"`
	}
	json.Unmarshal(f.Conversation, &object)
	return object.ID
}

// Site is where visitors come from: a server, a website's key, and a page on one of its domains.
type Site struct{ Server, Key, Origin string }

// FindDemoShop reads the demo shop's key from its page.
func FindDemoShop(ctx context.Context, server string) (Site, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/demo/shop", nil)
	if err != nil {
		return Site{}, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return Site{}, fmt.Errorf("the server does not answer (start it with: make run): %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return Site{}, err
	}
	key := regexp.MustCompile(`data-key="([a-z0-9]{16})"`).FindSubmatch(body)
	if key == nil {
		return Site{}, fmt.Errorf(
			"%s/demo/shop shows no widget: start the server with demo data, or name a website with -key and -origin",
			server)
	}
	return Site{Server: server, Key: string(key[1]), Origin: server}, nil
}

// Visitor is one panel's socket.
type Visitor struct {
	conn *websocket.Conn
	wmu  sync.Mutex
}

// Open connects a panel and says hello. dialer may be nil.
func (s Site) Open(ctx context.Context, dialer *websocket.Dialer, token string) (*Visitor, error) {
	return s.Resume(ctx, dialer, token, "", 0)
}

// Resume is Open for a visitor who has been shown a conversation up to a number.
func (s Site) Resume(ctx context.Context, dialer *websocket.Dialer, token, conversation string, after int) (*Visitor, error) {
	if dialer == nil {
		dialer = &websocket.Dialer{HandshakeTimeout: 20 * time.Second}
	}
	address := "ws" + strings.TrimPrefix(s.Server, "http") + "/widget/v1/socket?key=" + url.QueryEscape(s.Key)
	conn, res, err := dialer.DialContext(ctx, address, http.Header{"Origin": {s.Origin}})
	if err != nil {
		if res != nil {
			body, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
			return nil, fmt.Errorf("%w: %s %s", err, res.Status, body)
		}
		return nil, err
	}
	v := &Visitor{conn: conn}
	hello := map[string]any{"type": "hello", "protocol": 1, "token": token,
		"page": map[string]string{"url": s.Origin + "/", "title": "Traffic"}, "language": "en"}
	if conversation != "" {
		hello["conversation"], hello["after"] = conversation, after
	}
	return v, v.WriteFrame(hello)
}

// WriteFrame sends a frame.
func (v *Visitor) WriteFrame(frame any) error {
	v.wmu.Lock()
	defer v.wmu.Unlock()
	v.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	return v.conn.WriteJSON(frame)
}

// WriteRaw sends bytes as they are, for what no client of ours would send.
func (v *Visitor) WriteRaw(frame []byte) error {
	v.wmu.Lock()
	defer v.wmu.Unlock()
	return v.conn.WriteMessage(websocket.TextMessage, frame)
}

// SendMessage sends a message; conversation may be empty.
func (v *Visitor) SendMessage(id, conversation, text string) error {
	frame := map[string]any{"type": "send", "id": id, "text": text}
	if conversation != "" {
		frame["conversation"] = conversation
	}
	return v.WriteFrame(frame)
}

// Next waits for the next frame until a deadline. Heartbeats are passed over.
func (v *Visitor) Next(until time.Time) (Frame, error) {
	v.conn.SetReadDeadline(until)
	for {
		var f Frame
		if err := v.conn.ReadJSON(&f); err != nil || f.Type != "" {
			return f, err
		}
	}
}

// Await waits until a deadline for a frame of a type and returns it; frames of other types are passed over.
func (v *Visitor) Await(kind string, until time.Time) (Frame, error) {
	for {
		f, err := v.Next(until)
		if err != nil || f.Type == kind {
			return f, err
		}
	}
}

// Close ends the socket.
func (v *Visitor) Close() { v.conn.Close() }

// Agent is a team member who is logged in.
type Agent struct {
	server string
	client *http.Client
}

// LogIn logs in with address and password.
func LogIn(ctx context.Context, server, email, password string) (*Agent, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	a := Anonymous(server)
	a.client.Jar = jar
	status, body, err := a.Post(ctx, "/login", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		return nil, err
	}
	if status != http.StatusSeeOther {
		return nil, fmt.Errorf("log in as %s: %d %s", email, status, firstLine(body, "notice bad"))
	}
	return a, nil
}

// Cookie is the header that the agent's browser would send.
func (a *Agent) Cookie() string {
	u, err := url.Parse(a.server)
	if err != nil {
		return ""
	}
	var list []string
	for _, c := range a.client.Jar.Cookies(u) {
		list = append(list, c.Name+"="+c.Value)
	}
	return strings.Join(list, "; ")
}

func firstLine(body, after string) string {
	_, rest, _ := strings.Cut(body, after)
	_, rest, _ = strings.Cut(rest, ">")
	text, _, _ := strings.Cut(rest, "<")
	return text
}

// Do sends a request of our own pages with the agent's session and returns status and body.
func (a *Agent) Do(req *http.Request) (int, string, error) {
	return a.DoFrom(req, map[string]string{"Origin": a.server})
}

// DoFrom is Do with headers that say where the request comes from.
func (a *Agent) DoFrom(req *http.Request, headers map[string]string) (int, string, error) {
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	res, err := a.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	return res.StatusCode, string(body), err
}

// Get fetches a page.
func (a *Agent) Get(ctx context.Context, path string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.server+path, nil)
	if err != nil {
		return 0, "", err
	}
	return a.Do(req)
}

// Post sends a form as the desk does.
func (a *Agent) Post(ctx context.Context, path string, form url.Values) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.server+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if strings.HasPrefix(path, "/desk/") {
		req.Header.Set("HX-Request", "true")
	}
	return a.Do(req)
}

// Socket opens one of the team's sockets, such as /live/desk.
func (a *Agent) Socket(ctx context.Context, path string) (*websocket.Conn, *http.Response, error) {
	return a.SocketFrom(ctx, path, a.server)
}

// SocketFrom is Socket from a page of another origin.
func (a *Agent) SocketFrom(ctx context.Context, path, origin string) (*websocket.Conn, *http.Response, error) {
	dialer := websocket.Dialer{HandshakeTimeout: 20 * time.Second, Jar: a.client.Jar}
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	return dialer.DialContext(ctx, "ws"+strings.TrimPrefix(a.server, "http")+path, header)
}

// OpenDesk opens the desk's socket and says hello with an empty page.
func (a *Agent) OpenDesk(ctx context.Context) (*websocket.Conn, error) {
	return a.OpenDeskAt(ctx, nil)
}

// OpenDeskAt is OpenDesk for a page that shows threads up to some messages.
func (a *Agent) OpenDeskAt(ctx context.Context, threads map[string]int) (*websocket.Conn, error) {
	conn, _, err := a.Socket(ctx, "/live/desk")
	if err != nil {
		return nil, err
	}
	if threads == nil {
		threads = map[string]int{}
	}
	return conn, conn.WriteJSON(map[string]any{"type": "hello", "threads": threads})
}

// Take takes a waiting conversation.
func (a *Agent) Take(ctx context.Context, conversation string) error {
	return a.checkStatus(a.Post(ctx, "/desk/conversations/"+conversation+"/take", nil))
}

// Reply answers in a conversation of the agent's.
func (a *Agent) Reply(ctx context.Context, conversation, text string) error {
	return a.checkStatus(a.Post(ctx, "/desk/conversations/"+conversation+"/messages", url.Values{
		"id":   {uuid.NewString()},
		"kind": {"text"},
		"body": {text},
	}))
}

// CloseConversation closes a conversation of the agent's.
func (a *Agent) CloseConversation(ctx context.Context, conversation string) error {
	return a.checkStatus(a.Post(ctx, "/desk/conversations/"+conversation+"/close", nil))
}

func (a *Agent) checkStatus(status int, body string, err error) error {
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %s", status, body)
	}
	return err
}

// Anonymous is somebody who is not logged in.
func Anonymous(server string) *Agent {
	return &Agent{
		server,
		&http.Client{
			Timeout:       30 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}
