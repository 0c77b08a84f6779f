-- The floor: roles, the scope of a statement, and the two procedures that lock a table down.

-- +goose Up

-- parley_app: what the application's log-in role is a member of. It owns nothing.
-- parley_door: owner of the few functions that are asked before a tenant is known. Nobody logs in as it.
-- +goose StatementBegin
do $$
declare r text;
begin
  foreach r in array array['parley_app', 'parley_door'] loop
    if not exists (select from pg_roles where rolname = r) then
      begin
        execute format('create role %I nologin', r);
      exception when duplicate_object or unique_violation then null; -- another database of this cluster was quicker
      end;
    end if;
  end loop;
  execute format('grant parley_door to %I', current_user);
end
$$;
-- +goose StatementEnd

revoke create on schema public from public;
create schema app;
grant usage on schema app, public to parley_app, parley_door;
grant select on goose_db_version to parley_app;

-- The scope travels with every statement (set_config, local to the implicit transaction). A statement without scope is an
-- error, not an empty result: the casts below fail on a setting that is missing or empty.
create function app.org_id() returns uuid language sql stable parallel safe
  as $$ select current_setting('app.org_id')::uuid $$;
create function app.role() returns text language sql stable parallel safe
  as $$ select current_setting('app.role') $$;
create function app.actor_id() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('app.actor_id'), '')::uuid $$;
-- A reviewer's customer; null for everyone else.
create function app.customer_id() returns uuid language sql stable parallel safe
  as $$ select case when current_setting('app.role') = 'reviewer' then nullif(current_setting('app.narrow_id'), '')::uuid end $$;
-- A visitor's website; null for everyone else.
create function app.website_id() returns uuid language sql stable parallel safe
  as $$ select case when current_setting('app.role') = 'visitor' then nullif(current_setting('app.narrow_id'), '')::uuid end $$;
-- Everyone but a visitor and a reviewer.
create function app.is_staff() returns boolean language sql stable parallel safe
  as $$ select current_setting('app.role') in ('owner', 'manager', 'supervisor', 'agent', 'system') $$;

-- Every tenant table goes through this: RLS on and forced, one policy that binds rows to the scope's organization.
-- +goose StatementBegin
create procedure app.lock_down(t regclass, org_column text) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', t);
  execute format('alter table %s force row level security', t);
  execute format('create policy tenant on %s to parley_app using (%I = (select app.org_id())) with check (%I = (select app.org_id()))',
    t, org_column, org_column);
  execute format('create policy readers_write_nothing_i on %s as restrictive for insert to parley_app with check ((select app.role()) <> ''reviewer'')', t);
  execute format('create policy readers_write_nothing_u on %s as restrictive for update to parley_app using ((select app.role()) <> ''reviewer'')', t);
  execute format('create policy readers_write_nothing_d on %s as restrictive for delete to parley_app using ((select app.role()) <> ''reviewer'')', t);
end
$$;
-- +goose StatementEnd

-- Narrows a table to staff: visitors and reviewers see and write no row of it.
-- +goose StatementBegin
create procedure app.staff_only(t regclass) language plpgsql as $$
begin
  execute format('create policy staff_only on %s as restrictive to parley_app using ((select app.is_staff())) with check ((select app.is_staff()))', t);
end
$$;
-- +goose StatementEnd

-- +goose Down
drop schema app cascade;
