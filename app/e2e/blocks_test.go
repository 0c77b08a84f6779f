package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// TestBlockedVisitors shows that a blocked visitor or address is disconnected at once and stays out, and that a
// block that would stop everybody is refused.
func TestBlockedVisitors(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("You fools")
	supervisor := o.As(access.Supervisor)
	if err := s.Visitors.AddBlock(ctx, o.As(access.Agent), visitor.Block{Network: "203.0.113.7"}); err == nil {
		t.Error("an agent has blocked addresses")
	}
	for _, bad := range []string{"everybody", "0.0.0.0/0", "10.0.0.0/7", "::/0", ""} {
		if err := s.Visitors.AddBlock(ctx, supervisor, visitor.Block{Network: bad}); err == nil {
			t.Errorf("%q was blocked", bad)
		}
	}
	if err := s.Visitors.AddBlock(ctx, supervisor, visitor.Block{Visitor: visitorID(t, v.token, o)}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(testkit.Patience); ; { // it is cut off
		if _, err := v.Next(deadline); err != nil {
			if time.Now().After(deadline) {
				t.Fatal("a blocked visitor is not cut off")
			}
			break
		}
	}
	p := openRaw(t, s, o, "")
	p.send(`{"type":"hello","protocol":1,"token":"` + v.token + `"}`)
	if _, refused := p.welcomed(); refused != "forbidden" {
		t.Errorf("a blocked visitor: %q", refused)
	}
	newVisitor(t, s, o, "").send("Somebody else may")
	if err := s.Visitors.AddBlock(ctx, supervisor, visitor.Block{Network: "127.0.0.0/8"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Visitors.AddBlock(ctx, supervisor, visitor.Block{Network: "::1/128"}); err != nil {
		t.Fatal(err)
	}
	p = openRaw(t, s, o, "")
	p.send(`{"type":"hello","protocol":1}`)
	if _, refused := p.welcomed(); refused != "forbidden" {
		t.Errorf("a blocked address: %q", refused)
	}
	res, err := http.DefaultClient.Do(func() *http.Request {
		r, err := http.NewRequest(http.MethodPost,
			s.URL+"/widget/v1/files?key="+o.Key+"&id="+uuid.NewString()+"&name=a.txt", strings.NewReader("A file"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://shop.example")
		r.Header.Set("Authorization", "Bearer "+v.token)
		return r
	}())
	if err != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a blocked visitor sends a file: %v %v", err, res.StatusCode)
	}
	list, err := s.Visitors.ListBlocks(ctx, supervisor)
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for _, b := range list {
		if err := s.Visitors.RemoveBlock(ctx, supervisor, b.ID); err != nil {
			t.Fatal(err)
		}
	}
	newVisitor(t, s, o, "").send("All may again")
}
