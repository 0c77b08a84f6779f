package routing

import (
	"context"
	"time"

	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
)

// DayTotals are an agent's assignments of the day (UTC).
type DayTotals struct {
	Taken, Closed   int           // conversations
	AverageDuration time.Duration // from the assignment until closed, of those closed; 0: none
}

// GetDayTotals returns the actor's own totals of today.
func (s *Service) GetDayTotals(ctx context.Context, actor access.Actor) (DayTotals, error) {
	if _, err := s.db.Authorize(actor, access.DeskOpen); err != nil {
		return DayTotals{}, err
	}
	// As the system: it counts conversations that the actor had and may not see any more.
	system := s.db.As(actor.AsSystem("count what an agent has done"))
	row, err := routingdb.New(system).GetAgentActivity(ctx, routingdb.GetAgentActivityParams{
		UserID: actor.ID(),
		Since:  time.Now().UTC().Truncate(24 * time.Hour),
	})
	return DayTotals{int(row.Taken), int(row.Closed), time.Duration(row.Each * float64(time.Second))}, err
}
