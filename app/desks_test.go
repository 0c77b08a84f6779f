package main

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/bus"
	"parley/app/chat"
)

// A colleague's desk is told when a conversation enters and leaves the line, and of nothing that is said in between: what
// one agent's chats cost does not grow with the number of agents.
func TestOtherDesksAreToldOfTheLineOnly(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	watching := openDesk(t, agentAt(t, s, o, access.Supervisor))
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	c := uuid.MustParse(v.conversation)
	watching.until("line-" + v.conversation)
	agent := o.As(access.Agent)
	if _, err := s.queue.Take(ctx, agent, "Mia", c); err != nil {
		t.Fatal(err)
	}
	watching.until(`hx-target="#line-` + v.conversation + `" hx-swap="delete"`)
	for i := range 12 {
		v.say("More " + itoa(i))
		if _, err := s.chat.SayAsAgent(ctx, agent, c, uuid.New(), chat.Text, "Yes "+itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.queue.GoHome(ctx, agent); err != nil {
		t.Fatal(err)
	}
	for {
		frame := watching.next()
		if strings.Contains(frame, `hx-target="#line" hx-swap="innerHTML"`) && !strings.Contains(frame, v.conversation) {
			continue // brought up to date once its server hears the others
		}
		if !strings.Contains(frame, "line-"+v.conversation) || !strings.Contains(frame, "Yes 11") {
			t.Errorf("the next it hears is %s", frame)
		}
		break
	}
}

// A desk that comes back after very much was said gets all of it once, page by page.
func TestDeskCatchesUpInPages(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	redis, _, _ := apptest.Redis(t) // of its own: servers of other tests tell everyone to look again when they stop
	s := serveTest(t, func(c *config) { c.CommitWindow, c.RedisURL = 0, redis })
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	c, agent := uuid.MustParse(v.conversation), o.As(access.Agent)
	if _, err := s.queue.Take(ctx, agent, "Mia", c); err != nil {
		t.Fatal(err)
	}
	const many = 700
	for i := range many {
		if _, err := s.chat.SayAsAgent(ctx, agent, c, uuid.New(), chat.Text, "Number "+itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	desk := openDeskAt(t, agentAt(t, s, o, access.Agent), map[string]int{v.conversation: 1})
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

// A desk has read a return that it never heard of. When the conversation is taken again by the same agent, the desk is told,
// though that is what it had been told before.
func TestWhatADeskHasReadIsTakenBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	c, mia := uuid.MustParse(v.conversation), o.As(access.Agent)
	colleague := openDesk(t, agentAt(t, s, o, access.Owner))
	if _, err := s.queue.Take(ctx, mia, "Mia", c); err != nil {
		t.Fatal(err)
	}
	colleague.until(`hx-target="#line-` + v.conversation)
	elsewhere := chatRoom(t) // another process, whose bells are lost
	if _, err := elsewhere.Requeue(ctx, s.db.As(mia), chat.Requeue{Agent: mia.ID(), By: chat.ByReturn}); err != nil {
		t.Fatal(err)
	}
	s.live.Gap(uuid.Nil)
	colleague.until(`id="line-` + v.conversation)
	if _, err := elsewhere.Take(ctx, mia, "Mia", c, everywhere); err != nil {
		t.Fatal(err)
	}
	s.live.Heard([]bus.Event{{Kind: bus.Said, Org: o.ID, Conversation: c, User: mia.ID(), Seq: 4}})
	colleague.until(`hx-target="#line-` + v.conversation + `" hx-swap="delete"`)
}

// A message that was told to come again keeps its turn: what is sent after it waits, so that what a visitor says stays in
// order.
func TestARefusedMessageKeepsItsTurn(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, func(c *config) { c.Limits.Visitor.ASecond, c.Limits.Visitor.AtOnce = 0.5, 1 })
	v := newVisitor(t, s, o, "")
	v.say("One")
	ids := []string{uuid.NewString(), uuid.NewString()}
	v.Say(ids[0], v.conversation, "Two") // the limit
	if f := v.await("refused"); f.ID != ids[0] || f.Code != "busy" {
		t.Fatalf("%+v", f)
	}
	time.Sleep(2100 * time.Millisecond) // by the limit, another could come now
	v.Say(ids[1], v.conversation, "Three")
	if f := v.await("refused"); f.ID != ids[1] || f.Code != "busy" {
		t.Fatalf("%+v", f)
	}
	v.Say(ids[0], v.conversation, "Two")
	if f := v.await("ack"); f.ID != ids[0] || f.Seq != 2 {
		t.Fatalf("%+v", f)
	}
	time.Sleep(2100 * time.Millisecond)
	v.Say(ids[1], v.conversation, "Three")
	if f := v.await("ack"); f.ID != ids[1] || f.Seq != 3 {
		t.Fatalf("%+v", f)
	}
}
