package visitor_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/visitor"
	"parley/app/platform/fail"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	tokens, now := visitor.NewTokens("one secret"), time.Now()
	org, website := uuid.New(), uuid.New()
	anonymous := visitor.NewAnonymous(org, website)
	token := tokens.Sign(anonymous, now)
	if who, renew, err := tokens.Verify(token, org, website, now); err != nil || renew || who != anonymous {
		t.Errorf("a fresh token: %v %v %v", who, renew, err)
	}
	if _, renew, err := tokens.Verify(token, org, website, now.Add(visitor.TokenRenewalAge+time.Second)); err != nil || !renew {
		t.Errorf("a token of yesterday: %v %v", renew, err)
	}
	changed := []byte(token)
	changed[30] ^= 1
	for name, check := range map[string]func() error{
		"expired": func() error {
			_, _, err := tokens.Verify(token, org, website, now.Add(visitor.TokenLifetime+time.Second))
			return err
		},
		"another website": func() error { _, _, err := tokens.Verify(token, org, uuid.New(), now); return err },
		"another org":     func() error { _, _, err := tokens.Verify(token, uuid.New(), website, now); return err },
		"another secret":  func() error { _, _, err := visitor.NewTokens("another").Verify(token, org, website, now); return err },
		"changed":         func() error { _, _, err := tokens.Verify(string(changed), org, website, now); return err },
		"cut":             func() error { _, _, err := tokens.Verify(token[:40], org, website, now); return err },
		"empty":           func() error { _, _, err := tokens.Verify("", org, website, now); return err },
		"nonsense":        func() error { _, _, err := tokens.Verify("ü%00", org, website, now); return err },
	} {
		if err := check(); fail.KindOf(err) != fail.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
}
