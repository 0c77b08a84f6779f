package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// TestVisitorSignInIsExact shows that two names that a site has for its visitors are two visitors, however alike
// they look, and that a token with a header that must be understood is refused.
func TestVisitorSignInIsExact(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	if err := s.Org.RotateIdentityKey(ctx, o.As(access.Manager), o.Website); err != nil {
		t.Fatal(err)
	}
	w, err := s.Org.GetWebsite(ctx, o.As(access.Manager), o.Website)
	if err != nil {
		t.Fatal(err)
	}
	hello := func(sub, id string, header map[string]any) (welcome, string) {
		t.Helper()
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": sub, "exp": time.Now().Add(time.Hour).Unix(), "jti": id})
		for name, value := range header {
			token.Header[name] = value
		}
		signed, err := token.SignedString([]byte(w.IdentityKey))
		if err != nil {
			t.Fatal(err)
		}
		p := openRaw(t, s, o, "")
		defer p.conn.Close()
		p.send(`{"type":"hello","protocol":1,"token":"","identity":"` + signed + `"}`)
		return p.welcomed()
	}
	seen := map[string]string{}
	for i, sub := range []string{"anna", " anna", "anna ", "anna\n", "\u00e9", "e\u0301", "Anna"} {
		got, refused := hello(sub, string(rune('a'+i)), nil)
		if refused != "" || got.Token == "" {
			t.Fatalf("%q: %+v %q", sub, got, refused)
		}
		id := visitorID(t, got.Token, o).String()
		if other, there := seen[id]; there {
			t.Errorf("%q and %q are one visitor", sub, other)
		}
		seen[id] = sub
	}
	if got, refused := hello(" anna", "again", nil); refused != "" || seen[visitorID(t, got.Token, o).String()] != " anna" {
		t.Errorf("coming back: %+v %q", got, refused)
	}
	if got, refused := hello("anna", "crit", map[string]any{"crit": []string{"exp"}}); refused != "unauthenticated" {
		t.Errorf("a header that must be understood: %+v %q", got, refused)
	}
}
