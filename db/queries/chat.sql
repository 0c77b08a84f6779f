-- Every statement that says something numbers it under the conversation's row lock, writes it, and returns the message
-- with the conversation as it is then, so that no screen has to read anything back.

-- name: Begin :batchmany
-- Visitors' first messages, each of another visitor: visitor, conversation and message. No row comes back for one whose
-- message is known already or who has a running conversation.
with d as (
  select unnest(@message_ids::uuid[]) as message_id, unnest(@conversation_ids::uuid[]) as conversation_id,
    unnest(@visitor_ids::uuid[]) as visitor_id, unnest(@website_ids::uuid[]) as website_id, unnest(@customer_ids::uuid[]) as customer_id,
    unnest(@bodies::text[]) as body, unnest(@page_urls::text[]) as page_url, unnest(@page_titles::text[]) as page_title,
    unnest(@referrers::text[]) as referrer, unnest(@user_agents::text[]) as user_agent, unnest(@languages::text[]) as language
), who as (
  insert into visitors (org_id, id, website_id) select app.org_id(), d.visitor_id, d.website_id from d
  on conflict (org_id, id) do nothing
), c as (
  insert into conversations (org_id, id, website_id, customer_id, visitor_id, visitor_name, last_seq, last_text, last_at, waiting_since,
    page_url, page_title, referrer, user_agent, language, created_at)
  select app.org_id(), d.conversation_id, d.website_id, d.customer_id, d.visitor_id,
    coalesce((select v.name from visitors v where v.org_id = app.org_id() and v.id = d.visitor_id), ''), 1, left(d.body, 200), now(), now(),
    d.page_url, d.page_title, d.referrer, d.user_agent, d.language, now()
  from d where not exists (select from messages m where m.visitor_id = d.visitor_id and m.id = d.message_id)
  on conflict (org_id, visitor_id) where state <> 'closed' do nothing
  returning *
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
  select c.org_id, c.id, 1, d.message_id, c.visitor_id, 'text', 'visitor', c.visitor_id, d.body, c.last_at
  from c join d on d.conversation_id = c.id
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language
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
    last_text = case when d.kind = 'note' then x.last_text else left(d.body, 200) end,
    last_at = greatest(x.last_at, clock_timestamp()),
    waiting_since = case when d.author = 'visitor' then coalesce(x.waiting_since, clock_timestamp()) when d.kind = 'note' then x.waiting_since end
  from d
  where x.id = d.conversation_id
    and case d.author
      when 'visitor' then x.visitor_id = d.author_id and x.state <> 'closed'
      when 'agent' then x.state = 'open' and x.agent_id = d.author_id
        and coalesce((select u.disabled_at is null from users u where u.org_id = x.org_id and u.id = d.author_id), false)
    end
    and coalesce((select false from messages m where m.org_id = x.org_id and m.visitor_id = x.visitor_id and m.id = d.message_id), true)
  returning x.*, d.message_id, d.author, d.author_id, d.kind, d.body
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, c.message_id, c.visitor_id, c.kind, c.author, c.author_id,
    case c.author when 'agent' then c.agent_name else '' end, c.body, c.last_at
  from c
)
select c.id as conversation_id, c.last_seq as seq, c.message_id::uuid as message_id, c.kind::text as kind, c.author::text as author,
  case c.author when 'agent' then c.agent_name else '' end as author_name, c.body::text as body, c.last_at as created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language
from c
cross join lateral (select w.name, w.typing_preview from websites w where w.org_id = c.org_id and w.id = c.website_id limit 1) w;

-- name: Take :one
-- Gives a waiting conversation to an agent: the chosen one, or the one that has waited longest.
with who as ( -- locked, so that nobody is disabled between the look and the taking
  select u.id from users u where u.id = @agent_id and u.disabled_at is null and u.role <> 'reviewer' for share
), head as (
  select h.org_id, h.id from conversations h
  where h.state = 'waiting' and exists (select from who) and (sqlc.narg(conversation_id)::uuid is null or h.id = sqlc.narg(conversation_id)::uuid)
  order by h.waiting_since, h.id limit 1 for update skip locked
), c as (
  update conversations set state = 'open', agent_id = @agent_id, agent_name = @agent_name, assigned_at = now(),
    last_seq = last_seq + 1, last_at = greatest(last_at, clock_timestamp())
  from head where conversations.org_id = head.org_id and conversations.id = head.id and state = 'waiting'
  returning conversations.*
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, @message_id, c.visitor_id, 'system', 'system', c.agent_id, c.agent_name, 'taken', c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: Close :one
with c as (
  update conversations set state = 'closed', closed_at = clock_timestamp(), waiting_since = null,
    last_seq = last_seq + 1, last_at = greatest(last_at, clock_timestamp())
  where conversations.id = @conversation_id and state = 'open' and agent_id = @agent_id
    and exists (select from users u where u.org_id = conversations.org_id and u.id = @agent_id and u.disabled_at is null)
  returning *
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, @message_id, c.visitor_id, 'system', 'system', c.agent_id, c.agent_name, 'closed', c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: KnownMessage :one
-- The message that was said before under this id.
select conversation_id, seq, created_at from messages where id = @message_id and visitor_id = @visitor_id;

-- name: KnownMessageIn :one
select conversation_id, seq, id as message_id, kind, author, author_name, body, created_at from messages m where m.id = @message_id and m.conversation_id = @conversation_id
  and m.author_id = @author_id;

-- name: GetConversation :one
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since,
  c.created_at as started_at, c.website_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language
from conversations c
join websites w on w.org_id = c.org_id and w.id = c.website_id
where c.id = @id;

-- name: ListForDesk :many
-- The line and an agent's own conversations, oldest unanswered first, silent ones last.
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since,
  c.created_at as started_at, c.website_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language
from conversations c
join websites w on w.org_id = c.org_id and w.id = c.website_id
where (c.org_id, c.id) in (
  (select l.org_id, l.id from conversations l where l.state = 'waiting' order by l.waiting_since, l.id limit @line)
  union all
  (select o.org_id, o.id from conversations o where o.state = 'open' and o.agent_id = @agent_id))
order by c.waiting_since nulls last, c.last_at, c.id;

-- name: CurrentOfVisitor :one
-- The visitor's running conversation, else the last one.
select c.id as conversation_id, c.state, c.agent_name, c.last_seq from conversations c
where c.visitor_id = @visitor_id order by (c.state = 'closed'), c.created_at desc limit 1;

-- name: NewestOf :many
-- How far conversations are.
select id as conversation_id, last_seq from conversations where id = any(@conversations::uuid[]);

-- name: LastOfVisitors :many
-- The conversation each visitor began last.
select distinct on (visitor_id) visitor_id, id as conversation_id from conversations
where visitor_id = any(@visitors::uuid[]) order by visitor_id, id desc;

-- name: MessagesAfter :many
select conversation_id, seq, id as message_id, kind, author, author_name, body, created_at
from messages where conversation_id = @conversation_id and seq > @after order by seq limit @most;

-- name: MessagesOf :many
-- Whole threads of several conversations in one go, each after its own cursor.
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at
from (select unnest(@conversations::uuid[]) as id, unnest(@cursors::integer[]) as seq) as want
join conversations c on c.id = want.id
join messages m on m.org_id = c.org_id and m.conversation_id = c.id and m.seq > greatest(want.seq, c.last_seq - @most::integer)
order by m.conversation_id, m.seq;

-- name: ReturnToLine :many
-- Puts an agent's open conversations back into the line, for instance when the agent may no longer log in.
with c as (
  update conversations set state = 'waiting', agent_id = null, agent_name = '', assigned_at = null,
    waiting_since = coalesce(waiting_since, clock_timestamp()),
    last_seq = last_seq + 1, last_at = greatest(last_at, clock_timestamp())
  where state = 'open' and agent_id = @agent_id
  returning *
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, body, created_at)
  select c.org_id, c.id, c.last_seq, gen_random_uuid(), c.visitor_id, 'system', 'system', 'returned', c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;
