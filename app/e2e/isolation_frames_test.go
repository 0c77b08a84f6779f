package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/visitor"
	"parley/app/front/live"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// frameLog collects the frames that a socket receives.
type frameLog struct {
	name string
	mu   sync.Mutex
	all  strings.Builder
	came chan struct{} // something came; closed when the socket is
}

func recordFrames(name string, conn *websocket.Conn) *frameLog {
	e := &frameLog{name: name, came: make(chan struct{}, 1)}
	go func() {
		defer close(e.came)
		for {
			_, frame, err := conn.ReadMessage()
			if err != nil {
				return
			}
			e.mu.Lock()
			e.all.Write(frame)
			e.mu.Unlock()
			select {
			case e.came <- struct{}{}:
			default:
			}
		}
	}()
	return e
}

func (e *frameLog) contents() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.all.String()
}

// until waits until a text has come.
func (e *frameLog) until(t testing.TB, what string) {
	t.Helper()
	late := time.After(20 * time.Second)
	for !strings.Contains(e.contents(), what) {
		select {
		case _, open := <-e.came:
			if !open {
				t.Fatalf("%s: the socket was closed before %q came", e.name, what)
			}
		case <-late:
			t.Fatalf("%s never heard %q: %.2000s", e.name, what, e.contents())
		}
	}
}

// TestEveryDeskFrameByCustomer sends every frame of a desk as everybody who may not see another customer, or a
// teammate's conversation, with ids of those.
func TestEveryDeskFrameByCustomer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	w := newCustomerFixture(t, s)
	args := customerArguments(t, s, w.other)
	before := customerSnapshot(t, s, w.other, args)
	visitorSocket := openRaw(t, s, w.other.Org, "")
	visitorSocket.send(`{"type":"hello","protocol":1,"token":"` + visitor.NewTokens(testSecret).Sign(w.other.visitor, time.Now()) + `"}`)
	visitorSocket.next()
	_, desks := live.FrameTypes()
	frames := 0
	for _, p := range w.members {
		if !p.Actor.Can(access.DeskOpen) || p.unrestricted {
			continue
		}
		browser, err := traffic.LogIn(ctx, s.URL, p.Email, testkit.Password)
		if err != nil {
			t.Fatal(err)
		}
		conn, _, err := browser.Socket(ctx, "/live/desk")
		if err != nil {
			t.Fatal(err)
		}
		ear := recordFrames(p.name, conn)
		for _, x := range []ids{w.other, w.foreign, w.own} {
			for _, name := range desks {
				frame := fmt.Sprintf(
					`{"type":%q,"threads":{"%s":0,"%s":0},"light":{"%s":0,"%s":0},"conversation":"%s","seq":1}`, name,
					x.conversation, x.closed, x.conversation, x.closed, x.conversation)
				if name == "hello" && x.Customer != w.other.Customer {
					continue // once for a socket
				}
				frames++
				if err := conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
					t.Fatal(err)
				}
			}
		}
		ear.until(t, "hx-partial")
		conn.Close()
		for range ear.came {
		}
		for _, name := range []string{w.other.Name, w.foreign.Name} {
			if strings.Contains(ear.contents(), name) {
				t.Errorf("%s is shown something of %s: %s", p.name, name, excerpt(ear.contents(), name))
			}
		}
	}
	if after := customerSnapshot(t, s, w.other, args); after != before {
		t.Errorf("a frame changed another customer's data: %v", changedLines(before, after))
	}
	// The visitor received none of it: the next frame is what comes now.
	if _, err := s.Conversations.SendAsAgent(ctx, w.other.As(access.Agent), w.other.conversation, uuid.New(),
		conversation.Text, "The next thing"); err != nil {
		t.Fatal(err)
	}
	for {
		frame := visitorSocket.next()
		if strings.Contains(frame, `"typing"`) {
			t.Errorf("the visitor is shown that somebody types who has nothing to do with it: %s", frame)
		}
		if strings.Contains(frame, "The next thing") {
			break
		}
	}
	t.Logf("%d frames of %d kinds, with ids of the own customer, of another one, of another organization", frames, len(desks))
}

// TestEveryPanelFrameByCustomer sends every frame of a panel as a visitor of the first customer's website, with the
// ids of another customer's conversation and with the token of that one's visitor.
func TestEveryPanelFrameByCustomer(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	w := newCustomerFixture(t, s)
	args := customerArguments(t, s, w.other)
	before := customerSnapshot(t, s, w.other, args)
	panels, _ := live.FrameTypes()
	token := visitor.NewTokens(testSecret).Sign(w.other.visitor, time.Now())
	refused := openRaw(t, s, w.own.Org, "")
	refused.send(`{"type":"hello","protocol":1,"token":"` + token + `"}`)
	if answer := refused.next(); !strings.Contains(answer, `"unauthenticated"`) {
		t.Errorf("another customer's token: %s", answer)
	}
	visitor := openRaw(t, s, w.own.Org, "")
	visitor.send(`{"type":"hello","protocol":1,"conversation":"` + w.other.conversation.String() + `","after":1}`)
	if answer := visitor.next(); !strings.Contains(answer, `"welcome"`) || strings.Contains(answer, w.other.conversation.String()) {
		t.Errorf("hello with another customer's conversation: %s", answer)
	}
	for _, name := range panels {
		if name == "hello" {
			continue
		}
		for _, conversation := range []string{w.other.conversation.String(), w.other.closed} {
			id := uuid.NewString()
			visitor.send(fmt.Sprintf(
				`{"type":%q,"id":%q,"conversation":%q,"seq":1,"value":1,"text":"From outside","email":"spy@evil.example","data":{"from":"outside"}}`,
				name, id, conversation))
			if name == "send" || name == "contact" || name == "transcript" || name == "rate" {
				if answer := visitor.next(); strings.Contains(answer, w.other.Name) {
					t.Errorf("%s shows something of another customer: %s", name, answer)
				}
			}
		}
	}
	if after := customerSnapshot(t, s, w.other, args); after != before {
		t.Errorf("a frame changed another customer's data: %v", changedLines(before, after))
	}
	t.Logf("%d kinds of frames, with the ids of two conversations of another customer", len(panels))
}

// TestScreensReceiveOnlyTheirEvents shows that screens get events only of what they may see: of a conversation, from
// its first message to its close, nobody who may not see it receives anything, not even its id; and who sees it in a
// queue receives no more of it once it is a teammate's.
func TestScreensReceiveOnlyTheirEvents(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	w := newCustomerFixture(t, s)
	groupID, teammate := addSecondGroup(ctx, t, s, w)
	open := func(name string, p testkit.Member, path string) *frameLog {
		t.Helper()
		return openFrameLog(ctx, t, s, name, p, path)
	}
	limited := map[string]testkit.Member{}
	for _, p := range w.members {
		limited[p.name] = p.Member
	}
	// Of another customer's conversation in everybody's queue: not for who is limited.
	deaf := []*frameLog{
		open("limited agent", limited["limited agent"], "/live/desk"),
		open("limited supervisor", limited["limited supervisor"], "/live/desk"),
		open("limited manager", limited["limited manager"], "/live/desk"),
		open("limited supervisor", limited["limited supervisor"], "/live/monitor"),
	}
	agent := open("agent", limited["agent"], "/live/desk")
	helper := open("colleague", teammate, "/live/desk")
	whole := open("supervisor", w.own.Users[access.Supervisor], "/live/desk")

	play := func(o testkit.Org, mark string) (conversationID uuid.UUID) {
		v := newVisitor(t, s, o, "")
		v.send("First of " + mark)
		conversationID = uuid.MustParse(v.conversation)
		helper.until(t, "queue-"+conversationID.String())
		if _, err := s.Routing.Take(ctx, teammate.Actor, "Tom", conversationID); err != nil {
			t.Fatal(err)
		}
		for _, say := range []struct {
			kind conversation.Kind
			text string
		}{{conversation.Note, "Note of "}, {conversation.Text, "Reply of "}} {
			if _, err := s.Conversations.SendAsAgent(ctx, teammate.Actor, conversationID, uuid.New(), say.kind, say.text+mark); err != nil {
				t.Fatal(err)
			}
		}
		v.send("Second of " + mark)
		if err := s.Conversations.Consult(ctx, teammate.Actor, "Tom", conversation.Invitation{
			Conversation:    conversationID,
			Participant:     w.own.As(access.Supervisor).ID(),
			ParticipantName: "Sara",
		}); err != nil {
			t.Fatal(err)
		}
		whole.until(t, "Second of "+mark)
		if _, err := s.Conversations.Close(ctx, teammate.Actor, conversationID); err != nil {
			t.Fatal(err)
		}
		return conversationID
	}
	other := play(w.other.Org, "the other customer")
	// In the queue of a group: not for the agent who is not in it.
	if err := s.Groups.SetWebsiteGroup(ctx, w.own.As(access.Owner), w.own.Website, group.WebsiteGroup{Group: groupID}); err != nil {
		t.Fatal(err)
	}
	if err := s.Groups.RemoveWebsiteGroup(ctx, w.own.As(access.Owner), w.own.Website, w.own.group); err != nil {
		t.Fatal(err)
	}
	grouped := play(w.own.Org, "the second group")
	if err := s.Groups.RemoveWebsiteGroup(ctx, w.own.As(access.Owner), w.own.Website, groupID); err != nil {
		t.Fatal(err)
	}
	// Of the first customer, in everybody's queue: for all of them; the sign that all before has come.
	end := newVisitor(t, s, w.own.Org, "")
	end.send("The end")
	checkReceived(t, w, deaf, agent, other, grouped, end)
}

// checkReceived checks that the agent's desk received what is its own, and the others nothing.
func checkReceived(t *testing.T, w customerFixture, deaf []*frameLog, agent *frameLog, other, grouped uuid.UUID, end *visitorClient) {
	t.Helper()
	for _, e := range append(deaf, agent) {
		e.until(t, end.conversation)
	}
	for _, e := range deaf {
		if all := e.contents(); strings.Contains(all, other.String()) || strings.Contains(all, "the other customer") ||
			strings.Contains(all, w.other.Name) {
			t.Errorf("%s hears of another customer's conversation: %s", e.name, excerpt(all, other.String()))
		}
	}
	all := agent.contents()
	if !strings.Contains(all, "queue-"+other.String()) {
		t.Error("the agent did not see the conversation in its queue")
	}
	for _, text := range []string{
		"Reply of the other customer",
		"Second of the other customer",
		"Note of",
		grouped.String(),
		"the second group",
	} {
		if strings.Contains(all, text) {
			t.Errorf("the agent hears %q: %s", text, excerpt(all, text))
		}
	}
}

// addSecondGroup adds a group to the first customer's organization, with a new teammate as the only one in it.
func addSecondGroup(ctx context.Context, t *testing.T, s *serve.Server, w customerFixture) (groupID uuid.UUID, teammate testkit.Member) {
	t.Helper()
	groupID = uuid.New()
	system := s.DB.As(access.System(w.own.ID, "test"))
	teammate = w.own.AddMember(t, access.Agent)
	for _, sql := range []string{"insert into groups (org_id, id, name, automatic) values ($1, $2, 'Second', false)",
		"insert into group_members (org_id, group_id, user_id) values ($1, $2, '" + teammate.Actor.ID().String() + "')"} {
		if _, err := system.Exec(ctx, sql, w.own.ID, groupID); err != nil {
			t.Fatal(err)
		}
	}
	s.Groups.PublishChanged(w.own.ID)
	return groupID, teammate
}

// openFrameLog logs a member in, opens its desk or live monitor, records the frames, and waits for the first part of the screen.
func openFrameLog(ctx context.Context, t *testing.T, s *serve.Server, name string, p testkit.Member, path string) *frameLog {
	t.Helper()
	browser, err := traffic.LogIn(ctx, s.URL, p.Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := browser.Socket(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if path == "/live/desk" {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello","threads":{}}`)); err != nil {
			t.Fatal(err)
		}
	}
	e := recordFrames(name+" at "+path, conn)
	e.until(t, "hx-partial")
	return e
}
