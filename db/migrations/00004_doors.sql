-- The doors: all that can be asked before a tenant is known. Each runs as parley_door, which can read exactly the columns
-- granted below, and returns no more than its caller needs.

-- +goose Up
grant create on schema app to parley_door;

grant select (id, name) on organizations to parley_door;
grant select (org_id, id, customer_id, key, name, greeting, typing_preview) on websites to parley_door;
grant select (org_id, website_id, host) on domains to parley_door;
grant select (org_id, id, email, name, role, customer_id, password_hash, session_epoch, disabled_at, created_at) on users to parley_door;
grant select (org_id, id, email, role, customer_id, token_hash, expires_at, accepted_at) on invitations to parley_door;
grant select (org_id, user_id, token_hash, expires_at, used_at) on password_resets to parley_door;
grant select, insert, update, delete on sessions, attempts to parley_door;
create policy door on organizations for select to parley_door using (true);
create policy door on websites for select to parley_door using (true);
create policy door on domains for select to parley_door using (true);
create policy door on users for select to parley_door using (true);
create policy door on invitations for select to parley_door using (true);
create policy door on password_resets for select to parley_door using (true);

create function app.door_website(_key text)
  returns table (org_id uuid, website_id uuid, customer_id uuid, name text, greeting text, typing_preview boolean, hosts text[])
  language sql stable security definer set search_path = public, pg_temp
  as $$ select w.org_id, w.id, w.customer_id, w.name, w.greeting, w.typing_preview,
          array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id)
        from websites w where w.key = _key $$;

-- One person may have log-ins at several organizations under one address.
create function app.door_login(_email text)
  returns table (org_id uuid, org_name text, user_id uuid, password_hash text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select u.org_id, o.name, u.id, u.password_hash from users u join organizations o on o.id = u.org_id
        where u.email = _email and u.disabled_at is null order by u.created_at, u.org_id limit 20 $$;

create function app.door_user(_id uuid)
  returns table (org_id uuid, org_name text, user_id uuid, name text, email text, role text, customer_id uuid, session_epoch integer)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select u.org_id, o.name, u.id, u.name, u.email, u.role, u.customer_id, u.session_epoch
        from users u join organizations o on o.id = u.org_id where u.id = _id and u.disabled_at is null $$;

create function app.door_invitation(_token_hash bytea)
  returns table (org_id uuid, org_name text, invitation_id uuid, email text, role text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select i.org_id, o.name, i.id, i.email, i.role from invitations i join organizations o on o.id = i.org_id
        where i.token_hash = _token_hash and i.accepted_at is null and i.expires_at > now() $$;

create function app.door_reset(_token_hash bytea)
  returns table (org_id uuid, user_id uuid, email text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select r.org_id, r.user_id, u.email from password_resets r join users u on u.org_id = r.org_id and u.id = r.user_id
        where r.token_hash = _token_hash and r.used_at is null and r.expires_at > now() and u.disabled_at is null $$;

create function app.door_session(_token text) returns bytea
  language sql stable security definer set search_path = public, pg_temp
  as $$ select data from sessions where token = _token and expires_at > now() $$;

-- +goose StatementBegin
create function app.door_session_save(_token text, _data bytea, _expires_at timestamptz) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from sessions where token in (select token from sessions where expires_at < now() limit 10 for update skip locked);
        insert into sessions (token, data, expires_at) values (_token, _data, _expires_at)
          on conflict (token) do update set data = excluded.data, expires_at = excluded.expires_at $$;
-- +goose StatementEnd

create function app.door_session_end(_token text) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from sessions where token = _token $$;

-- Counts one attempt and returns how many there were in the present window, and how long the window still lasts.
-- +goose StatementBegin
create function app.door_attempt(_key bytea, _seconds_long integer)
  returns table (attempts integer, seconds_left integer)
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from attempts where key in (select key from attempts where resets_at < now() and key <> _key limit 10 for update skip locked);
        insert into attempts as a (key, count, resets_at) values (_key, 1, now() + make_interval(secs => _seconds_long))
          on conflict (key) do update set
            count = case when a.resets_at < now() then 1 else a.count + 1 end,
            resets_at = case when a.resets_at < now() then excluded.resets_at else a.resets_at end
          returning count, greatest(1, extract(epoch from resets_at - now()))::integer $$;
-- +goose StatementEnd

-- Forgets the attempts on an account after it was entered with the right password.
create function app.door_attempts_forgiven(_key bytea) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from attempts where key = _key $$;

-- +goose StatementBegin
do $$
declare f regprocedure;
begin
  for f in select p.oid from pg_proc p where p.pronamespace = 'app'::regnamespace and p.proname like 'door\_%' loop
    execute format('alter function %s owner to parley_door', f);
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to parley_app', f);
  end loop;
end
$$;
-- +goose StatementEnd
revoke create on schema app from parley_door;

-- +goose Down
-- +goose StatementBegin
do $$
declare f regprocedure;
begin
  for f in select p.oid from pg_proc p where p.pronamespace = 'app'::regnamespace and p.proname like 'door\_%' loop
    execute format('drop function %s', f);
  end loop;
end
$$;
-- +goose StatementEnd
drop policy door on password_resets;
drop policy door on invitations;
drop policy door on users;
drop policy door on domains;
drop policy door on websites;
drop policy door on organizations;
revoke all on organizations, websites, domains, users, invitations, password_resets, sessions, attempts from parley_door;
