package group_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/tools/testkit"
)

// Names are cached until an event says that they may have changed. An organization with one group has no names to show.
func TestNamesAreCached(t *testing.T) {
	t.Parallel()
	b := bus.New(nil)
	s, o := group.New(testkit.DB(t), b), testkit.NewOrg(t)
	only := mainGroup(t, s, o)
	s.EnsureNames(o.ID)
	if name := s.Name(o.ID, only); name != "" {
		t.Errorf("the only group is named %q", name)
	}
	id := create(t, s, o, "Billing") // publishes
	s.EnsureNames(o.ID)
	if name := s.Name(o.ID, id); name != "Billing" {
		t.Errorf("a new group is named %q", name)
	}
	exec(t, o, "update groups set name = 'Invoices' where id = $1", id)
	if name := s.Name(o.ID, id); name != "Billing" {
		t.Errorf("a name that no event says has changed is %q", name)
	}
	b.Publish(bus.Event{Kind: bus.Groups, Org: o.ID})
	s.EnsureNames(o.ID)
	if name := s.Name(o.ID, id); name != "Invoices" {
		t.Errorf("after the event it is %q", name)
	}
	exec(t, o, "update groups set name = 'Bills' where id = $1", id)
	s.Resync(o.ID)
	if name := s.Name(o.ID, id); name != "Invoices" {
		t.Errorf("after a resync of the organization it is %q", name)
	}
	s.Resync(uuid.Nil)
	if name, err := s.FindName(context.Background(), o.ID, id); err != nil || name != "Bills" {
		t.Errorf("after a resync it is %q, %v", name, err)
	}
}

func TestChangesArePublished(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := bus.New(nil)
	s, o := group.New(testkit.DB(t), b), testkit.NewOrg(t)
	owner := o.As(access.Owner)
	published := make(groupEvents, 100)
	b.Subscribe(published)
	id := create(t, s, o, "Billing")
	for what, change := range map[string]func() error{
		"update": func() error { return s.Update(ctx, owner, id, group.Settings{Name: "Billing", Picking: true}) },
		"member": func() error {
			return s.SetMember(ctx, owner, id, group.Member{ID: owner.ID(), IsMember: true, MaxChats: 1})
		},
		"website": func() error { return s.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: id}) },
	} {
		for len(published) > 0 {
			<-published
		}
		if err := change(); err != nil {
			t.Fatal(what, err)
		}
		if e := <-published; e.Org != o.ID {
			t.Errorf("%s: %+v", what, e)
		}
	}
}

// groupEvents are the events of bus.Groups.
type groupEvents chan bus.Event

func (c groupEvents) HandleEvents(events []bus.Event) {
	for _, e := range events {
		if e.Kind == bus.Groups {
			c <- e
		}
	}
}

func (groupEvents) Resync(uuid.UUID) {}
