package identity_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// Sessions' tokens and links' secrets that stand for nothing cost few queries, however often and however many are asked for. Not in
// parallel: statements are counted.
func TestUnknownTokensAreCachedAndLimited(t *testing.T) {
	db := testkit.DB(t)
	o := testkit.NewOrg(t)
	b := bus.New(nil)
	r, sessions := identity.New(db, b, identity.DefaultOptions()), identity.NewSessionCache(db, b)
	invitation, _, err := r.Invite(context.Background(), o.As(access.Manager), "nora@"+o.Name+".example", access.Agent,
		uuid.Nil, identity.SentByMail)
	if err != nil {
		t.Fatal(err)
	}
	link, err := r.CreateForgottenPasswordLink(context.Background(), o.Users[access.Agent].Email)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ask  func(ctx context.Context, secret string) error
		most int64 // statements for a thousand different ones
	}{
		"session": {func(ctx context.Context, secret string) error {
			_, found, err := sessions.FindCtx(ctx, secret)
			if found {
				t.Error("found a session that is none")
			}
			if err == nil {
				err = identity.ErrLinkInvalid
			}
			return err
		}, 310},
		"invitation": {func(ctx context.Context, secret string) error { _, err := r.GetInvitation(ctx, secret); return err }, 310},
		"reset":      {func(ctx context.Context, secret string) error { _, err := r.GetResetEmail(ctx, secret); return err }, 310},
		"sign-up":    {func(ctx context.Context, secret string) error { _, err := r.GetSignUp(ctx, secret); return err }, 310},
		"reset used": {func(ctx context.Context, secret string) error {
			_, err := r.ResetPassword(ctx, secret, "a long password", clientnet.FromContext(ctx))
			return err
		}, 310},
	} {
		ctx := clientnet.WithAddress(context.Background(), from())
		counted := func(secret func() string) (statements int64, busy int) {
			before, _ := db.Counts()
			for range 1000 {
				err := c.ask(ctx, secret())
				if fail.KindOf(err) == fail.Busy {
					busy++
				} else if !errors.Is(err, error(identity.ErrLinkInvalid)) {
					t.Fatalf("%s: %v", name, err)
				}
			}
			after, _ := db.Counts()
			return after - before, busy
		}
		same := rand.Text()
		n, _ := counted(func() string { return same })
		different, busy := counted(rand.Text)
		t.Logf("%s: 1,000 requests with the same cost %d statements, with different ones %d, and %d were refused", name, n, different, busy)
		if n > 3 || different > c.most || busy < 690 {
			t.Errorf("%s: 1,000 requests with the same cost %d statements, with different ones %d, and %d were refused",
				name, n, different, busy)
		}
	}
	// Elsewhere all goes on, and a secret is good for what it is for, wherever else it was tried.
	ctx := clientnet.WithAddress(context.Background(), from())
	if _, err := r.GetResetEmail(ctx, invitation); !errors.Is(err, error(identity.ErrLinkInvalid)) {
		t.Error(err)
	}
	if _, err := r.GetInvitation(ctx, invitation); err != nil {
		t.Error("an invitation:", err)
	}
	if _, err := r.GetResetEmail(ctx, link.Secret); err != nil {
		t.Error("a reset:", err)
	}
	token := rand.Text()
	sessions.FindCtx(ctx, token)
	if err := sessions.CommitCtx(ctx, token, []byte("data"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, found, err := sessions.FindCtx(ctx, token); err != nil || !found {
		t.Errorf("a session made just now: %v %v", found, err)
	}
}
