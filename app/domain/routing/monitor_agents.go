package routing

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"parley/app/domain/presence"
)

// showsAgent reports whether an agent is on the monitor: one who may answer for the filter's group and customer, or has such a
// conversation, and of whom the actor may know.
func (v *monitorView) showsAgent(i int) bool {
	a := v.agentRows[i]
	if v.actor.IsLimited() && a.Limited && !slices.ContainsFunc(a.Customers, v.actor.Serves) {
		return false
	}
	member := v.filter.Group == uuid.Nil || slices.ContainsFunc(v.Agents[i].Memberships, func(m Membership) bool {
		return v.groupRows[m.Group].ID == v.filter.Group
	})
	serves := v.filter.Customer == uuid.Nil || !a.Limited || slices.Contains(a.Customers, v.filter.Customer)
	return member && serves || len(v.conversationsOf(a.UserID)) > 0
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
		info.OpenChats = v.countOpen(a.UserID)
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

// conversationsOf lists the conversations of an agent that the filter lets through, those that have waited longest first, those that do not wait last.
func (v *monitorView) conversationsOf(agent uuid.UUID) (list []ConversationInfo) {
	for _, c := range v.conversationRows {
		if c.AgentID == nil || *c.AgentID != agent || !v.filter.matches(c.CustomerID, c.GroupID) {
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

// countOpen returns how many conversations of an agent the actor sees.
func (v *monitorView) countOpen(agent uuid.UUID) (n int) {
	for _, c := range v.conversationRows {
		if c.AgentID != nil && *c.AgentID == agent {
			n++
		}
	}
	return n
}
