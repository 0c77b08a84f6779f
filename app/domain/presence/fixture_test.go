package presence_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// instance is one process: services of its own on the common database.
type instance struct {
	bus           *bus.Bus
	conversations *conversation.Service
	presence      *presence.Service
	stop          func()
}

// newInstance starts a process with a grace period and a lease of two seconds.
func newInstance(t testing.TB, grace time.Duration) *instance {
	t.Helper()
	b, db := bus.New(nil), testkit.DB(t)
	i := &instance{bus: b, conversations: conversation.New(db, b, conversation.Options{})}
	i.presence = presence.New(db, b, i.conversations, presence.Options{GracePeriod: grace, Lease: 2 * time.Second})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); i.presence.Run(ctx) }()
	i.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(i.stop)
	return i
}

// fixture is an organization with one group of some agents. Nothing is assigned but by assign.
type fixture struct {
	testkit.Org
	group  uuid.UUID
	agents []access.Actor
}

func newFixture(t testing.TB, agents int) *fixture {
	t.Helper()
	ctx, db, b := context.Background(), testkit.DB(t), bus.New(nil)
	p := &fixture{Org: testkit.NewOrg(t)}
	owner := p.As(access.Owner)
	groups, team := group.New(db, b), identity.New(db, b, identity.DefaultOptions())
	var err error
	if p.group, err = groups.Create(ctx, owner, "Orders"); err != nil {
		t.Fatal(err)
	}
	for n := range agents {
		in := identity.SignUp{Name: fmt.Sprintf("Agent %d", n), Email: fmt.Sprintf("a%d@%s.example", n, p.Name), Password: testkit.Password}
		id, err := team.CreateMember(ctx, p.ID, in, access.Agent, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := groups.SetMember(ctx, owner, p.group, group.Member{ID: id, IsMember: true, MaxChats: 5}); err != nil {
			t.Fatal(err)
		}
		p.agents = append(p.agents, access.User(p.ID, id, access.Agent, uuid.Nil))
	}
	return p
}

func (p *fixture) system(t testing.TB) *pg.Tenant {
	return testkit.DB(t).As(access.System(p.ID, "test"))
}

// startConversation has a new visitor ask something.
func (p *fixture) startConversation(t testing.TB, i *instance) uuid.UUID {
	t.Helper()
	question := conversation.VisitorMessage{ID: uuid.New(), Body: "Hello", Customer: p.Customer, Group: p.group}
	got, err := i.conversations.SendAsVisitor(context.Background(), p.Visitor(), question)
	if err != nil {
		t.Fatal(err)
	}
	return got.Conversation
}

// assign assigns a conversation to an agent who is online.
func (p *fixture) assign(t testing.TB, i *instance, id uuid.UUID, agent access.Actor) {
	t.Helper()
	err := p.system(t).Tx(context.Background(), func(tx *pg.Tenant) error { return assignIn(tx, i, id, agent) })
	if err != nil {
		t.Fatal(err)
	}
}

func assignIn(tx *pg.Tenant, i *instance, id uuid.UUID, agent access.Actor) error {
	list := []conversation.Assignment{{Conversation: id, Agent: agent.ID()}}
	_, err := i.conversations.Assign(context.Background(), tx, list, conversation.ReasonRouting, uuid.Nil)
	return err
}

// connect opens a desk of an agent and waits until that is stored: it changes the agent's row.
func (p *fixture) connect(t testing.TB, i *instance, agent access.Actor) {
	t.Helper()
	version := func() float64 {
		return p.queryNumber(t, "select xmin::text::bigint from agents where user_id = $1", agent.ID())
	}
	before := version()
	i.presence.Connect(agent)
	waitUntil(t, "the desk is stored", func() bool { return version() != before })
}

func (p *fixture) setStatus(t testing.TB, i *instance, agent access.Actor, status presence.Status) {
	t.Helper()
	if err := i.presence.SetStatus(context.Background(), agent, status, ""); err != nil {
		t.Fatal(err)
	}
}

func (p *fixture) statusOf(t testing.TB, i *instance, agent access.Actor) presence.Status {
	t.Helper()
	return p.availabilityOf(t, i, agent).Status
}

func (p *fixture) availabilityOf(t testing.TB, i *instance, agent access.Actor) presence.Availability {
	t.Helper()
	a, err := i.presence.GetAvailability(context.Background(), agent)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (p *fixture) stateOf(t testing.TB, i *instance, id uuid.UUID) conversation.State {
	t.Helper()
	c, err := i.conversations.Get(context.Background(), access.System(p.ID, "test"), id)
	if err != nil {
		t.Fatal(err)
	}
	return c.State
}

// queryNumber returns one number from the organization's tables.
func (p *fixture) queryNumber(t testing.TB, sql string, args ...any) (n float64) {
	t.Helper()
	if err := p.system(t).QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// waitUntil waits for something that happens in the background, for half a minute: the machine may be busy.
func waitUntil(t testing.TB, what string, done func() bool) {
	t.Helper()
	for range 3000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain until %s", what)
}
