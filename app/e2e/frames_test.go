package e2e

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5"

	"parley/app/domain/presence"
	"parley/app/front/live"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestEveryFrame sends every frame of both sockets with another organization's ids. A frame without a case fails.
func TestEveryFrame(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	a, b := collectIDs(t, s), collectIDs(t, s)
	panels, desks := live.FrameTypes()

	// What A's people would notice of B's frames.
	mia, err := traffic.LogIn(ctx, s.URL, a.Users[access.Agent].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	noticed := make(chan string, 100)
	listen := func(conn *websocket.Conn, who string) {
		go func() {
			for {
				_, frame, err := conn.ReadMessage()
				if err != nil {
					noticed <- who + ": The sign that all was handled, or never will be: " + err.Error()
					return
				}
				noticed <- who + ": " + string(frame)
			}
		}()
	}
	deskA, err := mia.OpenDesk(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer deskA.Close()
	deskA.SetReadDeadline(time.Now().Add(testkit.Patience))
	if _, frame, err := deskA.ReadMessage(); err != nil || !strings.Contains(string(frame), "pane-"+a.conversation.String()) {
		// brings it up to date
		t.Fatal(err)
	}
	awaitAvailability(t, s, a.As(access.Agent), presence.Online)
	before := withoutOwnChanges(snapshot(t, s, a.ID))

	spy, err := traffic.LogIn(ctx, s.URL, b.Users[access.Owner].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	deskB, _, err := spy.Socket(ctx, "/live/desk")
	if err != nil {
		t.Fatal(err)
	}
	defer deskB.Close()
	if _, res, err := spy.Socket(ctx, "/live/websites/"+a.Website.String()); err == nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("another organization's website can be watched: %v", err)
	}
	id := a.conversation.String()
	sendDeskFrames(t, a, desks, deskB, id)
	panelB := openRaw(t, s, b.Org, "")
	token := newVisitor(t, s, a.Org, "").token
	sendPanelFrames(t, a, panels, id, panelB, token)
	listen(deskA, "A's desk")
	listen(deskB, "B's desk")
	// A's own visitor writes: A's desk receives it; nothing of B's frames came before, and B receives nothing of it.
	say := newVisitor(t, s, a.Org, "")
	say.send("The sign that all was handled")
	checkNoticed(t, a, noticed)
	if after := withoutOwnChanges(snapshotWithout(t, s, a.ID, say.conversation)); after != before {
		t.Errorf("a frame changed another organization's data:\n%s\n%s", before, after)
	}
}

// sendDeskFrames sends every frame of a desk about another organization's conversation.
func sendDeskFrames(t *testing.T, a ids, desks []string, deskB *websocket.Conn, id string) {
	t.Helper()
	deskCases := map[string]string{
		"alive":  `{"type":"alive"}`,
		"hello":  `{"type":"hello","threads":{"` + id + `":0,"` + a.closed + `":0}}`,
		"typing": `{"type":"typing","conversation":"` + id + `"}`,
		"seen":   `{"type":"seen","conversation":"` + id + `","seq":1}`,
	}
	for _, name := range desks {
		frame, there := deskCases[name]
		if !there {
			t.Errorf("the desk's frame %q has no case", name)
			continue
		}
		if err := deskB.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
			t.Fatal(err)
		}
	}
}

// sendPanelFrames sends every frame of a panel about another organization's conversation.
func sendPanelFrames(t *testing.T, a ids, panels []string, id string, panelB *rawSocket, token string) {
	t.Helper()
	panelCases := map[string]string{
		"about":   `{"type":"about","conversation":"` + id + `","data":{"from":"outside"}}`,
		"seen":    `{"type":"seen","conversation":"` + id + `","seq":2}`,
		"end":     `{"type":"end","id":"` + uuid.NewString() + `","conversation":"` + id + `"}`,
		"rate":    `{"type":"rate","id":"` + uuid.NewString() + `","conversation":"` + a.closed + `","value":1}`,
		"contact": `{"type":"contact","id":"` + uuid.NewString() + `","email":"spy@evil.example"}`,
		"hello":   `{"type":"hello","protocol":1,"token":"` + token + `","conversation":"` + id + `"}`,
		"send":    `{"type":"send","id":"` + uuid.NewString() + `","conversation":"` + id + `","text":"From outside"}`,
		"typing":  `{"type":"typing","conversation":"` + id + `","text":"From outside"}`,

		"transcript": `{"type":"transcript","id":"` + uuid.NewString() + `","conversation":"` + a.closed + `","email":"spy@evil.example"}`,
	}
	slices.SortStableFunc(panels, func(a, b string) int { return map[bool]int{true: -1}[a == "hello"] }) // first of all
	for _, name := range panels {
		frame, there := panelCases[name]
		if !there {
			t.Errorf("the panel's frame %q has no case", name)
			continue
		}
		if name == "hello" {
			panelB.send(frame)
			if answer := panelB.next(); !strings.Contains(answer, `"unauthenticated"`) {
				t.Errorf("another organization's token: %s", answer)
			}
			panelB.send(`{"type":"hello","protocol":1,"conversation":"` + id + `"}`)
			if answer := panelB.next(); strings.Contains(answer, id) || !strings.Contains(answer, `"welcome"`) {
				t.Errorf("hello with another organization's conversation: %s", answer)
			}
			continue
		}
		panelB.send(frame)
		if name == "send" || name == "contact" {
			if answer := panelB.next(); !strings.Contains(answer, `"refused"`) {
				t.Errorf("a message to another organization's conversation: %s", answer)
			}
		}
	}
}

// checkNoticed reads what the desks of A and B receive, until A's own visitor is heard.
func checkNoticed(t *testing.T, a ids, noticed chan string) {
	t.Helper()
	for {
		frame := <-noticed
		if strings.HasPrefix(frame, "B's desk") {
			if strings.Contains(frame, a.Name) || strings.Contains(frame, "A message of") || strings.Contains(frame, `class="message`) {
				t.Errorf("B sees something of A: %.400s", frame)
			}
			continue
		}
		if strings.Contains(frame, "From outside") || strings.Contains(frame, "typing-") {
			t.Errorf("A notices B: %.400s", frame)
		}
		if strings.Contains(frame, "The sign that all was handled") {
			break
		}
	}
}

// withoutOwnChanges leaves out of a snapshot what the organization's own visitor changes by beginning a
// conversation.
func withoutOwnChanges(snapshot string) string {
	var rest strings.Builder
	for line := range strings.Lines(snapshot) {
		if !strings.HasPrefix(line, "arrivals ") {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

// awaitAvailability waits until an agent has an availability.
func awaitAvailability(t testing.TB, s *serve.Server, agent access.Actor, status presence.Status) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < testkit.Patience; {
		a, err := s.Presence.GetAvailability(context.Background(), agent)
		if err != nil {
			t.Fatal(err)
		}
		if a.Status == status {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the agent never was %s", status)
}

// snapshotWithout is snapshot without a conversation, which it removes as the owner of the tables.
func snapshotWithout(t testing.TB, s *serve.Server, org uuid.UUID, conversation string) string {
	t.Helper()
	ctx := context.Background()
	super, err := pgx.Connect(ctx, strings.Replace(testkit.SuperuserURL(t), "/postgres?", "/parley?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	var visitor uuid.UUID
	if err := super.QueryRow(ctx, "select visitor_id from conversations where id = $1", conversation).Scan(&visitor); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"delete from messages where visitor_id = $1", "delete from conversations where visitor_id = $1",
		"delete from visitors where id = $1",
	} {
		if _, err := super.Exec(ctx, sql, visitor); err != nil {
			t.Fatal(err)
		}
	}
	return snapshot(t, s, org)
}
