-- One log-in for an address: identities hold the password, memberships say for which organizations' users it is good.

-- +goose Up

-- Everything of a password hash but the hash itself: algorithm, parameters and salt. Empty for what is no such hash.
create function app.hash_prefix(_hash text) returns text language sql immutable parallel safe
  as $$ select regexp_replace(_hash, '[^$]*$', '') $$;

-- Not of one tenant: a person is the same in every organization. The application has no right on these four tables; it goes
-- through the doors below. All hashes of an address have one salt, so that one computation compares with all of them, however
-- many strangers have signed up under it. own_salt marks those from before that was so.
create table identities (
  id            uuid primary key,
  email         text not null check (length(email) between 3 and 254 and email = lower(email)),
  password_hash text not null,
  verified_at   timestamptz,                    -- the address was proven by a link that was only mailed to it
  own_salt      boolean not null default false, -- salted otherwise than the address's other identities
  tried         boolean not null default false, -- a password that opened another identity of the address was tried on it
  created_at    timestamptz not null default now(),
  unique (email, password_hash)
);
create unique index identities_verified on identities (email) where verified_at is not null;
create index identities_salt on identities (email, own_salt, created_at, id);
create table memberships (
  identity_id uuid not null references identities,
  org_id      uuid not null,
  user_id     uuid not null,
  primary key (user_id),
  foreign key (org_id, user_id) references users on delete cascade
);
create index on memberships (identity_id);

-- Organizations that somebody wants to found, until the link that was mailed is opened.
create table signups (
  token_hash   bytea primary key,
  email        text not null check (length(email) between 3 and 254 and email = lower(email)),
  organization text not null check (length(organization) between 1 and 200),
  name         text not null check (length(name) between 1 and 100),
  expires_at   timestamptz not null
);
create index on signups (expires_at);

-- Links that set the password of an address, for all its organizations.
create table address_resets (
  token_hash bytea primary key,
  email      text not null check (length(email) between 3 and 254 and email = lower(email)),
  proves     boolean not null, -- it was only mailed to the address
  expires_at timestamptz not null
);
create index on address_resets (expires_at);
create index on address_resets (email);

grant select, insert, update, delete on identities, memberships, signups, address_resets to parley_door;

-- Every log-in of today becomes an identity of its own. (Two rows with one hash are copies: one identity.)
alter table users no force row level security;
insert into identities (id, email, password_hash, created_at, own_salt)
  select gen_random_uuid(), email, password_hash, min(created_at),
    row_number() over (partition by email order by min(created_at), min(id::text)) > 1
  from users
  group by email, password_hash;
insert into memberships (identity_id, org_id, user_id)
  select i.id, u.org_id, u.id
  from users u
  join identities i on i.email = u.email and i.password_hash = u.password_hash;
alter table users force row level security;

-- Whether a link was only mailed to the address, so that opening it proves the address; and who made it.
alter table invitations add proves boolean not null default false;
alter table password_resets
  add proves boolean not null default false,
  add made_by uuid, -- null: nobody of the organization
  add foreign key (org_id, made_by) references users;

-- A browser is told of what comes in as long as the log-in with which it asked for it is good.
alter table push_subscriptions add epoch integer not null default 0;
alter table users no force row level security;
alter table push_subscriptions no force row level security;
update push_subscriptions s set epoch = u.session_epoch from users u where u.org_id = s.org_id and u.id = s.user_id;
alter table push_subscriptions force row level security;
alter table users force row level security;
grant update (p256dh, auth, epoch) on push_subscriptions to parley_app;

-- A new password ends the sessions and the links of all its organizations' users.
grant update (session_epoch) on users to parley_door;
create policy door_writes on users for update to parley_door using (true) with check (true);
grant select (proves) on invitations to parley_door;
grant select (proves), update (used_at) on password_resets to parley_door;
create policy door_writes on password_resets for update to parley_door using (true) with check (true);

grant create on schema app to parley_door;
drop function app.door_login(text);
drop function app.door_invitation(bytea);
drop function app.door_reset(bytea);
drop function app.door_attempts_forgiven(bytea);
alter table users drop password_hash;

-- With what a password that is typed for an address is to be hashed (empty: nobody has the address), and whether somebody has
-- proven to own the address.
create function app.door_address(_email text) returns table (prefix text, verified boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select coalesce((select app.hash_prefix(i.password_hash)
            from identities i
            where i.email = _email
            order by i.own_salt, i.created_at, i.id
            limit 1), ''),
          exists (select from identities i where i.email = _email and i.verified_at is not null) $$;

-- The users that an address and the hash of its password open. more says that the address has identities with other salts, on
-- which the password was not tried yet.
create function app.door_login(_email text, _hash text)
  returns table (identity_id uuid, org_id uuid, org_name text, user_id uuid, more boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select i.id, u.org_id, o.name, u.id,
          exists (select from identities x where x.email = _email and x.own_salt and not x.tried and x.verified_at is null and x.id <> i.id)
        from identities i
        join memberships m on m.identity_id = i.id
        join users u on u.org_id = m.org_id and u.id = m.user_id
        join organizations o on o.id = u.org_id
        where i.email = _email and i.password_hash = _hash and u.disabled_at is null
        order by lower(o.name), u.id
        limit 100 $$;

-- The users of an address, whatever their password: for the program itself.
create function app.door_users_of(_email text)
  returns table (org_id uuid, org_name text, user_id uuid)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select u.org_id, o.name, u.id
        from users u
        join organizations o on o.id = u.org_id
        where u.email = _email and u.disabled_at is null
        order by u.created_at, u.org_id
        limit 20 $$;

-- The identities of an address with other salts than the one that was just entered.
create function app.door_untried(_identity uuid) returns table (identity_id uuid, password_hash text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select x.id, x.password_hash
        from identities i
        join identities x on x.email = i.email and x.own_salt and not x.tried and x.verified_at is null and x.id <> i.id
        where i.id = _identity
        order by x.created_at, x.id
        limit 20 $$;

-- Notes that the password of an identity was tried on another one of its address. If it was right, both are one.
-- +goose StatementBegin
create function app.door_tried(_identity uuid, _other uuid, _matched boolean) returns void
  language plpgsql volatile security definer set search_path = public, pg_temp
as $$
declare
  address text;
begin
  select i.email into address from identities i where i.id = _identity;
  perform pg_advisory_xact_lock(hashtextextended('address ' || address, 0));
  if not exists (select from identities i where i.id = _identity)
    or not exists (select from identities x where x.id = _other and x.email = address and x.own_salt and x.verified_at is null and not x.tried) then
    return;
  end if;
  if _matched then
    update memberships set identity_id = _identity where identity_id = _other;
    delete from identities where id = _other;
  else
    update identities set tried = true where id = _other;
  end if;
end
$$;
-- +goose StatementEnd

-- Makes a user of the scope's organization one of an identity's: of the one with this password, or of a new one. If the
-- address is proven and somebody has proven it before, of that one: the password must be its own, unless it is null (none was
-- asked for). Returns 'matched', 'new' or 'wrong'; 'wrong' has changed nothing.
-- PAR03: the address has got another salt since it was asked for.
-- +goose StatementBegin
create function app.door_join(_identity uuid, _email text, _hash text, _proven boolean, _user uuid) returns text
  language plpgsql volatile security definer set search_path = public, pg_temp
as $$
declare
  target uuid;
  its_hash text;
  answer text := 'matched';
begin
  perform pg_advisory_xact_lock(hashtextextended('address ' || _email, 0));
  if _proven then
    select i.id, i.password_hash into target, its_hash
      from identities i
      where i.email = _email and i.verified_at is not null;
    if its_hash <> _hash then
      return 'wrong';
    end if;
  end if;
  if target is null then
    select i.id into target from identities i where i.email = _email and i.password_hash = _hash;
    if target is null then
      if app.hash_prefix(_hash) <> (select nullif(d.prefix, '') from app.door_address(_email) d) then
        raise exception 'the address has another salt' using errcode = 'PAR03';
      end if;
      insert into identities (id, email, password_hash, verified_at)
        values (_identity, _email, _hash, case when _proven then now() end);
      target := _identity;
      answer := 'new';
    elsif _proven then
      update identities set verified_at = now(), own_salt = false where id = target;
    end if;
  end if;
  insert into memberships (identity_id, org_id, user_id) values (target, app.org_id(), _user);
  return answer;
end
$$;
-- +goose StatementEnd

create function app.door_invitation(_token_hash bytea)
  returns table (org_id uuid, org_name text, invitation_id uuid, email text, role text, proves boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select i.org_id, o.name, i.id, i.email, i.role, i.proves
        from invitations i
        join organizations o on o.id = i.org_id
        where i.token_hash = _token_hash and i.accepted_at is null and i.expires_at > now() $$;

-- What a link for a new password stands for: one user of an organization, or (without organization and user) an address.
create function app.door_reset(_token_hash bytea)
  returns table (org_id uuid, user_id uuid, email text, proves boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select r.org_id, r.user_id, u.email, r.proves
        from password_resets r
        join users u on u.org_id = r.org_id and u.id = r.user_id
        where r.token_hash = _token_hash and r.used_at is null and r.expires_at > now() and u.disabled_at is null
        union all
        select null, null, a.email, a.proves
        from address_resets a
        where a.token_hash = _token_hash and a.expires_at > now() $$;

-- Keeps a link for an address that can log in somewhere, and says whether it did.
-- +goose StatementBegin
create function app.door_address_reset(_token_hash bytea, _email text, _proves boolean, _seconds_long integer) returns boolean
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from address_resets where token_hash in
          (select token_hash from address_resets where expires_at < now() limit 10 for update skip locked);
        with made as (
          insert into address_resets (token_hash, email, proves, expires_at)
            select _token_hash, _email, _proves, now() + make_interval(secs => _seconds_long)
            where exists (select from users u where u.email = _email and u.disabled_at is null)
            returning 1)
        select exists (select from made) $$;
-- +goose StatementEnd

-- Sets the password by a link and uses the link up; without a row the link is not good. Returns the users whose sessions have
-- ended by it, and whether the password was one of the address's already.
--
-- A link that was mailed to the address, and the operator's, stand for all of the address: all its users become one identity's.
-- A link that somebody of an organization was shown may change who that organization's user is, and nothing else: the user goes
-- to the identity that has this password, or keeps its own if that is nobody else's, or gets a new one.
-- +goose StatementBegin
create function app.door_set_password(_token_hash bytea, _identity uuid, _hash text)
  returns table (org_id uuid, org_name text, user_id uuid, enabled boolean, matched boolean)
  language plpgsql volatile security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  link record;
  before uuid;   -- the user's identity
  target uuid;
  known boolean;
begin
  select d.org_id, d.user_id, d.email, d.proves into link from app.door_reset(_token_hash) d;
  if not found then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('address ' || link.email, 0));
  if link.user_id is null then
    delete from address_resets a where a.token_hash = _token_hash;
  else
    update password_resets r set used_at = now() where r.token_hash = _token_hash and r.used_at is null;
  end if;
  if not found then
    return; -- used at the same moment
  end if;
  select i.id into target from identities i where i.email = link.email and i.password_hash = _hash;
  known := target is not null;

  if link.user_id is null or link.proves then
    select coalesce((select i.id from identities i where i.email = link.email and i.verified_at is not null), target) into target;
    if target is null then
      insert into identities (id, email, password_hash) values (_identity, link.email, _hash);
      target := _identity;
    end if;
    update memberships m set identity_id = target
      from identities i
      where i.id = m.identity_id and i.email = link.email and i.id <> target;
    delete from identities i where i.email = link.email and i.id <> target;
    update identities i
      set password_hash = _hash, own_salt = false, verified_at = coalesce(i.verified_at, case when link.proves then now() end)
      where i.id = target;
    delete from address_resets a where a.email = link.email;
  else
    select m.identity_id into before from memberships m where m.user_id = link.user_id;
    if target is null then
      if app.hash_prefix(_hash) <> (select nullif(d.prefix, '') from app.door_address(link.email) d) then
        raise exception 'the address has another salt' using errcode = 'PAR03';
      end if;
      if exists (select from identities i where i.id = before and i.verified_at is null)
        and not exists (select from memberships m where m.identity_id = before and m.user_id <> link.user_id) then
        update identities i set password_hash = _hash, own_salt = false where i.id = before;
        target := before;
      else
        insert into identities (id, email, password_hash) values (_identity, link.email, _hash);
        target := _identity;
      end if;
    end if;
    update memberships m set identity_id = target where m.user_id = link.user_id;
    delete from identities i
      where i.id = before and i.verified_at is null and not exists (select from memberships m where m.identity_id = i.id);
  end if;

  update users u set session_epoch = u.session_epoch + 1
    from memberships m
    where m.identity_id = target and u.org_id = m.org_id and u.id = m.user_id
      and (link.user_id is null or link.proves or u.id = link.user_id);
  update password_resets r set used_at = now()
    from memberships m
    where m.identity_id = target and r.org_id = m.org_id and r.user_id = m.user_id and r.used_at is null
      and (link.user_id is null or link.proves or m.user_id = link.user_id);
  return query
    select u.org_id, o.name, u.id, u.disabled_at is null, known
    from memberships m
    join users u on u.org_id = m.org_id and u.id = m.user_id
    join organizations o on o.id = u.org_id
    where m.identity_id = target and (link.user_id is null or link.proves or u.id = link.user_id)
    order by lower(o.name), u.id;
end
$$;
-- +goose StatementEnd

-- Keeps what somebody wants to found, and says whether the address is proven already.
-- +goose StatementBegin
create function app.door_signup(_token_hash bytea, _email text, _organization text, _name text, _seconds_long integer) returns boolean
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from signups where token_hash in
          (select token_hash from signups where expires_at < now() limit 10 for update skip locked);
        insert into signups (token_hash, email, organization, name, expires_at)
          values (_token_hash, _email, _organization, _name, now() + make_interval(secs => _seconds_long));
        select exists (select from identities i where i.email = _email and i.verified_at is not null) $$;
-- +goose StatementEnd

create function app.door_signup_of(_token_hash bytea)
  returns table (email text, organization text, name text, verified boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select s.email, s.organization, s.name,
          exists (select from identities i where i.email = s.email and i.verified_at is not null)
        from signups s
        where s.token_hash = _token_hash and s.expires_at > now() $$;

-- Uses a sign-up's link up; false if it was not good any more.
create function app.door_signup_used(_token_hash bytea) returns boolean
  language sql volatile security definer set search_path = public, pg_temp
  as $$ with used as (delete from signups where token_hash = _token_hash and expires_at > now() returning 1)
        select exists (select from used) $$;

-- How many attempts were counted at each key in its present window, and how long that still lasts; counts nothing.
create function app.door_attempts(_keys bytea[]) returns table (place integer, attempts integer, seconds_left integer)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select k.place::integer, a.count, greatest(1, extract(epoch from a.resets_at - now()))::integer
        from unnest(_keys) with ordinality k (key, place)
        join attempts a on a.key = k.key
        where a.resets_at >= now() $$;

-- Counts a failure at each key. In one order, so that two never wait for each other; what has expired goes afterwards.
-- +goose StatementBegin
create function app.door_failed(_keys bytea[], _seconds_long integer) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ insert into attempts as a (key, count, resets_at)
          select k.key, 1, now() + make_interval(secs => _seconds_long) from (select distinct unnest(_keys) as key) k order by k.key
          on conflict (key) do update set
            count = case when a.resets_at < now() then 1 else a.count + 1 end,
            resets_at = case when a.resets_at < now() then excluded.resets_at else a.resets_at end;
        delete from attempts where key in
          (select key from attempts where resets_at < now() and key <> all (_keys) limit 10 for update skip locked) $$;
-- +goose StatementEnd

-- +goose StatementBegin
do $$
declare f regprocedure;
begin
  for f in select p.oid from pg_proc p
    where p.pronamespace = 'app'::regnamespace and p.proname like 'door\_%' and p.proowner <> 'parley_door'::regrole
  loop
    execute format('alter function %s owner to parley_door', f);
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to parley_app', f);
  end loop;
end
$$;
-- +goose StatementEnd
revoke create on schema app from parley_door;

-- +goose Down
grant create on schema app to parley_door;
drop function app.door_address, app.door_login, app.door_users_of, app.door_untried, app.door_tried, app.door_join, app.door_invitation,
  app.door_reset, app.door_address_reset, app.door_set_password, app.door_signup, app.door_signup_of, app.door_signup_used,
  app.door_attempts, app.door_failed;

alter table users add password_hash text;
alter table users no force row level security;
update users u set password_hash = i.password_hash
  from memberships m
  join identities i on i.id = m.identity_id
  where m.org_id = u.org_id and m.user_id = u.id;
update users set password_hash = '' where password_hash is null;
alter table users alter password_hash set not null;
alter table users force row level security;
grant update (password_hash) on users to parley_app;
grant select (password_hash) on users to parley_door;

create function app.door_login(_email text)
  returns table (org_id uuid, org_name text, user_id uuid, password_hash text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select u.org_id, o.name, u.id, u.password_hash from users u join organizations o on o.id = u.org_id
        where u.email = _email and u.disabled_at is null order by u.created_at, u.org_id limit 20 $$;
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
create function app.door_attempts_forgiven(_key bytea) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from attempts where key = _key $$;
-- +goose StatementBegin
do $$
declare f regprocedure;
begin
  for f in select p.oid from pg_proc p
    where p.pronamespace = 'app'::regnamespace and p.proname like 'door\_%' and p.proowner <> 'parley_door'::regrole
  loop
    execute format('alter function %s owner to parley_door', f);
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to parley_app', f);
  end loop;
end
$$;
-- +goose StatementEnd
revoke create on schema app from parley_door;

drop policy door_writes on password_resets;
drop policy door_writes on users;
revoke update (session_epoch) on users from parley_door;
revoke update (used_at) on password_resets from parley_door;
revoke update (p256dh, auth) on push_subscriptions from parley_app;
alter table push_subscriptions drop epoch;
alter table password_resets drop proves, drop made_by;
alter table invitations drop proves;
drop table memberships, identities, signups, address_resets;
drop function app.hash_prefix;
