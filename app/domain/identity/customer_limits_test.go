package identity_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// A manager who is limited to customers manages only who sees nothing beyond them, and lets nobody in who would.
func TestLimitedManagersManageWithinTheirLimits(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	other, err := org.New(testkit.DB(t), bus.New(nil), settings.New(testkit.DB(t), bus.New(nil), nil)).AddCustomer(ctx, o.As(access.Owner), "Another customer")
	if err != nil {
		t.Fatal(err)
	}
	manager := o.AddMember(t, access.Manager, o.Customer).Actor
	own, both, elsewhere := o.AddMember(t, access.Agent, o.Customer).Actor, o.AddMember(t, access.Agent, o.Customer, other).Actor, o.AddMember(t, access.Agent, other).Actor
	nothing := func(*pg.Tenant) error { return nil }
	for _, x := range []struct {
		name string
		user uuid.UUID
		may  bool
	}{
		{"an agent of the customer", own.ID(), true},
		{"the customer's reviewer", o.As(access.Reviewer).ID(), true},
		{"an agent of the customer and another", both.ID(), false},
		{"another customer's agent", elsewhere.ID(), false},
		{"an agent of all", o.As(access.Agent).ID(), false},
		{"a manager of all", o.As(access.Manager).ID(), false},
		{"the owner", o.As(access.Owner).ID(), false},
	} {
		for what, err := range map[string]error{
			"a link for a password": func() error {
				_, err := r.CreateResetLink(ctx, manager, x.user, identity.ShownToRequester)
				return err
			}(),
			"disabling":           r.DisableMember(ctx, manager, x.user),
			"enabling":            r.EnableMember(ctx, manager, x.user),
			"a name for visitors": r.SetAlias(ctx, manager, x.user, o.Customer, "A name"),
		} {
			if x.may && err != nil || !x.may && fail.KindOf(err) != fail.NotFound {
				t.Errorf("%s, %s: %v", x.name, what, err)
			}
		}
		if err := r.EnableMember(ctx, o.As(access.Owner), x.user); err != nil {
			t.Fatal(err)
		}
	}
	list, err := r.ListTeam(ctx, manager)
	if err != nil || len(list) != 3 || slices.ContainsFunc(list, func(u identity.TeamListItem) bool {
		return u.ID == both.ID() || u.ID == o.As(access.Agent).ID()
	}) {
		t.Errorf("its list has %d people: %+v, %v", len(list), list, err)
	}

	// Customers that it does not serve, and all of them, are not its to give.
	for what, customers := range map[string][]uuid.UUID{
		"another customer":           {other},
		"one of its own and another": {o.Customer, other},
		"all":                        nil,
	} {
		if err := r.SetCustomers(ctx, manager, own.ID(), customers, nothing); fail.KindOf(err) != fail.Invalid {
			t.Errorf("limits somebody to %s: %v", what, err)
		}
		if _, _, err := r.Invite(ctx, manager, "friend@"+o.Name+".example", access.Agent, uuid.Nil, identity.ShownToRequester, customers...); fail.KindOf(err) != fail.Invalid {
			t.Errorf("invites for %s: %v", what, err)
		}
	}
	if _, _, err := r.Invite(ctx, manager, "spy@"+o.Name+".example", access.Reviewer, other, identity.ShownToRequester); fail.KindOf(err) != fail.Invalid {
		t.Errorf("invites another customer's reviewer: %v", err)
	}
	if err := r.SetCustomers(ctx, manager, manager.ID(), nil, nothing); fail.KindOf(err) != fail.Invalid {
		t.Errorf("lifts its own limits: %v", err)
	}
	// A reviewer whom it makes an agent sees no more than itself.
	reviewer := o.As(access.Reviewer).ID()
	if err := r.ChangeRole(ctx, manager, reviewer, access.Agent, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	p, err := r.GetMember(ctx, reviewer)
	if err != nil || !p.Actor.IsLimited() || !p.Actor.Serves(o.Customer) || p.Actor.Serves(other) {
		t.Errorf("the reviewer became %+v, %v", p, err)
	}
}

// An invitation's limits are the member's; they change and are lifted, and each time its sessions end.
func TestInvitationCarriesCustomerLimits(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	owner, email := o.As(access.Owner), "lea@"+o.Name+".example"
	secret, _, err := r.Invite(ctx, owner, email, access.Agent, uuid.Nil, identity.ShownToRequester, o.Customer)
	if err != nil {
		t.Fatal(err)
	}
	id, err := r.AcceptInvitation(ctx, secret, "Lea", "a long password", "203.0.113.9")
	if err != nil {
		t.Fatal(err)
	}
	is := func(when string, limited bool) (epoch int) {
		t.Helper()
		p, err := r.GetMember(ctx, id)
		if err != nil || p.Actor.IsLimited() != limited || !p.Actor.Serves(o.Customer) {
			t.Errorf("%s: %+v, %v", when, p, err)
		}
		return p.Epoch
	}
	first := is("joined", true)
	ran := false
	if err := r.SetCustomers(ctx, owner, id, nil, func(*pg.Tenant) error { ran = true; return nil }); err != nil || !ran {
		t.Fatal(ran, err)
	}
	second := is("lifted", false)
	if err := r.SetCustomers(ctx, owner, id, []uuid.UUID{o.Customer}, func(*pg.Tenant) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if third := is("limited again", true); first == second || second == third {
		t.Error("its sessions went on")
	}
	if err := r.SetCustomers(ctx, owner, id, []uuid.UUID{uuid.New()}, func(*pg.Tenant) error {
		return nil
	}); fail.KindOf(err) != fail.Invalid {
		t.Errorf("limited to a customer that does not exist: %v", err)
	}
	is("after that", true)
	if err := r.SetCustomers(ctx, owner, owner.ID(), []uuid.UUID{o.Customer}, func(*pg.Tenant) error {
		return nil
	}); fail.KindOf(err) != fail.Invalid {
		t.Errorf("an owner is limited: %v", err)
	}
}

// Who was limited, or a reviewer of one customer, has all customers only when somebody gives them.
func TestCustomerLimitsSurviveRoleChange(t *testing.T) {
	t.Parallel()
	ctx, r, o := context.Background(), newService(t, false), testkit.NewOrg(t)
	owner, someone := o.As(access.Owner), o.AddMember(t, access.Manager, o.Customer).Actor.ID()
	for _, step := range []struct {
		role     access.Role
		customer uuid.UUID
	}{{access.Reviewer, o.Customer}, {access.Agent, uuid.Nil}, {access.Manager, uuid.Nil}} {
		if err := r.ChangeRole(ctx, owner, someone, step.role, step.customer); err != nil {
			t.Fatal(err)
		}
	}
	list, err := r.ListTeam(ctx, owner)
	at := slices.IndexFunc(list, func(u identity.TeamListItem) bool { return u.ID == someone })
	if err != nil || !list[at].Limited || !slices.Equal(list[at].Customers, []uuid.UUID{o.Customer}) {
		t.Errorf("after being a reviewer: %+v, %v", list[at], err)
	}
}

// The database, too, lets nobody out of its own limits or into a role.
func TestMembersCannotLiftTheirOwnLimits(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	other, err := org.New(testkit.DB(t), bus.New(nil), settings.New(testkit.DB(t), bus.New(nil), nil)).AddCustomer(ctx, o.As(access.Owner), "Another customer")
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []access.Actor{o.As(access.Agent), o.As(access.Supervisor), o.AddMember(t, access.Agent, o.Customer).Actor,
		o.AddMember(t, access.Supervisor, o.Customer).Actor, o.AddMember(t, access.Manager, o.Customer).Actor} {
		for _, sql := range []string{
			"update users set limited = false where id = $1 and $2::uuid is not null",
			"update users set role = 'manager' where id = $1 and $2::uuid is not null",
			"insert into user_customers (org_id, user_id, customer_id) values (app.org_id(), $1, $2)",
		} {
			if _, err := testkit.DB(t).As(who).Exec(ctx, sql, who.ID(), other); err == nil {
				t.Errorf("%s, limited %v: %s", who.Role(), who.IsLimited(), sql)
			}
		}
	}
}

// What policies look up works in whatever plan Postgres chooses.
func TestPoliciesInParallelPlans(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	for _, role := range []access.Role{access.Owner, access.Supervisor, access.Agent, access.Reviewer} {
		for _, table := range []string{"customers", "websites", "conversations", "faq_entries", "archive_words"} {
			err := testkit.DB(t).As(o.As(role)).Tx(ctx, func(tx *pg.Tenant) error {
				for _, sql := range []string{
					"set local parallel_setup_cost = 0",
					"set local parallel_tuple_cost = 0",
					"set local min_parallel_table_scan_size = 0",
					"select count(*) from " + table,
				} {
					if _, err := tx.Exec(ctx, sql); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s on %s: %v", role, table, err)
			}
		}
	}
}
