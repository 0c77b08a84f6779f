package routing

import (
	"context"
	"time"

	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// Settings are what a manager sets for the routing of an organization.
type Settings struct {
	AwayRequeueAfter  time.Duration // how long an agent who is away may finish its conversations, up to a day
	FormerAgentWindow time.Duration // within which a visitor who returns goes to the former agent, up to a year; 0: never
}

const (
	maxAwayRequeueAfter  = 24 * time.Hour
	maxFormerAgentWindow = 365 * 24 * time.Hour
)

// GetSettings returns the settings of the actor's organization.
func (s *Service) GetSettings(ctx context.Context, actor access.Actor) (Settings, error) {
	t, err := s.db.Authorize(actor, access.RoutingRead)
	if err != nil {
		return Settings{}, err
	}
	row, err := routingdb.New(t).GetRoutingSettings(ctx)
	return Settings{
		AwayRequeueAfter:  time.Duration(row.AwayRequeueSeconds) * time.Second,
		FormerAgentWindow: time.Duration(row.FormerAgentHours) * time.Hour,
	}, err
}

// UpdateSettings changes the settings of the actor's organization. It returns fail.Invalid for values out of range.
func (s *Service) UpdateSettings(ctx context.Context, actor access.Actor, in Settings) error {
	t, err := s.db.Authorize(actor, access.RoutingUpdate)
	if err != nil {
		return err
	}
	var checks fail.Checks
	if in.AwayRequeueAfter < 0 || in.AwayRequeueAfter > maxAwayRequeueAfter {
		checks.Add("hand_back", "Please give 0 to 1440 minutes.")
	}
	if in.FormerAgentWindow < 0 || in.FormerAgentWindow > maxFormerAgentWindow {
		checks.Add("former", "Please give 0 to 8760 hours.")
	}
	if err := checks.Result(); err != nil {
		return err
	}
	err = routingdb.New(t).SetRoutingSettings(ctx, routingdb.SetRoutingSettingsParams{
		AwayRequeueSeconds: int32(in.AwayRequeueAfter / time.Second),
		FormerAgentHours:   int32(in.FormerAgentWindow / time.Hour),
	})
	if err == nil {
		s.groups.PublishChanged(actor.Org())
	}
	return err
}
