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

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/bus"
	"parley/app/fail"
	"parley/app/identity"
	"parley/app/org"
	"parley/app/pg"
)

// ownRoom is a room with a database handle of its own, whose statements nobody else counts.
func ownRoom(t *testing.T) (*identity.Room, *pg.DB) {
	t.Helper()
	url, _ := apptest.URLs(t)
	db, err := pg.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	r := identity.New(db, bus.New(nil), false)
	t.Cleanup(func() { r.Wait(); db.Close() })
	return r, db
}

// stored asks the tables that the application has no right on, as their owner.
func stored(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	_, url := apptest.URLs(t)
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

func identities(t *testing.T, email string) int {
	return stored(t, "select count(*) from identities where email = $1", email)
}

func create(t *testing.T, r *identity.Room, org uuid.UUID, email, password string) uuid.UUID {
	t.Helper()
	id, err := r.Create(context.Background(), org, identity.SignUp{Name: "Somebody", Email: email, Password: password}, access.Agent, nil)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func opens(t *testing.T, r *identity.Room, email, password string) (users []uuid.UUID) {
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

// empty is an organization without anybody in it.
func empty(t *testing.T) uuid.UUID {
	t.Helper()
	id, err := founding(t).Found(context.Background(), "Empty")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// founding creates organizations for sign-ups.
func founding(t *testing.T) *org.Room { return org.New(apptest.DB(t), bus.New(nil)) }

// Twenty-five strangers who sign up under a person's address, before and after it, neither lock it out nor make its log-in
// cost more; and the log-in of an unknown address costs exactly as much as that of a known one.
func TestStrangersUnderAnAddress(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, db := ownRoom(t)
	o := apptest.NewOrg(t)
	email := "real@" + o.Name + ".example"
	cost := func(email, password string) (statements, roundTrips, hashes int64) {
		s0, r0 := db.Counts()
		h0 := r.Hashes()
		r.LogIn(ctx, email, password, from())
		s1, r1 := db.Counts()
		return s1 - s0, r1 - r0, r.Hashes() - h0
	}
	var real uuid.UUID
	for i := range 26 {
		if i == 12 {
			real = create(t, r, o.ID, email, "the real person's")
			continue
		}
		create(t, r, empty(t), email, fmt.Sprintf("stranger's password %d", i))
	}
	if got := opens(t, r, email, "the real person's"); !same(got, real) {
		t.Errorf("the person's password opens %v", got)
	}
	if got := opens(t, r, email, "stranger's password 20"); len(got) != 1 || got[0] == real {
		t.Errorf("a stranger's password opens %v", got)
	}
	statements, roundTrips, hashes := cost("nobody-"+email, "wrong password")
	for name, c := range map[string][2]string{"strangers": {email, "wrong password"}, "one": {o.Users[access.Agent].Email, "wrong password"},
		"the demo's": {"x" + o.Name + identity.DemoDomain, "wrong password"}} {
		if s, rt, h := cost(c[0], c[1]); s != statements || rt != roundTrips || h != hashes || hashes != 1 {
			t.Errorf("%s: %d statements, %d round trips, %d hashes; an unknown address costs %d, %d and %d", name, s, rt, h, statements, roundTrips, hashes)
		}
	}
}

// Only failures count: everybody of an office logs in at the same minute. Guesses of an IPv6 customer count as one network's.
func TestOnlyFailuresCount(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), room(t, false), apptest.NewOrg(t)
	office := from()
	for i := range 150 {
		if _, err := r.LogIn(ctx, o.Users[access.Agent].Email, apptest.Password, office); err != nil {
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
func TestGuessesInParallel(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), room(t, false), apptest.NewOrg(t)
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
func TestManyJoinFromOneOffice(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), room(t, false), apptest.NewOrg(t)
	office := from()
	for i := range 200 {
		d := []identity.Delivery{identity.Shown, identity.Mailed}[i%2]
		secret, _, err := r.Invite(ctx, o.As(access.Manager), fmt.Sprintf("p%d@%s.example", i, o.Name), access.Agent, uuid.Nil, d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Join(ctx, secret, "P", "everyone's own password", office); err != nil {
			t.Fatalf("person %d: %v", i, err)
		}
	}
	if _, err := r.Join(ctx, "0123456789abcdefghijklmnopq", "P", "a long password", office); !errors.Is(err, error(identity.ErrLink)) {
		t.Error(err)
	}
}

// Links that are not good are refused when a network has opened too many; good ones do not count.
func TestBadLinksAreLimited(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), room(t, false), apptest.NewOrg(t)
	office := from()
	var err error
	for range 61 {
		_, err = r.Reset(ctx, "0123456789abcdefghijklmnopq", "a long password", office)
	}
	if fail.KindOf(err) != fail.Busy {
		t.Errorf("the 61st: %v", err)
	}
	link, err := r.ForgotLink(ctx, o.Users[access.Agent].Email)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reset(ctx, link.Secret, "a long password", from()); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}

// A mailed invitation proves the address: its log-in becomes a proven one, and what was signed up under it before stays apart.
// The next invitation asks for that log-in's password, and refuses another one beside the field.
func TestJoinByMail(t *testing.T) {
	t.Parallel()
	ctx, r, a, b := context.Background(), room(t, false), apptest.NewOrg(t), apptest.NewOrg(t)
	email := "ann@" + a.Name + ".example"
	foreign := create(t, r, empty(t), email, "hijacker's password")
	join := func(o apptest.Org, password string) (uuid.UUID, error) {
		t.Helper()
		secret, _, err := r.Invite(ctx, o.As(access.Manager), email, access.Agent, uuid.Nil, identity.Mailed)
		if err != nil {
			t.Fatal(err)
		}
		return r.Join(ctx, secret, "Ann", password, from())
	}
	first, err := join(a, "Ann's own password")
	if err != nil {
		t.Fatal(err)
	}
	if n := stored(t, "select count(*) from identities where email = $1 and verified_at is not null", email); n != 1 {
		t.Errorf("%d proven identities", n)
	}
	_, err = join(b, "not Ann's password")
	if e := fail.As(err); e == nil || e.Fields["password"] == "" {
		t.Errorf("another password: %v", err)
	}
	if got := opens(t, r, email, "not Ann's password"); got != nil {
		t.Errorf("the refused password opens %v", got)
	}
	office := from()
	secret, _, err := r.Invite(ctx, b.As(access.Manager), email, access.Agent, uuid.Nil, identity.Mailed)
	if err != nil {
		t.Fatal(err)
	}
	for range 11 {
		_, err = r.Join(ctx, secret, "Ann", "a guess at it", office)
	}
	if fail.KindOf(err) != fail.Busy {
		t.Errorf("the eleventh guess at joining: %v", err)
	}
	second, err := join(b, "Ann's own password")
	if err != nil {
		t.Fatal(err)
	}
	if got := opens(t, r, email, "Ann's own password"); !same(got, first, second) {
		t.Errorf("Ann's password opens %v", got)
	}
	if got := opens(t, r, email, "hijacker's password"); !same(got, foreign) {
		t.Errorf("the password from before the proof opens %v", got)
	}
	if n := stored(t, "select count(*) from identities where email = $1", email); n != 2 {
		t.Errorf("%d identities", n)
	}
}

// A person who had a log-in before there was mail keeps it: by its password it becomes the proven one.
func TestOwnLogInBecomesProven(t *testing.T) {
	t.Parallel()
	ctx, r, a, b := context.Background(), room(t, false), apptest.NewOrg(t), apptest.NewOrg(t)
	email := "ann@" + a.Name + ".example"
	first := create(t, r, a.ID, email, "Ann's own password")
	secret, _, err := r.Invite(ctx, b.As(access.Manager), email, access.Agent, uuid.Nil, identity.Mailed)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.Join(ctx, secret, "Ann", "Ann's own password", from())
	if err != nil {
		t.Fatal(err)
	}
	if got := opens(t, r, email, "Ann's own password"); !same(got, first, second) || identities(t, email) != 1 {
		t.Errorf("opens %v, %d identities", got, identities(t, email))
	}
}

// A manager who invites an address and opens the shown link itself gets into no other organization of that address, whether it
// is known or not, proven or not; and cannot try passwords by it without being counted.
func TestShownLinksProveNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, db := ownRoom(t)
	home, attacker := apptest.NewOrg(t), apptest.NewOrg(t)
	victim := "victim@" + home.Name + ".example"
	user := create(t, r, home.ID, victim, "the victim's password")
	link, err := r.ForgotLink(ctx, victim) // which makes it a proven one
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reset(ctx, link.Secret, "the victim's password", from()); err != nil {
		t.Fatal(err)
	}
	join := func(email string) (id uuid.UUID, statements, hashes int64) {
		t.Helper()
		secret, _, err := r.Invite(ctx, attacker.As(access.Manager), email, access.Agent, uuid.Nil, identity.Shown)
		if err != nil {
			t.Fatal(err)
		}
		s0, _ := db.Counts()
		h0 := r.Hashes()
		if id, err = r.Join(ctx, secret, "Victim", "the attacker's password", from()); err != nil {
			t.Fatal(err)
		}
		s1, _ := db.Counts()
		return id, s1 - s0, r.Hashes() - h0
	}
	id, statements, hashes := join(victim)
	if _, s, h := join("unknown@" + home.Name + ".example"); s != statements || h != hashes || h != 1 {
		t.Errorf("a known address costs %d statements and %d hashes, an unknown one %d and %d", statements, hashes, s, h)
	}
	if got := opens(t, r, victim, "the attacker's password"); !same(got, id) {
		t.Errorf("the attacker's password opens %v", got)
	}
	if got := opens(t, r, victim, "the victim's password"); !same(got, user) {
		t.Errorf("the victim's password opens %v", got)
	}
	// Resets that the manager is shown change its own organization's user only.
	reset := func(password string) []identity.Match {
		t.Helper()
		l, err := r.ResetLinkFor(ctx, attacker.As(access.Manager), id, identity.Shown)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Reset(ctx, l.Secret, password, from())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := reset("the attacker's second"); len(got) != 1 || got[0].User != id {
		t.Errorf("the reset enters %v", got)
	}
	if got := opens(t, r, victim, "the victim's password"); !same(got, user) {
		t.Errorf("after the reset the victim's password opens %v", got)
	}
	if got := opens(t, r, victim, "the attacker's password"); got != nil {
		t.Errorf("after the reset the attacker's old password opens %v", got)
	}
	// Each password that is tried by joining or resetting counts as a guess at the victim's.
	office, busy := from(), false
	for i := range 12 {
		l, err := r.ResetLinkFor(ctx, attacker.As(access.Manager), id, identity.Shown)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Reset(ctx, l.Secret, fmt.Sprintf("guess number %d", i), office)
		busy = fail.KindOf(err) == fail.Busy
	}
	if !busy {
		t.Error("passwords can be tried by resetting, uncounted")
	}
	// The victim, who knows its password, takes the attacker's user over with the attacker's own link, and not the reverse.
	if got := reset("the victim's password"); len(got) != 1 || got[0].User != id {
		t.Errorf("the reset enters %v", got)
	}
	if got := opens(t, r, victim, "the victim's password"); !same(got, user, id) {
		t.Errorf("the victim's password opens %v", got)
	}
	// Now that the user is the victim's, a shown link moves it away again, and the victim keeps the rest.
	reset("the attacker's third")
	if got := opens(t, r, victim, "the victim's password"); !same(got, user) {
		t.Errorf("at the end the victim's password opens %v", got)
	}
	if got := opens(t, r, victim, "the attacker's third"); !same(got, id) {
		t.Errorf("at the end the attacker's password opens %v", got)
	}
}

// A mailed link for a new password is for the whole address: every organization that knows the person by it, and every session
// that an old password opened. Other processes are told of each user.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	ctx, a, b := context.Background(), apptest.NewOrg(t), apptest.NewOrg(t)
	bell := bus.New(nil)
	r := identity.New(apptest.DB(t), bell, false)
	heard := listener{}
	bell.Subscribe(&heard)
	email := "ann@" + a.Name + ".example"
	first, second := create(t, r, a.ID, email, "the first password"), create(t, r, b.ID, email, "the second password")
	epoch := func(id uuid.UUID) int {
		t.Helper()
		p, err := r.Who(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return p.Epoch
	}
	before := []int{epoch(first), epoch(second)}
	shown, err := r.ResetLinkFor(ctx, b.As(access.Manager), second, identity.Shown)
	if err != nil {
		t.Fatal(err)
	}
	old, err := r.ForgotLink(ctx, email)
	if err != nil {
		t.Fatal(err)
	}
	link, err := r.ForgotLink(ctx, email)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Reset(ctx, link.Secret, "one for both of them", from())
	if err != nil || len(got) != 2 {
		t.Fatalf("%v %v", got, err)
	}
	if epoch(first) == before[0] || epoch(second) == before[1] {
		t.Error("sessions that an old password opened are good")
	}
	if !slices.Contains(heard, first) || !slices.Contains(heard, second) {
		t.Errorf("told of %v", heard)
	}
	if got := opens(t, r, email, "one for both of them"); !same(got, first, second) {
		t.Errorf("opens %v", got)
	}
	if opens(t, r, email, "the first password") != nil || opens(t, r, email, "the second password") != nil {
		t.Error("an old password opens")
	}
	for _, l := range []identity.ResetLink{shown, old} {
		if _, err := r.ResetFor(ctx, l.Secret); !errors.Is(err, error(identity.ErrLink)) {
			t.Errorf("another link from before: %v", err)
		}
	}
	if n := stored(t, "select count(*) from identities where email = $1 and verified_at is not null", email); n != 1 || identities(t, email) != 1 {
		t.Errorf("%d proven of %d", n, identities(t, email))
	}
	// A manager's mailed link does the same, and the operator's does too, but proves nothing.
	mailed, err := r.ResetLinkFor(ctx, a.As(access.Manager), first, identity.Mailed)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Reset(ctx, mailed.Secret, "another for both", from()); err != nil || len(got) != 2 {
		t.Errorf("the manager's: %v %v", got, err)
	}
	unproven := "ben@" + a.Name + ".example"
	ben := create(t, r, a.ID, unproven, "Ben's own password")
	operators, err := r.OperatorLink(ctx, unproven)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reset(ctx, operators.Secret, "Ben's new password", from()); err != nil {
		t.Fatal(err)
	}
	if got := opens(t, r, unproven, "Ben's new password"); !same(got, ben) {
		t.Errorf("the operator's link opens %v", got)
	}
	if n := stored(t, "select count(*) from identities where email = $1 and verified_at is null", unproven); n != 1 {
		t.Error("the operator's link proves the address")
	}
}

type listener []uuid.UUID

func (l *listener) Heard(events []bus.Event) {
	for _, e := range events {
		if e.Kind == bus.User {
			*l = append(*l, e.User)
		}
	}
}
func (l *listener) Gap(uuid.UUID) {}

// A sign-up by mail: the link founds an organization once; the first makes a proven log-in, the next is added to it without a
// password; a password typed under the address before that opens nothing of it.
func TestSignUpByMail(t *testing.T) {
	t.Parallel()
	ctx, r, orgs, o := context.Background(), room(t, false), founding(t), apptest.NewOrg(t)
	in := identity.SignUp{Name: "Olga", Email: "olga@" + o.Name + ".example"}
	foreign := create(t, r, o.ID, in.Email, "typed before the proof")
	finish := func(password string) (uuid.UUID, string) {
		t.Helper()
		link, err := r.AskSignUp(ctx, "Company of "+o.Name, in)
		if err != nil {
			t.Fatal(err)
		}
		id, err := r.FinishSignUp(ctx, link.Secret, password, from(), orgs.Found)
		if err != nil {
			t.Fatal(err)
		}
		return id, link.Secret
	}
	first, used := finish("Olga's own password")
	if _, err := r.FinishSignUp(ctx, used, "Olga's own password", from(), orgs.Found); !errors.Is(err, error(identity.ErrLink)) {
		t.Errorf("a used link: %v", err)
	}
	second, _ := finish("")
	if p, err := r.Who(ctx, second); err != nil || p.Actor.Role() != access.Owner || p.OrgName != "Company of "+o.Name {
		t.Errorf("%+v %v", p, err)
	}
	if got := opens(t, r, in.Email, "Olga's own password"); !same(got, first, second) {
		t.Errorf("Olga's password opens %v", got)
	}
	if got := opens(t, r, in.Email, "typed before the proof"); !same(got, foreign) {
		t.Errorf("the password from before opens %v", got)
	}
	if _, err := r.AskSignUp(ctx, "One more", in); err != nil {
		t.Fatal(err)
	}
	if l, err := r.AskSignUp(ctx, "Too many", in); err != nil || l.Secret != "" {
		t.Errorf("mails to one address are not limited: %v %v", l, err)
	}
}

// Without mail an address proves nothing: whoever knows a password of the address gets the organization added to that log-in,
// everybody else a new one beside it, for the same work.
func TestSignUpAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, db := ownRoom(t)
	orgs, o := org.New(db, bus.New(nil)), apptest.NewOrg(t)
	signUp := func(email, password string) (id uuid.UUID, statements, hashes int64) {
		t.Helper()
		s0, _ := db.Counts()
		h0 := r.Hashes()
		id, err := r.SignUpAtOnce(ctx, identity.SignUp{Name: "Olga", Email: email, Password: password}, from(),
			func(ctx context.Context) (uuid.UUID, error) { return orgs.Found(ctx, "Company") })
		if err != nil {
			t.Fatal(err)
		}
		s1, _ := db.Counts()
		return id, s1 - s0, r.Hashes() - h0
	}
	mia := o.Users[access.Agent]
	added, _, _ := signUp(mia.Email, apptest.Password)
	apart, statements, hashes := signUp(mia.Email, "somebody else's")
	if _, s, h := signUp("unknown@"+o.Name+".example", "somebody else's"); s != statements || h != hashes || h != 1 {
		t.Errorf("a known address costs %d statements and %d hashes, an unknown one %d and %d", statements, hashes, s, h)
	}
	if got := opens(t, r, mia.Email, apptest.Password); !same(got, mia.Actor.ID(), added) {
		t.Errorf("the password opens %v", got)
	}
	if got := opens(t, r, mia.Email, "somebody else's"); !same(got, apart) {
		t.Errorf("the other's password opens %v", got)
	}
}

// People sign up under one new address at the same moment: all of their passwords are good afterwards.
func TestSaltIsOne(t *testing.T) {
	t.Parallel()
	r, o := room(t, false), apptest.NewOrg(t)
	email := "new@" + o.Name + ".example"
	orgs := []uuid.UUID{o.ID, empty(t), empty(t), empty(t)}
	var wg sync.WaitGroup
	for i, x := range orgs {
		wg.Go(func() {
			_, err := r.Create(context.Background(), x, identity.SignUp{Name: "N", Email: email, Password: fmt.Sprintf("password number %d", i)}, access.Agent, nil)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range orgs {
		if len(opens(t, r, email, fmt.Sprintf("password number %d", i))) != 1 {
			t.Errorf("password %d does not open", i)
		}
	}
	if n := stored(t, "select count(distinct app.hash_prefix(password_hash)) from identities where email = $1", email); n != 1 {
		t.Errorf("%d salts", n)
	}
}

// Log-ins from when each organization had its own password: the person's are found by the password, after the log-in, and only
// once; a stranger's stays apart.
func TestOldLogInsComeTogether(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), room(t, false)
	a, b := apptest.NewOrg(t), apptest.NewOrg(t)
	email := "both@" + a.Name + ".example"
	first := create(t, r, a.ID, email, "the same for both")
	second := create(t, r, b.ID, "second-"+email, "the same for both")
	foreign := create(t, r, empty(t), "foreign-"+email, "a stranger's password")
	_, url := apptest.URLs(t)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	// As the migration leaves them: one address, salts of their own.
	if _, err := conn.Exec(ctx, "update identities set email = $1, own_salt = true where email in ('second-' || $1, 'foreign-' || $1)", email); err != nil {
		t.Fatal(err)
	}
	if got := opens(t, r, email, "the same for both"); !same(got, first) {
		t.Errorf("the first log-in opens %v", got)
	}
	r.Wait()
	if got := opens(t, r, email, "the same for both"); !same(got, first, second) {
		t.Errorf("the next one opens %v", got)
	}
	r.Wait()
	if n := stored(t, "select count(*) from identities where email = $1 and tried", email); n != 1 {
		t.Errorf("%d were tried and stayed apart", n)
	}
	before := r.Hashes()
	opens(t, r, email, "the same for both")
	r.Wait()
	if n := r.Hashes() - before; n != 1 {
		t.Errorf("%d hashes for a log-in when all were tried", n)
	}
	// The stranger was there before, by another salt: the proof of the address takes it all the same.
	create(t, r, empty(t), email, "one more password")
	link, err := r.ForgotLink(ctx, email)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Reset(ctx, link.Secret, "of whoever has the address", from()); err != nil || len(got) != 4 {
		t.Errorf("%v %v", got, err)
	}
	if opens(t, r, email, "a stranger's password") != nil || !slices.Contains(opens(t, r, email, "of whoever has the address"), foreign) {
		t.Error("a password from before the proof opens")
	}
}

// What a person made ends with it: links for colleagues when the role changes, its browsers when the password does.
func TestLinksEndWithTheirMaker(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), room(t, false), apptest.NewOrg(t)
	owner, manager, agent := o.As(access.Owner), o.As(access.Manager), o.As(access.Agent)
	for name, end := range map[string]func() error{
		"a change of role": func() error { return r.ChangeRole(ctx, owner, manager.ID(), access.Supervisor, uuid.Nil) },
		"disabling":        func() error { return r.Disable(ctx, owner, manager.ID()) },
	} {
		if err := r.ChangeRole(ctx, owner, manager.ID(), access.Manager, uuid.Nil); err != nil {
			t.Fatal(err)
		}
		reset, err := r.ResetLinkFor(ctx, manager, agent.ID(), identity.Shown)
		if err != nil {
			t.Fatal(err)
		}
		invitation, _, err := r.Invite(ctx, manager, "friend@"+o.Name+".example", access.Manager, uuid.Nil, identity.Shown)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := r.ResetLinkFor(ctx, owner, agent.ID(), identity.Shown)
		if err != nil {
			t.Fatal(err)
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ResetFor(ctx, reset.Secret); !errors.Is(err, error(identity.ErrLink)) {
			t.Errorf("%s: the link made for a colleague: %v", name, err)
		}
		if _, err := r.Invited(ctx, invitation); !errors.Is(err, error(identity.ErrLink)) {
			t.Errorf("%s: the invitation: %v", name, err)
		}
		if _, err := r.ResetFor(ctx, kept.Secret); err != nil {
			t.Errorf("%s: the owner's link: %v", name, err)
		}
	}
}

func TestBrowsersEndWithThePassword(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), room(t, false), apptest.NewOrg(t)
	mia := o.Users[access.Agent]
	browser := identity.Subscription{Endpoint: "https://push.example/" + o.Name, P256dh: "x", Auth: "x"}
	count := func() int {
		t.Helper()
		list, err := r.Subscriptions(ctx, access.System(o.ID, "test"), mia.Actor.ID())
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	subscribe := func() {
		t.Helper()
		if err := r.Subscribe(ctx, mia.Actor, browser); err != nil {
			t.Fatal(err)
		}
	}
	subscribe()
	if count() != 1 {
		t.Error("the browser is not told")
	}
	link, err := r.ForgotLink(ctx, mia.Email)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reset(ctx, link.Secret, "another password", from()); err != nil {
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
