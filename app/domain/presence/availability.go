package presence

import (
	"context"
	"time"

	"parley/app/domain/presence/internal/presencedb"
	"parley/app/domain/settings"
	"parley/app/platform/access"
)

// Availability is what an agent's own desk shows of the agent.
type Availability struct {
	Status           Status
	Since            time.Time     // when the status last changed
	Unresponsive     bool          // gets no conversation until it shows that it is there
	MaxChats         int           // the concurrent-chat limit
	OpenChats        int           // conversations that it has
	AwayRequeueAfter time.Duration // how long it may finish them when it is away
	AwayReason       string        // why it is away; may be empty
	AwayReasons      []string      // that the desk offers
}

// GetAvailability returns the actor's own availability.
func (s *Service) GetAvailability(ctx context.Context, actor access.Actor) (Availability, error) {
	t, err := s.db.Authorize(actor, access.DeskOpen)
	if err != nil {
		return Availability{}, err
	}
	a, err := presencedb.New(t).GetAgent(ctx, actor.ID())
	if err != nil {
		return Availability{}, err
	}
	desk, err := settings.DecodeDesk(a.DeskSettings)
	return Availability{
		Status:           Status(a.Status),
		Since:            a.StatusAt,
		Unresponsive:     a.UnresponsiveSince != nil,
		MaxChats:         int(a.MaxChats),
		OpenChats:        int(a.OpenChats),
		AwayRequeueAfter: time.Duration(a.AwayRequeueSeconds) * time.Second,
		AwayReason:       a.Reason,
		AwayReasons:      desk.AwayReasons,
	}, err
}

// ConfirmPresence makes an unresponsive actor responsive again: the desk was used.
func (s *Service) ConfirmPresence(ctx context.Context, actor access.Actor) error {
	t, err := s.db.Authorize(actor, access.PresenceSet)
	if err != nil {
		return err
	}
	n, err := presencedb.New(t).MarkResponsive(ctx, actor.ID())
	if err == nil && n > 0 {
		s.publishAvailability(actor.Org(), actor.ID())
	}
	return err
}
