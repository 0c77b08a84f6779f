package chat_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/org"
	"parley/app/pg"
)

// field is an organization with two customers and a second group, of which some are members.
type field struct {
	apptest.Org
	t     *testing.T
	db    *pg.DB
	room  *chat.Room
	group uuid.UUID // not everyone's
	other org.Site  // another customer's website
}

func newField(t *testing.T) *field {
	t.Helper()
	ctx, o, db := context.Background(), apptest.NewOrg(t), apptest.DB(t)
	f := &field{Org: o, t: t, db: db, room: chat.New(db, bus.New(nil)), group: uuid.New()}
	f.exec("insert into groups (org_id, id, name, automatic) values ($1, $2, 'Second', false)", o.ID, f.group)
	orgs, who := org.New(db, bus.New(nil)), access.System(o.ID, "test")
	customer, err := orgs.AddCustomer(ctx, who, "Another customer")
	if err != nil {
		t.Fatal(err)
	}
	website, err := orgs.AddWebsite(ctx, who, customer, org.NewWebsite{Name: "Another shop", Host: "other.example"})
	if err != nil {
		t.Fatal(err)
	}
	f.other = org.Site{Org: o.ID, ID: website, CustomerID: customer}
	return f
}

func (f *field) exec(sql string, args ...any) {
	f.t.Helper()
	if _, err := f.db.As(access.System(f.ID, "test")).Exec(context.Background(), sql, args...); err != nil {
		f.t.Fatal(err)
	}
}

// begin has a visitor begin a conversation in a group (zero: the main one), of the first customer or the other.
func (f *field) begin(visitor access.Actor, group uuid.UUID) uuid.UUID {
	f.t.Helper()
	customer := f.Customer
	if visitor.Narrow() == f.other.ID {
		customer = f.other.CustomerID
	}
	receipt, err := f.room.SayAsVisitor(context.Background(), visitor, chat.FromVisitor{ID: uuid.New(), Body: "Hello", Customer: customer, Group: group})
	if err != nil {
		f.t.Fatal(err)
	}
	return receipt.Conversation
}

func (f *field) assign(conversation uuid.UUID, to access.Actor) {
	f.t.Helper()
	tx := f.db.As(access.System(f.ID, "test"))
	list, err := f.room.Give(context.Background(), tx, []chat.Gift{{Conversation: conversation, Agent: to.ID()}}, chat.ByOrder, uuid.Nil)
	if err != nil || len(list) != 1 {
		f.t.Fatalf("assign: %d, %v", len(list), err)
	}
}

func (f *field) close(conversation uuid.UUID, by access.Actor) {
	f.t.Helper()
	if _, err := f.room.Close(context.Background(), by, conversation); err != nil {
		f.t.Fatal(err)
	}
}

// The rule of access: who sees and who changes which conversation, as the database holds it for every statement, as the domain says it,
// and as screens are told it.
func TestAccessToAConversation(t *testing.T) {
	t.Parallel()
	f := newField(t)
	agent, colleague := f.Member(t, access.Agent).Actor, f.Member(t, access.Agent).Actor
	f.exec("insert into group_members (org_id, group_id, user_id) values ($1, $2, $3)", f.ID, f.group, colleague.ID())
	only, elsewhere := f.Member(t, access.Agent, f.Customer).Actor, f.Member(t, access.Agent, f.other.CustomerID).Actor
	supervisor, limited := f.As(access.Supervisor), f.Member(t, access.Supervisor, f.other.CustomerID).Actor
	manager := f.Member(t, access.Manager, f.Customer).Actor
	newVisitor := func() access.Actor { return f.Visitor() }

	waiting := f.begin(newVisitor(), uuid.Nil)
	inGroup := f.begin(newVisitor(), f.group)
	own := f.begin(newVisitor(), uuid.Nil)
	f.assign(own, agent)
	others := f.begin(newVisitor(), uuid.Nil)
	f.assign(others, colleague)
	joined := f.begin(newVisitor(), uuid.Nil)
	f.assign(joined, colleague)
	if err := f.room.Consult(context.Background(), colleague, "Tom", chat.Invitation{Conversation: joined, Guest: agent.ID(), GuestName: "Mia"}); err != nil {
		t.Fatal(err)
	}
	offered := f.begin(newVisitor(), f.group)
	f.exec("update conversations set offered_to = $1, offered_until = now() + interval '1 hour' where id = $2", agent.ID(), offered)
	kept := f.begin(newVisitor(), uuid.Nil) // offered to somebody else, in everybody's queue
	f.exec("update conversations set offered_to = $1, offered_until = now() + interval '1 hour' where id = $2", colleague.ID(), kept)
	ended := f.begin(newVisitor(), uuid.Nil)
	f.assign(ended, agent)
	f.close(ended, agent)
	past := f.begin(newVisitor(), uuid.Nil)
	f.assign(past, colleague)
	f.close(past, colleague)
	visitor := newVisitor()
	earlier := f.begin(visitor, uuid.Nil)
	f.assign(earlier, colleague)
	f.close(earlier, colleague)
	now := f.begin(visitor, uuid.Nil)
	f.assign(now, agent)
	otherVisitor := access.Visitor(f.ID, f.other.ID, uuid.Must(uuid.NewV7()))
	otherCustomers := f.begin(otherVisitor, uuid.Nil)

	// Nothing, sees (s) or sees and changes (w), by who asks.
	cases := []struct {
		name         string
		conversation uuid.UUID
		want         map[string]string
	}{
		{"in everybody's queue", waiting, map[string]string{"agent": "s", "colleague": "s", "only": "s", "supervisor": "w", "manager": "w"}},
		{"in the queue of a group", inGroup, map[string]string{"colleague": "s", "supervisor": "w", "manager": "w"}},
		{"its own", own, map[string]string{"agent": "w", "supervisor": "w", "manager": "w"}},
		{"a colleague's", others, map[string]string{"colleague": "w", "supervisor": "w", "manager": "w"}},
		{"a colleague's, as participant", joined, map[string]string{"agent": "w", "colleague": "w", "supervisor": "w", "manager": "w"}},
		{"offered to it", offered, map[string]string{"agent": "s", "supervisor": "w", "manager": "w"}},
		{"offered to another", kept, map[string]string{"colleague": "s", "supervisor": "w", "manager": "w"}},
		{"its own, closed", ended, map[string]string{"agent": "w", "supervisor": "w", "manager": "w"}},
		{"a colleague's, closed", past, map[string]string{"colleague": "w", "supervisor": "w", "manager": "w"}},
		{"an earlier one of a visitor it serves", earlier, map[string]string{"agent": "s", "colleague": "w", "supervisor": "w", "manager": "w"}},
		{"another customer's, in everybody's queue", otherCustomers, map[string]string{"agent": "s", "colleague": "s", "elsewhere": "s", "supervisor": "w", "limited": "w"}},
	}
	people := map[string]access.Actor{"agent": agent, "colleague": colleague, "only": only, "elsewhere": elsewhere, "supervisor": supervisor, "limited": limited,
		"manager": manager, "reviewer": f.As(access.Reviewer)}
	for _, c := range cases {
		for name, who := range people {
			want := c.want[name]
			if name == "reviewer" && c.conversation != otherCustomers {
				want = "s"
			}
			f.check(c.name+", "+name, who, c.conversation, want, name == "agent" && c.conversation == earlier)
		}
	}
}

// check asks the database and both halves of the domain what somebody may do with a conversation.
func (f *field) check(name string, who access.Actor, conversation uuid.UUID, want string, serving bool) {
	f.t.Helper()
	ctx, db := context.Background(), f.db.As(who)
	for _, table := range []string{"messages", "assignments"} { // who reads one reads all of it
		var n, all int
		sql := "select count(*) from " + table + " where conversation_id = $1"
		if err := db.QueryRow(ctx, sql, conversation).Scan(&n); err != nil {
			f.t.Fatal(err)
		}
		if err := f.db.As(access.System(f.ID, "test")).QueryRow(ctx, sql, conversation).Scan(&all); err != nil {
			f.t.Fatal(err)
		}
		if want == "" && n > 0 || want != "" && n != all && who.Role() != access.Reviewer {
			f.t.Errorf("%s: sees %d of %d rows of %s", name, n, all, table)
		}
	}
	c, err := f.room.Get(ctx, who, conversation)
	if (err == nil) != (want != "") || err != nil && fail.KindOf(err) != fail.NotFound {
		f.t.Errorf("%s: Get says %v", name, err)
	}
	err = f.room.MayWrite(ctx, who, conversation)
	if kind := fail.KindOf(err); (err == nil) != (want == "w") || err != nil && (kind == fail.NotFound) != (want == "" && who.May(access.Answer)) {
		f.t.Errorf("%s: MayWrite says %v", name, err)
	}
	undo := errors.New("undo")
	err = db.Tx(ctx, func(tx *pg.Tenant) error {
		_, err := tx.Exec(ctx, `insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
			select org_id, conversation_id, 1000, gen_random_uuid(), visitor_id, 'note', 'agent', $2, 'x', now() from messages where conversation_id = $1 and seq = 1`, conversation, who.ID())
		return errors.Join(err, undo)
	})
	if wrote := errors.Is(err, undo) && !pg.Denied(err); want == "w" && !wrote || want == "s" && wrote {
		f.t.Errorf("%s: writing a message: %v", name, err)
	}
	// What a screen is told by.
	c, err = f.room.Get(ctx, access.System(f.ID, "test"), conversation)
	if err != nil || who.Role() == access.Reviewer {
		return
	}
	var part chat.Part
	system := f.db.As(access.System(f.ID, "test"))
	if err := system.QueryRow(ctx, "select exists (select from guests where conversation_id = $1 and user_id = $2), (select everyone from groups where id = $3) or exists (select from group_members where group_id = $3 and user_id = $2)",
		conversation, who.ID(), c.Group).Scan(&part.Participant, &part.Queue); err != nil {
		f.t.Fatal(err)
	}
	if sees := chat.Sees(who, c, part, c.OfferedNow(time.Now())); sees != (want != "") && !serving {
		f.t.Errorf("%s: Sees says %v", name, sees)
	}
	if writes := chat.Writes(who, c, part.Participant); writes != (want == "w") {
		f.t.Errorf("%s: Writes says %v", name, writes)
	}
}

// Whoever is limited to customers is given no conversation of another, in no way.
func TestLimitedTeamMembersServeTheirCustomers(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), newField(t)
	limited := f.Member(t, access.Agent, f.other.CustomerID).Actor
	conversation := f.begin(f.Visitor(), uuid.Nil)
	if _, err := f.room.Hand(ctx, f.As(access.Supervisor), conversation, limited.ID(), uuid.Nil); fail.KindOf(err) != fail.Conflict {
		t.Errorf("assigned: %v", err)
	}
	if _, err := f.room.Take(ctx, limited, "Lea", conversation, chat.Lines{Anywhere: true}); err == nil {
		t.Error("picked from the queue")
	}
	if _, err := f.room.Take(ctx, limited, "Lea", uuid.Nil, chat.Lines{Anywhere: true}); fail.KindOf(err) != fail.NotFound {
		t.Errorf("took the next: %v", err)
	}
	agent := f.As(access.Agent)
	f.assign(conversation, agent)
	if err := f.room.Consult(ctx, agent, "Mia", chat.Invitation{Conversation: conversation, Guest: limited.ID(), GuestName: "Lea"}); fail.KindOf(err) != fail.Conflict {
		t.Errorf("brought in: %v", err)
	}
	if err := f.room.Transfer(ctx, agent, "Mia", chat.Handover{Conversation: conversation, Person: limited.ID(), To: "Lea"}); fail.KindOf(err) != fail.Conflict {
		t.Errorf("offered: %v", err)
	}
	if err := f.room.Look(ctx, f.Member(t, access.Supervisor, f.other.CustomerID).Actor, "Kim", conversation); fail.KindOf(err) != fail.NotFound {
		t.Errorf("a limited supervisor watches: %v", err)
	}
	c, err := f.room.Get(ctx, agent, conversation)
	if err != nil || c.Agent != agent.ID() || c.State != chat.Open {
		t.Errorf("it is no longer its agent's: %+v, %v", c, err)
	}
}

// An agent who transfers a conversation into a queue that it does not see has transferred it, and sees it no more.
func TestTransferOutOfSight(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), newField(t)
	agent := f.As(access.Agent)
	conversation := f.begin(f.Visitor(), uuid.Nil)
	f.assign(conversation, agent)
	if err := f.room.Transfer(ctx, agent, "Mia", chat.Handover{Conversation: conversation, Group: f.group, To: "Second"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.room.Get(ctx, agent, conversation); fail.KindOf(err) != fail.NotFound {
		t.Errorf("still sees it: %v", err)
	}
	if messages, err := f.room.After(ctx, agent, conversation, 0); err != nil || len(messages) > 0 {
		t.Errorf("still reads %d messages: %v", len(messages), err)
	}
	// Somebody else's is not transferred.
	others := f.begin(f.Visitor(), uuid.Nil)
	f.assign(others, f.Member(t, access.Agent).Actor)
	if err := f.room.Transfer(ctx, agent, "Mia", chat.Handover{Conversation: others, Group: f.group, To: "Second"}); fail.KindOf(err) != fail.NotFound {
		t.Errorf("transferred somebody else's: %v", err)
	}
}
