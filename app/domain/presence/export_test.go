package presence

import (
	"context"
	"time"

	"parley/app/platform/access"
)

// StallHeartbeat keeps the process from renewing its lease for a time, as if it had no processor.
func (s *Service) StallHeartbeat(lasts time.Duration) {
	s.connections.renewing.Lock()
	time.AfterFunc(lasts, s.connections.renewing.Unlock)
}

// LoseConnection stores that an agent's connection is lost, as it is when the grace period has passed.
func (s *Service) LoseConnection(ctx context.Context, actor access.Actor) error {
	return s.tryStoreDisconnected(ctx, actor.Org(), actor.ID(), s.connections.instance)
}
