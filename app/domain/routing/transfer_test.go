package routing_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// manual is an organization with three agents, each of two conversations at once, who assign manually.
type manual struct {
	*fixture
	t             *testing.T
	i             *instance
	mia, tom, ida access.Actor
}

func newManual(t *testing.T) *manual {
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 3, 2)
	return &manual{p, t, i, p.agents[0], p.agents[1], p.agents[2]}
}

// refused reports an error that is not of a kind.
func (m *manual) refused(what string, err error, kind fail.Kind) {
	m.t.Helper()
	if err == nil || fail.KindOf(err) != kind {
		m.t.Errorf("%s: %v", what, err)
	}
}

func (m *manual) fine(what string, err error) {
	m.t.Helper()
	if err != nil {
		m.t.Errorf("%s: %v", what, err)
	}
}

func (m *manual) start(n int) (ids []uuid.UUID) {
	for range n {
		id, _ := m.startConversation(m.t, m.i, "Hello")
		ids = append(ids, id)
	}
	return ids
}

func (m *manual) take(actor access.Actor, id uuid.UUID) (conversation.Conversation, error) {
	return m.i.routing.Take(context.Background(), actor, "N", id)
}

func (m *manual) transfer(actor access.Actor, id, group, teammate uuid.UUID) error {
	return m.i.routing.Transfer(context.Background(), actor, "Mia", id, group, teammate, "Please")
}

func (m *manual) send(actor access.Actor, id uuid.UUID, kind conversation.Kind) error {
	_, err := m.i.conversations.SendAsAgent(context.Background(), actor, id, uuid.New(), kind, "Something")
	return err
}

func (m *manual) get(id uuid.UUID) conversation.Conversation { return m.getConversation(m.t, m.i, id) }

func TestTakeNextAndPick(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := newManual(t)
	owner, sara, stranger := m.As(access.Owner), m.As(access.Supervisor), m.As(access.Agent) // the stranger is no member of the group
	cs := m.start(4)
	got, err := m.take(m.mia, uuid.Nil)
	if err != nil || got.ID != cs[0] || got.StateReason != conversation.ReasonTakeNext {
		t.Errorf("the next one: %+v %v", got, err)
	}
	_, err = m.take(stranger, cs[1])
	m.refused("picked by an agent of another group", err, fail.NotFound)
	_, err = m.take(stranger, uuid.Nil)
	m.refused("the next one of another group", err, fail.NotFound)
	info, _, err := m.i.routing.GetGroupInfo(ctx, owner, m.group)
	m.fine("the group", err)
	info.Picking = false
	m.fine("no picking", m.i.groups.Update(ctx, owner, m.group, info.Settings))
	_, err = m.take(m.mia, cs[2])
	m.refused("picked where that is not allowed", err, fail.Conflict)
	got, err = m.take(sara, cs[2])
	if err != nil || got.StateReason != conversation.ReasonPick {
		t.Errorf("a supervisor picks: %+v %v", got, err)
	}
	info.Picking = true
	m.fine("picking", m.i.groups.Update(ctx, owner, m.group, info.Settings))
	got, err = m.take(m.mia, cs[3])
	if err != nil || got.StateReason != conversation.ReasonPick {
		t.Errorf("picked out of order: %+v %v", got, err)
	}
	_, err = m.take(m.mia, uuid.Nil)
	m.refused("one more than allowed", err, fail.Conflict)
	if n := m.queryNumber(t, "select count(*) from assignments where method = 'picked' and by_id = $1", m.mia.ID()); n != 1 {
		t.Errorf("%v picks are recorded", n)
	}
}

// A transfer to a teammate is an offer: only to one who is online and below capacity, and for nobody else until it has ended.
func TestTransferToTeammate(t *testing.T) {
	t.Parallel()
	m := newManual(t)
	c := m.start(1)[0]
	_, err := m.take(m.mia, c)
	m.fine("taken", err)
	m.refused("to a teammate who is offline", m.transfer(m.mia, c, uuid.Nil, m.tom.ID()), fail.Invalid)
	others := m.start(2)
	m.setStatus(t, m.i, m.tom, presence.Online) // gets what is queued
	waitUntil(t, "Tom has the two that wait", func() bool {
		return m.get(others[0]).Agent == m.tom.ID() && m.get(others[1]).Agent == m.tom.ID()
	})
	m.refused("to a teammate at capacity", m.transfer(m.mia, c, uuid.Nil, m.tom.ID()), fail.Invalid)
	_, err = m.i.conversations.Close(context.Background(), m.tom, others[1])
	m.fine("close", err)
	m.refused("another's conversation", m.transfer(m.ida, c, uuid.Nil, m.tom.ID()), fail.NotFound)
	m.fine("to Tom", m.transfer(m.mia, c, uuid.Nil, m.tom.ID()))
	_, err = m.take(m.ida, c)
	m.refused("taken though it is offered to another", err, fail.Conflict)
	_, err = m.take(m.ida, uuid.Nil)
	m.refused("nothing else is queued", err, fail.NotFound)
	m.refused("declined by another", m.i.conversations.DeclineOffer(context.Background(), m.ida, "Ida", c), fail.Conflict)
	if got := m.get(c); got.State != conversation.Waiting || got.OfferRecipient(time.Now()) != m.tom.ID() {
		t.Errorf("offered: %+v", got)
	}
	got, err := m.take(m.tom, c)
	if err != nil || got.StateReason != conversation.ReasonOfferAccepted {
		t.Errorf("accepted: %+v %v", got, err)
	}
}

// An offer that is declined or not accepted in time goes to another agent. Teammates read why in notes, the visitor does not.
func TestOfferDeclinedOrExpired(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := newManual(t)
	c, visitor := m.startConversation(t, m.i, "Hello")
	_, err := m.take(m.tom, c)
	m.fine("taken", err)
	m.setStatus(t, m.i, m.tom, presence.Away) // has the conversation still, gets no new one
	m.setStatus(t, m.i, m.ida, presence.Online)
	m.fine("to Ida", m.transfer(m.tom, c, uuid.Nil, m.ida.ID()))
	m.fine("declined", m.i.conversations.DeclineOffer(ctx, m.ida, "Ida", c))
	if got := m.get(c); got.State != conversation.Waiting || got.OfferedTo != uuid.Nil {
		t.Errorf("declined: %+v", got)
	}
	m.setStatus(t, m.i, m.tom, presence.Online)
	waitUntil(t, "Tom has it again, not Ida, who has just declined", func() bool { return m.get(c).Agent == m.tom.ID() })
	m.fine("to Ida again", m.transfer(m.tom, c, uuid.Nil, m.ida.ID()))
	m.exec(t)("update conversations set offered_until = now() where id = $1", c)
	m.i.routing.Trigger(m.ID)
	waitUntil(t, "the offer has expired, and Tom has it", func() bool {
		return m.get(c).StateReason == conversation.ReasonRouting && m.get(c).Agent == m.tom.ID()
	})
	messages, err := m.i.conversations.ListMessagesAfter(ctx, m.As(access.Supervisor), c, 0)
	m.fine("read", err)
	var all strings.Builder
	for _, x := range messages {
		all.WriteString(string(x.Kind) + " " + x.Body + "\n")
	}
	for _, want := range []string{
		"offered the conversation to Agent 2: Please", "note Ida declined", "note The offer expired", "system returned",
		"system taken",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%q is not in\n%s", want, all.String())
		}
	}
	seen, err := m.i.conversations.ListMessagesAfter(ctx, visitor, c, 0)
	m.fine("read", err)
	if slices.ContainsFunc(seen, func(x conversation.Message) bool { return x.Kind == conversation.Note }) {
		t.Errorf("the visitor sees a note: %+v", seen)
	}
}

// A conversation that is transferred to a group is queued there since its visitor began to wait.
func TestTransferToGroup(t *testing.T) {
	t.Parallel()
	m := newManual(t)
	c := m.start(1)[0]
	_, err := m.take(m.mia, c)
	m.fine("taken", err)
	other, err := m.i.groups.Create(context.Background(), m.As(access.Owner), "Help")
	m.fine("a group", err)
	m.refused("to a group that does not exist", m.transfer(m.mia, c, uuid.New(), uuid.Nil), fail.Invalid)
	before := m.get(c).WaitingSince
	m.fine("to a group", m.transfer(m.mia, c, other, uuid.Nil))
	if got := m.get(c); got.State != conversation.Waiting || got.Group != other || !got.WaitingSince.Equal(before) {
		t.Errorf("in the other queue: %+v", got)
	}
}

// A participant reads and writes notes; to the visitor only where allowed; nothing after having left.
func TestConsult(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := newManual(t)
	c := m.start(1)[0]
	_, err := m.take(m.mia, c)
	m.fine("taken by Mia", err)
	m.fine("back into the queue", m.transfer(m.mia, c, m.group, uuid.Nil))
	_, err = m.take(m.tom, c)
	m.fine("taken by Tom", err)
	m.refused("a note of a stranger", m.send(m.ida, c, conversation.Note), fail.NotFound)
	m.refused("a note of the former agent", m.send(m.mia, c, conversation.Note), fail.Conflict)
	consult := func(actor access.Actor, teammate uuid.UUID, canReply bool) error {
		return m.i.routing.Consult(ctx, actor, "N",
			conversation.Invitation{Conversation: c, Participant: teammate, CanReply: canReply, Comment: "Do you know him?"})
	}
	m.refused("by an agent who does not have it", consult(m.mia, m.ida.ID(), true), fail.Conflict)
	m.fine("consulted", consult(m.tom, m.mia.ID(), false))
	m.fine("a participant's note", m.send(m.mia, c, conversation.Note))
	m.refused("a participant writes to the visitor", m.send(m.mia, c, conversation.Text), fail.Conflict)
	_, err = m.i.conversations.Close(ctx, m.mia, c)
	m.refused("a participant closes", err, fail.Conflict)
	m.fine("consulted, with writing", consult(m.tom, m.mia.ID(), true))
	m.fine("a participant writes to the visitor", m.send(m.mia, c, conversation.Text))
	m.refused("removed by another", m.i.conversations.RemoveParticipant(ctx, m.ida, "Ida", c, m.mia.ID()), fail.NotFound)
	m.fine("removed by Tom", m.i.conversations.RemoveParticipant(ctx, m.tom, "Tom", c, m.mia.ID()))
	m.refused("afterwards", m.send(m.mia, c, conversation.Note), fail.Conflict)
}

// Supervisors watch conversations, take them over and assign them, but not beyond a limit and not to an agent who is offline.
func TestSupervisorAssigns(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := newManual(t)
	sara := m.As(access.Supervisor)
	cs := m.start(2)
	c := cs[0]
	assign := func(actor access.Actor, id, to uuid.UUID) (conversation.Conversation, error) {
		return m.i.routing.Assign(ctx, actor, id, to)
	}
	_, err := m.take(m.tom, c)
	m.fine("taken", err)
	m.refused("an agent watches", m.i.conversations.Watch(ctx, m.mia, "Mia", c), fail.Forbidden)
	m.fine("watch", m.i.conversations.Watch(ctx, sara, "Sara", c))
	m.fine("an internal note", m.send(sara, c, conversation.Note))
	_, err = assign(m.mia, c, m.mia.ID())
	m.refused("an agent takes over", err, fail.Forbidden)
	got, err := assign(sara, c, sara.ID())
	if err != nil || got.Agent != sara.ID() || got.StateReason != conversation.ReasonTakeOver {
		t.Errorf("taken over: %+v %v", got, err)
	}
	m.refused("the former agent replies", m.send(m.tom, c, conversation.Text), fail.Conflict)
	m.fine("the supervisor replies", m.send(sara, c, conversation.Text))
	participants, err := m.i.conversations.ListParticipants(ctx, sara, []uuid.UUID{c})
	if err != nil || len(participants[c]) != 0 {
		t.Errorf("the agent is a participant still: %+v %v", participants, err)
	}
	m.setStatus(t, m.i, m.ida, presence.Away) // gets nothing automatically
	got, err = assign(sara, cs[1], m.ida.ID())
	if err != nil || got.Agent != m.ida.ID() || got.StateReason != conversation.ReasonAssigned {
		t.Errorf("assigned from the queue: %+v %v", got, err)
	}
	limit := group.Member{ID: m.ida.ID(), IsMember: true, MaxChats: 1}
	m.fine("Ida's limit", m.i.groups.SetMember(ctx, m.As(access.Owner), m.group, limit))
	_, err = assign(sara, c, m.ida.ID())
	m.refused("beyond the limit", err, fail.Conflict)
	_, err = assign(sara, c, uuid.New())
	m.refused("to nobody", err, fail.NotFound)
	m.setStatus(t, m.i, m.mia, presence.Offline)
	_, err = assign(sara, c, m.mia.ID())
	m.refused("to an agent who is offline", err, fail.Conflict)
}

// TakeOffline is for managers, and requeues all conversations of the agent.
func TestTakeOfflineRequeuesAll(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := newManual(t)
	for _, c := range m.start(2) {
		_, err := m.take(m.ida, c)
		m.fine("taken", err)
	}
	m.refused("by an agent", m.i.presence.TakeOffline(ctx, m.mia, m.ida.ID()), fail.Forbidden)
	m.fine("by a manager", m.i.presence.TakeOffline(ctx, m.As(access.Manager), m.ida.ID()))
	if n := m.queryNumber(t, "select count(*) from conversations where agent_id = $1 and state = 'open'", m.ida.ID()); n != 0 {
		t.Errorf("the agent has %v conversations", n)
	}
}
