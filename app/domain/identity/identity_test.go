package identity_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

func newService(t *testing.T, demo bool) *identity.Service {
	return identity.New(testkit.DB(t), bus.New(nil), identity.Options{Demo: demo, Limits: identity.DefaultLimits()})
}

func from() string { return "192.0.2." + uuid.NewString() } // an address that no other test uses

func TestLogIn(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	mia := o.Users[access.Agent]
	got, err := r.LogIn(ctx, " "+strings.ToUpper(mia.Email)+" ", testkit.Password, from())
	if err != nil || len(got) != 1 || got[0].User != mia.Actor.ID() {
		t.Errorf("log in: %v %v", got, err)
	}
	// A wrong password and an unknown address read the same.
	_, wrong := r.LogIn(ctx, mia.Email, "not the password", from())
	_, unknown := r.LogIn(ctx, "nobody-"+mia.Email, "not the password", from())
	if wrong == nil || unknown == nil || wrong.Error() != unknown.Error() || fail.KindOf(wrong) != fail.Unauthenticated {
		t.Errorf("a stranger can tell %q from %q", wrong, unknown)
	}
	for _, c := range []struct{ email, password string }{
		{"", ""},
		{"no address", "x"},
		{mia.Email, ""},
		{mia.Email, strings.Repeat("x", 5000)},
		{"a\x00@b.example", "x"},
		{"a@b.example\xff", "x"},
	} {
		if _, err := r.LogIn(ctx, c.email, c.password, from()); err == nil || fail.KindOf(err) == fail.Internal {
			t.Errorf("log in with %.20q: %v", c, err)
		}
	}
}

// Too many wrong passwords lock an account, known or not, for the network address that tried, and not even the right one
// opens it from there until the window is over; the message says how long. The person logs in from elsewhere. A network
// address that tries many accounts is stopped too, and counts against nobody from then on.
func TestLogInLimits(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	for _, email := range []string{o.Users[access.Agent].Email, "unknown@" + o.Name + ".example"} {
		from, elsewhere := from(), from()
		for range 10 {
			if _, err := r.LogIn(ctx, email, "wrong password", from); fail.KindOf(err) != fail.Unauthenticated {
				t.Fatalf("%s: %v", email, err)
			}
		}
		if _, err := r.LogIn(ctx, email, testkit.Password, elsewhere); (err == nil) != (email == o.Users[access.Agent].Email) {
			t.Errorf("%s from elsewhere: %v", email, err)
		}
		_, err := r.LogIn(ctx, email, testkit.Password, from)
		if e := fail.As(err); e == nil || e.Kind != fail.Busy || e.RetryAfter <= 0 || !strings.Contains(e.Message, "minutes") {
			t.Errorf("%s, the eleventh: %v", email, err)
		}
	}
	office := from()
	l := identity.DefaultLimits()
	l.FailuresAddress = 100
	r = identity.New(testkit.DB(t), bus.New(nil), identity.Options{Limits: l})
	var err error
	for i := range 101 {
		_, err = r.LogIn(ctx, uuid.NewString()+"@x.example", "wrong", office)
		if i < 100 && fail.KindOf(err) != fail.Unauthenticated {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	if fail.KindOf(err) != fail.Busy {
		t.Errorf("the 101st from one address: %v", err)
	}
	owner := o.Users[access.Owner].Email
	for range 20 {
		r.LogIn(ctx, owner, "wrong", office)
	}
	if _, err := r.LogIn(ctx, owner, testkit.Password, from()); err != nil {
		t.Errorf("another address is stopped too: %v", err)
	}
}

// Somebody who signs up under another's address gets no more guesses at that person's password by logging in between.
func TestSignUpDoesNotResetGuesses(t *testing.T) {
	t.Parallel()
	ctx, r, o, own := context.Background(), newService(t, false), testkit.NewOrg(t), testkit.NewOrg(t)
	email, from := o.Users[access.Agent].Email, from()
	if _, err := r.CreateMember(ctx, own.ID,
		identity.SignUp{Name: "Spy", Email: email, Password: "the spy's own password"}, access.Agent, nil); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 4 {
		for range 3 {
			_, err = r.LogIn(ctx, email, "a guess", from)
		}
		r.LogIn(ctx, email, "the spy's own password", from)
	}
	if fail.KindOf(err) != fail.Busy {
		t.Errorf("after twelve guesses: %v", err)
	}
}

// One person, two organizations, one address: the password opens both.
func TestOneAddressTwoOrganizations(t *testing.T) {
	t.Parallel()
	ctx, r, a, b := context.Background(), newService(t, false), testkit.NewOrg(t), testkit.NewOrg(t)
	email := "both@" + a.Name + ".example"
	for _, o := range []testkit.Org{a, b} {
		if _, err := r.CreateMember(ctx, o.ID, identity.SignUp{Name: "Both", Email: email, Password: testkit.Password},
			access.Agent, nil); err != nil {
			t.Fatal(err)
		}
	}
	got, err := r.LogIn(ctx, email, testkit.Password, from())
	if err != nil || len(got) != 2 {
		t.Fatalf("%v %v", got, err)
	}
	if _, err := r.CreateMember(ctx, a.ID, identity.SignUp{Name: "Twice", Email: email, Password: testkit.Password},
		access.Agent, nil); fail.KindOf(err) != fail.Conflict {
		t.Errorf("twice in one organization: %v", err)
	}
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	ctx, r, o, other := context.Background(), newService(t, false), testkit.NewOrg(t), testkit.NewOrg(t)
	manager, owner := o.As(access.Manager), o.As(access.Owner)
	email := "new@" + o.Name + ".example"
	secret, _, err := r.Invite(ctx, manager, email, access.Agent, uuid.Nil, identity.SentByMail)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.AcceptInvitation(ctx, secret, "", "short", from()); len(fail.As(err).Fields) != 2 {
		t.Errorf("both fields should be marked: %v", err)
	}
	replaced := secret
	if secret, _, err = r.Invite(ctx, manager, email, access.Supervisor, uuid.Nil, identity.SentByMail); err != nil {
		t.Fatal(err)
	}
	if _, err := r.AcceptInvitation(ctx, replaced, "Nora", testkit.Password, from()); !errors.Is(err, error(identity.ErrLinkInvalid)) {
		t.Errorf("a replaced link: %v", err)
	}
	id, err := r.AcceptInvitation(ctx, secret, "Nora", testkit.Password, from())
	if err != nil {
		t.Fatal(err)
	}
	if p, err := r.GetMember(ctx, id); err != nil || p.Actor.Role() != access.Supervisor || p.Actor.Org() != o.ID || p.Name != "Nora" {
		t.Errorf("joined as %+v, %v", p, err)
	}
	if _, err := r.AcceptInvitation(ctx, secret, "Again", testkit.Password, from()); !errors.Is(err, error(identity.ErrLinkInvalid)) {
		t.Errorf("a used link: %v", err)
	}
	if _, _, err = r.Invite(ctx, manager, strings.ToUpper(email), access.Agent, uuid.Nil, identity.SentByMail); fail.As(err) == nil || fail.As(err).Fields["email"] == "" {
		t.Errorf("somebody who is in the organization is invited: %v", err)
	}
	for name, c := range map[string]struct {
		who      access.Actor
		email    string
		role     access.Role
		customer uuid.UUID
		kind     fail.Kind
	}{
		"an agent invites":               {o.As(access.Agent), "x@y.example", access.Agent, uuid.Nil, fail.Forbidden},
		"a reviewer invites":             {o.As(access.Reviewer), "x@y.example", access.Agent, uuid.Nil, fail.Forbidden},
		"a manager makes an owner":       {manager, "x@y.example", access.Owner, uuid.Nil, fail.Invalid},
		"no such role":                   {owner, "x@y.example", "emperor", uuid.Nil, fail.Invalid},
		"system is no role":              {owner, "x@y.example", "system", uuid.Nil, fail.Invalid},
		"no address":                     {owner, "x", access.Agent, uuid.Nil, fail.Invalid},
		"two addresses":                  {owner, "x@y.example, z@y.example", access.Agent, uuid.Nil, fail.Invalid},
		"a header in the address":        {owner, "x@y.example\r\nBcc: z@y.example", access.Agent, uuid.Nil, fail.Invalid},
		"reviewer of nobody":             {owner, "x@y.example", access.Reviewer, uuid.Nil, fail.Invalid},
		"reviewer of another's customer": {owner, "x@y.example", access.Reviewer, other.Customer, fail.Invalid},
	} {
		if _, _, err := r.Invite(ctx, c.who, c.email, c.role, c.customer, identity.ShownToRequester); fail.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Changes to a user end its sessions at once; owners are changed by owners only, and the last one stays.
func TestRolesAndDisabling(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	owner, manager, agent := o.As(access.Owner), o.As(access.Manager), o.As(access.Agent)
	before, err := r.GetMember(ctx, agent.ID())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ChangeRole(ctx, manager, agent.ID(), access.Supervisor, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	after, err := r.GetMember(ctx, agent.ID())
	if err != nil || after.Actor.Role() != access.Supervisor || after.Epoch == before.Epoch {
		t.Errorf("after the change of role: %+v, %v", after, err)
	}
	if err := r.DisableMember(ctx, manager, agent.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.GetMember(ctx, agent.ID()); fail.KindOf(err) != fail.Unauthenticated {
		t.Errorf("a disabled user: %v", err)
	}
	if _, err := r.LogIn(ctx, o.Users[access.Agent].Email, testkit.Password, from()); fail.KindOf(err) != fail.Unauthenticated {
		t.Errorf("a disabled user logs in: %v", err)
	}
	// What a manager left behind is worthless when that manager is gone: invitations, and links for new passwords.
	secret, _, err := r.Invite(ctx, manager, "backdoor@"+o.Name+".example", access.Manager, uuid.Nil, identity.SentByMail)
	if err != nil {
		t.Fatal(err)
	}
	link, err := r.CreateResetLink(ctx, owner, manager.ID(), identity.ShownToRequester)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.DisableMember(ctx, owner, manager.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.GetInvitation(ctx, secret); !errors.Is(err, error(identity.ErrLinkInvalid)) {
		t.Errorf("the invitation of a disabled manager: %v", err)
	}
	if err := r.EnableMember(ctx, owner, manager.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.GetResetEmail(ctx, link.Secret); !errors.Is(err, error(identity.ErrLinkInvalid)) {
		t.Errorf("a reset link from before: %v", err)
	}
	if err := r.EnableMember(ctx, manager, agent.ID()); err != nil {
		t.Fatal(err)
	}
	if p, err := r.GetMember(ctx, agent.ID()); err != nil || p.Epoch == after.Epoch {
		t.Errorf("enabled again, with the old sessions: %+v, %v", p, err)
	}
	for name, c := range map[string]struct {
		err  error
		kind fail.Kind
	}{
		"a manager disables the owner":     {r.DisableMember(ctx, manager, owner.ID()), fail.Forbidden},
		"a manager demotes the owner":      {r.ChangeRole(ctx, manager, owner.ID(), access.Agent, uuid.Nil), fail.Forbidden},
		"a manager becomes owner":          {r.ChangeRole(ctx, manager, manager.ID(), access.Owner, uuid.Nil), fail.Invalid},
		"the last owner steps down":        {r.ChangeRole(ctx, owner, owner.ID(), access.Manager, uuid.Nil), fail.Conflict},
		"one disables oneself":             {r.DisableMember(ctx, manager, manager.ID()), fail.Conflict},
		"an unknown user":                  {r.DisableMember(ctx, manager, uuid.New()), fail.NotFound},
		"an agent disables":                {r.DisableMember(ctx, agent, manager.ID()), fail.Forbidden},
		"a reviewer without a customer":    {r.ChangeRole(ctx, owner, agent.ID(), access.Reviewer, uuid.Nil), fail.Invalid},
		"a reviewer of a made-up customer": {r.ChangeRole(ctx, owner, agent.ID(), access.Reviewer, uuid.New()), fail.Invalid},
	} {
		if fail.KindOf(c.err) != c.kind || c.err == nil {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	mia := o.Users[access.Agent]
	link, err := r.CreateForgottenPasswordLink(ctx, mia.Email)
	if err != nil || link.Secret == "" {
		t.Fatalf("%v %v", link, err)
	}
	if none, err := r.CreateForgottenPasswordLink(ctx, "nobody-"+mia.Email); err != nil || none.Secret != "" {
		t.Errorf("an unknown address: %v %v", none, err)
	}
	second, err := r.CreateResetLink(ctx, o.As(access.Manager), mia.Actor.ID(), identity.ShownToRequester)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := r.GetMember(ctx, mia.Actor.ID())
	if _, err := r.ResetPassword(ctx, link.Secret, "short", from()); fail.KindOf(err) != fail.Invalid {
		t.Errorf("a short password: %v", err)
	}
	if opens, err := r.ResetPassword(ctx, link.Secret, "another password", from()); err != nil || len(opens) != 1 || opens[0].User != mia.Actor.ID() {
		t.Fatalf("%v %v", opens, err)
	}
	if p, err := r.GetMember(ctx, mia.Actor.ID()); err != nil || p.Epoch == before.Epoch {
		t.Errorf("the old sessions are still good: %v %v", p, err)
	}
	for _, used := range []string{link.Secret, second.Secret} { // the one that was used, and the others of that user
		if _, err := r.ResetPassword(ctx, used, "a third password", from()); !errors.Is(err, error(identity.ErrLinkInvalid)) {
			t.Errorf("a used link: %v", err)
		}
	}
	if _, err := r.LogIn(ctx, mia.Email, testkit.Password, from()); err == nil {
		t.Error("the old password still opens")
	}
	if _, err := r.LogIn(ctx, mia.Email, "another password", from()); err != nil {
		t.Error(err)
	}
	if _, err := r.CreateResetLink(ctx, o.As(access.Manager), o.As(access.Owner).ID(), identity.SentByMail); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("a manager resets the owner's password: %v", err)
	}
}

// The demo's log-ins, whose password everybody knows, work in demo mode only.
func TestDemoLogIns(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	demo, real := newService(t, true), newService(t, false)
	in := identity.SignUp{Name: "Demo", Email: o.Name + identity.DemoDomain, Password: "parley demo"}
	id, err := demo.CreateMember(ctx, o.ID, in, access.Agent, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := demo.LogIn(ctx, in.Email, in.Password, from()); err != nil {
		t.Errorf("in demo mode: %v", err)
	}
	if _, err := real.LogIn(ctx, in.Email, in.Password, from()); fail.KindOf(err) != fail.Unauthenticated {
		t.Errorf("outside demo mode: %v", err)
	}
	if _, err := real.GetMember(ctx, id); fail.KindOf(err) != fail.Unauthenticated {
		t.Errorf("a demo session outside demo mode: %v", err)
	}
	in.Email = "another-" + in.Email
	if _, err := real.CreateMember(ctx, o.ID, in, access.Agent, nil); fail.KindOf(err) != fail.Invalid {
		t.Errorf("made outside demo mode: %v", err)
	}
}
