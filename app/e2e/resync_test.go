package e2e

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// TestResyncAfterLostEvents shows that what another process has changed while this one received no events is seen by
// whoever asks next after the listener is back: who is blocked, where a website may show its widget, who may log in.
func TestResyncAfterLostEvents(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	db, deaf := testkit.DB(t), bus.New(nil) // another process, whose events are lost
	anyone, agent := o.Visitor(), o.Users[access.Agent].Actor
	admit := func() error {
		_, err := s.Live.Admit(ctx, o.Site(), anyone.ID(), "203.0.113.7", false)
		return err
	}
	shown := func() error { _, err := s.Org.LookUpWebsite(ctx, o.Key, "https://shop.example"); return err }
	who := func() error { _, err := s.Identity.GetMember(ctx, agent.ID()); return err }
	for name, ask := range map[string]func() error{"a visitor": admit, "the widget": shown, "an agent": who} {
		if err := ask(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if err := visitor.New(db, deaf).AddBlock(ctx, o.As(access.Supervisor), visitor.Block{Network: "203.0.113.0/24"}); err != nil {
		t.Fatal(err)
	}
	elsewhere := org.New(db, deaf, settings.New(db, deaf, nil))
	w, err := elsewhere.GetWebsite(ctx, o.As(access.Manager), o.Website)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range w.Domains {
		if d.Host == "shop.example" {
			if err := elsewhere.RemoveDomain(ctx, o.As(access.Manager), o.Website, d.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := identity.New(db, deaf, identity.DefaultOptions()).DisableMember(ctx, o.As(access.Owner), agent.ID()); err != nil {
		t.Fatal(err)
	}
	for _, h := range []bus.Handler{s.Live, s.Org, s.Identity} {
		h.Resync(uuid.Nil)
	}
	if err := admit(); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("a visitor who was blocked: %v", err)
	}
	if err := shown(); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("a domain that was removed: %v", err)
	}
	if err := who(); fail.KindOf(err) != fail.Unauthenticated {
		t.Errorf("an agent that was disabled: %v", err)
	}
}
