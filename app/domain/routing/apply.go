package routing

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/pg"
)

// apply carries out a decision in the transaction of a round.
func (s *Service) apply(ctx context.Context, tx *pg.Tenant, l *snapshot, d Decision, o *outcome) error {
	q := routingdb.New(tx)
	if err := l.lock(ctx, q, d); err != nil {
		return err
	}
	for _, a := range d.Unresponsive {
		o.unresponsive = append(o.unresponsive, l.Agents[a].ID)
	}
	if len(o.unresponsive) > 0 {
		if err := q.MarkUnresponsive(ctx, o.unresponsive); err != nil {
			return err
		}
	}
	if err := s.applyMoves(ctx, tx, l, d, o); err != nil {
		return err
	}
	if err := s.applyRequeues(ctx, tx, l, d, o); err != nil {
		return err
	}
	if len(d.Assign) > 0 {
		if err := s.applyAssignments(ctx, tx, l, d, o); err != nil {
			return err
		}
	}
	o.waiting = len(l.Queue) > len(d.Assign) || o.again || l.truncated
	return nil
}

// lock locks all that a decision changes: conversations before agents, and each in one order, as every writer does.
func (l *snapshot) lock(ctx context.Context, q *routingdb.Queries, d Decision) error {
	var conversations, agents []uuid.UUID
	for _, a := range d.Unresponsive {
		agents = append(agents, l.Agents[a].ID)
	}
	for _, m := range d.Move {
		conversations = append(conversations, l.Queue[m.Conversation].ID)
	}
	for _, r := range d.Requeue {
		t := &l.Assigned[r.Conversation]
		conversations, agents = append(conversations, t.ID), append(agents, l.Agents[t.Agent].ID)
	}
	for _, a := range d.Assign {
		conversations, agents = append(conversations, l.Queue[a.Conversation].ID), append(agents, l.Agents[a.Agent].ID)
	}
	if len(conversations) > 0 {
		if err := q.LockConversations(ctx, conversations); err != nil {
			return err
		}
	}
	if len(agents) > 0 {
		return q.LockAgents(ctx, agents)
	}
	return nil
}

// applyMoves puts conversations into the queues of other groups, one statement a group.
func (s *Service) applyMoves(ctx context.Context, tx *pg.Tenant, l *snapshot, d Decision, o *outcome) error {
	byGroup := map[uuid.UUID][]uuid.UUID{}
	for _, m := range d.Move {
		to := l.Groups[m.ToGroup].ID
		byGroup[to] = append(byGroup[to], l.Queue[m.Conversation].ID)
	}
	for to, ids := range byGroup {
		note := "Moved to " + l.groupName(to) + ": no agent of the previous group could take the conversation"
		list, err := s.conversations.MoveToQueue(ctx, tx, ids, to, note)
		if err != nil {
			return err
		}
		o.posted, o.again = append(o.posted, list...), true
	}
	return nil
}

func (s *Service) applyRequeues(ctx context.Context, tx *pg.Tenant, l *snapshot, d Decision, o *outcome) error {
	for _, r := range d.Requeue {
		t := l.Assigned[r.Conversation]
		agent := l.Agents[t.Agent].ID
		list, err := s.conversations.Requeue(ctx, tx, conversation.RequeueOptions{
			Conversations:  []uuid.UUID{t.ID},
			Agent:          agent,
			Reason:         conversation.ReasonNoReply,
			WasAssigned:    true,
			OnlyUnanswered: true,
			Note:           "Requeued from " + l.agentNames[agent] + ": " + r.Reason,
		})
		if err != nil {
			return err
		}
		o.posted, o.again = append(o.posted, list...), true
	}
	return nil
}

// applyAssignments assigns conversations and stores the explanations. Those that are not waiting any more are left out.
func (s *Service) applyAssignments(ctx context.Context, tx *pg.Tenant, l *snapshot, d Decision, o *outcome) error {
	assignments := make([]conversation.Assignment, len(d.Assign))
	var explanations routingdb.SaveExplanationsParams
	for i, a := range d.Assign {
		assignments[i] = conversation.Assignment{Conversation: l.Queue[a.Conversation].ID, Agent: l.Agents[a.Agent].ID}
		text, err := json.Marshal(a.Explanation)
		if err != nil {
			return err
		}
		explanations.Conversations = append(explanations.Conversations, assignments[i].Conversation)
		explanations.Explanations = append(explanations.Explanations, string(text))
	}
	slices.SortFunc(assignments, func(a, b conversation.Assignment) int { // agents in one order, as every writer does
		return slices.Compare(a.Agent[:], b.Agent[:])
	})
	list, err := s.conversations.Assign(ctx, tx, assignments, conversation.ReasonRouting, uuid.Nil)
	if err != nil {
		return err
	}
	if err := routingdb.New(tx).SaveExplanations(ctx, explanations); err != nil {
		return err
	}
	o.posted, o.assigned = append(o.posted, list...), len(list)
	o.again = o.again || len(list) < len(assignments) || l.truncated && len(list) < l.freeCapacity
	return nil
}
