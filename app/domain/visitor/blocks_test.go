package visitor_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// newVisitor returns a visitor that has a row.
func newVisitor(t *testing.T, s *visitor.Service, o testkit.Org) access.Actor {
	t.Helper()
	claims := visitor.IdentityClaims{Subject: uuid.NewString(), Name: "Anna", ExpiresAt: time.Now().Add(time.Hour)}
	known, _, err := s.Identify(context.Background(), o.ID, o.Website, access.Actor{}, claims, claims.Subject, "203.0.113.7")
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	s := visitor.New(testkit.DB(t), bus.New(nil))
	supervisor, known := o.As(access.Supervisor), newVisitor(t, s, o)
	isBlocked := func() bool {
		t.Helper()
		blocked, err := s.IsBlocked(ctx, supervisor, known.ID())
		if err != nil {
			t.Fatal(err)
		}
		return blocked
	}
	for _, b := range []visitor.Block{
		{Network: "203.0.113.9"},
		{Visitor: known.ID(), Reason: "Spam", ExpiresAt: time.Now().Add(-time.Hour)},
	} {
		if err := s.AddBlock(ctx, supervisor, b); err != nil {
			t.Fatal(err)
		}
	}
	if isBlocked() {
		t.Error("a visitor is blocked by a range, or by a block that has expired")
	}
	if err := s.AddBlock(ctx, supervisor, visitor.Block{Visitor: known.ID(), Reason: "Spam"}); err != nil || !isBlocked() {
		t.Errorf("a block: %v", err)
	}
	list, err := s.ListBlocks(ctx, supervisor)
	if err != nil || len(list) != 2 || list[0].VisitorName != "Anna" || list[0].Reason != "Spam" || list[1].Network != "203.0.113.9/32" {
		t.Fatalf("blocks: %+v %v", list, err)
	}
	if err := s.RemoveBlock(ctx, supervisor, list[0].ID); err != nil || isBlocked() {
		t.Errorf("a block that was removed: %v", err)
	}
	if err := s.RemoveBlock(ctx, supervisor, list[0].ID); fail.KindOf(err) != fail.NotFound {
		t.Errorf("the same once more: %v", err)
	}
}

func TestBlocksRefused(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	s := visitor.New(testkit.DB(t), bus.New(nil))
	limited := o.AddMember(t, access.Supervisor, o.Customer).Actor
	for name, c := range map[string]struct {
		actor access.Actor
		block visitor.Block
		kind  fail.Kind
	}{
		"an agent":                   {o.As(access.Agent), visitor.Block{Network: "203.0.113.7"}, fail.Forbidden},
		"for longer than ten years":  {o.As(access.Supervisor), visitor.Block{Network: "203.0.113.7", ExpiresAt: time.Now().AddDate(11, 0, 0)}, fail.Invalid},
		"a range by who is limited":  {limited, visitor.Block{Network: "203.0.113.7"}, fail.Forbidden},
		"no address":                 {o.As(access.Supervisor), visitor.Block{Network: "here"}, fail.Invalid},
		"much of the world":          {o.As(access.Supervisor), visitor.Block{Network: "0.0.0.0/4"}, fail.Invalid},
		"a visitor who is not there": {o.As(access.Supervisor), visitor.Block{Visitor: uuid.New()}, fail.NotFound},
	} {
		if err := s.AddBlock(ctx, c.actor, c.block); fail.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.IsBlocked(ctx, o.As(access.Agent), uuid.New()); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("an agent asks: %v", err)
	}
}
