package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// TestMalformedFrames shows that each kind of malformed frame is refused with a message, that the connection stays,
// and that nothing is stored.
func TestMalformedFrames(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := openRaw(t, s, o, "")
	id := uuid.NewString()
	before := []string{
		``,
		`{`,
		`[]`,
		`null`,
		`"text"`,
		`7`,
		`{}`,
		`{"type":7}`,
		`{"type":"hello"}`,
		`{"type":"hello","protocol":2}`,
		`{"type":"hello","protocol":"1"}`,
		`{"type":"send","id":"` + id + `","text":"before hello"}`,
		`{"type":"hello","protocol":1,"token":"forged"}`,
		`{"type":"hello","protocol":1,"token":"` + strings.Repeat("A", 99) + `"}`,
		`{"type":"hello","protocol":1} {"type":"hello","protocol":1}`,
		`{"type":"hello","protocol":1,"conversation":"not an id"}`,
		strings.Repeat("[", 20000),
		"\x00\x01\x02",
		"\xff\xfe",
	}
	refuseBeforeHello(t, v, before)
	v.send(
		`{"type":"hello","protocol":1,"language":"` + strings.Repeat("x", 5000) + `","page":{"url":"\u0000","title":"` + strings.Repeat("t", 9000) + `"}}`)
	if answer := v.next(); !strings.Contains(answer, `"welcome"`) {
		t.Fatal(answer)
	}
	refuseMalformed(t, v, id)
	line, _, _, err := s.Conversations.ListForDesk(ctx, o.As(access.Agent), allGroups)
	if err != nil || len(line) != 0 {
		t.Errorf("something was kept: %v %v", line, err)
	}
	v.send(`{"type":"send","id":"` + id + `","text":"<img src=x onerror=alert(1)>"}`)
	if answer := v.next(); !strings.Contains(answer, `"ack"`) {
		t.Errorf("a good message after all these: %s", answer)
	}

	// The desk's side: HTML is text, and frames of nonsense harm nothing.
	mia := logInAgent(t, s, o, access.Agent)
	if _, body, err := mia.Get(ctx, "/desk"); err != nil || !strings.Contains(body, "&lt;img src=x onerror=alert(1)&gt;") {
		t.Errorf("HTML is not shown as text: %v", err)
	}
	desk := openDesk(t, mia)
	for _, frame := range []string{
		``,
		`{`,
		`[]`,
		`{"type":"dance"}`,
		`{"type":"hello","threads":{"x":1}}`,
		`{"type":"hello","threads":{"` + id + `":-5}}`,
		`{"type":"typing","conversation":"` + id + `"}`,
	} {
		if err := desk.conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
			t.Fatal(err)
		}
	}
	second := newVisitor(t, s, o, "")
	second.send("Still here")
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
	second.send("And still")
}

// refuseBeforeHello sends frames that are refused before a hello.
func refuseBeforeHello(t *testing.T, v *rawSocket, before []string) {
	t.Helper()
	for _, frame := range before {
		if err := v.conn.WriteMessage(websocket.BinaryMessage, []byte(frame)); err != nil {
			t.Fatal(err)
		}
		if answer := v.next(); !strings.Contains(answer, `"type":"refused"`) || !strings.Contains(answer, `"message":"`) {
			t.Errorf("%.60q: %s", frame, answer)
		}
	}
}

// refuseMalformed sends frames of nonsense, each of which is refused.
func refuseMalformed(t *testing.T, v *rawSocket, id string) {
	t.Helper()
	for _, frame := range []string{
		`{"type":"hello","protocol":1}`,
		`{"type":"send"}`,
		`{"type":"send","id":"x","text":"a"}`,
		`{"type":"send","id":"` + id + `"}`,
		`{"type":"send","id":"` + id + `","text":""}`,
		`{"type":"send","id":"` + id + `","text":"\u0000\u001b"}`,
		`{"type":"send","id":"` + id + `","text":7}`,
		`{"type":"send","id":"` + id + `","text":"` + strings.Repeat("x", 4001) + `"}`,
		`{"type":"send","id":"` + id + `","text":"a","conversation":"` + uuid.NewString() + `"}`,
		`{"type":"send","id":"00000000-0000-0000-0000-000000000000","text":"a"}`,
		`{"type":"nothing of ours"}`,
	} {
		v.send(frame)
		answer := v.next()
		if !strings.Contains(answer, `"type":"refused"`) {
			t.Errorf("%.60q: %s", frame, answer)
		}
		if strings.Contains(frame, id) && !strings.Contains(answer, id) {
			t.Errorf("%.60q: the refusal does not say which message it is about: %s", frame, answer)
		}
	}
}
