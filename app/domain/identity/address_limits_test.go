package identity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// newIsolatedService is a service with a database handle of its own, whose statements nobody else counts.
func newIsolatedService(t *testing.T) (*identity.Service, *pg.DB) {
	t.Helper()
	url, _ := testkit.DatabaseURLs(t)
	db, err := pg.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	r := identity.New(db, bus.New(nil), identity.DefaultOptions())
	t.Cleanup(func() { r.Wait(); db.Close() })
	return r, db
}

// countAsOwner asks the tables that the application has no right on, as their owner.
func countAsOwner(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	_, url := testkit.DatabaseURLs(t)
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func countIdentities(t *testing.T, email string) int {
	return countAsOwner(t, "select count(*) from identities where email = $1", email)
}

func createMember(t *testing.T, r *identity.Service, org uuid.UUID, email, password string) uuid.UUID {
	t.Helper()
	id, err := r.CreateMember(context.Background(), org,
		identity.SignUp{Name: "Somebody", Email: email, Password: password}, access.Agent, nil)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func logIn(t *testing.T, r *identity.Service, email, password string) (users []uuid.UUID) {
	t.Helper()
	got, err := r.LogIn(context.Background(), email, password, from())
	if err != nil && fail.KindOf(err) != fail.Unauthenticated {
		t.Fatal(err)
	}
	for _, m := range got {
		users = append(users, m.User)
	}
	return users
}

func same(a []uuid.UUID, b ...uuid.UUID) bool {
	for _, id := range b {
		if !slices.Contains(a, id) {
			return false
		}
	}
	return len(a) == len(b)
}

// newEmptyOrg is an organization without anybody in it.
func newEmptyOrg(t *testing.T) uuid.UUID {
	t.Helper()
	id, err := newOrgService(t).CreateOrganization(context.Background(), "Empty")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// newOrgService creates organizations for sign-ups.
func newOrgService(t *testing.T) *org.Service {
	return org.New(testkit.DB(t), bus.New(nil), settings.New(testkit.DB(t), bus.New(nil), nil))
}

// Twenty-five strangers who sign up under a person's address, before and after it, neither lock it out nor make its log-in
// cost more; and the log-in of an unknown address costs exactly as much as that of a known one.
func TestStrangersUnderAnAddress(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, db := newIsolatedService(t)
	o := testkit.NewOrg(t)
	email := "real@" + o.Name + ".example"
	cost := func(email, password string) (statements, roundTrips, hashes int64) {
		s0, r0 := db.Counts()
		h0 := r.Hashes()
		r.LogIn(ctx, email, password, from())
		r.Wait() // for why it was refused, which is looked up after the answer
		s1, r1 := db.Counts()
		return s1 - s0, r1 - r0, r.Hashes() - h0
	}
	var real uuid.UUID
	for i := range 26 {
		if i == 12 {
			real = createMember(t, r, o.ID, email, "the real person's")
			continue
		}
		createMember(t, r, newEmptyOrg(t), email, fmt.Sprintf("stranger's password %d", i))
	}
	if got := logIn(t, r, email, "the real person's"); !same(got, real) {
		t.Errorf("the person's password opens %v", got)
	}
	if got := logIn(t, r, email, "stranger's password 20"); len(got) != 1 || got[0] == real {
		t.Errorf("a stranger's password opens %v", got)
	}
	statements, roundTrips, hashes := cost("nobody-"+email, "wrong password")
	for name, c := range map[string][2]string{
		"strangers":  {email, "wrong password"},
		"one":        {o.Users[access.Agent].Email, "wrong password"},
		"the demo's": {"x" + o.Name + identity.DemoDomain, "wrong password"},
	} {
		if s, rt, h := cost(c[0], c[1]); s != statements || rt != roundTrips || h != hashes || hashes != 1 {
			t.Errorf("%s: %d statements, %d round trips, %d hashes; an unknown address costs %d, %d and %d", name, s,
				rt, h, statements, roundTrips, hashes)
		}
	}
}

// Only failures count: everybody of an office logs in at the same minute. Guesses of an IPv6 customer count as one network's.
func TestOnlyFailuresCount(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	office := from()
	for i := range 150 {
		if _, err := r.LogIn(ctx, o.Users[access.Agent].Email, testkit.Password, office); err != nil {
			t.Fatalf("log-in %d: %v", i, err)
		}
	}
	var err error
	net := uuid.New()
	for i := range 11 {
		address := fmt.Sprintf("2001:db8:%x:%x::%x", net[:2], net[2:4], i+1)
		_, err = r.LogIn(ctx, o.Users[access.Owner].Email, "a guess at it", address)
	}
	if fail.KindOf(err) != fail.Busy {
		t.Errorf("the eleventh guess from one /64: %v", err)
	}
}

// Guesses at the same time go beyond the limit by the number of slots at most.
func TestParallelGuessesAreBounded(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	office := from()
	var wg sync.WaitGroup
	var mu sync.Mutex
	tried := 0
	for range 60 {
		wg.Go(func() {
			_, err := r.LogIn(ctx, o.Users[access.Agent].Email, "a guess at it", office)
			mu.Lock()
			defer mu.Unlock()
			if fail.KindOf(err) == fail.Unauthenticated {
				tried++
			} else if fail.KindOf(err) != fail.Busy {
				t.Errorf("neither refused nor wrong: %v", err)
			}
		})
	}
	wg.Wait()
	if tried < 10 || tried > 10+identity.Slots {
		t.Errorf("%d guesses were tried", tried)
	}
}

// Two hundred people join from one office.
func TestManyInvitationsAcceptedFromOneNetwork(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	office := from()
	for i := range 200 {
		d := []identity.Delivery{identity.ShownToRequester, identity.SentByMail}[i%2]
		secret, _, err := r.Invite(ctx, o.As(access.Manager), fmt.Sprintf("p%d@%s.example", i, o.Name), access.Agent, uuid.Nil, d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.AcceptInvitation(ctx, secret, "P", "everyone's own password", office); err != nil {
			t.Fatalf("person %d: %v", i, err)
		}
	}
	if _, err := r.AcceptInvitation(ctx, "0123456789abcdefghijklmnopq", "P", "a long password", office); !errors.Is(err, error(identity.ErrLinkInvalid)) {
		t.Error(err)
	}
}

// Links that are not good are refused when a network has opened too many; good ones do not count.
func TestInvalidLinksAreLimitedByNetwork(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	office := from()
	l := identity.DefaultLimits()
	l.LinkFailures = 60
	r := identity.New(testkit.DB(t), bus.New(nil), identity.Options{Limits: l})
	var err error
	for range 61 {
		_, err = r.ResetPassword(ctx, "0123456789abcdefghijklmnopq", "a long password", office)
	}
	if fail.KindOf(err) != fail.Busy {
		t.Errorf("the 61st: %v", err)
	}
	link, err := r.CreateForgottenPasswordLink(ctx, o.Users[access.Agent].Email)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ResetPassword(ctx, link.Secret, "a long password", from()); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}
