-- Statements that servers sent to the schema of migration 11, as they were then. They stay as they are: a test runs them while
-- newer migrations are applied.

-- name: Begin :batchmany
with d as (
  select unnest(@message_ids::uuid[]) as message_id, unnest(@conversation_ids::uuid[]) as conversation_id,
    unnest(@visitor_ids::uuid[]) as visitor_id, unnest(@website_ids::uuid[]) as website_id, unnest(@customer_ids::uuid[]) as customer_id,
    unnest(@group_ids::uuid[]) as group_id,
    unnest(@kinds::text[]) as kind, unnest(@bodies::text[]) as body, unnest(@page_urls::text[]) as page_url, unnest(@page_titles::text[]) as page_title,
    unnest(@referrers::text[]) as referrer, unnest(@user_agents::text[]) as user_agent, unnest(@languages::text[]) as language, unnest(@addresses::text[]) as address
), who as (
  insert into visitors (org_id, id, website_id) select app.org_id(), d.visitor_id, d.website_id from d
  on conflict (org_id, id) do nothing
), c as (
  insert into conversations (org_id, id, website_id, customer_id, visitor_id, visitor_name, last_seq, last_text, last_at, waiting_since,
    page_url, page_title, referrer, user_agent, language, address, created_at, group_id, line_since, former_id)
  select app.org_id(), d.conversation_id, d.website_id, d.customer_id, d.visitor_id,
    coalesce((select v.name from visitors v where v.org_id = app.org_id() and v.id = d.visitor_id), ''), 1, app.said_first(d.kind, d.body), now(), now(),
    d.page_url, d.page_title, d.referrer, d.user_agent, d.language, d.address, now(),
    coalesce(nullif(d.group_id, '00000000-0000-0000-0000-000000000000'), (select g.id from groups g where g.org_id = app.org_id() and g.main)), now(),
    (select f.agent_id from conversations f where f.org_id = app.org_id() and f.visitor_id = d.visitor_id and f.closed_at > now()
      - make_interval(hours => (select r.former_hours from routing r where r.org_id = app.org_id())) order by f.created_at desc limit 1)
  from d where not exists (select from messages m where m.visitor_id = d.visitor_id and m.id = d.message_id)
  on conflict (org_id, visitor_id) where state <> 'closed' do nothing
  returning *
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
  select c.org_id, c.id, 1, d.message_id, c.visitor_id, d.kind, 'visitor', c.visitor_id, d.body, c.last_at
  from c join d on d.conversation_id = c.id
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: Say :batchmany
with d as (
  select unnest(@message_ids::uuid[]) as message_id, unnest(@conversation_ids::uuid[]) as conversation_id,
    unnest(@authors::text[]) as author, unnest(@author_ids::uuid[]) as author_id, unnest(@kinds::text[]) as kind, unnest(@bodies::text[]) as body
), c as (
  update conversations x set last_seq = x.last_seq + 1,
    last_text = case when d.kind = 'note' then x.last_text else app.said_first(d.kind, d.body) end,
    last_at = greatest(x.last_at, clock_timestamp()),
    waiting_since = case when d.author = 'visitor' then coalesce(x.waiting_since, clock_timestamp()) when d.kind = 'note' then x.waiting_since end,
    replied_at = case when d.author = 'agent' and d.kind <> 'note' then clock_timestamp() else x.replied_at end,
    answered_from = case when d.author = 'agent' and d.kind <> 'note' then x.waiting_since else x.answered_from end,
    thought = case when d.author = 'visitor' and x.waiting_since is null then extract(epoch from now() - x.replied_at) else x.thought end,
    think = case when d.author = 'visitor' and x.waiting_since is null then x.think + coalesce(greatest(0, extract(epoch from now() - x.replied_at)), 0) else x.think end,
    thinks = case when d.author = 'visitor' and x.waiting_since is null and x.replied_at is not null then x.thinks + 1 else x.thinks end
  from d
  where x.id = d.conversation_id
    and case d.author
      when 'visitor' then x.visitor_id = d.author_id and x.state <> 'closed'
      when 'agent' then x.state = 'open'
        and (x.agent_id = d.author_id or coalesce((select d.kind = 'note' or g.may_write from guests g
          where g.org_id = x.org_id and g.conversation_id = x.id and g.user_id = d.author_id), false))
        and coalesce((select u.disabled_at is null from users u where u.org_id = x.org_id and u.id = d.author_id), false)
    end
    and coalesce((select false from messages m where m.org_id = x.org_id and m.visitor_id = x.visitor_id and m.id = d.message_id), true)
  returning x.org_id, x.id, x.visitor_id, x.state, x.agent_id, x.agent_name, x.last_seq, x.last_text, x.last_at, x.waiting_since, x.created_at, x.website_id, x.customer_id,
    x.visitor_name, x.page_url, x.page_title, x.language, x.group_id, x.came_by, x.offered_to, x.offered_until, x.offer_note, x.line_since,
    d.message_id, d.author, d.author_id, d.kind, d.body
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, c.message_id, c.visitor_id, c.kind, c.author, c.author_id,
    case c.author when 'agent' then app.said_by(c.org_id, c.author, c.author_id, c.agent_id, c.agent_name, c.customer_id) else '' end, c.body, c.last_at
  from c
)
select c.id as conversation_id, c.last_seq as seq, c.message_id::uuid as message_id, c.kind::text as kind, c.author::text as author,
  case c.author when 'agent' then app.said_by(c.org_id, c.author, c.author_id, c.agent_id, c.agent_name, c.customer_id) else '' end as author_name, c.body::text as body, c.last_at as created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from c
cross join lateral (select w.name, w.typing_preview from websites w where w.org_id = c.org_id and w.id = c.website_id limit 1) w;

-- name: Take :one
with who as ( -- locked, so that nobody is disabled between the look and the taking
  select u.id from users u where u.id = @agent_id and u.disabled_at is null and u.role <> 'reviewer' for share
), head as (
  select h.org_id, h.id from conversations h
  where h.state = 'waiting' and exists (select from who)
    and (sqlc.narg(conversation_id)::uuid is null or h.id = sqlc.narg(conversation_id)::uuid)
    and (h.offered_to is null or h.offered_to = @agent_id or h.offered_until <= now())
    and (@anywhere::boolean or h.offered_to = @agent_id or (h.group_id = any(@groups::uuid[])
      and (sqlc.narg(conversation_id)::uuid is null or exists (select from groups g where g.org_id = h.org_id and g.id = h.group_id and g.picking))))
  order by h.line_since, h.id limit 1 for update skip locked
), c as (
  update conversations set state = 'open', agent_id = @agent_id, agent_name = app.alias(conversations.org_id, @agent_id, customer_id, @agent_name), assigned_at = now(), line_since = null, lost = false,
    came_by = case when offered_to = @agent_id then 'accepted' when sqlc.narg(conversation_id)::uuid is null then 'next' else 'picked' end,
    offered_to = null, offered_until = null, last_seq = last_seq + 1, last_at = greatest(last_at, clock_timestamp())
  from head where conversations.org_id = head.org_id and conversations.id = head.id and state = 'waiting'
  returning conversations.*
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, @message_id, c.visitor_id, 'system', 'system', c.agent_id, c.agent_name, 'taken', c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: Requeue :many
with mine as (
  select o.org_id, o.id, o.agent_id, o.agent_name from conversations o
  where o.state = 'open' and (sqlc.narg(agent_id)::uuid is null or o.agent_id = sqlc.narg(agent_id)::uuid)
    and (@all_of_agent::boolean or o.id = any(@conversation_ids::uuid[]))
    and (not @unanswered::boolean or o.waiting_since is not null)
    and (sqlc.narg(had_for)::integer is null or o.assigned_at <= clock_timestamp() - make_interval(secs => sqlc.narg(had_for)::integer))
  order by o.id for update
), c as (
  update conversations x set state = 'waiting', agent_id = null, agent_name = '', assigned_at = null, came_by = @came_by,
    group_id = coalesce(sqlc.narg(group_id)::uuid, x.group_id),
    line_since = coalesce(x.waiting_since, clock_timestamp()), lost = @lost, former_id = case when @came_by in ('lost', 'away') then mine.agent_id end,
    taken_back = x.taken_back + (@came_by = 'taken back')::integer,
    taken_from = case when @came_by = 'taken back' then mine.agent_id else x.taken_from end,
    taken_at = case when @came_by = 'taken back' then clock_timestamp() else x.taken_at end,
    offered_to = sqlc.narg(offered_to)::uuid, offered_until = case when sqlc.narg(offered_to)::uuid is not null then now() + make_interval(secs => @offer_seconds::integer) end,
    offer_note = case when sqlc.narg(offered_to)::uuid is not null then @offer_note::text else '' end,
    last_seq = x.last_seq + (case when @note::text = '' then 1 else 2 end), last_at = greatest(x.last_at, clock_timestamp())
  from mine where x.org_id = mine.org_id and x.id = mine.id
  returning x.*, mine.agent_id as had_id, mine.agent_name as had_name
), g as (
  delete from guests using c where guests.org_id = c.org_id and guests.conversation_id = c.id
), n as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq - 1, gen_random_uuid(), c.visitor_id, 'note', 'agent', c.had_id, @note_by::text, @note::text, c.last_at from c where @note::text <> ''
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, body, created_at)
  select c.org_id, c.id, c.last_seq, gen_random_uuid(), c.visitor_id, 'system', 'system', 'returned', c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: Close :one
with c as (
  update conversations set state = 'closed', came_by = 'closed', closed_at = clock_timestamp(), waiting_since = null,
    last_seq = last_seq + 1, last_at = greatest(last_at, clock_timestamp())
  where conversations.id = @conversation_id and state = 'open' and agent_id = @agent_id
    and exists (select from users u where u.org_id = conversations.org_id and u.id = @agent_id and u.disabled_at is null)
  returning *
), g as (
  delete from guests using c where guests.org_id = c.org_id and guests.conversation_id = c.id
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, @message_id, c.visitor_id, 'system', 'system', c.agent_id, c.agent_name, 'closed', c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: Change :one
with o as (
  select x.org_id, x.conversation_id, x.seq, x.id, x.body as was from messages x
  where x.conversation_id = @conversation_id and x.seq = @seq and x.author = 'agent' and x.author_id = @agent_id::uuid and x.changed <> 'erased'
    and (x.kind = 'text' or x.kind = 'file' and @kind::text = 'erase')
    and not exists (select from messages l where l.org_id = x.org_id and l.conversation_id = x.conversation_id and l.seq > x.seq
      and l.author = 'agent' and l.author_id = x.author_id and l.kind in ('text', 'file'))
  for update of x -- of two changes at once the second sees what the first has made of it
), c as (
  update conversations k set last_seq = k.last_seq + 1, last_at = greatest(k.last_at, clock_timestamp()),
    waiting_since = case when @kind::text <> 'erase' or k.waiting_since is not null then k.waiting_since else (
      select min(v.created_at) from messages v where v.org_id = k.org_id and v.conversation_id = k.id and v.author = 'visitor' and v.kind in ('text', 'file')
        and v.seq > coalesce((select max(a.seq) from messages a where a.org_id = k.org_id and a.conversation_id = k.id and a.author = 'agent' and a.kind in ('text', 'file')
          and a.changed <> 'erased' and a.seq <> o.seq), 0)) end,
    last_text = case when k.last_text in (left(o.was, 200), split_part(o.was, e'\n', 1)) then left(@body::text, 200) else k.last_text end
  from o where k.org_id = o.org_id and k.id = o.conversation_id and k.state = 'open'
    and (k.agent_id = @agent_id or exists (select from guests g where g.org_id = k.org_id and g.conversation_id = k.id and g.user_id = @agent_id and g.may_write))
    and exists (select from users u where u.org_id = k.org_id and u.id = @agent_id and u.disabled_at is null)
  returning k.*, o.seq as of_seq, o.id as of_id, o.was
), u as (
  update messages t set body = @body, changed = @changed from c where t.org_id = c.org_id and t.conversation_id = c.id and t.seq = c.of_seq
), d as ( -- a file that is taken back is nowhere any more
  delete from files f using c where @kind::text = 'erase' and f.org_id = c.org_id and f.id = c.of_id
), e as ( -- what it read in between is for staff only
  update messages f set body = '–' from c where f.org_id = c.org_id and f.conversation_id = c.id and f.of_seq = c.of_seq and f.kind = 'edit'
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at, of_seq)
  select c.org_id, c.id, c.last_seq, @message_id, c.visitor_id, @kind::text, 'agent', @agent_id, app.said_by(c.org_id, 'agent', @agent_id, c.agent_id, c.agent_name, c.customer_id), @body, c.last_at, c.of_seq from c
  returning *
), h as (
  insert into message_traces (org_id, conversation_id, seq, was) select c.org_id, c.id, c.last_seq, c.was from c
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: ListForDesk :many
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since,
  c.created_at as started_at, c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from conversations c
join websites w on w.org_id = c.org_id and w.id = c.website_id
where (c.org_id, c.id) in (
  (select l.org_id, l.id from conversations l where l.state = 'waiting' and (@anywhere::boolean or l.group_id = any(@groups::uuid[]) or l.offered_to = @agent_id)
    order by l.line_since, l.id limit @line)
  union all
  (select o.org_id, o.id from conversations o where o.state = 'open' and o.agent_id = @agent_id)
  union all
  (select g.org_id, g.conversation_id from guests g where g.user_id = @agent_id))
order by c.waiting_since nulls last, c.last_at, c.id;

-- name: MessagesAfter :many
select conversation_id, seq, id as message_id, kind, author, author_name, body, created_at, of_seq, changed
from messages where conversation_id = @conversation_id and seq > @after order by seq limit @most;

-- name: LockRouting :exec
select pg_advisory_xact_lock(7201, hashtext(app.org_id()::text));

-- name: RouteSettings :one
select hand_back, former_hours, round_at, took_back_at, clock_timestamp()::timestamptz as now,
  coalesce((select min(c.offered_until) from conversations c where c.state = 'waiting' and c.offered_until is not null), '9999-01-01')::timestamptz as offer_ends
from routing;

-- name: RouteGroups :many
select id, name, main, everyone, automatic, picking, priority, overflow_id, overflow_after, time_zone, hours, holidays,
  work, replies, think, messages, talk, talks
from groups order by main desc, lower(name), id;

-- name: RouteAgents :many
select a.user_id, u.name, a.status, a.chosen, a.status_at, a.hard_cap, a.open_chats, a.came_online, a.last_reply_at, a.last_assigned_at,
  a.suspect_since, a.took, a.expected, a.busy, a.online, a.busy_at
from agents a join users u on u.org_id = a.org_id and u.id = a.user_id
where a.status <> 'offline' or a.open_chats > 0 order by a.user_id;

-- name: RoutePlaces :many
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
select c.id, c.group_id, c.customer_id, c.agent_id, c.waiting_since, c.assigned_at, c.replied_at, c.think, c.thinks, c.taken_back, c.visitor_name, c.visitor_id
from conversations c where c.state = 'open' order by c.id;

-- name: RouteLine :many
with recursive lines as (
  (select c.org_id, c.group_id, c.website_id from conversations c where c.state = 'waiting' order by c.group_id, c.website_id limit 1)
  union all
  select n.* from lines, lateral (select c.org_id, c.group_id, c.website_id from conversations c
    where c.org_id = lines.org_id and c.state = 'waiting' and (c.group_id, c.website_id) > (lines.group_id, lines.website_id)
    order by c.group_id, c.website_id limit 1) n
)
select h.id, h.group_id, h.customer_id, coalesce(h.line_since, h.waiting_since, h.created_at)::timestamptz as line_since, h.waiting_since is not null as waits, h.waiting_since, h.lost, h.former_id, h.taken_back, h.taken_from, h.taken_at,
  h.replied_at, h.think, h.thinks, h.visitor_name, h.visitor_id,
  (g.priority + coalesce((select s.priority from subjects s where s.org_id = h.org_id and s.website_id = h.website_id and s.group_id = h.group_id), 0))::integer as priority
from lines join groups g on g.org_id = lines.org_id and g.id = lines.group_id,
lateral (select c.* from conversations c where c.org_id = lines.org_id and c.state = 'waiting' and c.group_id = lines.group_id and c.website_id = lines.website_id
    and (c.offered_to is null or c.offered_until <= now())
  order by c.line_since, c.id limit @most) h;

-- name: RouteCustomers :many
select c.id, c.share, a.short, a.long, a.at, a.first_at from customers c left join arrivals a on a.org_id = c.org_id and a.customer_id = c.id;

-- name: NoteRound :exec
update routing set round_at = clock_timestamp(), took_back_at = case when @took_back::boolean then clock_timestamp() else took_back_at end;

-- name: Learn :batchmany
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
insert into arrivals as a (org_id, customer_id, short, long, at, first_at)
select app.org_id(), c.customer_id, count(*), count(*), now(), now()
from unnest(@conversation_ids::uuid[]) d (id) cross join lateral (select k.customer_id from conversations k where k.org_id = app.org_id() and k.id = d.id) c
group by c.customer_id order by c.customer_id
on conflict (org_id, customer_id) do update set
  short = a.short * exp(-ln(2) * greatest(0, extract(epoch from now() - a.at)) / 600) + excluded.short,
  long = a.long * exp(-ln(2) * greatest(0, extract(epoch from now() - a.at)) / 7200) + excluded.long,
  at = greatest(a.at, now())
returning customer_id;

-- name: SetStatus :one
update agents a set status = @status, chosen = @chosen, reason = @reason, suspect_since = null,
  status_at = case when a.status <> @status then clock_timestamp() else a.status_at end,
  came_online = case when a.status <> 'online' and @status = 'online' then clock_timestamp() else a.came_online end,
  busy = a.busy * f.left, online = a.online * f.left + case a.status when 'online' then (1 - f.left) * 2700 / ln(2) else 0 end, busy_at = clock_timestamp()
from (select exp(-ln(2) * greatest(0, extract(epoch from clock_timestamp() - o.busy_at)) / 2700)::double precision as left from agents o where o.user_id = @user_id) f
where a.user_id = @user_id
returning a.status;

-- name: LineLengths :many
select group_id, count(*)::integer as waiting, min(coalesce(line_since, waiting_since, created_at))::timestamptz as since from conversations where state = 'waiting' group by group_id;

-- name: ListPast :many
select c.id, c.visitor_id, c.visitor_name, cu.name as customer_name, w.name as website_name, coalesce(g.name, '')::text as group_name,
  coalesce(u.name, '')::text as user_name, c.agent_name, c.last_text, c.created_at, c.closed_at::timestamptz as closed_at
from conversations c
join customers cu on cu.org_id = c.org_id and cu.id = c.customer_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
left join groups g on g.org_id = c.org_id and g.id = c.group_id
left join users u on u.org_id = c.org_id and u.id = c.agent_id
where c.state = 'closed'
  and (sqlc.narg(customer)::uuid is null or c.customer_id = sqlc.narg(customer)::uuid)
  and (sqlc.narg(website)::uuid is null or c.website_id = sqlc.narg(website)::uuid)
  and (sqlc.narg(group_id)::uuid is null or c.group_id = sqlc.narg(group_id)::uuid)
  and (sqlc.narg(agent)::uuid is null or c.agent_id = sqlc.narg(agent)::uuid)
  and (sqlc.narg(agent_name)::text is null or c.agent_name = sqlc.narg(agent_name)::text)
  and (sqlc.narg(tag)::uuid is null or exists (select from conversation_tags t where t.org_id = c.org_id and t.conversation_id = c.id and t.tag_id = sqlc.narg(tag)::uuid))
  and (sqlc.narg(rating)::text is null or app.rated(c.org_id, c.id, sqlc.narg(rating)::text))
  and (sqlc.narg(closed_from)::timestamptz is null or c.closed_at >= sqlc.narg(closed_from)::timestamptz)
  and (sqlc.narg(closed_until)::timestamptz is null or c.closed_at < sqlc.narg(closed_until)::timestamptz)
  and (sqlc.narg(before)::timestamptz is null or (c.closed_at, c.id) < (sqlc.narg(before)::timestamptz, @before_id::uuid))
order by c.closed_at desc, c.id desc limit @most;

-- name: ListUsers :many
select u.id, u.email, u.name, u.role, u.customer_id, u.disabled_at, coalesce(c.name, '')::text as customer_name
from users u left join customers c on c.org_id = u.org_id and c.id = u.customer_id
order by u.disabled_at is not null, lower(u.name), u.id;
