-- Routing: what a decision is made from. All of it is read in one transaction, under the organization's lock.

-- name: LockRouting :exec
-- One round of an organization at a time, in whatever process, whoever holds this is the leader for some milliseconds. It is
-- waited for a second: a process that has vanished may hold it for longer, and other organizations' rounds wait for this one.
select set_config('lock_timeout', '1s', true), pg_advisory_xact_lock(7201, hashtext(app.org_id()::text));

-- name: RouteSettings :one
select hand_back, former_hours, round_at, took_back_at, clock_timestamp()::timestamptz as now,
  coalesce((select min(c.offered_until) from conversations c where c.state = 'waiting' and c.offered_until is not null), '9999-01-01')::timestamptz as offer_ends
from routing;

-- name: RouteGroups :many
select id, name, main, everyone, automatic, picking, priority, overflow_id, overflow_after, time_zone, hours, holidays,
  work, replies, think, messages, talk, talks
from groups order by main desc, lower(name), id;

-- name: RouteAgents :many
-- Everybody who is there, and who has conversations.
select a.user_id, u.name, a.status, a.chosen, a.status_at, a.hard_cap, a.open_chats, a.came_online, a.last_reply_at, a.last_assigned_at,
  a.suspect_since, a.took, a.expected, a.busy, a.online, a.busy_at, u.limited,
  array(select c.customer_id from user_customers c where c.org_id = u.org_id and c.user_id = u.id)::uuid[] as customers
from agents a join users u on u.org_id = a.org_id and u.id = a.user_id
where a.status <> 'offline' or a.open_chats > 0 order by a.user_id;

-- name: RoutePlaces :many
-- The groups that those who are there answer for.
select a.user_id, g.id as group_id, coalesce(m.helper, false)::boolean as helper, m.cap, coalesce(s.took, 0)::double precision as took,
  coalesce(s.expected, 0)::double precision as expected, coalesce(s.replies, 0)::integer as replies
from agents a
join users u on u.org_id = a.org_id and u.id = a.user_id and u.disabled_at is null and u.role <> 'reviewer'
join groups g on g.org_id = a.org_id
left join group_members m on m.org_id = g.org_id and m.group_id = g.id and m.user_id = a.user_id
left join agent_speeds s on s.org_id = g.org_id and s.group_id = g.id and s.user_id = a.user_id
where (a.status <> 'offline' or a.open_chats > 0) and (g.everyone or m.user_id is not null)
order by a.user_id, g.id;

-- name: RouteTalks :many
-- What agents have, found agent by agent ("offset 0" keeps the planner from reading all that wait to find them).
select c.id, c.group_id, c.customer_id, c.agent_id, c.waiting_since, c.assigned_at, c.replied_at, c.think, c.thinks, c.taken_back, c.visitor_name, c.visitor_id
from agents a
cross join lateral (
  select o.*
  from conversations o
  where o.org_id = a.org_id and o.agent_id = a.user_id and o.state = 'open'
  offset 0) c
where a.open_chats > 0
order by c.id;

-- name: RouteLine :many
-- The heads of the queues, by group and website: of groups in which something can be decided at most so many each, of every other
-- group one. What is offered to somebody is not in the queue.
with recursive queues as (
  (
    select c.*
    from groups g
    cross join lateral (
      select w.org_id, w.group_id, w.website_id
      from conversations w
      where w.org_id = g.org_id and w.state = 'waiting' and w.group_id = g.id
      order by w.website_id
      limit 1) c
  )
  union all
  select n.*
  from queues q
  cross join lateral (
    select w.org_id, w.group_id, w.website_id
    from conversations w
    where w.org_id = q.org_id and w.state = 'waiting' and w.group_id = q.group_id and w.website_id > q.website_id
    order by w.website_id
    limit 1) n
  where q.group_id = any(@deciding::uuid[])
), sized as materialized (
  select q.org_id, q.group_id, q.website_id, case when q.group_id = any(@deciding::uuid[]) then @most::integer else 1 end as most,
    (g.priority + coalesce((
      select s.priority
      from subjects s
      where s.org_id = q.org_id and s.website_id = q.website_id and s.group_id = q.group_id), 0))::integer as priority
  from queues q
  join groups g on g.org_id = q.org_id and g.id = q.group_id
)
select h.id, h.group_id, h.website_id, h.customer_id, coalesce(h.line_since, h.waiting_since, h.created_at)::timestamptz as line_since,
  h.waiting_since is not null as waits, h.waiting_since, h.lost, h.former_id, h.taken_back, h.taken_from, h.taken_at, h.replied_at, h.think, h.thinks, h.visitor_name, h.visitor_id, q.priority
from sized q
cross join lateral (
  select c.*
  from conversations c
  where c.org_id = q.org_id and c.state = 'waiting' and c.group_id = q.group_id and c.website_id = q.website_id
    and (c.offered_to is null or c.offered_until <= now())
  order by c.line_since, c.id
  limit q.most) h;

-- name: RouteCustomers :many
select c.id, c.share, a.short, a.long, a.at, a.first_at from customers c left join arrivals a on a.org_id = c.org_id and a.customer_id = c.id;

-- name: NoteRound :exec
update routing set round_at = clock_timestamp(), took_back_at = case when @took_back::boolean then clock_timestamp() else took_back_at end;

-- name: Suspect :exec
update agents set suspect_since = now() where user_id = any(@agents::uuid[]) and suspect_since is null;

-- name: KeepReasons :exec
update assignments a set why = d.why from (select unnest(@conversations::uuid[]) as id, unnest(@reasons::text[])::jsonb as why) d
where a.conversation_id = d.id and a.ended_at is null;

-- What is learned, in the messages' own batch.

-- name: Learn :batchmany
-- Agents' replies: how long each took its agent. app/domain/routing/estimate.go has the sums' meaning. Of an agent's replies in one batch
-- one counts.
with d as (
  select unnest(@message_ids::uuid[]) as message_id, unnest(@conversation_ids::uuid[]) as conversation_id
), r as (
  select distinct on (c.agent_id) c.org_id, c.agent_id, c.group_id, c.last_at, c.answered_from is not null as answers, c.thought,
    least(600, greatest(1, extract(epoch from c.last_at - greatest(c.answered_from, c.assigned_at, a.last_reply_at, a.came_online))))::double precision as h,
    a.took, a.expected, a.busy, a.online, a.busy_at, a.status,
    least(4, greatest(0.25, (a.took + 300) / (a.expected + 300))) as speed
  from d
  cross join lateral (select k.* from conversations k where k.org_id = app.org_id() and k.id = d.conversation_id and k.last_at >= now()) c
  cross join lateral (select x.* from agents x where x.org_id = c.org_id and x.user_id = c.agent_id) a
  where coalesce((select m.author = 'agent' and m.kind in ('text', 'file') and m.author_id = c.agent_id from messages m
    where m.org_id = c.org_id and m.conversation_id = c.id and m.seq = c.last_seq and m.id = d.message_id), false)
  order by c.agent_id
), s as (
  insert into agent_speeds as p (org_id, user_id, group_id, took, expected, replies)
  select r.org_id, r.agent_id, r.group_id, r.h, g.work * r.speed, 1 from r join groups g on g.org_id = r.org_id and g.id = r.group_id where r.answers
  on conflict (org_id, user_id, group_id) do update set took = 0.993 * p.took + excluded.took, expected = 0.993 * p.expected + excluded.expected,
    replies = p.replies + 1
), g as (
  update groups k set work = (k.work * least(k.replies, 400) + x.seconds) / (least(k.replies, 400) + x.replies), replies = least(k.replies, 400) + x.replies,
    think = (k.think * least(k.messages, 300) + x.thought) / (least(k.messages, 300) + x.messages), messages = least(k.messages, 300) + x.messages
  from (select r.org_id, r.group_id, sum(r.h / sqrt(r.speed)) as seconds, count(*)::double precision as replies,
      coalesce(sum(r.thought), 0) as thought, count(r.thought)::double precision as messages
    from r where r.answers group by r.org_id, r.group_id order by r.group_id) x
  where k.org_id = x.org_id and k.id = x.group_id
)
update agents a set last_reply_at = r.last_at, suspect_since = null,
  took = case when r.answers then 0.993 * r.took + r.h else r.took end,
  expected = case when r.answers then 0.993 * r.expected + k.work else r.expected end,
  busy = r.busy * f.left + case when r.answers then r.h else 0 end,
  online = r.online * f.left + case r.status when 'online' then (1 - f.left) * 2700 / ln(2) else 0 end,
  busy_at = r.last_at
from r, groups k, lateral (select exp(-ln(2) * greatest(0, extract(epoch from r.last_at - r.busy_at)) / 2700)::double precision as left) f
where a.org_id = r.org_id and a.user_id = r.agent_id and k.org_id = r.org_id and k.id = r.group_id
returning a.user_id;

-- name: Arrive :batchmany
-- Conversations that have begun, for their customers' counts.
insert into arrivals as a (org_id, customer_id, short, long, at, first_at)
select app.org_id(), c.customer_id, count(*), count(*), now(), now()
from unnest(@conversation_ids::uuid[]) d (id) cross join lateral (select k.customer_id from conversations k where k.org_id = app.org_id() and k.id = d.id) c
group by c.customer_id order by c.customer_id
on conflict (org_id, customer_id) do update set
  short = a.short * exp(-ln(2) * greatest(0, extract(epoch from now() - a.at)) / 600) + excluded.short,
  long = a.long * exp(-ln(2) * greatest(0, extract(epoch from now() - a.at)) / 7200) + excluded.long,
  at = greatest(a.at, now())
returning customer_id;

-- Availability.

-- name: Arrived :execrows
-- A desk of an agent's has opened in a process.
insert into presence (org_id, user_id, instance) values (app.org_id(), @user_id, @instance) on conflict do nothing;

-- name: ComeOnline :one
-- Brings an agent online, unless it has chosen otherwise.
update agents a set status = case when a.status = 'offline' and not a.chosen then 'online' else a.status end,
  came_online = case when a.status = 'offline' and not a.chosen then clock_timestamp() else a.came_online end,
  status_at = case when a.status = 'offline' and not a.chosen then clock_timestamp() else a.status_at end,
  busy = case when a.status = 'offline' and not a.chosen then a.busy * old.left else a.busy end,
  online = case when a.status = 'offline' and not a.chosen then a.online * old.left else a.online end,
  busy_at = case when a.status = 'offline' and not a.chosen then clock_timestamp() else a.busy_at end,
  suspect_since = case when a.status = 'offline' and not a.chosen then null else a.suspect_since end
from (select o.status, exp(-ln(2) * greatest(0, extract(epoch from clock_timestamp() - o.busy_at)) / 2700)::double precision as left
  from agents o where o.user_id = @user_id for update) old
where a.user_id = @user_id
returning a.status, (a.status <> old.status)::boolean as changed;

-- name: SetStatus :one
update agents a set status = @status, chosen = @chosen, reason = @reason, suspect_since = null,
  status_at = case when a.status <> @status then clock_timestamp() else a.status_at end,
  came_online = case when a.status <> 'online' and @status = 'online' then clock_timestamp() else a.came_online end,
  busy = a.busy * f.left, online = a.online * f.left + case a.status when 'online' then (1 - f.left) * 2700 / ln(2) else 0 end, busy_at = clock_timestamp()
from (select exp(-ln(2) * greatest(0, extract(epoch from clock_timestamp() - o.busy_at)) / 2700)::double precision as left from agents o where o.user_id = @user_id) f
where a.user_id = @user_id
returning a.status;

-- name: LockAgent :one
select status, open_chats, hard_cap from agents where user_id = @user_id for update;

-- name: ListOwn :many
-- An agent's conversations, locked.
select id from conversations where state = 'open' and agent_id = @agent_id order by id for update;

-- name: OwnOf :many
-- An agent's conversations, not locked.
select id from conversations where state = 'open' and agent_id = @agent_id;

-- name: LockOwnOf :exec
select id from conversations where state = 'open' and agent_id = any(@agents::uuid[]) order by id for update;

-- name: LockConversations :exec
-- Conversations before agents, and each in one order, everywhere.
select id from conversations where id = any(@conversations::uuid[]) order by id for update;

-- name: LockAgents :exec
select user_id from agents where user_id = any(@agents::uuid[]) order by user_id for no key update;

-- name: HasPresence :one
select exists (select from presence where user_id = @user_id);

-- name: SitsElsewhere :one
select exists (select from presence where user_id = @user_id and instance <> @instance);

-- name: Depart :exec
delete from presence where user_id = @user_id and instance = @instance;

-- name: SignOfLife :execrows
update agents set suspect_since = null, came_online = now() where user_id = @user_id and suspect_since is not null;

-- name: GetAgent :one
select a.status, a.reason, a.chosen, a.status_at, a.suspect_since, a.hard_cap, a.open_chats, r.hand_back, d.away_reasons
from agents a join routing r on r.org_id = a.org_id join desk_rules d on d.org_id = a.org_id where a.user_id = @user_id;

-- name: Today :one
-- What an agent has done since a time.
select count(*)::integer as taken, (count(*) filter (where ended = 'closed'))::integer as closed,
  coalesce(avg(extract(epoch from ended_at - at)) filter (where ended = 'closed'), 0)::double precision as each
from assignments where agent_id = @user_id and at >= @since;

-- name: ZoneOf :one
select time_zone from groups where id = @id;

-- name: LongAway :many
-- Who has been away for longer than it may keep its conversations.
select a.user_id from agents a, routing r where r.org_id = a.org_id and a.status = 'away' and a.open_chats > 0
  and a.status_at <= clock_timestamp() - make_interval(secs => r.hand_back)
  and exists (select from conversations c where c.org_id = a.org_id and c.agent_id = a.user_id and c.state = 'open'
    and c.assigned_at <= clock_timestamp() - make_interval(secs => r.hand_back));

-- Groups and their settings.

-- name: CreateGroup :exec
insert into groups (org_id, id, name) values (app.org_id(), @id, @name);

-- name: LockGroups :many
-- All groups, locked against changes of where they overflow to.
select id, name, overflow_id from groups order by id for no key update;

-- name: UpdateGroup :execrows
update groups set name = @name, everyone = @everyone, automatic = @automatic, picking = @picking, priority = @priority, overflow_id = sqlc.narg(overflow_id),
  overflow_after = @overflow_after, time_zone = @time_zone, hours = @hours, holidays = @holidays where id = @id;

-- name: DeleteGroup :execrows
delete from groups where id = @id and not main;

-- name: GroupGoes :one
-- What is deleted with a group, and what stands in the way of it.
select g.name, g.main,
  (select count(*) from group_members m where m.group_id = g.id)::integer as members,
  (select count(*) from subjects s where s.group_id = g.id)::integer as websites,
  (select count(*) from subjects s where s.group_id = g.id
    and not exists (select from subjects x where x.website_id = s.website_id and x.group_id <> s.group_id))::integer as alone,
  (select count(*) from snippets s where s.group_id = g.id)::integer as snippets,
  (select count(*) from (select from conversations c where c.group_id = g.id and c.state <> 'closed' limit 1000) r)::integer as running,
  (exists (select from conversations c where c.group_id = g.id) or exists (select from assignments a where a.group_id = g.id))::boolean as had,
  (select count(*) from faq_entries e where e.group_id = g.id)::integer as entries,
  array(select x.name from groups x where x.overflow_id = g.id and x.id <> g.id order by lower(x.name))::text[] as overflowing
from groups g where g.id = @id;

-- name: HasGroup :one
select exists (select from groups where id = @id);

-- name: ListMembers :many
-- Everybody who may answer, and its place in a group.
select u.id, u.name, u.role, a.hard_cap, a.status, (m.user_id is not null)::boolean as member, coalesce(m.helper, false)::boolean as helper, m.cap
from users u join agents a on a.org_id = u.org_id and a.user_id = u.id
left join group_members m on m.org_id = u.org_id and m.user_id = u.id and m.group_id = @group_id
where u.disabled_at is null and u.role <> 'reviewer' order by lower(u.name), u.id;

-- name: SetMember :exec
insert into group_members (org_id, group_id, user_id, helper, cap) values (app.org_id(), @group_id, @user_id, @helper, sqlc.narg(cap))
on conflict (org_id, group_id, user_id) do update set helper = excluded.helper, cap = excluded.cap;

-- name: RemoveMember :exec
delete from group_members where group_id = @group_id and user_id = @user_id;

-- name: SetCap :exec
update agents set hard_cap = @hard_cap where user_id = @user_id;

-- name: LockUsers :many
-- Who of some team members may still answer.
select u.id from users u where u.id = any(@ids::uuid[]) and u.disabled_at is null and u.role <> 'reviewer' order by u.id for share;

-- name: GroupsOf :many
-- The groups that a team member answers for.
select g.id
from users u
join groups g on g.org_id = u.org_id
where u.id = @user_id and u.disabled_at is null and u.role <> 'reviewer'
  and (g.everyone or exists (select from group_members m where m.org_id = g.org_id and m.group_id = g.id and m.user_id = u.id))
order by g.id;

-- name: ListSubjects :many
select s.group_id, g.name, s.place, s.priority, s.labels from subjects s join groups g on g.org_id = s.org_id and g.id = s.group_id
where s.website_id = @website_id order by s.place, g.name;

-- name: SetSubject :exec
insert into subjects (org_id, website_id, group_id, place, priority, labels) values (app.org_id(), @website_id, @group_id, @place, @priority, @labels)
on conflict (org_id, website_id, group_id) do update set place = excluded.place, priority = excluded.priority, labels = excluded.labels;

-- name: RemoveSubject :execrows
delete from subjects where website_id = @website_id and group_id = @group_id;

-- name: Unanswered :many
-- Websites for which a group answers that nobody belongs to and from which no other takes over.
select w.id, w.name, c.name as customer_name, g.name as group_name, g.id as group_id
from websites w
join customers c on c.org_id = w.org_id and c.id = w.customer_id
join groups g on g.org_id = w.org_id
where not g.everyone and g.overflow_id is null
  and (exists (select from subjects s where s.website_id = w.id and s.group_id = g.id)
    or g.main and not exists (select from subjects s where s.website_id = w.id))
  and not exists (
    select from group_members m
    join users u on u.org_id = m.org_id and u.id = m.user_id
    where m.group_id = g.id and u.disabled_at is null and u.role <> 'reviewer')
order by lower(c.name), lower(w.name), g.name
limit 100;

-- name: GetRouting :one
select hand_back, former_hours from routing;

-- name: SetRouting :exec
update routing set hand_back = @hand_back, former_hours = @former_hours;

-- name: ListColleagues :many
-- Whom a customer's conversation can be transferred to.
select u.id, u.name, a.status, a.open_chats, a.hard_cap
from users u
join agents a on a.org_id = u.org_id and a.user_id = u.id
where u.disabled_at is null and u.role <> 'reviewer' and u.id <> @but
  and app.may_serve(u.org_id, u.id, @customer_id)
order by a.status = 'online' desc, a.status = 'away' desc, lower(u.name), u.id;

-- name: LineLengths :many
select group_id, count(*)::integer as waiting, min(coalesce(line_since, waiting_since, created_at))::timestamptz as since from conversations where state = 'waiting' group by group_id;

-- name: LineOf :many
-- Everybody in line, in order.
select c.id, c.group_id, c.customer_id, coalesce(c.offered_until > now(), false)::boolean as offered
from conversations c
where c.state = 'waiting'
order by c.line_since, c.id
limit 5000;

-- name: History :many
-- Who has had a conversation.
select a.id, g.name as group_name, u.name as agent_name, coalesce(b.name, '')::text as by_name, a.agent_id, a.how, a.at, a.why, a.ended_at, coalesce(a.ended, '')::text as ended
from assignments a
join groups g on g.org_id = a.org_id and g.id = a.group_id
join users u on u.org_id = a.org_id and u.id = a.agent_id
left join users b on b.org_id = a.org_id and b.id = a.by_id
where a.conversation_id = @conversation_id order by a.at;

-- name: ListNames :many
select id, name from users;
