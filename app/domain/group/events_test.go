package group_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/tools/testkit"
)

// newestEvent returns the last event of an organization.
func newestEvent(t *testing.T, o testkit.Org) (last events.Stored) {
	t.Helper()
	for {
		list, err := events.After(context.Background(), testkit.DB(t), o.As(access.Owner), last.Number)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return last
		}
		last = list[len(list)-1]
	}
}

// wantEvent reports a newest event that is of another kind or tells of another change.
func wantEvent(t *testing.T, o testkit.Org, kind events.Kind, before, after events.Payload) {
	t.Helper()
	e := newestEvent(t, o)
	was, is, err := e.States()
	if err != nil || e.Kind != kind || !reflect.DeepEqual(was, before) || !reflect.DeepEqual(is, after) {
		t.Errorf("%s of %q: from %+v to %+v, %v; expected %s from %+v to %+v", e.Kind, e.Subject.Name, was, is, err, kind, before, after)
	}
}

func TestEventsOfGroup(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner, id := o.As(access.Owner), create(t, s, o, "Billing")
	if e := newestEvent(t, o); e.Kind != events.GroupCreated || e.Subject.ID != id || e.ActorID != owner.ID() {
		t.Errorf("created as %+v", e)
	}
	in := group.Settings{Name: "Billing", Automatic: true, Picking: true, OverflowAfter: time.Minute}
	if err := s.Update(ctx, owner, id, in); err != nil {
		t.Fatal(err)
	}
	number := newestEvent(t, o).Number
	if err := s.Update(ctx, owner, id, in); err != nil || newestEvent(t, o).Number != number {
		t.Errorf("what changes nothing is recorded, or %v", err)
	}
	in.Priority, in.Hours.Holidays = 2, []string{"12-25"}
	in.Hours.Week[1] = []group.Span{{From: 540, To: 1020}}
	if err := s.Update(ctx, owner, id, in); err != nil {
		t.Fatal(err)
	}
	wantEvent(t, o, events.GroupChanged, events.GroupState{},
		events.GroupState{Priority: 2, Hours: map[string]string{"monday": "9:00-17:00"}, Holidays: []string{"--12-25"}})
	if err := s.Delete(ctx, owner, id); err != nil {
		t.Fatal(err)
	}
	if e := newestEvent(t, o); e.Kind != events.GroupDeleted || e.Subject.Name != "Billing" || e.Payload.Before == nil {
		t.Errorf("deleted as %+v", e)
	}
}

// Of a list of members that is saved as a whole, the event has those who have changed.
func TestEventsOfMembers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner, id := o.As(access.Owner), create(t, s, o, "Billing")
	list, err := s.ListMembers(ctx, owner, id)
	if err != nil || len(list) < 2 {
		t.Fatal(list, err)
	}
	number := newestEvent(t, o).Number
	if err := s.SetMembers(ctx, owner, id, list); err != nil || newestEvent(t, o).Number != number {
		t.Errorf("what changes nothing is recorded, or %v", err)
	}
	m := &list[1]
	before := events.GroupMember{ID: m.ID, Name: m.Name, MaxChats: m.MaxChats}
	m.IsMember, m.Helper, m.GroupMaxChats, m.MaxChats = true, true, 2, 7
	if err := s.SetMembers(ctx, owner, id, list); err != nil {
		t.Fatal(err)
	}
	now := events.GroupMember{ID: m.ID, Name: m.Name, Member: true, Helper: true, GroupMaxChats: 2, MaxChats: 7}
	wantEvent(t, o, events.GroupMembersChanged, events.GroupMembersState{Members: []events.GroupMember{before}},
		events.GroupMembersState{Members: []events.GroupMember{now}})
	number = newestEvent(t, o).Number
	stranger := group.Member{ID: uuid.New(), IsMember: true, MaxChats: 1}
	if err := s.SetMembers(ctx, owner, id, []group.Member{*m, stranger}); err == nil || newestEvent(t, o).Number != number {
		t.Errorf("what is refused is recorded, or %v", err)
	}
}

func TestEventsOfWebsiteGroups(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner, id := o.As(access.Owner), create(t, s, o, "Billing")
	set := func(priority int) {
		t.Helper()
		if err := s.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: id, Priority: priority}); err != nil {
			t.Fatal(err)
		}
	}
	set(0)
	wantEvent(t, o, events.WebsiteGroupSet, nil, events.WebsiteGroupState{Group: "Billing", GroupID: id})
	set(1)
	wantEvent(t, o, events.WebsiteGroupSet, events.WebsiteGroupState{}, events.WebsiteGroupState{Priority: 1})
	if e := newestEvent(t, o); e.Subject.ID != o.Website || e.Customer != o.Customer {
		t.Errorf("recorded of %+v, customer %s", e.Subject, e.Customer)
	}
	if err := s.RemoveWebsiteGroup(ctx, owner, o.Website, id); err != nil {
		t.Fatal(err)
	}
	wantEvent(t, o, events.WebsiteGroupRemoved, events.WebsiteGroupState{Group: "Billing", GroupID: id, Priority: 1}, nil)
}
