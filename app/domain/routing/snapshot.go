package routing

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/domain/routing/internal/routingdb"
)

// snapshot is a State with what is around it.
type snapshot struct {
	State
	agentNames       map[uuid.UUID]string // of agents
	groupRows        []routingdb.ListRoutingGroupsRow
	hours            []group.Hours
	agentRows        []routingdb.ListRoutingAgentsRow
	agentAt          map[uuid.UUID]int // of agents in State.Agents
	conversationRows []routingdb.ListRoutingConversationsRow
	membershipRows   []routingdb.ListRoutingMembershipsRow
	queueRows        []routingdb.ListRoutingQueueRow
	truncated        bool // a line is longer than what was read of it
	freeCapacity     int  // conversations that the agents could have besides

	groupAt    map[uuid.UUID]int // places in State.Groups
	customerAt map[uuid.UUID]int // and in State.Customers
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func secondsOr(t *time.Time, otherwise float64) float64 {
	if t == nil {
		return otherwise
	}
	return seconds(*t)
}

// loadSnapshot reads all that a decision depends on but those who wait.
func loadSnapshot(ctx context.Context, q *routingdb.Queries, settings routingdb.GetRoutingStateRow) (*snapshot, error) {
	l := &snapshot{agentNames: map[uuid.UUID]string{}, agentAt: map[uuid.UUID]int{}}
	l.Now, l.LastRequeueAt, l.Explain = seconds(settings.Now), secondsOr(settings.LastRequeueAt, math.Inf(-1)), true
	groups := map[uuid.UUID]int{}
	l.groupAt = groups
	var err error
	if l.groupRows, err = q.ListRoutingGroups(ctx); err != nil {
		return nil, err
	}
	for i, g := range l.groupRows {
		groups[g.ID] = i
		h := group.DecodeHours(g.TimeZone, g.Hours, g.Holidays)
		l.hours = append(l.hours, h)
		l.Groups = append(l.Groups, Group{ID: g.ID, Closed: !g.Automatic || !h.Open(settings.Now), GroupEstimate: GroupEstimate{g.ReplySeconds, g.ReplyCount, g.ThinkSeconds, g.ThinkCount}, Overflow: -1,
			OverflowAfter: float64(g.OverflowAfter)})
	}
	for i, g := range l.groupRows {
		if g.OverflowID != nil && *g.OverflowID != g.ID {
			if to, found := groups[*g.OverflowID]; found {
				l.Groups[i].Overflow = to
			}
		}
	}
	if l.agentRows, err = q.ListRoutingAgents(ctx); err != nil {
		return nil, err
	}
	customers, err := l.loadCustomers(ctx, q)
	if err != nil {
		return nil, err
	}
	l.customerAt = customers
	for i, a := range l.agentRows {
		l.agentAt[a.UserID], l.agentNames[a.UserID] = i, a.Name
		l.Agents = append(l.Agents, Agent{ID: a.UserID, Status: Status(a.Status), MaxChats: int(a.MaxChats), Unresponsive: a.UnresponsiveSince != nil,
			OnlineSince: secondsOr(a.CameOnline, math.Inf(-1)), LastReplyAt: secondsOr(a.LastReplyAt, math.Inf(-1)),
			LastAssignedAt: secondsOr(a.LastAssignedAt, math.Inf(-1)), ReplyTimes: ReplyTimes{a.ReplySeconds, a.ExpectedReplySeconds}, Occupancy: Occupancy{a.BusySeconds, a.OnlineSeconds, seconds(a.LoadUpdatedAt)}, Limited: a.Limited})
		for _, c := range a.Customers {
			if at, found := customers[c]; found {
				l.Agents[i].Customers = append(l.Agents[i].Customers, at)
			}
		}
	}
	if l.membershipRows, err = q.ListRoutingMemberships(ctx); err != nil {
		return nil, err
	}
	for _, p := range l.membershipRows {
		at, found := l.agentAt[p.UserID]
		g, known := groups[p.GroupID]
		if !found || !known { // came between the two statements
			continue
		}
		membership := Membership{Group: g, Helper: p.Helper, ReplyTimes: ReplyTimes{p.ReplySeconds, p.ExpectedReplySeconds}}
		if p.MaxChats != nil {
			membership.MaxChats = int(*p.MaxChats)
		}
		l.Agents[at].Memberships = append(l.Agents[at].Memberships, membership)
	}
	return l, l.loadAssigned(ctx, q)
}

// loadCustomers reads the customers and returns their places in the list.
func (l *snapshot) loadCustomers(ctx context.Context, q *routingdb.Queries) (map[uuid.UUID]int, error) {
	list, err := q.ListRoutingCustomers(ctx)
	at := make(map[uuid.UUID]int, len(list))
	for i, c := range list {
		at[c.ID] = i
		x := Customer{ID: c.ID}
		if c.CapacityShare != nil {
			x.CapacityShare = int(*c.CapacityShare)
		}
		if c.Short != nil && c.Long != nil {
			x.Arrivals = Arrivals{*c.Short, *c.Long, secondsOr(c.At, 0), secondsOr(c.FirstAt, 0)}
		}
		l.Customers = append(l.Customers, x)
	}
	return at, err
}

// customerIndex is the place of a customer in the list; -1: it is not there.
func (l *snapshot) customerIndex(id uuid.UUID) int { return indexOf(l.customerAt, &id) }

// indexOf is the place of an id in a list; -1: there is none, or it is not there.
func indexOf(indexes map[uuid.UUID]int, id *uuid.UUID) int {
	if id != nil {
		if at, there := indexes[*id]; there {
			return at
		}
	}
	return -1
}

func (l *snapshot) loadAssigned(ctx context.Context, q *routingdb.Queries) error {
	var err error
	if l.conversationRows, err = q.ListRoutingConversations(ctx); err != nil {
		return err
	}
	for _, c := range l.conversationRows {
		g, known := l.groupAt[c.GroupID]
		t := Conversation{ID: c.ID, Group: g, Customer: l.customerIndex(c.CustomerID), Agent: indexOf(l.agentAt, c.AgentID), Waiting: c.WaitingSince != nil, WaitingSince: secondsOr(c.WaitingSince, 0),
			AssignedAt: secondsOr(c.AssignedAt, 0), RepliedAt: secondsOr(c.RepliedAt, 0), ThinkSeconds: float64(c.ThinkSeconds), ThinkCount: float64(c.ThinkCount),
			RequeueCount: int(c.RequeueCount), FormerAgent: -1, RequeuedFrom: -1}
		if known && t.Agent >= 0 {
			l.Assigned = append(l.Assigned, t)
		}
	}
	counted := map[int]int{}
	for _, t := range l.Assigned {
		counted[t.Agent]++
	}
	for i, a := range l.agentRows { // what the database counts is what it goes by
		l.Agents[i].MaxChats -= max(0, int(a.OpenChats)-counted[i])
	}
	return nil
}

// activeGroups returns the groups from whose queues a conversation can be assigned or moved now, and notes how many can be at most.
func (l *snapshot) activeGroups() (groups []uuid.UUID) {
	w := newPlanner(&l.State)
	able := make([]bool, len(l.Groups))
	counted := make([]bool, len(l.Agents))
	for i := range l.Groups {
		if l.Groups[i].Closed {
			continue
		}
		for _, s := range w.groups[i].online {
			if w.reasonAgainst(s, nil) != "" {
				continue
			}
			able[i] = true
			if !counted[s.agent] {
				counted[s.agent] = true
				l.freeCapacity += l.Agents[s.agent].MaxChats - w.agents[s.agent].open
			}
		}
	}
	for i, g := range l.Groups {
		if able[i] || g.Overflow >= 0 && able[g.Overflow] {
			groups = append(groups, g.ID)
		}
	}
	return groups
}

// allGroups names all groups.
func (l *snapshot) allGroups() []uuid.UUID {
	list := make([]uuid.UUID, len(l.groupRows))
	for i, g := range l.groupRows {
		list[i] = g.ID
	}
	return list
}

// loadQueues reads the heads of the queues: of some groups' so many each, of every other group's one.
func (l *snapshot) loadQueues(ctx context.Context, q *routingdb.Queries, active []uuid.UUID, most int) error {
	var err error
	if l.queueRows, err = q.ListRoutingQueue(ctx, routingdb.ListRoutingQueueParams{Deciding: active, Most: int32(most)}); err != nil {
		return err
	}
	read := map[[2]uuid.UUID]int{}
	for _, c := range l.queueRows {
		g, known := l.groupAt[c.GroupID]
		if !known {
			continue
		}
		queue := [2]uuid.UUID{c.GroupID, c.WebsiteID}
		read[queue]++
		l.truncated = l.truncated || read[queue] >= most
		l.Queue = append(l.Queue, Conversation{ID: c.ID, Group: g, Customer: l.customerIndex(c.CustomerID), Agent: -1, Priority: int(c.Priority), Waiting: c.WaitingSince != nil,
			WaitingSince: seconds(c.QueuedAt), RepliedAt: secondsOr(c.RepliedAt, 0), ThinkSeconds: float64(c.ThinkSeconds), ThinkCount: float64(c.ThinkCount), LostAgent: c.AgentLost,
			FormerAgent: indexOf(l.agentAt, c.FormerAgentID), RequeueCount: int(c.RequeueCount), RequeuedFrom: indexOf(l.agentAt, c.RequeuedFrom), RequeuedAt: secondsOr(c.RequeuedAt, 0)})
	}
	return nil
}
