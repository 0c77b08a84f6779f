-- Routing reads everything that a decision is made from in one transaction, under the organization's lock.

-- name: LockRouting :exec
-- One round of an organization at a time, in whatever process: whoever holds this lock is the leader for some
-- milliseconds. It is waited for for a second: a process that has vanished may hold it for longer, and other
-- organizations' rounds wait for this one.
select set_config('lock_timeout', '1s', true), pg_advisory_xact_lock(7201, hashtext(app.org_id()::text));

-- name: GetRoutingState :one
select away_requeue_seconds, former_agent_hours, last_round_at, last_requeue_at,
  clock_timestamp()::timestamptz as now,
  coalesce(
    (select min(c.offered_until) from conversations c where c.state = 'waiting' and c.offered_until is not null),
    '9999-01-01')::timestamptz as offer_ends
from routing;

-- name: ListRoutingGroups :many
select id, name, main, everyone, automatic, picking, priority, overflow_id, overflow_after, time_zone, hours,
  holidays, reply_seconds, reply_count, think_seconds, think_count, chat_seconds, chat_count
from groups
order by main desc, lower(name), id;

-- name: ListRoutingAgents :many
-- Everybody who is online or away, and everybody who has conversations.
select a.user_id, u.name, a.status, a.reason, a.chosen, a.status_at, a.max_chats, a.open_chats, a.came_online,
  a.last_reply_at, a.last_assigned_at, a.unresponsive_since, a.reply_seconds, a.expected_reply_seconds,
  a.busy_seconds, a.online_seconds, a.load_updated_at, u.limited,
  array(select c.customer_id from user_customers c where c.org_id = u.org_id and c.user_id = u.id)::uuid[] as customers
from agents a
join users u on u.org_id = a.org_id and u.id = a.user_id
where a.status <> 'offline' or a.open_chats > 0
order by a.user_id;

-- name: ListRoutingMemberships :many
-- The groups that these agents answer for.
select a.user_id, g.id as group_id, coalesce(m.helper, false)::boolean as helper, m.max_chats,
  coalesce(s.reply_seconds, 0)::double precision as reply_seconds,
  coalesce(s.expected_reply_seconds, 0)::double precision as expected_reply_seconds,
  coalesce(s.reply_count, 0)::integer as reply_count
from agents a
join users u on u.org_id = a.org_id and u.id = a.user_id and u.disabled_at is null and u.role <> 'reviewer'
join groups g on g.org_id = a.org_id
left join group_members m on m.org_id = g.org_id and m.group_id = g.id and m.user_id = a.user_id
left join agent_speeds s on s.org_id = g.org_id and s.group_id = g.id and s.user_id = a.user_id
where (a.status <> 'offline' or a.open_chats > 0) and (g.everyone or m.user_id is not null)
order by a.user_id, g.id;

-- name: ListRoutingConversations :many
-- Open conversations, found agent by agent ("offset 0" keeps the planner from reading all that wait to find them).
select c.id, c.group_id, c.customer_id, c.agent_id, c.waiting_since, c.assigned_at, c.replied_at, c.think_seconds,
  c.think_count, c.requeue_count, c.visitor_name, c.visitor_id
from agents a
cross join lateral (
  select o.*
  from conversations o
  where o.org_id = a.org_id and o.agent_id = a.user_id and o.state = 'open'
  offset 0) c
where a.open_chats > 0
order by c.id;

-- name: ListRoutingQueue :many
-- The heads of the queues, by group and website: at most so many each of groups in which something can be decided, of
-- every other group one. What is offered to somebody is not in the queue.
with recursive queues as (
  (select c.*
   from groups g
   cross join lateral (
     select w.org_id, w.group_id, w.website_id
     from conversations w
     where w.org_id = g.org_id and w.state = 'waiting' and w.group_id = g.id
     order by w.website_id
     limit 1) c)
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
  select q.org_id, q.group_id, q.website_id,
    case when q.group_id = any(@deciding::uuid[]) then @most::integer else 1 end as most,
    (g.priority + coalesce((
          select s.priority
          from website_groups s
          where s.org_id = q.org_id and s.website_id = q.website_id and s.group_id = q.group_id), 0))::integer as priority
  from queues q
  join groups g on g.org_id = q.org_id and g.id = q.group_id
)
select h.id, h.group_id, h.website_id, h.customer_id,
  coalesce(h.queued_at, h.waiting_since, h.created_at)::timestamptz as queued_at,
  h.waiting_since is not null as waits, h.waiting_since, h.agent_lost, h.former_agent_id, h.requeue_count,
  h.requeued_from, h.requeued_at, h.replied_at, h.think_seconds, h.think_count, h.visitor_name, h.visitor_id,
  q.priority
from sized q
cross join lateral (
  select c.*
  from conversations c
  where c.org_id = q.org_id
    and c.state = 'waiting'
    and c.group_id = q.group_id
    and c.website_id = q.website_id
    and (c.offered_to is null or c.offered_until <= now())
  order by c.queued_at, c.id
  limit q.most) h;

-- name: ListRoutingCustomers :many
select c.id, c.capacity_share, a.short, a.long, a.at, a.first_at
from customers c
left join arrivals a on a.org_id = c.org_id and a.customer_id = c.id;

-- name: RecordRound :exec
update routing
set last_round_at = clock_timestamp(),
  last_requeue_at = case when @requeued::boolean then clock_timestamp() else last_requeue_at end;

-- name: MarkUnresponsive :exec
update agents
set unresponsive_since = now()
where user_id = any(@agents::uuid[]) and unresponsive_since is null;

-- name: SaveExplanations :exec
update assignments a
set explanation = input.explanation
from (select unnest(@conversations::uuid[]) as id, unnest(@explanations::text[])::jsonb as explanation) input
where a.conversation_id = input.id and a.ended_at is null;

-- name: LearnReplyTimes :batchmany
-- Learns from agents' replies how long each took its agent; app/domain/routing/estimate.go has the meaning of the sums.
-- Of an agent's replies in one batch one counts.
with input as (
  select unnest(@message_ids::uuid[]) as message_id, unnest(@conversation_ids::uuid[]) as conversation_id
), reply as (
  select distinct on (c.agent_id) c.org_id, c.agent_id, c.group_id, c.last_at,
    c.reply_waiting_since is not null as answers, c.last_think_seconds,
    least(600,
      greatest(1,
        extract(epoch from c.last_at - greatest(c.reply_waiting_since, c.assigned_at, a.last_reply_at, a.came_online))))::double precision
      as h,
    a.reply_seconds, a.expected_reply_seconds, a.busy_seconds, a.online_seconds, a.load_updated_at, a.status,
    least(4, greatest(0.25, (a.reply_seconds + 300) / (a.expected_reply_seconds + 300))) as speed
  from input
  cross join lateral (
    select k.*
    from conversations k
    where k.org_id = app.org_id() and k.id = input.conversation_id and k.last_at >= now()) c
  cross join lateral (select x.* from agents x where x.org_id = c.org_id and x.user_id = c.agent_id) a
  where coalesce((
      select m.author = 'agent' and m.kind in ('text', 'file') and m.author_id = c.agent_id
      from messages m
      where m.org_id = c.org_id and m.conversation_id = c.id and m.seq = c.last_seq and m.id = input.message_id), false)
  order by c.agent_id
), updated_speeds as (
  insert into agent_speeds as p (org_id, user_id, group_id, reply_seconds, expected_reply_seconds, reply_count)
  select reply.org_id, reply.agent_id, reply.group_id, reply.h, k.reply_seconds * reply.speed, 1
  from reply
  join groups k on k.org_id = reply.org_id and k.id = reply.group_id
  where reply.answers
  on conflict (org_id, user_id, group_id) do update
  set reply_seconds = 0.993 * p.reply_seconds + excluded.reply_seconds,
    expected_reply_seconds = 0.993 * p.expected_reply_seconds + excluded.expected_reply_seconds,
    reply_count = p.reply_count + 1
), updated_groups as (
  update groups k
  set reply_seconds = (k.reply_seconds * least(k.reply_count, 400) + x.seconds) / (least(k.reply_count, 400) + x.replies),
    reply_count = least(k.reply_count, 400) + x.replies,
    think_seconds = (k.think_seconds * least(k.think_count, 300) + x.last_think_seconds) / (least(k.think_count, 300) + x.messages),
    think_count = least(k.think_count, 300) + x.messages
  from (
    select reply.org_id, reply.group_id, sum(reply.h / sqrt(reply.speed)) as seconds,
      count(*)::double precision as replies, coalesce(sum(reply.last_think_seconds), 0) as last_think_seconds,
      count(reply.last_think_seconds)::double precision as messages
    from reply
    where reply.answers
    group by reply.org_id, reply.group_id
    order by reply.group_id) x
  where k.org_id = x.org_id and k.id = x.group_id
)
update agents a
set last_reply_at = reply.last_at,
  unresponsive_since = null,
  reply_seconds = case when reply.answers then 0.993 * reply.reply_seconds + reply.h else reply.reply_seconds end,
  expected_reply_seconds = case
    when reply.answers then 0.993 * reply.expected_reply_seconds + k.reply_seconds
    else reply.expected_reply_seconds end,
  busy_seconds = reply.busy_seconds * f.left + case when reply.answers then reply.h else 0 end,
  online_seconds = reply.online_seconds * f.left + case reply.status
    when 'online' then (1 - f.left) * 2700 / ln(2)
    else 0 end,
  load_updated_at = reply.last_at
from reply, groups k, lateral (
  select exp(-ln(2) * greatest(0, extract(epoch from reply.last_at - reply.load_updated_at)) / 2700)::double precision
      as left) f
where a.org_id = reply.org_id and a.user_id = reply.agent_id and k.org_id = reply.org_id and k.id = reply.group_id
returning a.user_id;

-- name: CountArrivals :batchmany
-- Counts conversations that have begun, for their customers.
insert into arrivals as a (org_id, customer_id, short, long, at, first_at)
select app.org_id(), c.customer_id, count(*), count(*), now(), now()
from unnest(@conversation_ids::uuid[]) input (id)
cross join lateral (select k.customer_id from conversations k where k.org_id = app.org_id() and k.id = input.id) c
group by c.customer_id
order by c.customer_id
on conflict (org_id, customer_id) do update
set short = a.short * exp(-ln(2) * greatest(0, extract(epoch from now() - a.at)) / 600) + excluded.short,
  long = a.long * exp(-ln(2) * greatest(0, extract(epoch from now() - a.at)) / 7200) + excluded.long,
  at = greatest(a.at, now())
returning customer_id;

-- name: LockConversationsOfAgents :exec
select id
from conversations
where state = 'open' and agent_id = any(@agents::uuid[])
order by id
for update;

-- name: LockConversations :exec
-- Locks conversations. They come before agents, and each in one order, everywhere.
select id from conversations where id = any(@conversations::uuid[]) order by id for update;

-- name: LockAgents :exec
select user_id from agents where user_id = any(@agents::uuid[]) order by user_id for no key update;

-- name: GetAgentActivity :one
-- What an agent has done since a time.
select count(*)::integer as taken, (count(*) filter (where end_reason = 'closed'))::integer as closed,
  coalesce(avg(extract(epoch from ended_at - assigned_at)) filter (where end_reason = 'closed'), 0)::double precision as each
from assignments
where agent_id = @user_id and assigned_at >= @since;

-- name: ListLongAway :many
-- Agents who have been away for longer than they may keep their conversations.
select a.user_id
from agents a, routing r
where r.org_id = a.org_id
  and a.status = 'away'
  and a.open_chats > 0
  and a.status_at <= clock_timestamp() - make_interval(secs => r.away_requeue_seconds)
  and exists (
    select from conversations c
    where c.org_id = a.org_id
      and c.agent_id = a.user_id
      and c.state = 'open'
      and c.assigned_at <= clock_timestamp() - make_interval(secs => r.away_requeue_seconds));

-- name: GetRoutingSettings :one
select away_requeue_seconds, former_agent_hours from routing;

-- name: SetRoutingSettings :one
-- Returns what was before.
update routing r
set away_requeue_seconds = @away_requeue_seconds, former_agent_hours = @former_agent_hours
from (select x.org_id, x.away_requeue_seconds, x.former_agent_hours from routing x for no key update) old
where r.org_id = old.org_id
returning old.away_requeue_seconds, old.former_agent_hours;

-- name: ListTransferTargets :many
-- To whom a customer's conversation can be transferred.
select u.id, u.name, a.status, a.open_chats, a.max_chats
from users u
join agents a on a.org_id = u.org_id and a.user_id = u.id
where u.disabled_at is null
  and u.role <> 'reviewer'
  and u.id <> @but
  and app.may_serve(u.org_id, u.id, @customer_id)
order by a.status = 'online' desc, a.status = 'away' desc, lower(u.name), u.id;

-- name: ListMonitorQueues :many
-- How many conversations wait, and for how long, by group and website.
select q.group_id, q.website_id, q.customer_id, w.name as website_name, c.name as customer_name,
  q.waiting::integer as waiting,
  q.under_one_minute::integer as under_one_minute,
  q.under_three_minutes::integer as under_three_minutes,
  q.since::timestamptz as since
from (
  select x.org_id, x.group_id, x.website_id, x.customer_id, count(*) as waiting,
    count(*) filter (where x.since > now() - interval '1 minute') as under_one_minute,
    count(*) filter (where x.since > now() - interval '3 minutes') as under_three_minutes,
    min(x.since) as since
  from (
    select org_id, group_id, website_id, customer_id, coalesce(queued_at, waiting_since, created_at) as since
    from conversations
    where state = 'waiting') x
  group by x.org_id, x.group_id, x.website_id, x.customer_id) q
join websites w on w.org_id = q.org_id and w.id = q.website_id
join customers c on c.org_id = q.org_id and c.id = q.customer_id
order by lower(c.name), lower(w.name), q.website_id;

-- name: ListMonitorCustomers :many
-- The customers, or those of some ids.
select id, name
from customers
where cardinality(@ids::uuid[]) = 0 or id = any(@ids::uuid[])
order by lower(name), id;

-- name: ListQueue :many
-- Everything in the queues, in order.
select c.id, c.group_id, c.customer_id, coalesce(c.offered_until > now(), false)::boolean as offered
from conversations c
where c.state = 'waiting'
order by c.queued_at, c.id
limit 5000;

-- name: ListAssignments :many
-- Who has had a conversation.
select a.id, g.name as group_name, u.name as agent_name, coalesce(b.name, '')::text as by_name, a.agent_id,
  a.method, a.assigned_at, a.explanation, a.ended_at, coalesce(a.end_reason, '')::text as end_reason
from assignments a
join groups g on g.org_id = a.org_id and g.id = a.group_id
join users u on u.org_id = a.org_id and u.id = a.agent_id
left join users b on b.org_id = a.org_id and b.id = a.by_id
where a.conversation_id = @conversation_id
order by a.assigned_at;

-- name: ListUserNames :many
select id, name from users;
