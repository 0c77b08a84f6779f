package settings_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// set returns a change of the color.
func setColor(color string) settings.Change {
	return settings.Change{Set: func(w *settings.Widget) error { w.Appearance.Color = color; return nil }}
}

func update(t *testing.T, s *settings.Service, actor access.Actor, place settings.Place, change settings.Change) {
	t.Helper()
	if err := s.Update(context.Background(), actor, place, change); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s *settings.Service, actor access.Actor, place settings.Place) settings.State {
	t.Helper()
	state, err := s.Get(context.Background(), actor, place)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// A website has the value of the lowest level that sets it, says which, and goes back to the level above.
func TestInheritance(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s, owner := settings.New(testkit.DB(t), bus.New(nil), nil), o.As(access.Owner)
	website, customer, all := settings.ForWebsite(o.Website), settings.ForCustomer(o.Customer), settings.ForOrganization()
	expect := func(color string, from settings.Level) {
		t.Helper()
		state := get(t, s, owner, website)
		if state.Value.Appearance.Color != color || state.Origins["appearance.color"] != from {
			t.Errorf("“%s” from the %s, not “%s” from the %s", state.Value.Appearance.Color, state.Origins["appearance.color"], color, from)
		}
	}
	expect("", settings.DefaultLevel)
	update(t, s, owner, all, setColor("#111111"))
	expect("#111111", settings.OrganizationLevel)
	update(t, s, owner, customer, setColor("#222222"))
	expect("#222222", settings.CustomerLevel)
	update(t, s, owner, website, setColor("")) // it has none of its own
	expect("", settings.WebsiteLevel)
	if state := get(t, s, owner, website); state.Above.Appearance.Color != "#222222" || state.AboveOrigins["appearance.color"] != settings.CustomerLevel {
		t.Errorf("above the website: %+v", state.Above.Appearance)
	}
	// What is stored as it is shown stays inherited.
	update(t, s, owner, website, settings.Change{Set: func(w *settings.Widget) error { w.Appearance.Left = false; w.General.Zone = "UTC"; return nil }})
	if state := get(t, s, owner, website); state.IsOwn("appearance.left") || !state.IsOwn("general.zone") {
		t.Errorf("%v", state.Origins)
	}
	for _, from := range []struct {
		place settings.Place
		color string
		level settings.Level
	}{{website, "#222222", settings.CustomerLevel}, {customer, "#111111", settings.OrganizationLevel}, {all, "", settings.DefaultLevel}} {
		if err := s.Reset(context.Background(), owner, from.place, "appearance.color"); err != nil {
			t.Fatal(err)
		}
		expect(from.color, from.level)
	}
	if err := s.Reset(context.Background(), owner, all, "appearance.colour"); fail.KindOf(err) != fail.Invalid {
		t.Errorf("a field that does not exist: %v", err)
	}
}

// Texts of a website are added to those that it inherits, and only its own are changed at its page.
func TestTextsAreInheritedOneByOne(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s, owner := settings.New(testkit.DB(t), bus.New(nil), nil), o.As(access.Owner)
	texts := func(place settings.Place, texts settings.Texts) {
		update(t, s, owner, place, settings.Change{Set: func(w *settings.Widget) error { w.Texts = texts; return nil }})
	}
	texts(settings.ForOrganization(), settings.Texts{"de": {"write": "O", "send": "O"}})
	texts(settings.ForWebsite(o.Website), settings.Texts{"de": {"send": "W"}})
	state := get(t, s, owner, settings.ForWebsite(o.Website))
	if de := state.Value.Texts["de"]; de["write"] != "O" || de["send"] != "W" || len(state.Own["de"]) != 1 || state.Above.Texts["de"]["send"] != "O" {
		t.Errorf("%+v", state)
	}
	texts(settings.ForWebsite(o.Website), nil)
	if state := get(t, s, owner, settings.ForWebsite(o.Website)); state.Value.Texts["de"]["send"] != "O" || state.IsOwn(settings.TextsField) {
		t.Errorf("%+v", state)
	}
}

// A change of what somebody else has changed since it was shown is refused, and nothing of it is stored.
func TestConflictingChange(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s, owner := settings.New(testkit.DB(t), bus.New(nil), nil), o.As(access.Owner)
	place := settings.ForOrganization()
	shown := get(t, s, owner, place).Versions
	first := setColor("#111111")
	first.Versions = settings.Versions{"appearance": shown["appearance"]}
	update(t, s, owner, place, first)
	late := setColor("#222222")
	late.Versions = first.Versions
	if err := s.Update(context.Background(), owner, place, late); fail.KindOf(err) != fail.Conflict {
		t.Errorf("a late change: %v", err)
	}
	state := get(t, s, owner, place)
	if state.Value.Appearance.Color != "#111111" || state.Versions["appearance"] != 1 {
		t.Errorf("%+v %v", state.Value.Appearance, state.Versions)
	}
	late.Versions = state.Versions
	update(t, s, owner, place, late)
}

// Bad values are refused together with what the caller found wrong, and nothing is stored.
func TestRefusedChange(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s, owner := settings.New(testkit.DB(t), bus.New(nil), nil), o.As(access.Owner)
	err := s.Update(context.Background(), owner, settings.ForCustomer(o.Customer), settings.Change{Set: func(w *settings.Widget) error {
		w.Appearance.Color, w.General.Zone = "red", "UTC"
		return fail.Field("x", "Please give a number.")
	}})
	if e := fail.As(err); e == nil || e.Fields["color"] == "" || e.Fields["x"] == "" {
		t.Errorf("%v", err)
	}
	if state := get(t, s, owner, settings.ForCustomer(o.Customer)); state.Value.General.Zone != "" || len(state.Versions) != 0 {
		t.Errorf("%+v", state)
	}
	wrong := errors.New("broken")
	if err := s.Update(context.Background(), owner, settings.ForOrganization(), settings.Change{Set: func(*settings.Widget) error { return wrong }}); !errors.Is(err, wrong) {
		t.Errorf("%v", err)
	}
}

// A manager who is limited to customers changes these and their websites only; roles without the right change nothing; nobody
// reaches another organization. The database refuses it, too.
func TestWhoMayChangeSettings(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, b := testkit.NewOrg(t), bus.New(nil)
	db := testkit.DB(t)
	s := settings.New(db, b, nil)
	orgs := org.New(db, b, s)
	other, err := orgs.AddCustomer(ctx, o.As(access.Owner), "Another customer")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := orgs.AddWebsite(ctx, o.As(access.Owner), other, org.WebsiteInput{Name: "Elsewhere", Host: "other.example"})
	if err != nil {
		t.Fatal(err)
	}
	limited := o.AddMember(t, access.Manager, o.Customer).Actor
	update(t, s, limited, settings.ForCustomer(o.Customer), setColor("#111111"))
	update(t, s, limited, settings.ForWebsite(o.Website), setColor("#222222"))
	update(t, s, o.As(access.Owner), settings.ForCustomer(other), setColor("#333333"))
	for _, c := range []struct {
		actor access.Actor
		place settings.Place
		want  fail.Kind
	}{
		{limited, settings.ForOrganization(), fail.Forbidden}, {limited, settings.ForCustomer(other), fail.NotFound}, {limited, settings.ForWebsite(elsewhere), fail.NotFound},
		{o.As(access.Agent), settings.ForOrganization(), fail.Forbidden}, {o.As(access.Supervisor), settings.ForCustomer(o.Customer), fail.Forbidden},
		{o.As(access.Reviewer), settings.ForWebsite(o.Website), fail.Forbidden}, {testkit.NewOrg(t).As(access.Owner), settings.ForWebsite(o.Website), fail.NotFound},
		{testkit.NewOrg(t).As(access.Owner), settings.ForCustomer(o.Customer), fail.NotFound},
	} {
		if err := s.Update(ctx, c.actor, c.place, setColor("#444444")); fail.KindOf(err) != c.want {
			t.Errorf("%v at the %s: %v", c.actor, c.place.Level(), err)
		}
	}
	if _, err := s.Get(ctx, limited, settings.ForCustomer(other)); fail.KindOf(err) != fail.NotFound {
		t.Errorf("a limited manager reads another customer's: %v", err)
	}
	count := func(actor access.Actor, sql string) (n int) {
		t.Helper()
		if err := db.As(actor).QueryRow(ctx, sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, actor := range map[string]access.Actor{"a visitor": o.Visitor(), "a reviewer": o.As(access.Reviewer)} {
		if n := count(actor, "select count(*) from settings"); n != 0 {
			t.Errorf("%s sees %d rows", name, n)
		}
	}
	if n := count(limited, "select count(*) from settings where customer_id = '"+other.String()+"'"); n != 0 {
		t.Errorf("a limited manager sees %d rows of another customer", n)
	}
	update(t, s, o.As(access.Owner), settings.ForOrganization(), setColor("#555555"))
	if n := count(limited, "with x as (update settings set value = '{}' where customer_id is null returning 1) select count(*) from x"); n != 0 {
		t.Errorf("a limited manager writes %d rows of the organization", n)
	}
	for _, actor := range []access.Actor{limited, o.As(access.Agent)} {
		for _, at := range []*uuid.UUID{nil, &other} {
			if _, err := db.As(actor).Exec(ctx, "insert into settings (org_id, customer_id, section, value) values ($1, $2, 'general', '{}')", o.ID, at); err == nil {
				t.Errorf("%v writes settings of %v", actor, at)
			}
		}
	}
}

// What websites inherit changes at once for all processes, also where it is cached.
func TestCachedSettingsChangeOnAllInstances(t *testing.T) {
	t.Parallel()
	ctx, o, b, db := context.Background(), testkit.NewOrg(t), bus.New(nil), testkit.DB(t)
	s := settings.New(db, b, nil)
	instances := []*org.Service{org.New(db, b, s), org.New(db, b, settings.New(db, b, nil))}
	expect := func(color string) {
		t.Helper()
		for i, instance := range instances {
			w, err := instance.LookUpWebsite(ctx, o.Key, "https://shop.example")
			if err != nil || w.Settings.Appearance.Color != color {
				t.Errorf("instance %d: the widget's color is “%s”, not “%s” (%v)", i, w.Settings.Appearance.Color, color, err)
			}
			x, err := instance.GetSettings(ctx, o.ID, o.Website)
			if err != nil || x.Appearance.Color != color {
				t.Errorf("instance %d: the color is “%s”, not “%s” (%v)", i, x.Appearance.Color, color, err)
			}
		}
	}
	expect("")
	for _, place := range []settings.Place{settings.ForOrganization(), settings.ForCustomer(o.Customer), settings.ForWebsite(o.Website)} {
		color := map[settings.Level]string{settings.OrganizationLevel: "#111111", settings.CustomerLevel: "#222222", settings.WebsiteLevel: "#333333"}[place.Level()]
		update(t, s, o.As(access.Owner), place, setColor(color))
		expect(color)
	}
	if err := s.Reset(ctx, o.As(access.Owner), settings.ForWebsite(o.Website), "appearance.color"); err != nil {
		t.Fatal(err)
	}
	expect("#222222")
}

// A new organization has the defaults of sections that are backed by columns: those of the columns are the program's.
func TestDefaultsOfColumns(t *testing.T) {
	t.Parallel()
	o, want := testkit.NewOrg(t), settings.DefaultRouting()
	var seconds, hours int
	err := testkit.DB(t).As(o.As(access.Owner)).QueryRow(context.Background(), "select away_requeue_seconds, former_agent_hours from routing").Scan(&seconds, &hours)
	if err != nil || seconds != int(want.AwayRequeueAfter.Seconds()) || hours != int(want.FormerAgentWindow.Hours()) {
		t.Errorf("%d seconds and %d hours, not %+v (%v)", seconds, hours, want, err)
	}
}
