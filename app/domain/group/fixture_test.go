package group_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// newService returns a service on a bus of its own.
func newService(t *testing.T) *group.Service {
	t.Helper()
	return group.New(testkit.DB(t), bus.New(nil))
}

func create(t *testing.T, s *group.Service, o testkit.Org, name string) uuid.UUID {
	t.Helper()
	id, err := s.Create(context.Background(), o.As(access.Owner), name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// wantKind reports an error that is not of a kind.
func wantKind(t *testing.T, what string, err error, kind fail.Kind) {
	t.Helper()
	if err == nil || fail.KindOf(err) != kind {
		t.Errorf("%s: %v", what, err)
	}
}

func exec(t *testing.T, o testkit.Org, sql string, args ...any) {
	t.Helper()
	if _, err := testkit.DB(t).As(access.System(o.ID, "test")).Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// mainGroup returns the group that every organization begins with.
func mainGroup(t *testing.T, s *group.Service, o testkit.Org) uuid.UUID {
	t.Helper()
	list, err := s.List(context.Background(), o.As(access.Owner))
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return list[0].ID
}
