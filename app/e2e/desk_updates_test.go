package e2e

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestOtherDesksGetQueueEventsOnly shows that a teammate's desk gets an event when a conversation enters and leaves
// the queue, and none of the messages in between: what one agent's chats cost does not grow with the number of
// agents.
func TestOtherDesksGetQueueEventsOnly(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	watching := openDesk(t, logInAgent(t, s, o, access.Supervisor))
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	c := uuid.MustParse(v.conversation)
	watching.until("queue-" + v.conversation)
	agent := o.As(access.Agent)
	if _, err := s.Routing.Take(ctx, agent, "Mia", c); err != nil {
		t.Fatal(err)
	}
	watching.until(`hx-target="#queue-` + v.conversation + `" hx-swap="delete"`)
	for i := range 12 {
		v.send("More " + itoa(i))
		if _, err := s.Conversations.SendAsAgent(ctx, agent, c, uuid.New(), conversation.Text, "Yes "+itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Presence.GoOfflineAtLogout(ctx, agent); err != nil {
		t.Fatal(err)
	}
	for {
		frame := watching.next()
		if strings.Contains(frame, `hx-target="#queue" hx-swap="innerHTML"`) && !strings.Contains(frame, v.conversation) {
			continue // brought up to date once its server is connected to the others
		}
		if !strings.Contains(frame, "queue-"+v.conversation) || !strings.Contains(frame, "Yes 11") {
			t.Errorf("the next it hears is %s", frame)
		}
		break
	}
}

// TestDeskCatchesUpInPages shows that a desk that reconnects after very many messages gets all of them once, page by
// page.
func TestDeskCatchesUpInPages(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	redis, _, _ := testkit.Redis(t) // of its own: servers of other tests publish a resync when they stop
	s := startServer(t, func(c *serve.Config) { c.CommitWindow, c.RedisURL = 0, redis })
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	c, agent := uuid.MustParse(v.conversation), o.As(access.Agent)
	if _, err := s.Routing.Take(ctx, agent, "Mia", c); err != nil {
		t.Fatal(err)
	}
	const many = 700
	for i := range many {
		if _, err := s.Conversations.SendAsAgent(ctx, agent, c, uuid.New(), conversation.Text, "Number "+itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	desk := openDeskAt(t, logInAgent(t, s, o, access.Agent), map[string]int{v.conversation: 1})
	next := 2
	for frame := desk.first; ; frame = desk.next() { // the first has brought the lists, and perhaps the first pages
		for part := range strings.SplitSeq(frame, `<article id="m-`+v.conversation+"-") {
			number, _, found := strings.Cut(part, `"`)
			if n, err := strconv.Atoi(number); found && err == nil {
				if n != next {
					t.Fatalf("number %d came instead of %d", n, next)
				}
				next++
			}
		}
		if next > many+2 {
			break
		}
	}
	for {
		select {
		case frame := <-desk.frames:
			if strings.Contains(frame, `id="availability"`) {
				continue // the agent has come online
			}
			t.Errorf("and then: %.300s", frame)
		case <-time.After(200 * time.Millisecond):
		}
		break
	}
}

// TestTakenAgainAfterLostEvent shows a desk that has read that a conversation was requeued, but received no event of
// it: when the same agent takes it again, the desk gets an event, although it is the same as its last one.
func TestTakenAgainAfterLostEvent(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	redis, _, _ := testkit.Redis(t) // of its own: servers of other tests publish a resync when they stop
	s := startServer(t, func(c *serve.Config) { c.RedisURL = redis })
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	c, mia := uuid.MustParse(v.conversation), o.As(access.Agent)
	teammate := openDesk(t, logInAgent(t, s, o, access.Owner))
	if _, err := s.Routing.Take(ctx, mia, "Mia", c); err != nil {
		t.Fatal(err)
	}
	teammate.until(`hx-target="#queue-` + v.conversation)
	elsewhere := newConversations(t) // another process, whose events are lost
	if _, err := elsewhere.Requeue(ctx, s.DB.As(mia), conversation.RequeueOptions{
		Agent:  mia.ID(),
		Reason: conversation.ReasonReturned,
	}); err != nil {
		t.Fatal(err)
	}
	s.Live.Resync(uuid.Nil)
	teammate.until(`id="queue-` + v.conversation)
	if _, err := elsewhere.Take(ctx, mia, "Mia", c, allGroups); err != nil {
		t.Fatal(err)
	}
	s.Live.HandleEvents([]bus.Event{{Kind: bus.Conversation, Org: o.ID, Conversation: c, User: mia.ID(), Seq: 4}})
	teammate.until(`hx-target="#queue-` + v.conversation + `" hx-swap="delete"`)
}

// TestRefusedMessageStaysFirst shows that messages sent after one that is to be sent again later wait for it, so
// that a visitor's messages stay in order.
func TestRefusedMessageStaysFirst(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) { c.Limits.Visitor.PerSecond, c.Limits.Visitor.Burst = 0.5, 1 })
	v := newVisitor(t, s, o, "")
	v.send("One")
	ids := []string{uuid.NewString(), uuid.NewString()}
	v.SendMessage(ids[0], v.conversation, "Two") // the limit
	if f := v.await("refused"); f.ID != ids[0] || f.Code != "busy" {
		t.Fatalf("%+v", f)
	}
	time.Sleep(2100 * time.Millisecond) // by the limit, another could come now
	v.SendMessage(ids[1], v.conversation, "Three")
	if f := v.await("refused"); f.ID != ids[1] || f.Code != "busy" {
		t.Fatalf("%+v", f)
	}
	v.SendMessage(ids[0], v.conversation, "Two")
	if f := v.await("ack"); f.ID != ids[0] || f.Seq != 2 {
		t.Fatalf("%+v", f)
	}
	time.Sleep(2100 * time.Millisecond)
	v.SendMessage(ids[1], v.conversation, "Three")
	if f := v.await("ack"); f.ID != ids[1] || f.Seq != 3 {
		t.Fatalf("%+v", f)
	}
}
