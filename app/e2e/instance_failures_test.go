package e2e

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

	"parley/app/domain/conversation"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestServerStopsWithPrivatePostgres shows that when the private Postgres is killed the server says so and ends, and
// that the next start has everything stored.
func TestServerStopsWithPrivatePostgres(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(publicTemp(t), "data")
	s, err := serve.Start(context.Background(), serve.Config{DataDir: dir, Demo: true, Volatile: true})
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
	case err := <-s.Failed:
		if !strings.Contains(err.Error(), "private Postgres has ended") {
			t.Errorf("it says %v", err)
		}
	case <-time.After(testkit.Patience):
		t.Error("the server goes on without its database")
	}
	s.Stop()
	again, err := serve.Start(context.Background(), serve.Config{DataDir: dir, Demo: true, Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	again.Stop()
}

// TestCommittedButNotPublished shows a process that commits a message and dies before it publishes it: the visitor,
// who got no acknowledgement, sends it again elsewhere; it is stored once, and the desk sees it.
func TestCommittedButNotPublished(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	desk := openDesk(t, logInAgent(t, s, o, access.Agent))
	v := newVisitor(t, s, o, "")
	who, _, err := visitor.NewTokens(testSecret).Verify(v.token, o.ID, o.Website, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	dead := conversation.New(testkit.DB(t), bus.New(nil), conversation.Options{}) // nobody receives its events
	id := uuid.New()
	first, err := dead.SendAsVisitor(ctx, who, conversation.VisitorMessage{ID: id, Body: "Said to a dying server", Customer: o.Customer})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.SendMessage(id.String(), "", "Said to a dying server"); err != nil {
		t.Fatal(err)
	}
	if ack := v.await("ack"); ack.Seq != 1 || ack.ConversationID() != first.Conversation.String() {
		t.Errorf("acknowledged as %+v", ack)
	}
	desk.until("Said to a dying server")
	// What was acknowledged, but never published, is published when the visitor reconnects.
	if _, err := dead.SendAsVisitor(ctx, who, conversation.VisitorMessage{
		ID:       uuid.New(),
		Body:     "Acknowledged, never rung",
		Customer: o.Customer,
	}); err != nil {
		t.Fatal(err)
	}
	back := openRaw(t, s, o, "")
	back.send(fmt.Sprintf(`{"type":"hello","protocol":1,"token":"%s","conversation":"%s","after":1}`, v.token, first.Conversation))
	desk.until("Acknowledged, never rung")
}

// TestNewConversationOnOtherServer closes a conversation and begins another at once through one server, again and
// again: the visitor's other tab, on another server, always ends up with the new one, having seen the end of the
// old.
func TestNewConversationOnOtherServer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	one, two := startServer(t, nil), startServer(t, nil)
	v := newVisitor(t, one, o, "")
	v.send("Conversation 0")
	other := newVisitor(t, two, o, v.token)
	who, _, err := visitor.NewTokens(testSecret).Verify(v.token, o.ID, o.Website, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	agent := o.As(access.Agent)
	c := uuid.MustParse(v.conversation)
	for i := 1; i <= 12; i++ {
		if _, err := one.Routing.Take(ctx, agent, "Mia", c); err != nil {
			t.Fatal(err)
		}
		if _, err := one.Conversations.Close(ctx, agent, c); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("Conversation %d", i)
		r, err := one.Conversations.SendAsVisitor(ctx, who, conversation.VisitorMessage{ID: uuid.New(), Body: text, Customer: o.Customer})
		if err != nil {
			t.Fatal(err)
		}
		c = r.Conversation
		ends, begins := false, false
		for !ends || !begins {
			f := other.await("messages")
			for _, m := range f.Messages {
				ends = ends || m.Kind == "system" && m.Text == conversation.SystemClosed
				begins = begins || m.Text == text && f.ConversationID() == c.String()
			}
		}
	}
}

// TestReconnectWhileMessagesArrive shows that for tabs that reconnect all the time while an agent writes, welcome is
// always first, nothing at or below the cursor comes again, and nothing is missing.
func TestReconnectWhileMessagesArrive(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	one, two := startServer(t, nil), startServer(t, nil)
	v := newVisitor(t, one, o, "")
	v.send("Hello")
	c, agent := uuid.MustParse(v.conversation), o.As(access.Agent)
	if _, err := one.Routing.Take(ctx, agent, "Mia", c); err != nil {
		t.Fatal(err)
	}
	const many = 200
	written := make(chan error, 1)
	go func() {
		for i := range many {
			if _, err := one.Conversations.SendAsAgent(ctx, agent, c, uuid.New(), conversation.Text, strconv.Itoa(i)); err != nil {
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
		w, err := visitorSite([]*serve.Server{one, two}[round%2], o).Open(ctx, nil, "-")
		if err != nil {
			t.Fatal(err)
		}
		if f, err := w.Next(time.Now().Add(testkit.Patience)); err != nil || f.Type != "refused" { // "-" is no token
			t.Fatal(f, err)
		}
		if err := w.WriteFrame(map[string]any{
			"type":         "hello",
			"protocol":     1,
			"token":        v.token,
			"conversation": v.conversation,
			"after":        cursor,
		}); err != nil {
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

// TestRemovedDomainClosesPanels shows that when a domain is removed from a website, its open panels end and cannot
// reconnect from there.
func TestRemovedDomainClosesPanels(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	one, two := startServer(t, nil), startServer(t, nil)
	v := newVisitor(t, two, o, "")
	v.send("Hello")
	if err := removeDomain(o, one, "shop.example"); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := v.Next(time.Now().Add(testkit.Patience)); err != nil {
			if !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
				t.Errorf("the panel ends with %v", err)
			}
			break
		}
	}
	if _, err := visitorSite(two, o).Open(context.Background(), nil, v.token); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("it comes back: %v", err)
	}
}
