package desk

import (
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
)

// Row is a conversation in the lists of a desk.
type Row struct {
	conversation.Conversation
	Visibility Visibility
}

// OwnRow returns the row of a conversation that the desk's agent has.
func OwnRow(c conversation.Conversation) Row { return Row{c, Visibility{Mine: true}} }

// InQueue reports whether the row stands in the list of the queues.
func (r Row) InQueue() bool { return r.Visibility.Queued }

// InOwn reports whether the row stands in the agent's own list.
func (r Row) InOwn() bool {
	return r.Visibility.Mine && r.State == conversation.Open || r.Visibility.Participant && r.State != conversation.Closed
}

// Lists are the conversations that a desk lists.
type Lists struct {
	Queue         []conversation.Conversation // the head of the agent's queues and what is offered to it, the longest-waiting first
	More          int                         // how many wait behind Queue
	Own           []conversation.Conversation // the agent's own open conversations, the longest unanswered first
	Participating []conversation.Conversation // those of others in which it takes part
}

// Open returns the conversations that have panes: the agent's own, and then those in which it takes part.
func (l Lists) Open() []conversation.Conversation {
	open := make([]conversation.Conversation, 0, len(l.Own)+len(l.Participating))
	return append(append(open, l.Own...), l.Participating...)
}

// QueueRows returns the list of the queues on an agent's desk.
func (l Lists) QueueRows(agent uuid.UUID, now time.Time) []Row {
	rows := make([]Row, len(l.Queue))
	for i, c := range l.Queue {
		rows[i] = Row{c, Visibility{Queued: true, Offered: c.OfferRecipient(now) == agent}}
	}
	return rows
}

// OwnRows returns the agent's own list.
func (l Lists) OwnRows() []Row {
	rows := make([]Row, 0, len(l.Own)+len(l.Participating))
	for _, c := range l.Own {
		rows = append(rows, OwnRow(c))
	}
	for _, c := range l.Participating {
		rows = append(rows, Row{c, Visibility{Participant: true}})
	}
	return rows
}

// conversationIDs returns the ids of conversations.
func conversationIDs(list []conversation.Conversation) []uuid.UUID {
	ids := make([]uuid.UUID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	return ids
}
