package queue_test

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

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/identity"
	"parley/app/queue"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// instance is one process: rooms of its own on the common database.
type instance struct {
	chat  *chat.Room
	queue *queue.Room
	stop  func()
}

func newInstance(t testing.TB, grace time.Duration) *instance {
	t.Helper()
	b := bus.New(nil)
	chats := chat.New(apptest.DB(t), b)
	chats.Window(0)
	r := queue.New(apptest.DB(t), b, chats)
	r.Patience(grace, 2*time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	i := &instance{chats, r, sync.OnceFunc(func() { cancel(); <-ended })}
	t.Cleanup(i.stop)
	return i
}

// place is an organization with one automatic group of some agents.
type place struct {
	apptest.Org
	group  uuid.UUID
	agents []access.Actor
}

func newPlace(t testing.TB, i *instance, agents, most int) *place {
	t.Helper()
	ctx := context.Background()
	p := &place{Org: apptest.NewOrg(t)}
	owner := p.As(access.Owner)
	var err error
	if p.group, err = i.queue.AddGroup(ctx, owner, "Orders"); err != nil {
		t.Fatal(err)
	}
	people := identity.New(apptest.DB(t), bus.New(nil), false)
	for n := range agents {
		id, err := people.Create(ctx, p.ID, identity.SignUp{Name: fmt.Sprintf("Agent %d", n), Email: fmt.Sprintf("a%d@%s.example", n, p.Name), Password: apptest.Password}, access.Agent, nil)
		if err != nil {
			t.Fatal(err)
		}
		p.agents = append(p.agents, access.User(p.ID, id, access.Agent, uuid.Nil))
		if err := i.queue.SetMember(ctx, owner, p.group, queue.Member{ID: id, In: true, Cap: most}); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// begin has a new visitor ask something.
func (p *place) begin(t testing.TB, i *instance, text string) (uuid.UUID, access.Actor) {
	t.Helper()
	who := p.Visitor()
	got, err := i.chat.SayAsVisitor(context.Background(), who, chat.FromVisitor{ID: uuid.New(), Body: text, Customer: p.Customer, Group: p.group})
	if err != nil {
		t.Fatal(err)
	}
	return got.Conversation, who
}

func (p *place) status(t testing.TB, i *instance, agent access.Actor, status queue.Status) {
	t.Helper()
	if err := i.queue.SetStatus(context.Background(), agent, status, ""); err != nil {
		t.Fatal(err)
	}
}

// until waits for something that happens by itself.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for range 3000 { // half a minute: the machine may be busy
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain until %s", what)
}

func (p *place) get(t testing.TB, i *instance, id uuid.UUID) chat.Conversation {
	t.Helper()
	c, err := i.chat.Get(context.Background(), access.System(p.ID, "test"), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ask returns one number from the organization's tables.
func (p *place) ask(t testing.TB, sql string, args ...any) (n float64) {
	t.Helper()
	if err := apptest.DB(t).As(access.System(p.ID, "test")).QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// What the database learns from replies is what the driver of the rule learns from the same times.
func TestLearningIsOne(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newPlace(t, i, 1, 5)
	agent := p.agents[0]
	p.status(t, i, agent, queue.Online)
	var pace queue.Pace
	var sums, own queue.Sums
	var share queue.Share
	read := func() (g queue.Pace, a, in queue.Sums, s queue.Share) {
		t.Helper()
		g = queue.Pace{Work: p.ask(t, "select work from groups where id = $1", p.group), Replies: p.ask(t, "select replies from groups where id = $1", p.group),
			Think: p.ask(t, "select think from groups where id = $1", p.group), Messages: p.ask(t, "select messages from groups where id = $1", p.group)}
		agents := "select %s from agents where user_id = $1"
		a = queue.Sums{Took: p.ask(t, fmt.Sprintf(agents, "took"), agent.ID()), Expected: p.ask(t, fmt.Sprintf(agents, "expected"), agent.ID())}
		s = queue.Share{Busy: p.ask(t, fmt.Sprintf(agents, "busy"), agent.ID()), Online: p.ask(t, fmt.Sprintf(agents, "online"), agent.ID()),
			At: p.ask(t, fmt.Sprintf(agents, "extract(epoch from busy_at)"), agent.ID())}
		in = queue.Sums{Took: p.ask(t, "select coalesce(sum(took), 0) from agent_speeds where user_id = $1", agent.ID()),
			Expected: p.ask(t, "select coalesce(sum(expected), 0) from agent_speeds where user_id = $1", agent.ID())}
		return g, a, in, s
	}
	pace, sums, own, share = read()
	var cs []uuid.UUID
	var visitors []access.Actor
	for n := range 3 {
		c, v := p.begin(t, i, fmt.Sprint("Question ", n))
		cs, visitors = append(cs, c), append(visitors, v)
		until(t, "it is given", func() bool { return p.get(t, i, c).Agent == agent.ID() })
	}
	for n := range 12 {
		c := cs[n%3]
		if n >= 3 {
			if _, err := i.chat.SayAsVisitor(ctx, visitors[n%3], chat.FromVisitor{ID: uuid.New(), Body: "More", Customer: p.Customer}); err != nil {
				t.Fatal(err)
			}
		}
		if n == 6 { // as if much time had passed: all times of the organization are an hour older
			for _, sql := range []string{
				"update agents set last_reply_at = last_reply_at - interval '50 seconds', busy_at = busy_at - interval '1 hour', came_online = came_online - interval '1 hour'",
				"update conversations set waiting_since = waiting_since - interval '20 seconds', assigned_at = assigned_at - interval '1 hour'"} {
				if _, err := apptest.DB(t).As(access.System(p.ID, "test")).Exec(ctx, sql); err != nil {
					t.Fatal(err)
				}
			}
			pace, sums, own, share = read()
		}
		before := map[string]float64{}
		for name, sql := range map[string]string{"since": "select extract(epoch from waiting_since) from conversations where id = $1",
			"assigned": "select extract(epoch from assigned_at) from conversations where id = $1"} {
			before[name] = p.ask(t, sql, c)
		}
		last := p.ask(t, "select coalesce(extract(epoch from last_reply_at), 0) from agents where user_id = $1", agent.ID())
		came := p.ask(t, "select extract(epoch from came_online) from agents where user_id = $1", agent.ID())
		thought := p.ask(t, "select coalesce(thought, -1) from conversations where id = $1", c)
		m, err := i.chat.SayAsAgent(ctx, agent, c, uuid.New(), chat.Text, "Answer")
		if err != nil {
			t.Fatal(err)
		}
		now := float64(m.At.UnixMicro()) / 1e6
		queue.Learned(&pace, &sums, &own, &share, now, thought, before["since"], before["assigned"], last, came)
		g, a, in, s := read()
		for what, pair := range map[string][2]float64{"the group's work": {g.Work, pace.Work}, "its replies": {g.Replies, pace.Replies}, "its think": {g.Think, pace.Think},
			"its messages": {g.Messages, pace.Messages}, "the agent's time": {a.Took, sums.Took}, "as expected": {a.Expected, sums.Expected},
			"in the group": {in.Took, own.Took}, "as expected there": {in.Expected, own.Expected}, "busy": {s.Busy, share.Busy}, "online": {s.Online, share.Online}} {
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
	p := newPlace(t, i, 2, 5)
	mia, tom := p.agents[0], p.agents[1]
	agentOf := func(c uuid.UUID) uuid.UUID { return p.get(t, i, c).Agent }

	// Nobody is there; then Mia's desk opens, twice: two tabs count once.
	c, v := p.begin(t, i, "Hello")
	i.queue.Enter(mia)
	i.queue.Enter(mia)
	until(t, "Mia has it", func() bool { return agentOf(c) == mia.ID() })
	i.queue.Exit(mia)
	time.Sleep(500 * time.Millisecond)
	if a, err := i.queue.Mine(ctx, mia); err != nil || a.Status != queue.Online || a.Open != 1 {
		t.Errorf("one of two tabs closed: %+v, %v", a, err)
	}
	if _, err := i.chat.SayAsAgent(ctx, mia, c, uuid.New(), chat.Text, "Hello!"); err != nil {
		t.Fatal(err)
	}
	// The connection is lost: after the grace it waits, first in line and for Mia rather than for others.
	i.queue.Exit(mia)
	until(t, "it waits again", func() bool { return p.get(t, i, c).State == chat.Waiting })
	if a, err := i.queue.Mine(ctx, mia); err != nil || a.Status != queue.Offline || a.Open != 0 {
		t.Errorf("after the loss: %+v, %v", a, err)
	}
	i.queue.Enter(mia)
	until(t, "Mia has it again", func() bool { return agentOf(c) == mia.ID() })
	// A short loss costs nothing.
	i.queue.Exit(mia)
	time.Sleep(50 * time.Millisecond)
	i.queue.Enter(mia)
	time.Sleep(500 * time.Millisecond)
	if got := p.get(t, i, c); got.Agent != mia.ID() || got.CameBy != chat.ByRouting {
		t.Errorf("after a short loss: %+v", got)
	}
	// Away: nothing new, and what she has is given back after the time allowed.
	if err := i.queue.SetRules(ctx, p.As(access.Owner), queue.Rules{HandBack: time.Minute}); err != nil {
		t.Fatal(err)
	}
	p.status(t, i, mia, queue.Away)
	c2, _ := p.begin(t, i, "Another")
	time.Sleep(300 * time.Millisecond)
	if got := p.get(t, i, c2); got.State != chat.Waiting {
		t.Errorf("given to somebody who is away: %+v", got)
	}
	if err := i.queue.SetRules(ctx, p.As(access.Owner), queue.Rules{}); err != nil {
		t.Fatal(err)
	}
	until(t, "she has given back", func() bool { return p.get(t, i, c).State == chat.Waiting })
	i.queue.Enter(tom)
	until(t, "Tom has both", func() bool { return agentOf(c) == tom.ID() && agentOf(c2) == tom.ID() })
	// Offline by choice stays offline at the next desk; logging out does not.
	p.status(t, i, tom, queue.Offline)
	until(t, "both wait", func() bool { return p.get(t, i, c).State == chat.Waiting && p.get(t, i, c2).State == chat.Waiting })
	i.queue.Enter(tom)
	time.Sleep(200 * time.Millisecond)
	if a, err := i.queue.Mine(ctx, tom); err != nil || a.Status != queue.Offline {
		t.Errorf("offline by choice, at the next desk: %+v %v", a, err)
	}
	i.queue.Exit(tom) // one desk is left, and that is where he logs out
	if err := i.queue.GoHome(ctx, tom); err != nil {
		t.Fatal(err)
	}
	i.queue.Enter(tom)
	until(t, "Tom has them again", func() bool { return agentOf(c) == tom.ID() })
	// A visitor who returns goes to its former agent.
	p.status(t, i, mia, queue.Online)
	if _, err := i.chat.Close(ctx, tom, c); err != nil {
		t.Fatal(err)
	}
	if err := i.queue.SetRules(ctx, p.As(access.Owner), queue.Rules{Former: time.Hour}); err != nil {
		t.Fatal(err)
	}
	again, err := i.chat.SayAsVisitor(ctx, v, chat.FromVisitor{ID: uuid.New(), Body: "Once more", Customer: p.Customer, Group: p.group})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "Tom has it once more", func() bool { return agentOf(again.Conversation) == tom.ID() })
}

// A process that dies without a word: its agents' conversations come back when its lease is over.
func TestDeadProcess(t *testing.T) {
	t.Parallel()
	alive, dead := newInstance(t, time.Second), newInstance(t, time.Hour)
	p := newPlace(t, alive, 2, 5)
	dead.queue.Enter(p.agents[0])
	until(t, "the agent is online", func() bool {
		a, err := alive.queue.Mine(context.Background(), p.agents[0])
		return err == nil && a.Status == queue.Online
	})
	c, _ := p.begin(t, dead, "Hello")
	until(t, "it is given", func() bool { return p.get(t, alive, c).State == chat.Open })
	dead.queue.Abandon()
	alive.queue.Enter(p.agents[1])
	until(t, "a colleague at another process has it", func() bool { return p.get(t, alive, c).Agent == p.agents[1].ID() })
}

// Reasons are kept and read in words, by managers only.
func TestReasons(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newPlace(t, i, 2, 1)
	for _, a := range p.agents {
		p.status(t, i, a, queue.Online)
	}
	first, _ := p.begin(t, i, "Hello")
	until(t, "it is given", func() bool { return p.get(t, i, first).State == chat.Open })
	second, _ := p.begin(t, i, "Hello too")
	until(t, "it is given", func() bool { return p.get(t, i, second).State == chat.Open })
	had, err := i.queue.History(ctx, p.As(access.Manager), second)
	if err != nil || len(had) != 1 || had[0].How != chat.ByRouting {
		t.Fatalf("%+v %v", had, err)
	}
	text := strings.Join(had[0].Reasons, " ")
	for _, want := range []string{"It had waited", "was expected to answer it within", "Nobody else could take it", "Passed over: Agent", "has all it may have"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	for _, role := range []access.Role{access.Supervisor, access.Agent, access.Reviewer} {
		if _, err := i.queue.History(ctx, p.As(role), second); fail.KindOf(err) != fail.Forbidden {
			t.Errorf("%s: %v", role, err)
		}
	}
	b, err := i.queue.Board(ctx, p.As(access.Supervisor))
	if err != nil || b.Figures || len(b.Agents) != 2 || b.Agents[0].Speed != 0 {
		t.Errorf("a supervisor's board: %+v %v", b, err)
	}
	raw, err := json.Marshal(b)
	if err != nil || strings.Contains(string(raw), `"Speed":1`) {
		t.Errorf("a person's speed is on a supervisor's board: %s", raw)
	}
	if _, err := i.queue.Board(ctx, p.As(access.Agent)); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("an agent's board: %v", err)
	}
}
