package routing

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
)

// AssignmentRecord is one assignment of a conversation to an agent, and why that agent got it.
type AssignmentRecord struct {
	AgentName string
	GroupName string
	How       string // one of conversation.Reason...
	ByName    string // who assigned it; "": routing
	At        time.Time
	EndedAt   time.Time // zero: the agent still has it
	EndReason string    // one of conversation.Reason...; "" while it lasts
	Reasons   []string  // the explanation in sentences; nil if it was not routing, and for limited actors
}

// ListAssignments lists the assignments of a conversation, the first one first, for an actor who may manage.
func (s *Service) ListAssignments(ctx context.Context, actor access.Actor, conversationID uuid.UUID) ([]AssignmentRecord, error) {
	t, err := s.db.Authorize(actor, access.ConversationReadAssignments)
	if err != nil {
		return nil, err
	}
	q := routingdb.New(t)
	rows, err := q.ListAssignments(ctx, conversationID)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	users, err := q.ListUserNames(ctx)
	if err != nil {
		return nil, err
	}
	names := map[uuid.UUID]string{}
	for _, u := range users {
		names[u.ID] = u.Name
	}
	list := make([]AssignmentRecord, len(rows))
	for i, row := range rows {
		list[i] = assignmentRecord(row)
		if len(row.Explanation) == 0 || actor.IsLimited() { // it mentions agents' other conversations
			continue
		}
		var e Explanation
		if err := json.Unmarshal(row.Explanation, &e); err != nil {
			return nil, err
		}
		list[i].Reasons = e.Sentences(names)
	}
	return list, nil
}

func assignmentRecord(row routingdb.ListAssignmentsRow) AssignmentRecord {
	r := AssignmentRecord{
		AgentName: row.AgentName,
		GroupName: row.GroupName,
		How:       row.Method,
		ByName:    row.ByName,
		At:        row.AssignedAt,
		EndReason: row.EndReason,
	}
	if row.EndedAt != nil {
		r.EndedAt = *row.EndedAt
	}
	return r
}
