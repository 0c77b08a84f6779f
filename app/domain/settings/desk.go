package settings

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"

	"parley/app/domain/settings/internal/settingsdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Desk is the section of how an organization wants its desk. Only organizations set it.
type Desk struct {
	AgentsEdit  bool     `json:"agents_edit"`  // agents may edit FAQ entries, too
	Review      bool     `json:"review"`       // what agents write is published only after a manager has read it
	AwayReasons []string `json:"away_reasons"` // what agents choose from
}

const deskSection = "desk"

const maxAwayReasons = 20

// DefaultDesk is what a new organization has.
func DefaultDesk() Desk {
	return Desk{AwayReasons: []string{"Break", "Lunch", "Meeting", "Training"}}
}

// check cleans and checks the section; fields are named as the form names them.
func (d *Desk) check() (err error) {
	if len(d.AwayReasons) > maxAwayReasons {
		return fail.Field("away_reasons", "Enter at most %d reasons.", maxAwayReasons)
	}
	for i, reason := range d.AwayReasons {
		if d.AwayReasons[i], err = validate.Name("a reason", reason, 50); err != nil {
			return fail.Field("away_reasons", "%s", err.Error())
		}
	}
	return nil
}

// DecodeDesk returns the section as it is stored; nil: the default.
func DecodeDesk(stored []byte) (Desk, error) {
	d := DefaultDesk()
	if stored == nil {
		return d, nil
	}
	err := json.Unmarshal(stored, &d)
	return d, err
}

// encode returns what is other than the default, as it is stored; nil: nothing is.
func (d *Desk) encode() ([]byte, error) {
	value := map[string]any{}
	standard := DefaultDesk()
	now, without := reflect.ValueOf(d).Elem(), reflect.ValueOf(&standard).Elem()
	for i := range now.NumField() {
		if !reflect.DeepEqual(now.Field(i).Interface(), without.Field(i).Interface()) {
			value[jsonName(now.Type().Field(i))] = now.Field(i).Interface()
		}
	}
	if len(value) == 0 {
		return nil, nil
	}
	return json.Marshal(value)
}

// ReadDesk returns the section for whoever a handle is for.
func ReadDesk(ctx context.Context, t *pg.Tenant) (Desk, error) {
	stored, err := settingsdb.New(t).GetOrganizationSection(ctx, deskSection)
	if pg.IsNoRows(err) {
		return DefaultDesk(), nil
	}
	if err != nil {
		return Desk{}, err
	}
	return DecodeDesk(stored)
}

// GetDesk returns the section of the actor's organization.
func (s *Service) GetDesk(ctx context.Context, actor access.Actor) (Desk, error) {
	t, err := s.db.Authorize(actor, access.DeskRulesRead)
	if err != nil {
		return Desk{}, err
	}
	return ReadDesk(ctx, t)
}

// SetDesk changes the section of the actor's organization.
func (s *Service) SetDesk(ctx context.Context, actor access.Actor, in Desk) error {
	t, err := s.db.Authorize(actor, access.DeskRulesUpdate)
	if err != nil {
		return err
	}
	in.AwayReasons = append([]string{}, in.AwayReasons...)
	if err := in.check(); err != nil {
		return err
	}
	value, err := in.encode()
	if err != nil {
		return err
	}
	return t.Tx(ctx, func(tx *pg.Tenant) error {
		q := settingsdb.New(tx)
		at, err := lock(ctx, q, ForOrganization())
		if err != nil {
			return err
		}
		before, err := ReadDesk(ctx, tx)
		if err != nil {
			return err
		}
		if value == nil {
			err = q.DeleteSettings(ctx, settingsdb.DeleteSettingsParams{Section: deskSection})
		} else {
			err = q.SaveSettings(ctx, settingsdb.SaveSettingsParams{Section: deskSection, Value: value})
		}
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, actor, deskChanged(&at, before, in))
	})
}

func deskChanged(at *subject, before, now Desk) events.Event {
	state := func(d Desk) events.DeskRulesState {
		return events.DeskRulesState{AgentsEdit: d.AgentsEdit, Review: d.Review, AwayReasons: slices.Clone(d.AwayReasons)}
	}
	return events.Event{Kind: events.DeskRulesChanged, Subject: events.Subject{Type: events.Organization, ID: at.id}, Before: state(before), After: state(now)}
}
