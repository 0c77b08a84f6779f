package conversation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// accessFixture is an organization with two customers and a second group, of which some are members.
type accessFixture struct {
	testkit.Org
	t         *testing.T
	db        *pg.DB
	service   *conversation.Service
	group     uuid.UUID         // not everyone's
	otherSite org.WidgetWebsite // another customer's website
}

func newAccessFixture(t *testing.T) *accessFixture {
	t.Helper()
	ctx, o, db := context.Background(), testkit.NewOrg(t), testkit.DB(t)
	f := &accessFixture{Org: o, t: t, db: db, service: conversation.New(db, bus.New(nil), conversation.Options{}), group: uuid.New()}
	f.exec("insert into groups (org_id, id, name, automatic) values ($1, $2, 'Second', false)", o.ID, f.group)
	orgs, who := org.New(db, bus.New(nil), settings.New(db, bus.New(nil), nil)), access.System(o.ID, "test")
	customer, err := orgs.AddCustomer(ctx, who, "Another customer")
	if err != nil {
		t.Fatal(err)
	}
	website, err := orgs.AddWebsite(ctx, who, customer, org.WebsiteInput{Name: "Another shop", Host: "other.example"})
	if err != nil {
		t.Fatal(err)
	}
	f.otherSite = org.WidgetWebsite{Org: o.ID, ID: website, CustomerID: customer}
	return f
}

func (f *accessFixture) exec(sql string, args ...any) {
	f.t.Helper()
	if _, err := f.db.As(access.System(f.ID, "test")).Exec(context.Background(), sql, args...); err != nil {
		f.t.Fatal(err)
	}
}

// startConversation has a visitor begin a conversation in a group (zero: the main one), of the first customer or the other.
func (f *accessFixture) startConversation(visitor access.Actor, group uuid.UUID) uuid.UUID {
	f.t.Helper()
	customer := f.Customer
	if visitor.ScopeID() == f.otherSite.ID {
		customer = f.otherSite.CustomerID
	}
	receipt, err := f.service.SendAsVisitor(context.Background(), visitor, conversation.VisitorMessage{
		ID:       uuid.New(),
		Body:     "Hello",
		Customer: customer,
		Group:    group,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return receipt.Conversation
}

func (f *accessFixture) assign(conversationID uuid.UUID, to access.Actor) {
	f.t.Helper()
	tx := f.db.As(access.System(f.ID, "test"))
	list, err := f.service.Assign(context.Background(), tx,
		[]conversation.Assignment{{Conversation: conversationID, Agent: to.ID()}}, conversation.ReasonAssigned, uuid.Nil)
	if err != nil || len(list) != 1 {
		f.t.Fatalf("assign: %d, %v", len(list), err)
	}
}

func (f *accessFixture) close(conversation uuid.UUID, by access.Actor) {
	f.t.Helper()
	if _, err := f.service.Close(context.Background(), by, conversation); err != nil {
		f.t.Fatal(err)
	}
}

// The rule of access: who sees and who changes which conversation, as the database holds it for every statement, as the domain says it,
// and as screens are told it.
func TestConversationAccess(t *testing.T) {
	t.Parallel()
	f := newAccessFixture(t)
	agent, teammate := f.AddMember(t, access.Agent).Actor, f.AddMember(t, access.Agent).Actor
	f.exec("insert into group_members (org_id, group_id, user_id) values ($1, $2, $3)", f.ID, f.group, teammate.ID())
	only, elsewhere := f.AddMember(t, access.Agent, f.Customer).Actor, f.AddMember(t, access.Agent, f.otherSite.CustomerID).Actor
	supervisor, limited := f.As(access.Supervisor), f.AddMember(t, access.Supervisor, f.otherSite.CustomerID).Actor
	manager := f.AddMember(t, access.Manager, f.Customer).Actor
	newVisitor := func() access.Actor { return f.Visitor() }

	waiting := f.startConversation(newVisitor(), uuid.Nil)
	inGroup := f.startConversation(newVisitor(), f.group)
	own := f.startConversation(newVisitor(), uuid.Nil)
	f.assign(own, agent)
	others := f.startConversation(newVisitor(), uuid.Nil)
	f.assign(others, teammate)
	joined := f.startConversation(newVisitor(), uuid.Nil)
	f.assign(joined, teammate)
	f.consult(joined, teammate, agent)
	offered := f.startConversation(newVisitor(), f.group)
	f.exec("update conversations set offered_to = $1, offered_until = now() + interval '1 hour' where id = $2", agent.ID(), offered)
	offeredToTeammate := f.startConversation(newVisitor(), uuid.Nil) // offered to somebody else, in everybody's queue
	f.exec("update conversations set offered_to = $1, offered_until = now() + interval '1 hour' where id = $2",
		teammate.ID(), offeredToTeammate)
	ended := f.startConversation(newVisitor(), uuid.Nil)
	f.assign(ended, agent)
	f.close(ended, agent)
	closedByTeammate := f.startConversation(newVisitor(), uuid.Nil)
	f.assign(closedByTeammate, teammate)
	f.close(closedByTeammate, teammate)
	visitor := newVisitor()
	earlier := f.startConversation(visitor, uuid.Nil)
	f.assign(earlier, teammate)
	f.close(earlier, teammate)
	now := f.startConversation(visitor, uuid.Nil)
	f.assign(now, agent)
	otherVisitor := access.Visitor(f.ID, f.otherSite.ID, uuid.Must(uuid.NewV7()))
	otherCustomers := f.startConversation(otherVisitor, uuid.Nil)

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
		{"offered to another", offeredToTeammate, map[string]string{"colleague": "s", "supervisor": "w", "manager": "w"}},
		{"its own, closed", ended, map[string]string{"agent": "w", "supervisor": "w", "manager": "w"}},
		{"a colleague's, closed", closedByTeammate, map[string]string{"colleague": "w", "supervisor": "w", "manager": "w"}},
		{"an earlier one of a visitor it serves", earlier, map[string]string{"agent": "s", "colleague": "w", "supervisor": "w", "manager": "w"}},
		{"another customer's, in everybody's queue", otherCustomers, map[string]string{"agent": "s", "colleague": "s", "elsewhere": "s", "supervisor": "w", "limited": "w"}},
	}
	actors := map[string]access.Actor{
		"agent":      agent,
		"colleague":  teammate,
		"only":       only,
		"elsewhere":  elsewhere,
		"supervisor": supervisor,
		"limited":    limited,
		"manager":    manager,
		"reviewer":   f.As(access.Reviewer),
	}
	for _, c := range cases {
		for name, who := range actors {
			want := c.want[name]
			if name == "reviewer" && c.conversation != otherCustomers {
				want = "s"
			}
			f.checkAccess(c.name+", "+name, who, c.conversation, want, name == "agent" && c.conversation == earlier)
		}
	}
}

// consult has an agent invite another to a conversation.
func (f *accessFixture) consult(conversationID uuid.UUID, by, invited access.Actor) {
	f.t.Helper()
	if err := f.service.Consult(context.Background(), by, "Tom", conversation.Invitation{
		Conversation:    conversationID,
		Participant:     invited.ID(),
		ParticipantName: "Mia",
	}); err != nil {
		f.t.Fatal(err)
	}
}

// checkAccess asks the database and both halves of the domain what somebody may do with a conversation.
func (f *accessFixture) checkAccess(name string, who access.Actor, conversationID uuid.UUID, want string, serving bool) {
	f.t.Helper()
	ctx, db := context.Background(), f.db.As(who)
	for _, table := range []string{"messages", "assignments"} { // who reads one reads all of it
		var n, all int
		sql := "select count(*) from " + table + " where conversation_id = $1"
		if err := db.QueryRow(ctx, sql, conversationID).Scan(&n); err != nil {
			f.t.Fatal(err)
		}
		if err := f.db.As(access.System(f.ID, "test")).QueryRow(ctx, sql, conversationID).Scan(&all); err != nil {
			f.t.Fatal(err)
		}
		if want == "" && n > 0 || want != "" && n != all && who.Role() != access.Reviewer {
			f.t.Errorf("%s: sees %d of %d rows of %s", name, n, all, table)
		}
	}
	c, err := f.service.Get(ctx, who, conversationID)
	if (err == nil) != (want != "") || err != nil && fail.KindOf(err) != fail.NotFound {
		f.t.Errorf("%s: Get says %v", name, err)
	}
	err = f.service.CheckWriteAccess(ctx, who, conversationID)
	if kind := fail.KindOf(err); (err == nil) != (want == "w") ||
		err != nil && (kind == fail.NotFound) != (want == "" && who.Can(access.ConversationReply)) {
		f.t.Errorf("%s: MayWrite says %v", name, err)
	}
	undo := errors.New("undo")
	err = db.Tx(ctx, func(tx *pg.Tenant) error {
		_, err := tx.Exec(ctx, `insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
			select org_id, conversation_id, 1000, gen_random_uuid(), visitor_id, 'note', 'agent', $2, 'x', now() from messages where conversation_id = $1 and seq = 1`, conversationID, who.ID())
		return errors.Join(err, undo)
	})
	if wrote := errors.Is(err, undo) && !pg.IsDenied(err); want == "w" && !wrote || want == "s" && wrote {
		f.t.Errorf("%s: writing a message: %v", name, err)
	}
	// What a screen is told by.
	c, err = f.service.Get(ctx, access.System(f.ID, "test"), conversationID)
	if err != nil || who.Role() == access.Reviewer {
		return
	}
	var involvement conversation.Involvement
	system := f.db.As(access.System(f.ID, "test"))
	if err := system.QueryRow(ctx,
		"select exists (select from participants where conversation_id = $1 and user_id = $2), (select everyone from "+
			"groups where id = $3) or exists (select from group_members where group_id = $3 and user_id = $2)",
		conversationID, who.ID(), c.Group).Scan(&involvement.IsParticipant, &involvement.InQueueGroup); err != nil {
		f.t.Fatal(err)
	}
	if sees := conversation.CanSee(who, c, involvement, c.OfferRecipient(time.Now())); sees != (want != "") && !serving {
		f.t.Errorf("%s: Sees says %v", name, sees)
	}
	if writes := conversation.CanWrite(who, c, involvement.IsParticipant); writes != (want == "w") {
		f.t.Errorf("%s: Writes says %v", name, writes)
	}
}

// Whoever is limited to customers is given no conversation of another, in no way.
func TestLimitedTeamMembersServeTheirCustomers(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), newAccessFixture(t)
	limited := f.AddMember(t, access.Agent, f.otherSite.CustomerID).Actor
	conversationID := f.startConversation(f.Visitor(), uuid.Nil)
	if _, err := f.service.AssignManually(ctx, f.As(access.Supervisor), conversationID, limited.ID(), uuid.Nil); fail.KindOf(err) != fail.Conflict {
		t.Errorf("assigned: %v", err)
	}
	if _, err := f.service.Take(ctx, limited, "Lea", conversationID, conversation.QueueScope{AllGroups: true}); err == nil {
		t.Error("picked from the queue")
	}
	if _, err := f.service.Take(ctx, limited, "Lea", uuid.Nil, conversation.QueueScope{
		AllGroups: true,
	}); fail.KindOf(err) != fail.NotFound {
		t.Errorf("took the next: %v", err)
	}
	agent := f.As(access.Agent)
	f.assign(conversationID, agent)
	if err := f.service.Consult(ctx, agent, "Mia", conversation.Invitation{
		Conversation:    conversationID,
		Participant:     limited.ID(),
		ParticipantName: "Lea",
	}); fail.KindOf(err) != fail.Conflict {
		t.Errorf("brought in: %v", err)
	}
	if err := f.service.Transfer(ctx, agent, "Mia", conversation.TransferRequest{
		Conversation: conversationID,
		Agent:        limited.ID(),
		ToName:       "Lea",
	}); fail.KindOf(err) != fail.Conflict {
		t.Errorf("offered: %v", err)
	}
	if err := f.service.Watch(ctx, f.AddMember(t, access.Supervisor, f.otherSite.CustomerID).Actor, "Kim",
		conversationID); fail.KindOf(err) != fail.NotFound {
		t.Errorf("a limited supervisor watches: %v", err)
	}
	c, err := f.service.Get(ctx, agent, conversationID)
	if err != nil || c.Agent != agent.ID() || c.State != conversation.Open {
		t.Errorf("it is no longer its agent's: %+v, %v", c, err)
	}
}

// An agent who transfers a conversation into a queue that it does not see has transferred it, and sees it no more.
func TestTransferToGroupOfOthers(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), newAccessFixture(t)
	agent := f.As(access.Agent)
	conversationID := f.startConversation(f.Visitor(), uuid.Nil)
	f.assign(conversationID, agent)
	if err := f.service.Transfer(ctx, agent, "Mia", conversation.TransferRequest{
		Conversation: conversationID,
		Group:        f.group,
		ToName:       "Second",
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.service.Get(ctx, agent, conversationID); fail.KindOf(err) != fail.NotFound {
		t.Errorf("still sees it: %v", err)
	}
	if messages, err := f.service.ListMessagesAfter(ctx, agent, conversationID, 0); err != nil || len(messages) > 0 {
		t.Errorf("still reads %d messages: %v", len(messages), err)
	}
	// Somebody else's is not transferred.
	others := f.startConversation(f.Visitor(), uuid.Nil)
	f.assign(others, f.AddMember(t, access.Agent).Actor)
	if err := f.service.Transfer(ctx, agent, "Mia", conversation.TransferRequest{
		Conversation: others,
		Group:        f.group,
		ToName:       "Second",
	}); fail.KindOf(err) != fail.NotFound {
		t.Errorf("transferred somebody else's: %v", err)
	}
}
