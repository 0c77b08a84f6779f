-- The schema: roles and the scope of a statement, then each subject with its tables, policies and grants, then the
-- functions that run before a tenant is known. db/schema.sql shows what it comes to.

-- +goose Up

------------------------------------------------------------------------------------------------------------------------
-- Roles and scope
------------------------------------------------------------------------------------------------------------------------

-- parley_app: the application's log-in role is a member of it. It owns nothing and is bound by every policy.
-- parley_door: owns the security-definer functions (app.door_...). Nobody logs in as it.
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

-- Every statement carries its scope in settings of its transaction: app.org_id, app.role, app.actor_id, and
-- app.narrow_id (a reviewer's customer, a visitor's website). A statement without a scope is an error, not an empty
-- result: the casts below fail on a setting that is missing, and on the empty one that an ended transaction leaves
-- behind.
create type app.role_kind as enum ('owner', 'manager', 'supervisor', 'agent', 'reviewer', 'visitor', 'system');

-- The organization of the scope.
create function app.org_id() returns uuid language sql stable parallel safe
  as $$ select current_setting('app.org_id')::uuid $$;

-- The role of whoever asks.
create function app.role() returns text language sql stable parallel safe
  as $$ select current_setting('app.role')::app.role_kind::text $$;

-- The user or visitor who asks; null for the system.
create function app.actor_id() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('app.actor_id'), '')::uuid $$;

-- A visitor's website; null for everyone else.
create function app.website_id() returns uuid language sql stable parallel safe
  as $$ select case when current_setting('app.role') = 'visitor' then nullif(current_setting('app.narrow_id'), '')::uuid end $$;

-- Everyone but visitors and reviewers.
create function app.is_staff() returns boolean language sql stable parallel safe
  as $$ select current_setting('app.role')::app.role_kind in ('owner', 'manager', 'supervisor', 'agent', 'system') $$;

------------------------------------------------------------------------------------------------------------------------
-- What the asker may see and change
------------------------------------------------------------------------------------------------------------------------
-- The policies below ask these functions. What depends on the asker alone is asked once per statement ("(select ...)"),
-- what depends on a row is asked for each row. What every message passes is asked as the system: permitted_customers
-- and fully_visible_customers are plain SQL with the rest in another function, so that Postgres puts their first halves
-- into the statement.

-- The customers to which the asking team member is limited; null: it is not limited. Of nobody who can log in: none.
-- +goose StatementBegin
create function app.door_permitted_customers() returns uuid[]
  language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  is_limited boolean;
begin
  select u.limited into is_limited
  from users u
  where u.org_id = app.org_id() and u.id = app.actor_id() and u.disabled_at is null;
  if not found then
    return '{}';
  elsif not is_limited then
    return null;
  end if;
  return array(
    select c.customer_id
    from user_customers c
    where c.org_id = app.org_id() and c.user_id = app.actor_id());
end
$$;
-- +goose StatementEnd

-- The customers whose data the asker may see at all; null: all customers'. Visitors have none. A team member's are
-- cached for the rest of the transaction.
-- +goose StatementBegin
create function app.permitted_customers_of_actor() returns uuid[] language plpgsql stable as $$
begin
  case current_setting('app.role')::app.role_kind
    when 'reviewer' then
      return array_remove(array[nullif(current_setting('app.narrow_id'), '')::uuid], null);
    when 'visitor' then
      return '{}';
    else
      null;
  end case;
  if current_setting('app.cached_customers_of', true) is distinct from current_setting('app.actor_id') then
    perform set_config('app.cached_customers', coalesce(app.door_permitted_customers()::text, ''), true),
      set_config('app.cached_customers_of', current_setting('app.actor_id'), true);
  end if;
  return nullif(current_setting('app.cached_customers'), '')::uuid[];
end
$$;
-- +goose StatementEnd

create function app.permitted_customers() returns uuid[] language sql stable
  as $$ select case current_setting('app.role')::app.role_kind
            when 'system' then null::uuid[]
            else app.permitted_customers_of_actor() end $$;

-- The customers whose conversations the asker sees all of; null: all customers'. Agents have none: whether they see a
-- conversation depends on that conversation.
create function app.fully_visible_customers() returns uuid[] language sql stable
  as $$ select case current_setting('app.role')::app.role_kind
            when 'system' then null::uuid[]
            when 'agent' then '{}'
            when 'visitor' then '{}'
            else app.permitted_customers_of_actor() end $$;

-- Whether somebody who is limited to customers, or is no team member, sees a user.
-- +goose StatementBegin
create function app.can_see_user(_user uuid, _customer uuid) returns boolean language plpgsql stable as $$
begin
  case current_setting('app.role')::app.role_kind
    when 'reviewer' then
      return _user = app.actor_id();
    when 'visitor' then
      return false;
    else
      return _customer is null or _customer = any (app.permitted_customers());
  end case;
end
$$;
-- +goose StatementEnd

-- Whether a conversation is assigned to the asking team member, or has it as a participant.
-- +goose StatementBegin
create function app.door_serves(_conversation uuid) returns boolean
  language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return exists (
      select from conversations c
      where c.org_id = app.org_id() and c.id = _conversation and c.agent_id = app.actor_id())
    or exists (
      select from participants p
      where p.org_id = app.org_id() and p.conversation_id = _conversation and p.user_id = app.actor_id());
end
$$;
-- +goose StatementEnd

-- Whether a visitor has an open conversation that the asking team member serves.
-- +goose StatementBegin
create function app.door_serves_visitor(_visitor uuid) returns boolean
  language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return exists (
    select from conversations c
    where c.org_id = app.org_id() and c.visitor_id = _visitor and c.state = 'open'
      and (c.agent_id = app.actor_id()
        or exists (
          select from participants p
          where p.org_id = c.org_id and p.conversation_id = c.id and p.user_id = app.actor_id())));
end
$$;
-- +goose StatementEnd

-- Looks up what the policies ask for each row of an agent's statement, and caches it for the rest of the transaction:
-- its groups, and the conversations in which it is a participant.
-- +goose StatementBegin
create function app.door_cache_agent_scope() returns void
  language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  perform set_config('app.cached_groups', array(
      select g.id
      from groups g
      where g.org_id = app.org_id()
        and (g.everyone or exists (
          select from group_members m
          where m.org_id = g.org_id and m.group_id = g.id and m.user_id = app.actor_id())))::text, true),
    set_config('app.cached_participations', array(
      select p.conversation_id
      from participants p
      where p.org_id = app.org_id() and p.user_id = app.actor_id())::text, true),
    set_config('app.cached_scope_of', app.actor_id()::text, true);
end
$$;
-- +goose StatementEnd

-- Whether a visitor or an agent sees a conversation with these columns.
-- +goose StatementBegin
create function app.can_see_conversation_row(_conversation uuid, _visitor uuid, _state text, _agent uuid, _group uuid, _customer uuid,
    _offered_to uuid, _offered_until timestamptz)
  returns boolean language plpgsql stable as $$
declare
  me uuid;
  served uuid[];
begin
  case current_setting('app.role')::app.role_kind
    when 'visitor' then
      return _visitor = app.actor_id();
    when 'agent' then
      served := app.permitted_customers_of_actor();
    else
      return false;
  end case;
  if current_setting('app.cached_scope_of', true) is distinct from current_setting('app.actor_id') then
    perform app.door_cache_agent_scope();
  end if;
  me := current_setting('app.actor_id')::uuid;
  if _customer <> all (served) then
    return false;
  end if;
  if _agent = me or _conversation = any (current_setting('app.cached_participations')::uuid[]) then
    return true;
  end if;
  if _state = 'waiting' then
    if _offered_to is not null and _offered_until > now() then
      return _offered_to = me;
    end if;
    return _group = any (current_setting('app.cached_groups')::uuid[]);
  end if;
  return _state = 'closed' and app.door_serves_visitor(_visitor); -- an earlier one of a visitor whom it serves
end
$$;
-- +goose StatementEnd

-- Whether the asker sees a conversation. The body runs with the asker's own rights. The last one is cached: messages
-- are read one conversation after another.
-- +goose StatementBegin
create function app.can_see_conversation(_org uuid, _conversation uuid) returns boolean language plpgsql stable as $$
begin
  if current_setting('app.cached_conversation', true) = current_setting('app.actor_id') || _conversation::text then
    return true;
  end if;
  if exists (select from public.conversations c where c.org_id = _org and c.id = _conversation) then
    perform set_config('app.cached_conversation', current_setting('app.actor_id') || _conversation::text, true);
    return true;
  end if;
  return false;
end
$$;
-- +goose StatementEnd

-- Whether the asker sees a visitor: one of its conversations. The body runs with the asker's own rights.
-- +goose StatementBegin
create function app.can_see_visitor(_org uuid, _visitor uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from public.conversations c where c.org_id = _org and c.visitor_id = _visitor);
end
$$;
-- +goose StatementEnd

-- Whether the asker may change what belongs to a conversation.
-- +goose StatementBegin
create function app.can_write_conversation(_org uuid, _conversation uuid) returns boolean language plpgsql stable as $$
begin
  case current_setting('app.role')::app.role_kind
    when 'system' then
      return true;
    when 'agent' then
      return app.door_serves(_conversation) and app.can_see_conversation(_org, _conversation);
    when 'visitor', 'reviewer' then
      return false;
    else
      return app.can_see_conversation(_org, _conversation);
  end case;
end
$$;
-- +goose StatementEnd

------------------------------------------------------------------------------------------------------------------------
-- Procedures that give a table its policies
------------------------------------------------------------------------------------------------------------------------

-- Every tenant table goes through this: row-level security is on and forced, one policy binds rows to the scope's
-- organization, and reviewers write nothing. _role is how the role is asked for: once per statement, or for each row
-- where that is cheaper, in tables that most statements touch.
-- +goose StatementBegin
create procedure app.protect_tenant(_table regclass, _org_column text default 'org_id', _role text default '(select app.role())')
  language plpgsql as $$
begin
  execute format('alter table %s enable row level security', _table);
  execute format('alter table %s force row level security', _table);
  execute format('create policy tenant on %s to parley_app
    using (%I = (select app.org_id())) with check (%I = (select app.org_id()))', _table, _org_column, _org_column);
  call app.restrict_commands(_table, 'no_reviewer', '{insert,update,delete}', _role || ' <> ''reviewer''');
end
$$;
-- +goose StatementEnd

-- Restrictive policies on one table for what an expression allows: for whole rows, or one for each of some commands.
-- +goose StatementBegin
create procedure app.restrict(_table regclass, _policy text, _allowed text) language plpgsql as $$
begin
  execute format('create policy %I on %s as restrictive to parley_app using (%s) with check (%s)',
    _policy, _table, _allowed, _allowed);
end
$$;
create procedure app.restrict_commands(_table regclass, _policy text, _commands text[], _allowed text) language plpgsql as $$
declare command text;
begin
  foreach command in array _commands loop
    execute format('create policy %I on %s as restrictive for %s to parley_app %s (%s)', _policy || '_' || command, _table, command,
      case command when 'insert' then 'with check' else 'using' end, _allowed);
  end loop;
end
$$;
-- +goose StatementEnd

-- Narrows a table to staff: visitors and reviewers see and write no row of it.
-- +goose StatementBegin
create procedure app.restrict_to_staff(_table regclass) language plpgsql as $$
begin
  call app.restrict(_table, 'staff_only', '(select app.is_staff())');
end
$$;
-- +goose StatementEnd

-- Narrows a table to the system: what no person reads or writes.
-- +goose StatementBegin
create procedure app.restrict_to_system(_table regclass) language plpgsql as $$
begin
  call app.restrict(_table, 'system_only', '(select app.role()) = ''system''');
end
$$;
-- +goose StatementEnd

-- Narrows a table to the staff who see the conversation that a row belongs to.
-- +goose StatementBegin
create procedure app.restrict_to_conversation(_table regclass) language plpgsql as $$
begin
  call app.restrict(_table, 'staff_only', 'case
    when (select app.fully_visible_customers()) is null then true
    when app.is_staff() then app.can_see_conversation(org_id, conversation_id)
    else false end');
end
$$;
-- +goose StatementEnd

-- Rows are written by whoever may change the conversation that they belong to.
-- +goose StatementBegin
create procedure app.restrict_writes_to_conversation(_table regclass) language plpgsql as $$
begin
  call app.restrict_commands(_table, 'writable', '{insert,update,delete}',
    'app.can_write_conversation(org_id, conversation_id)');
end
$$;
-- +goose StatementEnd

-- What is the whole organization's is changed by those who are not limited to customers.
-- +goose StatementBegin
create procedure app.restrict_writes_to_unlimited(_table regclass, _commands text[]) language plpgsql as $$
begin
  call app.restrict_commands(_table, 'unlimited', _commands, '(select app.permitted_customers()) is null');
end
$$;
-- +goose StatementEnd

------------------------------------------------------------------------------------------------------------------------
-- Organizations, customers, websites
------------------------------------------------------------------------------------------------------------------------

-- What a name is compared by: without regard to case, Unicode form and runs of spaces. The collation knows the letters
-- of all languages, whatever the database's own is.
create function app.name_key(_name text) returns text language sql immutable parallel safe
  as $$ select lower(upper(btrim(regexp_replace(normalize(_name, nfkc), '\s+', ' ', 'g'))
          collate "und-x-icu") collate "und-x-icu") $$;

create table organizations (
  id         uuid primary key,
  name       text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default now()
);
call app.protect_tenant('organizations', 'id');
call app.restrict_to_staff('organizations');
grant select, insert, update (name) on organizations to parley_app;
grant select (id, name) on organizations to parley_door;
create policy door on organizations for select to parley_door using (true);

-- Whom the organization answers for: a customer has websites.
create table customers (
  org_id         uuid not null references organizations,
  id             uuid not null,
  name           text not null check (length(name) between 1 and 200),
  capacity_share integer check (capacity_share between 1 and 1000000), -- conversations at once; null: no limit
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, name)
);
create unique index customers_same_name on customers (org_id, app.name_key(name));
call app.protect_tenant('customers');
create policy visible on customers as restrictive to parley_app
  using (coalesce(id = any ((select app.permitted_customers())::uuid[]), true));
grant select, insert, update (name, capacity_share) on customers to parley_app;

create table websites (
  org_id         uuid not null,
  id             uuid not null,
  customer_id    uuid not null,
  key            text not null unique check (key ~ '^[a-z0-9]{16}$'), -- names the website in its widget's snippet; no secret
  name           text not null check (length(name) between 1 and 200),
  greeting       text not null default '' check (length(greeting) <= 1000),
  typing_preview boolean not null default false, -- the agent sees the visitor's text while it is being typed
  settings       jsonb not null default '{}'     -- how the widget looks and behaves
    check (jsonb_typeof(settings) = 'object' and length(settings::text) <= 200000),
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, customer_id) references customers
);
create index on websites (org_id, customer_id);
create unique index websites_same_name on websites (org_id, customer_id, app.name_key(name));
call app.protect_tenant('websites', _role => 'app.role()');
create policy visible on websites as restrictive to parley_app
  using (coalesce(customer_id = any ((select app.permitted_customers())::uuid[]), true)
    or app.role() = 'visitor' and id = app.website_id())
  with check (app.is_staff() and coalesce(customer_id = any ((select app.permitted_customers())::uuid[]), true));
grant select, insert, update (name, greeting, typing_preview, settings) on websites to parley_app;
grant select (org_id, id, customer_id, key, name, greeting, typing_preview, settings) on websites to parley_door;
create policy door on websites for select to parley_door using (true);

-- Where a website's widget may be shown.
create table domains (
  org_id     uuid not null,
  id         uuid not null,
  website_id uuid not null,
  host       text not null check (length(host) between 1 and 253), -- 'shop.example' or '*.shop.example'
  seen_at    timestamptz,                                          -- the widget was last loaded from here (by the minute)
  created_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, website_id, host),
  foreign key (org_id, website_id) references websites on delete cascade
);
call app.protect_tenant('domains');
call app.restrict_to_staff('domains');
create policy permitted on domains as restrictive to parley_app using (case
  when (select app.permitted_customers()) is null then true
  else exists (select from websites w where w.org_id = domains.org_id and w.id = domains.website_id) end);
grant select, insert, update (seen_at), delete on domains to parley_app;
grant select (org_id, website_id, host) on domains to parley_door;
create policy door on domains for select to parley_door using (true);

-- With what a website signs its visitors. For managers, and for the function that checks signatures; not for everyone
-- who may read the website.
create table identity_keys (
  org_id     uuid not null,
  website_id uuid not null,
  key        text not null check (length(key) between 32 and 100),
  primary key (org_id, website_id),
  foreign key (org_id, website_id) references websites on delete cascade
);
call app.protect_tenant('identity_keys');
call app.restrict('identity_keys', 'managers_only', '(select app.role()) in (''owner'', ''manager'', ''system'')');
create policy permitted on identity_keys as restrictive to parley_app using (case
  when (select app.permitted_customers()) is null then true
  else exists (select from websites w where w.org_id = identity_keys.org_id and w.id = identity_keys.website_id) end);
grant select, insert, update (key) on identity_keys to parley_app;
grant select (org_id, website_id, key) on identity_keys to parley_door;
create policy door on identity_keys for select to parley_door using (true);

------------------------------------------------------------------------------------------------------------------------
-- The team: users, what they may see, invitations, their own settings
------------------------------------------------------------------------------------------------------------------------

-- People with a log-in, in one organization. Their passwords are in identities.
create table users (
  org_id        uuid not null references organizations,
  id            uuid not null,
  email         text not null check (length(email) between 3 and 254 and email = lower(email)),
  name          text not null check (length(name) between 1 and 100),
  role          text not null check (role in ('owner', 'manager', 'supervisor', 'agent', 'reviewer')),
  customer_id   uuid check ((role = 'reviewer') = (customer_id is not null)), -- whose conversations a reviewer reads
  limited       boolean not null default false,                               -- to the customers in user_customers, instead of all
  session_epoch integer not null default 0,                                   -- raised to end all sessions of this user
  disabled_at   timestamptz,
  created_at    timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, email),
  foreign key (org_id, customer_id) references customers,
  constraint users_limited_check check (not limited or role in ('manager', 'supervisor', 'agent'))
);
create index on users (email);
create unique index on users (id);
call app.protect_tenant('users', _role => 'app.role()');
create policy visible on users as restrictive to parley_app
  using (case when (select app.permitted_customers()) is null then true else app.can_see_user(id, customer_id) end)
  with check (app.is_staff());
grant select, insert, update (name, role, customer_id, limited, session_epoch, disabled_at) on users to parley_app;
grant select (org_id, id, email, name, role, customer_id, limited, session_epoch, disabled_at, created_at)
  on users to parley_door;
grant update (session_epoch) on users to parley_door;
create policy door on users for select to parley_door using (true);
create policy door_update on users for update to parley_door using (true) with check (true);

-- The customers to which a team member is limited.
create table user_customers (
  org_id      uuid not null,
  user_id     uuid not null,
  customer_id uuid not null,
  primary key (org_id, user_id, customer_id),
  foreign key (org_id, user_id) references users on delete cascade,
  foreign key (org_id, customer_id) references customers on delete cascade
);
call app.protect_tenant('user_customers');
call app.restrict('user_customers', 'staff_only',
  '(select app.is_staff()) and coalesce(customer_id = any ((select app.permitted_customers())::uuid[]), true)');
call app.restrict_commands('user_customers', 'writable', '{insert,delete}', 'app.role() in (''system'', ''owner'', ''manager'')');
grant select, insert, delete on user_customers to parley_app;
grant select (org_id, user_id, customer_id) on user_customers to parley_door;
create policy door on user_customers for select to parley_door using (true);

-- Whether a manager who is limited may manage a user: one that sees nothing beyond the manager's own customers.
create function app.door_can_manage_user(_user uuid) returns boolean
  language sql stable security definer set search_path = public, pg_temp
  as $$ select coalesce((
          select case
              when u.role = 'reviewer' then u.customer_id = any (app.door_permitted_customers())
              else u.limited
                and array(select c.customer_id from user_customers c where c.org_id = u.org_id and c.user_id = u.id)
                  <@ app.door_permitted_customers()
            end
          from users u
          where u.org_id = app.org_id() and u.id = _user), false) $$;

-- Users are changed by owners and managers; by a manager who is limited only those whom it may manage, and not itself.
-- (Locks pass the "using" part, too.)
create policy manageable on users as restrictive for update to parley_app
  using (case app.role()
    when 'manager' then (select app.permitted_customers()) is null or id = app.actor_id() or app.door_can_manage_user(id)
    else true end)
  with check (case app.role()
    when 'manager' then (select app.permitted_customers()) is null or id <> app.actor_id() and app.door_can_manage_user(id)
    when 'system' then true
    else app.role() = 'owner' end);

-- Whether a team member may answer a customer's visitors.
create function app.may_serve(_org uuid, _user uuid, _customer uuid) returns boolean language sql stable
  as $$ select not u.limited
          or exists (
            select from public.user_customers c
            where c.org_id = _org and c.user_id = _user and c.customer_id = _customer)
        from public.users u
        where u.org_id = _org and u.id = _user $$;

create table invitations (
  org_id         uuid not null references organizations,
  id             uuid not null,
  email          text not null check (length(email) between 3 and 254),
  role           text not null check (role in ('owner', 'manager', 'supervisor', 'agent', 'reviewer')),
  customer_id    uuid check ((role = 'reviewer') = (customer_id is not null)),
  limited        boolean not null default false,
  customers      uuid[] not null default '{}',   -- to which the new user is limited
  token_hash     bytea not null unique,
  verifies_email boolean not null default false, -- the link was only mailed to the address: opening it proves the address
  invited_by     uuid not null,
  expires_at     timestamptz not null,
  accepted_at    timestamptz,
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, customer_id) references customers,
  foreign key (org_id, invited_by) references users,
  constraint invitations_limited_check check (limited = (customers <> '{}')
    and (not limited or role in ('manager', 'supervisor', 'agent')))
);
call app.protect_tenant('invitations');
call app.restrict_to_staff('invitations');
create policy permitted on invitations as restrictive to parley_app using (case
  when (select app.permitted_customers()) is null then true
  when role = 'reviewer' then customer_id = any ((select app.permitted_customers())::uuid[])
  else limited and customers <@ (select app.permitted_customers()) end);
grant select, insert, update (accepted_at), delete on invitations to parley_app;
grant select (org_id, id, email, role, customer_id, token_hash, verifies_email, expires_at, accepted_at)
  on invitations to parley_door;
create policy door on invitations for select to parley_door using (true);

-- Links that set the password of one user.
create table password_resets (
  org_id         uuid not null,
  id             uuid not null,
  user_id        uuid not null,
  token_hash     bytea not null unique,
  verifies_email boolean not null default false, -- the link was only mailed to the address
  created_by     uuid,                           -- null: nobody of the organization
  expires_at     timestamptz not null,
  used_at        timestamptz,
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, user_id) references users on delete cascade,
  foreign key (org_id, created_by) references users
);
call app.protect_tenant('password_resets');
call app.restrict_to_staff('password_resets');
grant select, insert, update (used_at) on password_resets to parley_app;
grant select (org_id, user_id, token_hash, verifies_email, expires_at, used_at), update (used_at)
  on password_resets to parley_door;
create policy door on password_resets for select to parley_door using (true);
create policy door_update on password_resets for update to parley_door using (true) with check (true);

-- How a user wants its own desk (app/domain/identity/preferences.go).
create table preferences (
  org_id  uuid not null,
  user_id uuid not null,
  chosen  jsonb not null default '{}',
  primary key (org_id, user_id),
  foreign key (org_id, user_id) references users
);
call app.protect_tenant('preferences');
call app.restrict_to_staff('preferences');
grant select, insert, update (chosen) on preferences to parley_app;

-- Under which name a user answers a customer's visitors.
create table aliases (
  org_id      uuid not null,
  user_id     uuid not null,
  customer_id uuid not null,
  name        text not null check (length(name) between 1 and 100),
  primary key (org_id, user_id, customer_id),
  foreign key (org_id, user_id) references users,
  foreign key (org_id, customer_id) references customers
);
call app.protect_tenant('aliases');
call app.restrict_to_staff('aliases');
create policy permitted on aliases as restrictive to parley_app
  using (coalesce(customer_id = any ((select app.permitted_customers())::uuid[]), true));
grant select, insert, update (name), delete on aliases to parley_app;

-- The name that a customer's visitors read of an agent.
create function app.alias(_org uuid, _user uuid, _customer uuid, _name text) returns text language sql stable
  as $$ select coalesce((
          select a.name
          from public.aliases a
          where a.org_id = _org and a.user_id = _user and a.customer_id = _customer), _name) $$;

-- Browsers that show notifications while no desk is open in them.
create table push_subscriptions (
  org_id        uuid not null,
  id            uuid not null,
  user_id       uuid not null,
  endpoint      text not null check (length(endpoint) between 1 and 2000),
  p256dh        text not null check (length(p256dh) <= 200),
  auth          text not null check (length(auth) <= 100),
  session_epoch integer not null default 0, -- good as long as this is the user's
  created_at    timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, user_id, endpoint),
  foreign key (org_id, user_id) references users
);
call app.protect_tenant('push_subscriptions');
call app.restrict_to_staff('push_subscriptions');
grant select, insert, update (p256dh, auth, session_epoch), delete on push_subscriptions to parley_app;

------------------------------------------------------------------------------------------------------------------------
-- Log-ins, sessions, limits: of no tenant
------------------------------------------------------------------------------------------------------------------------
-- A session or an address is looked up before anyone is known, and a person is the same in every organization. The
-- application has no right on these tables: it goes through the security-definer functions. Tokens are stored as
-- hashes.

-- Everything of a password hash but the hash itself: algorithm, parameters and salt. Empty for what is no such hash.
create function app.hash_prefix(_hash text) returns text language sql immutable parallel safe
  as $$ select regexp_replace(_hash, '[^$]*$', '') $$;

-- Passwords. All hashes of an address have one salt, so that one computation compares with all of them, however many
-- strangers have signed up under it.
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

-- For which users an identity's password is good.
create table memberships (
  identity_id uuid not null references identities,
  org_id      uuid not null,
  user_id     uuid not null,
  primary key (user_id),
  foreign key (org_id, user_id) references users on delete cascade
);
create index on memberships (identity_id);

-- Organizations that somebody wants to create, until the link that was mailed is opened.
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
  token_hash     bytea primary key,
  email          text not null check (length(email) between 3 and 254 and email = lower(email)),
  verifies_email boolean not null, -- the link was only mailed to the address
  expires_at     timestamptz not null
);
create index on address_resets (expires_at);
create index on address_resets (email);

create table sessions (
  token      text primary key,
  data       bytea not null,
  expires_at timestamptz not null
);
create index on sessions (expires_at);

-- Counts of what is limited (log-ins of an account, requests of an address), each in its present window.
create table attempts (
  key       bytea primary key, -- hash of what is limited
  count     integer not null,
  resets_at timestamptz not null
);
create index on attempts (resets_at);

-- Processes that run, and until when they are believed to.
create table instances (
  id         uuid primary key,
  expires_at timestamptz not null
);

-- Forms that were sent by people who are not logged in.
create table public_submitted_forms (
  hash   bytea primary key check (length(hash) = 32),
  answer text not null default '' check (length(answer) <= 2000), -- empty: the work is not done yet
  at     timestamptz not null default now()
);
create index on public_submitted_forms (at);

grant select, insert, update, delete
  on identities, memberships, signups, address_resets, sessions, attempts, instances, public_submitted_forms
  to parley_door;

------------------------------------------------------------------------------------------------------------------------
-- Groups, agents, presence, routing
------------------------------------------------------------------------------------------------------------------------

-- Conversations wait in the queue of a group, and its members answer them.
create table groups (
  org_id         uuid not null references organizations,
  id             uuid not null,
  name           text not null check (length(name) between 1 and 100),
  main           boolean not null default false,  -- takes what no other group is named for
  everyone       boolean not null default false,  -- all who may answer belong to it
  automatic      boolean not null default true,   -- conversations are assigned automatically; else agents take them
  picking        boolean not null default true,   -- agents may pick from the queue; else they take the next
  priority       smallint not null default 0 check (priority between -2 and 2), -- each step doubles what a wait counts for
  overflow_id    uuid,                            -- the group that takes over when nobody of this one can
  overflow_after integer not null default 60 check (overflow_after between 0 and 86400), -- seconds of waiting
  time_zone      text not null default 'UTC' check (length(time_zone) <= 64),
  hours          jsonb not null default '[]',     -- by weekday from Sunday: [[540, 1080], ...] minutes of the day; [] always
  holidays       text[] not null default '{}',    -- days without hours: 2026-12-24, or --12-25 every year
  -- Running means that routing learns from (app/domain/routing/estimate.go), each with the number of cases that it
  -- weighs.
  reply_seconds  double precision not null default 30,  -- an agent's work on a reply
  reply_count    double precision not null default 10,
  think_seconds  double precision not null default 60,  -- from a reply to the visitor's next message
  think_count    double precision not null default 10,
  chat_seconds   double precision not null default 480, -- from assignment to close
  chat_count     double precision not null default 5,
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, name),
  foreign key (org_id, overflow_id) references groups
);
create unique index one_main_group on groups (org_id) where main;
create unique index groups_same_name on groups (org_id, app.name_key(name));
call app.protect_tenant('groups');
call app.restrict_to_staff('groups');
call app.restrict_writes_to_unlimited('groups', '{insert,delete}');
grant select, insert, delete on groups to parley_app;
grant update (name, everyone, automatic, picking, priority, overflow_id, overflow_after, time_zone, hours, holidays,
    reply_seconds, reply_count, think_seconds, think_count, chat_seconds, chat_count)
  on groups to parley_app;
grant select (org_id, id, name, main, everyone) on groups to parley_door;
create policy door on groups for select to parley_door using (true);

-- The main group of the scope's organization.
-- +goose StatementBegin
create function app.main_group() returns uuid language sql stable
  as $$ select id from public.groups where org_id = app.org_id() and main $$;
-- +goose StatementEnd

-- Who belongs to a group that is not everyone's.
create table group_members (
  org_id    uuid not null,
  group_id  uuid not null,
  user_id   uuid not null,
  helper    boolean not null default false,                       -- answers when none of the regular members can
  max_chats integer check (max_chats between 1 and 1000000),      -- of this group at once; null: as many as the agent may have
  primary key (org_id, group_id, user_id),
  foreign key (org_id, group_id) references groups on delete cascade,
  foreign key (org_id, user_id) references users
);
create index on group_members (org_id, user_id);
call app.protect_tenant('group_members');
call app.restrict_to_staff('group_members');
call app.restrict_writes_to_unlimited('group_members', '{insert,update,delete}');
grant select, insert, update (helper, max_chats), delete on group_members to parley_app;
grant select (org_id, group_id, user_id) on group_members to parley_door;
create policy door on group_members for select to parley_door using (org_id = (select app.org_id()));

-- Which groups answer for a website; where there are several, the visitor chooses. None: the main group.
create table website_groups (
  org_id     uuid not null,
  website_id uuid not null,
  group_id   uuid not null,
  position   integer not null default 0, -- in the visitor's list
  priority   smallint not null default 0 check (priority between -2 and 2),
  labels     jsonb not null default '{}', -- by language: what the visitor reads; without one, the group's name
  primary key (org_id, website_id, group_id),
  foreign key (org_id, website_id) references websites on delete cascade,
  foreign key (org_id, group_id) references groups on delete cascade
);
call app.protect_tenant('website_groups');
call app.restrict_to_staff('website_groups');
create policy permitted on website_groups as restrictive to parley_app using (case
  when (select app.permitted_customers()) is null then true
  else exists (select from websites w where w.org_id = website_groups.org_id and w.id = website_groups.website_id) end);
grant select, insert, update (position, priority, labels), delete on website_groups to parley_app;
grant select (org_id, website_id, group_id, position, labels) on website_groups to parley_door;
create policy door on website_groups for select to parley_door using (true);

-- A user's availability, and what routing learns of its work. The row is written with every reply: its page has space
-- for new versions.
create table agents (
  org_id                 uuid not null,
  user_id                uuid not null,
  status                 text not null default 'offline' check (status in ('online', 'away', 'offline')),
  chosen                 boolean not null default false, -- offline by choice: opening the desk does not bring it online
  reason                 text not null default '' check (length(reason) <= 50), -- why away
  status_at              timestamptz not null default now(),
  max_chats              integer not null default 8 check (max_chats between 1 and 1000000),
  open_chats             integer not null default 0 check (open_chats >= 0), -- counted by record_assignment()
  came_online            timestamptz,
  last_reply_at          timestamptz,
  last_assigned_at       timestamptz,
  unresponsive_since     timestamptz, -- shows no sign of life: is assigned nothing new
  -- Fading sums (app/domain/routing/estimate.go).
  reply_seconds          double precision not null default 0, -- that its replies took
  expected_reply_seconds double precision not null default 0, -- that its groups' usual replies would have taken
  busy_seconds           double precision not null default 0, -- of work, as of load_updated_at
  online_seconds         double precision not null default 0, -- online, as of load_updated_at
  load_updated_at        timestamptz not null default now(),
  primary key (org_id, user_id),
  foreign key (org_id, user_id) references users
) with (fillfactor = 50);
call app.protect_tenant('agents');
call app.restrict_to_staff('agents');
grant select, insert on agents to parley_app;
grant update (status, chosen, reason, status_at, max_chats, open_chats, came_online,
    last_reply_at, last_assigned_at, unresponsive_since,
    reply_seconds, expected_reply_seconds, busy_seconds, online_seconds, load_updated_at)
  on agents to parley_app;

-- An agent's speed in one group, on top of its own.
create table agent_speeds (
  org_id                 uuid not null,
  user_id                uuid not null,
  group_id               uuid not null,
  reply_seconds          double precision not null default 0,
  expected_reply_seconds double precision not null default 0,
  reply_count            integer not null default 0,
  primary key (org_id, user_id, group_id),
  foreign key (org_id, user_id) references agents,
  foreign key (org_id, group_id) references groups on delete cascade
);
call app.protect_tenant('agent_speeds');
call app.restrict_to_staff('agent_speeds');
grant select, insert, update (reply_seconds, expected_reply_seconds, reply_count) on agent_speeds to parley_app;

-- Where an agent's desks are open. A process renews its lease (app.door_renew_lease); when that ends, its desks count
-- as closed.
create table presence (
  org_id   uuid not null,
  user_id  uuid not null,
  instance uuid not null,
  primary key (org_id, user_id, instance),
  foreign key (org_id, user_id) references agents
);
create index on presence (instance);
call app.protect_tenant('presence');
call app.restrict_to_staff('presence');
grant select, insert, delete on presence to parley_app;
grant select (org_id, user_id, instance) on presence to parley_door;
create policy door on presence for select to parley_door using (true);

-- The organization's settings of routing, and when it was last done.
create table routing (
  org_id               uuid primary key references organizations,
  away_requeue_seconds integer not null default 240  -- for so long an agent who is away keeps its conversations
    check (away_requeue_seconds between 0 and 86400),
  former_agent_hours   integer not null default 24   -- a visitor who returns within them gets its former agent
    check (former_agent_hours between 0 and 8760),
  last_round_at        timestamptz,
  last_requeue_at      timestamptz
);
call app.protect_tenant('routing');
call app.restrict_to_staff('routing');
grant select, insert, update (away_requeue_seconds, former_agent_hours, last_round_at, last_requeue_at) on routing to parley_app;

-- How often conversations of a customer begin: counts that fade within minutes (short) and hours (long), as of the time
-- at.
create table arrivals (
  org_id      uuid not null,
  customer_id uuid not null,
  short       double precision not null,
  long        double precision not null,
  at          timestamptz not null,
  first_at    timestamptz not null,
  primary key (org_id, customer_id),
  foreign key (org_id, customer_id) references customers
);
call app.protect_tenant('arrivals');
call app.restrict_to_staff('arrivals');
create policy permitted on arrivals as restrictive to parley_app
  using (coalesce(customer_id = any ((select app.permitted_customers())::uuid[]), true));
grant select, insert, update (short, long, at) on arrivals to parley_app;

------------------------------------------------------------------------------------------------------------------------
-- Visitors
------------------------------------------------------------------------------------------------------------------------

create table visitors (
  org_id      uuid not null,
  id          uuid not null,
  website_id  uuid not null,
  external_id text check (length(external_id) between 1 and 200), -- the site's own name for a visitor whom it has signed
  name        text not null default '' check (length(name) <= 100),
  email       text not null default '' check (length(email) <= 254),
  created_at  timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, website_id) references websites
);
create unique index visitors_by_external_id on visitors (org_id, website_id, external_id) where external_id is not null;
call app.protect_tenant('visitors', _role => 'app.role()');
create policy visible on visitors as restrictive to parley_app using (case
  when (select app.fully_visible_customers()) is null then true
  when app.role() = 'visitor' then id = app.actor_id()
  else app.can_see_visitor(org_id, id) end);
grant select, insert, update (name, email, external_id) on visitors to parley_app;

-- One-time codes in mailed links that lead a visitor back to its conversations.
create table visitor_codes (
  org_id     uuid not null,
  hash       bytea not null check (length(hash) = 32), -- SHA-256 of the code, which is stored nowhere
  website_id uuid not null,
  visitor_id uuid not null,                            -- whose conversations it leads to; follows them while it is unused
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at    timestamptz,                              -- null: it can still be used
  primary key (org_id, hash),
  foreign key (org_id, website_id) references websites on delete cascade,
  foreign key (org_id, visitor_id) references visitors on delete cascade
);
create index visitor_codes_unused on visitor_codes (org_id, visitor_id) where used_at is null;
create index visitor_codes_expiry on visitor_codes (org_id, expires_at);
call app.protect_tenant('visitor_codes');
call app.restrict_to_system('visitor_codes');
grant select, insert, update (visitor_id, used_at), delete on visitor_codes to parley_app;

-- The tokens with which a site has signed its visitors: each is good once.
create table used_identity_tokens (
  org_id     uuid not null references organizations,
  hash       bytea not null check (length(hash) = 32),
  visitor_id uuid not null,
  ip_address text not null,
  at         timestamptz not null default now(),
  until      timestamptz not null, -- the token's own end: the row can be removed
  primary key (org_id, hash)
);
call app.protect_tenant('used_identity_tokens');
call app.restrict_to_system('used_identity_tokens');
grant select, insert, update (at), delete on used_identity_tokens to parley_app;

-- Who may not write: a visitor, or a range of addresses.
create table blocks (
  org_id     uuid not null references organizations,
  id         uuid not null,
  visitor_id uuid,
  network    cidr,
  reason     text not null default '' check (length(reason) <= 500),
  by_id      uuid,
  created_at timestamptz not null default now(),
  until      timestamptz, -- null: for ever
  primary key (org_id, id),
  unique nulls not distinct (org_id, visitor_id, network),
  foreign key (org_id, visitor_id) references visitors,
  foreign key (org_id, by_id) references users,
  check ((visitor_id is null) <> (network is null))
);
call app.protect_tenant('blocks');
call app.restrict('blocks', 'staff_only', 'case
  when (select app.fully_visible_customers()) is null then true
  when visitor_id is not null and app.is_staff() then app.can_see_visitor(org_id, visitor_id)
  else false end');
grant select, insert, update (visitor_id, reason, by_id, until, created_at), delete on blocks to parley_app;

------------------------------------------------------------------------------------------------------------------------
-- Conversations and messages
------------------------------------------------------------------------------------------------------------------------

-- What a list shows of a message: its beginning; of a file, whose body has type and size on a second line, its name.
create function app.message_preview(_kind text, _body text) returns text language sql immutable parallel safe
  as $$ select left(case when _kind = 'file' then split_part(_body, e'\n', 1) else _body end, 200) $$;

-- The row is written with every message: space in its page lets the new version stay there (HOT), without a new entry
-- in any index. Therefore no index has a column that every message changes.
create table conversations (
  org_id              uuid not null,
  id                  uuid not null,
  website_id          uuid not null,
  customer_id         uuid not null,
  visitor_id          uuid not null,
  visitor_name        text not null default '' check (length(visitor_name) <= 100), -- copied: every message is shown with it
  group_id            uuid not null default app.main_group(),
  state               text not null default 'waiting' check (state in ('waiting', 'open', 'closed')),
  state_reason        text not null default 'visitor', -- how it came to be where it is: routing, next, picked, lost, ...
  agent_id            uuid,
  agent_name          text not null default '',        -- as the visitor sees it
  created_at          timestamptz not null,
  assigned_at         timestamptz,
  closed_at           timestamptz,
  -- Messages.
  last_seq            integer not null,                -- number of the newest message; messages are 1, 2, 3... without gaps
  last_text           text not null,                   -- beginning of the newest text that both sides see
  last_at             timestamptz not null,
  waiting_since       timestamptz,                     -- time of the visitor's oldest message that no agent has answered
  replied_at          timestamptz,                     -- the last reply
  reply_waiting_since timestamptz,                     -- waiting_since when that reply was written; null: nobody waited
  read_by_visitor     integer not null default 0,      -- number of the last message that was read
  read_by_agent       integer not null default 0,
  mailed_seq          integer not null default 0,      -- the visitor has been mailed everything up to this number
  transcript_count    smallint not null default 0,     -- transcripts that were mailed
  -- The queue.
  queued_at           timestamptz default now(),       -- the queue's order: since when its wait counts
  offered_to          uuid,                            -- the agent it is offered to
  offered_until       timestamptz,
  offer_note          text not null default '',        -- who offers it, and why
  agent_lost          boolean not null default false,  -- its agent went away without closing it
  former_agent_id     uuid,                            -- the agent it had, or its visitor's last one
  requeue_count       smallint not null default 0,     -- how often it was taken from an agent who did not reply
  requeued_from       uuid,                            -- the last such agent, or the last one who did not accept it
  requeued_at         timestamptz,
  -- The visitor's pace, for routing.
  think_seconds       real not null default 0,         -- from replies to the visitor's next messages, in all
  think_count         integer not null default 0,      -- and how many
  last_think_seconds  real,                            -- the last of them
  -- Around the chat.
  page_url            text not null default '',
  page_title          text not null default '',
  referrer            text not null default '',
  user_agent          text not null default '',
  language            text not null default '',
  country             text not null default '' check (length(country) <= 2),
  time_zone           text not null default '' check (length(time_zone) <= 64), -- the browser's
  ip_address          text not null default '',        -- that it began from, for blocking
  data                jsonb not null default '{}',     -- what the site says of its visitor: {"plan": "Pro"}
  trail               jsonb not null default '[]',     -- pages that the visitor was on: [{"url", "title", "at"}], the newest last
  primary key (org_id, id),
  unique (org_id, id, visitor_id),
  foreign key (org_id, website_id) references websites,
  foreign key (org_id, customer_id) references customers,
  foreign key (org_id, visitor_id) references visitors,
  foreign key (org_id, group_id) references groups,
  foreign key (org_id, agent_id) references users,
  foreign key (org_id, offered_to) references users,
  check ((state = 'open') <= (agent_id is not null))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);

-- A visitor has one running conversation at a time.
create unique index one_running_conversation on conversations (org_id, visitor_id) where state <> 'closed';
create index conversations_of_visitor on conversations (org_id, visitor_id);
create index conversations_of_visitor_by_time on conversations (org_id, visitor_id, created_at desc);
create index conversations_of_agent on conversations (org_id, agent_id) where state = 'open';
-- The queue: of the organization, of a group, of a group and website; what is offered, and which offer ends next.
create index conversations_queue on conversations (org_id, queued_at, id) where state = 'waiting';
create index conversations_queue_of_group on conversations (org_id, group_id, queued_at, id) where state = 'waiting';
create index conversations_queue_of_website on conversations (org_id, group_id, website_id, queued_at, id)
  where state = 'waiting';
create index conversations_offered_to on conversations (org_id, offered_to)
  where state = 'waiting' and offered_to is not null;
create index conversations_offered_until on conversations (org_id, offered_until)
  where state = 'waiting' and offered_until is not null;
-- The archive's lists, newest first: of all, or of one customer, website, group or agent; a customer's agents by the
-- name its visitors read.
create index conversations_closed on conversations (org_id, closed_at, id) where state = 'closed';
create index conversations_closed_of_customer on conversations (org_id, customer_id, closed_at, id) where state = 'closed';
create index conversations_closed_of_website on conversations (org_id, website_id, closed_at, id) where state = 'closed';
create index conversations_closed_of_group on conversations (org_id, group_id, closed_at, id) where state = 'closed';
create index conversations_closed_of_agent on conversations (org_id, agent_id, closed_at, id) where state = 'closed';
create index conversations_closed_of_agent_name on conversations (org_id, customer_id, agent_name, closed_at, id)
  where state = 'closed';

call app.protect_tenant('conversations', _role => 'app.role()');
-- (Never null: neither the column nor an element of the list is.)
create policy visible on conversations as restrictive to parley_app
  using (coalesce(customer_id = any ((select app.fully_visible_customers())::uuid[]), true)
    or app.can_see_conversation_row(id, visitor_id, state, agent_id, group_id, customer_id, offered_to, offered_until));
-- An agent changes what it has, participates in, or takes from the queue.
drop policy no_reviewer_update on conversations;
create policy writable on conversations as restrictive for update to parley_app
  using (case app.role()
    when 'reviewer' then false
    when 'agent' then agent_id = app.actor_id() or state = 'waiting' or app.door_serves(id)
    else true end)
  with check (case app.role()
    when 'reviewer' then false
    when 'agent' then agent_id = app.actor_id() or app.door_serves(id)
    else true end);
grant select, insert on conversations to parley_app;
grant update (state, state_reason, group_id, agent_id, agent_name, visitor_id, visitor_name, assigned_at, closed_at,
    last_seq, last_text, last_at, waiting_since, replied_at, reply_waiting_since,
    read_by_visitor, read_by_agent, mailed_seq, transcript_count,
    queued_at, offered_to, offered_until, offer_note, agent_lost, former_agent_id, requeue_count, requeued_from, requeued_at,
    think_seconds, think_count, last_think_seconds, data, trail, country, time_zone, ip_address)
  on conversations to parley_app;
grant select (org_id, id, visitor_id, state, agent_id) on conversations to parley_door;
create policy door on conversations for select to parley_door using (org_id = (select app.org_id()));

create table messages (
  org_id          uuid not null,
  conversation_id uuid not null,
  seq             integer not null,
  id              uuid not null, -- named by the sender, so that sending twice is sending once
  visitor_id      uuid not null, -- of the conversation, so that a policy needs no join
  kind            text not null check (kind in ('text', 'file', 'note', 'system', 'edit', 'erase')),
  author          text not null check (author in ('visitor', 'agent', 'system')),
  author_id       uuid,
  author_name     text not null default '',
  body            text not null check (length(body) between 1 and 8000),
  of_seq          integer, -- of an edit or erase: the number of the message that it changes
  changed         text not null default '' check (changed in ('', 'edited', 'erased')), -- by an edit or erase
  created_at      timestamptz not null,
  primary key (org_id, conversation_id, seq),
  -- Conversations that began before the visitor was known move to whom it turns out to be.
  foreign key (org_id, conversation_id, visitor_id) references conversations (org_id, id, visitor_id) on update cascade,
  check ((kind in ('edit', 'erase')) = (of_seq is not null))
);
create unique index messages_sent_once on messages (org_id, visitor_id, id);
call app.protect_tenant('messages', _role => 'app.role()');
create policy visible on messages as restrictive for select to parley_app using (case
  when (select app.fully_visible_customers()) is null then true
  when kind = 'note' and not app.is_staff() then false
  when app.role() = 'visitor' then visitor_id = app.actor_id()
  else app.can_see_conversation(org_id, conversation_id) end);
create policy writable_insert on messages as restrictive for insert to parley_app with check (case app.role()
  when 'system' then true
  when 'visitor' then kind in ('text', 'file') and author = 'visitor' and author_id = visitor_id and visitor_id = app.actor_id()
  when 'agent' then case
    when kind = 'system' then app.can_see_conversation(org_id, conversation_id)
    else app.can_write_conversation(org_id, conversation_id) end
  else app.can_write_conversation(org_id, conversation_id) end);
create policy writable_update on messages as restrictive for update to parley_app
  using (app.can_write_conversation(org_id, conversation_id));
grant select, insert, update (body, changed) on messages to parley_app;

-- What edited and erased messages said before, for staff.
create table message_history (
  org_id          uuid not null,
  conversation_id uuid not null,
  seq             integer not null, -- of the edit or erase
  previous_body   text not null,
  primary key (org_id, conversation_id, seq),
  foreign key (org_id, conversation_id, seq) references messages
);
call app.protect_tenant('message_history');
call app.restrict_to_conversation('message_history');
call app.restrict_writes_to_conversation('message_history');
grant select, insert on message_history to parley_app;

-- Team members who take part in a conversation that is another's, and supervisors who watch it.
create table participants (
  org_id          uuid not null,
  conversation_id uuid not null,
  user_id         uuid not null,
  may_write       boolean not null default false, -- to the visitor, too
  watching        boolean not null default false, -- came uninvited
  by_id           uuid not null,                  -- who brought it in
  at              timestamptz not null default now(),
  primary key (org_id, conversation_id, user_id),
  foreign key (org_id, conversation_id) references conversations,
  foreign key (org_id, user_id) references users
);
create index on participants (org_id, user_id);
call app.protect_tenant('participants');
call app.restrict_to_conversation('participants');
call app.restrict_writes_to_conversation('participants');
grant select, insert, update (may_write, watching), delete on participants to parley_app;
grant select (org_id, conversation_id, user_id) on participants to parley_door;
create policy door on participants for select to parley_door using (org_id = (select app.org_id()));

-- Who has had a conversation, and why.
create table assignments (
  org_id          uuid not null,
  id              uuid not null default gen_random_uuid(),
  conversation_id uuid not null,
  group_id        uuid not null,
  agent_id        uuid not null,
  method          text not null,                                 -- routing, next, picked, assigned, accepted, taken over
  by_id           uuid,                                          -- who did it; null: routing
  assigned_at     timestamptz not null default clock_timestamp(),
  explanation     jsonb,                                         -- routing's reasons (app/domain/routing/why.go)
  ended_at        timestamptz,
  end_reason      text,                                          -- closed, or how it went on
  primary key (org_id, id),
  foreign key (org_id, conversation_id) references conversations,
  foreign key (org_id, group_id) references groups,
  foreign key (org_id, agent_id) references users
);
create index on assignments (org_id, conversation_id, assigned_at);
create index assignments_of_agent on assignments (org_id, agent_id, assigned_at);
call app.protect_tenant('assignments');
call app.restrict_to_conversation('assignments');
grant select, insert, update (explanation, ended_at, end_reason) on assignments to parley_app;

create table tags (
  org_id uuid not null references organizations,
  id     uuid not null,
  name   text not null check (length(name) between 1 and 50),
  primary key (org_id, id),
  unique (org_id, name)
);
create unique index tags_same_name on tags (org_id, app.name_key(name));
call app.protect_tenant('tags');
call app.restrict_to_staff('tags');
call app.restrict_writes_to_unlimited('tags', '{update,delete}');
grant select, insert, update (name), delete on tags to parley_app;

create table conversation_tags (
  org_id          uuid not null,
  conversation_id uuid not null,
  tag_id          uuid not null,
  by_id           uuid,
  at              timestamptz not null default now(),
  primary key (org_id, conversation_id, tag_id),
  foreign key (org_id, conversation_id) references conversations,
  foreign key (org_id, tag_id) references tags on delete cascade,
  foreign key (org_id, by_id) references users
);
create index on conversation_tags (org_id, tag_id);
call app.protect_tenant('conversation_tags');
call app.restrict_to_conversation('conversation_tags');
call app.restrict_writes_to_conversation('conversation_tags');
grant select, insert, delete on conversation_tags to parley_app;
grant select (org_id, conversation_id, tag_id) on conversation_tags to parley_door;
create policy door on conversation_tags for select to parley_door using (org_id = (select app.org_id()));

-- The visitor's rating after the close. What it was about is copied: conversations are transferred.
create table ratings (
  org_id          uuid not null,
  conversation_id uuid not null,
  visitor_id      uuid not null,
  value           smallint not null check (value between 1 and 5), -- thumbs: 1 or 5
  thumbs          boolean not null,
  reasons         text[] not null default '{}',
  comment         text not null default '' check (length(comment) <= 2000),
  customer_id     uuid not null,
  website_id      uuid not null,
  group_id        uuid not null,
  agent_id        uuid,
  agent_name      text not null default '',
  rated_at        timestamptz not null default now(),
  changed_at      timestamptz not null default now(),
  primary key (org_id, conversation_id),
  foreign key (org_id, conversation_id, visitor_id) references conversations (org_id, id, visitor_id)
    on delete cascade on update cascade
);
create index ratings_by_day on ratings (org_id, rated_at);
call app.protect_tenant('ratings');
create policy visible on ratings as restrictive to parley_app
  using (case
    when (select app.fully_visible_customers()) is null then true
    when app.role() = 'visitor' then visitor_id = app.actor_id()
    else app.can_see_conversation(org_id, conversation_id) end)
  with check (case app.role()
    when 'visitor' then visitor_id = app.actor_id()
    else app.can_write_conversation(org_id, conversation_id) end);
grant select, insert, update (value, thumbs, reasons, comment, changed_at) on ratings to parley_app;

-- Whether a conversation has such a rating: good, fair, bad; any, or none.
create function app.has_rating(_org uuid, _conversation uuid, _rating text) returns boolean language sql stable
  as $$ select case _rating
          when 'none' then not exists (select from public.ratings r where r.org_id = _org and r.conversation_id = _conversation)
          else exists (
            select from public.ratings r
            where r.org_id = _org and r.conversation_id = _conversation
              and case _rating when 'good' then r.value >= 4 when 'bad' then r.value <= 2 when 'fair' then r.value = 3 else true end)
          end $$;

-- The name under which a message is written: the agent's as the visitor sees it, or a participant's own for this
-- customer.
-- +goose StatementBegin
create function app.author_name(_org uuid, _author text, _author_id uuid, _agent_id uuid, _agent_name text, _customer uuid)
  returns text language plpgsql stable as $$
begin
  if _author <> 'agent' then
    return '';
  elsif _author_id = _agent_id then
    return _agent_name;
  end if;
  return (select app.alias(_org, u.id, _customer, u.name) from public.users u where u.org_id = _org and u.id = _author_id);
end
$$;
-- +goose StatementEnd

-- Whatever statement assigns a conversation, the agent's number of conversations is right, no agent has more than it
-- may have, and who had it is recorded. Rows are locked in the order conversations, agents.
-- PAR01: the agent cannot have another conversation.
-- +goose StatementBegin
create function app.record_assignment() returns trigger language plpgsql as $$
declare
  membership record;
begin
  if old.state = 'open' then
    update public.agents set open_chats = open_chats - 1 where org_id = old.org_id and user_id = old.agent_id;
    update public.assignments
      set ended_at = clock_timestamp(), end_reason = case new.state when 'closed' then 'closed' else new.state_reason end
      where org_id = old.org_id and conversation_id = old.id and ended_at is null;
    if new.state = 'closed' and old.assigned_at is not null then
      update public.groups
        set chat_seconds = chat_seconds
            + (least(extract(epoch from clock_timestamp() - old.assigned_at), 14400) - chat_seconds)
              / (least(chat_count, 100) + 1),
          chat_count = least(chat_count, 100) + 1
        where org_id = old.org_id and id = old.group_id;
    end if;
  end if;
  if new.state = 'open' then
    update public.agents set open_chats = open_chats + 1, last_assigned_at = clock_timestamp()
      where org_id = new.org_id and user_id = new.agent_id and open_chats < max_chats
        and (new.state_reason <> 'routing' or status = 'online' and unresponsive_since is null);
    if not found then
      raise exception using errcode = 'PAR01', message = 'the agent cannot have another conversation';
    end if;
    if new.state_reason = 'routing' then -- of a group it may answer for, within its limit there; the agent's row is locked
      select g.everyone, m.user_id is not null as member, m.max_chats into membership
        from public.groups g
        left join public.group_members m on m.org_id = g.org_id and m.group_id = g.id and m.user_id = new.agent_id
        where g.org_id = new.org_id and g.id = new.group_id;
      if not (membership.everyone or membership.member)
        or membership.max_chats is not null and membership.max_chats <= (
          select count(*)
          from public.conversations c
          where c.org_id = new.org_id and c.agent_id = new.agent_id and c.state = 'open'
            and c.group_id = new.group_id and c.id <> new.id)
      then
        raise exception using errcode = 'PAR01', message = 'the agent cannot have another conversation of this group';
      end if;
    end if;
    insert into public.assignments (org_id, conversation_id, group_id, agent_id, method, by_id)
      values (new.org_id, new.id, new.group_id, new.agent_id, new.state_reason, app.actor_id());
  end if;
  return null;
end
$$;
-- +goose StatementEnd
create trigger record_assignment after update of state, agent_id on conversations for each row
  when (old.state <> new.state or old.agent_id is distinct from new.agent_id)
  execute function app.record_assignment();

-- Whoever is limited is assigned, offered or brought into conversations of its customers only, whatever statement does
-- it. After the fact: a trigger before updates would lock each row once more, for every message.
-- PAR02: the team member is limited to other customers.
-- +goose StatementBegin
create function app.verify_permitted_customer() returns trigger language plpgsql as $$
declare
  customer uuid;
  member uuid;
begin
  if tg_table_name = 'participants' then
    select c.customer_id into customer from public.conversations c where c.org_id = new.org_id and c.id = new.conversation_id;
    member := new.user_id;
  else
    customer := new.customer_id;
    member := case when new.state = 'open' then new.agent_id else new.offered_to end;
  end if;
  if member is not null and not coalesce(app.may_serve(new.org_id, member, customer), false) then
    raise exception using errcode = 'PAR02', message = 'the team member is limited to other customers';
  end if;
  return null;
end
$$;
-- +goose StatementEnd
create trigger verify_permitted_customer after insert on participants for each row
  execute function app.verify_permitted_customer();
create trigger verify_permitted_customer after update of state, agent_id, offered_to on conversations for each row
  when (new.state = 'open' and old.agent_id is distinct from new.agent_id
    or new.offered_to is not null and old.offered_to is distinct from new.offered_to)
  execute function app.verify_permitted_customer();

------------------------------------------------------------------------------------------------------------------------
-- FAQ and snippets
------------------------------------------------------------------------------------------------------------------------

-- The organization's settings of the desk.
create table desk_settings (
  org_id       uuid primary key references organizations,
  agents_edit  boolean not null default false, -- agents may edit FAQ entries, too
  review       boolean not null default false, -- what agents write is published only after a manager has approved it
  away_reasons text[] not null default '{Break,Lunch,Meeting,Training}' check (cardinality(away_reasons) <= 20)
);
call app.protect_tenant('desk_settings');
call app.restrict_to_staff('desk_settings');
call app.restrict_writes_to_unlimited('desk_settings', '{insert,update,delete}');
grant select, insert, update (agents_edit, review, away_reasons) on desk_settings to parley_app;

-- A question with its answer, in one or more languages; for all conversations, or those of a customer, a website, a
-- group.
create table faq_entries (
  org_id      uuid not null references organizations,
  id          uuid not null,
  category    text not null default '' check (length(category) <= 100),
  state       text not null check (state in ('draft', 'review', 'live')), -- live: published
  customer_id uuid,
  website_id  uuid,
  group_id    uuid,
  version     integer not null default 1,
  created_at  timestamptz not null default now(),
  created_by  uuid, -- null: imported by the system
  updated_at  timestamptz not null default now(),
  updated_by  uuid,
  primary key (org_id, id),
  foreign key (org_id, customer_id) references customers,
  foreign key (org_id, website_id) references websites,
  foreign key (org_id, group_id) references groups,
  foreign key (org_id, created_by) references users,
  foreign key (org_id, updated_by) references users
);
create index on faq_entries (org_id, updated_at desc, id);
call app.protect_tenant('faq_entries');
call app.restrict_to_staff('faq_entries');
-- Entries for everybody are read by all, and changed by those who are not limited to customers.
create policy permitted on faq_entries as restrictive to parley_app using (case
  when (select app.permitted_customers()) is null then true
  else coalesce(customer_id = any ((select app.permitted_customers())::uuid[]), customer_id is null)
    and (website_id is null or exists (
      select from websites w where w.org_id = faq_entries.org_id and w.id = faq_entries.website_id)) end);
call app.restrict_commands('faq_entries', 'permitted', '{insert,update,delete}', 'case
  when (select app.permitted_customers()) is null then true
  else customer_id is not null or website_id is not null end');
grant select, insert, update (category, state, customer_id, website_id, group_id, version, updated_at, updated_by), delete
  on faq_entries to parley_app;

-- What belongs to an entry is read with it and changed with it.
-- +goose StatementBegin
create procedure app.restrict_to_faq_entry(_table regclass) language plpgsql as $$
begin
  execute format('create policy permitted on %1$s as restrictive for select to parley_app using (case
    when (select app.permitted_customers()) is null then true
    else exists (select from faq_entries e where e.org_id = %1$s.org_id and e.id = %1$s.entry_id) end)', _table);
  call app.restrict_commands(_table, 'permitted', '{insert,update,delete}', format('case
    when (select app.permitted_customers()) is null then true
    else exists (select from faq_entries e where e.org_id = %1$s.org_id and e.id = %1$s.entry_id
      and (e.customer_id is not null or e.website_id is not null)) end', _table));
end
$$;
-- +goose StatementEnd

create table faq_texts (
  org_id   uuid not null,
  entry_id uuid not null,
  language text not null check (language ~ '^[a-z]{2,3}(-[a-z0-9]{2,8})?$'),
  question text not null check (length(question) between 1 and 500),
  answer   text not null check (length(answer) between 1 and 4000),
  words    tsvector not null generated always as (
    setweight(to_tsvector('simple', question), 'A') || setweight(to_tsvector('simple', answer), 'B')) stored,
  primary key (org_id, entry_id, language),
  foreign key (org_id, entry_id) references faq_entries on delete cascade
);
call app.protect_tenant('faq_texts');
call app.restrict_to_staff('faq_texts');
call app.restrict_to_faq_entry('faq_texts');
grant select, insert, update (question, answer), delete on faq_texts to parley_app;

-- Versions of an entry.
create table faq_history (
  org_id   uuid not null,
  entry_id uuid not null,
  version  integer not null,
  category text not null,
  state    text not null,
  texts    jsonb not null, -- [{"language", "question", "answer"}]
  by_id    uuid,
  at       timestamptz not null,
  primary key (org_id, entry_id, version),
  foreign key (org_id, entry_id) references faq_entries on delete cascade,
  foreign key (org_id, by_id) references users
);
call app.protect_tenant('faq_history');
call app.restrict_to_staff('faq_history');
call app.restrict_to_faq_entry('faq_history');
grant select, insert on faq_history to parley_app;

-- What agents did with suggestions: the suggestions learn from it, and can be learned again from it. Rows are only
-- added.
create table faq_choices (
  org_id          uuid not null,
  id              uuid not null,
  n               bigint not null generated by default as identity, -- their order
  entry_id        uuid not null,
  kind            text not null check (kind in ('accepted', 'edited', 'dismissed', 'picked', 'example')),
  query           text not null check (length(query) between 1 and 1000), -- the visitor's words
  language        text not null default '',
  user_id         uuid,
  conversation_id uuid,
  seq             integer, -- the message it was about
  at              timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, entry_id) references faq_entries on delete cascade,
  foreign key (org_id, user_id) references users,
  foreign key (org_id, conversation_id) references conversations
);
create unique index faq_choices_once on faq_choices (org_id, conversation_id, seq, entry_id, kind);
create index on faq_choices (org_id, entry_id, n);
create index on faq_choices (org_id, n);
call app.protect_tenant('faq_choices');
call app.restrict_to_conversation('faq_choices');
call app.restrict_writes_to_conversation('faq_choices');
grant select, insert on faq_choices to parley_app;

------------------------------------------------------------------------------------------------------------------------
-- Files, snippets, pictures
------------------------------------------------------------------------------------------------------------------------

-- What was sent, or is stored to be sent. The bytes are in the store under their hash; the same bytes are there once
-- for an organization.
create table files (
  org_id          uuid not null references organizations,
  id              uuid not null, -- of a message: the message's own
  purpose         text not null check (purpose in ('message', 'snippet', 'picture')),
  visitor_id      uuid,          -- of the conversation, so that a policy needs no join
  conversation_id uuid,          -- null: not sent yet, or not of a message
  website_id      uuid,          -- whose storage it counts for; null: the organization's only
  upload_id       uuid,          -- the upload that brought it last: only that one may remove it again
  name            text not null check (length(name) between 1 and 200),
  media_type      text not null check (length(media_type) between 3 and 100), -- found out from the bytes
  size            bigint not null check (size > 0),
  width           integer not null default 0, -- of an image, in pixels
  height          integer not null default 0,
  hash            bytea not null check (length(hash) = 32), -- SHA-256
  by_id           uuid,          -- the user; null: the visitor
  created_at      timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, conversation_id) references conversations on delete cascade,
  foreign key (org_id, conversation_id, visitor_id) references conversations (org_id, id, visitor_id)
    on update cascade on delete cascade,
  foreign key (org_id, by_id) references users
);
create index files_of_conversation on files (org_id, conversation_id);
create index files_of_bytes on files (org_id, hash);
create index files_not_sent on files (created_at) where conversation_id is null and purpose = 'message';
create index files_not_of_messages on files (org_id, id) where purpose <> 'message';
call app.protect_tenant('files');
grant select, insert, update (conversation_id, visitor_id, upload_id), delete on files to parley_app;
grant select (org_id, id, purpose, conversation_id, created_at) on files to parley_door;
create policy door on files for select to parley_door using (true);

-- One row for each upload from before its first byte until its file's row is there. It reserves its bytes in
-- storage_usage. A row that is older than any upload can last, or that began at -infinity, may have left bytes in the
-- store: they are removed with it unless a file or another upload has the same.
create table uploads (
  org_id     uuid not null references organizations,
  id         uuid not null,
  website_id uuid,                              -- null: not of a message
  size       bigint not null check (size >= 0), -- bytes that are reserved
  hash       bytea check (length(hash) = 32),   -- SHA-256, before the bytes go into the store; null: not yet
  started_at timestamptz not null default now(),
  primary key (org_id, id)
);
create index uploads_of_bytes on uploads (org_id, hash);
create index uploads_by_age on uploads (started_at);
call app.protect_tenant('uploads');
call app.restrict_to_system('uploads');
grant select, insert, update (size, hash), delete on uploads to parley_app;
grant insert (org_id, id, size, hash, started_at), select (org_id, started_at) on uploads to parley_door;
create policy door on uploads to parley_door using (true) with check (true);

-- The bytes of files and uploads, counted by triggers. The row of the zero id is the whole organization's.
create table storage_usage (
  org_id     uuid not null references organizations,
  website_id uuid not null,
  bytes      bigint not null,
  primary key (org_id, website_id)
);
call app.protect_tenant('storage_usage');
call app.restrict_to_system('storage_usage');
grant select on storage_usage to parley_app;
grant select (org_id, website_id, bytes), insert (org_id, website_id, bytes), update (bytes) on storage_usage to parley_door;
create policy door on storage_usage to parley_door using (true) with check (true);

-- Counts what a row of files or uploads takes, and notes the bytes of a file that was removed. The organization's row
-- comes first.
-- +goose StatementBegin
create function app.door_count_storage() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  of_org uuid := case when tg_op = 'DELETE' then old.org_id else new.org_id end;
  of_website uuid := case when tg_op = 'DELETE' then old.website_id else new.website_id end;
  change bigint := case when tg_op = 'INSERT' then new.size when tg_op = 'DELETE' then -old.size else new.size - old.size end;
  website uuid;
begin
  if change <> 0 then
    foreach website in array array['00000000-0000-0000-0000-000000000000'::uuid, of_website] loop
      if website is not null then
        insert into storage_usage as u (org_id, website_id, bytes) values (of_org, website, change)
        on conflict (org_id, website_id) do update set bytes = u.bytes + excluded.bytes;
      end if;
    end loop;
  end if;
  if tg_op = 'DELETE' and tg_table_name = 'files' then
    insert into uploads (org_id, id, size, hash, started_at) values (old.org_id, gen_random_uuid(), 0, old.hash, '-infinity');
  end if;
  return null;
end
$$;
-- +goose StatementEnd
create trigger count_storage after insert or delete or update of size on files for each row
  execute function app.door_count_storage();
create trigger count_storage after insert or delete or update of size on uploads for each row
  execute function app.door_count_storage();

-- Text on a key combination or a name: everybody's, a customer's or a group's conversations', or one user's own.
create table snippets (
  org_id      uuid not null references organizations,
  id          uuid not null,
  customer_id uuid,
  group_id    uuid,
  user_id     uuid,
  name        text not null check (name ~ '^[\w-]{1,40}$'), -- after the slash
  keys        text not null default '' check (length(keys) <= 40),
  body        text not null check (length(body) between 1 and 4000),
  file_id     uuid,
  used        integer not null default 0,
  updated_at  timestamptz not null default now(),
  primary key (org_id, id),
  constraint snippets_name_key unique nulls not distinct (org_id, customer_id, group_id, user_id, name),
  foreign key (org_id, customer_id) references customers on delete cascade,
  foreign key (org_id, group_id) references groups on delete cascade,
  foreign key (org_id, user_id) references users,
  foreign key (org_id, file_id) references files,
  check (group_id is null or user_id is null),
  check (customer_id is null or group_id is null and user_id is null)
);
create unique index snippets_same_name on snippets (org_id, customer_id, group_id, user_id, app.name_key(name))
  nulls not distinct;
create unique index snippets_same_keys on snippets (org_id, customer_id, group_id, user_id, lower(keys)) nulls not distinct
  where keys <> '';
call app.protect_tenant('snippets');
call app.restrict_to_staff('snippets');
-- A user's own are its own; those of a customer are for whoever may see that customer.
create policy permitted on snippets as restrictive to parley_app using (case
  when app.role() = 'system' then true
  when user_id is not null then user_id = app.actor_id()
  when customer_id is not null then coalesce(customer_id = any ((select app.permitted_customers())::uuid[]), true)
  else true end);
call app.restrict_commands('snippets', 'permitted', '{insert,delete}',
  'user_id is not null or customer_id is not null or (select app.permitted_customers()) is null');
grant select, insert, update (name, keys, body, file_id, used, updated_at, group_id), delete on snippets to parley_app;
grant select (org_id, file_id) on snippets to parley_door;
create policy door on snippets for select to parley_door using (true);

-- An agent's picture, as a customer's visitors see it.
create table pictures (
  org_id      uuid not null,
  user_id     uuid not null,
  customer_id uuid not null,
  file_id     uuid not null,
  primary key (org_id, user_id, customer_id),
  foreign key (org_id, user_id) references users,
  foreign key (org_id, customer_id) references customers,
  foreign key (org_id, file_id) references files
);
create index pictures_of_file on pictures (org_id, file_id);
call app.protect_tenant('pictures');
call app.restrict_to_staff('pictures');
create policy permitted on pictures as restrictive to parley_app
  using (coalesce(customer_id = any ((select app.permitted_customers())::uuid[]), true));
grant select, insert, update (file_id), delete on pictures to parley_app;
grant select (org_id, file_id) on pictures to parley_door;
create policy door on pictures for select to parley_door using (true);

-- A file of a message is seen as its conversation is, one of a snippet or picture as that is; and whoever has sent one
-- sees it.
create policy visible on files as restrictive to parley_app
  using (case app.role()
    when 'system' then true
    when 'visitor' then visitor_id = app.actor_id()
    when 'reviewer' then conversation_id is not null and app.can_see_conversation(org_id, conversation_id)
    else case
      when conversation_id is not null then app.can_see_conversation(org_id, conversation_id)
      when by_id = app.actor_id() then true
      when purpose = 'snippet' then exists (select from snippets s where s.org_id = files.org_id and s.file_id = files.id)
      when purpose = 'picture' then exists (select from pictures p where p.org_id = files.org_id and p.file_id = files.id)
      else false end
    end)
  with check (case app.role()
    when 'system' then true
    when 'visitor' then purpose = 'message' and visitor_id = app.actor_id()
    when 'reviewer' then false
    else by_id = app.actor_id() and (conversation_id is null or app.can_write_conversation(org_id, conversation_id)) end);

------------------------------------------------------------------------------------------------------------------------
-- The archive: closed conversations, found by their words
------------------------------------------------------------------------------------------------------------------------

-- The words of a closed conversation, and beside them what a search can be narrowed by, so that a search that matches
-- very many need not look each of them up. staff: what only staff may find it by, its notes and tags; else everything
-- that both sides read.
create table archive_words (
  org_id          uuid not null,
  conversation_id uuid not null,
  staff           boolean not null,
  customer_id     uuid not null,
  website_id      uuid not null,
  group_id        uuid not null,
  agent_id        uuid,
  agent_name      text not null,
  closed_at       timestamptz not null,
  words           tsvector not null, -- each begins with its organization's prefix
  primary key (org_id, conversation_id, staff),
  foreign key (org_id, conversation_id) references conversations on delete cascade
);
-- Every word carries a prefix of its organization: an index of words has no column for it, and without it would read
-- everybody's.
create index archive_words_of_organizations on archive_words using gin (words) with (gin_pending_list_limit = 512);
call app.protect_tenant('archive_words');
create policy visible on archive_words as restrictive to parley_app
  using (coalesce(customer_id = any ((select app.fully_visible_customers())::uuid[]), true) and (not staff or app.is_staff()))
  with check (app.role() = 'system');
grant select, insert, update (group_id, agent_id, agent_name, closed_at, words) on archive_words to parley_app;
grant select (org_id, conversation_id, staff, customer_id, website_id, group_id, agent_id, agent_name, closed_at, words)
  on archive_words to parley_door;
create policy door on archive_words for select to parley_door using (true);

-- The prefix of an organization's words in the index.
-- +goose StatementBegin
create function app.org_word_prefix(_org uuid) returns text language sql immutable parallel safe
  as $$ select left(encode(decode(md5(_org::text), 'hex'), 'base64'), 4) $$;
-- +goose StatementEnd

-- The words of a text, as they are stored and as they are searched for: none longer than 40 characters.
create function app.words(_text text) returns setof text language sql immutable parallel safe
  as $$ select distinct left(lexeme, 40) from unnest(to_tsvector('simple', _text)) $$;

-- The query for words that begin with a prefix and a word; a single letter or digit finds only itself.
-- +goose StatementBegin
create function app.prefix_query(_prefix text, _word text) returns tsquery language sql immutable parallel safe
  as $$ select ('''' || _prefix || replace(replace(_word, '\', '\\'), '''', '''''') || ''''
          || case when octet_length(_word) > 1 then ':*' else '' end)::tsquery $$;
-- +goose StatementEnd

-- The query for an organization's words that begin with a word.
create function app.org_prefix_query(_org uuid, _word text) returns tsquery language sql immutable parallel safe
  as $$ select app.prefix_query(app.org_word_prefix(_org), _word) $$;

-- Which of some queries match words, a bit each.
create function app.matching_queries(_words tsvector, _queries tsquery[]) returns bigint language sql immutable parallel safe
  as $$ select coalesce(bit_or(1::bigint << q.n::integer), 0)
        from unnest(_queries) with ordinality as q (query, n)
        where _words @@ q.query $$;

-- A conversation's words: of its newest texts only, so many that the close of a conversation of any length takes a
-- moment.
-- +goose StatementBegin
create function app.conversation_words(_org uuid, _conversation uuid, _staff boolean) returns tsvector language sql stable
  as $$ select array_to_tsvector(array(
          select app.org_word_prefix(_org) || d.word
          from (
            select distinct w.word
            from (
              (select string_agg(n.body, e'\n') as body
                from (
                  select x.body,
                    sum(length(x.body)) over (order by x.seq desc rows between unbounded preceding and 1 preceding) as newer
                  from (
                    select m.seq, m.body
                    from public.messages m
                    where m.org_id = _org and m.conversation_id = _conversation and m.kind in ('text', 'file', 'note')
                      and (m.kind = 'note') = _staff and m.changed <> 'erased'
                    order by m.seq desc
                    limit 1000) x) n
                where n.newer is null or n.newer < 50000)
              union all
              select c.visitor_name || ' ' || c.page_title
                from public.conversations c
                where c.org_id = _org and c.id = _conversation and not _staff
              union all
              select t.name
                from public.conversation_tags x
                join public.tags t on t.org_id = x.org_id and t.id = x.tag_id
                where x.org_id = _org and x.conversation_id = _conversation and _staff
            ) s, app.words(s.body) as w (word)
            limit 5000) d)) $$;
-- +goose StatementEnd

-- Puts a closed conversation into the index, or anew. Its words include notes, which not everybody may read who may
-- close: they are gathered as the system, in the same organization, and the asker's role is set again. (An error ends
-- the transaction, and with it the setting.)
-- +goose StatementBegin
create function app.index_conversation(_org uuid, _conversation uuid) returns void language plpgsql as $$
declare
  asker text := app.role();
begin
  perform set_config('app.role', 'system', true);
  perform from public.conversations -- one after another
    where org_id = _org and id = _conversation and state = 'closed'
    for no key update;
  if found then
    insert into public.archive_words as a (org_id, conversation_id, staff, customer_id, website_id, group_id, agent_id, agent_name,
        closed_at, words)
      select c.org_id, c.id, s.staff, c.customer_id, c.website_id, c.group_id, c.agent_id, c.agent_name,
        coalesce(c.closed_at, c.last_at), w.words
      from public.conversations c
      cross join (values (false), (true)) as s (staff)
      cross join lateral (select app.conversation_words(c.org_id, c.id, s.staff) as words) w
      where c.org_id = _org and c.id = _conversation
        and (not s.staff or w.words <> '' or exists (
          select from public.archive_words x where x.org_id = c.org_id and x.conversation_id = c.id and x.staff))
      on conflict (org_id, conversation_id, staff) do update set words = excluded.words, closed_at = excluded.closed_at,
        group_id = excluded.group_id, agent_id = excluded.agent_id, agent_name = excluded.agent_name;
  end if;
  perform set_config('app.role', asker, true);
end
$$;
-- +goose StatementEnd

-- A conversation is closed, whatever statement does it.
-- +goose StatementBegin
create function app.index_closed_conversation() returns trigger language plpgsql as $$
begin
  perform app.index_conversation(new.org_id, new.id);
  return null;
end
$$;
-- +goose StatementEnd
create trigger index_inserted after insert on conversations for each row
  when (new.state = 'closed')
  execute function app.index_closed_conversation();
create trigger index_closed after update of state on conversations for each row
  when (old.state <> 'closed' and new.state = 'closed')
  execute function app.index_closed_conversation();

-- A message is changed, or a tag set or removed, after the close.
-- +goose StatementBegin
create function app.reindex_conversation() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform app.index_conversation(old.org_id, old.conversation_id);
  else
    perform app.index_conversation(new.org_id, new.conversation_id);
  end if;
  return null;
end
$$;
-- +goose StatementEnd
create trigger reindex after update of body, changed on messages for each row execute function app.reindex_conversation();
create trigger reindex after insert or delete on conversation_tags for each row
  when (pg_trigger_depth() = 0) -- not for each conversation of a tag that is removed
  execute function app.reindex_conversation();

-- Closed conversations that have one of the rare words, those with the most of all words first. A security-definer
-- function, though the tenant is known: under row-level security Postgres uses an index for nothing but operators that
-- are marked leakproof, and @@ is not. It narrows itself as the policies do, and returns ids, which its caller looks up
-- under the policies.
-- +goose StatementBegin
create function app.door_search_archive(_rare text[], _words text[], _customer uuid, _website uuid, _group uuid, _agent uuid,
    _agent_name text, _tag uuid, _from timestamptz, _until timestamptz, _most integer)
  returns table (conversation_id uuid, matches integer, closed_at timestamptz)
  language sql stable security definer rows 100 set search_path = public, pg_temp
  as $$ with queries as materialized (
          select
            (select string_agg(app.org_prefix_query(app.org_id(), w.word)::text, ' | ')::tsquery
              from unnest(_rare) as w (word)) as any_rare,
            array(select app.org_prefix_query(app.org_id(), w.word) from unnest(_words[:60]) as w (word)) as each
        )
        select a.conversation_id, bit_count(bit_or(app.matching_queries(a.words, q.each))::bit(64))::integer as matches,
          max(a.closed_at)
        from queries q
        join archive_words a on a.words @@ q.any_rare
        where a.org_id = (select app.org_id())
          and coalesce(a.customer_id = any ((select app.fully_visible_customers())::uuid[]), true)
          and (not a.staff or (select app.is_staff()))
          and (_customer is null or a.customer_id = _customer)
          and (_website is null or a.website_id = _website)
          and (_group is null or a.group_id = _group)
          and (_agent is null or a.agent_id = _agent)
          and (_agent_name is null or a.agent_name = _agent_name)
          and (_from is null or a.closed_at >= _from)
          and (_until is null or a.closed_at < _until)
          and (_tag is null or exists (
            select from conversation_tags t
            where t.org_id = a.org_id and t.conversation_id = a.conversation_id and t.tag_id = _tag))
        group by a.conversation_id
        order by matches desc, max(a.closed_at) desc, a.conversation_id desc
        limit _most $$;
-- +goose StatementEnd

------------------------------------------------------------------------------------------------------------------------
-- Language model
------------------------------------------------------------------------------------------------------------------------

-- The language model of an organization that has one; its key is encrypted with the installation's secret.
create table language_models (
  org_id    uuid primary key references organizations,
  base_url  text not null check (length(base_url) between 1 and 500),
  key       bytea not null,
  model     text not null check (length(model) between 1 and 200),
  enabled   boolean not null default true,
  automatic boolean not null default false, -- drafts without being asked, where no entry is sure
  mask      boolean not null default true,  -- addresses and numbers of persons are not sent to it
  budget    bigint not null check (budget between 0 and 1000000000000) -- tokens a month
);
call app.protect_tenant('language_models');
call app.restrict_to_staff('language_models');
call app.restrict_writes_to_unlimited('language_models', '{insert,update,delete}');
grant select, insert, update (base_url, key, model, enabled, automatic, mask, budget), delete
  on language_models to parley_app;

create table language_model_usage (
  org_id uuid not null references organizations,
  month  date not null,
  tokens bigint not null default 0, -- reserved before each request, corrected after it
  calls  integer not null default 0,
  primary key (org_id, month)
);
call app.protect_tenant('language_model_usage');
call app.restrict_to_staff('language_model_usage');
grant select, insert, update (tokens, calls) on language_model_usage to parley_app;

------------------------------------------------------------------------------------------------------------------------
-- Forms of the management pages
------------------------------------------------------------------------------------------------------------------------

-- Forms that were saved, by a hash of the form's id, its fields and who sent it. The row is written in the transaction
-- of the change, so that of two that come at the same time one waits, and then does nothing. Rows of more than a day
-- are removed by the next ones.
create table submitted_forms (
  org_id uuid not null references organizations,
  hash   bytea not null check (length(hash) = 32),
  answer text not null default '' check (length(answer) <= 2000), -- to which address the first was redirected; empty: unknown yet
  at     timestamptz not null default now(),
  primary key (org_id, hash)
);
create index submitted_forms_by_age on submitted_forms (org_id, at);
call app.protect_tenant('submitted_forms');
call app.restrict_to_system('submitted_forms');
grant select, insert, update (answer), delete on submitted_forms to parley_app;

-- Who has changed which fields of which form, so that whoever saves something that was changed meanwhile learns by
-- whom. The values are not in it. Rows of more than a week are removed by the next ones.
create table form_edits (
  org_id  uuid not null references organizations,
  id      uuid not null,
  form    text not null check (length(form) <= 500), -- the address to which the form is sent
  user_id uuid not null,
  fields  text[] not null check (cardinality(fields) <= 1000),
  at      timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, user_id) references users on delete cascade
);
create index form_edits_of_form on form_edits (org_id, form, at);
create index form_edits_by_age on form_edits (org_id, at);
call app.protect_tenant('form_edits');
call app.restrict_to_system('form_edits');
grant select, insert, delete on form_edits to parley_app;

------------------------------------------------------------------------------------------------------------------------
-- Rows that come with an organization and with a user
------------------------------------------------------------------------------------------------------------------------
-- They are of the scope's organization, as the new row is.

-- +goose StatementBegin
create function app.add_organization_defaults() returns trigger language plpgsql as $$
begin
  insert into public.groups (org_id, id, name, main, everyone) values (new.id, gen_random_uuid(), 'General', true, true);
  insert into public.routing (org_id) values (new.id);
  insert into public.desk_settings (org_id) values (new.id);
  return null;
end
$$;
create function app.add_agent() returns trigger language plpgsql as $$
begin
  insert into public.agents (org_id, user_id) values (new.org_id, new.id);
  return null;
end
$$;
-- +goose StatementEnd
create trigger add_organization_defaults after insert on organizations for each row
  execute function app.add_organization_defaults();
create trigger add_agent after insert on users for each row execute function app.add_agent();

------------------------------------------------------------------------------------------------------------------------
-- Security-definer functions
------------------------------------------------------------------------------------------------------------------------
-- app.door_...: what is asked before a tenant is known, and what policies must look up although the asker may not. Each
-- runs as parley_door, which can read exactly the columns that are granted to it beside each table, and returns no more
-- than its caller needs.
-- (Those that policies and triggers ask, and the archive's search, stand above.)

-- The website of a widget's key, with where it may be shown, the groups that answer for it, and the key that signs its
-- visitors.
create function app.door_find_website(_key text)
  returns table (org_id uuid, website_id uuid, customer_id uuid, name text, greeting text, typing_preview boolean,
    hosts text[], groups jsonb, settings jsonb, identity_key text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select w.org_id, w.id, w.customer_id, w.name, w.greeting, w.typing_preview,
          array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id),
          coalesce(
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name, 'labels', s.labels) order by s.position, g.name)
              from website_groups s
              join groups g on g.org_id = s.org_id and g.id = s.group_id
              where s.org_id = w.org_id and s.website_id = w.id),
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name))
              from groups g
              where g.org_id = w.org_id and g.main)),
          w.settings,
          coalesce((select k.key from identity_keys k where k.org_id = w.org_id and k.website_id = w.id), '')
        from websites w
        where w.key = _key $$;

-- A user who can log in, with its organization and the customers to which it is limited.
create function app.door_find_user(_id uuid)
  returns table (org_id uuid, org_name text, user_id uuid, name text, email text, role text, customer_id uuid,
    session_epoch integer, limited boolean, customers uuid[])
  language sql stable security definer set search_path = public, pg_temp
  as $$ select u.org_id, o.name, u.id, u.name, u.email, u.role, u.customer_id, u.session_epoch, u.limited,
          array(select c.customer_id from user_customers c where c.org_id = u.org_id and c.user_id = u.id)
        from users u
        join organizations o on o.id = u.org_id
        where u.id = _id and u.disabled_at is null $$;

-- With what a password that is typed for an address is to be hashed (empty: nobody has the address), and whether
-- somebody has proven to own the address.
create function app.door_email_status(_email text) returns table (prefix text, verified boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select coalesce((select app.hash_prefix(i.password_hash)
            from identities i
            where i.email = _email
            order by i.own_salt, i.created_at, i.id
            limit 1), ''),
          exists (select from identities i where i.email = _email and i.verified_at is not null) $$;

-- The users that an address and the hash of its password open. more says that the address has identities with other
-- salts, on which the password was not tried yet.
create function app.door_log_in(_email text, _hash text)
  returns table (identity_id uuid, org_id uuid, org_name text, user_id uuid, more boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select i.id, u.org_id, o.name, u.id,
          exists (
            select from identities x
            where x.email = _email and x.own_salt and not x.tried and x.verified_at is null and x.id <> i.id)
        from identities i
        join memberships m on m.identity_id = i.id
        join users u on u.org_id = m.org_id and u.id = m.user_id
        join organizations o on o.id = u.org_id
        where i.email = _email and i.password_hash = _hash and u.disabled_at is null
        order by lower(o.name), u.id
        limit 100 $$;

-- The users of an address, whatever their password: for the program itself.
create function app.door_users_by_email(_email text)
  returns table (org_id uuid, org_name text, user_id uuid)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select u.org_id, o.name, u.id
        from users u
        join organizations o on o.id = u.org_id
        where u.email = _email and u.disabled_at is null
        order by u.created_at, u.org_id
        limit 20 $$;

-- The identities of an address with other salts than the one that was just entered.
create function app.door_untried_identities(_identity uuid) returns table (identity_id uuid, password_hash text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select x.id, x.password_hash
        from identities i
        join identities x on x.email = i.email and x.own_salt and not x.tried and x.verified_at is null and x.id <> i.id
        where i.id = _identity
        order by x.created_at, x.id
        limit 20 $$;

-- Records that the password of an identity was tried on another one of its address. If it was right, both become one.
-- +goose StatementBegin
create function app.door_record_identity_try(_identity uuid, _other uuid, _matched boolean) returns void
  language plpgsql volatile security definer set search_path = public, pg_temp
as $$
declare
  address text;
begin
  select i.email into address from identities i where i.id = _identity;
  perform pg_advisory_xact_lock(hashtextextended('address ' || address, 0));
  if not exists (select from identities i where i.id = _identity)
    or not exists (
      select from identities x
      where x.id = _other and x.email = address and x.own_salt and x.verified_at is null and not x.tried)
  then
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

-- Gives a user of the scope's organization an identity: the one with this password, or a new one. If the address is
-- proven and somebody has proven it before, that one's: the password must be its own, unless it is null (none was asked
-- for). Returns 'matched', 'new' or 'wrong'; 'wrong' has changed nothing.
-- PAR03: the address has got another salt since it was asked for.
-- +goose StatementBegin
create function app.door_join_identity(_identity uuid, _email text, _hash text, _proven boolean, _user uuid) returns text
  language plpgsql volatile security definer set search_path = public, pg_temp
as $$
declare
  target uuid;
  target_hash text;
  outcome text := 'matched';
begin
  perform pg_advisory_xact_lock(hashtextextended('address ' || _email, 0));
  if _proven then
    select i.id, i.password_hash into target, target_hash
      from identities i
      where i.email = _email and i.verified_at is not null;
    if target_hash <> _hash then
      return 'wrong';
    end if;
  end if;
  if target is null then
    select i.id into target from identities i where i.email = _email and i.password_hash = _hash;
    if target is null then
      if app.hash_prefix(_hash) <> (select nullif(d.prefix, '') from app.door_email_status(_email) d) then
        raise exception 'the address has another salt' using errcode = 'PAR03';
      end if;
      insert into identities (id, email, password_hash, verified_at)
        values (_identity, _email, _hash, case when _proven then now() end);
      target := _identity;
      outcome := 'new';
    elsif _proven then
      update identities set verified_at = now(), own_salt = false where id = target;
    end if;
  end if;
  insert into memberships (identity_id, org_id, user_id) values (target, app.org_id(), _user);
  return outcome;
end
$$;
-- +goose StatementEnd

-- Whether an owner who can log in has proven the address: until then an organization may send few mails.
create function app.door_organization_verified(_org uuid) returns boolean
  language sql stable security definer set search_path = public, pg_temp
  as $$ select exists (
          select from users u
          join memberships m on m.user_id = u.id
          join identities i on i.id = m.identity_id
          where u.org_id = _org and u.role = 'owner' and u.disabled_at is null and i.verified_at is not null) $$;

-- An invitation that can still be accepted.
create function app.door_find_invitation(_token_hash bytea)
  returns table (org_id uuid, org_name text, invitation_id uuid, email text, role text, verifies_email boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select i.org_id, o.name, i.id, i.email, i.role, i.verifies_email
        from invitations i
        join organizations o on o.id = i.org_id
        where i.token_hash = _token_hash and i.accepted_at is null and i.expires_at > now() $$;

-- What a link for a new password stands for: one user of an organization, or (without organization and user) an
-- address.
create function app.door_find_reset(_token_hash bytea)
  returns table (org_id uuid, user_id uuid, email text, verifies_email boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select r.org_id, r.user_id, u.email, r.verifies_email
        from password_resets r
        join users u on u.org_id = r.org_id and u.id = r.user_id
        where r.token_hash = _token_hash and r.used_at is null and r.expires_at > now() and u.disabled_at is null
        union all
        select null, null, a.email, a.verifies_email
        from address_resets a
        where a.token_hash = _token_hash and a.expires_at > now() $$;

-- Stores a link for an address that can log in somewhere, and returns whether it did.
-- +goose StatementBegin
create function app.door_create_address_reset(_token_hash bytea, _email text, _verifies_email boolean, _seconds_long integer)
  returns boolean
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from address_resets where token_hash in
          (select token_hash from address_resets where expires_at < now() limit 10 for update skip locked);
        with created as (
          insert into address_resets (token_hash, email, verifies_email, expires_at)
            select _token_hash, _email, _verifies_email, now() + make_interval(secs => _seconds_long)
            where exists (select from users u where u.email = _email and u.disabled_at is null)
            returning 1)
        select exists (select from created) $$;
-- +goose StatementEnd

-- Sets the password by a link and uses the link up; without a row the link is not good. Returns the users whose
-- sessions have ended by it, and whether the password was one of the address's already.
--
-- A link that was mailed to the address, and the operator's, stand for all of the address: all its users get one
-- identity. A link that somebody of an organization was shown may change who that organization's user is, and nothing
-- else: the user goes to the identity that has this password, or keeps its own if that is nobody else's, or gets a new
-- one.
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
  select d.org_id, d.user_id, d.email, d.verifies_email into link from app.door_find_reset(_token_hash) d;
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

  if link.user_id is null or link.verifies_email then
    select coalesce((select i.id from identities i where i.email = link.email and i.verified_at is not null), target)
      into target;
    if target is null then
      insert into identities (id, email, password_hash) values (_identity, link.email, _hash);
      target := _identity;
    end if;
    update memberships m set identity_id = target
      from identities i
      where i.id = m.identity_id and i.email = link.email and i.id <> target;
    delete from identities i where i.email = link.email and i.id <> target;
    update identities i
      set password_hash = _hash, own_salt = false,
        verified_at = coalesce(i.verified_at, case when link.verifies_email then now() end)
      where i.id = target;
    delete from address_resets a where a.email = link.email;
  else
    select m.identity_id into before from memberships m where m.user_id = link.user_id;
    if target is null then
      if app.hash_prefix(_hash) <> (select nullif(d.prefix, '') from app.door_email_status(link.email) d) then
        raise exception 'the address has another salt' using errcode = 'PAR03';
      end if;
      if exists (select from identities i where i.id = before and i.verified_at is null)
        and not exists (select from memberships m where m.identity_id = before and m.user_id <> link.user_id)
      then
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
      and (link.user_id is null or link.verifies_email or u.id = link.user_id);
  update password_resets r set used_at = now()
    from memberships m
    where m.identity_id = target and r.org_id = m.org_id and r.user_id = m.user_id and r.used_at is null
      and (link.user_id is null or link.verifies_email or m.user_id = link.user_id);
  return query
    select u.org_id, o.name, u.id, u.disabled_at is null, known
    from memberships m
    join users u on u.org_id = m.org_id and u.id = m.user_id
    join organizations o on o.id = u.org_id
    where m.identity_id = target and (link.user_id is null or link.verifies_email or u.id = link.user_id)
    order by lower(o.name), u.id;
end
$$;
-- +goose StatementEnd

-- Stores what somebody wants to create, and returns whether the address is proven already.
-- +goose StatementBegin
create function app.door_create_signup(_token_hash bytea, _email text, _organization text, _name text, _seconds_long integer)
  returns boolean
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from signups where token_hash in
          (select token_hash from signups where expires_at < now() limit 10 for update skip locked);
        insert into signups (token_hash, email, organization, name, expires_at)
          values (_token_hash, _email, _organization, _name, now() + make_interval(secs => _seconds_long));
        select exists (select from identities i where i.email = _email and i.verified_at is not null) $$;
-- +goose StatementEnd

-- A sign-up whose link is still good.
create function app.door_find_signup(_token_hash bytea)
  returns table (email text, organization text, name text, verified boolean)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select s.email, s.organization, s.name,
          exists (select from identities i where i.email = s.email and i.verified_at is not null)
        from signups s
        where s.token_hash = _token_hash and s.expires_at > now() $$;

-- Uses a sign-up's link up; false if it was no longer good.
create function app.door_use_signup(_token_hash bytea) returns boolean
  language sql volatile security definer set search_path = public, pg_temp
  as $$ with used as (delete from signups where token_hash = _token_hash and expires_at > now() returning 1)
        select exists (select from used) $$;

-- The data of a session that has not expired.
create function app.door_find_session(_token text) returns bytea
  language sql stable security definer set search_path = public, pg_temp
  as $$ select data from sessions where token = _token and expires_at > now() $$;

-- Stores a session, and removes some that have expired.
-- +goose StatementBegin
create function app.door_save_session(_token text, _data bytea, _expires_at timestamptz) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from sessions where token in
          (select token from sessions where expires_at < now() limit 10 for update skip locked);
        insert into sessions (token, data, expires_at) values (_token, _data, _expires_at)
          on conflict (token) do update set data = excluded.data, expires_at = excluded.expires_at $$;
-- +goose StatementEnd

-- Ends a session.
create function app.door_delete_session(_token text) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from sessions where token = _token $$;

-- Counts one attempt and returns how many there were in the present window, and how long the window still lasts.
-- +goose StatementBegin
create function app.door_count_attempt(_key bytea, _seconds_long integer)
  returns table (attempts integer, seconds_left integer)
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from attempts where key in
          (select key from attempts where resets_at < now() and key <> _key limit 10 for update skip locked);
        insert into attempts as a (key, count, resets_at) values (_key, 1, now() + make_interval(secs => _seconds_long))
          on conflict (key) do update set
            count = case when a.resets_at < now() then 1 else a.count + 1 end,
            resets_at = case when a.resets_at < now() then excluded.resets_at else a.resets_at end
          returning count, greatest(1, extract(epoch from resets_at - now()))::integer $$;
-- +goose StatementEnd

-- How many attempts were counted at each key in its present window, and how long that still lasts; counts nothing.
create function app.door_list_attempts(_keys bytea[]) returns table (place integer, attempts integer, seconds_left integer)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select k.place::integer, a.count, greatest(1, extract(epoch from a.resets_at - now()))::integer
        from unnest(_keys) with ordinality k (key, place)
        join attempts a on a.key = k.key
        where a.resets_at >= now() $$;

-- Counts a failure at each key. In one order, so that two never wait for each other; what has expired goes afterwards.
-- +goose StatementBegin
create function app.door_count_failures(_keys bytea[], _seconds_long integer) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ insert into attempts as a (key, count, resets_at)
          select k.key, 1, now() + make_interval(secs => _seconds_long)
          from (select distinct unnest(_keys) as key) k
          order by k.key
          on conflict (key) do update set
            count = case when a.resets_at < now() then 1 else a.count + 1 end,
            resets_at = case when a.resets_at < now() then excluded.resets_at else a.resets_at end;
        delete from attempts where key in
          (select key from attempts where resets_at < now() and key <> all (_keys) limit 10 for update skip locked) $$;
-- +goose StatementEnd

-- Says that a process runs for some seconds more (none: it ends), and returns whose desks were open at those that no
-- longer do, and in how many seconds the next one will be missed if it stays silent.
-- +goose StatementBegin
create function app.door_renew_lease(_instance uuid, _seconds_long integer)
  returns table (org_id uuid, user_id uuid, instance uuid, next_in double precision)
  language sql volatile security definer set search_path = public, pg_temp
  as $$ insert into instances (id, expires_at) values (_instance, clock_timestamp() + make_interval(secs => _seconds_long))
          on conflict (id) do update set expires_at = excluded.expires_at;
        delete from instances i
          where i.expires_at < now() - interval '1 hour' and not exists (select from presence p where p.instance = i.id);
        select p.org_id, p.user_id, p.instance, 0::double precision
          from presence p
          left join instances i on i.id = p.instance
          where i.id is null or i.expires_at <= clock_timestamp()
        union all
        select null, null, null, extract(epoch from min(i.expires_at) - clock_timestamp())::double precision
          from instances i
          where i.id <> _instance and i.expires_at > clock_timestamp()
            and exists (select from presence p where p.instance = i.id) $$;
-- +goose StatementEnd

-- Organizations in which files are to be cleaned up: uploads older than any can last, and as old files that no message,
-- snippet or picture has.
create function app.door_organizations_to_clean(_seconds integer) returns table (org_id uuid)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select u.org_id
        from uploads u
        where u.started_at < now() - make_interval(secs => _seconds)
        union
        select f.org_id
        from files f
        where f.purpose = 'message' and f.conversation_id is null
          and f.created_at < now() - make_interval(secs => _seconds)
        union
        select f.org_id
        from files f
        where f.purpose <> 'message' and f.created_at < now() - make_interval(secs => _seconds)
          and not exists (select from snippets s where s.org_id = f.org_id and s.file_id = f.id)
          and not exists (select from pictures p where p.org_id = f.org_id and p.file_id = f.id)
        limit 100 $$;

-- Whether the work of a form that somebody without a log-in has sent is to be done now; if it was done, what was
-- answered. Work that has been under way for a minute has failed.
-- +goose StatementBegin
create function app.door_begin_form(_hash bytea) returns table (fresh boolean, answer text)
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from public_submitted_forms where hash in (
          select f.hash
          from public_submitted_forms f
          where f.at < now() - interval '1 day' and f.hash <> _hash
          limit 10 for update skip locked);
        with begun as (
          insert into public_submitted_forms as f (hash) values (_hash)
          on conflict (hash) do update set at = now() where f.answer = '' and f.at < now() - interval '1 minute'
          returning 1)
        select exists (select from begun),
          coalesce((select f.answer from public_submitted_forms f where f.hash = _hash), '') $$;
-- +goose StatementEnd

-- Stores what was answered; an empty answer says that nothing was done.
-- +goose StatementBegin
create function app.door_answer_form(_hash bytea, _answer text) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from public_submitted_forms where hash = _hash and answer = '' and _answer = '';
        update public_submitted_forms set answer = _answer where hash = _hash and _answer <> '' $$;
-- +goose StatementEnd

-- They belong to parley_door, and the application may call them. (The trigger function is called by nobody.)
grant create on schema app to parley_door;
-- +goose StatementBegin
do $$
declare f regprocedure;
begin
  for f in select p.oid from pg_proc p where p.pronamespace = 'app'::regnamespace and p.proname like 'door\_%' loop
    execute format('alter function %s owner to parley_door', f);
    if f <> 'app.door_count_storage()'::regprocedure then
      execute format('revoke all on function %s from public', f);
      execute format('grant execute on function %s to parley_app', f);
    end if;
  end loop;
end
$$;
-- +goose StatementEnd
revoke create on schema app from parley_door;

-- +goose Down
-- +goose StatementBegin
do $$
declare t regclass;
begin
  for t in
    select c.oid
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'goose_db_version'
  loop
    execute format('drop table %s cascade', t);
  end loop;
end
$$;
-- +goose StatementEnd
drop schema app cascade;
