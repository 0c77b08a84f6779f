package routing

import (
	"cmp"
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
	StatusSince       time.Time
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
	CapacityShareUsed bool      // waits because its customer has used the capacity share
	WaitingSince      time.Time // when the visitor began to wait for a reply; zero: does not wait
}

// GetMonitor returns what the live monitor shows to an actor who may monitor. A limited actor sees no figures from which
// those of other customers could be inferred.
func (s *Service) GetMonitor(ctx context.Context, actor access.Actor) (Monitor, error) {
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
	lengths, err := q.ListQueueLengths(ctx)
	if err != nil {
		return Monitor{}, err
	}
	v := monitorView{l, newPlanner(&l.State), actor}
	m := Monitor{At: set.Now, HasAgentFigures: v.seesFigures()}
	for i := range l.groupRows {
		m.Groups = append(m.Groups, v.groupInfo(i, lengths))
	}
	m.Waiting, m.MoreWaiting = v.waiting(lengths)
	for i, a := range l.agentRows {
		if !actor.IsLimited() || !a.Limited || slices.ContainsFunc(a.Customers, actor.Serves) {
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
	planner *planner
	actor   access.Actor
}

// seesFigures reports whether the actor sees figures of persons, which are about their work for all customers.
func (v *monitorView) seesFigures() bool { return v.actor.Can(access.MonitorReadMembers) }

// waiting returns the oldest conversations in the queues, and how many wait beyond those.
func (v *monitorView) waiting(lengths []routingdb.ListQueueLengthsRow) (list []ConversationInfo, more int) {
	for _, c := range v.queueRows {
		list = append(list, ConversationInfo{
			ID:                c.ID,
			Visitor:           c.VisitorID,
			VisitorName:       c.VisitorName,
			GroupName:         v.groupName(c.GroupID),
			CapacityShareUsed: v.planner.capacityShareUsed(v.customerIndex(c.CustomerID)),
			WaitingSince:      c.QueuedAt,
		})
	}
	slices.SortStableFunc(list, func(a, b ConversationInfo) int { return a.WaitingSince.Compare(b.WaitingSince) })
	list = list[:min(len(list), maxWaitingShown)]
	if len(list) == maxWaitingShown {
		for _, n := range lengths {
			more += int(n.Waiting)
		}
	}
	return list, max(0, more-maxWaitingShown)
}

func (v *monitorView) agentInfo(i int) AgentInfo {
	a, load := v.agentRows[i], v.planner.load(i)
	info := AgentInfo{
		ID:            a.UserID,
		Name:          a.Name,
		Status:        presence.Status(a.Status),
		StatusSince:   a.StatusAt,
		Unresponsive:  a.UnresponsiveSince != nil,
		OpenChats:     int(a.OpenChats),
		MaxChats:      int(a.MaxChats),
		LiveChats:     load.live,
		Backlog:       load.backlog,
		Groups:        v.memberships(i),
		Conversations: v.conversationsOf(a.UserID),
	}
	if v.seesFigures() {
		info.Occupancy, info.Speed = load.occupancy, v.Agents[i].ReplyTimes.speed()
	}
	if v.actor.IsLimited() { // not even the number of other customers' conversations
		info.OpenChats = len(info.Conversations)
	}
	if more := len(info.Conversations) - maxChatsShown; more > 0 {
		info.Conversations, info.MoreConversations = info.Conversations[:maxChatsShown], more
	}
	return info
}

func (v *monitorView) memberships(i int) (list []MembershipInfo) {
	a := &v.Agents[i]
	for _, m := range v.membershipRows {
		if m.UserID != a.ID {
			continue
		}
		info := MembershipInfo{GroupName: v.groupName(m.GroupID), Helper: m.Helper}
		if v.seesFigures() {
			inGroup := ReplyTimes{m.ReplySeconds, m.ExpectedReplySeconds}
			info.Speed, info.Replies = a.ReplyTimes.speed()*inGroup.speedInGroup(), int(m.ReplyCount)
		}
		list = append(list, info)
	}
	return list
}

// conversationsOf lists an agent's conversations, those that have waited longest first, those that do not wait last.
func (v *monitorView) conversationsOf(agent uuid.UUID) (list []ConversationInfo) {
	for _, c := range v.conversationRows {
		if c.AgentID == nil || *c.AgentID != agent {
			continue
		}
		info := ConversationInfo{ID: c.ID, Visitor: c.VisitorID, VisitorName: c.VisitorName, GroupName: v.groupName(c.GroupID)}
		if c.WaitingSince != nil {
			info.WaitingSince = *c.WaitingSince
		}
		list = append(list, info)
	}
	rank := func(c ConversationInfo) int {
		if c.WaitingSince.IsZero() {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b ConversationInfo) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.WaitingSince.Compare(b.WaitingSince))
	})
	return list
}
