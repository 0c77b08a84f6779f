package pg_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Versions have gaps while branches are merged; what counts is the highest.
func TestNewestMigration(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"00001_a.sql": {}, "00003_c.sql": {}, "00012_z.sql": {}, "README": {}}
	if n, err := pg.Newest(files); err != nil || n != 12 {
		t.Errorf("%d %v", n, err)
	}
}

// Log-ins come together to those of an address: a person with one password in two organizations keeps both, strangers who have
// signed up under the address before or after stay apart, and the way back restores a password for every user.
func TestMigrationMergesIdentities(t *testing.T) {
	ctx, c := context.Background(), emptyCluster(t)
	if err := pg.MigrateTo(ctx, c.OwnerURL, 11); err != nil {
		t.Fatal(err)
	}
	super, err := pgx.Connect(ctx, strings.Replace(c.SuperURL, "/postgres?", "/parley?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := super.Exec(ctx, sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	hash := func(password string) string {
		h, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 8 * 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	type person struct {
		org, id         uuid.UUID
		email, password string
	}
	var all []person
	day := 0
	user := func(email, password string) person {
		t.Helper()
		day++
		p := person{uuid.New(), uuid.New(), email, password}
		exec("insert into organizations (id, name) values ($1, $2)", p.org, "Organization "+string(rune('A'+day)))
		exec(`insert into users (org_id, id, email, name, role, password_hash, session_epoch, created_at)
			values ($1, $2, $3, 'N', 'owner', $4, 3, timestamptz '2026-01-01' + make_interval(days => $5))`, p.org, p.id, email, hash(password), day)
		all = append(all, p)
		return p
	}
	annA := user("ann@x.example", "Ann's own password")
	annB := user("ann@x.example", "Ann's own password")
	spy := user("ann@x.example", "the spy's password")
	first := user("ben@x.example", "whoever was first")
	ben := user("ben@x.example", "Ben's own password")
	exec("insert into push_subscriptions (org_id, id, user_id, endpoint, p256dh, auth) values ($1, $2, $2, 'https://push.example/1', 'x', 'x')", annA.org, annA.id)
	exec("insert into password_resets (org_id, id, user_id, token_hash, expires_at) values ($1, $2, $2, 'x', now() + interval '1 hour')", annA.org, annA.id)

	restored := func() {
		t.Helper()
		if err := pg.MigrateTo(ctx, c.OwnerURL, 11); err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			var h string
			if err := super.QueryRow(ctx, "select password_hash from users where id = $1", p.id).Scan(&h); err != nil {
				t.Fatal(err)
			}
			if ok, err := argon2id.ComparePasswordAndHash(p.password, h); err != nil || !ok {
				t.Errorf("%s: the way back has not restored %q (%v)", p.email, p.password, err)
			}
		}
	}
	if _, err := pg.Migrate(ctx, c.OwnerURL, c.AppURL); err != nil {
		t.Fatal(err)
	}
	restored()
	if _, err := pg.Migrate(ctx, c.OwnerURL, c.AppURL); err != nil {
		t.Fatal(err)
	}
	var created string
	if err := super.QueryRow(ctx, "select string_agg(extract(day from created_at at time zone 'UTC')::text, ' ' order by created_at) from identities").Scan(&created); err != nil || created != "2 3 4 5 6" {
		t.Errorf("created on %s, %v", created, err)
	}

	db, err := pg.Open(ctx, c.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r := identity.New(db, bus.New(nil), false)
	opens := func(email, password string, want ...uuid.UUID) {
		t.Helper()
		got, err := r.LogIn(ctx, email, password, "192.0.2.1")
		if err != nil && fail.KindOf(err) != fail.Unauthenticated {
			t.Fatal(err)
		}
		r.Wait()
		var ids []uuid.UUID
		for _, m := range got {
			ids = append(ids, m.User)
		}
		if len(ids) != len(want) || slices.ContainsFunc(want, func(id uuid.UUID) bool { return !slices.Contains(ids, id) }) {
			t.Errorf("%s with %q opens %v, not %v", email, password, ids, want)
		}
	}
	opens("ann@x.example", "Ann's own password", annA.id)
	opens("ann@x.example", "Ann's own password", annA.id, annB.id)
	opens("ann@x.example", "the spy's password")
	opens("ben@x.example", "whoever was first", first.id)
	if list, err := r.ListPushSubscriptions(ctx, access.System(annA.org, "test"), annA.id); err != nil || len(list) != 1 {
		t.Errorf("browsers: %v %v", list, err)
	}

	restored() // together, and back again
	if _, err := pg.Migrate(ctx, c.OwnerURL, c.AppURL); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if db, err = pg.Open(ctx, c.AppURL); err != nil { // statements prepared before know other tables
		t.Fatal(err)
	}
	r = identity.New(db, bus.New(nil), false)
	opens("ann@x.example", "Ann's own password", annA.id, annB.id)

	// Whoever came after a stranger comes in by a link: a manager's for its organization, or by mail for all of the address.
	link, err := r.CreateResetLink(ctx, access.User(ben.org, ben.id, access.Owner, uuid.Nil), ben.id, identity.ShownToRequester)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ResetPassword(ctx, link.Secret, "Ben's new password", "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	opens("ben@x.example", "Ben's new password", ben.id)
	opens("ben@x.example", "whoever was first", first.id)
	mailed, err := r.CreateForgottenPasswordLink(ctx, "ann@x.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ResetPassword(ctx, mailed.Secret, "Ann's new password", "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	opens("ann@x.example", "Ann's new password", annA.id, annB.id, spy.id)
	opens("ann@x.example", "the spy's password")
}
