package group_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

func TestSetMembersAllOrNone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner, id := o.As(access.Owner), create(t, s, o, "Billing")
	mia, ida := o.As(access.Agent).ID(), o.AddMember(t, access.Agent).Actor.ID()
	member := func(user uuid.UUID) group.Member {
		list, err := s.ListMembers(ctx, owner, id)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(list, func(m group.Member) bool { return m.ID == user })
		if at < 0 {
			t.Fatalf("%s is not listed: %+v", user, list)
		}
		return list[at]
	}
	set := func(members ...group.Member) error { return s.SetMembers(ctx, owner, id, members) }
	if err := set(group.Member{ID: mia, IsMember: true, MaxChats: 4, GroupMaxChats: 2, Helper: true}); err != nil {
		t.Fatal(err)
	}
	if m := member(mia); !m.IsMember || !m.Helper || m.MaxChats != 4 || m.GroupMaxChats != 2 {
		t.Errorf("stored: %+v", m)
	}
	reviewer := o.As(access.Reviewer).ID()
	err := set(group.Member{ID: ida, IsMember: true, MaxChats: 3}, group.Member{ID: reviewer, IsMember: true, MaxChats: 3})
	wantKind(t, "with a reviewer", err, fail.Conflict)
	if m := member(ida); m.IsMember {
		t.Errorf("one of two is stored: %+v", m)
	}
	wantKind(t, "a reviewer alone", set(group.Member{ID: reviewer, IsMember: true, MaxChats: 3}), fail.NotFound)
	err = set(group.Member{ID: mia, IsMember: true, MaxChats: 0}, group.Member{ID: ida, IsMember: true, MaxChats: 3, GroupMaxChats: -1})
	e := fail.As(err)
	if e == nil || e.Fields["cap-"+mia.String()] == "" || e.Fields["own-"+ida.String()] == "" {
		t.Errorf("limits out of range: %v", err)
	}
	wantKind(t, "no such group", s.SetMember(ctx, owner, uuid.New(), group.Member{ID: mia, MaxChats: 3}), fail.NotFound)
	if err := set(group.Member{ID: mia, MaxChats: 4}); err != nil || member(mia).IsMember {
		t.Errorf("removed: %+v %v", member(mia), err)
	}
}

// An actor answers for the groups it is a member of, and for those of everyone; a reviewer for none.
func TestListOf(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner, id := o.As(access.Owner), create(t, s, o, "Billing")
	agent := o.As(access.Agent)
	list := func(actor access.Actor) []uuid.UUID {
		groups, err := s.ListOf(ctx, actor)
		if err != nil {
			t.Fatal(err)
		}
		return groups
	}
	if slices.Contains(list(agent), id) {
		t.Error("an agent answers for a group without members")
	}
	if err := s.SetMember(ctx, owner, id, group.Member{ID: agent.ID(), IsMember: true, MaxChats: 3}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(list(agent), id) {
		t.Error("a member does not answer for its group")
	}
	if err := s.Update(ctx, owner, id, group.Settings{Name: "Billing", Everyone: true}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(list(o.As(access.Supervisor)), id) || len(list(o.As(access.Reviewer))) != 0 {
		t.Errorf("a group of everyone: %v, %v", list(o.As(access.Supervisor)), list(o.As(access.Reviewer)))
	}
}

// Another organization neither sees nor changes a group.
func TestGroupsOfOtherOrganizations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o, other := newService(t), testkit.NewOrg(t), testkit.NewOrg(t)
	owner, id := other.As(access.Owner), create(t, s, o, "Billing")
	agent := o.As(access.Agent).ID()
	wantKind(t, "update", s.Update(ctx, owner, id, group.Settings{Name: "Mine"}), fail.NotFound)
	wantKind(t, "delete", s.Delete(ctx, owner, id), fail.NotFound)
	wantKind(t, "member", s.SetMember(ctx, owner, id, group.Member{ID: agent, IsMember: true, MaxChats: 1}), fail.NotFound)
	wantKind(t, "website", s.SetWebsiteGroup(ctx, owner, other.Website, group.WebsiteGroup{Group: id}), fail.NotFound)
	wantKind(t, "remove", s.RemoveWebsiteGroup(ctx, owner, o.Website, id), fail.NotFound)
	if name, err := s.FindName(ctx, other.ID, id); err != nil || name != "" {
		t.Errorf("its name: %q %v", name, err)
	}
	members, err := s.ListMembers(ctx, owner, id)
	if err != nil || slices.ContainsFunc(members, func(m group.Member) bool { return m.ID == agent }) {
		t.Errorf("its members: %+v %v", members, err)
	}
}
