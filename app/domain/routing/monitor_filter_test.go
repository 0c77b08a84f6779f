package routing_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/platform/access"
)

// The monitor counts queues by website and age, and a filter lets through only what belongs to a customer and a group.
func TestMonitorFilter(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 1, 1)
	owner := p.As(access.Owner)
	p.setStatus(t, i, p.agents[0], presence.Online)
	open, _ := p.startConversation(t, i, "Hello")
	waitUntil(t, "it is assigned", func() bool { return p.getConversation(t, i, open).State == conversation.Open })
	other, err := i.groups.Create(ctx, owner, "Nobody's")
	if err != nil {
		t.Fatal(err)
	}
	var waiting []uuid.UUID
	for range 3 {
		c, _ := p.startConversation(t, i, "Hello")
		waiting = append(waiting, c)
	}
	p.exec(t)("update conversations set queued_at = now() - interval '2 minutes' where id = $1", waiting[1])
	p.exec(t)("update conversations set queued_at = now() - interval '1 hour' where id = $1", waiting[2])
	get := func(f routing.MonitorFilter) routing.Monitor {
		t.Helper()
		m, err := i.routing.GetFilteredMonitor(ctx, owner, f)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, f := range map[string]routing.MonitorFilter{
		"all": {}, "customer": {Customer: p.Customer}, "group": {Group: p.group}, "both": {Customer: p.Customer, Group: p.group},
	} {
		m := get(f)
		total := m.Total()
		if total.Waiting != 3 || total.UnderOneMinute != 1 || total.UnderThreeMinutes != 1 || total.Older() != 1 || len(m.Waiting) != 3 {
			t.Errorf("%s: %+v, %d waiting", name, total, len(m.Waiting))
		}
		if m.Waiting[0].ID != waiting[2] || m.Waiting[0].CustomerName == "" || m.Waiting[0].WebsiteName == "" {
			t.Errorf("%s: the first is %+v", name, m.Waiting[0])
		}
		if len(m.Agents) != 1 || len(m.Agents[0].Conversations) != 1 || m.Agents[0].Conversations[0].CustomerName == "" {
			t.Errorf("%s: %+v", name, m.Agents)
		}
		for _, g := range m.Groups {
			if g.ID == p.group && (len(g.Queues) != 1 || g.Queues[0].Waiting != 3 || g.Queues[0].WebsiteName == "") {
				t.Errorf("%s: %+v", name, g.Queues)
			}
		}
	}
	if m := get(routing.MonitorFilter{Group: other}); len(m.Groups) != 1 || m.Groups[0].Waiting != 0 || len(m.Waiting) != 0 || len(m.Agents) != 0 {
		t.Errorf("another group: %+v", m)
	}
	if m := get(routing.MonitorFilter{Customer: uuid.New()}); len(m.Waiting) != 0 || m.Total().Waiting != 0 || len(m.Agents[0].Conversations) != 0 {
		t.Errorf("another customer: %+v", m)
	}
	customers, groups, err := i.routing.ListMonitorChoices(ctx, owner)
	mine := func(c routing.MonitorChoice) bool { return c.ID == p.Customer && c.Name != "" }
	if err != nil || !slices.ContainsFunc(customers, mine) || len(groups) != 3 {
		t.Errorf("%v %v %v", customers, groups, err)
	}
}
