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
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// A sign-up by mail: the link founds an organization once; the first makes a proven log-in, the next is added to it without a
// password; a password typed under the address before that opens nothing of it.
func TestSignUpByMail(t *testing.T) {
	t.Parallel()
	ctx, r, orgs, o := context.Background(), newService(t, false), newOrgService(t), testkit.NewOrg(t)
	in := identity.SignUp{Name: "Olga", Email: "olga@" + o.Name + ".example"}
	foreign := createMember(t, r, o.ID, in.Email, "typed before the proof")
	finish := func(password string) (uuid.UUID, string) {
		t.Helper()
		link, err := r.RequestSignUp(ctx, "Company of "+o.Name, in)
		if err != nil {
			t.Fatal(err)
		}
		id, err := r.FinishSignUp(ctx, link.Secret, password, from(), identity.SentByMail, orgs.CreateOrganization)
		if err != nil {
			t.Fatal(err)
		}
		return id, link.Secret
	}
	first, used := finish("Olga's own password")
	if _, err := r.FinishSignUp(ctx, used, "Olga's own password", from(), identity.SentByMail, orgs.CreateOrganization); !errors.Is(err, error(identity.ErrLinkInvalid)) {
		t.Errorf("a used link: %v", err)
	}
	second, _ := finish("")
	if p, err := r.GetMember(ctx, second); err != nil || p.Actor.Role() != access.Owner || p.OrgName != "Company of "+o.Name {
		t.Errorf("%+v %v", p, err)
	}
	if got := logIn(t, r, in.Email, "Olga's own password"); !same(got, first, second) {
		t.Errorf("Olga's password opens %v", got)
	}
	if got := logIn(t, r, in.Email, "typed before the proof"); !same(got, foreign) {
		t.Errorf("the password from before opens %v", got)
	}
	if _, err := r.RequestSignUp(ctx, "One more", in); err != nil {
		t.Fatal(err)
	}
	if l, err := r.RequestSignUp(ctx, "Too many", in); err != nil || l.Secret != "" {
		t.Errorf("mails to one address are not limited: %v %v", l, err)
	}
}

// Without mail an address proves nothing: whoever knows a password of the address gets the organization added to that log-in,
// everybody else a new one beside it, for the same work.
func TestSignUpWithoutMail(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, db := newIsolatedService(t)
	orgs, o := org.New(db, bus.New(nil), settings.New(db, bus.New(nil), nil)), testkit.NewOrg(t)
	signUp := func(email, password string) (id uuid.UUID, statements, hashes int64) {
		t.Helper()
		s0, _ := db.Counts()
		h0 := r.Hashes()
		id, err := r.SignUpWithoutMail(ctx, identity.SignUp{Name: "Olga", Email: email, Password: password}, from(),
			func(ctx context.Context) (uuid.UUID, error) { return orgs.CreateOrganization(ctx, "Company") })
		if err != nil {
			t.Fatal(err)
		}
		s1, _ := db.Counts()
		return id, s1 - s0, r.Hashes() - h0
	}
	mia := o.Users[access.Agent]
	added, _, _ := signUp(mia.Email, testkit.Password)
	apart, statements, hashes := signUp(mia.Email, "somebody else's")
	if _, s, h := signUp("unknown@"+o.Name+".example", "somebody else's"); s != statements || h != hashes || h != 1 {
		t.Errorf("a known address costs %d statements and %d hashes, an unknown one %d and %d", statements, hashes, s, h)
	}
	if got := logIn(t, r, mia.Email, testkit.Password); !same(got, mia.Actor.ID(), added) {
		t.Errorf("the password opens %v", got)
	}
	if got := logIn(t, r, mia.Email, "somebody else's"); !same(got, apart) {
		t.Errorf("the other's password opens %v", got)
	}
}

// People sign up under one new address at the same moment: all of their passwords are good afterwards.
func TestConcurrentSignUpsShareSalt(t *testing.T) {
	t.Parallel()
	r, o := newService(t, false), testkit.NewOrg(t)
	email := "new@" + o.Name + ".example"
	orgs := []uuid.UUID{o.ID, newEmptyOrg(t), newEmptyOrg(t), newEmptyOrg(t)}
	var wg sync.WaitGroup
	for i, x := range orgs {
		wg.Go(func() {
			_, err := r.CreateMember(context.Background(), x,
				identity.SignUp{Name: "N", Email: email, Password: fmt.Sprintf("password number %d", i)}, access.Agent,
				nil)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range orgs {
		if len(logIn(t, r, email, fmt.Sprintf("password number %d", i))) != 1 {
			t.Errorf("password %d does not open", i)
		}
	}
	if n := countAsOwner(t, "select count(distinct app.hash_prefix(password_hash)) from identities where email = $1", email); n != 1 {
		t.Errorf("%d salts", n)
	}
}

// Log-ins from when each organization had its own password: the person's are found by the password, after the log-in, and only
// once; a stranger's stays apart.
func TestOldIdentitiesAreMerged(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), newService(t, false)
	a, b := testkit.NewOrg(t), testkit.NewOrg(t)
	email := "both@" + a.Name + ".example"
	first := createMember(t, r, a.ID, email, "the same for both")
	second := createMember(t, r, b.ID, "second-"+email, "the same for both")
	foreign := createMember(t, r, newEmptyOrg(t), "foreign-"+email, "a stranger's password")
	_, url := testkit.DatabaseURLs(t)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	// As the migration leaves them: one address, salts of their own.
	if _, err := conn.Exec(ctx,
		"update identities set email = $1, own_salt = true where email in ('second-' || $1, 'foreign-' || $1)", email); err != nil {
		t.Fatal(err)
	}
	if got := logIn(t, r, email, "the same for both"); !same(got, first) {
		t.Errorf("the first log-in opens %v", got)
	}
	r.Wait()
	if got := logIn(t, r, email, "the same for both"); !same(got, first, second) {
		t.Errorf("the next one opens %v", got)
	}
	r.Wait()
	if n := countAsOwner(t, "select count(*) from identities where email = $1 and tried", email); n != 1 {
		t.Errorf("%d were tried and stayed apart", n)
	}
	before := r.Hashes()
	logIn(t, r, email, "the same for both")
	r.Wait()
	if n := r.Hashes() - before; n != 1 {
		t.Errorf("%d hashes for a log-in when all were tried", n)
	}
	// The stranger was there before, by another salt: the proof of the address takes it all the same.
	createMember(t, r, newEmptyOrg(t), email, "one more password")
	link, err := r.CreateForgottenPasswordLink(ctx, email)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.ResetPassword(ctx, link.Secret, "of whoever has the address", from()); err != nil || len(got) != 4 {
		t.Errorf("%v %v", got, err)
	}
	if logIn(t, r, email, "a stranger's password") != nil || !slices.Contains(logIn(t, r, email, "of whoever has the address"), foreign) {
		t.Error("a password from before the proof opens")
	}
}

// What a person made ends with it: links for team members when the role changes, its browsers when the password does.
func TestLinksAreRevokedWithTheirCreator(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	owner, manager, agent := o.As(access.Owner), o.As(access.Manager), o.As(access.Agent)
	for name, end := range map[string]func() error{
		"a change of role": func() error { return r.ChangeRole(ctx, owner, manager.ID(), access.Supervisor, uuid.Nil) },
		"disabling":        func() error { return r.DisableMember(ctx, owner, manager.ID()) },
		"limiting": func() error {
			return r.SetCustomers(ctx, owner, manager.ID(), []uuid.UUID{o.Customer}, func(*pg.Tenant) error { return nil })
		},
	} {
		for _, err := range []error{ // as it was
			r.ChangeRole(ctx, owner, manager.ID(), access.Manager, uuid.Nil),
			r.EnableMember(ctx, owner, manager.ID()),
			r.SetCustomers(ctx, owner, manager.ID(), nil, func(*pg.Tenant) error { return nil }),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		reset, err := r.CreateResetLink(ctx, manager, agent.ID(), identity.ShownToRequester)
		if err != nil {
			t.Fatal(err)
		}
		invitation, _, err := r.Invite(ctx, manager, "friend@"+o.Name+".example", access.Manager, uuid.Nil, identity.ShownToRequester)
		if err != nil {
			t.Fatal(err)
		}
		valid, err := r.CreateResetLink(ctx, owner, agent.ID(), identity.ShownToRequester)
		if err != nil {
			t.Fatal(err)
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.GetResetEmail(ctx, reset.Secret); !errors.Is(err, error(identity.ErrLinkInvalid)) {
			t.Errorf("%s: the link made for a colleague: %v", name, err)
		}
		if _, err := r.GetInvitation(ctx, invitation); !errors.Is(err, error(identity.ErrLinkInvalid)) {
			t.Errorf("%s: the invitation: %v", name, err)
		}
		if _, err := r.GetResetEmail(ctx, valid.Secret); err != nil {
			t.Errorf("%s: the owner's link: %v", name, err)
		}
	}
}

func TestPushSubscriptionsEndWithPasswordChange(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	mia := o.Users[access.Agent]
	browser := identity.PushSubscription{Endpoint: "https://push.example/" + o.Name, P256dh: "x", Auth: "x"}
	count := func() int {
		t.Helper()
		list, err := r.ListPushSubscriptions(ctx, access.System(o.ID, "test"), mia.Actor.ID())
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	subscribe := func() {
		t.Helper()
		if err := r.SubscribePush(ctx, mia.Actor, browser); err != nil {
			t.Fatal(err)
		}
	}
	subscribe()
	if count() != 1 {
		t.Error("the browser is not told")
	}
	link, err := r.CreateForgottenPasswordLink(ctx, mia.Email)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ResetPassword(ctx, link.Secret, "another password", from()); err != nil {
		t.Fatal(err)
	}
	if count() != 0 {
		t.Error("a browser is told after the password was changed")
	}
	subscribe() // the same browser, logged in anew
	if count() != 1 {
		t.Error("a browser that subscribed again is not told")
	}
}
