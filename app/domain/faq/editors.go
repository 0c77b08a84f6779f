package faq

import (
	"context"

	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// authorizeEditor is a handle for somebody who may edit the catalogue: managers, and agents where the organization allows it.
func (s *Service) authorizeEditor(ctx context.Context, who access.Actor) (*pg.Tenant, settings.Desk, error) {
	t, err := s.db.Authorize(who, access.FAQEntryUpdate)
	if err != nil {
		return nil, settings.Desk{}, err
	}
	rules, err := settings.ReadDesk(ctx, t)
	if err != nil {
		return nil, rules, err
	}
	if !who.CanFully(access.FAQEntryUpdate) && !rules.AgentsEdit {
		return nil, rules, fail.New(fail.Forbidden, "Agents of your organization cannot edit FAQ entries. Ask a manager.")
	}
	return t, rules, nil
}

// CanEdit reports whether somebody may edit the catalogue.
func (s *Service) CanEdit(ctx context.Context, who access.Actor) (bool, error) {
	_, _, err := s.authorizeEditor(ctx, who)
	if fail.KindOf(err) == fail.Forbidden {
		return false, nil
	}
	return err == nil, err
}
