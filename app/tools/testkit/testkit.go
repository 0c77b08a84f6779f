// Package testkit gives tests a real Postgres, a fresh organization each, and a real browser.
//
// Owns: the test cluster (one per package under test, started on first use) and what every test needs.
//
// Must not touch: production. Nothing imports it but tests.
//
// Always true: tests connect as the application's real role; each test works in its own organization, so all run in parallel.
package testkit

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Patience is how long tests wait for what must come. It is far more than any of it takes, also on a busy machine: a test that waits
// for so long has failed.
const Patience = time.Minute

var shared struct {
	once    sync.Once
	cluster *pg.Cluster
	db      *pg.DB
	dir     string
	err     error
}

// Main runs a package's tests and ends what they shared.
func Main(m *testing.M) {
	code := m.Run()
	closeBrowser()
	if shared.db != nil {
		shared.db.Close()
	}
	if shared.cluster != nil {
		shared.cluster.Stop()
	}
	if shared.dir != "" {
		os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

func setup() {
	shared.once.Do(func() {
		ctx := context.Background()
		if shared.dir, shared.err = os.MkdirTemp("/tmp", "parley-test-"); shared.err != nil {
			return
		}
		os.Chmod(shared.dir, 0o755) // the server may run as another user
		if shared.cluster, shared.err = pg.StartCluster(ctx, shared.dir+"/data", pg.ClusterOptions{Volatile: true}); shared.err != nil {
			return
		}
		if _, shared.err = pg.Migrate(ctx, shared.cluster.OwnerURL, shared.cluster.AppURL); shared.err != nil {
			return
		}
		shared.db, shared.err = pg.Open(ctx, shared.cluster.AppURL)
	})
}

// DB is the migrated database, as the application's role.
func DB(t testing.TB) *pg.DB {
	t.Helper()
	setup()
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.db
}

// DatabaseURLs are the addresses of the database for the application and for its owner.
func DatabaseURLs(t testing.TB) (app, owner string) {
	t.Helper()
	DB(t)
	return shared.cluster.AppURL, shared.cluster.OwnerURL
}

// SuperuserURL is the address of the test cluster for its superuser.
func SuperuserURL(t testing.TB) string {
	t.Helper()
	DB(t)
	return shared.cluster.SuperURL
}

// Password is every test user's.
const Password = "a test password"

// Org is a fresh organization with one user of each role and a website.
type Org struct {
	ID       uuid.UUID
	Name     string
	Users    map[access.Role]Member
	Customer uuid.UUID
	Website  uuid.UUID
	Key      string
}

// Member is a user of a test organization.
type Member struct {
	Actor access.Actor
	Name  string
	Email string
}

// As returns the actor of the organization's user with a role.
func (o Org) As(role access.Role) access.Actor { return o.Users[role].Actor }

// Site is the website as its widget knows it.
func (o Org) Site() *org.WidgetWebsite {
	return &org.WidgetWebsite{
		Key:        o.Key,
		Org:        o.ID,
		ID:         o.Website,
		CustomerID: o.Customer,
		Name:       "Shop of " + o.Name,
		Hosts:      []string{"shop.example", "localhost", "127.0.0.1"},
		Settings:   settings.Default(),
	}
}

// Visitor returns a new visitor of the website, without a row yet.
func (o Org) Visitor() access.Actor {
	return access.Visitor(o.ID, o.Website, uuid.Must(uuid.NewV7()))
}

// IdentityOptions returns options with which passwords are hashed in no time.
func IdentityOptions() identity.Options {
	o := identity.DefaultOptions()
	o.InsecureHashing = true
	return o
}

// NewOrg makes an organization. Its website allows shop.example, localhost and 127.0.0.1 and shows agents what is typed. Its one
// group has every agent, and agents take from its queue themselves.
func NewOrg(t testing.TB) Org {
	t.Helper()
	ctx := context.Background()
	name := "org-" + uuid.NewString()[:8]
	b := bus.New(nil)
	orgs, members := org.New(DB(t), b, settings.New(DB(t), b, nil)), identity.New(DB(t), b, IdentityOptions())
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	o := Org{Name: name, Users: map[access.Role]Member{}}
	var err error
	o.ID, err = orgs.CreateOrganization(ctx, name)
	must(err)
	system := access.System(o.ID, "test")
	o.Customer, err = orgs.AddCustomer(ctx, system, "Customer of "+name)
	must(err)
	o.Website, err = orgs.AddWebsite(ctx, system, o.Customer, org.WebsiteInput{Name: "Shop of " + name, Host: "shop.example"})
	must(err)
	must(orgs.AddDomain(ctx, system, o.Website, "localhost"))
	must(orgs.AddDomain(ctx, system, o.Website, "127.0.0.1"))
	must(orgs.UpdateWebsite(ctx, system, o.Website, org.WebsiteUpdate{
		Name:          "Shop of " + name,
		Greeting:      "Hello from " + name,
		TypingPreview: true,
	}))
	w, err := orgs.GetWebsite(ctx, system, o.Website)
	must(err)
	o.Key = w.Key
	for _, role := range access.Roles {
		var customer *uuid.UUID
		narrow := uuid.Nil
		if role == access.Reviewer {
			customer, narrow = &o.Customer, o.Customer
		}
		email := string(role) + "@" + name + ".example"
		id, err := members.CreateMember(ctx, o.ID,
			identity.SignUp{Name: string(role) + " of " + name, Email: email, Password: Password}, role, customer)
		must(err)
		o.Users[role] = Member{access.User(o.ID, id, role, narrow), string(role) + " of " + name, email}
	}
	// Agents take their conversations themselves, as many as they like; tests of routing change that.
	for _, sql := range []string{"update groups set automatic = false", "update agents set max_chats = 1000000"} {
		_, err := DB(t).As(system).Exec(ctx, sql)
		must(err)
	}
	return o
}

// AddMember adds a team member with a role, limited to customers if there are any.
func (o Org) AddMember(t testing.TB, role access.Role, customers ...uuid.UUID) Member {
	t.Helper()
	ctx := context.Background()
	name := fmt.Sprintf("%s %s of %s", role, uuid.NewString()[:4], o.Name)
	email := strings.ReplaceAll(name, " ", "-") + "@" + o.Name + ".example"
	members := identity.New(DB(t), bus.New(nil), IdentityOptions())
	id, err := members.CreateMember(ctx, o.ID, identity.SignUp{Name: name, Email: email, Password: Password}, role, nil)
	if err != nil {
		t.Fatal(err)
	}
	actor := access.User(o.ID, id, role, uuid.Nil)
	system := DB(t).As(access.System(o.ID, "test"))
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := system.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("update agents set max_chats = 1000000 where user_id = $1", id)
	if len(customers) > 0 {
		actor = actor.LimitedTo(customers)
		exec("update users set limited = true where id = $1", id)
		exec("insert into user_customers (org_id, user_id, customer_id) select $1, $2, unnest($3::uuid[])", o.ID, id, customers)
	}
	return Member{actor, name, email}
}

// ExecAsSuperuser runs a statement as the test cluster's superuser, for what happens to a database from outside.
func ExecAsSuperuser(t testing.TB, sql string) {
	t.Helper()
	ctx := context.Background()
	db, err := pg.Open(ctx, SuperuserURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.As(access.System(uuid.New(), "test")).Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}
