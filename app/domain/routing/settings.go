package routing

import (
	"context"
	"time"

	"parley/app/domain/routing/internal/routingdb"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/pg"
)

// GetSettings returns the settings of the actor's organization.
func (s *Service) GetSettings(ctx context.Context, actor access.Actor) (settings.Routing, error) {
	t, err := s.db.Authorize(actor, access.RoutingRead)
	if err != nil {
		return settings.Routing{}, err
	}
	row, err := routingdb.New(t).GetRoutingSettings(ctx)
	return settings.Routing{
		AwayRequeueAfter:  time.Duration(row.AwayRequeueSeconds) * time.Second,
		FormerAgentWindow: time.Duration(row.FormerAgentHours) * time.Hour,
	}, err
}

// UpdateSettings changes the settings of the actor's organization. It returns fail.Invalid for values out of range.
func (s *Service) UpdateSettings(ctx context.Context, actor access.Actor, in settings.Routing) error {
	t, err := s.db.Authorize(actor, access.RoutingUpdate)
	if err != nil {
		return err
	}
	if err := in.Check(); err != nil {
		return err
	}
	now := events.RoutingState{
		AwaySeconds: int(in.AwayRequeueAfter / time.Second),
		FormerHours: int(in.FormerAgentWindow / time.Hour),
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		before, err := routingdb.New(tx).SetRoutingSettings(ctx, routingdb.SetRoutingSettingsParams{
			AwayRequeueSeconds: int32(now.AwaySeconds),
			FormerAgentHours:   int32(now.FormerHours),
		})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, actor, events.Event{
			Kind:    events.RoutingChanged,
			Subject: events.Subject{Type: events.Organization, ID: actor.Org()},
			Before:  events.RoutingState{AwaySeconds: int(before.AwayRequeueSeconds), FormerHours: int(before.FormerAgentHours)},
			After:   now,
		})
	})
	if err == nil {
		s.groups.PublishChanged(actor.Org())
	}
	return err
}
