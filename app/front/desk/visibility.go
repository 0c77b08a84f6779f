package desk

import (
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
)

// Visibility is how a conversation shows on an agent's desk. The zero Visibility: it does not.
type Visibility struct {
	Mine        bool // the agent has it
	Participant bool // another agent has it, and this one takes part
	Queued      bool // it is in a queue that the agent sees
	Offered     bool // it is offered to the agent
	Known       bool // it has waited before, behind what the list shows: the desk does not announce it
}

// VisibilityOf returns how a conversation shows on the desk of an agent at a time. participates: the agent takes part
// in it. scope is which queues the agent sees.
func VisibilityOf(
	actor access.Actor, c conversation.Conversation, participates bool, scope conversation.QueueScope, now time.Time,
) Visibility {
	recipient := c.OfferRecipient(now)
	switch {
	case !conversation.CanSee(actor, c, conversation.Involvement{IsParticipant: participates, InQueueGroup: scope.Has(c.Group)}, recipient):
		return Visibility{}
	case c.Agent == actor.ID():
		return Visibility{Mine: true}
	}
	offered := recipient == actor.ID()
	return Visibility{
		Participant: participates,
		Offered:     offered,
		Queued:      c.State == conversation.Waiting && (offered || recipient == uuid.Nil),
	}
}

// VisibilityInPane returns how a conversation that an agent has opened shows in its pane.
func VisibilityInPane(agent uuid.UUID, c conversation.Conversation, participants []conversation.Participant) Visibility {
	return Visibility{Mine: c.Agent == agent, Participant: FindParticipant(agent, participants).ID == agent}
}

// FindParticipant returns a participant by the team member's id; the zero Participant: it is none of them.
func FindParticipant(id uuid.UUID, participants []conversation.Participant) conversation.Participant {
	for _, p := range participants {
		if p.ID == id {
			return p
		}
	}
	return conversation.Participant{}
}

// CanReply reports whether a team member is a participant who may write to the visitor.
func CanReply(id uuid.UUID, participants []conversation.Participant) bool {
	return FindParticipant(id, participants).CanReply
}

// IsMonitoring reports whether a team member is a participant who came by itself to watch. It may take the conversation over.
func IsMonitoring(id uuid.UUID, participants []conversation.Participant) bool {
	return FindParticipant(id, participants).Watching
}
