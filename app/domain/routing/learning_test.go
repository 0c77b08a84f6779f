package routing_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// The database learns from replies what the driver of the rule learns from the same times.
func TestDatabaseLearnsLikeEstimates(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 1, 5)
	agent := p.agents[0]
	p.setStatus(t, i, agent, presence.Online)
	var pace routing.GroupEstimate
	var sums, own routing.ReplyTimes
	var share routing.Occupancy
	pace, sums, own, share = readEstimates(t, p, agent)
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
			if _, err := i.conversations.SendAsVisitor(ctx, visitors[n%3], conversation.VisitorMessage{
				ID:       uuid.New(),
				Body:     "More",
				Customer: p.Customer,
			}); err != nil {
				t.Fatal(err)
			}
		}
		if n == 6 { // as if much time had passed: all times of the organization are an hour older
			ageTimes(t, p)
			pace, sums, own, share = readEstimates(t, p, agent)
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
		g, a, in, s := readEstimates(t, p, agent)
		for what, pair := range map[string][2]float64{
			"the group's work":  {g.Work, pace.Work},
			"its replies":       {g.Replies, pace.Replies},
			"its think":         {g.Think, pace.Think},
			"its messages":      {g.Messages, pace.Messages},
			"the agent's time":  {a.Actual, sums.Actual},
			"as expected":       {a.Expected, sums.Expected},
			"in the group":      {in.Actual, own.Actual},
			"as expected there": {in.Expected, own.Expected},
			"busy":              {s.Busy, share.Busy},
			"online":            {s.Online, share.Online},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-3*math.Max(1, math.Abs(pair[1])) {
				t.Errorf("reply %d, %s: the database has %v, the rule %v", n, what, pair[0], pair[1])
			}
		}
		pace, sums, own, share = g, a, in, s
	}
}

// ageTimes makes all times of the organization an hour older, those of replies and of waiting by seconds.
func ageTimes(t *testing.T, p *fixture) {
	t.Helper()
	for _, sql := range []string{
		"update agents set last_reply_at = last_reply_at - interval '50 seconds', load_updated_at = " +
			"load_updated_at - interval '1 hour', came_online = came_online - interval '1 hour'",
		"update conversations set waiting_since = waiting_since - interval '20 seconds', assigned_at = " +
			"assigned_at - interval '1 hour'",
	} {
		if _, err := testkit.DB(t).As(access.System(p.ID, "test")).Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

// readEstimates reads what the database has learned: of the fixture's group, of an agent everywhere and in the group, and of its occupancy.
func readEstimates(t *testing.T, p *fixture, agent access.Actor) (
	g routing.GroupEstimate, a, in routing.ReplyTimes, s routing.Occupancy,
) {
	t.Helper()
	g = routing.GroupEstimate{
		Work:     p.queryNumber(t, "select reply_seconds from groups where id = $1", p.group),
		Replies:  p.queryNumber(t, "select reply_count from groups where id = $1", p.group),
		Think:    p.queryNumber(t, "select think_seconds from groups where id = $1", p.group),
		Messages: p.queryNumber(t, "select think_count from groups where id = $1", p.group),
	}
	agents := "select %s from agents where user_id = $1"
	a = routing.ReplyTimes{
		Actual:   p.queryNumber(t, fmt.Sprintf(agents, "reply_seconds"), agent.ID()),
		Expected: p.queryNumber(t, fmt.Sprintf(agents, "expected_reply_seconds"), agent.ID()),
	}
	s = routing.Occupancy{
		Busy:   p.queryNumber(t, fmt.Sprintf(agents, "busy_seconds"), agent.ID()),
		Online: p.queryNumber(t, fmt.Sprintf(agents, "online_seconds"), agent.ID()),
		At:     p.queryNumber(t, fmt.Sprintf(agents, "extract(epoch from load_updated_at)"), agent.ID()),
	}
	in = routing.ReplyTimes{
		Actual:   p.queryNumber(t, "select coalesce(sum(reply_seconds), 0) from agent_speeds where user_id = $1", agent.ID()),
		Expected: p.queryNumber(t, "select coalesce(sum(expected_reply_seconds), 0) from agent_speeds where user_id = $1", agent.ID()),
	}
	return g, a, in, s
}
