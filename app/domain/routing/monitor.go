package routing

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// Monitor is what a supervisor watches.
type Monitor struct {
	Groups          []GroupInfo
	Waiting         []ConversationInfo // the heads of the queues, oldest first
	MoreWaiting     int                // conversations that wait behind those
	Agents          []AgentInfo
	At              time.Time
	HasAgentFigures bool // persons' figures are there
}

// maxWaitingShown is how many of those who wait a board names, and talksShown how many of an agent's conversations.
const (
	maxWaitingShown = 50
	maxChatsShown   = 30
)

// AgentInfo is an agent with its live figures. Speeds are personal data: only for managers.
type AgentInfo struct {
	ID                uuid.UUID
	Name              string
	Status            Status
	StatusSince       time.Time
	Unresponsive      bool
	OpenChats         int
	MaxChats          int
	LiveChats         float64 // of Open, as far as they are alive
	Backlog           float64 // seconds of unanswered work
	Occupancy         float64 // share of the last hour or so
	Speed             float64 // by the groups' average: 1.3 is 30 % slower
	Groups            []MembershipInfo
	Conversations     []ConversationInfo // the longest unanswered first, at most talksShown
	MoreConversations int                // conversations of the agent beyond those
}

// MembershipInfo is an agent's speed in a group, with the replies behind it.
type MembershipInfo struct {
	GroupName string
	Helper    bool
	Speed     float64
	Replies   int
}

// ConversationInfo is a running conversation.
type ConversationInfo struct {
	ID                uuid.UUID
	Visitor           uuid.UUID
	VisitorName       string
	GroupName         string
	CapacityShareUsed bool      // its customer has all of its share: it waits for that
	WaitingSince      time.Time // since then for an answer; zero: it does not
}

// GetMonitor returns what is going on, for who may watch. Speeds are there only for managers.
func (s *Service) GetMonitor(ctx context.Context, who access.Actor) (Monitor, error) {
	t, err := s.db.Authorize(who, access.Monitor)
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
	b := Monitor{At: set.Now}
	w := newPlanner(&l.State)
	for i := range l.groupRows {
		info := l.groupInfo(w, i, lengths)
		if who.IsLimited() { // they change with the other customers' conversations
			info.AvailableAgents, info.FreeCapacity = info.OnlineAgents, -1
		}
		b.Groups = append(b.Groups, info)
	}
	shareUsed := func(customer uuid.UUID) bool {
		return w.capacityShareUsed(l.customerIndex(customer))
	}
	for _, c := range l.queueRows {
		b.Waiting = append(b.Waiting, ConversationInfo{CapacityShareUsed: shareUsed(c.CustomerID), ID: c.ID, Visitor: c.VisitorID, VisitorName: c.VisitorName, GroupName: l.groupName(c.GroupID), WaitingSince: c.QueuedAt})
	}
	slices.SortStableFunc(b.Waiting, func(a, b ConversationInfo) int { return a.WaitingSince.Compare(b.WaitingSince) })
	b.Waiting = b.Waiting[:min(len(b.Waiting), maxWaitingShown)]
	if len(b.Waiting) == maxWaitingShown {
		for _, n := range lengths {
			b.MoreWaiting += int(n.Waiting)
		}
		b.MoreWaiting = max(0, b.MoreWaiting-maxWaitingShown)
	}
	manages := who.Can(access.Manage) && !who.IsLimited() // persons' figures are of their work for all customers
	b.HasAgentFigures = manages
	for i, a := range l.agentRows {
		if who.IsLimited() && a.Limited && !slices.ContainsFunc(a.Customers, who.Serves) {
			continue
		}
		x := w.load(i)
		info := AgentInfo{ID: a.UserID, Name: a.Name, Status: Status(a.Status), StatusSince: a.StatusAt, Unresponsive: a.UnresponsiveSince != nil, OpenChats: int(a.OpenChats),
			MaxChats: int(a.MaxChats), LiveChats: x.live, Backlog: x.backlog}
		if manages {
			info.Occupancy, info.Speed = x.occupancy, l.Agents[i].ReplyTimes.speed()
		}
		for _, p := range l.membershipRows {
			if p.UserID == a.UserID {
				membership := MembershipInfo{GroupName: l.groupName(p.GroupID), Helper: p.Helper}
				if manages {
					membership.Speed, membership.Replies = l.Agents[i].ReplyTimes.speed()*(ReplyTimes{p.ReplySeconds, p.ExpectedReplySeconds}).speedInGroup(), int(p.ReplyCount)
				}
				info.Groups = append(info.Groups, membership)
			}
		}
		for _, c := range l.conversationRows {
			if c.AgentID != nil && *c.AgentID == a.UserID {
				chat := ConversationInfo{ID: c.ID, Visitor: c.VisitorID, VisitorName: c.VisitorName, GroupName: l.groupName(c.GroupID)}
				if c.WaitingSince != nil {
					chat.WaitingSince = *c.WaitingSince
				}
				info.Conversations = append(info.Conversations, chat)
			}
		}
		if who.IsLimited() { // of the others, not even how many
			info.OpenChats = len(info.Conversations)
		}
		slices.SortStableFunc(info.Conversations, func(a, b ConversationInfo) int { // who waits longest first
			if none := a.WaitingSince.IsZero(); none != b.WaitingSince.IsZero() {
				return map[bool]int{true: 1, false: -1}[none]
			}
			return a.WaitingSince.Compare(b.WaitingSince)
		})
		if info.MoreConversations = len(info.Conversations) - maxChatsShown; info.MoreConversations > 0 {
			info.Conversations = info.Conversations[:maxChatsShown]
		}
		info.MoreConversations = max(0, info.MoreConversations)
		b.Agents = append(b.Agents, info)
	}
	slices.SortStableFunc(b.Agents, func(a, b AgentInfo) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return b, nil
}

func (l *snapshot) groupInfo(w *planner, i int, lengths []routingdb.ListQueueLengthsRow) GroupInfo {
	g := l.groupRows[i]
	info := GroupInfo{ID: g.ID, Main: g.Main, Open: l.hours[i].Open(time.Now()), Estimate: l.Groups[i].GroupEstimate, OnlineAgents: len(w.groups[i].online),
		Settings: Settings{Name: g.Name, Everyone: g.Everyone, Automatic: g.Automatic, Picking: g.Picking, Priority: int(g.Priority),
			OverflowAfter: time.Duration(g.OverflowAfter) * time.Second, Hours: l.hours[i]}}
	if g.OverflowID != nil {
		info.Overflow = *g.OverflowID
	}
	for _, s := range w.groups[i].online {
		if w.reasonAgainst(s, nil) == "" {
			info.AvailableAgents++
			info.FreeCapacity += l.Agents[s.agent].MaxChats - w.agents[s.agent].open
		}
	}
	for _, n := range lengths {
		if n.GroupID == g.ID {
			info.Waiting, info.OldestSince = int(n.Waiting), n.Since
		}
	}
	return info
}

// ListGroups lists the groups with their live figures, for who may watch.
func (s *Service) ListGroups(ctx context.Context, who access.Actor) ([]GroupInfo, error) {
	b, err := s.GetMonitor(ctx, who)
	return b.Groups, err
}

// GetGroup returns one group.
func (s *Service) GetGroup(ctx context.Context, who access.Actor, id uuid.UUID) (GroupInfo, Monitor, error) {
	b, err := s.GetMonitor(ctx, who)
	if err != nil {
		return GroupInfo{}, b, err
	}
	for _, g := range b.Groups {
		if g.ID == id {
			return g, b, nil
		}
	}
	return GroupInfo{}, b, fail.Missing("group")
}

// AssignmentRecord is one agent's time with a conversation, and why it got it.
type AssignmentRecord struct {
	AgentName string
	GroupName string
	How       string
	ByName    string // whose act it was; empty: routing's
	At        time.Time
	EndedAt   time.Time // zero: it has it still
	EndReason string    // how it ended
	Reasons   []string  // sentences
}

// ListAssignments says who has had a conversation and why, for managers.
func (s *Service) ListAssignments(ctx context.Context, who access.Actor, conversationID uuid.UUID) ([]AssignmentRecord, error) {
	t, err := s.db.Authorize(who, access.Manage)
	if err != nil {
		return nil, err
	}
	q := routingdb.New(t)
	rows, err := q.ListAssignments(ctx, conversationID)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	people, err := q.ListUserNames(ctx)
	if err != nil {
		return nil, err
	}
	names := map[uuid.UUID]string{}
	for _, p := range people {
		names[p.ID] = p.Name
	}
	list := make([]AssignmentRecord, len(rows))
	for i, row := range rows {
		list[i] = AssignmentRecord{AgentName: row.AgentName, GroupName: row.GroupName, How: row.Method, ByName: row.ByName, At: row.AssignedAt, EndReason: row.EndReason}
		if row.EndedAt != nil {
			list[i].EndedAt = *row.EndedAt
		}
		if len(row.Explanation) > 0 && !who.IsLimited() { // it tells of colleagues' other conversations
			var why Explanation
			if err := json.Unmarshal(row.Explanation, &why); err != nil {
				return nil, err
			}
			list[i].Reasons = why.Sentences(names)
		}
	}
	return list, nil
}

// Sentences are the reasons in words.
func (e Explanation) Sentences(names map[uuid.UUID]string) []string {
	name := func(id uuid.UUID) string {
		if n := names[id]; n != "" {
			return n
		}
		return "somebody"
	}
	t := e.Winner
	list := []string{
		fmt.Sprintf("It had waited %s. %s was expected to answer it within %s: %s for what waited already, and %s for this message.",
			formatSeconds(e.Waited), name(t.Agent), formatSeconds(t.Backlog+t.Work), formatSeconds(t.Backlog), formatSeconds(t.Work)),
		fmt.Sprintf("%s had %s (%.1f of them still going), takes %.2f times as long for a message as the group on average, and had been busy %.0f %% of the last hour or so (the group: %.0f %%). The answers to the others were expected to come %s later, taken together.",
			name(t.Agent), plural(t.Open, "other open conversation"), t.Live, t.Speed, 100*t.Occupancy, 100*t.GroupOccupancy, formatSeconds(t.AddedDelay/addedDelayWeight)),
	}
	if t.FormerAgent {
		list = append(list, name(t.Agent)+" had it, or its visitor, before: that counted for a minute.")
	}
	switch {
	case e.RunnerUp != nil:
		list = append(list, fmt.Sprintf("Next best of %d who could take it: %s, %s worse in all (expected to answer within %s; busy %.0f %%).",
			e.Candidates, name(e.RunnerUp.Agent), formatSeconds(e.RunnerUp.Score-t.Score), formatSeconds(e.RunnerUp.Backlog+e.RunnerUp.Work), 100*e.RunnerUp.Occupancy))
	default:
		list = append(list, "Nobody else could take it.")
	}
	if len(e.PassedOver) > 0 {
		parts := make([]string, len(e.PassedOver))
		for i, p := range e.PassedOver {
			parts[i] = name(p.Agent) + " (" + p.Reason + ")"
		}
		list = append(list, "Passed over: "+strings.Join(parts, ", ")+".")
	}
	return list
}

// formatSeconds is seconds as a person says them.
func formatSeconds(s float64) string {
	s = math.Round(math.Max(0, s))
	if s < 120 {
		return fmt.Sprintf("%.0f s", s)
	}
	return fmt.Sprintf("%.0f min", s/60)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
