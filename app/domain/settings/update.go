package settings

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"parley/app/domain/settings/internal/settingsdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Change is what somebody wants to be other in the settings of a place.
type Change struct {
	// Set is given what holds now, and makes of it what is to hold. Of the texts it is given those that the place sets itself. Nil:
	// nothing.
	Set func(*Widget) error

	Reset    []Field  // that are inherited from now on, whatever Set makes of them
	Versions Versions // of the sections as they were shown; nil: they are not compared
}

// Applied is a change of the settings of a place that was stored.
type Applied struct {
	Before, After Widget // what held and what holds; of the texts those that the place sets itself
	subject       subject
}

// Update changes the settings of a place. Fields that Set leaves as they are stay inherited, if they were. What does not pass the
// check is not stored, nor anything else of the change: fail.Invalid says of each field what is wrong with it, with what Set said.
// It returns fail.Conflict if a section has another version, and fail.NotFound if the actor sees no such customer or website.
func (s *Service) Update(ctx context.Context, actor access.Actor, place Place, change Change) error {
	t, err := s.db.Authorize(actor, place.UpdateAction())
	if err != nil {
		return err
	}
	var applied Applied
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		if applied, err = s.Apply(ctx, tx, place, change); err != nil {
			return err
		}
		return events.Record(ctx, tx, actor, widgetChanged(&applied))
	})
	if err == nil {
		s.publish(actor, &applied)
	}
	return err
}

// Reset makes fields of a place inherited again.
func (s *Service) Reset(ctx context.Context, actor access.Actor, place Place, fields ...Field) error {
	return s.Update(ctx, actor, place, Change{Reset: fields})
}

// publish tells every process to forget what it has cached of the settings.
func (s *Service) publish(actor access.Actor, a *Applied) {
	event := bus.Event{Kind: bus.Settings, Org: actor.Org()}
	if a.subject.place.level == WebsiteLevel {
		event = bus.Event{Kind: bus.Website, Org: actor.Org(), Website: a.subject.id, Text: a.subject.key}
	}
	s.bus.Publish(event)
}

// Apply is Update within the transaction of a greater change, whose caller has authorized the actor, records the event and
// publishes that the website has changed.
func (s *Service) Apply(ctx context.Context, tx *pg.Tenant, place Place, change Change) (Applied, error) {
	q := settingsdb.New(tx)
	at, err := lock(ctx, q, place)
	if err != nil {
		return Applied{}, err
	}
	stored, versions, err := at.load(ctx, q)
	if err != nil {
		return Applied{}, err
	}
	for section, version := range change.Versions {
		if versions[section] != version {
			return Applied{}, fail.New(fail.Conflict, "Someone else has changed these settings in the meantime. Reload the page and make your change again.")
		}
	}
	a := Applied{subject: at}
	if a.Before, err = ownWidget(&stored, place.level); err == nil {
		a.After, err = ownWidget(&stored, place.level)
	}
	if err != nil {
		return a, err
	}
	if err := change.apply(&a, &stored, s.textNames); err != nil {
		return a, err
	}
	own, err := change.own(&a, stored[place.level])
	if err != nil {
		return a, err
	}
	return a, at.save(ctx, q, stored[place.level], own)
}

// lock finds the subject of a place, and keeps others from changing its settings until the transaction ends.
func lock(ctx context.Context, q *settingsdb.Queries, place Place) (at subject, err error) {
	at = subject{place: place}
	switch place.level {
	case OrganizationLevel:
		row, e := q.LockOrganization(ctx)
		at.id, at.name, err = row.ID, row.Name, e
	case CustomerLevel:
		row, e := q.LockCustomer(ctx, place.id)
		at.id, at.customer, at.name, err = row.ID, row.ID, row.Name, e
	case WebsiteLevel:
		row, e := q.LockWebsite(ctx, place.id)
		at.id, at.customer, at.key, at.name, err = row.ID, row.CustomerID, row.Key, row.Name, e
	}
	if pg.IsNoRows(err) {
		err = fail.Missing(place.level.String())
	}
	return at, err
}

// ownWidget returns what holds at a level, with its own texts only.
func ownWidget(stored *stack, at Level) (Widget, error) {
	w, err := stored.widget(at)
	if err != nil {
		return w, err
	}
	w.Texts, err = stored.texts(at)
	return w, err
}

// apply makes the change in After, and checks what comes of it.
func (c *Change) apply(a *Applied, stored *stack, names TextNames) error {
	above, err := stored.widget(a.subject.place.level - 1)
	if err != nil {
		return err
	}
	var checks fail.Checks
	if c.Set != nil {
		if err := checks.Merge(c.Set(&a.After)); err != nil {
			return err
		}
	}
	for _, field := range c.Reset {
		if field == TextsField {
			a.After.Texts = nil
			continue
		}
		at := slices.IndexFunc(widgetFields, func(f widgetField) bool { return f.field == field })
		if at < 0 {
			return fail.New(fail.Invalid, "The setting “%s” does not exist.", field)
		}
		widgetFields[at].of(&a.After).Set(widgetFields[at].of(&above))
	}
	if err := checks.Merge(a.After.check(&a.Before)); err != nil {
		return err
	}
	names.check(a.After.Texts, &checks)
	return checks.Result()
}

// own returns what the place sets after the change.
func (c *Change) own(a *Applied, before values) (values, error) {
	own := before.clone()
	for i := range widgetFields {
		f := &widgetFields[i]
		if slices.Contains(c.Reset, f.field) {
			own.set(f.section, f.name, nil)
			continue
		}
		was, err := f.encode(&a.Before)
		if err != nil {
			return own, err
		}
		is, err := f.encode(&a.After)
		if err != nil {
			return own, err
		}
		if !bytes.Equal(was, is) {
			own.set(f.section, f.name, is)
		}
	}
	if !reflect.DeepEqual(a.Before.Texts, a.After.Texts) {
		section, name := TextsField.split()
		if len(a.After.Texts) == 0 {
			own.set(section, name, nil)
			return own, nil
		}
		raw, err := json.Marshal(a.After.Texts)
		if err != nil {
			return own, err
		}
		own.set(section, name, raw)
	}
	return own, nil
}

// save stores the sections that are other than before.
func (s *subject) save(ctx context.Context, q *settingsdb.Queries, before, own values) error {
	customer, website := s.ids()
	for _, section := range slices.Sorted(maps.Keys(own)) {
		fields := own[section]
		if maps.EqualFunc(before[section], fields, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			continue
		}
		if len(fields) == 0 {
			err := q.DeleteSettings(ctx, settingsdb.DeleteSettingsParams{CustomerID: customer, WebsiteID: website, Section: section})
			if err != nil {
				return err
			}
			continue
		}
		value, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		err = q.SaveSettings(ctx, settingsdb.SaveSettingsParams{CustomerID: customer, WebsiteID: website, Section: section, Value: value})
		if err != nil {
			return err
		}
	}
	return nil
}
