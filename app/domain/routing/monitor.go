package routing

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/presence"
	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
)

// Monitor is what the live monitor shows.
type Monitor struct {
	Groups          []GroupInfo
	Waiting         []ConversationInfo // the heads of the queues, the oldest first, at most maxWaitingShown
	MoreWaiting     int                // conversations that wait beyond those
	Agents          []AgentInfo        // who are online, away or have conversations, by name
	At              time.Time
	HasAgentFigures bool // the agents' speeds and occupancies are there
	Filter          MonitorFilter
}

const (
	maxWaitingShown = 50 // conversations that wait
	maxChatsShown   = 30 // conversations of an agent
)

// AgentInfo is an agent with live figures. Occupancy and Speed are personal data: 0 for those who may not manage.
type AgentInfo struct {
	ID                uuid.UUID
	Name              string
	Status            presence.Status
	AwayReason        string // may be empty
	StatusSince       time.Time
	LastReplyAt       time.Time // zero: never, or not for this actor
	Unresponsive      bool
	OpenChats         int
	MaxChats          int
	LiveChats         float64 // of OpenChats, as far as visitors are likely to write again
	Backlog           float64 // seconds of work on messages without a reply
	Occupancy         float64 // share of the last hour or so in which it was busy, from 0 to 1
	Speed             float64 // by the groups' average: 1.3 is 30 % slower
	Groups            []MembershipInfo
	Conversations     []ConversationInfo // those that have waited longest first, at most maxChatsShown
	MoreConversations int                // conversations of the agent beyond those
	AwaitingReply     int                // conversations of the agent whose visitors wait for a reply, those beyond included
}

// MembershipInfo is an agent's membership in a group. Speed and Replies are 0 for those who may not manage.
type MembershipInfo struct {
	GroupName string
	Helper    bool
	Speed     float64 // by the group's average: 1.3 is 30 % slower
	Replies   int     // that Speed was learned from
}

// ConversationInfo is a conversation that is not closed.
type ConversationInfo struct {
	ID                uuid.UUID
	Visitor           uuid.UUID
	VisitorName       string
	GroupName         string
	CustomerName      string
	WebsiteName       string    // only of conversations that wait in a queue
	CapacityShareUsed bool      // waits because its customer has used the capacity share
	WaitingSince      time.Time // when the visitor began to wait for a reply; zero: does not wait
	RepliedAt         time.Time // when the agent last replied; zero: not yet
}

// GetMonitor returns what the live monitor shows to an actor who may monitor. A limited actor sees no figures from which
// those of other customers could be inferred.
func (s *Service) GetMonitor(ctx context.Context, actor access.Actor) (Monitor, error) {
	return s.GetFilteredMonitor(ctx, actor, MonitorFilter{})
}

// GetFilteredMonitor is GetMonitor for one customer, one group, or both.
func (s *Service) GetFilteredMonitor(ctx context.Context, actor access.Actor, f MonitorFilter) (Monitor, error) {
	t, err := s.db.Authorize(actor, access.MonitorRead)
	if err != nil {
		return Monitor{}, err
	}
	q := routingdb.New(t)
	set, err := q.GetRoutingState(ctx)
	if err != nil {
		return Monitor{}, err
	}
	l, err := loadSnapshot(ctx, q, set)
	if err != nil {
		return Monitor{}, err
	}
	if err := l.loadQueues(ctx, q, l.allGroups(), maxWaitingShown); err != nil {
		return Monitor{}, err
	}
	v := monitorView{snapshot: l, planner: newPlanner(&l.State), actor: actor, filter: f}
	v.groupByAgent()
	if err := v.loadNames(ctx, q); err != nil {
		return Monitor{}, err
	}
	m := Monitor{At: set.Now, HasAgentFigures: v.seesFigures(), Filter: f}
	for i := range l.groupRows {
		if f.Group == uuid.Nil || f.Group == l.groupRows[i].ID {
			m.Groups = append(m.Groups, v.groupInfo(i))
		}
	}
	m.Waiting, m.MoreWaiting = v.waiting()
	for i := range l.agentRows {
		if v.showsAgent(i) {
			m.Agents = append(m.Agents, v.agentInfo(i))
		}
	}
	slices.SortStableFunc(m.Agents, func(a, b AgentInfo) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return m, nil
}

// monitorView is a snapshot as an actor may see it.
type monitorView struct {
	*snapshot
	planner       *planner
	actor         access.Actor
	filter        MonitorFilter
	queues        []routingdb.ListMonitorQueuesRow // that the filter lets through
	byAgent       map[uuid.UUID][]routingdb.ListRoutingConversationsRow
	customerNames map[uuid.UUID]string // of the conversations with agents
}

// seesFigures reports whether the actor sees figures of persons, which are about their work for all customers.
func (v *monitorView) seesFigures() bool { return v.actor.Can(access.MonitorReadMembers) }

// waiting returns the oldest conversations in the queues, and how many wait beyond those.
func (v *monitorView) waiting() (list []ConversationInfo, more int) {
	websites := map[uuid.UUID]routingdb.ListMonitorQueuesRow{}
	for _, q := range v.queues {
		websites[q.WebsiteID] = q
	}
	for _, c := range v.queueRows {
		if !v.filter.matches(c.CustomerID, c.GroupID) {
			continue
		}
		list = append(list, ConversationInfo{
			ID:                c.ID,
			Visitor:           c.VisitorID,
			VisitorName:       c.VisitorName,
			GroupName:         v.groupName(c.GroupID),
			CustomerName:      websites[c.WebsiteID].CustomerName,
			WebsiteName:       websites[c.WebsiteID].WebsiteName,
			CapacityShareUsed: v.planner.capacityShareUsed(v.customerIndex(c.CustomerID)),
			WaitingSince:      c.QueuedAt,
		})
	}
	slices.SortStableFunc(list, func(a, b ConversationInfo) int { return a.WaitingSince.Compare(b.WaitingSince) })
	list = list[:min(len(list), maxWaitingShown)]
	if len(list) == maxWaitingShown {
		for _, q := range v.queues {
			more += int(q.Waiting)
		}
	}
	return list, max(0, more-maxWaitingShown)
}
