package faq

import (
	"context"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// DeskRules is how the organization wants its desk.
type DeskRules struct {
	AgentsEdit  bool     // agents may edit FAQ entries, too
	Review      bool     // what agents write is published only after a manager has read it
	AwayReasons []string // what agents choose from
}

// GetDeskRules returns the organization's.
func (s *Service) GetDeskRules(ctx context.Context, who access.Actor) (DeskRules, error) {
	t, err := s.db.Authorize(who, access.DeskRulesRead)
	if err != nil {
		return DeskRules{}, err
	}
	row, err := faqdb.New(t).GetDeskSettings(ctx)
	return DeskRules(row), err
}

// SetDeskRules changes them.
func (s *Service) SetDeskRules(ctx context.Context, who access.Actor, in DeskRules) error {
	t, err := s.db.Authorize(who, access.DeskRulesUpdate)
	if err != nil {
		return err
	}
	if len(in.AwayReasons) > 20 {
		return fail.Field("away_reasons", "Please give at most 20 reasons.")
	}
	for i, reason := range in.AwayReasons {
		if in.AwayReasons[i], err = validate.Name("a reason", reason, 50); err != nil {
			return fail.Field("away_reasons", "%s", err.Error())
		}
	}
	return t.Tx(ctx, func(tx *pg.Tenant) error {
		before, err := faqdb.New(tx).SetDeskSettings(ctx, faqdb.SetDeskSettingsParams{
			AgentsEdit:  in.AgentsEdit,
			Review:      in.Review,
			AwayReasons: in.AwayReasons,
		})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, deskRulesChanged(who.Org(), DeskRules(before), in))
	})
}

// authorizeEditor is a handle for somebody who may edit the catalogue: managers, and agents where the organization allows it.
func (s *Service) authorizeEditor(ctx context.Context, who access.Actor) (*pg.Tenant, DeskRules, error) {
	t, err := s.db.Authorize(who, access.FAQEntryUpdate)
	if err != nil {
		return nil, DeskRules{}, err
	}
	rules, err := s.GetDeskRules(ctx, who)
	if err != nil {
		return nil, rules, err
	}
	if !who.CanFully(access.FAQEntryUpdate) && !rules.AgentsEdit {
		return nil, rules, fail.New(fail.Forbidden, "Agents of your organization may not edit FAQ entries. Ask a manager.")
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
