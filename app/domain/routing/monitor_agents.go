package routing

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/presence"
	"parley/app/domain/routing/internal/routingdb"
)

// showsAgent reports whether the monitor lists an agent: the actor may see the agent, who can answer for the filter's group and customer or
// has such a conversation.
func (v *monitorView) showsAgent(i int) bool {
	a := v.agentRows[i]
	if v.actor.IsLimited() && a.Limited && !slices.ContainsFunc(a.Customers, v.actor.Serves) {
		return false
	}
	member := v.filter.Group == uuid.Nil || slices.ContainsFunc(v.Agents[i].Memberships, func(m Membership) bool {
		return v.groupRows[m.Group].ID == v.filter.Group
	})
	serves := v.filter.Customer == uuid.Nil || !a.Limited || slices.Contains(a.Customers, v.filter.Customer)
	return member && serves || slices.ContainsFunc(v.byAgent[a.UserID], v.letsThrough)
}

func (v *monitorView) agentInfo(i int) AgentInfo {
	a, load := v.agentRows[i], v.planner.load(i)
	info := AgentInfo{
		ID:            a.UserID,
		Name:          a.Name,
		Status:        presence.Status(a.Status),
		AwayReason:    a.Reason,
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
		info.OpenChats = len(v.byAgent[a.UserID])
	} else if a.LastReplyAt != nil {
		info.LastReplyAt = *a.LastReplyAt
	}
	for _, c := range info.Conversations {
		if !c.WaitingSince.IsZero() {
			info.AwaitingReply++
		}
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

// letsThrough reports whether the filter lets a conversation through.
func (v *monitorView) letsThrough(c routingdb.ListRoutingConversationsRow) bool {
	return v.filter.matches(c.CustomerID, c.GroupID)
}

// conversationsOf lists the conversations of an agent that the filter lets through, those that have waited longest first, those that do
// not wait last.
func (v *monitorView) conversationsOf(agent uuid.UUID) (list []ConversationInfo) {
	for _, c := range v.byAgent[agent] {
		if !v.letsThrough(c) {
			continue
		}
		info := ConversationInfo{
			ID:           c.ID,
			Visitor:      c.VisitorID,
			VisitorName:  c.VisitorName,
			GroupName:    v.groupName(c.GroupID),
			CustomerName: v.customerNames[c.CustomerID],
		}
		if c.WaitingSince != nil {
			info.WaitingSince = *c.WaitingSince
		}
		if c.RepliedAt != nil {
			info.RepliedAt = *c.RepliedAt
		}
		list = append(list, info)
	}
	slices.SortStableFunc(list, func(a, b ConversationInfo) int { return CompareWaits(a.WaitingSince, b.WaitingSince) })
	return list
}

// CompareWaits orders by who has waited longest, for functions of slices that sort; the zero time, which waits for nothing, comes last.
func CompareWaits(a, b time.Time) int {
	if a.IsZero() == b.IsZero() {
		return a.Compare(b)
	}
	if a.IsZero() {
		return 1
	}
	return -1
}
