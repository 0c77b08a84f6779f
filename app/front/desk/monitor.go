package desk

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/platform/access"
)

// MonitorView is a supervisor's view of the live monitor: filter and orders. The page's address has it, so that the page and what is pushed
// to it agree.
type MonitorView struct {
	routing.MonitorFilter
	QueueOrder MonitorOrder // of groups: ByName, ByWaiting, ByWait
	AgentOrder MonitorOrder // ByName, ByLoad, ByWorkload, ByWait
	Wall       bool         // big figures for a screen on the wall, without controls
}

// MonitorOrder is the order of a list of the live monitor.
type MonitorOrder string

// Orders of lists; the most urgent come first, but for the zero order.
const (
	ByName     MonitorOrder = ""
	ByWaiting  MonitorOrder = "waiting"  // conversations in the queue
	ByWait     MonitorOrder = "wait"     // of the visitor who has waited longest
	ByLoad     MonitorOrder = "load"     // open chats as part of the concurrent-chat limit
	ByWorkload MonitorOrder = "workload" // expected seconds of work
)

// ParseMonitorView reads a view from the query of an address. What it does not understand, it leaves out.
func ParseMonitorView(query url.Values) (v MonitorView) {
	v.Customer, _ = uuid.Parse(query.Get("customer"))
	v.Group, _ = uuid.Parse(query.Get("group"))
	if o := MonitorOrder(query.Get("queues")); slices.Contains([]MonitorOrder{ByWaiting, ByWait}, o) {
		v.QueueOrder = o
	}
	if o := MonitorOrder(query.Get("agents")); slices.Contains([]MonitorOrder{ByLoad, ByWorkload, ByWait}, o) {
		v.AgentOrder = o
	}
	v.Wall = query.Get("view") == "wall"
	return v
}

// Address returns path with the view as its query.
func (v MonitorView) Address(path string) string {
	query := url.Values{}
	for name, value := range map[string]string{"queues": string(v.QueueOrder), "agents": string(v.AgentOrder)} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for name, id := range map[string]uuid.UUID{"customer": v.Customer, "group": v.Group} {
		if id != uuid.Nil {
			query.Set(name, id.String())
		}
	}
	if v.Wall {
		query.Set("view", "wall")
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// LoadMonitor reads the live monitor as a view shows it.
func (s *Service) LoadMonitor(ctx context.Context, actor access.Actor, v MonitorView) (routing.Monitor, error) {
	m, err := s.routing.GetFilteredMonitor(ctx, actor, v.MonitorFilter)
	sortQueues(m.Groups, v.QueueOrder)
	sortAgents(m.Agents, v.AgentOrder)
	return m, err
}

func sortQueues(list []routing.GroupInfo, order MonitorOrder) {
	slices.SortStableFunc(list, func(a, b routing.GroupInfo) int {
		switch order {
		case ByWaiting:
			return cmp.Compare(b.Waiting, a.Waiting)
		case ByWait:
			return routing.CompareWaits(a.OldestSince, b.OldestSince)
		}
		return 0
	})
}

func sortAgents(list []routing.AgentInfo, order MonitorOrder) {
	load := func(a routing.AgentInfo) float64 { return float64(a.OpenChats) / float64(max(1, a.MaxChats)) }
	longest := func(a routing.AgentInfo) time.Time {
		if len(a.Conversations) == 0 {
			return time.Time{}
		}
		return a.Conversations[0].WaitingSince
	}
	slices.SortStableFunc(list, func(a, b routing.AgentInfo) int {
		switch order {
		case ByLoad:
			return cmp.Compare(load(b), load(a))
		case ByWorkload:
			return cmp.Compare(b.Backlog, a.Backlog)
		case ByWait:
			return routing.CompareWaits(longest(a), longest(b))
		}
		return 0
	})
}

// MonitorChoices is what the live monitor can be narrowed to.
type MonitorChoices struct{ Customers, Groups []routing.MonitorChoice }

// LoadMonitorChoices reads what the live monitor can be narrowed to.
func (s *Service) LoadMonitorChoices(ctx context.Context, actor access.Actor) (c MonitorChoices, err error) {
	c.Customers, c.Groups, err = s.routing.ListMonitorChoices(ctx, actor)
	return c, err
}

// AssignForm is to whom a conversation can be assigned.
type AssignForm struct {
	Conversation conversation.Conversation
	Agents       []routing.Teammate // who are online and below their limit, but for whoever has it and the actor
}

// LoadAssignForm reads to whom a conversation can be assigned; fail.NotFound if the actor sees no such conversation.
func (s *Service) LoadAssignForm(ctx context.Context, actor access.Actor, id uuid.UUID) (f AssignForm, err error) {
	if f.Conversation, err = s.conversations.Get(ctx, actor, id); err != nil {
		return f, err
	}
	teammates, _, err := s.routing.ListTransferTargets(ctx, actor, f.Conversation.Customer)
	for _, t := range teammates {
		if t.Status == presence.Online && !t.AtCapacity && t.ID != f.Conversation.Agent {
			f.Agents = append(f.Agents, t)
		}
	}
	return f, err
}

// AssignmentHistory is which agents have had a conversation, and why.
type AssignmentHistory struct {
	Conversation conversation.Conversation
	Records      []routing.AssignmentRecord
}

// LoadAssignmentHistory reads which agents have had a conversation. It is for managers, because it tells how fast people work.
func (s *Service) LoadAssignmentHistory(ctx context.Context, actor access.Actor, id uuid.UUID) (h AssignmentHistory, err error) {
	if h.Conversation, err = s.conversations.Get(ctx, actor, id); err != nil {
		return h, err
	}
	h.Records, err = s.routing.ListAssignments(ctx, actor, id)
	return h, err
}
