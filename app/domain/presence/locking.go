package presence

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"parley/app/domain/presence/internal/presencedb"
)

// lockedConversations are an agent's open conversations, locked before the agent. Whoever writes into one of them locks in the
// same order, so that nobody waits for the other in a circle.
type lockedConversations struct {
	agent uuid.UUID
	ids   map[uuid.UUID]bool
}

// errAssignedMeanwhile is returned by verify for retry; it reaches no caller but after ten tries.
var errAssignedMeanwhile = errors.New("presence: the agent got another conversation meanwhile")

func newLockedConversations(agent uuid.UUID) *lockedConversations {
	return &lockedConversations{agent: agent}
}

// retry runs a transaction that locks and verifies the agent's conversations; again, up to ten times, if the agent got another
// one between the two, which must not be locked after the agent.
func (l *lockedConversations) retry(tx func() error) error {
	for try := 1; ; try++ {
		if err := tx(); try == 10 || !errors.Is(err, errAssignedMeanwhile) {
			return err
		}
	}
}

// lock locks the conversations that the agent has. The agent is to be locked next.
func (l *lockedConversations) lock(ctx context.Context, q *presencedb.Queries) error {
	ids, err := q.LockAgentConversations(ctx, &l.agent)
	l.ids = make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		l.ids[id] = true
	}
	return err
}

// verify returns errAssignedMeanwhile if the agent, who is locked by now, has a conversation that lock has not locked.
func (l *lockedConversations) verify(ctx context.Context, q *presencedb.Queries) error {
	ids, err := q.ListAgentConversations(ctx, &l.agent)
	for _, id := range ids {
		if !l.ids[id] {
			return errAssignedMeanwhile
		}
	}
	return err
}
