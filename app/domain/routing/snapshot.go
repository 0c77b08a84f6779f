package routing

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/domain/presence"
	"parley/app/domain/routing/internal/routingdb"
)

// snapshot is a State as it was read, with the rows that it comes from. groupRows, hours and agentRows have the indexes of
// State.Groups and State.Agents; the other rows may be more than the state has.
type snapshot struct {
	State
	agentNames       map[uuid.UUID]string
	groupRows        []routingdb.ListRoutingGroupsRow
	hours            []group.Hours
	agentRows        []routingdb.ListRoutingAgentsRow
	conversationRows []routingdb.ListRoutingConversationsRow
	membershipRows   []routingdb.ListRoutingMembershipsRow
	queueRows        []routingdb.ListRoutingQueueRow
	truncated        bool // a queue may be longer than what was read of it
	freeCapacity     int  // conversations that agents could get beyond those they have

	groupAt    map[uuid.UUID]int // indexes in State.Groups
	agentAt    map[uuid.UUID]int // indexes in State.Agents
	customerAt map[uuid.UUID]int // indexes in State.Customers
}

// loadSnapshot reads all that a decision depends on but the queues.
func loadSnapshot(ctx context.Context, q *routingdb.Queries, settings routingdb.GetRoutingStateRow) (*snapshot, error) {
	l := &snapshot{agentNames: map[uuid.UUID]string{}, groupAt: map[uuid.UUID]int{}, agentAt: map[uuid.UUID]int{}}
	l.Now, l.LastRequeueAt = seconds(settings.Now), secondsOr(settings.LastRequeueAt, math.Inf(-1))
	l.Explain = true
	if err := l.loadGroups(ctx, q, settings.Now); err != nil {
		return nil, err
	}
	if err := l.loadAgents(ctx, q); err != nil {
		return nil, err
	}
	if err := l.loadMemberships(ctx, q); err != nil {
		return nil, err
	}
	return l, l.loadAssigned(ctx, q)
}

func (l *snapshot) loadGroups(ctx context.Context, q *routingdb.Queries, now time.Time) (err error) {
	if l.groupRows, err = q.ListRoutingGroups(ctx); err != nil {
		return err
	}
	for i, g := range l.groupRows {
		l.groupAt[g.ID] = i
		hours := group.DecodeHours(g.TimeZone, g.Hours, g.Holidays)
		l.hours = append(l.hours, hours)
		l.Groups = append(l.Groups, Group{
			ID:            g.ID,
			Closed:        !g.Automatic || !hours.Open(now),
			GroupEstimate: GroupEstimate{g.ReplySeconds, g.ReplyCount, g.ThinkSeconds, g.ThinkCount},
			Overflow:      -1,
			OverflowAfter: float64(g.OverflowAfter),
		})
	}
	for i, g := range l.groupRows {
		if g.OverflowID != nil && *g.OverflowID != g.ID {
			l.Groups[i].Overflow = indexOf(l.groupAt, g.OverflowID)
		}
	}
	return nil
}

// loadAgents reads the agents who are online, away or have conversations, and the customers, whom limited agents name.
func (l *snapshot) loadAgents(ctx context.Context, q *routingdb.Queries) (err error) {
	if l.agentRows, err = q.ListRoutingAgents(ctx); err != nil {
		return err
	}
	if err := l.loadCustomers(ctx, q); err != nil {
		return err
	}
	for i, a := range l.agentRows {
		l.agentAt[a.UserID], l.agentNames[a.UserID] = i, a.Name
		agent := Agent{
			ID:             a.UserID,
			Status:         presence.Status(a.Status),
			MaxChats:       int(a.MaxChats),
			Unresponsive:   a.UnresponsiveSince != nil,
			OnlineSince:    secondsOr(a.CameOnline, math.Inf(-1)),
			LastReplyAt:    secondsOr(a.LastReplyAt, math.Inf(-1)),
			LastAssignedAt: secondsOr(a.LastAssignedAt, math.Inf(-1)),
			ReplyTimes:     ReplyTimes{a.ReplySeconds, a.ExpectedReplySeconds},
			Occupancy:      Occupancy{a.BusySeconds, a.OnlineSeconds, seconds(a.LoadUpdatedAt)},
			Limited:        a.Limited,
		}
		for _, c := range a.Customers {
			if at, found := l.customerAt[c]; found {
				agent.Customers = append(agent.Customers, at)
			}
		}
		l.Agents = append(l.Agents, agent)
	}
	return nil
}

func (l *snapshot) loadCustomers(ctx context.Context, q *routingdb.Queries) error {
	list, err := q.ListRoutingCustomers(ctx)
	l.customerAt = make(map[uuid.UUID]int, len(list))
	for i, c := range list {
		l.customerAt[c.ID] = i
		customer := Customer{ID: c.ID}
		if c.CapacityShare != nil {
			customer.CapacityShare = int(*c.CapacityShare)
		}
		if c.Short != nil && c.Long != nil {
			customer.Arrivals = Arrivals{*c.Short, *c.Long, secondsOr(c.At, 0), secondsOr(c.FirstAt, 0)}
		}
		l.Customers = append(l.Customers, customer)
	}
	return err
}

func (l *snapshot) loadMemberships(ctx context.Context, q *routingdb.Queries) (err error) {
	if l.membershipRows, err = q.ListRoutingMemberships(ctx); err != nil {
		return err
	}
	for _, m := range l.membershipRows {
		agent, found := l.agentAt[m.UserID]
		g, known := l.groupAt[m.GroupID]
		if !found || !known { // came between two statements
			continue
		}
		membership := Membership{Group: g, Helper: m.Helper, ReplyTimes: ReplyTimes{m.ReplySeconds, m.ExpectedReplySeconds}}
		if m.MaxChats != nil {
			membership.MaxChats = int(*m.MaxChats)
		}
		l.Agents[agent].Memberships = append(l.Agents[agent].Memberships, membership)
	}
	return nil
}

// groupName returns the name of a group, "another group" if it is not in the snapshot.
func (l *snapshot) groupName(id uuid.UUID) string {
	if at, found := l.groupAt[id]; found {
		return l.groupRows[at].Name
	}
	return "another group"
}

// customerIndex returns the index of a customer in State.Customers; -1: it is not there.
func (l *snapshot) customerIndex(id uuid.UUID) int { return indexOf(l.customerAt, &id) }

// indexOf returns the index of an id; -1 for nil and for an id that is not there.
func indexOf(indexes map[uuid.UUID]int, id *uuid.UUID) int {
	if id != nil {
		if at, found := indexes[*id]; found {
			return at
		}
	}
	return -1
}

// seconds returns a time as the state has it.
func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func secondsOr(t *time.Time, otherwise float64) float64 {
	if t == nil {
		return otherwise
	}
	return seconds(*t)
}
