package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// TestDatabaseCatalogIsLockedDown shows that every table of the catalog is protected by row-level security, or is
// listed in tablesWithoutOrg with the reason.
func TestDatabaseCatalogIsLockedDown(t *testing.T) {
	t.Parallel()
	ctx, conn := context.Background(), owner(t)
	for _, table := range tables(t, conn) {
		if _, there := tablesWithoutOrg[table]; there {
			var writes bool
			err := conn.QueryRow(ctx, `select has_table_privilege('parley_app', $1, 'insert') or has_table_privilege('parley_app', $1, 'update')
				or has_table_privilege('parley_app', $1, 'delete') or has_any_column_privilege('parley_app', $1, 'insert, update')
				or (has_table_privilege('parley_app', $1, 'select') and $1 <> 'goose_db_version')`, table).Scan(&writes)
			if err != nil || writes {
				t.Errorf("%s: the application has rights on a table that is not of one tenant (%v)", table, err)
			}
			continue
		}
		var enabled, forced bool
		var org string
		var ownedByApp bool
		err := conn.QueryRow(ctx, `select relrowsecurity, relforcerowsecurity, pg_has_role('parley_app', relowner, 'member'),
			coalesce((select a.attname || ' ' || a.attnotnull from pg_attribute a where a.attrelid = c.oid and a.attname = case when relname = 'organizations' then 'id' else 'org_id' end), '')
			from pg_class c where c.oid = $1::regclass`, table).Scan(&enabled, &forced, &ownedByApp, &org)
		if err != nil {
			t.Fatal(err)
		}
		if !enabled || !forced {
			t.Errorf("%s: row-level security enabled %v, forced %v", table, enabled, forced)
		}
		if !strings.HasSuffix(org, " true") {
			t.Errorf("%s: no organization column that is not null", table)
		}
		if ownedByApp {
			t.Errorf("%s: owned by the application's role", table)
		}
		permissive := column[string](t, conn, `select polname::text || ' to ' || array(select rolname from pg_roles where oid = any(polroles))::text || ' using ' || coalesce(pg_get_expr(polqual, polrelid), '')
			from pg_policy where polrelid = $1::regclass and polpermissive and polroles <> array[(select oid from pg_roles where rolname = 'parley_door')]`, table)
		if len(permissive) != 1 || !strings.HasPrefix(permissive[0], "tenant to {parley_app} using (") ||
			!strings.Contains(permissive[0], "SELECT app.org_id()") {
			t.Errorf("%s: the one policy that lets rows through must bind them to the organization: %q", table, permissive)
		}
		for _, def := range column[string](t, conn,
			`select pg_get_constraintdef(oid) from pg_constraint where conrelid = $1::regclass and contype = 'f'`, table) {
			if !strings.HasPrefix(def, "FOREIGN KEY (org_id") {
				t.Errorf("%s: referential checks ignore row-level security, so every foreign key must contain org_id: %s", table, def)
			}
		}
	}
	// Functions that run with another role's rights: security-definer functions and nothing else, owned by a role that
	// cannot log in, with a fixed search path.
	for _, f := range column[string](t, conn, `select p.proname::text || ' ' || r.rolname || ' ' || r.rolcanlogin || ' ' || coalesce(array_to_string(p.proconfig, ','), '')
		from pg_proc p join pg_roles r on r.oid = p.proowner where p.prosecdef and p.pronamespace in ('app'::regnamespace, 'public'::regnamespace)`) {
		if !strings.HasPrefix(f, "door_") || !strings.HasSuffix(f, " parley_door false search_path=public, pg_temp") {
			t.Errorf("a function with another role's rights that is no door: %s", f)
		}
	}
	// What such a function can read is what was granted column by column.
	if wide := column[string](t, conn,
		`select table_name::text from information_schema.role_table_grants where grantee = 'parley_door' and table_name not in ('sessions', 'attempts', 'instances', 'identities', 'memberships', 'signups', 'address_resets', 'public_submitted_forms', 'link_requests')`); len(wide) > 0 {
		t.Errorf("parley_door can read whole tables: %v", wide)
	}
	var super bool
	if err := conn.QueryRow(ctx,
		`select bool_or(rolsuper or rolbypassrls or rolcreaterole) from pg_roles where rolname in ('parley_app', 'parley_door', 'parley')`).Scan(&super); err != nil || super {
		t.Errorf("a role of ours could step around row-level security (%v)", err)
	}
}

// jobTables are the tables of the schema jobs, and why they have no organization.
var jobTables = map[string]string{
	"river_job": "jobs of all organizations are fetched together; their arguments are ids (app/platform/jobs checks " +
		"that), and what they name is read under row-level security",
	"river_leader": "which instance schedules jobs",
	"river_queue":  "names of queues",
}

// TestJobTablesAreLockedDown shows that the tables of jobs are those above, nobody's but the application's, and the
// application can do no more than work on jobs.
func TestJobTablesAreLockedDown(t *testing.T) {
	t.Parallel()
	conn := owner(t)
	for _, table := range column[string](t, conn,
		`select relname::text from pg_class where relnamespace = 'jobs'::regnamespace and relkind in ('r', 'p', 'v')`) {
		if jobTables[table] == "" {
			t.Errorf("jobs.%s is not listed with a reason", table)
		}
	}
	for _, grant := range column[string](t, conn,
		`select grantee || ' ' || privilege_type from information_schema.role_table_grants where table_schema = 'jobs' and grantee <> grantor`) {
		role, right, _ := strings.Cut(grant, " ")
		if role != "parley_app" || !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE"}, right) {
			t.Errorf("jobs: %s", grant)
		}
	}
	var create bool
	if err := conn.QueryRow(context.Background(),
		"select has_schema_privilege('parley_app', 'jobs', 'create') or has_schema_privilege('public', "+
			"'jobs', 'usage')").Scan(&create); err != nil || create {
		t.Errorf("the application could change the schema of jobs (%v)", err)
	}
}
