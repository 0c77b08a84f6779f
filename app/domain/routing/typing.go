package routing

import (
	"time"

	"github.com/google/uuid"
)

// typingTimeout is how long after a key an agent counts as writing: a conversation is not requeued meanwhile.
const typingTimeout = 10 * time.Second

// maxTypings is how many conversations may be remembered before those with older keys are forgotten.
const maxTypings = 1000

// lastTyping is who wrote in a conversation last, and when.
type lastTyping struct {
	user uuid.UUID
	at   time.Time
}

func (s *Service) recordTyping(conversationID, userID uuid.UUID) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.typing) > maxTypings {
		for id, last := range s.typing {
			if now.Sub(last.at) > typingTimeout {
				delete(s.typing, id)
			}
		}
	}
	s.typing[conversationID] = lastTyping{userID, now}
}

// markTyping notes in which of the assigned conversations the agent writes as of now.
func (s *Service) markTyping(l *snapshot, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range l.Assigned {
		c := &l.Assigned[i]
		last := s.typing[c.ID]
		c.AgentTyping = now.Sub(last.at) < typingTimeout && last.user == l.Agents[c.Agent].ID
	}
}
