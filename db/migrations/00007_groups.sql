-- Groups with a line each, agents' availability and what is learned of them, and how conversations change hands.

-- +goose Up

-- What is there already is given a group; the owner of the tables sees it only while row-level security is not forced on it.
alter table organizations no force row level security;
alter table users no force row level security;
alter table conversations no force row level security;

create table groups (
  org_id         uuid not null references organizations,
  id             uuid not null,
  name           text not null check (length(name) between 1 and 100),
  main           boolean not null default false,     -- takes what no other group is named for
  everyone       boolean not null default false,     -- all who may answer belong to it
  automatic      boolean not null default true,      -- conversations are given to agents; else they take them
  picking        boolean not null default true,      -- agents may choose from the line; else they take the next
  priority       smallint not null default 0 check (priority between -2 and 2), -- each step doubles what a wait counts for
  overflow_id    uuid,                               -- the group that takes over when nobody of this one can
  overflow_after integer not null default 60 check (overflow_after between 0 and 86400), -- seconds of waiting
  time_zone      text not null default 'UTC' check (length(time_zone) <= 64),
  hours          jsonb not null default '[]',        -- by weekday from Sunday: [[540, 1080], ...] minutes of the day; [] always
  holidays       text[] not null default '{}',      -- days without hours: 2026-12-24, or --12-25 every year
  work           double precision not null default 30,  -- app/queue/estimate.go says what these are
  replies        double precision not null default 10,
  think          double precision not null default 60,
  messages       double precision not null default 10,
  talk           double precision not null default 480, -- seconds from assignment to close
  talks          double precision not null default 5,
  created_at     timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, name),
  foreign key (org_id, overflow_id) references groups
);
create unique index one_main_group on groups (org_id) where main;

insert into groups (org_id, id, name, main, everyone) select id, gen_random_uuid(), 'General', true, true from organizations;
grant select, insert, delete on groups to parley_app;
grant update (name, everyone, automatic, picking, priority, overflow_id, overflow_after, time_zone, hours, holidays,
  work, replies, think, messages, talk, talks) on groups to parley_app;

-- Who belongs to a group that is not everyone's.
create table group_members (
  org_id   uuid not null,
  group_id uuid not null,
  user_id  uuid not null,
  helper   boolean not null default false,              -- answers when nobody of the first line can
  cap      integer check (cap between 1 and 1000000),   -- conversations of this group at once; null: as many as the agent may have
  primary key (org_id, group_id, user_id),
  foreign key (org_id, group_id) references groups on delete cascade,
  foreign key (org_id, user_id) references users
);
create index on group_members (org_id, user_id);
call app.lock_down('group_members', 'org_id');
call app.staff_only('group_members');
grant select, insert, update (helper, cap), delete on group_members to parley_app;

-- A user's availability, and what is learned of its work.
create table agents (
  org_id           uuid not null,
  user_id          uuid not null,
  status           text not null default 'offline' check (status in ('online', 'away', 'offline')),
  chosen           boolean not null default false, -- offline by choice: opening the desk does not bring it online
  status_at        timestamptz not null default now(),
  hard_cap         integer not null default 8 check (hard_cap between 1 and 1000000),
  open_chats       integer not null default 0 check (open_chats >= 0), -- kept by assigned() below
  came_online      timestamptz,
  last_reply_at    timestamptz,
  last_assigned_at timestamptz,
  suspect_since    timestamptz, -- shows no sign of life: gets nothing new
  took             double precision not null default 0,
  expected         double precision not null default 0,
  busy             double precision not null default 0,
  online           double precision not null default 0,
  busy_at          timestamptz not null default now(),
  primary key (org_id, user_id),
  foreign key (org_id, user_id) references users
);
insert into agents (org_id, user_id, open_chats)
  select u.org_id, u.id, (select count(*) from conversations c where c.org_id = u.org_id and c.agent_id = u.id and c.state = 'open') from users u;
update agents set hard_cap = greatest(hard_cap, open_chats);
call app.lock_down('agents', 'org_id');
call app.staff_only('agents');
grant select, insert on agents to parley_app;
grant update (status, chosen, status_at, hard_cap, open_chats, came_online, last_reply_at, last_assigned_at, suspect_since, took, expected, busy, online, busy_at)
  on agents to parley_app;
alter table agents set (fillfactor = 50);

-- An agent's speed in one group, on top of its own.
create table agent_speeds (
  org_id   uuid not null,
  user_id  uuid not null,
  group_id uuid not null,
  took     double precision not null default 0,
  expected double precision not null default 0,
  replies  integer not null default 0,
  primary key (org_id, user_id, group_id),
  foreign key (org_id, user_id) references agents,
  foreign key (org_id, group_id) references groups on delete cascade
);
call app.lock_down('agent_speeds', 'org_id');
call app.staff_only('agent_speeds');
grant select, insert, update (took, expected, replies) on agent_speeds to parley_app;

-- How often conversations of a customer begin: fading counts.
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
call app.lock_down('arrivals', 'org_id');
call app.staff_only('arrivals');
grant select, insert, update (short, long, at) on arrivals to parley_app;

-- The organization's settings of routing, and when it was last done.
create table routing (
  org_id       uuid primary key references organizations,
  hand_back    integer not null default 240 check (hand_back between 0 and 86400), -- seconds an agent who is away may finish
  former_hours integer not null default 24 check (former_hours between 0 and 8760), -- a visitor who returns within goes to its former agent
  round_at     timestamptz,
  took_back_at timestamptz
);
insert into routing (org_id) select id from organizations;
call app.lock_down('routing', 'org_id');
call app.staff_only('routing');
grant select, insert, update (hand_back, former_hours, round_at, took_back_at) on routing to parley_app;

-- Where an agent's desks are open. A process says of itself that it lives (app.door_lease); when it no longer does, so do its
-- desks.
create table presence (
  org_id   uuid not null,
  user_id  uuid not null,
  instance uuid not null,
  primary key (org_id, user_id, instance),
  foreign key (org_id, user_id) references agents
);
create index on presence (instance);
call app.lock_down('presence', 'org_id');
call app.staff_only('presence');
grant select, insert, delete on presence to parley_app;
create table instances (
  id         uuid primary key,
  expires_at timestamptz not null
);

-- Which groups answer for a website; where there are several, the visitor chooses.
create table subjects (
  org_id     uuid not null,
  website_id uuid not null,
  group_id   uuid not null,
  place      integer not null default 0,
  priority   smallint not null default 0 check (priority between -2 and 2),
  labels     jsonb not null default '{}', -- by language: what the visitor reads; without one, the group's name
  primary key (org_id, website_id, group_id),
  foreign key (org_id, website_id) references websites on delete cascade,
  foreign key (org_id, group_id) references groups on delete cascade
);
call app.lock_down('subjects', 'org_id');
call app.staff_only('subjects');
grant select, insert, update (place, priority, labels), delete on subjects to parley_app;

alter table customers add share integer check (share between 1 and 1000000); -- conversations at once; null: no limit
grant update (share) on customers to parley_app;
alter table visitors add email text not null default '' check (length(email) <= 254);
grant update (name, email) on visitors to parley_app;

alter table conversations
  add group_id      uuid,
  add came_by       text not null default 'visitor', -- how it came where it is
  add line_since    timestamptz,                     -- its place in line: since when its wait counts
  add lost          boolean not null default false,  -- it has lost its agent
  add former_id     uuid,                            -- the agent it had, or its visitor's last one
  add replied_at    timestamptz,                     -- the last reply
  add answered_from timestamptz,                     -- and since when the visitor had waited for that; null: it did not
  add think         real not null default 0,         -- seconds the visitor took to write after replies, and how often
  add thinks        integer not null default 0,
  add thought       real,                            -- the last of them
  add taken_back    smallint not null default 0,
  add taken_from    uuid,
  add taken_at      timestamptz,
  add offered_to    uuid,                            -- whom it is offered to
  add offered_until timestamptz,
  add offer_note    text not null default '';        -- who offers it, and why
update conversations c set group_id = (select g.id from groups g where g.org_id = c.org_id and g.main), line_since = waiting_since,
  replied_at = case when state <> 'waiting' and waiting_since is null then last_at end;
-- Servers of the version before name neither group nor place in line.
-- +goose StatementBegin
create function app.main_group() returns uuid language sql stable as $$ select id from public.groups where org_id = app.org_id() and main $$;
-- +goose StatementEnd
alter table conversations alter group_id set not null, alter group_id set default app.main_group(), alter line_since set default now(),
  add foreign key (org_id, group_id) references groups,
  add foreign key (org_id, offered_to) references users;
grant update (group_id, came_by, line_since, lost, former_id, replied_at, answered_from, think, thinks, thought, taken_back, taken_from, taken_at,
  offered_to, offered_until, offer_note) on conversations to parley_app;
-- Not on what every message changes.
drop index conversations_line;
create index conversations_line on conversations (org_id, line_since, id) where state = 'waiting';
create index conversations_lines on conversations (org_id, group_id, website_id, line_since, id) where state = 'waiting';

-- Who has had a conversation, and why.
create table assignments (
  org_id          uuid not null,
  id              uuid not null default gen_random_uuid(),
  conversation_id uuid not null,
  group_id        uuid not null,
  agent_id        uuid not null,
  how             text not null,  -- routing, next, picked, assigned, accepted, taken over
  by_id           uuid,           -- whose act it was; null: routing's
  at              timestamptz not null default clock_timestamp(),
  why             jsonb,          -- app/queue/why.go
  ended_at        timestamptz,
  ended           text,           -- closed, or how it went on
  primary key (org_id, id),
  foreign key (org_id, conversation_id) references conversations,
  foreign key (org_id, group_id) references groups,
  foreign key (org_id, agent_id) references users
);
create index on assignments (org_id, conversation_id, at);
insert into assignments (org_id, conversation_id, group_id, agent_id, how, at)
  select org_id, id, group_id, agent_id, 'next', coalesce(assigned_at, created_at) from conversations where state = 'open';
call app.lock_down('assignments', 'org_id');
call app.staff_only('assignments');
grant select, insert, update (why, ended_at, ended) on assignments to parley_app;

-- Colleagues brought into a conversation, and supervisors who watch it.
create table guests (
  org_id          uuid not null,
  conversation_id uuid not null,
  user_id         uuid not null,
  may_write       boolean not null default false, -- to the visitor, too
  watching        boolean not null default false, -- came by itself
  by_id           uuid not null,
  at              timestamptz not null default now(),
  primary key (org_id, conversation_id, user_id),
  foreign key (org_id, conversation_id) references conversations,
  foreign key (org_id, user_id) references users
);
create index on guests (org_id, user_id);
call app.lock_down('guests', 'org_id');
call app.staff_only('guests');
grant select, insert, update (may_write, watching), delete on guests to parley_app;

call app.lock_down('groups', 'org_id');
call app.staff_only('groups');
alter table organizations force row level security;
alter table users force row level security;
alter table conversations force row level security;

-- What comes with an organization and with a user. The rows are of the scope's organization, as those are.
-- +goose StatementBegin
create function app.founded() returns trigger language plpgsql as $$
begin
  insert into public.groups (org_id, id, name, main, everyone) values (new.id, gen_random_uuid(), 'General', true, true);
  insert into public.routing (org_id) values (new.id);
  return null;
end
$$;
create function app.hired() returns trigger language plpgsql as $$
begin
  insert into public.agents (org_id, user_id) values (new.org_id, new.id);
  return null;
end
$$;

-- A conversation changes hands: whatever statement does it, the agent's number of conversations is right, no agent has more
-- than it may have, and who had it is kept. Rows are locked in the order conversations, agents.
create function app.assigned() returns trigger language plpgsql as $$
declare
  place record;
begin
  if old.state = 'open' then
    update public.agents set open_chats = open_chats - 1 where org_id = old.org_id and user_id = old.agent_id;
    update public.assignments set ended_at = clock_timestamp(), ended = case new.state when 'closed' then 'closed' else new.came_by end
      where org_id = old.org_id and conversation_id = old.id and ended_at is null;
    if new.state = 'closed' and old.assigned_at is not null then
      update public.groups set talk = talk + (least(extract(epoch from clock_timestamp() - old.assigned_at), 14400) - talk) / (least(talks, 100) + 1),
        talks = least(talks, 100) + 1 where org_id = old.org_id and id = old.group_id;
    end if;
  end if;
  if new.state = 'open' then
    update public.agents set open_chats = open_chats + 1, last_assigned_at = clock_timestamp()
      where org_id = new.org_id and user_id = new.agent_id and open_chats < hard_cap
        and (new.came_by <> 'routing' or status = 'online' and suspect_since is null);
    if not found then
      raise exception using errcode = 'PAR01', message = 'the agent cannot have another conversation';
    end if;
    if new.came_by = 'routing' then -- of a group it may answer for, within its limit there; the agent's row is locked
      select g.everyone, m.user_id is not null as member, m.cap into place
        from public.groups g left join public.group_members m on m.org_id = g.org_id and m.group_id = g.id and m.user_id = new.agent_id
        where g.org_id = new.org_id and g.id = new.group_id;
      if not (place.everyone or place.member) or place.cap is not null and place.cap <= (select count(*) from public.conversations c
          where c.org_id = new.org_id and c.agent_id = new.agent_id and c.state = 'open' and c.group_id = new.group_id and c.id <> new.id) then
        raise exception using errcode = 'PAR01', message = 'the agent cannot have another conversation of this group';
      end if;
    end if;
    insert into public.assignments (org_id, conversation_id, group_id, agent_id, how, by_id)
      values (new.org_id, new.id, new.group_id, new.agent_id, new.came_by, app.actor_id());
  end if;
  return null;
end
$$;
-- +goose StatementEnd
-- The name under which something is said: the agent's as the visitor sees it, or a guest's own.
-- +goose StatementBegin
create function app.author_name(_org uuid, _author text, _author_id uuid, _agent_id uuid, _agent_name text) returns text language plpgsql stable as $$
begin
  if _author <> 'agent' then
    return '';
  elsif _author_id = _agent_id then
    return _agent_name;
  end if;
  return (select u.name from public.users u where u.org_id = _org and u.id = _author_id);
end
$$;
-- +goose StatementEnd
create trigger founded after insert on organizations for each row execute function app.founded();
create trigger hired after insert on users for each row execute function app.hired();
create trigger assigned after update of state, agent_id on conversations for each row
  when (old.state <> new.state or old.agent_id is distinct from new.agent_id) execute function app.assigned();

-- The doors: a website's key now also leads to the groups that answer for it, and processes tell each other that they live.
grant create on schema app to parley_door;
grant select (org_id, id, name, main) on groups to parley_door;
grant select (org_id, website_id, group_id, place, labels) on subjects to parley_door;
grant select (org_id, user_id, instance) on presence to parley_door;
grant select, insert, update, delete on instances to parley_door;
create policy door on groups for select to parley_door using (true);
create policy door on subjects for select to parley_door using (true);
create policy door on presence for select to parley_door using (true);

drop function app.door_website(text);
create function app.door_website(_key text)
  returns table (org_id uuid, website_id uuid, customer_id uuid, name text, greeting text, typing_preview boolean, hosts text[], subjects jsonb)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select w.org_id, w.id, w.customer_id, w.name, w.greeting, w.typing_preview,
          array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id),
          coalesce((select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name, 'labels', s.labels) order by s.place, g.name)
              from subjects s join groups g on g.org_id = s.org_id and g.id = s.group_id where s.org_id = w.org_id and s.website_id = w.id),
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name)) from groups g where g.org_id = w.org_id and g.main))
        from websites w where w.key = _key $$;

-- Says that a process lives for some seconds more (none: it ends), and returns whose desks were open at those that no longer
-- do, and in how many seconds the next one will be missed if it stays silent.
-- +goose StatementBegin
create function app.door_lease(_instance uuid, _seconds_long integer)
  returns table (org_id uuid, user_id uuid, instance uuid, next_in double precision)
  language sql volatile security definer set search_path = public, pg_temp
  as $$ insert into instances (id, expires_at) values (_instance, clock_timestamp() + make_interval(secs => _seconds_long))
          on conflict (id) do update set expires_at = excluded.expires_at;
        delete from instances i where i.expires_at < now() - interval '1 hour' and not exists (select from presence p where p.instance = i.id);
        select p.org_id, p.user_id, p.instance, 0::double precision
          from presence p left join instances i on i.id = p.instance where i.id is null or i.expires_at <= clock_timestamp()
        union all
        select null, null, null, extract(epoch from min(i.expires_at) - clock_timestamp())::double precision
          from instances i where i.id <> _instance and i.expires_at > clock_timestamp() and exists (select from presence p where p.instance = i.id) $$;
-- +goose StatementEnd
-- +goose StatementBegin
do $$
declare f regprocedure;
begin
  for f in select p.oid from pg_proc p where p.pronamespace = 'app'::regnamespace and p.proname in ('door_website', 'door_lease') loop
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
drop function app.door_lease, app.door_website;
create function app.door_website(_key text)
  returns table (org_id uuid, website_id uuid, customer_id uuid, name text, greeting text, typing_preview boolean, hosts text[])
  language sql stable security definer set search_path = public, pg_temp
  as $$ select w.org_id, w.id, w.customer_id, w.name, w.greeting, w.typing_preview,
          array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id)
        from websites w where w.key = _key $$;
alter function app.door_website owner to parley_door;
revoke all on function app.door_website from public;
grant execute on function app.door_website to parley_app;
revoke create on schema app from parley_door;
drop trigger assigned on conversations;
drop trigger hired on users;
drop trigger founded on organizations;
drop function app.assigned, app.hired, app.founded, app.author_name;
drop table guests, assignments;
drop index conversations_lines, conversations_line;
create index conversations_line on conversations (org_id, waiting_since) where state = 'waiting';
alter table conversations drop group_id, drop line_since, drop came_by, drop lost, drop former_id, drop replied_at, drop answered_from,
  drop think, drop thinks, drop thought, drop taken_back, drop taken_from, drop taken_at, drop offered_to, drop offered_until, drop offer_note;
drop function app.main_group;
alter table visitors drop email;
revoke update (name) on visitors from parley_app;
alter table customers drop share;
drop table subjects, instances, presence, routing, arrivals, agent_speeds, agents, group_members, groups;
