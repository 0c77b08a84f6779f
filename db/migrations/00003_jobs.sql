-- Work for later (docs/decisions/0041-work-for-later-is-a-job-in-the-database.md): the tables of riverqueue/river as of its version 8, in a
-- schema of their own, and what jobs refer to that is stored nowhere else.

-- +goose Up

------------------------------------------------------------------------------------------------------------------------
-- River's tables
------------------------------------------------------------------------------------------------------------------------
-- They hold ids and no other data of tenants (app/platform/jobs checks that), so they have no organization and no policies.

create schema jobs;
grant usage on schema jobs to parley_app;

create type jobs.river_job_state as enum ('available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled');

create table jobs.river_job (
  id            bigserial primary key,
  state         jobs.river_job_state not null default 'available',
  attempt       smallint not null default 0,
  max_attempts  smallint not null default 25,
  attempted_at  timestamptz,
  created_at    timestamptz not null default now(),
  finalized_at  timestamptz,
  scheduled_at  timestamptz not null default now(),
  priority      smallint not null default 1,
  args          jsonb not null,
  attempted_by  text[],
  errors        jsonb[],
  kind          text not null,
  metadata      jsonb not null default '{}',
  queue         text not null default 'default',
  tags          varchar(255)[] not null default '{}',
  unique_key    bytea,
  unique_states bit(8),
  constraint finalized_or_finalized_at_null check ((finalized_at is null and state not in ('cancelled', 'completed', 'discarded'))
    or (finalized_at is not null and state in ('cancelled', 'completed', 'discarded'))),
  constraint max_attempts_is_positive check (max_attempts > 0),
  constraint priority_in_range check (priority >= 1 and priority <= 4),
  constraint queue_length check (char_length(queue) > 0 and char_length(queue) < 128),
  constraint kind_length check (char_length(kind) > 0 and char_length(kind) < 128)
);

create function jobs.river_job_state_in_bitmask(bitmask bit(8), state jobs.river_job_state) returns boolean
  language sql immutable
  as $$ select case state
          when 'available' then get_bit(bitmask, 7)
          when 'cancelled' then get_bit(bitmask, 6)
          when 'completed' then get_bit(bitmask, 5)
          when 'discarded' then get_bit(bitmask, 4)
          when 'pending' then get_bit(bitmask, 3)
          when 'retryable' then get_bit(bitmask, 2)
          when 'running' then get_bit(bitmask, 1)
          when 'scheduled' then get_bit(bitmask, 0)
          else 0
        end = 1 $$;

create index river_job_kind on jobs.river_job (kind);
create index river_job_state_and_finalized_at_index on jobs.river_job (state, finalized_at) where finalized_at is not null;
create index river_job_prioritized_fetching_index on jobs.river_job (state, queue, priority, scheduled_at, id);
create unique index river_job_unique_idx on jobs.river_job (unique_key)
  where unique_key is not null and unique_states is not null and jobs.river_job_state_in_bitmask(unique_states, state);

create unlogged table jobs.river_leader (
  elected_at timestamptz not null,
  expires_at timestamptz not null,
  leader_id  text not null,
  name       text primary key default 'default',
  constraint name_length check (name = 'default'),
  constraint leader_id_length check (char_length(leader_id) > 0 and char_length(leader_id) < 128)
);

create table jobs.river_queue (
  name       text primary key not null,
  created_at timestamptz not null default now(),
  metadata   jsonb not null default '{}',
  paused_at  timestamptz,
  updated_at timestamptz not null default current_timestamp
);

grant select, insert, update, delete on jobs.river_job, jobs.river_leader, jobs.river_queue to parley_app;
grant usage on sequence jobs.river_job_id_seq to parley_app;

------------------------------------------------------------------------------------------------------------------------
-- What jobs refer to
------------------------------------------------------------------------------------------------------------------------

-- The worker makes the secret of a mailed link when it sends the mail, so that no secret waits anywhere.
grant update (token_hash) on invitations, password_resets to parley_app;

-- What somebody who is not logged in asked for: a new password for an address, or, with an organization, to create that. A row is
-- there until its mail was sent, whether or not anybody knows the address.
create table link_requests (
  id           uuid primary key,
  email        text not null check (length(email) between 3 and 254 and email = lower(email)),
  organization text check (length(organization) between 1 and 200),
  name         text check (length(name) between 1 and 100),
  created_at   timestamptz not null default now(),
  check ((organization is null) = (name is null))
);
grant select, insert, update, delete on link_requests to parley_door;

-- Transcripts that visitors want mailed. A row is there until its mail was sent.
create table transcript_requests (
  org_id          uuid not null,
  id              uuid not null,
  conversation_id uuid not null,
  email           text not null check (length(email) between 3 and 254),
  created_at      timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, conversation_id) references conversations on delete cascade
);
create index on transcript_requests (org_id, conversation_id);
call app.protect_tenant('transcript_requests');
call app.restrict('transcript_requests', 'system_only', '(select app.role()) = ''system''');
grant select, insert, delete on transcript_requests to parley_app;

-- Stores what was asked for; false: too much waits.
-- +goose StatementBegin
create function app.door_create_link_request(_id uuid, _email text, _organization text, _name text) returns boolean
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from link_requests where id in
          (select r.id from link_requests r where r.created_at < now() - interval '1 day' limit 10 for update skip locked);
        with created as (
          insert into link_requests (id, email, organization, name)
            select _id, _email, _organization, _name
            where (select count(*) from (select from link_requests limit 2000) waiting) < 2000
            returning 1)
        select exists (select from created) $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function app.door_find_link_request(_id uuid) returns table (email text, organization text, name text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select r.email, coalesce(r.organization, ''), coalesce(r.name, '') from link_requests r where r.id = _id $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function app.door_delete_link_request(_id uuid) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from link_requests where id = _id $$;
-- +goose StatementEnd

grant create on schema app to parley_door;
-- +goose StatementBegin
do $$
declare f regprocedure;
begin
  for f in select p.oid from pg_proc p where p.pronamespace = 'app'::regnamespace and p.proname like 'door\_%\_link\_request' loop
    execute format('alter function %s owner to parley_door', f);
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to parley_app', f);
  end loop;
end
$$;
-- +goose StatementEnd
revoke create on schema app from parley_door;

-- +goose Down
drop function app.door_create_link_request(uuid, text, text, text);
drop function app.door_find_link_request(uuid);
drop function app.door_delete_link_request(uuid);
drop table transcript_requests;
drop table link_requests;
revoke update (token_hash) on invitations, password_resets from parley_app;
drop schema jobs cascade;
