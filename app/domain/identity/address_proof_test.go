package identity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// A mailed invitation proves the address: its log-in becomes a proven one, and what was signed up under it before stays apart.
// The next invitation asks for that log-in's password, and refuses another one beside the field.
func TestMailedInvitationProvesAddress(t *testing.T) {
	t.Parallel()
	ctx, r, a, b := context.Background(), newService(t, false), testkit.NewOrg(t), testkit.NewOrg(t)
	email := "ann@" + a.Name + ".example"
	foreign := createMember(t, r, newEmptyOrg(t), email, "hijacker's password")
	join := func(o testkit.Org, password string) (uuid.UUID, error) {
		t.Helper()
		secret, _, err := r.Invite(ctx, o.As(access.Manager), email, access.Agent, uuid.Nil, identity.SentByMail)
		if err != nil {
			t.Fatal(err)
		}
		return r.AcceptInvitation(ctx, secret, "Ann", password, from())
	}
	first, err := join(a, "Ann's own password")
	if err != nil {
		t.Fatal(err)
	}
	if n := countAsOwner(t, "select count(*) from identities where email = $1 and verified_at is not null", email); n != 1 {
		t.Errorf("%d proven identities", n)
	}
	_, err = join(b, "not Ann's password")
	if e := fail.As(err); e == nil || e.Fields["password"] == "" {
		t.Errorf("another password: %v", err)
	}
	if got := logIn(t, r, email, "not Ann's password"); got != nil {
		t.Errorf("the refused password opens %v", got)
	}
	office := from()
	secret, _, err := r.Invite(ctx, b.As(access.Manager), email, access.Agent, uuid.Nil, identity.SentByMail)
	if err != nil {
		t.Fatal(err)
	}
	for range 11 {
		_, err = r.AcceptInvitation(ctx, secret, "Ann", "a guess at it", office)
	}
	if fail.KindOf(err) != fail.Busy {
		t.Errorf("the eleventh guess at joining: %v", err)
	}
	second, err := join(b, "Ann's own password")
	if err != nil {
		t.Fatal(err)
	}
	if got := logIn(t, r, email, "Ann's own password"); !same(got, first, second) {
		t.Errorf("Ann's password opens %v", got)
	}
	if got := logIn(t, r, email, "hijacker's password"); !same(got, foreign) {
		t.Errorf("the password from before the proof opens %v", got)
	}
	if n := countAsOwner(t, "select count(*) from identities where email = $1", email); n != 2 {
		t.Errorf("%d identities", n)
	}
}

// A person who had a log-in before there was mail keeps it: by its password it becomes the proven one.
func TestUnprovenLogInBecomesProven(t *testing.T) {
	t.Parallel()
	ctx, r, a, b := context.Background(), newService(t, false), testkit.NewOrg(t), testkit.NewOrg(t)
	email := "ann@" + a.Name + ".example"
	first := createMember(t, r, a.ID, email, "Ann's own password")
	secret, _, err := r.Invite(ctx, b.As(access.Manager), email, access.Agent, uuid.Nil, identity.SentByMail)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.AcceptInvitation(ctx, secret, "Ann", "Ann's own password", from())
	if err != nil {
		t.Fatal(err)
	}
	if got := logIn(t, r, email, "Ann's own password"); !same(got, first, second) || countIdentities(t, email) != 1 {
		t.Errorf("opens %v, %d identities", got, countIdentities(t, email))
	}
}

// A manager who invites an address and opens the shown link itself gets into no other organization of that address, whether it
// is known or not, proven or not; and cannot try passwords by it without being counted.
func TestShownInvitationDoesNotProveAddress(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, db := newIsolatedService(t)
	home, attacker := testkit.NewOrg(t), testkit.NewOrg(t)
	victim := "victim@" + home.Name + ".example"
	user := createMember(t, r, home.ID, victim, "the victim's password")
	link, err := r.CreateForgottenPasswordLink(ctx, victim) // which makes it a proven one
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ResetPassword(ctx, link.Secret, "the victim's password", from()); err != nil {
		t.Fatal(err)
	}
	join := func(email string) (id uuid.UUID, statements, hashes int64) {
		t.Helper()
		secret, _, err := r.Invite(ctx, attacker.As(access.Manager), email, access.Agent, uuid.Nil, identity.ShownToRequester)
		if err != nil {
			t.Fatal(err)
		}
		s0, _ := db.Counts()
		h0 := r.Hashes()
		if id, err = r.AcceptInvitation(ctx, secret, "Victim", "the attacker's password", from()); err != nil {
			t.Fatal(err)
		}
		s1, _ := db.Counts()
		return id, s1 - s0, r.Hashes() - h0
	}
	id, statements, hashes := join(victim)
	if _, s, h := join("unknown@" + home.Name + ".example"); s != statements || h != hashes || h != 1 {
		t.Errorf("a known address costs %d statements and %d hashes, an unknown one %d and %d", statements, hashes, s, h)
	}
	if got := logIn(t, r, victim, "the attacker's password"); !same(got, id) {
		t.Errorf("the attacker's password opens %v", got)
	}
	if got := logIn(t, r, victim, "the victim's password"); !same(got, user) {
		t.Errorf("the victim's password opens %v", got)
	}
	// Resets that the manager is shown change its own organization's user only.
	reset := func(password string) []identity.LogInMatch {
		t.Helper()
		l, err := r.CreateResetLink(ctx, attacker.As(access.Manager), id, identity.ShownToRequester)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.ResetPassword(ctx, l.Secret, password, from())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := reset("the attacker's second"); len(got) != 1 || got[0].User != id {
		t.Errorf("the reset enters %v", got)
	}
	if got := logIn(t, r, victim, "the victim's password"); !same(got, user) {
		t.Errorf("after the reset the victim's password opens %v", got)
	}
	if got := logIn(t, r, victim, "the attacker's password"); got != nil {
		t.Errorf("after the reset the attacker's old password opens %v", got)
	}
	checkGuessesCount(ctx, t, r, attacker, id)
	// The victim, who knows its password, takes the attacker's user over with the attacker's own link, and not the reverse.
	if got := reset("the victim's password"); len(got) != 1 || got[0].User != id {
		t.Errorf("the reset enters %v", got)
	}
	if got := logIn(t, r, victim, "the victim's password"); !same(got, user, id) {
		t.Errorf("the victim's password opens %v", got)
	}
	// Now that the user is the victim's, a shown link moves it away again, and the victim keeps the rest.
	reset("the attacker's third")
	if got := logIn(t, r, victim, "the victim's password"); !same(got, user) {
		t.Errorf("at the end the victim's password opens %v", got)
	}
	if got := logIn(t, r, victim, "the attacker's third"); !same(got, id) {
		t.Errorf("at the end the attacker's password opens %v", got)
	}
}

// checkGuessesCount checks that each password tried by joining or resetting counts as a guess.
func checkGuessesCount(ctx context.Context, t *testing.T, r *identity.Service, attacker testkit.Org, id uuid.UUID) {
	t.Helper()
	// Each password that is tried by joining or resetting counts as a guess at the victim's.
	office, busy := from(), false
	for i := range 12 {
		l, err := r.CreateResetLink(ctx, attacker.As(access.Manager), id, identity.ShownToRequester)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.ResetPassword(ctx, l.Secret, fmt.Sprintf("guess number %d", i), office)
		busy = fail.KindOf(err) == fail.Busy
	}
	if !busy {
		t.Error("passwords can be tried by resetting, uncounted")
	}
}

// A mailed link for a new password is for the whole address: every organization that knows the person by it, and every session
// that an old password opened. Other processes are told of each user.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	ctx, a, b := context.Background(), testkit.NewOrg(t), testkit.NewOrg(t)
	events := bus.New(nil)
	r := identity.New(testkit.DB(t), events, identity.DefaultOptions())
	heard := listener{}
	events.Subscribe(&heard)
	email := "ann@" + a.Name + ".example"
	first, second := createMember(t, r, a.ID, email, "the first password"), createMember(t, r, b.ID, email, "the second password")
	epoch := func(id uuid.UUID) int {
		t.Helper()
		p, err := r.GetMember(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return p.Epoch
	}
	before := []int{epoch(first), epoch(second)}
	shown, err := r.CreateResetLink(ctx, b.As(access.Manager), second, identity.ShownToRequester)
	if err != nil {
		t.Fatal(err)
	}
	old, err := r.CreateForgottenPasswordLink(ctx, email)
	if err != nil {
		t.Fatal(err)
	}
	link, err := r.CreateForgottenPasswordLink(ctx, email)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.ResetPassword(ctx, link.Secret, "one for both of them", from())
	if err != nil || len(got) != 2 {
		t.Fatalf("%v %v", got, err)
	}
	if epoch(first) == before[0] || epoch(second) == before[1] {
		t.Error("sessions that an old password opened are good")
	}
	if !slices.Contains(heard, first) || !slices.Contains(heard, second) {
		t.Errorf("told of %v", heard)
	}
	if got := logIn(t, r, email, "one for both of them"); !same(got, first, second) {
		t.Errorf("opens %v", got)
	}
	if logIn(t, r, email, "the first password") != nil || logIn(t, r, email, "the second password") != nil {
		t.Error("an old password opens")
	}
	for _, l := range []identity.ResetLink{shown, old} {
		if _, err := r.GetResetEmail(ctx, l.Secret); !errors.Is(err, error(identity.ErrLinkInvalid)) {
			t.Errorf("another link from before: %v", err)
		}
	}
	if n := countAsOwner(t, "select count(*) from identities where email = $1 and verified_at is not null", email); n != 1 || countIdentities(t, email) != 1 {
		t.Errorf("%d proven of %d", n, countIdentities(t, email))
	}
	// A manager's mailed link does the same, and the operator's does too, but proves nothing.
	mailed, err := r.CreateResetLink(ctx, a.As(access.Manager), first, identity.SentByMail)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.ResetPassword(ctx, mailed.Secret, "another for both", from()); err != nil || len(got) != 2 {
		t.Errorf("the manager's: %v %v", got, err)
	}
	unproven := "ben@" + a.Name + ".example"
	ben := createMember(t, r, a.ID, unproven, "Ben's own password")
	operators, err := r.CreateOperatorResetLink(ctx, unproven)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ResetPassword(ctx, operators.Secret, "Ben's new password", from()); err != nil {
		t.Fatal(err)
	}
	if got := logIn(t, r, unproven, "Ben's new password"); !same(got, ben) {
		t.Errorf("the operator's link opens %v", got)
	}
	if n := countAsOwner(t, "select count(*) from identities where email = $1 and verified_at is null", unproven); n != 1 {
		t.Error("the operator's link proves the address")
	}
}

type listener []uuid.UUID

func (l *listener) HandleEvents(events []bus.Event) {
	for _, e := range events {
		if e.Kind == bus.User {
			*l = append(*l, e.User)
		}
	}
}
func (l *listener) Resync(uuid.UUID) {}
