package routing_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// Every manual assignment, and who may not make it.
func TestManualAssignment(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 3, 2)
	mia, tom, ida := p.agents[0], p.agents[1], p.agents[2]
	sara, stranger := p.As(access.Supervisor), p.As(access.Agent) // the stranger answers for the main group only
	owner := p.As(access.Owner)
	kind := func(what string, err error, want fail.Kind) {
		t.Helper()
		if err == nil || fail.KindOf(err) != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	fine := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	take := func(who access.Actor, c uuid.UUID) (conversation.Conversation, error) {
		return i.routing.Take(ctx, who, "N", c)
	}
	var cs []uuid.UUID
	var visitors []access.Actor
	for range 5 {
		c, v := p.startConversation(t, i, "Hello")
		cs, visitors = append(cs, c), append(visitors, v)
	}

	// The next one, a picked one, and one beyond the limit.
	got, err := take(mia, uuid.Nil)
	if err != nil || got.ID != cs[0] || got.StateReason != conversation.ReasonTakeNext {
		t.Errorf("the next one: %+v %v", got, err)
	}
	_, err = take(stranger, cs[1])
	kind("chosen by somebody of another group", err, fail.NotFound)
	_, err = take(stranger, uuid.Nil)
	kind("the next one of another group", err, fail.NotFound)
	info, _, err := i.routing.GetGroupInfo(ctx, owner, p.group)
	fine("the group", err)
	info.Picking = false
	fine("no choosing", i.groups.Update(ctx, owner, p.group, info.Settings))
	_, err = take(mia, cs[2])
	kind("chosen where it is not allowed", err, fail.Conflict)
	got, err = take(sara, cs[2])
	if err != nil || got.StateReason != conversation.ReasonPick {
		t.Errorf("a supervisor chooses: %+v %v", got, err)
	}
	info.Picking = true
	fine("choosing", i.groups.Update(ctx, owner, p.group, info.Settings))
	got, err = take(mia, cs[3])
	if err != nil || got.StateReason != conversation.ReasonPick {
		t.Errorf("chosen out of order: %+v %v", got, err)
	}
	_, err = take(mia, uuid.Nil)
	kind("one more than allowed", err, fail.Conflict)
	if n := p.queryNumber(t, "select count(*) from assignments where method = 'picked' and by_id = $1", mia.ID()); n != 1 {
		t.Errorf("%v choices are recorded", n)
	}

	// Transferred to a teammate: not to one who is offline or at capacity; offered, accepted, declined, not accepted in time.
	transfer := func(who access.Actor, c, group, person uuid.UUID) error {
		return i.routing.Transfer(ctx, who, "Mia", c, group, person, "Please")
	}
	kind("to somebody who is not there", transfer(mia, cs[0], uuid.Nil, tom.ID()), fail.Invalid)
	p.setStatus(t, i, tom, presence.Online) // gets what is queued
	waitUntil(t, "Tom has the two that wait", func() bool {
		return p.getConversation(t, i, cs[1]).Agent == tom.ID() && p.getConversation(t, i, cs[4]).Agent == tom.ID()
	})
	kind("to somebody who is full", transfer(mia, cs[0], uuid.Nil, tom.ID()), fail.Invalid)
	_, err = i.conversations.Close(ctx, tom, cs[4])
	fine("close", err)
	kind("another's", transfer(ida, cs[0], uuid.Nil, tom.ID()), fail.NotFound)
	fine("to Tom", transfer(mia, cs[0], uuid.Nil, tom.ID()))
	_, err = take(ida, cs[0])
	kind("taken though it is offered to another", err, fail.Conflict)
	_, err = take(ida, uuid.Nil)
	kind("nothing else is in line", err, fail.NotFound)
	kind("declined by another", i.conversations.DeclineOffer(ctx, ida, "Ida", cs[0]), fail.Conflict)
	if c := p.getConversation(t, i, cs[0]); c.State != conversation.Waiting || c.OfferRecipient(time.Now()) != tom.ID() {
		t.Errorf("offered: %+v", c)
	}
	got, err = take(tom, cs[0])
	if err != nil || got.StateReason != conversation.ReasonOfferAccepted {
		t.Errorf("accepted: %+v %v", got, err)
	}
	p.setStatus(t, i, tom, presence.Away) // has his conversations still, gets no new one
	p.setStatus(t, i, ida, presence.Online)
	fine("to Ida", transfer(tom, cs[0], uuid.Nil, ida.ID()))
	fine("declined", i.conversations.DeclineOffer(ctx, ida, "Ida", cs[0]))
	if c := p.getConversation(t, i, cs[0]); c.State != conversation.Waiting || c.OfferedTo != uuid.Nil {
		t.Errorf("declined: %+v", c)
	}
	p.setStatus(t, i, tom, presence.Online)
	waitUntil(t, "Tom has it again, not Ida, who has just declined", func() bool { return p.getConversation(t, i, cs[0]).Agent == tom.ID() })
	fine("to Ida again", transfer(tom, cs[0], uuid.Nil, ida.ID()))
	if _, err := testkit.DB(t).As(access.System(p.ID, "test")).Exec(ctx, "update conversations set offered_until = now() where id = $1", cs[0]); err != nil {
		t.Fatal(err)
	}
	i.routing.Trigger(p.ID)
	waitUntil(t, "the offer has lapsed, and the rule gives it to Tom", func() bool {
		return p.getConversation(t, i, cs[0]).StateReason == conversation.ReasonRouting && p.getConversation(t, i, cs[0]).Agent == tom.ID()
	})
	notes, err := i.conversations.ListMessagesAfter(ctx, sara, cs[0], 0)
	fine("read", err)
	var all strings.Builder
	for _, m := range notes {
		all.WriteString(string(m.Kind) + " " + m.Body + "\n")
	}
	for _, want := range []string{"note Offered to Agent 1: Please", "note Offered to Agent 2: Please", "note Ida could not take it", "note Not accepted in time", "system returned", "system taken"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%q is not in\n%s", want, all.String())
		}
	}
	seen, err := i.conversations.ListMessagesAfter(ctx, visitors[0], cs[0], 0)
	fine("read", err)
	for _, m := range seen {
		if m.Kind == conversation.Note {
			t.Errorf("the visitor sees a note: %+v", m)
		}
	}

	// Transferred to a group: queued there since its visitor began to wait.
	other, err := i.groups.Create(ctx, owner, "Help")
	fine("a group", err)
	kind("to a group that is none", transfer(mia, cs[3], uuid.New(), uuid.Nil), fail.Invalid)
	before := p.getConversation(t, i, cs[3]).WaitingSince
	fine("to a group", transfer(mia, cs[3], other, uuid.Nil))
	if c := p.getConversation(t, i, cs[3]); c.State != conversation.Waiting || c.Group != other || !c.WaitingSince.Equal(before) {
		t.Errorf("in the other line: %+v", c)
	}

	// A participant reads and writes notes; to the visitor only where allowed; nothing after having left.
	say := func(who access.Actor, c uuid.UUID, k conversation.Kind) error {
		_, err := i.conversations.SendAsAgent(ctx, who, c, uuid.New(), k, "Something")
		return err
	}
	c := cs[0] // Tom's
	kind("a note of a stranger", say(mia, c, conversation.Note), fail.Conflict)
	kind("help asked for by somebody who does not have it", i.routing.Consult(ctx, mia, "Mia", c, ida.ID(), true, ""), fail.Conflict)
	fine("help", i.routing.Consult(ctx, tom, "Tom", c, mia.ID(), false, "Do you know him?"))
	fine("a guest's note", say(mia, c, conversation.Note))
	kind("a guest writes to the visitor", say(mia, c, conversation.Text), fail.Conflict)
	kind("a guest closes", func() error { _, err := i.conversations.Close(ctx, mia, c); return err }(), fail.Conflict)
	fine("help, with writing", i.routing.Consult(ctx, tom, "Tom", c, mia.ID(), true, ""))
	fine("a guest writes to the visitor", say(mia, c, conversation.Text))
	kind("another ends the visit", i.conversations.RemoveParticipant(ctx, ida, "Ida", c, mia.ID()), fail.NotFound)
	fine("Tom ends the visit", i.conversations.RemoveParticipant(ctx, tom, "Tom", c, mia.ID()))
	kind("afterwards", say(mia, c, conversation.Note), fail.Conflict)

	// Watched and taken over, only by those who may monitor.
	kind("an agent watches", i.conversations.Watch(ctx, mia, "Mia", c), fail.Forbidden)
	fine("watch", i.conversations.Watch(ctx, sara, "Sara", c))
	fine("a whisper", say(sara, c, conversation.Note))
	_, err = i.routing.Assign(ctx, mia, c, mia.ID())
	kind("an agent takes over", err, fail.Forbidden)
	got, err = i.routing.Assign(ctx, sara, c, sara.ID())
	if err != nil || got.Agent != sara.ID() || got.StateReason != conversation.ReasonTakeOver {
		t.Errorf("taken over: %+v %v", got, err)
	}
	kind("the former agent answers", say(tom, c, conversation.Text), fail.Conflict)
	fine("the supervisor answers", say(sara, c, conversation.Text))
	participants, err := i.conversations.ListParticipants(ctx, sara, []uuid.UUID{c})
	if err != nil || len(participants[c]) != 0 {
		t.Errorf("who has it is a guest still: %+v %v", participants, err)
	}
	// Assigned by a supervisor, also from the queue; not beyond the limit.
	got, err = i.routing.Assign(ctx, sara, cs[3], ida.ID())
	if err != nil || got.Agent != ida.ID() || got.StateReason != conversation.ReasonAssigned {
		t.Errorf("given: %+v %v", got, err)
	}
	fine("Ida's limit", i.groups.SetMember(ctx, owner, p.group, group.Member{ID: ida.ID(), IsMember: true, MaxChats: 1}))
	_, err = i.routing.Assign(ctx, sara, c, ida.ID())
	kind("given beyond the limit", err, fail.Conflict)
	_, err = i.routing.Assign(ctx, sara, c, uuid.New())
	kind("given to nobody", err, fail.NotFound)
	p.setStatus(t, i, mia, presence.Offline)
	_, err = i.routing.Assign(ctx, sara, c, mia.ID())
	kind("given to somebody who is offline", err, fail.Conflict)

	// Taken offline by a manager, and by nobody else: the conversations are requeued.
	kind("an agent dismisses a colleague", i.presence.TakeOffline(ctx, mia, ida.ID()), fail.Forbidden)
	fine("dismissed", i.presence.TakeOffline(ctx, p.As(access.Manager), ida.ID()))
	if n := p.queryNumber(t, "select count(*) from conversations where agent_id = $1 and state = 'open'", ida.ID()); n != 0 {
		t.Errorf("who is dismissed has %v conversations", n)
	}
}
