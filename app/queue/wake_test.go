package queue_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/pg"
	"parley/app/queue"
)

// The only process restarts while somebody waits: the next one knows nothing, and serves the line all the same.
func TestRestartWithALine(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	before := newInstance(t, 10*time.Second)
	p := newPlace(t, before, 1, 1)
	agent := p.agents[0]
	before.queue.Enter(agent)
	first, _ := p.begin(t, before, "First")
	until(t, "it is given", func() bool { return p.get(t, before, first).State == chat.Open })
	second, _ := p.begin(t, before, "Second")
	before.stop()
	after := newInstance(t, 10*time.Second)
	after.queue.Enter(agent)
	until(t, "the desk is noted", func() bool { return p.ask(t, "select count(*) from presence") == 2 })
	if _, err := after.chat.Close(ctx, agent, first); err != nil {
		t.Fatal(err)
	}
	until(t, "the second is given", func() bool { return p.get(t, after, second).Agent == agent.ID() })
}

// A process that was silent for longer than its lease, and lives: who sits there is not gone.
func TestStalledProcess(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	quick, slow := newInstance(t, 10*time.Second), newInstance(t, 10*time.Second)
	p := newPlace(t, quick, 2, 1)
	quick.queue.Enter(p.agents[0])
	slow.queue.Enter(p.agents[1])
	status := func(n int) queue.Status {
		a, err := quick.queue.Mine(ctx, p.agents[n])
		if err != nil {
			t.Fatal(err)
		}
		return a.Status
	}
	until(t, "both are online", func() bool { return status(0) == queue.Online && status(1) == queue.Online })
	slow.queue.Stall(4 * time.Second)
	until(t, "it is taken for gone", func() bool { return status(1) == queue.Offline })
	until(t, "it is there again", func() bool { return status(1) == queue.Online })
	time.Sleep(3 * time.Second)
	if status(0) != queue.Online || status(1) != queue.Online || p.ask(t, "select count(*) from presence") != 2 {
		t.Errorf("afterwards: %s, %s", status(0), status(1))
	}
}

// Going offline while a round is just giving: what is given meanwhile goes back with the rest.
func TestOfflineWhileGiven(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, 10*time.Second)
	p := newPlace(t, i, 1, 1)
	agent := p.agents[0]
	c, _ := p.begin(t, i, "Hello")
	i.queue.Abandon() // no rounds but the one below
	p.status(t, i, agent, queue.Online)
	done := make(chan error, 1)
	err := apptest.DB(t).As(access.System(p.ID, "test")).Tx(ctx, func(tx *pg.Tenant) error {
		_, err := i.chat.Give(ctx, tx, []chat.Gift{{Conversation: c, Agent: agent.ID()}}, chat.ByRouting, uuid.Nil)
		go func() { done <- i.queue.SetStatus(ctx, agent, queue.Offline, "") }()
		time.Sleep(200 * time.Millisecond)
		return err
	})
	if err == nil {
		err = <-done
	}
	if a, mine := i.queue.Mine(ctx, agent); err != nil || mine != nil || a.Status != queue.Offline || a.Open != 0 {
		t.Errorf("offline by choice: %+v %v %v", a, err, mine)
	}
}

// While nobody is there who could come to take it, a line costs nothing.
func TestNobodyIsNotAsked(t *testing.T) {
	t.Parallel()
	b := bus.New(nil)
	chats := chat.New(apptest.DB(t), b)
	chats.Window(0)
	r := queue.New(apptest.DB(t), b, chats)
	var rounds atomic.Int64
	r.OnRound = func(queue.Round) { rounds.Add(1) }
	i := &instance{chat: chats, queue: r}
	p := newPlace(t, i, 1, 5)
	p.begin(t, i, "Hello")
	until(t, "it was looked at", func() bool { return rounds.Load() > 0 })
	time.Sleep(4 * time.Second) // the bell of the line itself is looked after once
	before := rounds.Load()
	time.Sleep(7 * time.Second)
	if n := rounds.Load() - before; n > 0 {
		t.Errorf("%d rounds in seven seconds, though nobody of the organization is there", n)
	}
}

// A line of a closed group waits for the hour, though agents sit there.
func TestClosedGroupIsNotAsked(t *testing.T) {
	t.Parallel()
	i := newInstance(t, time.Minute)
	var rounds atomic.Int64
	i.queue.OnRound = func(queue.Round) { rounds.Add(1) }
	p := newPlace(t, i, 1, 5)
	owner := p.As(access.Owner)
	today := time.Now().UTC()
	closed := queue.Settings{Name: "Orders", Automatic: true, Hours: queue.Hours{Zone: time.UTC, Holidays: []string{today.Format(time.DateOnly), today.Add(24 * time.Hour).Format(time.DateOnly)}}}
	if err := i.queue.UpdateGroup(context.Background(), owner, p.group, closed); err != nil {
		t.Fatal(err)
	}
	i.queue.Enter(p.agents[0])
	c, _ := p.begin(t, i, "Hello")
	until(t, "it was looked at", func() bool { return rounds.Load() > 0 })
	time.Sleep(4 * time.Second) // the bells of the desk and of the line are looked after once
	before := rounds.Load()
	time.Sleep(7 * time.Second)
	if n := rounds.Load() - before; n > 0 || p.get(t, i, c).State != chat.Waiting {
		t.Errorf("%d rounds in seven seconds for a group that is closed", n)
	}
}

// Two groups that take over from each other, and a customer that has all of its share: nothing goes to and fro.
func TestNoGoingToAndFro(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newPlace(t, i, 2, 5)
	owner := p.As(access.Owner)
	second, err := i.queue.AddGroup(ctx, owner, "Second")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		i.queue.SetMember(ctx, owner, second, queue.Member{ID: p.agents[1].ID(), In: true, Cap: 5}),
		i.queue.SetMember(ctx, owner, p.group, queue.Member{ID: p.agents[1].ID(), Cap: 5}),
		i.queue.UpdateGroup(ctx, owner, p.group, queue.Settings{Name: "Orders", Automatic: true, Overflow: second}),
		i.queue.UpdateGroup(ctx, owner, second, queue.Settings{Name: "Second", Automatic: true}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := i.queue.UpdateGroup(ctx, owner, second, queue.Settings{Name: "Second", Automatic: true, Overflow: p.group}); fail.KindOf(err) != fail.Invalid {
		t.Errorf("a circle: %v", err)
	}
	for _, sql := range []string{"update customers set share = 1", "update groups set overflow_id = (select x.id from groups x where x.name = 'Orders') where name = 'Second'"} { // an old circle
		if _, err := apptest.DB(t).As(access.System(p.ID, "test")).Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range p.agents {
		i.queue.Enter(a)
	}
	first, _ := p.begin(t, i, "First")
	until(t, "it is given", func() bool { return p.get(t, i, first).State == chat.Open })
	c, _ := p.begin(t, i, "Second")
	time.Sleep(time.Second)
	if n := p.ask(t, "select count(*) from messages where conversation_id = $1", c); n != 1 {
		t.Errorf("%v messages in a conversation in which one was written", n)
	}
	// Who has the answer does not wait for another when it goes back into the line.
	agent := access.User(p.ID, p.get(t, i, first).Agent, access.Agent, uuid.Nil)
	if _, err := i.chat.SayAsAgent(ctx, agent, first, uuid.New(), chat.Text, "Answer"); err != nil {
		t.Fatal(err)
	}
	p.status(t, i, agent, queue.Offline)
	if got := p.get(t, i, first); !got.WaitingSince.IsZero() || got.State == chat.Waiting && got.LineSince.IsZero() {
		t.Errorf("in line with its answer: %+v", got)
	}
}
