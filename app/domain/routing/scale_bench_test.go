package routing_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// fillQueue adds waiting conversations, each with one message.
func (p *fixture) fillQueue(t testing.TB, group uuid.UUID, n int) {
	t.Helper()
	exec := p.exec(t)
	exec(
		`insert into visitors (org_id, id, website_id) select $1::uuid, md5($1::uuid::text || $4::uuid::text || i)::uuid, $2 from generate_series(1, $3::integer) i`,
		p.ID, p.Website, n, group)
	exec(`insert into conversations (org_id, id, website_id, customer_id, visitor_id, last_seq, last_text, last_at, waiting_since, created_at, group_id, queued_at)
		select $1::uuid, md5($1::uuid::text || $4::uuid::text || i)::uuid, $2, $5, md5($1::uuid::text || $4::uuid::text || i)::uuid, 1, 'Hello', now(), now() - make_interval(secs => $3::integer - i),
		  now() - make_interval(secs => $3::integer - i), $4, now() - make_interval(secs => $3::integer - i) from generate_series(1, $3::integer) i`,
		p.ID, p.Website, n, group, p.Customer)
	exec(`insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
		select org_id, id, 1, gen_random_uuid(), visitor_id, 'text', 'visitor', visitor_id, 'Hello', created_at from conversations where group_id = $1 on conflict do nothing`, group)
}

func (p *fixture) exec(t testing.TB) func(sql string, args ...any) {
	return func(sql string, args ...any) {
		t.Helper()
		if _, err := testkit.DB(t).As(access.System(p.ID, "test")).Exec(context.Background(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
}

// addMessages adds messages to a conversation, from the visitor and its agent in turns.
func (p *fixture) addMessages(t testing.TB, conversation uuid.UUID, n int) {
	t.Helper()
	exec := p.exec(t)
	exec(`insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
		select c.org_id, c.id, c.last_seq + i, gen_random_uuid(), c.visitor_id, 'text', case i % 2 when 0 then 'agent' else 'visitor' end, case i % 2 when 0 then c.agent_id else c.visitor_id end,
		  'Message ' || i || ' about the parcel that ' || md5(i::text) || ' was to arrive on Tuesday and has not come, order ' || i * 7919 || ', please look where it is and when it comes', now()
		from conversations c, generate_series(1, $2::integer) i where c.id = $1`, conversation, n)
	exec(`update conversations set last_seq = last_seq + $2::integer where id = $1`, conversation, n)
}

// analyze has Postgres look at the tables, as autovacuum does in a minute.
func analyze(t testing.TB) {
	t.Helper()
	_, owner := testkit.DatabaseURLs(t)
	db, err := pg.Open(context.Background(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.As(access.System(uuid.New(), "test")).Exec(context.Background(), "analyze"); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkLongConversation prints how long a conversation with 20,000 messages takes to be assigned, transferred, reopened and closed.
func BenchmarkLongConversation(b *testing.B) {
	ctx := context.Background()
	i := newInstance(b, time.Minute)
	p := newFixture(b, i, 2, 100)
	owner := p.As(access.Owner)
	if err := i.groups.Update(ctx, owner, p.group, group.Settings{Name: "Orders", Picking: true}); err != nil {
		b.Fatal(err)
	}
	for _, a := range p.agents {
		p.setStatus(b, i, a, presence.Online)
	}
	took := durations{}
	for b.Loop() {
		c, _ := p.startConversation(b, i, "Hello")
		if _, err := i.routing.Take(ctx, p.agents[0], "Mia", c); err != nil {
			b.Fatal(err)
		}
		p.addMessages(b, c, 20_000)
		analyze(b)
		took.measure(b, "load", func() error {
			_, err := i.conversations.Threads(ctx, p.agents[0], map[uuid.UUID]int{c: 0})
			return err
		})
		took.measure(b, "transfer", func() error { return i.routing.Transfer(ctx, p.agents[0], "Mia", c, p.group, uuid.Nil, "") })
		took.measure(b, "take", func() error { _, err := i.routing.Take(ctx, p.agents[1], "Ben", c); return err })
		took.measure(b, "assign", func() error { _, err := i.routing.Assign(ctx, owner, c, p.agents[0].ID()); return err })
		took.measure(b, "close", func() error { _, err := i.conversations.Close(ctx, p.agents[0], c); return err })
	}
	took.report(b)
}

// durations are how long things took, by what was done.
type durations map[string][]time.Duration

func (s durations) measure(b *testing.B, what string, do func() error) {
	b.Helper()
	begun := time.Now()
	if err := do(); err != nil {
		b.Fatal(what, err)
	}
	s[what] = append(s[what], time.Since(begun))
}

// report prints the median of each, and the shortest: on a machine with other work the median is the other work's too.
func (s durations) report(b *testing.B) {
	for what, list := range s {
		slices.Sort(list)
		b.ReportMetric(float64(list[len(list)/2].Microseconds())/1000, what+"-ms")
		b.ReportMetric(float64(list[0].Microseconds())/1000, what+"-best-ms")
	}
}

// BenchmarkLongQueue prints how long a routing round and what follows an event take with 10,000 waiting conversations in one group.
func BenchmarkLongQueue(b *testing.B) {
	for _, groups := range []int{1, 20} {
		for _, free := range []bool{false, true} {
			b.Run(fmt.Sprintf("groups=%d/free=%v", groups, free), func(b *testing.B) { benchmarkQueue(b, groups, 10_000, free) })
		}
	}
}

// roundChannel gets the rounds of a process; more than it holds are dropped.
type roundChannel chan routing.Round

func (c roundChannel) RoundDone(r routing.Round) {
	select {
	case c <- r:
	default:
	}
}

func benchmarkQueue(b *testing.B, groups, waiting int, free bool) {
	ctx := context.Background()
	rounds := make(roundChannel, 1000)
	i := newInstance(b, time.Minute, rounds)
	p := newFixture(b, i, 20, 100)
	owner := p.As(access.Owner)
	var all []uuid.UUID
	for n := range groups {
		g, err := i.groups.Create(ctx, owner, fmt.Sprintf("Group %d", n))
		if err != nil {
			b.Fatal(err)
		}
		for _, a := range p.agents {
			if err := i.groups.SetMember(ctx, owner, g, group.Member{ID: a.ID(), IsMember: true, MaxChats: 100}); err != nil {
				b.Fatal(err)
			}
		}
		all = append(all, g)
	}
	for _, a := range p.agents {
		p.setStatus(b, i, a, presence.Online)
	}
	p.exec(b)("update agents set max_chats = 5")
	for n, g := range all {
		p.fillQueue(b, g, waiting/groups+n%2)
	}
	analyze(b)
	for len(rounds) > 0 { // what the fixture has caused
		<-rounds
	}
	next := func() routing.Round {
		i.routing.Trigger(p.ID)
		return <-rounds
	}
	for next().Assigned > 0 { // until all agents are full
	}
	took := durations{}
	for b.Loop() {
		if free {
			p.exec(b)("update agents set max_chats = max_chats + 1 where user_id = $1", p.agents[0].ID())
		}
		took["round"] = append(took["round"], next().Duration)
		took.measure(b, "standings", func() error { _, err := i.routing.ListQueuePositions(ctx, p.ID); return err })
		took.measure(b, "monitor", func() error { _, err := i.routing.GetMonitor(ctx, owner); return err })
	}
	took.report(b)
}
