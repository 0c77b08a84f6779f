package routing_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/platform/access"
)

// A queue far longer than what agents could take, of several groups: those who have waited longest are assigned, up to each agent's limit,
// again whenever somebody is free, and when a group without free agents overflows.
func TestLongQueue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 2, 5)
	owner := p.As(access.Owner)
	full, err := i.groups.Create(ctx, owner, "Nobody's")
	if err != nil {
		t.Fatal(err)
	}
	p.exec(t)("update agents set max_chats = 3")
	p.fillQueue(t, p.group, 2000)
	p.fillQueue(t, full, 500)
	for _, a := range p.agents {
		p.setStatus(t, i, a, presence.Online)
	}
	oldest := func(n float64) bool { // the n who have waited longest in the group are with agents, and nobody else
		return p.queryNumber(t, "select count(*) from conversations where state = 'open' and group_id = $1", p.group) == n &&
			p.queryNumber(t,
				"select count(*) from (select state from conversations where group_id = $1 order by waiting_since, id "+
					"limit $2) x where state = 'open'",
				p.group, int(n)) == n
	}
	waitUntil(t, "the oldest six are assigned", func() bool { return oldest(6) })
	p.exec(t)("update agents set max_chats = 20 where user_id = $1", p.agents[0].ID())
	i.routing.Trigger(p.ID)
	waitUntil(t, "the oldest 23 are assigned", func() bool { return oldest(23) })
	if n := p.queryNumber(t, "select count(*) from conversations where state = 'open' and group_id = $1", full); n != 0 {
		t.Errorf("%v of a group of nobody were assigned", n)
	}

	// Somebody is free: the next one is that agent's, though the other group's queue is older.
	var mine conversation.Conversation
	_, own, _, err := i.conversations.ListForDesk(ctx, p.agents[1], conversation.QueueScope{})
	if err != nil || len(own) != 3 {
		t.Fatal(len(own), err)
	}
	mine = own[0]
	if _, err := i.conversations.Close(ctx, p.agents[1], mine.ID); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the next one is assigned", func() bool {
		return p.queryNumber(t, "select count(*) from conversations where state = 'open' and agent_id = $1", p.agents[1].ID()) == 3
	})

	// The group of nobody overflows into the other one: as many as can be assigned there, and no more.
	p.exec(t)("update groups set overflow_id = $1, overflow_after = 0 where id = $2", p.group, full)
	p.exec(t)("update agents set max_chats = 23 where user_id = $1", p.agents[0].ID())
	before := p.queryNumber(t, "select count(*) from conversations where state = 'open'")
	i.routing.Trigger(p.ID)
	waitUntil(t, "three more are assigned", func() bool {
		return p.queryNumber(t, "select count(*) from conversations where state = 'open'") == before+3
	})
	if n := p.queryNumber(t, "select count(*) from conversations where group_id = $1", full); n < 490 {
		t.Errorf("only %v are left in the group that overflows", n)
	}

	// The monitor shows the head of the queue and counts all of it.
	b, err := i.routing.GetMonitor(ctx, owner)
	if err != nil || len(b.Waiting) == 0 || len(b.Waiting) > 50 {
		t.Fatal(len(b.Waiting), err)
	}
	waiting := 0
	for _, g := range b.Groups {
		waiting += g.Waiting
	}
	if want := p.queryNumber(t, "select count(*) from conversations where state = 'waiting'"); float64(waiting) != want {
		t.Errorf("%d wait, by the monitor, not %v", waiting, want)
	}
}

// A conversation of any length shows its end on a desk, and what was missed after a number.
func TestLongThread(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 1, 5)
	agent := p.agents[0]
	p.setStatus(t, i, agent, presence.Online)
	c, _ := p.startConversation(t, i, "Hello")
	waitUntil(t, "it is assigned", func() bool { return p.getConversation(t, i, c).State == conversation.Open })
	p.addMessages(t, c, 3000)
	last := p.getConversation(t, i, c).LastSeq
	for after, want := range map[int]int{0: conversation.DeskThreadLimit, last - 5: 5, last: 0, 1: last - 1} {
		threads, err := i.conversations.Threads(ctx, agent, map[uuid.UUID]int{c: after})
		if list := threads[c]; err != nil || len(list) != want || want > 0 && (list[0].Seq != last-want+1 || list[want-1].Seq != last) {
			t.Errorf("after %d: %d messages, not %d; %v", after, len(threads[c]), want, err)
		}
	}
	if _, err := i.conversations.Close(ctx, agent, c); err != nil {
		t.Fatal(err)
	}
	if n := p.queryNumber(t,
		"select count(*) from archive_words where conversation_id = $1 and not staff and words @@ app.org_prefix_query($2, '3000')",
		c, p.ID); n != 1 {
		t.Error("the newest words of a long conversation do not find it")
	}
	if n := p.queryNumber(t, "select length(words) from archive_words where conversation_id = $1 and not staff", c); n < 500 || n > 5000 {
		t.Errorf("%v words find it", n)
	}
}
