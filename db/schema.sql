-- The schema as the migrations make it, with their comments. Written by "make generate" (app/tools/schema); not to be edited, and run by
-- nobody. Bodies of functions are in db/migrations.
--
-- "tenant" says that row-level security is enabled and forced, that rows are bound to the scope's organization, and that reviewers
-- write nothing; other policies narrow that further. Grants to parley_app are the application's, those to parley_door are for the
-- security-definer functions (app.door_...).

------------------------------------------------------------------------------------------------------------------------
-- Roles and scope
------------------------------------------------------------------------------------------------------------------------

create type app.role_kind as enum ('owner', 'manager', 'supervisor', 'agent', 'reviewer', 'visitor', 'system');

-- The organization of the scope.
create function app.org_id() returns uuid;

-- The role of whoever asks.
create function app.role() returns text;

-- The user or visitor who asks; null for the system.
create function app.actor_id() returns uuid;

-- A visitor's website; null for everyone else.
create function app.website_id() returns uuid;

-- Everyone but visitors and reviewers.
create function app.is_staff() returns boolean;

------------------------------------------------------------------------------------------------------------------------
-- What the asker may see and change
------------------------------------------------------------------------------------------------------------------------

-- The customers to which the asking team member is limited; null: it is not limited. Of nobody who can log in: none.
create function app.door_permitted_customers() returns uuid[] security definer;

-- The customers whose data the asker may see at all; null: all customers'. Visitors have none. A team member's are
-- cached for the rest of the transaction.
create function app.permitted_customers_of_actor() returns uuid[];

create function app.permitted_customers() returns uuid[];

-- The customers whose conversations the asker sees all of; null: all customers'. Agents have none: whether they see a
-- conversation depends on that conversation.
create function app.fully_visible_customers() returns uuid[];

-- Whether somebody who is limited to customers, or is no team member, sees a user.
create function app.can_see_user(_user uuid, _customer uuid) returns boolean;

-- Whether a conversation is assigned to the asking team member, or has it as a participant.
create function app.door_serves(_conversation uuid) returns boolean security definer;

-- Whether a visitor has an open conversation that the asking team member serves.
create function app.door_serves_visitor(_visitor uuid) returns boolean security definer;

-- Looks up what the policies ask for each row of an agent's statement, and caches it for the rest of the transaction:
-- its groups, and the conversations in which it is a participant.
create function app.door_cache_agent_scope() returns void security definer;

-- Whether a visitor or an agent sees a conversation with these columns.
create function app.can_see_conversation_row(_conversation uuid, _visitor uuid, _state text, _agent uuid, _group uuid,
  _customer uuid, _offered_to uuid, _offered_until timestamptz) returns boolean;

-- Whether the asker sees a conversation. The body runs with the asker's own rights. The last one is cached: messages
-- are read one conversation after another.
create function app.can_see_conversation(_org uuid, _conversation uuid) returns boolean;

-- Whether the asker sees a visitor: one of its conversations. The body runs with the asker's own rights.
create function app.can_see_visitor(_org uuid, _visitor uuid) returns boolean;

-- Whether the asker may change what belongs to a conversation.
create function app.can_write_conversation(_org uuid, _conversation uuid) returns boolean;

------------------------------------------------------------------------------------------------------------------------
-- Procedures that give a table its policies
------------------------------------------------------------------------------------------------------------------------

-- Every tenant table goes through this: row-level security is on and forced, one policy binds rows to the scope's
-- organization, and reviewers write nothing. _role is how the role is asked for: once per statement, or for each row
-- where that is cheaper, in tables that most statements touch.
create procedure app.protect_tenant(in _table regclass, in _org_column text default 'org_id', in _role text default
  '(select app.role())');

-- Restrictive policies on one table for what an expression allows: for whole rows, or one for each of some commands.
create procedure app.restrict(in _table regclass, in _policy text, in _allowed text);

create procedure app.restrict_commands(in _table regclass, in _policy text, in _commands text[], in _allowed text);

-- Narrows a table to staff: visitors and reviewers see and write no row of it.
create procedure app.restrict_to_staff(in _table regclass);

-- Narrows a table to the system: what no person reads or writes.
create procedure app.restrict_to_system(in _table regclass);

-- Narrows a table to the staff who see the conversation that a row belongs to.
create procedure app.restrict_to_conversation(in _table regclass);

-- Rows are written by whoever may change the conversation that they belong to.
create procedure app.restrict_writes_to_conversation(in _table regclass);

-- What is the whole organization's is changed by those who are not limited to customers.
create procedure app.restrict_writes_to_unlimited(in _table regclass, in _commands text[]);

------------------------------------------------------------------------------------------------------------------------
-- Organizations, customers, websites
------------------------------------------------------------------------------------------------------------------------

create table organizations (
  id         uuid not null,
  name       text not null,
  created_at timestamptz not null default now(),
  primary key (id),
  check ((length(name) >= 1) and (length(name) <= 200))
);
-- tenant
create policy staff_only on organizations as restrictive to parley_app using ((select app.is_staff()));
create policy door on organizations for select to parley_door using (true);
grant select, insert, update (name) on organizations to parley_app;
grant select (id, name) on organizations to parley_door;
create trigger add_organization_defaults after insert on organizations for each row execute function
  app.add_organization_defaults();

-- Whom the organization answers for: a customer has websites.
create table customers (
  org_id         uuid not null,
  id             uuid not null,
  name           text not null,
  capacity_share integer, -- conversations at once; null: no limit
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, name),
  foreign key (org_id) references organizations(id),
  check ((capacity_share >= 1) and (capacity_share <= 1000000)),
  check ((length(name) >= 1) and (length(name) <= 200))
);
create unique index customers_same_name on customers (org_id, app.name_key(name));
-- tenant
create policy visible on customers as restrictive to parley_app using (coalesce((id = any ((select
  app.permitted_customers())::uuid[])), true));
grant select, insert, update (name, capacity_share) on customers to parley_app;

create table websites (
  org_id      uuid not null,
  id          uuid not null,
  customer_id uuid not null,
  key         text not null, -- names the website in its widget's snippet; no secret
  name        text not null,
  created_at  timestamptz not null default now(),
  primary key (org_id, id),
  unique (key),
  unique (org_id, customer_id, id),
  foreign key (org_id, customer_id) references customers(org_id, id),
  check (key ~ '^[a-z0-9]{16}$'),
  check ((length(name) >= 1) and (length(name) <= 200))
);
create unique index websites_same_name on websites (org_id, customer_id, app.name_key(name));
-- tenant
create policy visible on websites as restrictive to parley_app using ((coalesce((customer_id = any ((select
  app.permitted_customers())::uuid[])), true) or ((app.role() = 'visitor') and (id = app.website_id())))) with check
  ((app.is_staff() and coalesce((customer_id = any ((select app.permitted_customers())::uuid[])), true)));
create policy door on websites for select to parley_door using (true);
grant select, insert, update (name) on websites to parley_app;
grant select (org_id, id, customer_id, key, name) on websites to parley_door;

-- Where a website's widget may be shown.
create table domains (
  org_id     uuid not null,
  id         uuid not null,
  website_id uuid not null,
  host       text not null, -- 'shop.example' or '*.shop.example'
  seen_at    timestamptz, -- the widget was last loaded from here (by the minute)
  created_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, website_id, host),
  foreign key (org_id, website_id) references websites(org_id, id) on delete cascade,
  check ((length(host) >= 1) and (length(host) <= 253))
);
-- tenant
create policy permitted on domains as restrictive to parley_app using (case when ((select app.permitted_customers()) is
  null) then true else (exists ( select from websites w where ((w.org_id = domains.org_id) and (w.id =
  domains.website_id)))) end);
create policy staff_only on domains as restrictive to parley_app using ((select app.is_staff()));
create policy door on domains for select to parley_door using (true);
grant select, insert, update (seen_at), delete on domains to parley_app;
grant select (org_id, website_id, host) on domains to parley_door;

-- With what a website signs its visitors. For managers, and for the function that checks signatures; not for everyone
-- who may read the website.
create table identity_keys (
  org_id     uuid not null,
  website_id uuid not null,
  key        text not null,
  primary key (org_id, website_id),
  foreign key (org_id, website_id) references websites(org_id, id) on delete cascade,
  check ((length(key) >= 32) and (length(key) <= 100))
);
-- tenant
create policy managers_only on identity_keys as restrictive to parley_app using (((select app.role()) = any
  (array['owner', 'manager', 'system'])));
create policy permitted on identity_keys as restrictive to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else (exists ( select from websites w where ((w.org_id =
  identity_keys.org_id) and (w.id = identity_keys.website_id)))) end);
create policy door on identity_keys for select to parley_door using (true);
grant select, insert, update (key) on identity_keys to parley_app;
grant select (org_id, website_id, key) on identity_keys to parley_door;

-- What a name is compared by: without regard to case, Unicode form and runs of spaces. The collation knows the letters
-- of all languages, whatever the database's own is.
create function app.name_key(_name text) returns text;

------------------------------------------------------------------------------------------------------------------------
-- The team: users, what they may see, invitations, their own settings
------------------------------------------------------------------------------------------------------------------------

-- People with a log-in, in one organization. Their passwords are in identities.
create table users (
  org_id        uuid not null,
  id            uuid not null,
  email         text not null,
  name          text not null,
  role          text not null,
  customer_id   uuid, -- whose conversations a reviewer reads
  limited       boolean not null default false, -- to the customers in user_customers, instead of all
  session_epoch integer not null default 0, -- raised to end all sessions of this user
  disabled_at   timestamptz,
  created_at    timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, email),
  foreign key (org_id, customer_id) references customers(org_id, id),
  foreign key (org_id) references organizations(id),
  check ((role = 'reviewer') = (customer_id is not null)),
  check (((length(email) >= 3) and (length(email) <= 254)) and (email = lower(email))),
  check ((not limited) or (role = any (array['manager', 'supervisor', 'agent']))),
  check ((length(name) >= 1) and (length(name) <= 100)),
  check (role = any (array['owner', 'manager', 'supervisor', 'agent', 'reviewer']))
);
create index users_email_idx on users (email);
create unique index users_id_idx on users (id);
-- tenant
create policy manageable on users as restrictive for update to parley_app using (case app.role() when 'manager' then
  (((select app.permitted_customers()) is null) or (id = app.actor_id()) or app.door_can_manage_user(id)) else true
  end) with check (case app.role() when 'manager' then (((select app.permitted_customers()) is null) or ((id <>
  app.actor_id()) and app.door_can_manage_user(id))) when 'system' then true else (app.role() = 'owner') end);
create policy visible on users as restrictive to parley_app using (case when ((select app.permitted_customers()) is
  null) then true else app.can_see_user(id, customer_id) end) with check (app.is_staff());
create policy door on users for select to parley_door using (true);
create policy door_update on users for update to parley_door using (true);
grant select, insert, update (name, role, customer_id, limited, session_epoch, disabled_at) on users to parley_app;
grant select (org_id, id, email, name, role, customer_id, limited, session_epoch, disabled_at, created_at), update
  (session_epoch) on users to parley_door;
create trigger add_agent after insert on users for each row execute function app.add_agent();

-- The customers to which a team member is limited.
create table user_customers (
  org_id      uuid not null,
  user_id     uuid not null,
  customer_id uuid not null,
  primary key (org_id, user_id, customer_id),
  foreign key (org_id, customer_id) references customers(org_id, id) on delete cascade,
  foreign key (org_id, user_id) references users(org_id, id) on delete cascade
);
-- tenant
create policy staff_only on user_customers as restrictive to parley_app using (((select app.is_staff()) and
  coalesce((customer_id = any ((select app.permitted_customers())::uuid[])), true)));
create policy writable_delete on user_customers as restrictive for delete to parley_app using ((app.role() = any
  (array['system', 'owner', 'manager'])));
create policy writable_insert on user_customers as restrictive for insert to parley_app with check ((app.role() = any
  (array['system', 'owner', 'manager'])));
create policy door on user_customers for select to parley_door using (true);
grant select, insert, delete on user_customers to parley_app;
grant select (org_id, user_id, customer_id) on user_customers to parley_door;

create table invitations (
  org_id         uuid not null,
  id             uuid not null,
  email          text not null,
  role           text not null,
  customer_id    uuid,
  limited        boolean not null default false,
  customers      uuid[] not null default '{}'::uuid[], -- to which the new user is limited
  token_hash     bytea not null,
  verifies_email boolean not null default false, -- the link was only mailed to the address: opening it proves the address
  invited_by     uuid not null,
  expires_at     timestamptz not null,
  accepted_at    timestamptz,
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  unique (token_hash),
  foreign key (org_id, customer_id) references customers(org_id, id),
  foreign key (org_id) references organizations(id),
  foreign key (org_id, invited_by) references users(org_id, id),
  check ((role = 'reviewer') = (customer_id is not null)),
  check ((length(email) >= 3) and (length(email) <= 254)),
  check ((limited = (customers <> '{}'::uuid[])) and ((not limited) or (role = any (array['manager', 'supervisor', 'agent'])))),
  check (role = any (array['owner', 'manager', 'supervisor', 'agent', 'reviewer']))
);
-- tenant
create policy permitted on invitations as restrictive to parley_app using (case when ((select
  app.permitted_customers()) is null) then true when (role = 'reviewer') then (customer_id = any ((select
  app.permitted_customers())::uuid[])) else (limited and (customers <@ (select app.permitted_customers()))) end);
create policy staff_only on invitations as restrictive to parley_app using ((select app.is_staff()));
create policy door on invitations for select to parley_door using (true);
grant select, insert, update (token_hash, accepted_at), delete on invitations to parley_app;
grant select (org_id, id, email, role, customer_id, token_hash, verifies_email, expires_at, accepted_at) on invitations
  to parley_door;

-- Links that set the password of one user.
create table password_resets (
  org_id         uuid not null,
  id             uuid not null,
  user_id        uuid not null,
  token_hash     bytea not null,
  verifies_email boolean not null default false, -- the link was only mailed to the address
  created_by     uuid, -- null: nobody of the organization
  expires_at     timestamptz not null,
  used_at        timestamptz,
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  unique (token_hash),
  foreign key (org_id, created_by) references users(org_id, id),
  foreign key (org_id, user_id) references users(org_id, id) on delete cascade
);
-- tenant
create policy staff_only on password_resets as restrictive to parley_app using ((select app.is_staff()));
create policy door on password_resets for select to parley_door using (true);
create policy door_update on password_resets for update to parley_door using (true);
grant select, insert, update (token_hash, used_at) on password_resets to parley_app;
grant select (org_id, user_id, token_hash, verifies_email, expires_at, used_at), update (used_at) on password_resets to
  parley_door;

-- How a user wants its own desk (app/domain/identity/preferences.go).
create table preferences (
  org_id  uuid not null,
  user_id uuid not null,
  chosen  jsonb not null default '{}',
  primary key (org_id, user_id),
  foreign key (org_id, user_id) references users(org_id, id)
);
-- tenant
create policy staff_only on preferences as restrictive to parley_app using ((select app.is_staff()));
grant select, insert, update (chosen) on preferences to parley_app;

-- Under which name a user answers a customer's visitors.
create table aliases (
  org_id      uuid not null,
  user_id     uuid not null,
  customer_id uuid not null,
  name        text not null,
  primary key (org_id, user_id, customer_id),
  foreign key (org_id, customer_id) references customers(org_id, id),
  foreign key (org_id, user_id) references users(org_id, id),
  check ((length(name) >= 1) and (length(name) <= 100))
);
-- tenant
create policy permitted on aliases as restrictive to parley_app using (coalesce((customer_id = any ((select
  app.permitted_customers())::uuid[])), true));
create policy staff_only on aliases as restrictive to parley_app using ((select app.is_staff()));
grant select, insert, update (name), delete on aliases to parley_app;

-- Browsers that show notifications while no desk is open in them.
create table push_subscriptions (
  org_id        uuid not null,
  id            uuid not null,
  user_id       uuid not null,
  endpoint      text not null,
  p256dh        text not null,
  auth          text not null,
  session_epoch integer not null default 0, -- good as long as this is the user's
  created_at    timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, user_id, endpoint),
  foreign key (org_id, user_id) references users(org_id, id),
  check (length(auth) <= 100),
  check ((length(endpoint) >= 1) and (length(endpoint) <= 2000)),
  check (length(p256dh) <= 200)
);
-- tenant
create policy staff_only on push_subscriptions as restrictive to parley_app using ((select app.is_staff()));
grant select, insert, update (p256dh, auth, session_epoch), delete on push_subscriptions to parley_app;

-- Whether a manager who is limited may manage a user: one that sees nothing beyond the manager's own customers.
create function app.door_can_manage_user(_user uuid) returns boolean security definer;

-- Whether a team member may answer a customer's visitors.
create function app.may_serve(_org uuid, _user uuid, _customer uuid) returns boolean;

-- The name that a customer's visitors read of an agent.
create function app.alias(_org uuid, _user uuid, _customer uuid, _name text) returns text;

------------------------------------------------------------------------------------------------------------------------
-- Log-ins, sessions, limits: of no tenant
------------------------------------------------------------------------------------------------------------------------

-- Passwords. All hashes of an address have one salt, so that one computation compares with all of them, however many
-- strangers have signed up under it.
create table identities (
  id            uuid not null,
  email         text not null,
  password_hash text not null,
  verified_at   timestamptz, -- the address was proven by a link that was only mailed to it
  own_salt      boolean not null default false, -- salted otherwise than the address's other identities
  tried         boolean not null default false, -- a password that opened another identity of the address was tried on it
  created_at    timestamptz not null default now(),
  primary key (id),
  unique (email, password_hash),
  check (((length(email) >= 3) and (length(email) <= 254)) and (email = lower(email)))
);
create unique index identities_verified on identities (email) where (verified_at is not null);
create index identities_salt on identities (email, own_salt, created_at, id);
-- of no tenant: no policies
grant select, insert, update, delete on identities to parley_door;

-- For which users an identity's password is good.
create table memberships (
  identity_id uuid not null,
  org_id      uuid not null,
  user_id     uuid not null,
  primary key (user_id),
  foreign key (identity_id) references identities(id),
  foreign key (org_id, user_id) references users(org_id, id) on delete cascade
);
create index memberships_identity_id_idx on memberships (identity_id);
-- of no tenant: no policies
grant select, insert, update, delete on memberships to parley_door;

-- Organizations that somebody wants to create, until the link that was mailed is opened.
create table signups (
  token_hash   bytea not null,
  email        text not null,
  organization text not null,
  name         text not null,
  expires_at   timestamptz not null,
  primary key (token_hash),
  check (((length(email) >= 3) and (length(email) <= 254)) and (email = lower(email))),
  check ((length(name) >= 1) and (length(name) <= 100)),
  check ((length(organization) >= 1) and (length(organization) <= 200))
);
create index signups_expires_at_idx on signups (expires_at);
-- of no tenant: no policies
grant select, insert, update, delete on signups to parley_door;

-- Links that set the password of an address, for all its organizations.
create table address_resets (
  token_hash     bytea not null,
  email          text not null,
  verifies_email boolean not null, -- the link was only mailed to the address
  expires_at     timestamptz not null,
  primary key (token_hash),
  check (((length(email) >= 3) and (length(email) <= 254)) and (email = lower(email)))
);
create index address_resets_expires_at_idx on address_resets (expires_at);
create index address_resets_email_idx on address_resets (email);
-- of no tenant: no policies
grant select, insert, update, delete on address_resets to parley_door;

create table sessions (
  token      text not null,
  data       bytea not null,
  expires_at timestamptz not null,
  primary key (token)
);
create index sessions_expires_at_idx on sessions (expires_at);
-- of no tenant: no policies
grant select, insert, update, delete on sessions to parley_door;

-- Counts of what is limited (log-ins of an account, requests of an address), each in its present window.
create table attempts (
  key       bytea not null, -- hash of what is limited
  count     integer not null,
  resets_at timestamptz not null,
  primary key (key)
);
create index attempts_resets_at_idx on attempts (resets_at);
-- of no tenant: no policies
grant select, insert, update, delete on attempts to parley_door;

-- Processes that run, and until when they are believed to.
create table instances (
  id         uuid not null,
  expires_at timestamptz not null,
  primary key (id)
);
-- of no tenant: no policies
grant select, insert, update, delete on instances to parley_door;

-- Forms that were sent by people who are not logged in.
create table public_submitted_forms (
  hash   bytea not null,
  answer text not null default '', -- empty: the work is not done yet
  at     timestamptz not null default now(),
  primary key (hash),
  check (length(answer) <= 2000),
  check (length(hash) = 32)
);
create index public_submitted_forms_at_idx on public_submitted_forms (at);
-- of no tenant: no policies
grant select, insert, update, delete on public_submitted_forms to parley_door;

-- Everything of a password hash but the hash itself: algorithm, parameters and salt. Empty for what is no such hash.
create function app.hash_prefix(_hash text) returns text;

------------------------------------------------------------------------------------------------------------------------
-- Groups, agents, presence, routing
------------------------------------------------------------------------------------------------------------------------

-- Conversations wait in the queue of a group, and its members answer them.
create table groups (
  org_id         uuid not null,
  id             uuid not null,
  name           text not null,
  main           boolean not null default false, -- takes what no other group is named for
  everyone       boolean not null default false, -- all who may answer belong to it
  automatic      boolean not null default true, -- conversations are assigned automatically; else agents take them
  picking        boolean not null default true, -- agents may pick from the queue; else they take the next
  priority       smallint not null default 0, -- each step doubles what a wait counts for
  overflow_id    uuid, -- the group that takes over when nobody of this one can
  overflow_after integer not null default 60, -- seconds of waiting
  time_zone      text not null default 'UTC',
  hours          jsonb not null default '[]', -- by weekday from Sunday: [[540, 1080], ...] minutes of the day; [] always
  holidays       text[] not null default '{}', -- days without hours: 2026-12-24, or --12-25 every year
  reply_seconds  double precision not null default 30, -- an agent's work on a reply
  reply_count    double precision not null default 10,
  think_seconds  double precision not null default 60, -- from a reply to the visitor's next message
  think_count    double precision not null default 10,
  chat_seconds   double precision not null default 480, -- from assignment to close
  chat_count     double precision not null default 5,
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, name),
  foreign key (org_id) references organizations(id),
  foreign key (org_id, overflow_id) references groups(org_id, id),
  check ((length(name) >= 1) and (length(name) <= 100)),
  check ((overflow_after >= 0) and (overflow_after <= 86400)),
  check ((priority >= '-2'::integer) and (priority <= 2)),
  check (length(time_zone) <= 64)
);
create unique index one_main_group on groups (org_id) where main;
create unique index groups_same_name on groups (org_id, app.name_key(name));
-- tenant
create policy staff_only on groups as restrictive to parley_app using ((select app.is_staff()));
create policy unlimited_delete on groups as restrictive for delete to parley_app using (((select
  app.permitted_customers()) is null));
create policy unlimited_insert on groups as restrictive for insert to parley_app with check (((select
  app.permitted_customers()) is null));
create policy door on groups for select to parley_door using (true);
grant select, insert, update (name, everyone, automatic, picking, priority, overflow_id, overflow_after, time_zone,
  hours, holidays, reply_seconds, reply_count, think_seconds, think_count, chat_seconds, chat_count), delete on groups
  to parley_app;
grant select (org_id, id, name, main, everyone) on groups to parley_door;

-- Who belongs to a group that is not everyone's.
create table group_members (
  org_id    uuid not null,
  group_id  uuid not null,
  user_id   uuid not null,
  helper    boolean not null default false, -- answers when none of the regular members can
  max_chats integer, -- of this group at once; null: as many as the agent may have
  primary key (org_id, group_id, user_id),
  foreign key (org_id, group_id) references groups(org_id, id) on delete cascade,
  foreign key (org_id, user_id) references users(org_id, id),
  check ((max_chats >= 1) and (max_chats <= 1000000))
);
create index group_members_org_id_user_id_idx on group_members (org_id, user_id);
-- tenant
create policy staff_only on group_members as restrictive to parley_app using ((select app.is_staff()));
create policy unlimited_delete on group_members as restrictive for delete to parley_app using (((select
  app.permitted_customers()) is null));
create policy unlimited_insert on group_members as restrictive for insert to parley_app with check (((select
  app.permitted_customers()) is null));
create policy unlimited_update on group_members as restrictive for update to parley_app using (((select
  app.permitted_customers()) is null));
create policy door on group_members for select to parley_door using ((org_id = (select app.org_id())));
grant select, insert, update (helper, max_chats), delete on group_members to parley_app;
grant select (org_id, group_id, user_id) on group_members to parley_door;

-- Which groups answer for a website; where there are several, the visitor chooses. None: the main group.
create table website_groups (
  org_id     uuid not null,
  website_id uuid not null,
  group_id   uuid not null,
  position   integer not null default 0, -- in the visitor's list
  priority   smallint not null default 0,
  labels     jsonb not null default '{}', -- by language: what the visitor reads; without one, the group's name
  primary key (org_id, website_id, group_id),
  foreign key (org_id, group_id) references groups(org_id, id) on delete cascade,
  foreign key (org_id, website_id) references websites(org_id, id) on delete cascade,
  check ((priority >= '-2'::integer) and (priority <= 2))
);
-- tenant
create policy permitted on website_groups as restrictive to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else (exists ( select from websites w where ((w.org_id =
  website_groups.org_id) and (w.id = website_groups.website_id)))) end);
create policy staff_only on website_groups as restrictive to parley_app using ((select app.is_staff()));
create policy door on website_groups for select to parley_door using (true);
grant select, insert, update (position, priority, labels), delete on website_groups to parley_app;
grant select (org_id, website_id, group_id, position, labels) on website_groups to parley_door;

-- A user's availability, and what routing learns of its work. The row is written with every reply: its page has space
-- for new versions.
create table agents (
  org_id                 uuid not null,
  user_id                uuid not null,
  status                 text not null default 'offline',
  chosen                 boolean not null default false, -- offline by choice: opening the desk does not bring it online
  reason                 text not null default '', -- why away
  status_at              timestamptz not null default now(),
  max_chats              integer not null default 8,
  open_chats             integer not null default 0, -- counted by record_assignment()
  came_online            timestamptz,
  last_reply_at          timestamptz,
  last_assigned_at       timestamptz,
  unresponsive_since     timestamptz, -- shows no sign of life: is assigned nothing new
  reply_seconds          double precision not null default 0, -- that its replies took
  expected_reply_seconds double precision not null default 0, -- that its groups' usual replies would have taken
  busy_seconds           double precision not null default 0, -- of work, as of load_updated_at
  online_seconds         double precision not null default 0, -- online, as of load_updated_at
  load_updated_at        timestamptz not null default now(),
  primary key (org_id, user_id),
  foreign key (org_id, user_id) references users(org_id, id),
  check ((max_chats >= 1) and (max_chats <= 1000000)),
  check (open_chats >= 0),
  check (length(reason) <= 50),
  check (status = any (array['online', 'away', 'offline']))
) with (fillfactor=50);
-- tenant
create policy staff_only on agents as restrictive to parley_app using ((select app.is_staff()));
grant select, insert, update (status, chosen, reason, status_at, max_chats, open_chats, came_online, last_reply_at,
  last_assigned_at, unresponsive_since, reply_seconds, expected_reply_seconds, busy_seconds, online_seconds,
  load_updated_at) on agents to parley_app;

-- An agent's speed in one group, on top of its own.
create table agent_speeds (
  org_id                 uuid not null,
  user_id                uuid not null,
  group_id               uuid not null,
  reply_seconds          double precision not null default 0,
  expected_reply_seconds double precision not null default 0,
  reply_count            integer not null default 0,
  primary key (org_id, user_id, group_id),
  foreign key (org_id, group_id) references groups(org_id, id) on delete cascade,
  foreign key (org_id, user_id) references agents(org_id, user_id)
);
-- tenant
create policy staff_only on agent_speeds as restrictive to parley_app using ((select app.is_staff()));
grant select, insert, update (reply_seconds, expected_reply_seconds, reply_count) on agent_speeds to parley_app;

-- Where an agent's desks are open. A process renews its lease (app.door_renew_lease); when that ends, its desks count
-- as closed.
create table presence (
  org_id   uuid not null,
  user_id  uuid not null,
  instance uuid not null,
  primary key (org_id, user_id, instance),
  foreign key (org_id, user_id) references agents(org_id, user_id)
);
create index presence_instance_idx on presence (instance);
-- tenant
create policy staff_only on presence as restrictive to parley_app using ((select app.is_staff()));
create policy door on presence for select to parley_door using (true);
grant select, insert, delete on presence to parley_app;
grant select (org_id, user_id, instance) on presence to parley_door;

-- The organization's settings of routing, and when it was last done.
create table routing (
  org_id               uuid not null,
  away_requeue_seconds integer not null default 240, -- for so long an agent who is away keeps its conversations
  former_agent_hours   integer not null default 24, -- a visitor who returns within them gets its former agent
  last_round_at        timestamptz,
  last_requeue_at      timestamptz,
  primary key (org_id),
  foreign key (org_id) references organizations(id),
  check ((away_requeue_seconds >= 0) and (away_requeue_seconds <= 86400)),
  check ((former_agent_hours >= 0) and (former_agent_hours <= 8760))
);
-- tenant
create policy staff_only on routing as restrictive to parley_app using ((select app.is_staff()));
grant select, insert, update (away_requeue_seconds, former_agent_hours, last_round_at, last_requeue_at) on routing to
  parley_app;

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
  foreign key (org_id, customer_id) references customers(org_id, id)
);
-- tenant
create policy permitted on arrivals as restrictive to parley_app using (coalesce((customer_id = any ((select
  app.permitted_customers())::uuid[])), true));
create policy staff_only on arrivals as restrictive to parley_app using ((select app.is_staff()));
grant select, insert, update (short, long, at) on arrivals to parley_app;

-- The main group of the scope's organization.
create function app.main_group() returns uuid;

------------------------------------------------------------------------------------------------------------------------
-- Visitors
------------------------------------------------------------------------------------------------------------------------

create table visitors (
  org_id      uuid not null,
  id          uuid not null,
  website_id  uuid not null,
  external_id text, -- the site's own name for a visitor whom it has signed
  name        text not null default '',
  email       text not null default '',
  created_at  timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, website_id) references websites(org_id, id),
  check (length(email) <= 254),
  check ((length(external_id) >= 1) and (length(external_id) <= 200)),
  check (length(name) <= 100)
);
create unique index visitors_by_external_id on visitors (org_id, website_id, external_id) where (external_id is not null);
-- tenant
create policy visible on visitors as restrictive to parley_app using (case when ((select app.fully_visible_customers())
  is null) then true when (app.role() = 'visitor') then (id = app.actor_id()) else app.can_see_visitor(org_id, id) end);
grant select, insert, update (external_id, name, email) on visitors to parley_app;

-- One-time codes in mailed links that lead a visitor back to its conversations.
create table visitor_codes (
  org_id     uuid not null,
  hash       bytea not null, -- SHA-256 of the code, which is stored nowhere
  website_id uuid not null,
  visitor_id uuid not null, -- whose conversations it leads to; follows them while it is unused
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at    timestamptz, -- null: it can still be used
  primary key (org_id, hash),
  foreign key (org_id, visitor_id) references visitors(org_id, id) on delete cascade,
  foreign key (org_id, website_id) references websites(org_id, id) on delete cascade,
  check (length(hash) = 32)
);
create index visitor_codes_unused on visitor_codes (org_id, visitor_id) where (used_at is null);
create index visitor_codes_expiry on visitor_codes (org_id, expires_at);
-- tenant
create policy system_only on visitor_codes as restrictive to parley_app using (((select app.role()) = 'system'));
grant select, insert, update (visitor_id, used_at), delete on visitor_codes to parley_app;

-- The tokens with which a site has signed its visitors: each is good once.
create table used_identity_tokens (
  org_id     uuid not null,
  hash       bytea not null,
  visitor_id uuid not null,
  ip_address text not null,
  at         timestamptz not null default now(),
  until      timestamptz not null, -- the token's own end: the row can be removed
  primary key (org_id, hash),
  foreign key (org_id) references organizations(id),
  check (length(hash) = 32)
);
-- tenant
create policy system_only on used_identity_tokens as restrictive to parley_app using (((select app.role()) = 'system'));
grant select, insert, update (at), delete on used_identity_tokens to parley_app;

-- Who may not write: a visitor, or a range of addresses.
create table blocks (
  org_id     uuid not null,
  id         uuid not null,
  visitor_id uuid,
  network    cidr,
  reason     text not null default '',
  by_id      uuid,
  created_at timestamptz not null default now(),
  until      timestamptz, -- null: for ever
  primary key (org_id, id),
  unique nulls not distinct (org_id, visitor_id, network),
  foreign key (org_id, by_id) references users(org_id, id),
  foreign key (org_id) references organizations(id),
  foreign key (org_id, visitor_id) references visitors(org_id, id),
  check ((visitor_id is null) <> (network is null)),
  check (length(reason) <= 500)
);
-- tenant
create policy staff_only on blocks as restrictive to parley_app using (case when ((select
  app.fully_visible_customers()) is null) then true when ((visitor_id is not null) and app.is_staff()) then
  app.can_see_visitor(org_id, visitor_id) else false end);
grant select, insert, update (visitor_id, reason, by_id, created_at, until), delete on blocks to parley_app;

------------------------------------------------------------------------------------------------------------------------
-- Conversations and messages
------------------------------------------------------------------------------------------------------------------------

-- The row is written with every message: space in its page lets the new version stay there (HOT), without a new entry
-- in any index. Therefore no index has a column that every message changes.
create table conversations (
  org_id              uuid not null,
  id                  uuid not null,
  website_id          uuid not null,
  customer_id         uuid not null,
  visitor_id          uuid not null,
  visitor_name        text not null default '', -- copied: every message is shown with it
  group_id            uuid not null default app.main_group(),
  state               text not null default 'waiting',
  state_reason        text not null default 'visitor', -- how it came to be where it is: routing, next, picked, lost, ...
  agent_id            uuid,
  agent_name          text not null default '', -- as the visitor sees it
  created_at          timestamptz not null,
  assigned_at         timestamptz,
  closed_at           timestamptz,
  last_seq            integer not null, -- number of the newest message; messages are 1, 2, 3... without gaps
  last_text           text not null, -- beginning of the newest text that both sides see
  last_at             timestamptz not null,
  waiting_since       timestamptz, -- time of the visitor's oldest message that no agent has answered
  replied_at          timestamptz, -- the last reply
  reply_waiting_since timestamptz, -- waiting_since when that reply was written; null: nobody waited
  read_by_visitor     integer not null default 0, -- number of the last message that was read
  read_by_agent       integer not null default 0,
  mailed_seq          integer not null default 0, -- the visitor has been mailed everything up to this number
  transcript_count    smallint not null default 0, -- transcripts that were mailed
  queued_at           timestamptz default now(), -- the queue's order: since when its wait counts
  offered_to          uuid, -- the agent it is offered to
  offered_until       timestamptz,
  offer_note          text not null default '', -- who offers it, and why
  agent_lost          boolean not null default false, -- its agent went away without closing it
  former_agent_id     uuid, -- the agent it had, or its visitor's last one
  requeue_count       smallint not null default 0, -- how often it was taken from an agent who did not reply
  requeued_from       uuid, -- the last such agent, or the last one who did not accept it
  requeued_at         timestamptz,
  think_seconds       real not null default 0, -- from replies to the visitor's next messages, in all
  think_count         integer not null default 0, -- and how many
  last_think_seconds  real, -- the last of them
  page_url            text not null default '',
  page_title          text not null default '',
  referrer            text not null default '',
  user_agent          text not null default '',
  language            text not null default '',
  country             text not null default '',
  time_zone           text not null default '', -- the browser's
  ip_address          text not null default '', -- that it began from, for blocking
  data                jsonb not null default '{}', -- what the site says of its visitor: {"plan": "Pro"}
  trail               jsonb not null default '[]', -- pages that the visitor was on: [{"url", "title", "at"}], the newest last
  primary key (org_id, id),
  unique (org_id, id, visitor_id),
  foreign key (org_id, agent_id) references users(org_id, id),
  foreign key (org_id, customer_id) references customers(org_id, id),
  foreign key (org_id, group_id) references groups(org_id, id),
  foreign key (org_id, offered_to) references users(org_id, id),
  foreign key (org_id, visitor_id) references visitors(org_id, id),
  foreign key (org_id, website_id) references websites(org_id, id),
  check ((state = 'open') <= (agent_id is not null)),
  check (length(country) <= 2),
  check (state = any (array['waiting', 'open', 'closed'])),
  check (length(time_zone) <= 64),
  check (length(visitor_name) <= 100)
) with (fillfactor=50, autovacuum_vacuum_scale_factor=0.05, autovacuum_vacuum_threshold=1000);
-- A visitor has one running conversation at a time.
create unique index one_running_conversation on conversations (org_id, visitor_id) where (state <> 'closed');
create index conversations_of_visitor on conversations (org_id, visitor_id);
create index conversations_of_visitor_by_time on conversations (org_id, visitor_id, created_at desc);
create index conversations_of_agent on conversations (org_id, agent_id) where (state = 'open');
-- The queue: of the organization, of a group, of a group and website; what is offered, and which offer ends next.
create index conversations_queue on conversations (org_id, queued_at, id) where (state = 'waiting');
create index conversations_queue_of_group on conversations (org_id, group_id, queued_at, id) where (state = 'waiting');
create index conversations_queue_of_website on conversations (org_id, group_id, website_id, queued_at, id) where (state = 'waiting');
create index conversations_offered_to on conversations (org_id, offered_to) where ((state = 'waiting') and (offered_to is not null));
create index conversations_offered_until on conversations (org_id, offered_until) where ((state = 'waiting') and (offered_until is not null));
-- The archive's lists, newest first: of all, or of one customer, website, group or agent; a customer's agents by the
-- name its visitors read.
create index conversations_closed on conversations (org_id, closed_at, id) where (state = 'closed');
create index conversations_closed_of_customer on conversations (org_id, customer_id, closed_at, id) where (state = 'closed');
create index conversations_closed_of_website on conversations (org_id, website_id, closed_at, id) where (state = 'closed');
create index conversations_closed_of_group on conversations (org_id, group_id, closed_at, id) where (state = 'closed');
create index conversations_closed_of_agent on conversations (org_id, agent_id, closed_at, id) where (state = 'closed');
create index conversations_closed_of_agent_name on conversations (org_id, customer_id, agent_name, closed_at, id) where (state = 'closed');
-- tenant, without no_reviewer_update
create policy begun_by_visitors on conversations as restrictive for insert to parley_app with check (((select
  app.role()) = any (array['system', 'visitor'])));
create policy visible on conversations as restrictive to parley_app using ((coalesce((customer_id = any ((select
  app.fully_visible_customers())::uuid[])), true) or app.can_see_conversation_row(id, visitor_id, state, agent_id,
  group_id, customer_id, offered_to, offered_until)));
create policy writable on conversations as restrictive for update to parley_app using (case app.role() when 'reviewer'
  then false when 'agent' then ((agent_id = app.actor_id()) or (state = 'waiting') or app.door_serves(id)) else true
  end) with check (case app.role() when 'reviewer' then false when 'agent' then ((agent_id = app.actor_id()) or
  app.door_serves(id)) else true end);
create policy door on conversations for select to parley_door using ((org_id = (select app.org_id())));
grant select, insert, update (visitor_id, visitor_name, group_id, state, state_reason, agent_id, agent_name,
  assigned_at, closed_at, last_seq, last_text, last_at, waiting_since, replied_at, reply_waiting_since,
  read_by_visitor, read_by_agent, mailed_seq, transcript_count, queued_at, offered_to, offered_until, offer_note,
  agent_lost, former_agent_id, requeue_count, requeued_from, requeued_at, think_seconds, think_count,
  last_think_seconds, country, time_zone, ip_address, data, trail) on conversations to parley_app;
grant select (org_id, id, visitor_id, state, agent_id) on conversations to parley_door;
create trigger index_closed after update of state on conversations for each row when (((old.state <> 'closed') and
  (new.state = 'closed'))) execute function app.index_closed_conversation();
create trigger index_inserted after insert on conversations for each row when ((new.state = 'closed')) execute function
  app.index_closed_conversation();
create trigger record_assignment after update of state, agent_id on conversations for each row when (((old.state <>
  new.state) or (old.agent_id is distinct from new.agent_id))) execute function app.record_assignment();
create trigger verify_permitted_customer after update of state, agent_id, offered_to on conversations for each row when
  ((((new.state = 'open') and (old.agent_id is distinct from new.agent_id)) or ((new.offered_to is not null) and
  (old.offered_to is distinct from new.offered_to)))) execute function app.verify_permitted_customer();

create table messages (
  org_id          uuid not null,
  conversation_id uuid not null,
  seq             integer not null,
  id              uuid not null, -- named by the sender, so that sending twice is sending once
  visitor_id      uuid not null, -- of the conversation, so that a policy needs no join
  kind            text not null,
  author          text not null,
  author_id       uuid,
  author_name     text not null default '',
  body            text not null,
  of_seq          integer, -- of an edit or erase: the number of the message that it changes
  changed         text not null default '', -- by an edit or erase
  created_at      timestamptz not null,
  primary key (org_id, conversation_id, seq),
  foreign key (org_id, conversation_id, visitor_id) references conversations(org_id, id, visitor_id) on update cascade,
  check (author = any (array['visitor', 'agent', 'system'])),
  check ((length(body) >= 1) and (length(body) <= 8000)),
  check (changed = any (array['', 'edited', 'erased'])),
  check ((kind = any (array['edit', 'erase'])) = (of_seq is not null)),
  check (kind = any (array['text', 'file', 'note', 'system', 'edit', 'erase']))
);
create unique index messages_sent_once on messages (org_id, visitor_id, id);
-- tenant
create policy visible on messages as restrictive for select to parley_app using (case when ((select
  app.fully_visible_customers()) is null) then true when ((kind = 'note') and (not app.is_staff())) then false when
  (app.role() = 'visitor') then (visitor_id = app.actor_id()) else app.can_see_conversation(org_id, conversation_id)
  end);
create policy writable_insert on messages as restrictive for insert to parley_app with check (case app.role() when
  'system' then true when 'visitor' then ((kind = any (array['text', 'file'])) and (author = 'visitor') and (author_id
  = visitor_id) and (visitor_id = app.actor_id())) when 'agent' then case when (kind = 'system') then
  app.can_see_conversation(org_id, conversation_id) else app.can_write_conversation(org_id, conversation_id) end else
  app.can_write_conversation(org_id, conversation_id) end);
create policy writable_update on messages as restrictive for update to parley_app using
  (app.can_write_conversation(org_id, conversation_id));
grant select, insert, update (body, changed) on messages to parley_app;
create trigger reindex after update of body, changed on messages for each row execute function
  app.reindex_conversation();

-- What edited and erased messages said before, for staff.
create table message_history (
  org_id          uuid not null,
  conversation_id uuid not null,
  seq             integer not null, -- of the edit or erase
  previous_body   text not null,
  primary key (org_id, conversation_id, seq),
  foreign key (org_id, conversation_id, seq) references messages(org_id, conversation_id, seq)
);
-- tenant
create policy staff_only on message_history as restrictive to parley_app using (case when ((select
  app.fully_visible_customers()) is null) then true when app.is_staff() then app.can_see_conversation(org_id,
  conversation_id) else false end);
create policy writable_delete on message_history as restrictive for delete to parley_app using
  (app.can_write_conversation(org_id, conversation_id));
create policy writable_insert on message_history as restrictive for insert to parley_app with check
  (app.can_write_conversation(org_id, conversation_id));
create policy writable_update on message_history as restrictive for update to parley_app using
  (app.can_write_conversation(org_id, conversation_id));
grant select, insert on message_history to parley_app;

-- Team members who take part in a conversation that is another's, and supervisors who watch it.
create table participants (
  org_id          uuid not null,
  conversation_id uuid not null,
  user_id         uuid not null,
  may_write       boolean not null default false, -- to the visitor, too
  watching        boolean not null default false, -- came uninvited
  by_id           uuid not null, -- who brought it in
  at              timestamptz not null default now(),
  primary key (org_id, conversation_id, user_id),
  foreign key (org_id, conversation_id) references conversations(org_id, id),
  foreign key (org_id, user_id) references users(org_id, id)
);
create index participants_org_id_user_id_idx on participants (org_id, user_id);
-- tenant
create policy staff_only on participants as restrictive to parley_app using (case when ((select
  app.fully_visible_customers()) is null) then true when app.is_staff() then app.can_see_conversation(org_id,
  conversation_id) else false end);
create policy writable_delete on participants as restrictive for delete to parley_app using
  (app.can_write_conversation(org_id, conversation_id));
create policy writable_insert on participants as restrictive for insert to parley_app with check
  (app.can_write_conversation(org_id, conversation_id));
create policy writable_update on participants as restrictive for update to parley_app using
  (app.can_write_conversation(org_id, conversation_id));
create policy door on participants for select to parley_door using ((org_id = (select app.org_id())));
grant select, insert, update (may_write, watching), delete on participants to parley_app;
grant select (org_id, conversation_id, user_id) on participants to parley_door;
create trigger verify_permitted_customer after insert on participants for each row execute function
  app.verify_permitted_customer();

-- Who has had a conversation, and why.
create table assignments (
  org_id          uuid not null,
  id              uuid not null default gen_random_uuid(),
  conversation_id uuid not null,
  group_id        uuid not null,
  agent_id        uuid not null,
  method          text not null, -- routing, next, picked, assigned, accepted, taken over
  by_id           uuid, -- who did it; null: routing
  assigned_at     timestamptz not null default clock_timestamp(),
  explanation     jsonb, -- routing's reasons (app/domain/routing/why.go)
  ended_at        timestamptz,
  end_reason      text, -- closed, or how it went on
  primary key (org_id, id),
  foreign key (org_id, agent_id) references users(org_id, id),
  foreign key (org_id, conversation_id) references conversations(org_id, id),
  foreign key (org_id, group_id) references groups(org_id, id)
);
create index assignments_org_id_conversation_id_assigned_at_idx on assignments (org_id, conversation_id, assigned_at);
create index assignments_of_agent on assignments (org_id, agent_id, assigned_at);
-- tenant
create policy staff_only on assignments as restrictive to parley_app using (case when ((select
  app.fully_visible_customers()) is null) then true when app.is_staff() then app.can_see_conversation(org_id,
  conversation_id) else false end);
grant select, insert, update (explanation, ended_at, end_reason) on assignments to parley_app;

create table tags (
  org_id uuid not null,
  id     uuid not null,
  name   text not null,
  primary key (org_id, id),
  unique (org_id, name),
  foreign key (org_id) references organizations(id),
  check ((length(name) >= 1) and (length(name) <= 50))
);
create unique index tags_same_name on tags (org_id, app.name_key(name));
-- tenant
create policy staff_only on tags as restrictive to parley_app using ((select app.is_staff()));
create policy unlimited_delete on tags as restrictive for delete to parley_app using (((select
  app.permitted_customers()) is null));
create policy unlimited_update on tags as restrictive for update to parley_app using (((select
  app.permitted_customers()) is null));
grant select, insert, update (name), delete on tags to parley_app;

create table conversation_tags (
  org_id          uuid not null,
  conversation_id uuid not null,
  tag_id          uuid not null,
  by_id           uuid,
  at              timestamptz not null default now(),
  primary key (org_id, conversation_id, tag_id),
  foreign key (org_id, by_id) references users(org_id, id),
  foreign key (org_id, conversation_id) references conversations(org_id, id),
  foreign key (org_id, tag_id) references tags(org_id, id) on delete cascade
);
create index conversation_tags_org_id_tag_id_idx on conversation_tags (org_id, tag_id);
-- tenant
create policy staff_only on conversation_tags as restrictive to parley_app using (case when ((select
  app.fully_visible_customers()) is null) then true when app.is_staff() then app.can_see_conversation(org_id,
  conversation_id) else false end);
create policy writable_delete on conversation_tags as restrictive for delete to parley_app using
  (app.can_write_conversation(org_id, conversation_id));
create policy writable_insert on conversation_tags as restrictive for insert to parley_app with check
  (app.can_write_conversation(org_id, conversation_id));
create policy writable_update on conversation_tags as restrictive for update to parley_app using
  (app.can_write_conversation(org_id, conversation_id));
create policy door on conversation_tags for select to parley_door using ((org_id = (select app.org_id())));
grant select, insert, delete on conversation_tags to parley_app;
grant select (org_id, conversation_id, tag_id) on conversation_tags to parley_door;
create trigger reindex after insert or delete on conversation_tags for each row when ((pg_trigger_depth() = 0)) execute
  function app.reindex_conversation();

-- The visitor's rating after the close. What it was about is copied: conversations are transferred.
create table ratings (
  org_id          uuid not null,
  conversation_id uuid not null,
  visitor_id      uuid not null,
  value           smallint not null, -- thumbs: 1 or 5
  thumbs          boolean not null,
  reasons         text[] not null default '{}',
  comment         text not null default '',
  customer_id     uuid not null,
  website_id      uuid not null,
  group_id        uuid not null,
  agent_id        uuid,
  agent_name      text not null default '',
  rated_at        timestamptz not null default now(),
  changed_at      timestamptz not null default now(),
  primary key (org_id, conversation_id),
  foreign key (org_id, conversation_id, visitor_id) references conversations(org_id, id, visitor_id) on update cascade on delete cascade,
  check (length(comment) <= 2000),
  check ((value >= 1) and (value <= 5))
);
create index ratings_by_day on ratings (org_id, rated_at);
-- tenant
create policy visible on ratings as restrictive to parley_app using (case when ((select app.fully_visible_customers())
  is null) then true when (app.role() = 'visitor') then (visitor_id = app.actor_id()) else
  app.can_see_conversation(org_id, conversation_id) end) with check (case app.role() when 'visitor' then (visitor_id =
  app.actor_id()) else app.can_write_conversation(org_id, conversation_id) end);
grant select, insert, update (value, thumbs, reasons, comment, changed_at) on ratings to parley_app;

-- What a list shows of a message: its beginning; of a file, whose body has type and size on a second line, its name.
create function app.message_preview(_kind text, _body text) returns text;

-- Whether a conversation has such a rating: good, fair, bad; any, or none.
create function app.has_rating(_org uuid, _conversation uuid, _rating text) returns boolean;

-- The name under which a message is written: the agent's as the visitor sees it, or a participant's own for this
-- customer.
create function app.author_name(_org uuid, _author text, _author_id uuid, _agent_id uuid, _agent_name text, _customer
  uuid) returns text;

-- Whatever statement assigns a conversation, the agent's number of conversations is right, no agent has more than it
-- may have, and who had it is recorded. Rows are locked in the order conversations, agents. PAR01: the agent cannot
-- have another conversation.
create function app.record_assignment() returns trigger;

-- Whoever is limited is assigned, offered or brought into conversations of its customers only, whatever statement does
-- it. After the fact: a trigger before updates would lock each row once more, for every message. PAR02: the team member
-- is limited to other customers.
create function app.verify_permitted_customer() returns trigger;

------------------------------------------------------------------------------------------------------------------------
-- FAQ and snippets
------------------------------------------------------------------------------------------------------------------------

-- A question with its answer, in one or more languages; for all conversations, or those of a customer, a website, a
-- group.
create table faq_entries (
  org_id      uuid not null,
  id          uuid not null,
  category    text not null default '',
  state       text not null, -- live: published
  customer_id uuid,
  website_id  uuid,
  group_id    uuid,
  version     integer not null default 1,
  created_at  timestamptz not null default now(),
  created_by  uuid, -- null: imported by the system
  updated_at  timestamptz not null default now(),
  updated_by  uuid,
  primary key (org_id, id),
  foreign key (org_id, created_by) references users(org_id, id),
  foreign key (org_id, customer_id) references customers(org_id, id),
  foreign key (org_id) references organizations(id),
  foreign key (org_id, group_id) references groups(org_id, id),
  foreign key (org_id, updated_by) references users(org_id, id),
  foreign key (org_id, website_id) references websites(org_id, id),
  check (length(category) <= 100),
  check (state = any (array['draft', 'review', 'live']))
);
create index faq_entries_org_id_updated_at_id_idx on faq_entries (org_id, updated_at desc, id);
-- tenant
create policy permitted on faq_entries as restrictive to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else (coalesce((customer_id = any ((select
  app.permitted_customers())::uuid[])), (customer_id is null)) and ((website_id is null) or (exists ( select from
  websites w where ((w.org_id = faq_entries.org_id) and (w.id = faq_entries.website_id)))))) end);
create policy permitted_delete on faq_entries as restrictive for delete to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else ((customer_id is not null) or (website_id is not null)) end);
create policy permitted_insert on faq_entries as restrictive for insert to parley_app with check (case when ((select
  app.permitted_customers()) is null) then true else ((customer_id is not null) or (website_id is not null)) end);
create policy permitted_update on faq_entries as restrictive for update to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else ((customer_id is not null) or (website_id is not null)) end);
create policy staff_only on faq_entries as restrictive to parley_app using ((select app.is_staff()));
grant select, insert, update (category, state, customer_id, website_id, group_id, version, updated_at, updated_by),
  delete on faq_entries to parley_app;

create table faq_texts (
  org_id   uuid not null,
  entry_id uuid not null,
  language text not null,
  question text not null,
  answer   text not null,
  words    tsvector not null generated always as ((setweight(to_tsvector('simple'::regconfig, question), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, answer), 'B'::"char"))) stored,
  primary key (org_id, entry_id, language),
  foreign key (org_id, entry_id) references faq_entries(org_id, id) on delete cascade,
  check ((length(answer) >= 1) and (length(answer) <= 4000)),
  check (language ~ '^[a-z]{2,3}(-[a-z0-9]{2,8})?$'),
  check ((length(question) >= 1) and (length(question) <= 500))
);
-- tenant
create policy permitted on faq_texts as restrictive for select to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else (exists ( select from faq_entries e where ((e.org_id =
  faq_texts.org_id) and (e.id = faq_texts.entry_id)))) end);
create policy permitted_delete on faq_texts as restrictive for delete to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else (exists ( select from faq_entries e where ((e.org_id =
  faq_texts.org_id) and (e.id = faq_texts.entry_id) and ((e.customer_id is not null) or (e.website_id is not null)))))
  end);
create policy permitted_insert on faq_texts as restrictive for insert to parley_app with check (case when ((select
  app.permitted_customers()) is null) then true else (exists ( select from faq_entries e where ((e.org_id =
  faq_texts.org_id) and (e.id = faq_texts.entry_id) and ((e.customer_id is not null) or (e.website_id is not null)))))
  end);
create policy permitted_update on faq_texts as restrictive for update to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else (exists ( select from faq_entries e where ((e.org_id =
  faq_texts.org_id) and (e.id = faq_texts.entry_id) and ((e.customer_id is not null) or (e.website_id is not null)))))
  end);
create policy staff_only on faq_texts as restrictive to parley_app using ((select app.is_staff()));
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
  foreign key (org_id, by_id) references users(org_id, id),
  foreign key (org_id, entry_id) references faq_entries(org_id, id) on delete cascade
);
-- tenant
create policy permitted on faq_history as restrictive for select to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else (exists ( select from faq_entries e where ((e.org_id =
  faq_history.org_id) and (e.id = faq_history.entry_id)))) end);
create policy permitted_delete on faq_history as restrictive for delete to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else (exists ( select from faq_entries e where ((e.org_id =
  faq_history.org_id) and (e.id = faq_history.entry_id) and ((e.customer_id is not null) or (e.website_id is not
  null))))) end);
create policy permitted_insert on faq_history as restrictive for insert to parley_app with check (case when ((select
  app.permitted_customers()) is null) then true else (exists ( select from faq_entries e where ((e.org_id =
  faq_history.org_id) and (e.id = faq_history.entry_id) and ((e.customer_id is not null) or (e.website_id is not
  null))))) end);
create policy permitted_update on faq_history as restrictive for update to parley_app using (case when ((select
  app.permitted_customers()) is null) then true else (exists ( select from faq_entries e where ((e.org_id =
  faq_history.org_id) and (e.id = faq_history.entry_id) and ((e.customer_id is not null) or (e.website_id is not
  null))))) end);
create policy staff_only on faq_history as restrictive to parley_app using ((select app.is_staff()));
grant select, insert on faq_history to parley_app;

-- What agents did with suggestions: the suggestions learn from it, and can be learned again from it. Rows are only
-- added.
create table faq_choices (
  org_id          uuid not null,
  id              uuid not null,
  n               bigint not null generated by default as identity, -- their order
  entry_id        uuid not null,
  kind            text not null,
  query           text not null, -- the visitor's words
  language        text not null default '',
  user_id         uuid,
  conversation_id uuid,
  seq             integer, -- the message it was about
  at              timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, conversation_id) references conversations(org_id, id),
  foreign key (org_id, entry_id) references faq_entries(org_id, id) on delete cascade,
  foreign key (org_id, user_id) references users(org_id, id),
  check (kind = any (array['accepted', 'edited', 'dismissed', 'picked', 'example'])),
  check ((length(query) >= 1) and (length(query) <= 1000))
);
create unique index faq_choices_once on faq_choices (org_id, conversation_id, seq, entry_id, kind);
create index faq_choices_org_id_entry_id_n_idx on faq_choices (org_id, entry_id, n);
create index faq_choices_org_id_n_idx on faq_choices (org_id, n);
-- tenant
create policy staff_only on faq_choices as restrictive to parley_app using (case when ((select
  app.fully_visible_customers()) is null) then true when app.is_staff() then app.can_see_conversation(org_id,
  conversation_id) else false end);
create policy writable_delete on faq_choices as restrictive for delete to parley_app using
  (app.can_write_conversation(org_id, conversation_id));
create policy writable_insert on faq_choices as restrictive for insert to parley_app with check
  (app.can_write_conversation(org_id, conversation_id));
create policy writable_update on faq_choices as restrictive for update to parley_app using
  (app.can_write_conversation(org_id, conversation_id));
grant select, insert on faq_choices to parley_app;

-- What belongs to an entry is read with it and changed with it.
create procedure app.restrict_to_faq_entry(in _table regclass);

------------------------------------------------------------------------------------------------------------------------
-- Files, snippets, pictures
------------------------------------------------------------------------------------------------------------------------

-- What was sent, or is stored to be sent. The bytes are in the store under their hash; the same bytes are there once
-- for an organization.
create table files (
  org_id          uuid not null,
  id              uuid not null, -- of a message: the message's own
  purpose         text not null,
  visitor_id      uuid, -- of the conversation, so that a policy needs no join
  conversation_id uuid, -- null: not sent yet, or not of a message
  website_id      uuid, -- whose storage it counts for; null: the organization's only
  upload_id       uuid, -- the upload that brought it last: only that one may remove it again
  name            text not null,
  media_type      text not null, -- found out from the bytes
  size            bigint not null,
  width           integer not null default 0, -- of an image, in pixels
  height          integer not null default 0,
  hash            bytea not null, -- SHA-256
  by_id           uuid, -- the user; null: the visitor
  created_at      timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, by_id) references users(org_id, id),
  foreign key (org_id, conversation_id) references conversations(org_id, id) on delete cascade,
  foreign key (org_id, conversation_id, visitor_id) references conversations(org_id, id, visitor_id) on update cascade on delete cascade,
  foreign key (org_id) references organizations(id),
  check (length(hash) = 32),
  check ((length(media_type) >= 3) and (length(media_type) <= 100)),
  check ((length(name) >= 1) and (length(name) <= 200)),
  check (purpose = any (array['message', 'snippet', 'picture'])),
  check (size > 0)
);
create index files_of_conversation on files (org_id, conversation_id);
create index files_of_bytes on files (org_id, hash);
create index files_not_sent on files (created_at) where ((conversation_id is null) and (purpose = 'message'));
create index files_not_of_messages on files (org_id, id) where (purpose <> 'message');
-- tenant
create policy visible on files as restrictive to parley_app using (case app.role() when 'system' then true when
  'visitor' then (visitor_id = app.actor_id()) when 'reviewer' then ((conversation_id is not null) and
  app.can_see_conversation(org_id, conversation_id)) else case when (conversation_id is not null) then
  app.can_see_conversation(org_id, conversation_id) when (by_id = app.actor_id()) then true when (purpose = 'snippet')
  then (exists ( select from snippets s where ((s.org_id = files.org_id) and (s.file_id = files.id)))) when (purpose =
  'picture') then (exists ( select from pictures p where ((p.org_id = files.org_id) and (p.file_id = files.id)))) else
  false end end) with check (case app.role() when 'system' then true when 'visitor' then ((purpose = 'message') and
  (visitor_id = app.actor_id())) when 'reviewer' then false else ((by_id = app.actor_id()) and ((conversation_id is
  null) or app.can_write_conversation(org_id, conversation_id))) end);
create policy door on files for select to parley_door using (true);
grant select, insert, update (visitor_id, conversation_id, upload_id), delete on files to parley_app;
grant select (org_id, id, purpose, conversation_id, created_at) on files to parley_door;
create trigger count_storage after insert or delete or update of size on files for each row execute function
  app.door_count_storage();

-- One row for each upload from before its first byte until its file's row is there. It reserves its bytes in
-- storage_usage. A row that is older than any upload can last, or that began at -infinity, may have left bytes in the
-- store: they are removed with it unless a file or another upload has the same.
create table uploads (
  org_id     uuid not null,
  id         uuid not null,
  website_id uuid, -- null: not of a message
  size       bigint not null, -- bytes that are reserved
  hash       bytea, -- SHA-256, before the bytes go into the store; null: not yet
  started_at timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id) references organizations(id),
  check (length(hash) = 32),
  check (size >= 0)
);
create index uploads_of_bytes on uploads (org_id, hash);
create index uploads_by_age on uploads (started_at);
-- tenant
create policy system_only on uploads as restrictive to parley_app using (((select app.role()) = 'system'));
create policy door on uploads to parley_door using (true);
grant select, insert, update (size, hash), delete on uploads to parley_app;
grant select (org_id, started_at), insert (org_id, id, size, hash, started_at) on uploads to parley_door;
create trigger count_storage after insert or delete or update of size on uploads for each row execute function
  app.door_count_storage();

-- The bytes of files and uploads, counted by triggers. The row of the zero id is the whole organization's.
create table storage_usage (
  org_id     uuid not null,
  website_id uuid not null,
  bytes      bigint not null,
  primary key (org_id, website_id),
  foreign key (org_id) references organizations(id)
);
-- tenant
create policy system_only on storage_usage as restrictive to parley_app using (((select app.role()) = 'system'));
create policy door on storage_usage to parley_door using (true);
grant select on storage_usage to parley_app;
grant select (org_id, website_id, bytes), insert (org_id, website_id, bytes), update (bytes) on storage_usage to
  parley_door;

-- Text on a key combination or a name: everybody's, a customer's or a group's conversations', or one user's own.
create table snippets (
  org_id      uuid not null,
  id          uuid not null,
  customer_id uuid,
  group_id    uuid,
  user_id     uuid,
  name        text not null, -- after the slash
  keys        text not null default '',
  body        text not null,
  file_id     uuid,
  used        integer not null default 0,
  updated_at  timestamptz not null default now(),
  primary key (org_id, id),
  unique nulls not distinct (org_id, customer_id, group_id, user_id, name),
  foreign key (org_id, customer_id) references customers(org_id, id) on delete cascade,
  foreign key (org_id, file_id) references files(org_id, id),
  foreign key (org_id) references organizations(id),
  foreign key (org_id, group_id) references groups(org_id, id) on delete cascade,
  foreign key (org_id, user_id) references users(org_id, id),
  check ((length(body) >= 1) and (length(body) <= 4000)),
  check ((group_id is null) or (user_id is null)),
  check ((customer_id is null) or ((group_id is null) and (user_id is null))),
  check (length(keys) <= 40),
  check (name ~ '^[\w-]{1,40}$')
);
create unique index snippets_same_name on snippets (org_id, customer_id, group_id, user_id, app.name_key(name)) nulls not distinct;
create unique index snippets_same_keys on snippets (org_id, customer_id, group_id, user_id, lower(keys)) nulls not distinct where (keys <> '');
-- tenant
create policy permitted on snippets as restrictive to parley_app using (case when (app.role() = 'system') then true
  when (user_id is not null) then (user_id = app.actor_id()) when (customer_id is not null) then coalesce((customer_id
  = any ((select app.permitted_customers())::uuid[])), true) else true end);
create policy permitted_delete on snippets as restrictive for delete to parley_app using (((user_id is not null) or
  (customer_id is not null) or ((select app.permitted_customers()) is null)));
create policy permitted_insert on snippets as restrictive for insert to parley_app with check (((user_id is not null)
  or (customer_id is not null) or ((select app.permitted_customers()) is null)));
create policy staff_only on snippets as restrictive to parley_app using ((select app.is_staff()));
create policy door on snippets for select to parley_door using (true);
grant select, insert, update (group_id, name, keys, body, file_id, used, updated_at), delete on snippets to parley_app;
grant select (org_id, file_id) on snippets to parley_door;

-- An agent's picture, as a customer's visitors see it.
create table pictures (
  org_id      uuid not null,
  user_id     uuid not null,
  customer_id uuid not null,
  file_id     uuid not null,
  primary key (org_id, user_id, customer_id),
  foreign key (org_id, customer_id) references customers(org_id, id),
  foreign key (org_id, file_id) references files(org_id, id),
  foreign key (org_id, user_id) references users(org_id, id)
);
create index pictures_of_file on pictures (org_id, file_id);
-- tenant
create policy permitted on pictures as restrictive to parley_app using (coalesce((customer_id = any ((select
  app.permitted_customers())::uuid[])), true));
create policy staff_only on pictures as restrictive to parley_app using ((select app.is_staff()));
create policy door on pictures for select to parley_door using (true);
grant select, insert, update (file_id), delete on pictures to parley_app;
grant select (org_id, file_id) on pictures to parley_door;

-- Counts what a row of files or uploads takes, and notes the bytes of a file that was removed. The organization's row
-- comes first.
create function app.door_count_storage() returns trigger security definer;

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
  foreign key (org_id, conversation_id) references conversations(org_id, id) on delete cascade
);
-- Every word carries a prefix of its organization: an index of words has no column for it, and without it would read
-- everybody's.
create index archive_words_of_organizations on archive_words using gin (words) with (gin_pending_list_limit='512');
-- tenant
create policy visible on archive_words as restrictive to parley_app using ((coalesce((customer_id = any ((select
  app.fully_visible_customers())::uuid[])), true) and ((not staff) or app.is_staff()))) with check ((app.role() =
  'system'));
create policy door on archive_words for select to parley_door using (true);
grant select, insert, update (group_id, agent_id, agent_name, closed_at, words) on archive_words to parley_app;
grant select (org_id, conversation_id, staff, customer_id, website_id, group_id, agent_id, agent_name, closed_at,
  words) on archive_words to parley_door;

-- The prefix of an organization's words in the index.
create function app.org_word_prefix(_org uuid) returns text;

-- The words of a text, as they are stored and as they are searched for: none longer than 40 characters.
create function app.words(_text text) returns setof text;

-- The query for words that begin with a prefix and a word; a single letter or digit finds only itself.
create function app.prefix_query(_prefix text, _word text) returns tsquery;

-- The query for an organization's words that begin with a word.
create function app.org_prefix_query(_org uuid, _word text) returns tsquery;

-- Which of some queries match words, a bit each.
create function app.matching_queries(_words tsvector, _queries tsquery[]) returns bigint;

-- A conversation's words: of its newest texts only, so many that the close of a conversation of any length takes a
-- moment.
create function app.conversation_words(_org uuid, _conversation uuid, _staff boolean) returns tsvector;

-- Puts a closed conversation into the index, or anew. Its words include notes, which not everybody may read who may
-- close: they are gathered as the system, in the same organization, and the asker's role is set again. (An error ends
-- the transaction, and with it the setting.)
create function app.index_conversation(_org uuid, _conversation uuid) returns void;

-- A conversation is closed, whatever statement does it.
create function app.index_closed_conversation() returns trigger;

-- A message is changed, or a tag set or removed, after the close.
create function app.reindex_conversation() returns trigger;

-- Closed conversations that have one of the rare words, those with the most of all words first. A security-definer
-- function, though the tenant is known: under row-level security Postgres uses an index for nothing but operators that
-- are marked leakproof, and @@ is not. It narrows itself as the policies do, and returns ids, which its caller looks up
-- under the policies.
create function app.door_search_archive(_rare text[], _words text[], _customer uuid, _website uuid, _group uuid, _agent
  uuid, _agent_name text, _tag uuid, _from timestamptz, _until timestamptz, _most integer) returns
  table(conversation_id uuid, matches integer, closed_at timestamptz) security definer;

------------------------------------------------------------------------------------------------------------------------
-- Language model
------------------------------------------------------------------------------------------------------------------------

-- The language model of an organization that has one; its key is encrypted with the installation's secret.
create table language_models (
  org_id    uuid not null,
  base_url  text not null,
  key       bytea not null,
  model     text not null,
  enabled   boolean not null,
  automatic boolean not null, -- drafts without being asked, where no entry is sure
  mask      boolean not null, -- addresses and numbers of persons are not sent to it
  budget    bigint not null, -- tokens a month
  primary key (org_id),
  foreign key (org_id) references organizations(id),
  check ((length(base_url) >= 1) and (length(base_url) <= 500)),
  check ((budget >= 0) and (budget <= '1000000000000'::bigint)),
  check ((length(model) >= 1) and (length(model) <= 200))
);
-- tenant
create policy staff_only on language_models as restrictive to parley_app using ((select app.is_staff()));
create policy unlimited_delete on language_models as restrictive for delete to parley_app using (((select
  app.permitted_customers()) is null));
create policy unlimited_insert on language_models as restrictive for insert to parley_app with check (((select
  app.permitted_customers()) is null));
create policy unlimited_update on language_models as restrictive for update to parley_app using (((select
  app.permitted_customers()) is null));
grant select, insert, update (base_url, key, model, enabled, automatic, mask, budget), delete on language_models to
  parley_app;

create table language_model_usage (
  org_id uuid not null,
  month  date not null,
  tokens bigint not null default 0, -- reserved before each request, corrected after it
  calls  integer not null default 0,
  primary key (org_id, month),
  foreign key (org_id) references organizations(id)
);
-- tenant
create policy staff_only on language_model_usage as restrictive to parley_app using ((select app.is_staff()));
grant select, insert, update (tokens, calls) on language_model_usage to parley_app;

------------------------------------------------------------------------------------------------------------------------
-- Forms of the management pages
------------------------------------------------------------------------------------------------------------------------

-- Forms that were saved, by a hash of the form's id, its fields and who sent it. The row is written in the transaction
-- of the change, so that of two that come at the same time one waits, and then does nothing. Rows of more than a day
-- are removed by the next ones.
create table submitted_forms (
  org_id uuid not null,
  hash   bytea not null,
  answer text not null default '', -- to which address the first was redirected; empty: unknown yet
  at     timestamptz not null default now(),
  primary key (org_id, hash),
  foreign key (org_id) references organizations(id),
  check (length(answer) <= 2000),
  check (length(hash) = 32)
);
create index submitted_forms_by_age on submitted_forms (org_id, at);
-- tenant
create policy system_only on submitted_forms as restrictive to parley_app using (((select app.role()) = 'system'));
grant select, insert, update (answer), delete on submitted_forms to parley_app;

-- Who has changed which fields of which form, so that whoever saves something that was changed meanwhile learns by
-- whom. The values are not in it. Rows of more than a week are removed by the next ones.
create table form_edits (
  org_id  uuid not null,
  id      uuid not null,
  form    text not null, -- the address to which the form is sent
  user_id uuid not null,
  fields  text[] not null,
  at      timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id) references organizations(id),
  foreign key (org_id, user_id) references users(org_id, id) on delete cascade,
  check (cardinality(fields) <= 1000),
  check (length(form) <= 500)
);
create index form_edits_of_form on form_edits (org_id, form, at);
create index form_edits_by_age on form_edits (org_id, at);
-- tenant
create policy system_only on form_edits as restrictive to parley_app using (((select app.role()) = 'system'));
grant select, insert, delete on form_edits to parley_app;

------------------------------------------------------------------------------------------------------------------------
-- Rows that come with an organization and with a user
------------------------------------------------------------------------------------------------------------------------

create function app.add_organization_defaults() returns trigger;

create function app.add_agent() returns trigger;

------------------------------------------------------------------------------------------------------------------------
-- Security-definer functions
------------------------------------------------------------------------------------------------------------------------

-- The website of a widget's key, with where it may be shown, the groups that answer for it, what it and the levels
-- above it set, and the key that signs its visitors.
create function app.door_find_website(_key text) returns table(org_id uuid, website_id uuid, customer_id uuid, name
  text, hosts text[], groups jsonb, settings jsonb, identity_key text) security definer;

-- A user who can log in, with its organization and the customers to which it is limited.
create function app.door_find_user(_id uuid) returns table(org_id uuid, org_name text, user_id uuid, name text, email
  text, role text, customer_id uuid, session_epoch integer, limited boolean, customers uuid[]) security definer;

-- With what a password that is typed for an address is to be hashed (empty: nobody has the address), and whether
-- somebody has proven to own the address.
create function app.door_email_status(_email text) returns table(prefix text, verified boolean) security definer;

-- The users that an address and the hash of its password open. more says that the address has identities with other
-- salts, on which the password was not tried yet.
create function app.door_log_in(_email text, _hash text) returns table(identity_id uuid, org_id uuid, org_name text,
  user_id uuid, more boolean) security definer;

-- The users of an address, whatever their password: for the program itself.
create function app.door_users_by_email(_email text) returns table(org_id uuid, org_name text, user_id uuid) security
  definer;

-- The identities of an address with other salts than the one that was just entered.
create function app.door_untried_identities(_identity uuid) returns table(identity_id uuid, password_hash text)
  security definer;

-- Records that the password of an identity was tried on another one of its address. If it was right, both become one.
create function app.door_record_identity_try(_identity uuid, _other uuid, _matched boolean) returns void security
  definer;

-- Gives a user of the scope's organization an identity: the one with this password, or a new one. If the address is
-- proven and somebody has proven it before, that one's: the password must be its own, unless it is null (none was asked
-- for). Returns 'matched', 'new' or 'wrong'; 'wrong' has changed nothing. PAR03: the address has got another salt since
-- it was asked for.
create function app.door_join_identity(_identity uuid, _email text, _hash text, _proven boolean, _user uuid) returns
  text security definer;

-- Whether an owner who can log in has proven the address: until then an organization may send few mails.
create function app.door_organization_verified(_org uuid) returns boolean security definer;

-- An invitation that can still be accepted.
create function app.door_find_invitation(_token_hash bytea) returns table(org_id uuid, org_name text, invitation_id
  uuid, email text, role text, verifies_email boolean) security definer;

-- What a link for a new password stands for: one user of an organization, or (without organization and user) an
-- address.
create function app.door_find_reset(_token_hash bytea) returns table(org_id uuid, user_id uuid, email text,
  verifies_email boolean) security definer;

-- Stores a link for an address that can log in somewhere, and returns whether it did.
create function app.door_create_address_reset(_token_hash bytea, _email text, _verifies_email boolean, _seconds_long
  integer) returns boolean security definer;

-- A link that was mailed to the address, and the operator's, stand for all of the address: all its users get one
-- identity. A link that somebody of an organization was shown may change who that organization's user is, and nothing
-- else: the user goes to the identity that has this password, or keeps its own if that is nobody else's, or gets a new
-- one.
create function app.door_set_password(_token_hash bytea, _identity uuid, _hash text) returns table(org_id uuid,
  org_name text, user_id uuid, enabled boolean, matched boolean) security definer;

-- Stores what somebody wants to create, and returns whether the address is proven already.
create function app.door_create_signup(_token_hash bytea, _email text, _organization text, _name text, _seconds_long
  integer) returns boolean security definer;

-- A sign-up whose link is still good.
create function app.door_find_signup(_token_hash bytea) returns table(email text, organization text, name text,
  verified boolean) security definer;

-- Uses a sign-up's link up; false if it was no longer good.
create function app.door_use_signup(_token_hash bytea) returns boolean security definer;

-- The data of a session that has not expired.
create function app.door_find_session(_token text) returns bytea security definer;

-- Stores a session, and removes some that have expired.
create function app.door_save_session(_token text, _data bytea, _expires_at timestamptz) returns void security definer;

-- Ends a session.
create function app.door_delete_session(_token text) returns void security definer;

-- Counts one attempt and returns how many there were in the present window, and how long the window still lasts.
create function app.door_count_attempt(_key bytea, _seconds_long integer) returns table(attempts integer, seconds_left
  integer) security definer;

-- How many attempts were counted at each key in its present window, and how long that still lasts; counts nothing.
create function app.door_list_attempts(_keys bytea[]) returns table(place integer, attempts integer, seconds_left
  integer) security definer;

-- Counts a failure at each key. In one order, so that two never wait for each other; what has expired goes afterwards.
create function app.door_count_failures(_keys bytea[], _seconds_long integer) returns void security definer;

-- Says that a process runs for some seconds more (none: it ends), and returns whose desks were open at those that no
-- longer do, and in how many seconds the next one will be missed if it stays silent.
create function app.door_renew_lease(_instance uuid, _seconds_long integer) returns table(org_id uuid, user_id uuid,
  instance uuid, next_in double precision) security definer;

-- Organizations in which files are to be cleaned up: uploads older than any can last, and as old files that no message,
-- snippet or picture has.
create function app.door_organizations_to_clean(_seconds integer) returns table(org_id uuid) security definer;

-- Whether the work of a form that somebody without a log-in has sent is to be done now; if it was done, what was
-- answered. Work that has been under way for a minute has failed.
create function app.door_begin_form(_hash bytea) returns table(fresh boolean, answer text) security definer;

-- Stores what was answered; an empty answer says that nothing was done.
create function app.door_answer_form(_hash bytea, _answer text) returns void security definer;

------------------------------------------------------------------------------------------------------------------------
-- Later migrations
------------------------------------------------------------------------------------------------------------------------

-- What somebody changed, written in the transaction of the change. Nobody changes or deletes a row; there is no right
-- to.
create table events (
  org_id       uuid not null,
  id           uuid not null,
  number       bigint, -- from 1, without gaps, in the order of commits; null until its transaction commits
  at           timestamptz not null default now(),
  actor_id     uuid, -- null: the system
  actor_name   text not null default '', -- at that time
  actor_role   text not null,
  kind         text not null, -- app/platform/events/kinds.go
  subject_type text not null,
  subject_id   uuid, -- null: the organization itself, or several subjects
  subject_name text not null default '', -- at that time
  customer_id  uuid, -- whose it is; null: the whole organization's
  via          text not null,
  address      text not null default '', -- of the client
  user_agent   text not null default '',
  payload      jsonb not null default '{}',
  primary key (org_id, id),
  unique (org_id, number),
  foreign key (org_id) references organizations(id),
  check (length(actor_name) <= 200),
  check (actor_role = any (array['owner', 'manager', 'supervisor', 'agent', 'reviewer', 'system'])),
  check (length(address) <= 64),
  check ((kind ~ '^[a-z_]+\.[a-z_]+$') and (length(kind) <= 60)),
  check ((jsonb_typeof(payload) = 'object') and (length((payload)::text) <= 100000)),
  check (length(subject_name) <= 300),
  check ((subject_type ~ '^[a-z_]+$') and (length(subject_type) <= 40)),
  check (length(user_agent) <= 300),
  check (via = any (array['browser', 'api', 'import', 'command line', 'system']))
);
create index events_org_id_kind_number_idx on events (org_id, kind, number);
create index events_org_id_actor_id_number_idx on events (org_id, actor_id, number);
create index events_org_id_subject_id_number_idx on events (org_id, subject_id, number);
create index events_org_id_customer_id_number_idx on events (org_id, customer_id, number);
create index events_org_id_at_idx on events (org_id, at);
-- tenant
create policy own_name on events as restrictive for insert to parley_app with check (((select app.is_staff()) and
  (((select app.role()) = 'system') or (actor_id = (select app.actor_id())))));
create policy readable on events as restrictive for select to parley_app using ((((select app.role()) = any
  (array['system', 'owner', 'manager'])) and (((select app.permitted_customers()) is null) or (customer_id = any
  ((select app.permitted_customers())::uuid[])))));
create policy door on events for select to parley_door using (true);
create policy door_insert on events for insert to parley_door with check (true);
create policy door_update on events for update to parley_door using (true);
grant select, insert (org_id, id, actor_id, actor_name, actor_role, kind, subject_type, subject_id, subject_name,
  customer_id, via, address, user_agent, payload) on events to parley_app;
grant select (org_id, id), insert (org_id, id, actor_id, actor_name, actor_role, kind, subject_type, subject_id,
  subject_name, via, address, user_agent, payload), update (number) on events to parley_door;
create constraint trigger number_event after insert on events deferrable initially deferred for each row execute
  function app.door_number_event();

-- The number of each organization's newest event.
create table event_numbers (
  org_id uuid not null,
  last   bigint not null,
  primary key (org_id),
  foreign key (org_id) references organizations(id)
);
-- tenant
create policy system_only on event_numbers as restrictive to parley_app using (((select app.role()) = 'system'));
create policy door on event_numbers for select to parley_door using (true);
create policy door_insert on event_numbers for insert to parley_door with check (true);
create policy door_update on event_numbers for update to parley_door using (true);
grant select on event_numbers to parley_app;
grant select (org_id, last), insert (org_id, last), update (last) on event_numbers to parley_door;

-- Numbers an event when its transaction commits. The row of event_numbers is locked from here to the end of the commit,
-- so that numbers become visible in their order and a transaction that fails leaves no gap: who has read up to a number
-- has missed none before it. It runs as the last thing in the transaction and takes this lock last, so that it waits
-- for commits only and closes no circle of locks.
create function app.door_number_event() returns trigger security definer;

-- Sets the password by a link as app.door_set_password does, and records it for each user whom the link has changed.
create function app.door_reset_password(_token_hash bytea, _identity uuid, _hash text, _via text, _address text,
  _user_agent text) returns table(org_id uuid, org_name text, user_id uuid, enabled boolean, matched boolean) security
  definer;

-- Records that a log-in was refused, for the users of an address who have proven that it is theirs: whoever invited an
-- address to an organization of its own does not learn where its owner tries to log in.
create function app.door_record_refused_log_in(_email text, _reason text, _via text, _address text) returns void
  security definer;

------------------------------------------------------------------------------------------------------------------------
-- Later migrations
------------------------------------------------------------------------------------------------------------------------

------------------------------------------------------------------------------------------------------------------------
-- River's tables
------------------------------------------------------------------------------------------------------------------------

------------------------------------------------------------------------------------------------------------------------
-- What jobs refer to
------------------------------------------------------------------------------------------------------------------------

-- What somebody who is not logged in asked for: a new password for an address, or, with an organization, to create
-- that. A row is there until its mail was sent, whether or not anybody knows the address.
create table link_requests (
  id           uuid not null,
  email        text not null,
  organization text,
  name         text,
  created_at   timestamptz not null default now(),
  primary key (id),
  check ((organization is null) = (name is null)),
  check (((length(email) >= 3) and (length(email) <= 254)) and (email = lower(email))),
  check ((length(name) >= 1) and (length(name) <= 100)),
  check ((length(organization) >= 1) and (length(organization) <= 200))
);
-- of no tenant: no policies
grant select, insert, update, delete on link_requests to parley_door;

-- Transcripts that visitors want mailed. A row is there until its mail was sent.
create table transcript_requests (
  org_id          uuid not null,
  id              uuid not null,
  conversation_id uuid not null,
  email           text not null,
  created_at      timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, conversation_id) references conversations(org_id, id) on delete cascade,
  check ((length(email) >= 3) and (length(email) <= 254))
);
create index transcript_requests_org_id_conversation_id_idx on transcript_requests (org_id, conversation_id);
-- tenant
create policy system_only on transcript_requests as restrictive to parley_app using (((select app.role()) = 'system'));
grant select, insert, delete on transcript_requests to parley_app;

-- Stores what was asked for; false: too much waits.
create function app.door_create_link_request(_id uuid, _email text, _organization text, _name text) returns boolean
  security definer;

create function app.door_find_link_request(_id uuid) returns table(email text, organization text, name text) security
  definer;

create function app.door_delete_link_request(_id uuid) returns void security definer;

------------------------------------------------------------------------------------------------------------------------
-- Later migrations
------------------------------------------------------------------------------------------------------------------------

create function app.conversation_row(c conversations) returns setof conversation_rows;

create function app.message_row(m messages) returns setof message_rows;

------------------------------------------------------------------------------------------------------------------------
-- Later migrations
------------------------------------------------------------------------------------------------------------------------

create table settings (
  org_id      uuid not null,
  customer_id uuid, -- null: the organization's
  website_id  uuid, -- null: the customer's, or the organization's
  section     text not null,
  value       jsonb not null, -- by field
  version     integer not null default 1, -- counts the changes
  updated_at  timestamptz not null default now(),
  unique nulls not distinct (org_id, customer_id, website_id, section),
  foreign key (org_id, customer_id) references customers(org_id, id),
  foreign key (org_id, customer_id, website_id) references websites(org_id, customer_id, id) on delete cascade,
  foreign key (org_id) references organizations(id),
  check ((website_id is null) or (customer_id is not null)),
  check (section ~ '^[a-z_]{1,40}$'),
  check ((jsonb_typeof(value) = 'object') and (length((value)::text) <= 200000))
);
-- tenant
create policy inherited_by_all_delete on settings as restrictive for delete to parley_app using (((customer_id is not
  null) or ((select app.permitted_customers()) is null)));
create policy inherited_by_all_insert on settings as restrictive for insert to parley_app with check (((customer_id is
  not null) or ((select app.permitted_customers()) is null)));
create policy inherited_by_all_update on settings as restrictive for update to parley_app using (((customer_id is not
  null) or ((select app.permitted_customers()) is null)));
create policy managers_only_delete on settings as restrictive for delete to parley_app using (((select app.role()) =
  any (array['owner', 'manager', 'system'])));
create policy managers_only_insert on settings as restrictive for insert to parley_app with check (((select app.role())
  = any (array['owner', 'manager', 'system'])));
create policy managers_only_update on settings as restrictive for update to parley_app using (((select app.role()) =
  any (array['owner', 'manager', 'system'])));
create policy permitted on settings as restrictive to parley_app using (((customer_id is null) or coalesce((customer_id
  = any ((select app.permitted_customers())::uuid[])), true)));
create policy staff_only on settings as restrictive to parley_app using ((select app.is_staff()));
create policy door on settings for select to parley_door using (true);
grant select, insert, update (value, version, updated_at), delete on settings to parley_app;
grant select (org_id, customer_id, website_id, section, value) on settings to parley_door;

------------------------------------------------------------------------------------------------------------------------
-- Later migrations
------------------------------------------------------------------------------------------------------------------------

------------------------------------------------------------------------------------------------------------------------
-- Later migrations
------------------------------------------------------------------------------------------------------------------------

------------------------------------------------------------------------------------------------------------------------
-- Later migrations
------------------------------------------------------------------------------------------------------------------------
