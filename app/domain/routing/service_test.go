package routing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/identity"
	"parley/app/domain/routing"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// instance is one process: rooms of its own on the common database.
type instance struct {
	conversations *conversation.Service
	routing       *routing.Service
	stop          func()
}

func newInstance(t testing.TB, grace time.Duration) *instance {
	t.Helper()
	b := bus.New(nil)
	conversations := conversation.New(testkit.DB(t), b, conversation.Options{Alongside: []conversation.Alongside{routing.LearnAlongside}})
	service := routing.New(testkit.DB(t), b, conversations)
	service.SetTimeouts(grace, 2*time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); service.Run(ctx) }()
	i := &instance{conversations, service, sync.OnceFunc(func() { cancel(); <-ended })}
	t.Cleanup(i.stop)
	return i
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
	if p.group, err = i.routing.CreateGroup(ctx, owner, "Orders"); err != nil {
		t.Fatal(err)
	}
	team := identity.New(testkit.DB(t), bus.New(nil), identity.DefaultOptions())
	for n := range agents {
		id, err := team.CreateMember(ctx, p.ID, identity.SignUp{Name: fmt.Sprintf("Agent %d", n), Email: fmt.Sprintf("a%d@%s.example", n, p.Name), Password: testkit.Password}, access.Agent, nil)
		if err != nil {
			t.Fatal(err)
		}
		p.agents = append(p.agents, access.User(p.ID, id, access.Agent, uuid.Nil))
		if err := i.routing.SetMember(ctx, owner, p.group, routing.Member{ID: id, IsMember: true, MaxChats: maxChats}); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// startConversation has a new visitor ask something.
func (p *fixture) startConversation(t testing.TB, i *instance, text string) (uuid.UUID, access.Actor) {
	t.Helper()
	who := p.Visitor()
	got, err := i.conversations.SendAsVisitor(context.Background(), who, conversation.VisitorMessage{ID: uuid.New(), Body: text, Customer: p.Customer, Group: p.group})
	if err != nil {
		t.Fatal(err)
	}
	return got.Conversation, who
}

func (p *fixture) setStatus(t testing.TB, i *instance, agent access.Actor, status routing.Status) {
	t.Helper()
	if err := i.routing.SetStatus(context.Background(), agent, status, ""); err != nil {
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

// What the database learns from replies is what the driver of the rule learns from the same times.
func TestDatabaseLearnsLikeEstimates(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 1, 5)
	agent := p.agents[0]
	p.setStatus(t, i, agent, routing.Online)
	var pace routing.GroupEstimate
	var sums, own routing.ReplyTimes
	var share routing.Occupancy
	read := func() (g routing.GroupEstimate, a, in routing.ReplyTimes, s routing.Occupancy) {
		t.Helper()
		g = routing.GroupEstimate{Work: p.queryNumber(t, "select reply_seconds from groups where id = $1", p.group), Replies: p.queryNumber(t, "select reply_count from groups where id = $1", p.group),
			Think: p.queryNumber(t, "select think_seconds from groups where id = $1", p.group), Messages: p.queryNumber(t, "select think_count from groups where id = $1", p.group)}
		agents := "select %s from agents where user_id = $1"
		a = routing.ReplyTimes{Actual: p.queryNumber(t, fmt.Sprintf(agents, "reply_seconds"), agent.ID()), Expected: p.queryNumber(t, fmt.Sprintf(agents, "expected_reply_seconds"), agent.ID())}
		s = routing.Occupancy{Busy: p.queryNumber(t, fmt.Sprintf(agents, "busy_seconds"), agent.ID()), Online: p.queryNumber(t, fmt.Sprintf(agents, "online_seconds"), agent.ID()),
			At: p.queryNumber(t, fmt.Sprintf(agents, "extract(epoch from load_updated_at)"), agent.ID())}
		in = routing.ReplyTimes{Actual: p.queryNumber(t, "select coalesce(sum(reply_seconds), 0) from agent_speeds where user_id = $1", agent.ID()),
			Expected: p.queryNumber(t, "select coalesce(sum(expected_reply_seconds), 0) from agent_speeds where user_id = $1", agent.ID())}
		return g, a, in, s
	}
	pace, sums, own, share = read()
	var cs []uuid.UUID
	var visitors []access.Actor
	for n := range 3 {
		c, v := p.startConversation(t, i, fmt.Sprint("Question ", n))
		cs, visitors = append(cs, c), append(visitors, v)
		waitUntil(t, "it is given", func() bool { return p.getConversation(t, i, c).Agent == agent.ID() })
	}
	for n := range 12 {
		c := cs[n%3]
		if n >= 3 {
			if _, err := i.conversations.SendAsVisitor(ctx, visitors[n%3], conversation.VisitorMessage{ID: uuid.New(), Body: "More", Customer: p.Customer}); err != nil {
				t.Fatal(err)
			}
		}
		if n == 6 { // as if much time had passed: all times of the organization are an hour older
			for _, sql := range []string{
				"update agents set last_reply_at = last_reply_at - interval '50 seconds', load_updated_at = load_updated_at - interval '1 hour', came_online = came_online - interval '1 hour'",
				"update conversations set waiting_since = waiting_since - interval '20 seconds', assigned_at = assigned_at - interval '1 hour'"} {
				if _, err := testkit.DB(t).As(access.System(p.ID, "test")).Exec(ctx, sql); err != nil {
					t.Fatal(err)
				}
			}
			pace, sums, own, share = read()
		}
		before := map[string]float64{}
		for name, sql := range map[string]string{"since": "select extract(epoch from waiting_since) from conversations where id = $1",
			"assigned": "select extract(epoch from assigned_at) from conversations where id = $1"} {
			before[name] = p.queryNumber(t, sql, c)
		}
		last := p.queryNumber(t, "select coalesce(extract(epoch from last_reply_at), 0) from agents where user_id = $1", agent.ID())
		came := p.queryNumber(t, "select extract(epoch from came_online) from agents where user_id = $1", agent.ID())
		thought := p.queryNumber(t, "select coalesce(last_think_seconds, -1) from conversations where id = $1", c)
		m, err := i.conversations.SendAsAgent(ctx, agent, c, uuid.New(), conversation.Text, "Answer")
		if err != nil {
			t.Fatal(err)
		}
		now := float64(m.At.UnixMicro()) / 1e6
		routing.LearnFromReply(&pace, &sums, &own, &share, now, thought, before["since"], before["assigned"], last, came)
		g, a, in, s := read()
		for what, pair := range map[string][2]float64{"the group's work": {g.Work, pace.Work}, "its replies": {g.Replies, pace.Replies}, "its think": {g.Think, pace.Think},
			"its messages": {g.Messages, pace.Messages}, "the agent's time": {a.Actual, sums.Actual}, "as expected": {a.Expected, sums.Expected},
			"in the group": {in.Actual, own.Actual}, "as expected there": {in.Expected, own.Expected}, "busy": {s.Busy, share.Busy}, "online": {s.Online, share.Online}} {
			if math.Abs(pair[0]-pair[1]) > 1e-3*math.Max(1, math.Abs(pair[1])) {
				t.Errorf("reply %d, %s: the database has %v, the rule %v", n, what, pair[0], pair[1])
			}
		}
		pace, sums, own, share = g, a, in, s
	}
}

// The ways of availability: given only to who is online, given back, lost, and had again.
func TestAvailability(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, 300*time.Millisecond)
	p := newFixture(t, i, 2, 5)
	mia, tom := p.agents[0], p.agents[1]
	agentOf := func(c uuid.UUID) uuid.UUID { return p.getConversation(t, i, c).Agent }

	// Nobody is there; then Mia's desk opens, twice: two tabs count once.
	c, v := p.startConversation(t, i, "Hello")
	i.routing.Connect(mia)
	i.routing.Connect(mia)
	waitUntil(t, "Mia has it", func() bool { return agentOf(c) == mia.ID() })
	i.routing.Disconnect(mia)
	time.Sleep(500 * time.Millisecond)
	if a, err := i.routing.GetAvailability(ctx, mia); err != nil || a.Status != routing.Online || a.OpenChats != 1 {
		t.Errorf("one of two tabs closed: %+v, %v", a, err)
	}
	if _, err := i.conversations.SendAsAgent(ctx, mia, c, uuid.New(), conversation.Text, "Hello!"); err != nil {
		t.Fatal(err)
	}
	// The connection is lost: after the grace it waits, first in line and for Mia rather than for others.
	i.routing.Disconnect(mia)
	waitUntil(t, "it waits again", func() bool { return p.getConversation(t, i, c).State == conversation.Waiting })
	if a, err := i.routing.GetAvailability(ctx, mia); err != nil || a.Status != routing.Offline || a.OpenChats != 0 {
		t.Errorf("after the loss: %+v, %v", a, err)
	}
	i.routing.Connect(mia)
	waitUntil(t, "Mia has it again", func() bool { return agentOf(c) == mia.ID() })
	// A short loss costs nothing.
	i.routing.Disconnect(mia)
	time.Sleep(50 * time.Millisecond)
	i.routing.Connect(mia)
	time.Sleep(500 * time.Millisecond)
	if got := p.getConversation(t, i, c); got.Agent != mia.ID() || got.StateReason != conversation.ReasonRouting {
		t.Errorf("after a short loss: %+v", got)
	}
	// Away: nothing new, and what she has is given back after the time allowed.
	if err := i.routing.UpdateSettings(ctx, p.As(access.Owner), routing.RoutingSettings{AwayRequeueAfter: time.Minute}); err != nil {
		t.Fatal(err)
	}
	p.setStatus(t, i, mia, routing.Away)
	c2, _ := p.startConversation(t, i, "Another")
	time.Sleep(300 * time.Millisecond)
	if got := p.getConversation(t, i, c2); got.State != conversation.Waiting {
		t.Errorf("given to somebody who is away: %+v", got)
	}
	if err := i.routing.UpdateSettings(ctx, p.As(access.Owner), routing.RoutingSettings{}); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "she has given back", func() bool { return p.getConversation(t, i, c).State == conversation.Waiting })
	i.routing.Connect(tom)
	waitUntil(t, "Tom has both", func() bool { return agentOf(c) == tom.ID() && agentOf(c2) == tom.ID() })
	// Offline by choice stays offline at the next desk; logging out does not.
	p.setStatus(t, i, tom, routing.Offline)
	waitUntil(t, "both wait", func() bool {
		return p.getConversation(t, i, c).State == conversation.Waiting && p.getConversation(t, i, c2).State == conversation.Waiting
	})
	i.routing.Connect(tom)
	time.Sleep(200 * time.Millisecond)
	if a, err := i.routing.GetAvailability(ctx, tom); err != nil || a.Status != routing.Offline {
		t.Errorf("offline by choice, at the next desk: %+v %v", a, err)
	}
	i.routing.Disconnect(tom) // one desk is left, and that is where he logs out
	if err := i.routing.GoOfflineAtLogout(ctx, tom); err != nil {
		t.Fatal(err)
	}
	i.routing.Connect(tom)
	waitUntil(t, "Tom has them again", func() bool { return agentOf(c) == tom.ID() })
	// A visitor who returns goes to its former agent.
	p.setStatus(t, i, mia, routing.Online)
	if _, err := i.conversations.Close(ctx, tom, c); err != nil {
		t.Fatal(err)
	}
	if err := i.routing.UpdateSettings(ctx, p.As(access.Owner), routing.RoutingSettings{FormerAgentWindow: time.Hour}); err != nil {
		t.Fatal(err)
	}
	again, err := i.conversations.SendAsVisitor(ctx, v, conversation.VisitorMessage{ID: uuid.New(), Body: "Once more", Customer: p.Customer, Group: p.group})
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "Tom has it once more", func() bool { return agentOf(again.Conversation) == tom.ID() })
}

// A process that dies without a word: its agents' conversations come back when its lease is over.
func TestDeadInstanceReleasesConversations(t *testing.T) {
	t.Parallel()
	alive, dead := newInstance(t, time.Second), newInstance(t, time.Hour)
	p := newFixture(t, alive, 2, 5)
	dead.routing.Connect(p.agents[0])
	waitUntil(t, "the agent is online", func() bool {
		a, err := alive.routing.GetAvailability(context.Background(), p.agents[0])
		return err == nil && a.Status == routing.Online
	})
	c, _ := p.startConversation(t, dead, "Hello")
	waitUntil(t, "it is given", func() bool { return p.getConversation(t, alive, c).State == conversation.Open })
	dead.routing.Abandon()
	alive.routing.Connect(p.agents[1])
	waitUntil(t, "a colleague at another process has it", func() bool { return p.getConversation(t, alive, c).Agent == p.agents[1].ID() })
}

// Reasons are kept and read in words, by managers only.
func TestAssignmentExplanations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 2, 1)
	for _, a := range p.agents {
		p.setStatus(t, i, a, routing.Online)
	}
	first, _ := p.startConversation(t, i, "Hello")
	waitUntil(t, "it is given", func() bool { return p.getConversation(t, i, first).State == conversation.Open })
	second, _ := p.startConversation(t, i, "Hello too")
	waitUntil(t, "it is given", func() bool { return p.getConversation(t, i, second).State == conversation.Open })
	had, err := i.routing.ListAssignments(ctx, p.As(access.Manager), second)
	if err != nil || len(had) != 1 || had[0].How != conversation.ReasonRouting {
		t.Fatalf("%+v %v", had, err)
	}
	text := strings.Join(had[0].Reasons, " ")
	for _, want := range []string{"It had waited", "was expected to answer it within", "Nobody else could take it", "Passed over: Agent", "has all it may have"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	for _, role := range []access.Role{access.Supervisor, access.Agent, access.Reviewer} {
		if _, err := i.routing.ListAssignments(ctx, p.As(role), second); fail.KindOf(err) != fail.Forbidden {
			t.Errorf("%s: %v", role, err)
		}
	}
	b, err := i.routing.GetMonitor(ctx, p.As(access.Supervisor))
	if err != nil || b.HasAgentFigures || len(b.Agents) != 2 || b.Agents[0].Speed != 0 {
		t.Errorf("a supervisor's board: %+v %v", b, err)
	}
	raw, err := json.Marshal(b)
	if err != nil || strings.Contains(string(raw), `"Speed":1`) {
		t.Errorf("a person's speed is on a supervisor's board: %s", raw)
	}
	if _, err := i.routing.GetMonitor(ctx, p.As(access.Agent)); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("an agent's board: %v", err)
	}
}
