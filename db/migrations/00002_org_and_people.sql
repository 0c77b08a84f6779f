-- Organizations, customers, websites, domains; users and how they come in.

-- +goose Up
create table organizations (
  id         uuid primary key,
  name       text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default now()
);
call app.lock_down('organizations', 'id');
call app.staff_only('organizations');
grant select, insert, update (name) on organizations to parley_app;

create table customers (
  org_id     uuid not null references organizations,
  id         uuid not null,
  name       text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, name)
);
call app.lock_down('customers', 'org_id');
create policy narrow on customers as restrictive to parley_app
  using ((select app.is_staff()) or id = (select app.customer_id()));
grant select, insert, update (name) on customers to parley_app;

create table websites (
  org_id         uuid not null,
  id             uuid not null,
  customer_id    uuid not null,
  key            text not null unique check (key ~ '^[a-z0-9]{16}$'),
  name           text not null check (length(name) between 1 and 200),
  greeting       text not null default '' check (length(greeting) <= 1000),
  typing_preview boolean not null default false, -- the agent sees the visitor's text while it is being typed
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, customer_id) references customers
);
create index on websites (org_id, customer_id);
call app.lock_down('websites', 'org_id');
create policy narrow on websites as restrictive to parley_app
  using ((select app.is_staff()) or customer_id = (select app.customer_id()) or id = (select app.website_id()))
  with check ((select app.is_staff()));
grant select, insert, update (name, greeting, typing_preview) on websites to parley_app;

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
call app.lock_down('domains', 'org_id');
call app.staff_only('domains');
grant select, insert, update (seen_at), delete on domains to parley_app;

create table users (
  org_id        uuid not null references organizations,
  id            uuid not null,
  email         text not null check (length(email) between 3 and 254 and email = lower(email)),
  name          text not null check (length(name) between 1 and 100),
  role          text not null check (role in ('owner', 'manager', 'supervisor', 'agent', 'reviewer')),
  customer_id   uuid check ((role = 'reviewer') = (customer_id is not null)),
  password_hash text not null,
  session_epoch integer not null default 0, -- raised to end all sessions of this user
  disabled_at   timestamptz,
  created_at    timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, email),
  foreign key (org_id, customer_id) references customers
);
create index on users (email);
create unique index on users (id);
call app.lock_down('users', 'org_id');
create policy narrow on users as restrictive to parley_app
  using ((select app.is_staff()) or id = (select app.actor_id()))
  with check ((select app.is_staff()));
grant select, insert, update (name, role, customer_id, password_hash, session_epoch, disabled_at) on users to parley_app;

create table invitations (
  org_id      uuid not null references organizations,
  id          uuid not null,
  email       text not null check (length(email) between 3 and 254),
  role        text not null check (role in ('owner', 'manager', 'supervisor', 'agent', 'reviewer')),
  customer_id uuid check ((role = 'reviewer') = (customer_id is not null)),
  token_hash  bytea not null unique,
  invited_by  uuid not null,
  expires_at  timestamptz not null,
  accepted_at timestamptz,
  created_at  timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, customer_id) references customers,
  foreign key (org_id, invited_by) references users
);
call app.lock_down('invitations', 'org_id');
call app.staff_only('invitations');
grant select, insert, update (accepted_at), delete on invitations to parley_app;

create table password_resets (
  org_id     uuid not null,
  id         uuid not null,
  user_id    uuid not null,
  token_hash bytea not null unique,
  expires_at timestamptz not null,
  used_at    timestamptz,
  created_at timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, user_id) references users on delete cascade
);
call app.lock_down('password_resets', 'org_id');
call app.staff_only('password_resets');
grant select, insert, update (used_at) on password_resets to parley_app;

-- Not of one tenant: a session is looked up before anyone is known. The application has no right on either table; it goes
-- through the doors. Tokens are kept hashed.
create table sessions (
  token      text primary key,
  data       bytea not null,
  expires_at timestamptz not null
);
create index on sessions (expires_at);
create table attempts (
  key       bytea primary key, -- hash of what is limited: an account, an address
  count     integer not null,
  resets_at timestamptz not null
);
create index on attempts (resets_at);

-- +goose Down
drop table attempts, sessions, password_resets, invitations, users, domains, websites, customers, organizations;
