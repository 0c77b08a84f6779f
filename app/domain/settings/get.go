package settings

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"parley/app/domain/settings/internal/settingsdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// State is the settings of a place, with where they come from.
type State struct {
	Place   Place
	Value   Widget // what holds
	Above   Widget // what would hold if the place set nothing
	Own     Texts  // the texts that the place sets itself
	Origins map[Field]Level

	AboveOrigins map[Field]Level // where the value of a field comes from if the place does not set it
	Versions     Versions
}

// Versions counts the changes of the sections of a place; a section that it does not set has none.
type Versions map[string]int

// IsOwn reports whether the place sets one of the fields itself.
func (s *State) IsOwn(fields ...Field) bool {
	for _, f := range fields {
		if s.Origins[f] == s.Place.level {
			return true
		}
	}
	return false
}

// Get returns the settings of a place. It returns fail.NotFound if the actor sees no such customer or website.
func (s *Service) Get(ctx context.Context, actor access.Actor, place Place) (State, error) {
	t, err := s.db.Authorize(actor, access.SettingsRead)
	if err != nil {
		return State{}, err
	}
	q := settingsdb.New(t)
	at := subject{place: place}
	switch place.level {
	case CustomerLevel:
		at.customer, err = q.GetCustomer(ctx, place.id)
	case WebsiteLevel:
		at.customer, err = q.GetWebsite(ctx, place.id)
	}
	if pg.IsNoRows(err) {
		return State{}, fail.Missing(place.level.String())
	}
	if err != nil {
		return State{}, err
	}
	stored, versions, err := at.load(ctx, q)
	if err != nil {
		return State{}, err
	}
	return newState(place, &stored, versions)
}

func newState(place Place, stored *stack, versions Versions) (s State, err error) {
	s = State{Place: place, Versions: versions, Origins: stored.origins(place.level), AboveOrigins: stored.origins(place.level - 1)}
	if s.Value, err = stored.widget(place.level); err != nil {
		return s, err
	}
	if s.Above, err = stored.widget(place.level - 1); err != nil {
		return s, err
	}
	s.Own, err = stored.texts(place.level)
	return s, err
}

// subject is the organization, customer or website that settings are of.
type subject struct {
	place    Place
	id       uuid.UUID
	customer uuid.UUID // zero for the organization
	name     string
	key      string // of a website
}

// ids returns the customer and the website, nil where there is none.
func (s *subject) ids() (customer, website *uuid.UUID) {
	if s.customer != uuid.Nil {
		customer = &s.customer
	}
	if s.place.level == WebsiteLevel {
		website = &s.place.id
	}
	return customer, website
}

// load returns what the levels of the subject set, and the versions of its own sections.
func (s *subject) load(ctx context.Context, q *settingsdb.Queries) (stored stack, versions Versions, err error) {
	customer, website := s.ids()
	rows, err := q.ListSettings(ctx, settingsdb.ListSettingsParams{CustomerID: customer, WebsiteID: website})
	versions = Versions{}
	for _, r := range rows {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(r.Value, &fields); err != nil {
			return stored, versions, err
		}
		stored.add(Level(r.Level), r.Section, fields)
		if Level(r.Level) == s.place.level {
			versions[r.Section] = int(r.Version)
		}
	}
	return stored, versions, err
}
