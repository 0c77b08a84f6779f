package group_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

func TestWebsiteGroups(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner := o.As(access.Owner)
	orders, help := create(t, s, o, "Orders"), create(t, s, o, "Help")
	labels := map[string]string{"de": "Bestellungen"}
	for _, err := range []error{
		s.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: orders}),
		s.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: help}),
		s.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: orders, Priority: 1, Labels: labels}), // stays the first
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []group.WebsiteGroup{
		{Group: orders, GroupName: "Orders", Priority: 1, Labels: labels},
		{Group: help, GroupName: "Help"},
	}
	if got, err := s.ListWebsiteGroups(ctx, owner, o.Website); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	wantKind(t, "priority", s.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: help, Priority: 3}), fail.Invalid)
	wantKind(t, "no such website", s.SetWebsiteGroup(ctx, owner, uuid.New(), group.WebsiteGroup{Group: help}), fail.NotFound)
	if err := s.RemoveWebsiteGroup(ctx, owner, o.Website, help); err != nil {
		t.Error(err)
	}
	wantKind(t, "removed twice", s.RemoveWebsiteGroup(ctx, owner, o.Website, help), fail.NotFound)
}

// A website whose group has no member is listed until the group has one or overflows.
func TestUnstaffedWebsites(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := newService(t), testkit.NewOrg(t)
	owner, id := o.As(access.Owner), create(t, s, o, "Billing")
	if err := s.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: id}); err != nil {
		t.Fatal(err)
	}
	listed := func() bool {
		list, err := s.ListUnstaffedWebsites(ctx, owner)
		if err != nil {
			t.Fatal(err)
		}
		return len(list) == 1 && list[0].Website == o.Website && list[0].Group == id
	}
	if !listed() {
		t.Error("the website of a group without members is not listed")
	}
	if err := s.SetMember(ctx, owner, id, group.Member{ID: o.As(access.Agent).ID(), IsMember: true, MaxChats: 1}); err != nil {
		t.Fatal(err)
	}
	if listed() {
		t.Error("the website of a group with a member is listed")
	}
}

func TestParseLabels(t *testing.T) {
	t.Parallel()
	got, err := group.ParseLabels("de: Bestellungen\n\n pt-BR : Pedidos\n")
	if err != nil || !reflect.DeepEqual(got, map[string]string{"de": "Bestellungen", "pt-BR": "Pedidos"}) {
		t.Errorf("%v %v", got, err)
	}
	for text, want := range map[string]string{
		"Bestellungen":                         "Line 1 does not begin with a language",
		"de: A\nxx-nonsense: B":                "Line 2",
		"de:":                                  "Line 1: ",
		"de: A\nde: B":                         "Line 2 repeats a language",
		"de: " + strings.Repeat("x", 61):       "Line 1: ",
		"one\ntwo\nthree\nfour\nfive\nsix: no": "Line 5",
	} {
		_, err := group.ParseLabels(text)
		if e := fail.As(err); e == nil || !strings.Contains(e.Fields["labels"], want) || strings.Contains(e.Fields["labels"], "Line 6") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
