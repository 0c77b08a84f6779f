package routing

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/routing/internal/routingdb"
)

// loadAssigned reads the conversations that agents have.
func (l *snapshot) loadAssigned(ctx context.Context, q *routingdb.Queries) (err error) {
	if l.conversationRows, err = q.ListRoutingConversations(ctx); err != nil {
		return err
	}
	counted := make([]int, len(l.Agents))
	for _, c := range l.conversationRows {
		at, known := l.groupAt[c.GroupID]
		agent := indexOf(l.agentAt, c.AgentID)
		if !known || agent < 0 {
			continue
		}
		counted[agent]++
		l.Assigned = append(l.Assigned, Conversation{
			ID:           c.ID,
			Group:        at,
			Customer:     l.customerIndex(c.CustomerID),
			Agent:        agent,
			Waiting:      c.WaitingSince != nil,
			WaitingSince: secondsOr(c.WaitingSince, 0),
			AssignedAt:   secondsOr(c.AssignedAt, 0),
			RepliedAt:    secondsOr(c.RepliedAt, 0),
			ThinkSeconds: float64(c.ThinkSeconds),
			ThinkCount:   float64(c.ThinkCount),
			RequeueCount: int(c.RequeueCount),
			FormerAgent:  -1,
			RequeuedFrom: -1,
		})
	}
	for i, a := range l.agentRows { // the database enforces the limit by its own count
		l.Agents[i].MaxChats -= max(0, int(a.OpenChats)-counted[i])
	}
	return nil
}

// loadQueues reads the heads of the queues, by group and website: at most most of each queue of the active groups, one of
// every other group.
func (l *snapshot) loadQueues(ctx context.Context, q *routingdb.Queries, active []uuid.UUID, most int) (err error) {
	heads := routingdb.ListRoutingQueueParams{Deciding: active, Most: int32(most)}
	if l.queueRows, err = q.ListRoutingQueue(ctx, heads); err != nil {
		return err
	}
	read := map[[2]uuid.UUID]int{} // by group and website
	for _, c := range l.queueRows {
		at, known := l.groupAt[c.GroupID]
		if !known {
			continue
		}
		queue := [2]uuid.UUID{c.GroupID, c.WebsiteID}
		read[queue]++
		l.truncated = l.truncated || read[queue] >= most
		l.Queue = append(l.Queue, Conversation{
			ID:           c.ID,
			Group:        at,
			Customer:     l.customerIndex(c.CustomerID),
			Agent:        -1,
			Priority:     int(c.Priority),
			Waiting:      c.WaitingSince != nil,
			WaitingSince: seconds(c.QueuedAt),
			RepliedAt:    secondsOr(c.RepliedAt, 0),
			ThinkSeconds: float64(c.ThinkSeconds),
			ThinkCount:   float64(c.ThinkCount),
			LostAgent:    c.AgentLost,
			FormerAgent:  indexOf(l.agentAt, c.FormerAgentID),
			RequeueCount: int(c.RequeueCount),
			RequeuedFrom: indexOf(l.agentAt, c.RequeuedFrom),
			RequeuedAt:   secondsOr(c.RequeuedAt, 0),
		})
	}
	return nil
}

// activeGroups returns the groups from whose queues a conversation can be assigned or moved now, and sets freeCapacity.
func (l *snapshot) activeGroups() (groups []uuid.UUID) {
	w := newPlanner(&l.State)
	able := make([]bool, len(l.Groups))
	counted := make([]bool, len(l.Agents))
	for i := range l.Groups {
		if l.Groups[i].Closed {
			continue
		}
		for _, c := range w.groups[i].online {
			if w.reasonAgainst(c, nil) != "" {
				continue
			}
			able[i] = true
			if !counted[c.agent] {
				counted[c.agent] = true
				l.freeCapacity += l.Agents[c.agent].MaxChats - w.agents[c.agent].open
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

// allGroups returns the ids of all groups.
func (l *snapshot) allGroups() []uuid.UUID {
	list := make([]uuid.UUID, len(l.groupRows))
	for i, g := range l.groupRows {
		list[i] = g.ID
	}
	return list
}
