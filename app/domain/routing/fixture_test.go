package routing_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/tools/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// instance is one process: services of its own on the common database.
type instance struct {
	conversations *conversation.Service
	groups        *group.Service
	presence      *presence.Service
	routing       *routing.Service
	stop          func()
}

// newInstance starts a process with a grace period. Its rounds are counted if there is an observer.
func newInstance(t testing.TB, grace time.Duration, observers ...routing.Observer) *instance {
	t.Helper()
	i := newIdleInstance(t, grace, observers...)
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { i.presence.Run(ctx) })
	parts.Go(func() { i.routing.Run(ctx) })
	i.stop = sync.OnceFunc(func() { cancel(); parts.Wait() })
	t.Cleanup(i.stop)
	return i
}

// newIdleInstance returns a process whose leases are not renewed.
func newIdleInstance(t testing.TB, grace time.Duration, observers ...routing.Observer) *instance {
	t.Helper()
	b, db := bus.New(nil), testkit.DB(t)
	i := &instance{
		conversations: conversation.New(db, b, conversation.Options{Alongside: []conversation.Alongside{routing.LearnAlongside}}),
		groups:        group.New(db, b),
	}
	i.presence = presence.New(db, b, i.conversations, presence.Options{GracePeriod: grace, Lease: 2 * time.Second})
	var o routing.Options
	for _, observer := range observers {
		o.Observer = observer
	}
	i.routing = routing.New(db, b, i.conversations, i.groups, i.presence, o)
	return i
}

// abandon stops the process as if it had died.
func (i *instance) abandon() {
	i.routing.Abandon()
	i.presence.Abandon()
}

// roundCounter counts the rounds of a process.
type roundCounter struct{ n atomic.Int64 }

func (c *roundCounter) RoundDone(routing.Round) { c.n.Add(1) }

// end reports whether rounds end within a minute: seven seconds pass without one, in which a queue that is tried again and
// again has two. The events of a desk and of the queue cause some at first.
func (c *roundCounter) end() bool {
	for range 8 {
		before := c.n.Load()
		time.Sleep(7 * time.Second)
		if c.n.Load() == before {
			return true
		}
	}
	return false
}

// fixture is an organization with one automatic group of some agents.
type fixture struct {
	testkit.Org
	group  uuid.UUID
	agents []access.Actor
}

func newFixture(t testing.TB, i *instance, agents, maxChats int) *fixture {
	t.Helper()
	ctx := context.Background()
	p := &fixture{Org: testkit.NewOrg(t)}
	owner := p.As(access.Owner)
	var err error
	if p.group, err = i.groups.Create(ctx, owner, "Orders"); err != nil {
		t.Fatal(err)
	}
	team := identity.New(testkit.DB(t), bus.New(nil), identity.DefaultOptions())
	for n := range agents {
		id, err := team.CreateMember(ctx, p.ID,
			identity.SignUp{Name: fmt.Sprintf("Agent %d", n), Email: fmt.Sprintf("a%d@%s.example", n, p.Name), Password: testkit.Password},
			access.Agent, nil)
		if err != nil {
			t.Fatal(err)
		}
		p.agents = append(p.agents, access.User(p.ID, id, access.Agent, uuid.Nil))
		if err := i.groups.SetMember(ctx, owner, p.group, group.Member{ID: id, IsMember: true, MaxChats: maxChats}); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// startConversation has a new visitor ask something.
func (p *fixture) startConversation(t testing.TB, i *instance, text string) (uuid.UUID, access.Actor) {
	t.Helper()
	who := p.Visitor()
	got, err := i.conversations.SendAsVisitor(context.Background(), who, conversation.VisitorMessage{
		ID:       uuid.New(),
		Body:     text,
		Customer: p.Customer,
		Group:    p.group,
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.Conversation, who
}

func (p *fixture) setStatus(t testing.TB, i *instance, agent access.Actor, status presence.Status) {
	t.Helper()
	if err := i.presence.SetStatus(context.Background(), agent, status, ""); err != nil {
		t.Fatal(err)
	}
}

// waitUntil waits for something that happens by itself.
func waitUntil(t testing.TB, what string, done func() bool) {
	t.Helper()
	for range 3000 { // half a minute: the machine may be busy
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain until %s", what)
}

func (p *fixture) getConversation(t testing.TB, i *instance, id uuid.UUID) conversation.Conversation {
	t.Helper()
	c, err := i.conversations.Get(context.Background(), access.System(p.ID, "test"), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// queryNumber returns one number from the organization's tables.
func (p *fixture) queryNumber(t testing.TB, sql string, args ...any) (n float64) {
	t.Helper()
	if err := testkit.DB(t).As(access.System(p.ID, "test")).QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}
