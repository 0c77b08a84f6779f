package limit

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// Addresses of this machine are not limited; all others are.
func TestIsLimited(t *testing.T) {
	t.Parallel()
	if isLimited("127.0.0.1") || isLimited("::1") || isLimited("") || !isLimited("2001:db8::/64") || !isLimited("10.0.0.1") {
		t.Error("who is limited")
	}
}

// A visitor that is too quick uses up nothing of its address, and an address nothing of its website.
func TestOwnLimitsFirst(t *testing.T) {
	t.Parallel()
	one := Rate{PerSecond: 0.001, Burst: 1}
	l := New(Limits{
		Visitor:          one,
		Address:          Rate{PerSecond: 0.001, Burst: 2},
		NewConversations: one,
		Website:          Rate{PerSecond: 0.001, Burst: 3},
	})
	site, org := uuid.New(), uuid.New()
	from := func(address string) Sender { return Sender{uuid.New(), site, org, address} }
	anna := from("203.0.113.7")
	if err := l.AllowFirstMessage(anna); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := fail.As(l.AllowMessage(anna)); err == nil || err.Kind != fail.Busy || err.RetryAfter < 10*time.Minute {
			t.Fatal("a second message of the visitor")
		}
	}
	if err := l.AllowMessage(from("203.0.113.7")); err != nil {
		t.Error("another visitor of the same address:", err)
	}
	if l.AllowMessage(from("203.0.113.7")) == nil {
		t.Error("a third message of the address")
	}
	if err := l.AllowFirstMessage(from("203.0.113.8")); err != nil {
		t.Error("another address:", err)
	}
	if l.AllowMessage(from("127.0.0.1")) == nil {
		t.Error("a fourth message to the website")
	}
	refused := l.Refusals()
	if refused["visitor"] != 5 || refused["address"] != 1 || refused["website"] != 1 || refused["organization"] != 0 ||
		len(refused) != len(names) {
		t.Errorf("refusals: %v", refused)
	}
}

// A team member's further page closes its oldest; an organization's is refused.
func TestPages(t *testing.T) {
	t.Parallel()
	l := New(Limits{UserSockets: 2, OrganizationSockets: 3})
	org := uuid.New()
	mia, ben := access.User(org, uuid.New(), access.Agent, uuid.Nil), access.User(org, uuid.New(), access.Agent, uuid.Nil)
	pages := make([]*wire.Socket, 5)
	for i := range pages {
		pages[i] = new(wire.Socket)
	}
	for i, actor := range []access.Actor{mia, mia, mia, ben} {
		oldest, err := l.AcquirePage(actor, pages[i])
		if err != nil || (oldest != nil) != (i == 2) || i == 2 && oldest != pages[0] {
			t.Fatalf("page %d: %v, %v", i, oldest, err)
		}
	}
	if _, err := l.AcquirePage(ben, pages[4]); fail.KindOf(err) != fail.Busy {
		t.Errorf("more pages than the organization may have: %v", err)
	}
	l.ReleasePage(mia, pages[0]) // counts no longer
	if _, err := l.AcquirePage(ben, pages[4]); fail.KindOf(err) != fail.Busy {
		t.Errorf("a page that counted no longer was released: %v", err)
	}
	l.ReleasePage(mia, pages[1])
	if _, err := l.AcquirePage(ben, pages[4]); err != nil {
		t.Error(err)
	}
}
