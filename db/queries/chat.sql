-- Every statement that says something numbers it under the conversation's row lock, writes it, and returns the message
-- with the conversation as it is then, so that no screen has to read anything back.

-- name: StartConversation :one
-- A visitor's first message. No row comes back if the message is known already or a conversation is running.
with who as (
  insert into visitors (org_id, id, website_id) values (app.org_id(), @visitor_id, @website_id)
  on conflict (org_id, id) do nothing
), c as (
  insert into conversations (org_id, id, website_id, customer_id, visitor_id, last_seq, last_text, last_at, waiting_since,
    page_url, page_title, referrer, user_agent, language, created_at)
  select app.org_id(), @conversation_id, @website_id, @customer_id, @visitor_id, 1, left(@body::text, 200), now(), now(),
    @page_url, @page_title, @referrer, @user_agent, @language, now()
  where not exists (select from messages m where m.visitor_id = @visitor_id and m.id = @message_id)
  on conflict (org_id, visitor_id) where state <> 'closed' do nothing
  returning *
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
  select c.org_id, c.id, 1, @message_id, c.visitor_id, 'text', 'visitor', c.visitor_id, @body::text, c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_id, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, ''::text as visitor_name, c.page_url, c.page_title, c.language
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id;

-- name: SayAsVisitor :one
with c as (
  update conversations set last_seq = last_seq + 1, last_text = left(@body::text, 200),
    last_at = greatest(last_at, clock_timestamp()), waiting_since = coalesce(waiting_since, clock_timestamp())
  where conversations.visitor_id = @visitor_id and state <> 'closed'
    and (sqlc.narg(conversation_id)::uuid is null or conversations.id = sqlc.narg(conversation_id)::uuid)
    and not exists (select from messages m where m.visitor_id = @visitor_id and m.id = @message_id)
  returning *
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
  select c.org_id, c.id, c.last_seq, @message_id, c.visitor_id, 'text', 'visitor', c.visitor_id, @body::text, c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_id, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, v.name as visitor_name, c.page_url, c.page_title, c.language
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id;

-- name: SayAsAgent :one
-- A reply or a note by the agent whose conversation it is. Checks once more that the agent may still log in.
with c as (
  update conversations set last_seq = last_seq + 1,
    last_text = case when @kind::text = 'note' then last_text else left(@body::text, 200) end,
    last_at = greatest(last_at, clock_timestamp()),
    waiting_since = case when @kind::text = 'note' then waiting_since end
  where conversations.id = @conversation_id and state = 'open' and agent_id = @agent_id
    and not exists (select from messages m where m.visitor_id = conversations.visitor_id and m.id = @message_id)
    and exists (select from users u where u.org_id = conversations.org_id and u.id = @agent_id and u.disabled_at is null)
  returning *
), m as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
  select c.org_id, c.id, c.last_seq, @message_id, c.visitor_id, @kind::text, 'agent', c.agent_id, c.agent_name, @body::text, c.last_at from c
  returning *
)
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_id, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, v.name as visitor_name, c.page_url, c.page_title, c.language
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id;

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
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_id, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, v.name as visitor_name, c.page_url, c.page_title, c.language
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id;

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
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_id, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, v.name as visitor_name, c.page_url, c.page_title, c.language
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id;

-- name: KnownMessage :one
-- The message that was said before under this id.
select conversation_id, seq, created_at from messages where id = @message_id and visitor_id = @visitor_id;

-- name: KnownMessageIn :one
select conversation_id, seq, id as message_id, kind, author, author_id, author_name, body, created_at from messages m where m.id = @message_id and m.conversation_id = @conversation_id
  and m.author_id = @author_id;

-- name: GetConversation :one
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since,
  c.created_at as started_at, c.website_id, w.name as website_name, w.typing_preview, v.name as visitor_name, c.page_url, c.page_title, c.language
from conversations c
join websites w on w.org_id = c.org_id and w.id = c.website_id
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id
where c.id = @id;

-- name: ListForDesk :many
-- The line and an agent's own conversations, oldest unanswered first, silent ones last.
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since,
  c.created_at as started_at, c.website_id, w.name as website_name, w.typing_preview, v.name as visitor_name, c.page_url, c.page_title, c.language
from conversations c
join websites w on w.org_id = c.org_id and w.id = c.website_id
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id
where (c.org_id, c.id) in (
  (select l.org_id, l.id from conversations l where l.state = 'waiting' order by l.waiting_since, l.id limit @line)
  union all
  (select o.org_id, o.id from conversations o where o.state = 'open' and o.agent_id = @agent_id))
order by c.waiting_since nulls last, c.last_at, c.id;

-- name: CurrentOfVisitor :one
-- The visitor's running conversation, else the last one.
select c.id as conversation_id, c.state, c.agent_name, c.last_seq from conversations c
where c.visitor_id = @visitor_id order by (c.state = 'closed'), c.created_at desc limit 1;

-- name: MessagesAfter :many
select conversation_id, seq, id as message_id, kind, author, author_id, author_name, body, created_at
from messages where conversation_id = @conversation_id and seq > @after order by seq limit @most;

-- name: MessagesOf :many
-- Whole threads of several conversations in one go, each after its own cursor.
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_id, m.author_name, m.body, m.created_at
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
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_id, m.author_name, m.body, m.created_at,
  c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at, c.waiting_since, c.created_at as started_at,
  c.website_id, w.name as website_name, w.typing_preview, v.name as visitor_name, c.page_url, c.page_title, c.language
from m join c on c.org_id = m.org_id and c.id = m.conversation_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id;
