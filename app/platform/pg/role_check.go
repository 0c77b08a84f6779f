package pg

import (
	"context"
	"fmt"
)

// CheckRole refuses a role that could step around row-level security: a superuser, one with BYPASSRLS, an owner of tables or
// functions of ours, or a member of such a role.
func (db *DB) CheckRole(ctx context.Context) error {
	var role string
	var super, bypass, owner, door, member bool
	err := db.unscoped.QueryRow(ctx, `
		select current_user,
		  exists (select from pg_roles r where r.rolsuper and pg_has_role(current_user, r.oid, 'member')),
		  exists (select from pg_roles r where r.rolbypassrls and pg_has_role(current_user, r.oid, 'member')),
		  exists (select from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
		    and pg_has_role(current_user, c.relowner, 'member')),
		  exists (select from pg_roles r where r.rolname = 'parley_door' and pg_has_role(current_user, r.oid, 'member')),
		  exists (select from pg_roles r where r.rolname = 'parley_app' and pg_has_role(current_user, r.oid, 'member'))`).
		Scan(&role, &super, &bypass, &owner, &door, &member)
	if err != nil {
		return err
	}
	why := ""
	switch {
	case super:
		why = "is a superuser"
	case bypass:
		why = "has BYPASSRLS"
	case owner:
		why = "owns Parley's tables"
	case door:
		why = "is a member of parley_door"
	case !member:
		return fmt.Errorf(`the database role %q is not a member of parley_app. Run "parley migrate" with MIGRATE_DATABASE_URL
(the owner's log-in) and DATABASE_URL (this role's) set, or as the owner: grant parley_app to %q`, role, role)
	default:
		return nil
	}
	return fmt.Errorf(`the database role %q %s, so row-level security would not hold and organizations could see each other.
Parley does not start on it. Give the application a plain log-in role of its own:
  create role parley login password '...' nosuperuser nobypassrls;
name it in DATABASE_URL, put the owner's log-in into MIGRATE_DATABASE_URL, and run "parley migrate"`, role, why)
}
