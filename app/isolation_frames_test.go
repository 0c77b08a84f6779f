package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/chat"
	"parley/app/live"
	"parley/app/queue"
	"parley/app/traffic"
)

// ear collects what a socket is sent.
type ear struct {
	name string
	mu   sync.Mutex
	all  strings.Builder
	came chan struct{} // something came; closed when the socket is
}

func listenTo(name string, conn *websocket.Conn) *ear {
	e := &ear{name: name, came: make(chan struct{}, 1)}
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

func (e *ear) heard() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.all.String()
}

// until waits until something was heard.
func (e *ear) until(t testing.TB, what string) {
	t.Helper()
	late := time.After(20 * time.Second)
	for !strings.Contains(e.heard(), what) {
		select {
		case _, open := <-e.came:
			if !open {
				t.Fatalf("%s: the socket was closed before %q came", e.name, what)
			}
		case <-late:
			t.Fatalf("%s never heard %q: %.2000s", e.name, what, e.heard())
		}
	}
}

// Every frame of a desk, sent by everybody who may not see another customer, or a colleague's conversation, with ids of those.
func TestEveryDeskFrameByCustomer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := serveTest(t, nil)
	w := buildWalls(t, s)
	args := theirs(t, s, w.other)
	before := whatTheyHave(t, s, w.other, args)
	visitor := openRaw(t, s, w.other.Org, "")
	visitor.put(`{"type":"hello","protocol":1,"token":"` + chat.NewTokens(testSecret).Sign(w.other.visitor, time.Now()) + `"}`)
	visitor.next()
	_, desks := live.Frames()
	frames := 0
	for _, p := range w.people {
		if !p.Actor.May(access.Answer) || p.whole {
			continue
		}
		browser, err := traffic.LogIn(ctx, s.url, p.Email, apptest.Password)
		if err != nil {
			t.Fatal(err)
		}
		conn, _, err := browser.Socket(ctx, "/live/desk")
		if err != nil {
			t.Fatal(err)
		}
		ear := listenTo(p.name, conn)
		for _, x := range []ids{w.other, w.foreign, w.own} {
			for _, name := range desks {
				frame := fmt.Sprintf(`{"type":%q,"threads":{"%s":0,"%s":0},"light":{"%s":0,"%s":0},"conversation":"%s","seq":1}`, name, x.conversation, x.closed,
					x.conversation, x.closed, x.conversation)
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
			if strings.Contains(ear.heard(), name) {
				t.Errorf("%s is shown something of %s: %s", p.name, name, around(ear.heard(), name))
			}
		}
	}
	if after := whatTheyHave(t, s, w.other, args); after != before {
		t.Errorf("a frame changed another customer's data: %v", changedLines(before, after))
	}
	// The visitor noticed none of it: the next thing that it hears is what comes now.
	if _, err := s.chat.SayAsAgent(ctx, w.other.As(access.Agent), w.other.conversation, uuid.New(), chat.Text, "The next thing"); err != nil {
		t.Fatal(err)
	}
	for {
		frame := visitor.next()
		if strings.Contains(frame, `"typing"`) {
			t.Errorf("the visitor is shown that somebody types who has nothing to do with it: %s", frame)
		}
		if strings.Contains(frame, "The next thing") {
			break
		}
	}
	t.Logf("%d frames of %d kinds, with ids of the own customer, of another one, of another organization", frames, len(desks))
}

// Every frame of a panel, sent by a visitor of the first customer's website with the ids of another customer's conversation, and with the
// token of that one's visitor.
func TestEveryPanelFrameByCustomer(t *testing.T) {
	t.Parallel()
	s := serveTest(t, nil)
	w := buildWalls(t, s)
	args := theirs(t, s, w.other)
	before := whatTheyHave(t, s, w.other, args)
	panels, _ := live.Frames()
	token := chat.NewTokens(testSecret).Sign(w.other.visitor, time.Now())
	refused := openRaw(t, s, w.own.Org, "")
	refused.put(`{"type":"hello","protocol":1,"token":"` + token + `"}`)
	if answer := refused.next(); !strings.Contains(answer, `"unauthenticated"`) {
		t.Errorf("another customer's token: %s", answer)
	}
	visitor := openRaw(t, s, w.own.Org, "")
	visitor.put(`{"type":"hello","protocol":1,"conversation":"` + w.other.conversation.String() + `","after":1}`)
	if answer := visitor.next(); !strings.Contains(answer, `"welcome"`) || strings.Contains(answer, w.other.conversation.String()) {
		t.Errorf("hello with another customer's conversation: %s", answer)
	}
	for _, name := range panels {
		if name == "hello" {
			continue
		}
		for _, conversation := range []string{w.other.conversation.String(), w.other.closed} {
			id := uuid.NewString()
			visitor.put(fmt.Sprintf(`{"type":%q,"id":%q,"conversation":%q,"seq":1,"value":1,"text":"From outside","email":"spy@evil.example","data":{"from":"outside"}}`, name, id, conversation))
			if name == "send" || name == "contact" || name == "transcript" || name == "rate" {
				if answer := visitor.next(); strings.Contains(answer, w.other.Name) {
					t.Errorf("%s shows something of another customer: %s", name, answer)
				}
			}
		}
	}
	if after := whatTheyHave(t, s, w.other, args); after != before {
		t.Errorf("a frame changed another customer's data: %v", changedLines(before, after))
	}
	t.Logf("%d kinds of frames, with the ids of two conversations of another customer", len(panels))
}

// Screens are told only about what they may see: of a conversation from its first message to its close, nobody hears who may not see
// it, not even its id; who sees it in a queue hears no more of it once it is a colleague's.
func TestScreensHearOnlyWhatTheySee(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := serveTest(t, nil)
	w := buildWalls(t, s)
	group := uuid.New()
	system := s.db.As(access.System(w.own.ID, "test"))
	colleague := w.own.Member(t, access.Agent) // the only one in the group
	for _, sql := range []string{"insert into groups (org_id, id, name, automatic) values ($1, $2, 'Second', false)",
		"insert into group_members (org_id, group_id, user_id) values ($1, $2, '" + colleague.Actor.ID().String() + "')"} {
		if _, err := system.Exec(ctx, sql, w.own.ID, group); err != nil {
			t.Fatal(err)
		}
	}
	s.queue.Changed(w.own.ID)
	open := func(name string, p apptest.Person, path string) *ear {
		browser, err := traffic.LogIn(ctx, s.url, p.Email, apptest.Password)
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
		e := listenTo(name+" at "+path, conn)
		e.until(t, "hx-partial")
		return e
	}
	limited := map[string]apptest.Person{}
	for _, p := range w.people {
		limited[p.name] = p.Person
	}
	// Of another customer's conversation in everybody's queue: not for who is limited.
	deaf := []*ear{open("limited agent", limited["limited agent"], "/live/desk"), open("limited supervisor", limited["limited supervisor"], "/live/desk"),
		open("limited manager", limited["limited manager"], "/live/desk"), open("limited supervisor", limited["limited supervisor"], "/live/board")}
	agent := open("agent", limited["agent"], "/live/desk")
	helper := open("colleague", colleague, "/live/desk")
	whole := open("supervisor", w.own.Users[access.Supervisor], "/live/desk")

	play := func(o apptest.Org, mark string) (conversation uuid.UUID) {
		v := newVisitor(t, s, o, "")
		v.say("First of " + mark)
		conversation = uuid.MustParse(v.conversation)
		helper.until(t, "line-"+conversation.String())
		if _, err := s.queue.Take(ctx, colleague.Actor, "Tom", conversation); err != nil {
			t.Fatal(err)
		}
		for _, say := range []struct {
			kind chat.Kind
			text string
		}{{chat.Note, "Note of "}, {chat.Text, "Reply of "}} {
			if _, err := s.chat.SayAsAgent(ctx, colleague.Actor, conversation, uuid.New(), say.kind, say.text+mark); err != nil {
				t.Fatal(err)
			}
		}
		v.say("Second of " + mark)
		if err := s.chat.Consult(ctx, colleague.Actor, "Tom", chat.Invitation{Conversation: conversation, Guest: w.own.As(access.Supervisor).ID(), GuestName: "Sara"}); err != nil {
			t.Fatal(err)
		}
		whole.until(t, "Second of "+mark)
		if _, err := s.chat.Close(ctx, colleague.Actor, conversation); err != nil {
			t.Fatal(err)
		}
		return conversation
	}
	other := play(w.other.Org, "the other customer")
	// In the queue of a group: not for the agent who is not in it.
	if err := s.queue.SetSubject(ctx, w.own.As(access.Owner), w.own.Website, queue.Subject{Group: group}, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.queue.RemoveSubject(ctx, w.own.As(access.Owner), w.own.Website, w.own.group); err != nil {
		t.Fatal(err)
	}
	grouped := play(w.own.Org, "the second group")
	if err := s.queue.RemoveSubject(ctx, w.own.As(access.Owner), w.own.Website, group); err != nil {
		t.Fatal(err)
	}
	// Of the first customer, in everybody's queue: for all of them; the sign that all before has come.
	end := newVisitor(t, s, w.own.Org, "")
	end.say("The end")
	for _, e := range append(deaf, agent) {
		e.until(t, end.conversation)
	}
	for _, e := range deaf {
		if all := e.heard(); strings.Contains(all, other.String()) || strings.Contains(all, "the other customer") || strings.Contains(all, w.other.Name) {
			t.Errorf("%s hears of another customer's conversation: %s", e.name, around(all, other.String()))
		}
	}
	all := agent.heard()
	if !strings.Contains(all, "line-"+other.String()) {
		t.Error("the agent did not see the conversation in its queue")
	}
	for _, text := range []string{"Reply of the other customer", "Second of the other customer", "Note of", grouped.String(), "the second group"} {
		if strings.Contains(all, text) {
			t.Errorf("the agent hears %q: %s", text, around(all, text))
		}
	}
}
