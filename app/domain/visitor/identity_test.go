package visitor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

func TestIdentify(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	s := visitor.New(testkit.DB(t), bus.New(nil))
	anonymous, claims := o.Visitor(), visitor.IdentityClaims{
		Subject:   "customer-7",
		Name:      "Anna",
		Email:     "anna@home.example",
		ExpiresAt: time.Now().Add(time.Hour),
	}
	known, former, err := s.Identify(ctx, o.ID, o.Website, anonymous, claims, "one", "203.0.113.7")
	if err != nil || former != anonymous || known.ID() == anonymous.ID() {
		t.Fatalf("an anonymous visitor becomes known: %v %v %v", known, former, err)
	}
	again, former, err := s.Identify(ctx, o.ID, o.Website, known, claims, "one", "198.51.100.1")
	if err != nil || again != known || former.Valid() {
		t.Errorf("who is that visitor already: %v %v %v", again, former, err)
	}
	if _, _, err := s.Identify(ctx, o.ID, o.Website, o.Visitor(), claims, "one", "198.51.100.1"); !errors.Is(err, visitor.ErrIdentityReused) {
		t.Errorf("the same signature from another address: %v", err)
	}
	claims.Subject = "customer-8"
	other, former, err := s.Identify(ctx, o.ID, o.Website, known, claims, "two", "203.0.113.7")
	if err != nil || other == known || former.Valid() {
		t.Errorf("another known visitor: %v %v %v", other, former, err)
	}
}

// A code that does not lead anywhere is refused, whatever the reason, and a visitor without conversations has none to come back to.
func TestReturnCodesThatLeadNowhere(t *testing.T) {
	t.Parallel()
	ctx, o, other := context.Background(), testkit.NewOrg(t), testkit.NewOrg(t)
	s := visitor.New(testkit.DB(t), bus.New(nil))
	known := newVisitor(t, s, o)
	code, err := s.CreateReturnCode(ctx, o.ID, o.Website, known.ID())
	if err != nil {
		t.Fatal(err)
	}
	unknown := []byte(code)
	unknown[0] ^= 1
	for name, redeem := range map[string]func() (access.Actor, error){
		"another organization":   func() (access.Actor, error) { return s.RedeemReturnCode(ctx, other.ID, other.Website, code) },
		"a visitor without any":  func() (access.Actor, error) { return s.RedeemReturnCode(ctx, o.ID, o.Website, code) },
		"a code that is unknown": func() (access.Actor, error) { return s.RedeemReturnCode(ctx, o.ID, o.Website, string(unknown)) },
		"no code":                func() (access.Actor, error) { return s.RedeemReturnCode(ctx, o.ID, o.Website, "ü") },
	} {
		if _, err := redeem(); fail.KindOf(err) != fail.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}
