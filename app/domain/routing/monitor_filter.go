package routing

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
)

// MonitorFilter narrows the live monitor to a customer and a group. The zero id narrows nothing.
type MonitorFilter struct{ Customer, Group uuid.UUID }

func (f MonitorFilter) matches(customer, group uuid.UUID) bool {
	return (f.Customer == uuid.Nil || f.Customer == customer) && (f.Group == uuid.Nil || f.Group == group)
}

// QueueInfo is the part of a group's queue that belongs to one website.
type QueueInfo struct {
	CustomerName string
	WebsiteName  string
	QueueAges
}

// QueueAges says how many conversations wait, by how long they have waited.
type QueueAges struct {
	Waiting           int
	UnderOneMinute    int
	UnderThreeMinutes int       // and not under one
	OldestSince       time.Time // when the oldest began to wait; zero: none waits
}

// Older returns how many have waited for three minutes or longer.
func (a QueueAges) Older() int { return a.Waiting - a.UnderOneMinute - a.UnderThreeMinutes }

func (a *QueueAges) add(b QueueAges) {
	a.Waiting += b.Waiting
	a.UnderOneMinute += b.UnderOneMinute
	a.UnderThreeMinutes += b.UnderThreeMinutes
	if a.OldestSince.IsZero() || b.OldestSince.Before(a.OldestSince) {
		a.OldestSince = b.OldestSince
	}
}

// Total sums the queues of all groups up.
func (m Monitor) Total() (sum QueueAges) {
	for _, g := range m.Groups {
		if g.Waiting > 0 {
			sum.add(g.QueueAges)
		}
	}
	return sum
}

// groupByAgent sorts the conversations into those of each agent.
func (v *monitorView) groupByAgent() {
	v.byAgent = map[uuid.UUID][]routingdb.ListRoutingConversationsRow{}
	for _, c := range v.conversationRows {
		if c.AgentID != nil {
			v.byAgent[*c.AgentID] = append(v.byAgent[*c.AgentID], c)
		}
	}
}

// loadNames reads the queues by website and the names of the customers of agents' conversations.
func (v *monitorView) loadNames(ctx context.Context, q *routingdb.Queries) error {
	rows, err := q.ListMonitorQueues(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if v.filter.matches(row.CustomerID, row.GroupID) {
			v.queues = append(v.queues, row)
		}
	}
	seen, ids := map[uuid.UUID]bool{}, []uuid.UUID{}
	for _, c := range v.conversationRows {
		if !seen[c.CustomerID] {
			seen[c.CustomerID] = true
			ids = append(ids, c.CustomerID)
		}
	}
	v.customerNames = map[uuid.UUID]string{}
	if len(ids) == 0 {
		return nil
	}
	customers, err := q.ListMonitorCustomers(ctx, ids)
	for _, c := range customers {
		v.customerNames[c.ID] = c.Name
	}
	return err
}

// queuesOf returns a group's queue by website, and the sum.
func (v *monitorView) queuesOf(group uuid.UUID) (list []QueueInfo, sum QueueAges) {
	for _, row := range v.queues {
		if row.GroupID != group {
			continue
		}
		info := QueueInfo{CustomerName: row.CustomerName, WebsiteName: row.WebsiteName, QueueAges: QueueAges{
			Waiting:           int(row.Waiting),
			UnderOneMinute:    int(row.UnderOneMinute),
			UnderThreeMinutes: int(row.UnderThreeMinutes - row.UnderOneMinute),
			OldestSince:       row.Since,
		}}
		list = append(list, info)
		sum.add(info.QueueAges)
	}
	return list, sum
}

// MonitorChoice is a customer or a group that the live monitor can be narrowed to.
type MonitorChoice struct {
	ID   uuid.UUID
	Name string
}

// ListMonitorChoices lists what the live monitor can be narrowed to, for an actor who may monitor.
func (s *Service) ListMonitorChoices(ctx context.Context, actor access.Actor) (customers, groups []MonitorChoice, err error) {
	t, err := s.db.Authorize(actor, access.MonitorRead)
	if err != nil {
		return nil, nil, err
	}
	q := routingdb.New(t)
	rows, err := q.ListMonitorCustomers(ctx, []uuid.UUID{})
	if err != nil {
		return nil, nil, err
	}
	for _, c := range rows {
		customers = append(customers, MonitorChoice(c))
	}
	list, err := q.ListRoutingGroups(ctx)
	for _, g := range list {
		groups = append(groups, MonitorChoice{g.ID, g.Name})
	}
	return customers, groups, err
}
