-- Events: facts stored with the change (docs/decisions/0042-events-are-stored-with-the-change.md).

-- +goose Up

-- What somebody changed, written in the transaction of the change. Nobody changes or deletes a row; there is no right to.
create table events (
  org_id       uuid not null references organizations,
  id           uuid not null,
  number       bigint,                                 -- from 1, without gaps, in the order of commits; null until its transaction commits
  at           timestamptz not null default now(),
  actor_id     uuid,                                   -- null: the system
  actor_name   text not null default '' check (length(actor_name) <= 200), -- at that time
  actor_role   text not null check (actor_role in ('owner', 'manager', 'supervisor', 'agent', 'reviewer', 'system')),
  kind         text not null check (kind ~ '^[a-z_]+\.[a-z_]+$' and length(kind) <= 60),  -- app/platform/events/kinds.go
  subject_type text not null check (subject_type ~ '^[a-z_]+$' and length(subject_type) <= 40),
  subject_id   uuid,                                   -- null: the organization itself, or several subjects
  subject_name text not null default '' check (length(subject_name) <= 300), -- at that time
  customer_id  uuid,                                   -- whose it is; null: the whole organization's
  via          text not null check (via in ('browser', 'api', 'import', 'command line', 'system')),
  address      text not null default '' check (length(address) <= 64), -- of the client
  user_agent   text not null default '' check (length(user_agent) <= 300),
  payload      jsonb not null default '{}' check (jsonb_typeof(payload) = 'object' and length(payload::text) <= 100000),
  primary key (org_id, id),
  unique (org_id, number)
);
create index on events (org_id, kind, number);
create index on events (org_id, actor_id, number);
create index on events (org_id, subject_id, number);
create index on events (org_id, customer_id, number);
create index on events (org_id, at);
call app.protect_tenant('events');
-- Read by owners and managers; by a manager who is limited to customers only what is theirs.
create policy readable on events as restrictive for select to parley_app
  using ((select app.role()) in ('system', 'owner', 'manager')
    and ((select app.permitted_customers()) is null or customer_id = any ((select app.permitted_customers())::uuid[])));
-- Written by staff, each in its own name; the system writes in the name of whoever it acts for.
create policy own_name on events as restrictive for insert to parley_app
  with check ((select app.is_staff()) and ((select app.role()) = 'system' or actor_id = (select app.actor_id())));
grant select on events to parley_app;
grant insert (org_id, id, actor_id, actor_name, actor_role, kind, subject_type, subject_id, subject_name, customer_id, via, address,
    user_agent, payload)
  on events to parley_app;
grant select (org_id, id) on events to parley_door;
grant update (number) on events to parley_door;
grant insert (org_id, id, actor_id, actor_name, actor_role, kind, subject_type, subject_id, subject_name, via, address, user_agent,
    payload)
  on events to parley_door;
create policy door on events for select to parley_door using (true);
create policy door_update on events for update to parley_door using (true) with check (true);
create policy door_insert on events for insert to parley_door with check (true);

-- The number of each organization's newest event.
create table event_numbers (
  org_id uuid primary key references organizations,
  last   bigint not null
);
call app.protect_tenant('event_numbers');
call app.restrict_to_system('event_numbers');
grant select on event_numbers to parley_app;
grant select (org_id, last), insert (org_id, last), update (last) on event_numbers to parley_door;
create policy door on event_numbers for select to parley_door using (true);
create policy door_insert on event_numbers for insert to parley_door with check (true);
create policy door_update on event_numbers for update to parley_door using (true) with check (true);

-- Numbers an event when its transaction commits. The row of event_numbers is locked from here to the end of the commit, so that numbers
-- become visible in their order and a transaction that fails leaves no gap: who has read up to a number has missed none before it. It
-- runs as the last thing in the transaction and takes this lock last, so that it waits for commits only and closes no circle of locks.
-- +goose StatementBegin
create function app.door_number_event() returns trigger
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  next_number bigint;
begin
  insert into event_numbers as n (org_id, last) values (new.org_id, 1)
    on conflict (org_id) do update set last = n.last + 1
    returning n.last into next_number;
  update events e set number = next_number where e.org_id = new.org_id and e.id = new.id;
  return null;
end
$$;
-- +goose StatementEnd
create constraint trigger number_event after insert on events
  deferrable initially deferred
  for each row execute function app.door_number_event();

-- Sets the password by a link as app.door_set_password does, and records it for each user whom the link has changed.
-- +goose StatementBegin
create function app.door_reset_password(_token_hash bytea, _identity uuid, _hash text, _via text, _address text, _user_agent text)
  returns table (org_id uuid, org_name text, user_id uuid, enabled boolean, matched boolean)
  language plpgsql volatile security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  changed record;
begin
  for changed in select d.org_id, d.org_name, d.user_id, d.enabled, d.matched from app.door_set_password(_token_hash, _identity, _hash) d loop
    insert into events (org_id, id, actor_id, actor_name, actor_role, kind, subject_type, subject_id, subject_name, via, address, user_agent)
      select u.org_id, gen_random_uuid(), u.id, u.name, u.role, 'password.changed', 'member', u.id, u.name, _via, _address, _user_agent
      from users u
      where u.org_id = changed.org_id and u.id = changed.user_id;
    return query select changed.org_id, changed.org_name, changed.user_id, changed.enabled, changed.matched;
  end loop;
end
$$;
-- +goose StatementEnd

-- Records that a log-in was refused, for the users of an address who have proven that it is theirs: whoever invited an address to an
-- organization of its own does not learn where its owner tries to log in.
create function app.door_record_refused_log_in(_email text, _reason text, _via text, _address text) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ insert into events (org_id, id, actor_role, kind, subject_type, subject_id, subject_name, via, address, payload)
          select u.org_id, gen_random_uuid(), 'system', 'session.refused', 'member', u.id, u.name, _via, left(_address, 64),
            jsonb_build_object('after', jsonb_build_object('email', _email, 'reason', _reason))
          from identities i
          join memberships m on m.identity_id = i.id
          join users u on u.org_id = m.org_id and u.id = m.user_id
          where i.email = _email and i.verified_at is not null and u.disabled_at is null
          order by u.org_id
          limit 20 $$;

grant create on schema app to parley_door;
alter function app.door_number_event() owner to parley_door;
alter function app.door_reset_password(bytea, uuid, text, text, text, text) owner to parley_door;
alter function app.door_record_refused_log_in(text, text, text, text) owner to parley_door;
revoke all on function app.door_reset_password(bytea, uuid, text, text, text, text), app.door_record_refused_log_in(text, text, text, text)
  from public;
grant execute on function app.door_reset_password(bytea, uuid, text, text, text, text), app.door_record_refused_log_in(text, text, text, text)
  to parley_app;
revoke create on schema app from parley_door;

-- +goose Down
drop function app.door_reset_password(bytea, uuid, text, text, text, text);
drop function app.door_record_refused_log_in(text, text, text, text);
drop table events;
drop table event_numbers;
drop function app.door_number_event();
