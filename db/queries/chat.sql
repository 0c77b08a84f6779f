-- Every statement that says something numbers it under the conversation's row lock, writes it, and returns the message
-- with the conversation as it is then, so that no screen has to read anything back.

-- name: Begin :batchmany
-- Visitors' first messages, each of another visitor: visitor, conversation and message. No row comes back for one whose
-- message is known already or who has a running conversation.
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
-- What visitors say in their running conversations, and agents (replies and notes) in theirs; each in another conversation.
-- No row comes back for one whose message is known already, or who may not (any more): the conversation is closed, it is
-- another's, or the agent may no longer log in. Looks for one row are written as such (scalar, lateral): the planner takes
-- joins apart and reads an organization's whole table while it believes that to be small.
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
    and x.id = any(@conversation_ids::uuid[]) -- else all of the organization's are read, while it has few
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
-- An agent takes a waiting conversation: the chosen one (picked, or accepted where it is offered), or the head of the lines it may
-- see. What is offered to somebody else is not for taking. The database refuses it to an agent who has all it may have (assigned()
-- in 00007).
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

-- name: Give :many
-- Gives conversations to agents: by routing, or by somebody who may. Each is given only if it is still where it was thought to be:
-- in the line (no agent), or with that agent. A guest who gets it is no guest any more.
with d as (
  select unnest(@conversation_ids::uuid[]) as id, unnest(@agent_ids::uuid[]) as agent_id, unnest(@message_ids::uuid[]) as message_id
), who as (
  select u.org_id, u.id, u.name from users u where u.id = any(@agent_ids::uuid[]) and u.disabled_at is null and u.role <> 'reviewer' for share
), c as (
  update conversations x set state = 'open', agent_id = d.agent_id, agent_name = app.alias(x.org_id, d.agent_id, x.customer_id, who.name), assigned_at = now(), line_since = null, lost = false,
    came_by = @came_by, offered_to = null, offered_until = null, last_seq = last_seq + 1, last_at = greatest(last_at, clock_timestamp())
  from d join who on who.id = d.agent_id
  where x.id = d.id and x.state <> 'closed' and x.agent_id is not distinct from sqlc.narg(from_agent)::uuid and x.agent_id is distinct from d.agent_id
    and (@came_by <> 'routing' or x.offered_to is null)
  returning x.*, d.message_id
), g as (
  delete from guests using c where guests.org_id = c.org_id and guests.conversation_id = c.id and guests.user_id = c.agent_id
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, c.message_id, c.visitor_id, 'system', 'system', c.agent_id, c.agent_name, 'taken', c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: LockWaiting :many
-- Locks conversations of the line, in one order everywhere.
select id from conversations where state = 'waiting' and id = any(@conversation_ids::uuid[]) order by id for update;

-- name: LockBetween :exec
-- Locks a conversation, and then the agents between whom it changes hands, in one order: two may change hands the opposite way.
with c as materialized (
  select k.org_id from conversations k where k.id = @conversation_id for update
)
select a.user_id
from c
join agents a on a.org_id = c.org_id and a.user_id = any(@agents::uuid[])
order by a.user_id
for no key update of a;

-- name: Requeue :many
-- Puts open conversations into a line: all of an agent's, or named ones. Each keeps the wait of its visitor. What colleagues should
-- know of it becomes a note.
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

-- name: Reline :many
-- Changes the place of waiting conversations: into another group's line, or an offer that was not accepted is over. Staff reads why
-- in a note.
with c as (
  update conversations x set group_id = coalesce(sqlc.narg(group_id)::uuid, x.group_id), came_by = @came_by,
    taken_from = coalesce(x.offered_to, x.taken_from), taken_at = case when x.offered_to is not null then clock_timestamp() else x.taken_at end,
    offered_to = null, offered_until = null, last_seq = x.last_seq + 1, last_at = greatest(x.last_at, clock_timestamp())
  where x.state = 'waiting' and (x.id = any(@conversation_ids::uuid[]) and x.group_id <> coalesce(sqlc.narg(group_id)::uuid, gen_random_uuid())
      and (sqlc.narg(offered_to)::uuid is null or x.offered_to = sqlc.narg(offered_to)::uuid)
    or @expired::boolean and x.offered_until <= now())
  returning x.*
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, gen_random_uuid(), c.visitor_id, 'note', 'system', @note_by::text, @note::text, c.last_at from c
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
-- An agent says its own last reply otherwise, or takes it back. The reply carries that, a message of its own tells it to every screen,
-- and what it was stays for staff.
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

-- name: TracesOf :many
-- What changed messages were before, by the number of the change.
select seq, was from message_traces where conversation_id = @conversation_id order by seq;

-- name: KnownMessage :one
-- The message that was said before under this id.
select conversation_id, seq, kind, created_at from messages where id = @message_id and visitor_id = @visitor_id;

-- name: KnownMessageIn :one
select conversation_id, seq, id as message_id, kind, author, author_name, body, created_at, of_seq, changed from messages m where m.id = @message_id and m.conversation_id = @conversation_id
  and m.author_id = @author_id;

-- name: GetConversation :one
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since,
  c.created_at as started_at, c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from conversations c
join websites w on w.org_id = c.org_id and w.id = c.website_id
where c.id = @id;

-- name: MayAttach :one
-- Whether a visitor can say something in a conversation, or has said it.
select (exists (select from conversations c where c.id = @conversation_id and c.visitor_id = @visitor_id and c.state <> 'closed')
  or exists (select from messages m where m.visitor_id = @visitor_id and m.id = @message_id))::boolean as may;

-- name: Reach :one
-- What decides whether somebody who sees a conversation may change it.
select c.agent_id, c.customer_id,
  exists (select from guests g where g.org_id = c.org_id and g.conversation_id = c.id and g.user_id = @user_id) as participant
from conversations c
where c.id = @id;

-- name: Known :one
-- A conversation that somebody has had, or has written in, whether it still sees it or not.
select c.state, c.agent_id, c.agent_name, c.customer_id, c.group_id, c.offered_to, c.offered_until,
  (exists (select from assignments a where a.org_id = c.org_id and a.conversation_id = c.id and a.agent_id = @user_id)
    or exists (select from messages m where m.org_id = c.org_id and m.conversation_id = c.id and m.author_id = @user_id))::boolean as had
from conversations c
where c.id = @id;

-- name: ListForDesk :many
-- The heads of some groups' queues (or of all), what is offered to an agent, its own conversations and those that it takes part in; the
-- longest unanswered first, silent ones last.
-- Each row's policy is asked once.
with shown as materialized (
  (select l.*
   from conversations l
   where @anywhere::boolean and l.state = 'waiting' and (l.offered_to is null or l.offered_until <= now())
   order by l.line_since, l.id
   limit @most)
  union all
  (select h.*
   from (
     select l.*
     from unnest(@groups::uuid[]) as wanted(id)
     cross join lateral (
       select c.*
       from conversations c
       where not @anywhere::boolean and c.state = 'waiting' and c.group_id = wanted.id and (c.offered_to is null or c.offered_until <= now())
       order by c.line_since, c.id
       limit @most) l) h
   order by h.line_since, h.id
   limit @most)
  union all
  (select f.*
   from conversations f
   where f.state = 'waiting' and f.offered_to = @agent_id and f.offered_until > now())
  union all
  (select o.*
   from conversations o
   where o.state = 'open' and o.agent_id = @agent_id)
  union all
  (select p.*
   from guests g
   cross join lateral (select c.* from conversations c where c.org_id = g.org_id and c.id = g.conversation_id limit 1) p
   where g.user_id = @agent_id and p.state = 'open' and p.agent_id <> @agent_id)
)
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since,
  c.created_at as started_at, c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from shown c
cross join lateral (select x.name, x.typing_preview from websites x where x.org_id = c.org_id and x.id = c.website_id limit 1) w
order by c.waiting_since nulls last, c.last_at, c.id;

-- name: QueueHead :many
-- The longest-waiting conversations in some groups' queues (or in all) of some customers (or of all) that are offered to nobody.
with head as materialized (
  (select l.*
   from conversations l
   where @anywhere::boolean and l.state = 'waiting' and (l.offered_to is null or l.offered_until <= now())
     and (not @limited::boolean or l.customer_id = any(@customers::uuid[]))
   order by l.line_since, l.id
   limit @most)
  union all
  (select h.*
   from (
     select l.*
     from unnest(@groups::uuid[]) as wanted(id)
     cross join lateral (
       select c.*
       from conversations c
       where not @anywhere::boolean and c.state = 'waiting' and c.group_id = wanted.id and (c.offered_to is null or c.offered_until <= now())
         and (not @limited::boolean or c.customer_id = any(@customers::uuid[]))
       order by c.line_since, c.id
       limit @most) l) h
   order by h.line_since, h.id
   limit @most)
)
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since,
  c.created_at as started_at, c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from head c
cross join lateral (select x.name, x.typing_preview from websites x where x.org_id = c.org_id and x.id = c.website_id limit 1) w
order by c.line_since, c.id;

-- name: QueueLength :one
-- How many conversations QueueHead would list without a limit.
select count(*)::integer
from conversations c
where c.state = 'waiting'
  and (@anywhere::boolean or c.group_id = any(@groups::uuid[]))
  and (c.offered_to is null or c.offered_until <= now())
  and (not @limited::boolean or c.customer_id = any(@customers::uuid[]));

-- name: CurrentOfVisitor :one
-- The visitor's running conversation, else the last one.
select c.id as conversation_id, c.state, c.agent_name, c.last_seq, c.read_by_agent from conversations c
where c.visitor_id = @visitor_id order by (c.state = 'closed'), c.created_at desc limit 1;

-- name: NewestOf :many
-- How far conversations are.
select id as conversation_id, last_seq from conversations where id = any(@conversations::uuid[]);

-- name: LastOfVisitors :many
-- The conversation each visitor began last.
select distinct on (visitor_id) visitor_id, id as conversation_id from conversations
where visitor_id = any(@visitors::uuid[]) order by visitor_id, id desc;

-- name: MessagesAfter :many
select conversation_id, seq, id as message_id, kind, author, author_name, body, created_at, of_seq, changed
from messages where conversation_id = @conversation_id and seq > @after order by seq limit @most;

-- name: MessagesBefore :many
select conversation_id, seq, id as message_id, kind, author, author_name, body, created_at, of_seq, changed
from messages where conversation_id = @conversation_id and seq < @before order by seq desc limit @most;

-- name: GetMessage :one
select conversation_id, seq, id as message_id, kind, author, author_name, body, created_at, of_seq, changed
from messages where conversation_id = @conversation_id and seq = @seq;

-- name: LastQuestion :one
-- The visitor's newest message up to a number, and when there is an answer to it, that too.
select m.seq, m.body from messages m where m.conversation_id = @conversation_id and m.author = 'visitor' and m.kind = 'text' and m.seq <= @upto order by m.seq desc limit 1;

-- name: LastQuestions :many
-- The visitors' newest texts, each found from the conversation's end.
select m.conversation_id, m.seq, m.body
from unnest(@conversations::uuid[]) as want (id)
cross join lateral (
  select x.conversation_id, x.seq, x.body
  from messages x
  where x.org_id = app.org_id() and x.conversation_id = want.id and x.author = 'visitor' and x.kind = 'text'
  order by x.seq desc
  limit 1) m;

-- name: MessagesOf :many
-- Threads of several conversations in one go: what is after each one's cursor, or the newest messages where there is none. (Each
-- conversation's are read from the number on: "offset 0" keeps the planner from reading all of them first.)
select m.conversation_id, m.seq, m.message_id, m.kind, m.author, m.author_name, m.body, m.created_at, m.of_seq, m.changed
from (select unnest(@conversations::uuid[]) as id, unnest(@cursors::integer[]) as seq) as want
cross join lateral (
  select c.org_id, c.id, case when want.seq > 0 then want.seq else c.last_seq - @most::integer end as after
  from conversations c
  where c.org_id = app.org_id() and c.id = want.id
  offset 0) t
cross join lateral (
  select x.conversation_id, x.seq, x.id as message_id, x.kind, x.author, x.author_name, x.body, x.created_at, x.of_seq, x.changed
  from messages x
  where x.org_id = t.org_id and x.conversation_id = t.id and x.seq > t.after
  order by x.seq
  offset 0) m
order by m.conversation_id, m.seq;

-- name: ListGuests :many
select g.conversation_id, g.user_id, u.name, g.may_write, g.watching from guests g join users u on u.org_id = g.org_id and u.id = g.user_id
where g.conversation_id = any(@conversation_ids::uuid[]) order by g.at;

-- name: Invite :one
-- Brings a colleague into a running conversation: who has it may do so, and who may watch by its own. Staff reads of it in a note,
-- unless somebody only watches.
with u as (
  select u.id, u.name from users u where u.id = @user_id and u.disabled_at is null and u.role <> 'reviewer' for share
), x as (
  select c.org_id, c.id from conversations c, u where c.id = @conversation_id and c.state = 'open' and c.agent_id <> @user_id
    and (@anyone::boolean or c.agent_id = @by_id)
  for update of c
), g as (
  insert into guests (org_id, conversation_id, user_id, may_write, watching, by_id)
  select x.org_id, x.id, @user_id, @may_write, @watching, @by_id from x
  on conflict (org_id, conversation_id, user_id) do update set may_write = excluded.may_write, watching = guests.watching and excluded.watching
    where not excluded.watching and (guests.may_write <> excluded.may_write or guests.watching)
  returning *
), c as (
  update conversations k set last_seq = k.last_seq + 1, last_at = greatest(k.last_at, clock_timestamp())
  from g where k.org_id = g.org_id and k.id = g.conversation_id
  returning k.*
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, gen_random_uuid(), c.visitor_id, 'note', 'agent', @by_id, @by_name::text, @note::text, c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: Uninvite :one
with x as ( -- conversations before guests, everywhere
  select v.org_id, v.id from conversations v where v.id = @conversation_id for update
), g as (
  delete from guests using x where guests.org_id = x.org_id and guests.conversation_id = x.id and guests.user_id = @user_id
  returning guests.*
), c as (
  update conversations k set last_seq = k.last_seq + 1, last_at = greatest(k.last_at, clock_timestamp())
  from g where k.org_id = g.org_id and k.id = g.conversation_id
  returning k.*
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, gen_random_uuid(), c.visitor_id, 'note', 'agent', @by_id, @by_name::text, @note::text, c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: LeaveAddress :one
-- Where the visitor can be written to. Staff reads it in a note.
with v as (
  update visitors set email = case when @email::text = '' or subject is not null then email else @email::text end,
    name = case when @name::text = '' or subject is not null then name else @name::text end where visitors.id = @visitor_id returning *
), c as (
  update conversations k set last_seq = k.last_seq + 1, last_at = greatest(k.last_at, clock_timestamp()), visitor_name = v.name
  from v where k.org_id = v.org_id and k.visitor_id = v.id and k.state <> 'closed'
  returning k.*
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, body, created_at)
  select c.org_id, c.id, c.last_seq, gen_random_uuid(), c.visitor_id, 'note', 'system', @note::text, c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: EndVisits :exec
delete from guests where user_id = @user_id;

-- name: LeaveBeyondLimits :exec
-- Takes a team member out of the conversations of customers whom it no longer serves.
delete from guests g
using conversations c
where g.user_id = @user_id
  and c.org_id = g.org_id and c.id = g.conversation_id
  and not app.may_serve(g.org_id, g.user_id, c.customer_id);

-- name: OwnBeyondLimits :many
-- The open conversations of an agent with customers whom it no longer serves, locked.
select c.id
from conversations c
where c.state = 'open' and c.agent_id = @agent_id and not app.may_serve(c.org_id, @agent_id, c.customer_id)
order by c.id
for update;

-- Around a conversation.

-- name: About :one
select c.page_url, c.page_title, c.referrer, c.user_agent, c.language, c.country, c.address, c.zone, c.data, c.trail, c.created_at, v.email, v.name, (v.subject is not null)::boolean as signed, w.name as website_name, cu.name as customer_name
from conversations c join visitors v on v.org_id = c.org_id and v.id = c.visitor_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
join customers cu on cu.org_id = c.org_id and cu.id = c.customer_id
where c.id = @id;

-- name: Earlier :many
-- The same visitor's other conversations, newest first.
select e.id, e.created_at, e.state, e.agent_name, e.last_text from conversations c
join conversations e on e.org_id = c.org_id and e.visitor_id = c.visitor_id and e.id <> c.id
where c.id = @id order by e.created_at desc limit 10;

-- name: IsEarlier :one
-- Whether two conversations are the same visitor's.
select exists (select from conversations c join conversations e on e.org_id = c.org_id and e.visitor_id = c.visitor_id where c.id = @id and e.id = @other);

-- name: SetAbout :execrows
-- What the panel tells of its page and its visitor, for the running conversation.
update conversations set trail = @trail, data = @data, country = case when @country::text = '' then country else @country::text end, zone = @zone, address = @address
where (trail, data, zone) is distinct from (@trail, @data, @zone) and visitor_id = @visitor_id and state <> 'closed' and id = @id;

-- name: ListTags :many
select id, name from tags order by lower(name);

-- name: TagsOf :many
select ct.conversation_id, t.id, t.name from conversation_tags ct join tags t on t.org_id = ct.org_id and t.id = ct.tag_id
where ct.conversation_id = any(@conversations::uuid[]) order by lower(t.name);

-- name: AddTag :execrows
insert into tags (org_id, id, name) values (app.org_id(), @id, @name) on conflict do nothing;

-- name: PutTag :execrows
insert into conversation_tags (org_id, conversation_id, tag_id, by_id)
select c.org_id, c.id, t.id, sqlc.narg(by_id)::uuid from conversations c, tags t where c.id = @conversation_id and app.name_key(t.name) = app.name_key(@name)
on conflict do nothing;

-- name: TakeTag :execrows
delete from conversation_tags where conversation_id = @conversation_id and tag_id = @tag_id;

-- name: RenameTag :execrows
update tags set name = @name where id = @id;

-- name: RemoveTag :execrows
delete from tags where id = @id;

-- name: CountTags :many
select t.id, t.name, (select count(*) from conversation_tags c where c.org_id = t.org_id and c.tag_id = t.id)::integer as uses from tags t order by lower(t.name);

-- name: End :one
-- A conversation ends without its agent: the visitor ends it, or was silent for too long (then only if nothing was said meanwhile).
with c as (
  update conversations x set state = 'closed', came_by = 'closed', closed_at = clock_timestamp(), waiting_since = null, line_since = null,
    offered_to = null, offered_until = null, last_seq = x.last_seq + 1, last_at = greatest(x.last_at, clock_timestamp())
  where x.id = @conversation_id and x.state <> 'closed' and (sqlc.narg(visitor_id)::uuid is null or x.visitor_id = sqlc.narg(visitor_id)::uuid)
    and (sqlc.narg(seq)::integer is null or x.last_seq = sqlc.narg(seq)::integer)
  returning *
), g as (
  delete from guests using c where guests.org_id = c.org_id and guests.conversation_id = c.id
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, body, created_at)
  select c.org_id, c.id, c.last_seq, @message_id, c.visitor_id, 'system', 'system', @body::text, c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: Remark :one
-- The program says something in an open conversation, if nothing was said since.
with c as (
  update conversations x set last_seq = x.last_seq + 1, last_at = greatest(x.last_at, clock_timestamp())
  where x.id = @conversation_id and x.state = 'open' and x.waiting_since is null and x.last_seq = @seq
  returning *
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, body, created_at)
  select c.org_id, c.id, c.last_seq, @message_id, c.visitor_id, 'system', 'system', @body::text, c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, c.customer_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.came_by, c.offered_to, c.offered_until, c.offer_note, c.line_since
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: Rate :one
-- The visitor's verdict on its closed conversation; it can be changed for a day.
insert into ratings as r (org_id, conversation_id, visitor_id, value, thumbs, reasons, comment, customer_id, website_id, group_id, agent_id, agent_name)
select c.org_id, c.id, c.visitor_id, @value, @thumbs, @reasons::text[], @comment, c.customer_id, c.website_id, c.group_id, c.agent_id, c.agent_name
from conversations c where c.id = @conversation_id and c.visitor_id = @visitor_id and c.state = 'closed'
on conflict (org_id, conversation_id) do update set value = excluded.value, thumbs = excluded.thumbs, reasons = excluded.reasons, comment = excluded.comment, changed_at = now()
where r.rated_at > now() - interval '1 day'
returning r.conversation_id;

-- name: RatingsBy :many
-- Verdicts of some days, by agent, group, customer or website; stars and thumbs apart.
select r.thumbs,
  (case @by::text when 'agent' then coalesce(u.name, '–') when 'group' then coalesce(g.name, '–') when 'website' then w.name else k.name end)::text as name,
  count(*)::integer as ratings, avg(r.value)::double precision as mean, count(*) filter (where r.value >= 4)::integer as good, count(*) filter (where r.value <= 2)::integer as bad
from ratings r
left join users u on u.org_id = r.org_id and u.id = r.agent_id
left join groups g on g.org_id = r.org_id and g.id = r.group_id
left join websites w on w.org_id = r.org_id and w.id = r.website_id
left join customers k on k.org_id = r.org_id and k.id = r.customer_id
where r.rated_at >= @since and r.rated_at < @until
group by 1, 2 order by 1, 2;

-- name: RatingsSaid :many
-- The newest verdicts with words.
select r.conversation_id, r.value, r.thumbs, r.reasons, r.comment, r.agent_name, r.rated_at, w.name as website_name
from ratings r join websites w on w.org_id = r.org_id and w.id = r.website_id
where r.rated_at >= @since and r.rated_at < @until and (r.comment <> '' or r.reasons <> '{}') order by r.rated_at desc limit 50;

-- name: SeenByVisitor :one
update conversations set read_by_visitor = least(@seq, last_seq) where id = @conversation_id and visitor_id = @visitor_id and read_by_visitor < least(@seq, last_seq)
returning read_by_visitor;

-- name: SeenByAgent :one
update conversations set read_by_agent = least(@seq, last_seq) where id = @conversation_id and agent_id = @agent_id and read_by_agent < least(@seq, last_seq)
returning read_by_agent, visitor_id;

-- name: ReadUpTo :many
select id as conversation_id, read_by_visitor, read_by_agent from conversations where id = any(@conversations::uuid[]);

-- name: Unread :one
-- What the visitor has not been told of: how far it has read or been mailed, where, in which language and time zone it can be written to,
-- and from which page it came.
select greatest(c.read_by_visitor, c.mailed_seq)::integer as known, c.last_seq, c.state, c.page_url, c.website_id, c.visitor_id, c.language, c.zone,
  v.email, (v.subject is not null)::boolean as signed, w.name as website_name, coalesce(g.time_zone, '')::text as group_zone,
  coalesce((select d.host from domains d where d.org_id = c.org_id and d.website_id = c.website_id order by d.host like '*%', d.id limit 1), '')::text as host
from conversations c
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
left join groups g on g.org_id = c.org_id and g.id = c.group_id
where c.id = @conversation_id;

-- name: Mailed :execrows
update conversations set mailed_seq = @seq where id = @conversation_id and mailed_seq < @seq;

-- name: TakeTranscript :execrows
-- One more transcript goes by mail, if it is not one too many.
update conversations set transcripts = transcripts + 1 where id = @conversation_id and visitor_id = @visitor_id and transcripts < 3 and replied_at is not null;

-- name: UseIdentity :one
-- Takes what a visitor was signed with: the first time, or again from the same address within two minutes (an answer can be lost).
insert into identity_uses as u (org_id, hash, visitor_id, address, until) values (app.org_id(), @hash, @visitor_id, @address, @until)
on conflict (org_id, hash) do update set at = u.at where u.address = excluded.address and u.at > now() - interval '2 minutes'
returning hash;

-- name: ForgetIdentities :exec
delete from identity_uses where until < now();

-- name: KnowVisitor :one
-- The visitor whom the site calls so: the one it was before, or a new one. Never the one that asks: somebody else may have its token.
with known as (
  select v.id from visitors v where v.website_id = @website_id and v.subject = @subject
), made as (
  insert into visitors (org_id, id, website_id, subject) select app.org_id(), @new_id::uuid, @website_id, @subject::text
  where not exists (select from known)
  on conflict (org_id, website_id, subject) where subject is not null do nothing returning id
)
select id from known union all select id from made;

-- name: SubjectOf :one
select coalesce(subject, '')::text as subject from visitors where id = @id;

-- name: Introduce :exec
update visitors set name = case when @name::text = '' then name else @name::text end, email = case when @email::text = '' then email else @email::text end where id = @id;

-- name: AddCode :exec
-- Stores the hash of a code that leads back to a visitor's conversations, and forgets the codes that have expired.
with expired as (
  delete from visitor_codes
  where expires_at < now()
)
insert into visitor_codes (org_id, hash, website_id, visitor_id, expires_at)
values (app.org_id(), @hash, @website_id, @visitor_id, @expires_at);

-- name: VisitorOfCode :one
select visitor_id
from visitor_codes
where hash = @hash
  and website_id = @website_id
  and used_at is null
  and expires_at > now();

-- name: LockVisitor :one
-- Makes takeovers of one visitor's conversations wait for one another.
select id
from visitors
where id = @id
for no key update;

-- name: TakeOver :one
-- Uses a code up and moves its visitor's conversations to a new visitor, and with them the other unused codes and what keeps the visitor
-- out. Into the conversations of a visitor whom the site has signed leads the site's sign-in, and no code.
with used as (
  update visitor_codes x
  set used_at = now()
  where x.hash = @hash
    and x.website_id = @website_id
    and x.visitor_id = @from_id
    and x.used_at is null
    and x.expires_at > now()
  returning x.org_id, x.visitor_id
), old as (
  select v.org_id, v.website_id, v.name, v.email
  from used
  join visitors v on v.org_id = used.org_id and v.id = used.visitor_id
  where v.subject is null
    and exists (select from conversations c where c.org_id = v.org_id and c.visitor_id = v.id)
), made as (
  insert into visitors (org_id, id, website_id, name, email)
  select old.org_id, @into_id::uuid, old.website_id, old.name, old.email
  from old
  returning org_id, id
), moved as (
  update conversations c
  set visitor_id = made.id
  from made
  where c.org_id = made.org_id
    and c.visitor_id = @from_id
), followed as (
  update visitor_codes x
  set visitor_id = made.id
  from made
  where x.org_id = made.org_id
    and x.visitor_id = @from_id
    and x.used_at is null
    and x.hash <> @hash
), blocked as (
  update blocks b
  set visitor_id = made.id
  from made
  where b.org_id = made.org_id
    and b.visitor_id = @from_id
)
select made.id
from made;

-- name: Unite :exec
-- The talks of a visitor who was nobody become those of whom it turned out to be: all that have ended, and the running one if the other
-- has none.
update conversations c set visitor_id = @into_id from visitors v
where c.visitor_id = @from_id and v.org_id = c.org_id and v.id = c.visitor_id and v.subject is null
  and (c.state = 'closed' or not exists (select from conversations r where r.org_id = c.org_id and r.visitor_id = @into_id and r.state <> 'closed'));

-- name: Blocks :many
select b.id, b.visitor_id, coalesce(b.network::text, '')::text as network, b.reason, b.created_at, b.until, coalesce(u.name, '')::text as by_name, coalesce(v.name, '')::text as visitor_name
from blocks b left join users u on u.org_id = b.org_id and u.id = b.by_id left join visitors v on v.org_id = b.org_id and v.id = b.visitor_id
where b.until is null or b.until > now() order by b.created_at desc;

-- name: AddBlock :exec
insert into blocks (org_id, id, visitor_id, network, reason, by_id, until)
values (app.org_id(), @id, sqlc.narg(visitor_id)::uuid, sqlc.narg(network)::text::cidr, @reason, sqlc.narg(by_id)::uuid, sqlc.narg(until)::timestamptz)
on conflict (org_id, visitor_id, network) do update set reason = excluded.reason, by_id = excluded.by_id, until = excluded.until, created_at = now();

-- name: DropBlock :execrows
delete from blocks where id = @id;

-- name: Answered :many
-- Conversations in which the visitor has the word since a day at most: who may have to be written to, or asked whether it is there.
select c.id, c.website_id, c.last_seq, c.state, (v.email <> '' and greatest(c.read_by_visitor, c.mailed_seq) < c.last_seq)::boolean as unread,
  coalesce((select m.body from messages m where m.org_id = c.org_id and m.conversation_id = c.id and m.seq = c.last_seq and m.kind = 'system'), '')::text as last_said
from conversations c join visitors v on v.org_id = c.org_id and v.id = c.visitor_id
where c.waiting_since is null and c.replied_at > now() - interval '1 day' and (c.state = 'open' or c.state = 'closed' and c.closed_at > now() - interval '1 day')
order by c.last_at desc limit 5000;
