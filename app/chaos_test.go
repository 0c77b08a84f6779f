package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/bus"
	"parley/app/chat"
)

// The private Postgres is killed: the server says so and ends, and the next start has what was kept.
func TestServerEndsWithItsPostgres(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(publicTemp(t), "data")
	s, err := start(context.Background(), config{DataDir: dir, Demo: true, volatileStore: true})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.failed:
		if !strings.Contains(err.Error(), "private Postgres has ended") {
			t.Errorf("it says %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the server goes on without its database")
	}
	s.Stop()
	again, err := start(context.Background(), config{DataDir: dir, Demo: true, volatileStore: true})
	if err != nil {
		t.Fatal(err)
	}
	again.Stop()
}

// A process commits a message and dies before it can ring. The visitor, who got no acknowledgement, says it again
// elsewhere: it is kept once, and the desk sees it now.
func TestCommittedButNotRung(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	desk := openDesk(t, agentAt(t, s, o, access.Agent))
	v := newVisitor(t, s, o, "")
	who, _, err := chat.NewTokens(testSecret).Check(v.token, o.ID, o.Website, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	dead := chat.New(apptest.DB(t), bus.New(nil)) // nobody hears its bell
	id := uuid.New()
	first, err := dead.SayAsVisitor(ctx, who, chat.FromVisitor{ID: id, Body: "Said to a dying server", Customer: o.Customer})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Say(id.String(), "", "Said to a dying server"); err != nil {
		t.Fatal(err)
	}
	if ack := v.await("ack"); ack.Seq != 1 || ack.ConversationID() != first.Conversation.String() {
		t.Errorf("acknowledged as %+v", ack)
	}
	desk.until("Said to a dying server")
	// What was acknowledged, but never rung, is rung when the visitor comes back.
	if _, err := dead.SayAsVisitor(ctx, who, chat.FromVisitor{ID: uuid.New(), Body: "Acknowledged, never rung", Customer: o.Customer}); err != nil {
		t.Fatal(err)
	}
	back := openRaw(t, s, o, "")
	back.put(fmt.Sprintf(`{"type":"hello","protocol":1,"token":"%s","conversation":"%s","after":1}`, v.token, first.Conversation))
	desk.until("Acknowledged, never rung")
}

// A conversation is closed and another begun at once, through one server, again and again: the visitor's other tab, on
// another server, always ends up with the new one, having seen the end of the old.
func TestOneAfterAnother(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	one, two := serveTest(t, nil), serveTest(t, nil)
	v := newVisitor(t, one, o, "")
	v.say("Conversation 0")
	other := newVisitor(t, two, o, v.token)
	who, _, err := chat.NewTokens(testSecret).Check(v.token, o.ID, o.Website, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	agent := o.As(access.Agent)
	c := uuid.MustParse(v.conversation)
	for i := 1; i <= 12; i++ {
		if _, err := one.queue.Take(ctx, agent, "Mia", c); err != nil {
			t.Fatal(err)
		}
		if _, err := one.chat.Close(ctx, agent, c); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("Conversation %d", i)
		r, err := one.chat.SayAsVisitor(ctx, who, chat.FromVisitor{ID: uuid.New(), Body: text, Customer: o.Customer})
		if err != nil {
			t.Fatal(err)
		}
		c = r.Conversation
		ends, begins := false, false
		for !ends || !begins {
			f := other.await("messages")
			for _, m := range f.Messages {
				ends = ends || m.Kind == "system" && m.Text == chat.Ended
				begins = begins || m.Text == text && f.ConversationID() == c.String()
			}
		}
	}
}

// Tabs that come back all the time while an agent writes: welcome is always first, nothing at or below the cursor comes
// again, and nothing is missing.
func TestComingBackWhileMessagesFlow(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	one, two := serveTest(t, nil), serveTest(t, nil)
	v := newVisitor(t, one, o, "")
	v.say("Hello")
	c, agent := uuid.MustParse(v.conversation), o.As(access.Agent)
	if _, err := one.queue.Take(ctx, agent, "Mia", c); err != nil {
		t.Fatal(err)
	}
	const many = 200
	written := make(chan error, 1)
	go func() {
		for i := range many {
			if _, err := one.chat.SayAsAgent(ctx, agent, c, uuid.New(), chat.Text, strconv.Itoa(i)); err != nil {
				written <- err
				return
			}
			time.Sleep(4 * time.Millisecond)
		}
		written <- nil
	}()
	cursor := 2
	var got []string
	for round := 0; len(got) < many; round++ {
		w, err := site([]*server{one, two}[round%2], o).Open(ctx, nil, "-")
		if err != nil {
			t.Fatal(err)
		}
		if f, err := w.Next(time.Now().Add(10 * time.Second)); err != nil || f.Type != "refused" { // "-" is no token
			t.Fatal(f, err)
		}
		if err := w.Put(map[string]any{"type": "hello", "protocol": 1, "token": v.token, "conversation": v.conversation, "after": cursor}); err != nil {
			t.Fatal(err)
		}
		for k := range 3 {
			f, err := w.Next(time.Now().Add(2 * time.Second))
			if err != nil {
				break // nothing more for the moment
			}
			if (k == 0) != (f.Type == "welcome") {
				t.Fatalf("frame %d of a tab that comes back is %q", k, f.Type)
			}
			for _, m := range f.Messages {
				if m.Seq != cursor+1 {
					t.Fatalf("after %d came %d", cursor, m.Seq)
				}
				cursor = m.Seq
				got = append(got, m.Text)
			}
		}
		w.Close()
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	for i, text := range got {
		if text != strconv.Itoa(i) {
			t.Fatalf("message %d is %q", i, text)
		}
	}
}

// A domain is taken off a website: its open panels end, and cannot come back from there.
func TestRemovedDomainEndsPanels(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	one, two := serveTest(t, nil), serveTest(t, nil)
	v := newVisitor(t, two, o, "")
	v.say("Hello")
	if err := removeDomain(o, one, "shop.example"); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := v.Next(time.Now().Add(15 * time.Second)); err != nil {
			if !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
				t.Errorf("the panel ends with %v", err)
			}
			break
		}
	}
	if _, err := site(two, o).Open(context.Background(), nil, v.token); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("it comes back: %v", err)
	}
}
