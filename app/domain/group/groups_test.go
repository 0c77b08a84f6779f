package group_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

func TestCreateChecksName(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	create(t, s, o, "Billing")
	for _, name := range []string{"", "Billing", strings.Repeat("x", 101)} {
		_, err := s.Create(ctx, o.As(access.Owner), name)
		wantKind(t, "name "+name, err, fail.Invalid)
	}
	_, err := s.Create(ctx, o.As(access.Agent), "By an agent")
	wantKind(t, "by an agent", err, fail.Forbidden)
	list, err := s.List(ctx, o.As(access.Owner))
	if err != nil || len(list) != 2 || list[1].Name != "Billing" {
		t.Errorf("%v %v", list, err)
	}
}

func TestUpdateChecksSettings(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner, id := o.As(access.Owner), create(t, s, o, "Billing")
	create(t, s, o, "Orders")
	hours := func(day int, text string) (h group.Hours) {
		var err error
		if h.Week[day], err = group.ParseDay(text); err != nil {
			t.Fatal(err)
		}
		return h
	}
	overlapping := hours(5, "22-6")
	overlapping.Week[6] = hours(6, "5-12").Week[6]
	for field, in := range map[string]group.Settings{
		"name":     {Name: "Orders"},
		"priority": {Name: "Billing", Priority: 3},
		"after":    {Name: "Billing", OverflowAfter: 25 * time.Hour},
		"overflow": {Name: "Billing", Overflow: id},
		"day6":     {Name: "Billing", Hours: overlapping},
	} {
		err := s.Update(ctx, owner, id, in)
		if e := fail.As(err); e == nil || e.Fields[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	wantKind(t, "to a group that does not exist", s.Update(ctx, owner, id, group.Settings{Name: "Billing", Overflow: uuid.New()}), fail.Invalid)
	wantKind(t, "no such group", s.Update(ctx, owner, uuid.New(), group.Settings{Name: "None"}), fail.NotFound)
	if err := s.Update(ctx, owner, id, group.Settings{Name: "Invoices"}); err != nil {
		t.Fatal(err)
	}
	if name, err := s.FindName(ctx, o.ID, id); err != nil || name != "Invoices" {
		t.Errorf("renamed to %q, %v", name, err)
	}
}

// Groups never overflow in a circle; a circle that is stored already does not hinder other changes.
func TestOverflowInCircleIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner := o.As(access.Owner)
	a, b, c := create(t, s, o, "A"), create(t, s, o, "B"), create(t, s, o, "C")
	for _, err := range []error{
		s.Update(ctx, owner, a, group.Settings{Name: "A", Overflow: b}),
		s.Update(ctx, owner, b, group.Settings{Name: "B", Overflow: c}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	err := s.Update(ctx, owner, c, group.Settings{Name: "C", Overflow: a})
	if e := fail.As(err); e == nil || !strings.Contains(e.Fields["overflow"], "C → A → B → C") {
		t.Errorf("a circle: %v", err)
	}
	exec(t, o, "update groups set overflow_id = $1 where id = $2", a, c)
	if err := s.Update(ctx, owner, c, group.Settings{Name: "C", Picking: true, Overflow: a}); err != nil {
		t.Errorf("a change in an old circle: %v", err)
	}
}

func TestDeleteNamesWhatPreventsIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner, id := o.As(access.Owner), create(t, s, o, "Billing")
	source := create(t, s, o, "Orders")
	wantKind(t, "the main group", s.Delete(ctx, owner, mainGroup(t, s, o)), fail.Conflict)
	wantKind(t, "no such group", s.Delete(ctx, owner, uuid.New()), fail.NotFound)
	if err := s.Update(ctx, owner, source, group.Settings{Name: "Orders", Overflow: id}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: id}); err != nil {
		t.Fatal(err)
	}
	d, err := s.GetDeletion(ctx, owner, id)
	if err != nil || d.Websites != 1 || d.LastGroupOf != 1 || !slices.Equal(d.OverflowSources, []string{"Orders"}) {
		t.Errorf("%+v %v", d, err)
	}
	err = s.Delete(ctx, owner, id)
	wantKind(t, "another group overflows into it", err, fail.Conflict)
	if err == nil || !strings.Contains(err.Error(), "Orders overflows into it") {
		t.Errorf("the reason: %v", err)
	}
	if err := s.Update(ctx, owner, source, group.Settings{Name: "Orders"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(ctx, owner, id); err != nil {
		t.Error(err)
	}
	if _, err := s.GetDeletion(ctx, owner, id); fail.KindOf(err) != fail.NotFound {
		t.Errorf("afterwards: %v", err)
	}
}

func TestBlockedReason(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]group.Deletion{
		"": {Members: 3, Websites: 2},
		"The main group cannot be deleted: it answers websites that have no group.":                                                  {Main: true},
		"This group cannot be deleted: one of its conversations is open. Change that first.":                                         {OpenConversations: 1},
		"This group cannot be deleted: closed conversations refer to it. If you no longer need it, remove its websites and members.": {HasHistory: true},
		"This group cannot be deleted: 2 FAQ entries are for this group only, and A, B overflow into it. Change that first.":         {FAQEntries: 2, OverflowSources: []string{"A", "B"}},
	} {
		if got := d.BlockedReason(); got != want {
			t.Errorf("%+v: %q", d, got)
		}
	}
}

func TestLocalTimeOfGroup(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner, id := o.As(access.Owner), create(t, s, o, "Tokyo")
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(ctx, owner, id, group.Settings{Name: "Tokyo", Hours: group.Hours{Zone: zone}}); err != nil {
		t.Fatal(err)
	}
	if at := s.LocalTime(ctx, owner, id); at.Location().String() != "Asia/Tokyo" {
		t.Errorf("a group's zone: %s", at.Location())
	}
	if at := s.LocalTime(ctx, owner, uuid.New()); at.Location() != time.UTC {
		t.Errorf("the zone of no group: %s", at.Location())
	}
}
