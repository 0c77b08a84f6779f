-- Every statement that writes a message numbers it under the conversation's row lock, and returns the message with the
-- conversation as it is then, so that no screen has to read anything back.

-- name: StartConversations :batchmany
-- Visitors' first messages, each of another visitor: visitor, conversation and message. No row comes back for one whose
-- message is stored already or who has a running conversation.
with input as (
  select unnest(@message_ids::uuid[]) as message_id, unnest(@conversation_ids::uuid[]) as conversation_id,
    unnest(@visitor_ids::uuid[]) as visitor_id, unnest(@website_ids::uuid[]) as website_id,
    unnest(@customer_ids::uuid[]) as customer_id, unnest(@group_ids::uuid[]) as group_id,
    unnest(@kinds::text[]) as kind, unnest(@bodies::text[]) as body, unnest(@page_urls::text[]) as page_url,
    unnest(@page_titles::text[]) as page_title, unnest(@referrers::text[]) as referrer,
    unnest(@user_agents::text[]) as user_agent, unnest(@languages::text[]) as language,
    unnest(@ip_addresses::text[]) as ip_address
), new_visitors as (
  insert into visitors (org_id, id, website_id)
  select app.org_id(), input.visitor_id, input.website_id
  from input
  on conflict (org_id, id) do nothing
), started as (
  insert into conversations as conversation (org_id, id, website_id, customer_id, visitor_id, visitor_name, last_seq,
    last_text, last_at, waiting_since, page_url, page_title, referrer, user_agent, language, ip_address, created_at,
    group_id, queued_at, former_agent_id)
  select app.org_id(), input.conversation_id, input.website_id, input.customer_id, input.visitor_id,
    coalesce((select v.name from visitors v where v.org_id = app.org_id() and v.id = input.visitor_id), ''), 1,
    app.message_preview(input.kind, input.body), now(), now(), input.page_url, input.page_title, input.referrer,
    input.user_agent, input.language, input.ip_address, now(),
    coalesce(nullif(input.group_id, '00000000-0000-0000-0000-000000000000'),
      (select g.id from groups g where g.org_id = app.org_id() and g.main)),
    now(),
    (
      select f.agent_id
      from conversations f
      where f.org_id = app.org_id()
        and f.visitor_id = input.visitor_id
        and f.closed_at > now() - make_interval(
          hours => (select r.former_agent_hours from routing r where r.org_id = app.org_id()))
      order by f.created_at desc
      limit 1)
  from input
  where not exists (
    select from messages known
    where known.visitor_id = input.visitor_id and known.id = input.message_id)
  on conflict (org_id, visitor_id) where state <> 'closed' do nothing
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.last_at,
    conversation::conversations as stored
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body,
    created_at)
  select started.org_id, started.id, 1, input.message_id, started.visitor_id, input.kind, 'visitor',
    started.visitor_id, input.body, started.last_at
  from started
  join input on input.conversation_id = started.id
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join started on started.org_id = sent.org_id and started.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(started.stored) conversation_rows;

-- name: SendMessages :batchmany
-- What visitors write in their running conversations, and agents (replies and notes) in theirs; each in another
-- conversation. No row comes back for a message that is stored already, or whose author may not write it (any more):
-- the conversation is closed, it is another's, or the agent may no longer log in. What finds one row is written as such
-- (scalar, lateral): the planner takes joins apart, and reads an organization's whole table while it believes that to
-- be small. Every message passes here, so this one statement lists the columns of message_rows and conversation_rows
-- itself: passing whole rows on costs some percent.
with input as (
  select unnest(@message_ids::uuid[]) as message_id, unnest(@conversation_ids::uuid[]) as conversation_id,
    unnest(@authors::text[]) as author, unnest(@author_ids::uuid[]) as author_id, unnest(@kinds::text[]) as kind,
    unnest(@bodies::text[]) as body
), updated as (
  update conversations conversation
  set last_seq = conversation.last_seq + 1,
    last_text = case
      when input.kind = 'note' then conversation.last_text
      else app.message_preview(input.kind, input.body) end,
    last_at = greatest(conversation.last_at, clock_timestamp()),
    waiting_since = case
      when input.author = 'visitor' then coalesce(conversation.waiting_since, clock_timestamp())
      when input.kind = 'note' then conversation.waiting_since end,
    replied_at = case
      when input.author = 'agent' and input.kind <> 'note' then clock_timestamp()
      else conversation.replied_at end,
    reply_waiting_since = case
      when input.author = 'agent' and input.kind <> 'note' then conversation.waiting_since
      else conversation.reply_waiting_since end,
    last_think_seconds = case
      when input.author = 'visitor' and conversation.waiting_since is null
        then extract(epoch from now() - conversation.replied_at)
      else conversation.last_think_seconds end,
    think_seconds = case
      when input.author = 'visitor' and conversation.waiting_since is null
        then conversation.think_seconds + coalesce(greatest(0, extract(epoch from now() - conversation.replied_at)), 0)
      else conversation.think_seconds end,
    think_count = case
      when input.author = 'visitor' and conversation.waiting_since is null and conversation.replied_at is not null
        then conversation.think_count + 1
      else conversation.think_count end
  from input
  where conversation.id = input.conversation_id
    and conversation.id = any(@conversation_ids::uuid[]) -- else all of the organization's are read while it has few
    and case input.author
      when 'visitor' then conversation.visitor_id = input.author_id and conversation.state <> 'closed'
      when 'agent'
        then conversation.state = 'open'
          and (conversation.agent_id = input.author_id
            or coalesce((
                select input.kind = 'note' or participant.may_write
                from participants participant
                where participant.org_id = conversation.org_id
                  and participant.conversation_id = conversation.id
                  and participant.user_id = input.author_id), false))
          and coalesce((
              select member.disabled_at is null
              from users member
              where member.org_id = conversation.org_id and member.id = input.author_id), false) end
    and coalesce((
        select false
        from messages known
        where known.org_id = conversation.org_id
          and known.visitor_id = conversation.visitor_id
          and known.id = input.message_id), true)
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.state,
    conversation.agent_id, conversation.agent_name, conversation.last_seq, conversation.last_text,
    conversation.last_at, conversation.waiting_since, conversation.created_at, conversation.website_id,
    conversation.customer_id, conversation.visitor_name, conversation.page_url, conversation.page_title,
    conversation.language, conversation.group_id, conversation.state_reason, conversation.offered_to,
    conversation.offered_until, conversation.offer_note, conversation.queued_at, input.message_id, input.author,
    input.author_id, input.kind, input.body
), sent as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body,
    created_at)
  select updated.org_id, updated.id, updated.last_seq, updated.message_id, updated.visitor_id, updated.kind,
    updated.author, updated.author_id,
    case updated.author
      when 'agent'
        then app.author_name(updated.org_id, updated.author, updated.author_id, updated.agent_id, updated.agent_name,
          updated.customer_id)
      else '' end,
    updated.body, updated.last_at
  from updated
)
select updated.id as conversation_id, updated.last_seq as seq, updated.message_id::uuid as message_id,
  updated.kind::text as kind, updated.author::text as author,
  case updated.author
    when 'agent'
      then app.author_name(updated.org_id, updated.author, updated.author_id, updated.agent_id, updated.agent_name,
        updated.customer_id)
    else '' end as author_name,
  updated.body::text as body, updated.last_at as created_at, updated.state, updated.visitor_id, updated.agent_id,
  updated.agent_name, updated.last_seq, updated.last_text, updated.last_at, updated.waiting_since,
  updated.created_at as started_at, updated.website_id, updated.customer_id, website.name as website_name,
  updated.visitor_name, updated.page_url, updated.page_title, updated.language,
  updated.group_id, updated.state_reason, updated.offered_to, updated.offered_until, updated.offer_note,
  updated.queued_at
from updated
cross join lateral (
  select website.name
  from websites website
  where website.org_id = updated.org_id and website.id = updated.website_id
  limit 1) website;

-- name: TakeConversation :one
-- Assigns a waiting conversation to the agent who takes it: the chosen one (picked, or accepted where it is offered),
-- or the head of the queues that it may see. What is offered to somebody else cannot be taken. The database refuses it
-- to an agent at its concurrent-chat limit (app.record_assignment).
with agent as ( -- locked, so that nobody is disabled meanwhile
  select u.id
  from users u
  where u.id = @agent_id and u.disabled_at is null and u.role <> 'reviewer'
  for share
), head as (
  select h.org_id, h.id
  from conversations h
  where h.state = 'waiting'
    and exists (select from agent)
    and (sqlc.narg(conversation_id)::uuid is null or h.id = sqlc.narg(conversation_id)::uuid)
    and (h.offered_to is null or h.offered_to = @agent_id or h.offered_until <= now())
    and (@anywhere::boolean
      or h.offered_to = @agent_id
      or (h.group_id = any(@groups::uuid[])
        and (sqlc.narg(conversation_id)::uuid is null
          or exists (select from groups g where g.org_id = h.org_id and g.id = h.group_id and g.picking))))
  order by h.queued_at, h.id
  limit 1
  for update skip locked
), taken as (
  update conversations conversation
  set state = 'open',
    agent_id = @agent_id,
    agent_name = app.alias(conversation.org_id, @agent_id, customer_id, @agent_name),
    assigned_at = now(),
    queued_at = null,
    agent_lost = false,
    state_reason = case
      when offered_to = @agent_id then 'accepted'
      when sqlc.narg(conversation_id)::uuid is null then 'next'
      else 'picked' end,
    offered_to = null,
    offered_until = null,
    last_seq = last_seq + 1,
    last_at = greatest(last_at, clock_timestamp())
  from head
  where conversation.org_id = head.org_id and conversation.id = head.id and state = 'waiting'
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.agent_id,
    conversation.agent_name, conversation.last_seq, conversation.last_at, conversation::conversations as stored
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name,
    body, created_at)
  select taken.org_id, taken.id, taken.last_seq, @message_id, taken.visitor_id, 'system', 'system', taken.agent_id,
    taken.agent_name, 'taken', taken.last_at
  from taken
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join taken on taken.org_id = sent.org_id and taken.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(taken.stored) conversation_rows;

-- name: AssignConversations :many
-- Assigns conversations to agents: by routing, or by somebody who may. Each is assigned only if it is still where it
-- was believed to be: in the queue (no agent), or with that agent. A participant who gets it is no longer one.
with input as (
  select unnest(@conversation_ids::uuid[]) as id, unnest(@agent_ids::uuid[]) as agent_id,
    unnest(@message_ids::uuid[]) as message_id
), assignee as (
  select u.org_id, u.id, u.name
  from users u
  where u.id = any(@agent_ids::uuid[]) and u.disabled_at is null and u.role <> 'reviewer'
  for share
), assigned as (
  update conversations conversation
  set state = 'open',
    agent_id = input.agent_id,
    agent_name = app.alias(conversation.org_id, input.agent_id, conversation.customer_id, assignee.name),
    assigned_at = now(),
    queued_at = null,
    agent_lost = false,
    state_reason = @state_reason,
    offered_to = null,
    offered_until = null,
    last_seq = last_seq + 1,
    last_at = greatest(last_at, clock_timestamp())
  from input
  join assignee on assignee.id = input.agent_id
  where conversation.id = input.id
    and conversation.state <> 'closed'
    and conversation.agent_id is not distinct from sqlc.narg(from_agent)::uuid
    and conversation.agent_id is distinct from input.agent_id
    and (@state_reason <> 'routing' or conversation.offered_to is null)
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.agent_id,
    conversation.agent_name, conversation.last_seq, conversation.last_at, conversation::conversations as stored,
    input.message_id
), removed as (
  delete from participants
  using assigned
  where participants.org_id = assigned.org_id
    and participants.conversation_id = assigned.id
    and participants.user_id = assigned.agent_id
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name,
    body, created_at)
  select assigned.org_id, assigned.id, assigned.last_seq, assigned.message_id, assigned.visitor_id, 'system',
    'system', assigned.agent_id, assigned.agent_name, 'taken', assigned.last_at
  from assigned
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join assigned on assigned.org_id = sent.org_id and assigned.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(assigned.stored) conversation_rows;

-- name: LockQueuedConversations :many
-- Locks waiting conversations, in one order everywhere.
select id
from conversations
where state = 'waiting' and id = any(@conversation_ids::uuid[])
order by id
for update;

-- name: LockForTransfer :exec
-- Locks a conversation, and then the agents between whom it is transferred, in one order: two may be transferred the
-- opposite way.
with locked as materialized (
  select conversation.org_id
  from conversations conversation
  where conversation.id = @conversation_id
  for update
)
select a.user_id
from locked
join agents a on a.org_id = locked.org_id and a.user_id = any(@agents::uuid[])
order by a.user_id
for no key update of a;

-- name: RequeueConversations :many
-- Puts open conversations into a queue: all of an agent's, or named ones. Each keeps the wait of its visitor. What the
-- team should know of it becomes an internal note.
with former as (
  select o.org_id, o.id, o.agent_id, o.agent_name
  from conversations o
  where o.state = 'open'
    and (sqlc.narg(agent_id)::uuid is null or o.agent_id = sqlc.narg(agent_id)::uuid)
    and (@all_of_agent::boolean or o.id = any(@conversation_ids::uuid[]))
    and (not @unanswered::boolean or o.waiting_since is not null)
    and (sqlc.narg(had_for)::integer is null
      or o.assigned_at <= clock_timestamp() - make_interval(secs => sqlc.narg(had_for)::integer))
  order by o.id
  for update
), requeued as (
  update conversations conversation
  set state = 'waiting',
    agent_id = null,
    agent_name = '',
    assigned_at = null,
    state_reason = @state_reason,
    group_id = coalesce(sqlc.narg(group_id)::uuid, conversation.group_id),
    queued_at = coalesce(conversation.waiting_since, clock_timestamp()),
    agent_lost = @agent_lost,
    former_agent_id = case when @state_reason in ('lost', 'away') then former.agent_id end,
    requeue_count = conversation.requeue_count + (@state_reason = 'taken back')::integer,
    requeued_from = case when @state_reason = 'taken back' then former.agent_id else conversation.requeued_from end,
    requeued_at = case when @state_reason = 'taken back' then clock_timestamp() else conversation.requeued_at end,
    offered_to = sqlc.narg(offered_to)::uuid,
    offered_until = case
      when sqlc.narg(offered_to)::uuid is not null then now() + make_interval(secs => @offer_seconds::integer) end,
    offer_note = case when sqlc.narg(offered_to)::uuid is not null then @offer_note::text else '' end,
    last_seq = conversation.last_seq + (case when @note::text = '' then 1 else 2 end),
    last_at = greatest(conversation.last_at, clock_timestamp())
  from former
  where conversation.org_id = former.org_id and conversation.id = former.id
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.last_seq,
    conversation.last_at, conversation::conversations as stored, former.agent_id as had_id
), removed as (
  delete from participants
  using requeued
  where participants.org_id = requeued.org_id and participants.conversation_id = requeued.id
), note_sent as (
  insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body,
    created_at)
  select requeued.org_id, requeued.id, requeued.last_seq - 1, gen_random_uuid(), requeued.visitor_id, 'note',
    'agent', requeued.had_id, @note_by::text, @note::text, requeued.last_at
  from requeued
  where @note::text <> ''
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, body, created_at)
  select requeued.org_id, requeued.id, requeued.last_seq, gen_random_uuid(), requeued.visitor_id, 'system',
    'system', 'returned', requeued.last_at
  from requeued
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join requeued on requeued.org_id = sent.org_id and requeued.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(requeued.stored) conversation_rows;

-- name: MoveInQueue :many
-- Moves waiting conversations into another group's queue, or ends an offer that was not accepted. An internal note says
-- why.
with moved as (
  update conversations conversation
  set group_id = coalesce(sqlc.narg(group_id)::uuid, conversation.group_id),
    state_reason = @state_reason,
    requeued_from = coalesce(conversation.offered_to, conversation.requeued_from),
    requeued_at = case
      when conversation.offered_to is not null then clock_timestamp()
      else conversation.requeued_at end,
    offered_to = null,
    offered_until = null,
    last_seq = conversation.last_seq + 1,
    last_at = greatest(conversation.last_at, clock_timestamp())
  where conversation.state = 'waiting'
    and (conversation.id = any(@conversation_ids::uuid[])
      and conversation.group_id <> coalesce(sqlc.narg(group_id)::uuid, gen_random_uuid())
      and (sqlc.narg(offered_to)::uuid is null or conversation.offered_to = sqlc.narg(offered_to)::uuid)
      or @expired::boolean and conversation.offered_until <= now())
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.last_seq,
    conversation.last_at, conversation::conversations as stored
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, author_name, body,
    created_at)
  select moved.org_id, moved.id, moved.last_seq, gen_random_uuid(), moved.visitor_id, 'note', 'system',
    @note_by::text, @note::text, moved.last_at
  from moved
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join moved on moved.org_id = sent.org_id and moved.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(moved.stored) conversation_rows;

-- name: CloseConversation :one
-- Closes a conversation for its agent.
with closed as (
  update conversations conversation
  set state = 'closed',
    state_reason = 'closed',
    closed_at = clock_timestamp(),
    waiting_since = null,
    last_seq = last_seq + 1,
    last_at = greatest(last_at, clock_timestamp())
  where conversation.id = @conversation_id
    and state = 'open'
    and agent_id = @agent_id
    and exists (
      select from users u
      where u.org_id = conversation.org_id and u.id = @agent_id and u.disabled_at is null)
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.agent_id,
    conversation.agent_name, conversation.last_seq, conversation.last_at, conversation::conversations as stored
), removed as (
  delete from participants
  using closed
  where participants.org_id = closed.org_id and participants.conversation_id = closed.id
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name,
    body, created_at)
  select closed.org_id, closed.id, closed.last_seq, @message_id, closed.visitor_id, 'system', 'system',
    closed.agent_id, closed.agent_name, 'closed', closed.last_at
  from closed
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join closed on closed.org_id = sent.org_id and closed.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(closed.stored) conversation_rows;

-- name: ChangeMessage :one
-- Edits or erases an agent's own last reply. The reply is changed, a message of its own tells every screen, and what
-- the reply said before is stored for staff.
with original as (
  select message.org_id, message.conversation_id, message.seq, message.id, message.body as previous_body
  from messages message
  where message.conversation_id = @conversation_id
    and message.seq = @seq
    and message.author = 'agent'
    and message.author_id = @agent_id::uuid
    and message.changed <> 'erased'
    and (message.kind = 'text' or message.kind = 'file' and @kind::text = 'erase')
    and not exists (
      select from messages later
      where later.org_id = message.org_id
        and later.conversation_id = message.conversation_id
        and later.seq > message.seq
        and later.author = 'agent'
        and later.author_id = message.author_id
        and later.kind in ('text', 'file'))
  for update of message -- of two changes at once the second sees the result of the first
), updated as (
  update conversations conversation
  set last_seq = conversation.last_seq + 1,
    last_at = greatest(conversation.last_at, clock_timestamp()),
    waiting_since = case
      when @kind::text <> 'erase' or conversation.waiting_since is not null then conversation.waiting_since
      else (
        select min(v.created_at)
        from messages v
        where v.org_id = conversation.org_id
          and v.conversation_id = conversation.id
          and v.author = 'visitor'
          and v.kind in ('text', 'file')
          and v.seq > coalesce((
              select max(a.seq)
              from messages a
              where a.org_id = conversation.org_id
                and a.conversation_id = conversation.id
                and a.author = 'agent'
                and a.kind in ('text', 'file')
                and a.changed <> 'erased'
                and a.seq <> original.seq), 0)) end,
    last_text = case
      when conversation.last_text in (left(original.previous_body, 200), split_part(original.previous_body, e'\n', 1))
        then left(@body::text, 200)
      else conversation.last_text end
  from original
  where conversation.org_id = original.org_id
    and conversation.id = original.conversation_id
    and conversation.state = 'open'
    and (conversation.agent_id = @agent_id
      or exists (
        select from participants g
        where g.org_id = conversation.org_id
          and g.conversation_id = conversation.id
          and g.user_id = @agent_id
          and g.may_write))
    and exists (
      select from users member
      where member.org_id = conversation.org_id and member.id = @agent_id and member.disabled_at is null)
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.customer_id,
    conversation.agent_id, conversation.agent_name, conversation.last_seq, conversation.last_at,
    conversation::conversations as stored, original.seq as of_seq, original.id as of_id, original.previous_body
), rewritten as (
  update messages t
  set body = @body, changed = @changed
  from updated
  where t.org_id = updated.org_id and t.conversation_id = updated.id and t.seq = updated.of_seq
), removed_file as ( -- an erased file is nowhere any more
  delete from files f
  using updated
  where @kind::text = 'erase' and f.org_id = updated.org_id and f.id = updated.of_id
), blanked_edits as ( -- what it said in between is for staff only
  update messages f
  set body = '–'
  from updated
  where f.org_id = updated.org_id
    and f.conversation_id = updated.id
    and f.of_seq = updated.of_seq
    and f.kind = 'edit'
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name,
    body, created_at, of_seq)
  select updated.org_id, updated.id, updated.last_seq, @message_id, updated.visitor_id, @kind::text, 'agent',
    @agent_id,
    app.author_name(updated.org_id, 'agent', @agent_id, updated.agent_id, updated.agent_name, updated.customer_id),
    @body, updated.last_at, updated.of_seq
  from updated
  returning message.org_id, message.conversation_id, message::messages as stored
), history as (
  insert into message_history (org_id, conversation_id, seq, previous_body)
  select updated.org_id, updated.id, updated.last_seq, updated.previous_body
  from updated
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join updated on updated.org_id = sent.org_id and updated.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(updated.stored) conversation_rows;

-- name: ListMessageHistory :many
-- What changed messages said before, by the number of the change.
select seq, previous_body from message_history where conversation_id = @conversation_id order by seq;

-- name: GetSentMessage :one
-- The message that was stored before under this id.
select conversation_id, seq, kind, created_at
from messages
where id = @message_id and visitor_id = @visitor_id;

-- name: GetSentMessageIn :one
-- The same, of one conversation and author.
select sqlc.embed(message_rows)
from messages m
cross join lateral app.message_row(m) message_rows
where m.id = @message_id and m.conversation_id = @conversation_id and m.author_id = @author_id;

-- name: GetConversation :one
select * from conversation_rows where conversation_id = @id;

-- name: CanAttachFile :one
-- Whether a visitor can write in a conversation, or has sent this message already.
select (exists (
    select from conversations c
    where c.id = @conversation_id and c.visitor_id = @visitor_id and c.state <> 'closed')
    or exists (select from messages m where m.visitor_id = @visitor_id and m.id = @message_id))::boolean as may;

-- name: GetWriteAccess :one
-- What decides whether somebody who sees a conversation may change it.
select c.agent_id, c.customer_id,
  exists (
    select from participants g
    where g.org_id = c.org_id and g.conversation_id = c.id and g.user_id = @user_id) as participant
from conversations c
where c.id = @id;

-- name: GetFormerConversation :one
-- A conversation, with whether somebody has had it or has written in it, even if it no longer sees it.
select c.state, c.agent_id, c.agent_name, c.customer_id, c.group_id, c.offered_to, c.offered_until,
  (exists (select from assignments a where a.org_id = c.org_id and a.conversation_id = c.id and a.agent_id = @user_id)
    or exists (select from messages m where m.org_id = c.org_id and m.conversation_id = c.id and m.author_id = @user_id))::boolean
    as had
from conversations c
where c.id = @id;

-- name: ListDeskConversations :many
-- The heads of some groups' queues (or of all), what is offered to an agent, its own conversations and those in which
-- it is a participant; the longest unanswered first, those that nobody waits in last. Each row's policy is asked once.
with shown as materialized (
  (select l.*
   from conversation_rows l
   where @anywhere::boolean and l.state = 'waiting' and (l.offered_to is null or l.offered_until <= now())
   order by l.queued_at, l.conversation_id
   limit @most)
  union all
  (select r.*
   from (
     select l.stored
     from unnest(@groups::uuid[]) as wanted(id)
     cross join lateral (
       select c::conversations as stored, c.queued_at, c.id
       from conversations c
       where not @anywhere::boolean
         and c.state = 'waiting'
         and c.group_id = wanted.id
         and (c.offered_to is null or c.offered_until <= now())
       order by c.queued_at, c.id
       limit @most) l
     order by l.queued_at, l.id
     limit @most) h
   cross join lateral app.conversation_row(h.stored) r)
  union all
  (select f.*
   from conversation_rows f
   where f.state = 'waiting' and f.offered_to = @agent_id and f.offered_until > now())
  union all
  (select o.*
   from conversation_rows o
   where o.state = 'open' and o.agent_id = @agent_id)
  union all
  (select p.*
   from participants g
   cross join lateral (select c.* from conversation_rows c where c.conversation_id = g.conversation_id limit 1) p
   where g.user_id = @agent_id and p.state = 'open' and p.agent_id <> @agent_id)
)
select *
from shown
order by waiting_since nulls last, last_at, conversation_id;

-- name: ListQueueHead :many
-- The longest-waiting conversations in some groups' queues (or in all) of some customers (or of all) that are offered
-- to nobody.
with head as materialized (
  (select l.*
   from conversation_rows l
   where @anywhere::boolean
     and l.state = 'waiting'
     and (l.offered_to is null or l.offered_until <= now())
     and (not @limited::boolean or l.customer_id = any(@customers::uuid[]))
   order by l.queued_at, l.conversation_id
   limit @most)
  union all
  (select r.*
   from (
     select l.stored
     from unnest(@groups::uuid[]) as wanted(id)
     cross join lateral (
       select c::conversations as stored, c.queued_at, c.id
       from conversations c
       where not @anywhere::boolean
         and c.state = 'waiting'
         and c.group_id = wanted.id
         and (c.offered_to is null or c.offered_until <= now())
         and (not @limited::boolean or c.customer_id = any(@customers::uuid[]))
       order by c.queued_at, c.id
       limit @most) l
     order by l.queued_at, l.id
     limit @most) h
   cross join lateral app.conversation_row(h.stored) r)
)
select *
from head
order by queued_at, conversation_id;

-- name: CountQueued :one
-- How many conversations ListQueueHead would list without a limit.
select count(*)::integer
from conversations c
where c.state = 'waiting'
  and (@anywhere::boolean or c.group_id = any(@groups::uuid[]))
  and (c.offered_to is null or c.offered_until <= now())
  and (not @limited::boolean or c.customer_id = any(@customers::uuid[]));

-- name: GetCurrentConversation :one
-- The visitor's running conversation, else the last one.
select c.id as conversation_id, c.state, c.agent_name, c.last_seq, c.read_by_agent
from conversations c
where c.visitor_id = @visitor_id
order by (c.state = 'closed'), c.created_at desc
limit 1;

-- name: ListLastSeqs :many
-- The number of each conversation's newest message.
select id as conversation_id, last_seq from conversations where id = any(@conversations::uuid[]);

-- name: ListLatestConversations :many
-- The conversation that each visitor began last.
select distinct on (visitor_id) visitor_id, id as conversation_id
from conversations
where visitor_id = any(@visitors::uuid[])
order by visitor_id, id desc;

-- name: ListMessagesAfter :many
select *
from message_rows
where conversation_id = @conversation_id and seq > @after
order by seq
limit @most;

-- name: ListMessagesBefore :many
select *
from message_rows
where conversation_id = @conversation_id and seq < @before
order by seq desc
limit @most;

-- name: GetMessage :one
select *
from message_rows
where conversation_id = @conversation_id and seq = @seq;

-- name: GetLastQuestion :one
-- The visitor's newest text up to a number.
select m.seq, m.body
from messages m
where m.conversation_id = @conversation_id and m.author = 'visitor' and m.kind = 'text' and m.seq <= @upto
order by m.seq desc
limit 1;

-- name: ListLastQuestions :many
-- The visitors' newest texts, each found from the conversation's end.
select m.conversation_id, m.seq, m.body
from unnest(@conversations::uuid[]) as want (id)
cross join lateral (
  select x.conversation_id, x.seq, x.body
  from messages x
  where x.org_id = app.org_id() and x.conversation_id = want.id and x.author = 'visitor' and x.kind = 'text'
  order by x.seq desc
  limit 1) m;

-- name: ListThreads :many
-- The messages of several conversations at once: those after each one's cursor, or the newest ones where there is none.
-- (Each conversation's are read from the number on: "offset 0" keeps the planner from reading all of them first.)
select sqlc.embed(message_rows)
from (select unnest(@conversations::uuid[]) as id, unnest(@cursors::integer[]) as seq) as want
cross join lateral (
  select c.id, case when want.seq > 0 then want.seq else c.last_seq - @most::integer end as after
  from conversations c
  where c.org_id = app.org_id() and c.id = want.id
  offset 0) t
cross join lateral (
  select m.*
  from message_rows m
  where m.conversation_id = t.id and m.seq > t.after
  order by m.seq
  offset 0) message_rows
order by message_rows.conversation_id, message_rows.seq;

-- name: ListParticipants :many
select g.conversation_id, g.user_id, u.name, g.may_write, g.watching
from participants g
join users u on u.org_id = g.org_id and u.id = g.user_id
where g.conversation_id = any(@conversation_ids::uuid[])
order by g.at;

-- name: AddParticipant :one
-- Brings a team member into an open conversation: its agent may do so, and whoever may watch does so itself. An
-- internal note says so, unless somebody only watches.
with member as (
  select member.id, member.name
  from users member
  where member.id = @user_id and member.disabled_at is null and member.role <> 'reviewer'
  for share
), locked as (
  select conversation.org_id, conversation.id
  from conversations conversation, member
  where conversation.id = @conversation_id
    and conversation.state = 'open'
    and conversation.agent_id <> @user_id
    and (@anyone::boolean or conversation.agent_id = @by_id)
  for update of conversation
), added as (
  insert into participants (org_id, conversation_id, user_id, may_write, watching, by_id)
  select locked.org_id, locked.id, @user_id, @may_write, @watching, @by_id
  from locked
  on conflict (org_id, conversation_id, user_id) do update
  set may_write = excluded.may_write, watching = participants.watching and excluded.watching
  where not excluded.watching and (participants.may_write <> excluded.may_write or participants.watching)
  returning *
), updated as (
  update conversations conversation
  set last_seq = conversation.last_seq + 1, last_at = greatest(conversation.last_at, clock_timestamp())
  from added
  where conversation.org_id = added.org_id and conversation.id = added.conversation_id
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.last_seq,
    conversation.last_at, conversation::conversations as stored
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name,
    body, created_at)
  select updated.org_id, updated.id, updated.last_seq, gen_random_uuid(), updated.visitor_id, 'note', 'agent',
    @by_id, @by_name::text, @note::text, updated.last_at
  from updated
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join updated on updated.org_id = sent.org_id and updated.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(updated.stored) conversation_rows;

-- name: RemoveParticipant :one
-- Takes a participant out of a conversation, with an internal note.
with locked as ( -- conversations before participants, everywhere
  select conversation.org_id, conversation.id
  from conversations conversation
  where conversation.id = @conversation_id
  for update
), removed as (
  delete from participants
  using locked
  where participants.org_id = locked.org_id
    and participants.conversation_id = locked.id
    and participants.user_id = @user_id
  returning participants.*
), updated as (
  update conversations conversation
  set last_seq = conversation.last_seq + 1, last_at = greatest(conversation.last_at, clock_timestamp())
  from removed
  where conversation.org_id = removed.org_id and conversation.id = removed.conversation_id
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.last_seq,
    conversation.last_at, conversation::conversations as stored
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name,
    body, created_at)
  select updated.org_id, updated.id, updated.last_seq, gen_random_uuid(), updated.visitor_id, 'note', 'agent',
    @by_id, @by_name::text, @note::text, updated.last_at
  from updated
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join updated on updated.org_id = sent.org_id and updated.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(updated.stored) conversation_rows;

-- name: SaveVisitorEmail :one
-- Stores where the visitor can be written to, with an internal note.
with visitor as (
  update visitors
  set email = case when @email::text = '' or external_id is not null then email else @email::text end,
    name = case when @name::text = '' or external_id is not null then name else @name::text end
  where visitors.id = @visitor_id
  returning *
), updated as (
  update conversations conversation
  set last_seq = conversation.last_seq + 1,
    last_at = greatest(conversation.last_at, clock_timestamp()),
    visitor_name = visitor.name
  from visitor
  where conversation.org_id = visitor.org_id
    and conversation.visitor_id = visitor.id
    and conversation.state <> 'closed'
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.last_seq,
    conversation.last_at, conversation::conversations as stored
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, body, created_at)
  select updated.org_id, updated.id, updated.last_seq, gen_random_uuid(), updated.visitor_id, 'note', 'system',
    @note::text, updated.last_at
  from updated
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join updated on updated.org_id = sent.org_id and updated.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(updated.stored) conversation_rows;

-- name: RemoveParticipations :exec
-- Takes a team member out of all conversations in which it is a participant.
delete from participants where user_id = @user_id;

-- name: RemoveUnpermittedParticipations :exec
-- Takes a team member out of the conversations of customers whom it no longer serves.
delete from participants g
using conversations c
where g.user_id = @user_id
  and c.org_id = g.org_id
  and c.id = g.conversation_id
  and not app.may_serve(g.org_id, g.user_id, c.customer_id);

-- name: LockUnpermittedConversations :many
-- The open conversations of an agent with customers whom it no longer serves, locked.
select c.id
from conversations c
where c.state = 'open' and c.agent_id = @agent_id and not app.may_serve(c.org_id, @agent_id, c.customer_id)
order by c.id
for update;

-- Around a conversation.

-- name: GetConversationContext :one
-- What is known around a conversation: page, browser, visitor.
select c.page_url, c.page_title, c.referrer, c.user_agent, c.language, c.country, c.ip_address, c.time_zone, c.data,
  c.trail, c.created_at, v.email, v.name, (v.external_id is not null)::boolean as signed,
  website.name as website_name, cu.name as customer_name
from conversations c
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id
join websites website on website.org_id = c.org_id and website.id = c.website_id
join customers cu on cu.org_id = c.org_id and cu.id = c.customer_id
where c.id = @id;

-- name: ListEarlierConversations :many
-- The same visitor's other conversations, newest first.
select e.id, e.created_at, e.state, e.agent_name, e.last_text
from conversations c
join conversations e on e.org_id = c.org_id and e.visitor_id = c.visitor_id and e.id <> c.id
where c.id = @id
order by e.created_at desc
limit 10;

-- name: IsSameVisitor :one
-- Whether two conversations are the same visitor's.
select exists (
    select from conversations c
    join conversations e on e.org_id = c.org_id and e.visitor_id = c.visitor_id
    where c.id = @id and e.id = @other);

-- name: SetConversationContext :execrows
-- Stores what the widget reports of its page and its visitor, for the running conversation.
update conversations
set trail = @trail,
  data = @data,
  country = case when @country::text = '' then country else @country::text end,
  time_zone = @time_zone,
  ip_address = @ip_address
where (trail, data, time_zone) is distinct from (@trail, @data, @time_zone)
  and visitor_id = @visitor_id
  and state <> 'closed'
  and id = @id;

-- name: ListTags :many
select id, name from tags order by lower(name);

-- name: ListConversationTags :many
select ct.conversation_id, t.id, t.name
from conversation_tags ct
join tags t on t.org_id = ct.org_id and t.id = ct.tag_id
where ct.conversation_id = any(@conversations::uuid[])
order by lower(t.name);

-- name: CreateTag :execrows
insert into tags (org_id, id, name) values (app.org_id(), @id, @name) on conflict do nothing;

-- name: TagConversation :execrows
-- Sets the tag of a name.
insert into conversation_tags (org_id, conversation_id, tag_id, by_id)
select c.org_id, c.id, t.id, sqlc.narg(by_id)::uuid
from conversations c, tags t
where c.id = @conversation_id and app.name_key(t.name) = app.name_key(@name)
on conflict do nothing;

-- name: UntagConversation :execrows
delete from conversation_tags where conversation_id = @conversation_id and tag_id = @tag_id;

-- name: RenameTag :one
-- Returns the name before.
update tags t
set name = @name
from (select x.id, x.name from tags x where x.id = @id for update) old
where t.id = old.id
returning old.name as former_name;

-- name: DeleteTag :one
delete from tags where id = @id returning name;

-- name: ListTagUses :many
select t.id, t.name,
  (select count(*) from conversation_tags c where c.org_id = t.org_id and c.tag_id = t.id)::integer as uses
from tags t
order by lower(t.name);

-- name: EndConversation :one
-- Closes a conversation without its agent: the visitor ends it, or was silent for too long (then only if nothing was
-- written meanwhile).
with closed as (
  update conversations conversation
  set state = 'closed',
    state_reason = 'closed',
    closed_at = clock_timestamp(),
    waiting_since = null,
    queued_at = null,
    offered_to = null,
    offered_until = null,
    last_seq = conversation.last_seq + 1,
    last_at = greatest(conversation.last_at, clock_timestamp())
  where conversation.id = @conversation_id
    and conversation.state <> 'closed'
    and (sqlc.narg(visitor_id)::uuid is null or conversation.visitor_id = sqlc.narg(visitor_id)::uuid)
    and (sqlc.narg(seq)::integer is null or conversation.last_seq = sqlc.narg(seq)::integer)
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.last_seq,
    conversation.last_at, conversation::conversations as stored
), removed as (
  delete from participants
  using closed
  where participants.org_id = closed.org_id and participants.conversation_id = closed.id
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, body, created_at)
  select closed.org_id, closed.id, closed.last_seq, @message_id, closed.visitor_id, 'system', 'system', @body::text,
    closed.last_at
  from closed
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join closed on closed.org_id = sent.org_id and closed.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(closed.stored) conversation_rows;

-- name: PostSystemMessage :one
-- Posts a message of the program in an open conversation, if nothing was written since.
with updated as (
  update conversations conversation
  set last_seq = conversation.last_seq + 1, last_at = greatest(conversation.last_at, clock_timestamp())
  where conversation.id = @conversation_id
    and conversation.state = 'open'
    and conversation.waiting_since is null
    and conversation.last_seq = @seq
  returning conversation.org_id, conversation.id, conversation.visitor_id, conversation.last_seq,
    conversation.last_at, conversation::conversations as stored
), sent as (
  insert into messages as message (org_id, conversation_id, seq, id, visitor_id, kind, author, body, created_at)
  select updated.org_id, updated.id, updated.last_seq, @message_id, updated.visitor_id, 'system', 'system',
    @body::text, updated.last_at
  from updated
  returning message.org_id, message.conversation_id, message::messages as stored
)
select sqlc.embed(message_rows), sqlc.embed(conversation_rows)
from sent
join updated on updated.org_id = sent.org_id and updated.id = sent.conversation_id
cross join lateral app.message_row(sent.stored) message_rows
cross join lateral app.conversation_row(updated.stored) conversation_rows;

-- name: RateConversation :one
-- Stores the visitor's rating of its closed conversation; it can be changed for a day.
insert into ratings as r (org_id, conversation_id, visitor_id, value, thumbs, reasons, comment, customer_id, website_id,
  group_id, agent_id, agent_name)
select c.org_id, c.id, c.visitor_id, @value, @thumbs, @reasons::text[], @comment, c.customer_id, c.website_id,
  c.group_id, c.agent_id, c.agent_name
from conversations c
where c.id = @conversation_id and c.visitor_id = @visitor_id and c.state = 'closed'
on conflict (org_id, conversation_id) do update
set value = excluded.value,
  thumbs = excluded.thumbs,
  reasons = excluded.reasons,
  comment = excluded.comment,
  changed_at = now()
where r.rated_at > now() - interval '1 day'
returning r.conversation_id;

-- name: SummarizeRatings :many
-- Ratings of some days, by agent, group, customer or website; stars and thumbs apart.
select r.thumbs,
  (case @by::text
      when 'agent' then coalesce(u.name, '–')
      when 'group' then coalesce(g.name, '–')
      when 'website' then website.name
      else k.name end)::text as name,
  count(*)::integer as ratings, avg(r.value)::double precision as mean,
  count(*) filter (where r.value >= 4)::integer as good, count(*) filter (where r.value <= 2)::integer as bad
from ratings r
left join users u on u.org_id = r.org_id and u.id = r.agent_id
left join groups g on g.org_id = r.org_id and g.id = r.group_id
left join websites website on website.org_id = r.org_id and website.id = r.website_id
left join customers k on k.org_id = r.org_id and k.id = r.customer_id
where r.rated_at >= @since and r.rated_at < @until
group by 1, 2
order by 1, 2;

-- name: ListRatingComments :many
-- The newest ratings with a comment or reasons.
select r.conversation_id, r.value, r.thumbs, r.reasons, r.comment, r.agent_name, r.rated_at,
  website.name as website_name
from ratings r
join websites website on website.org_id = r.org_id and website.id = r.website_id
where r.rated_at >= @since and r.rated_at < @until and (r.comment <> '' or r.reasons <> '{}')
order by r.rated_at desc
limit 50;

-- name: MarkReadByVisitor :one
update conversations
set read_by_visitor = least(@seq, last_seq)
where id = @conversation_id and visitor_id = @visitor_id and read_by_visitor < least(@seq, last_seq)
returning read_by_visitor;

-- name: MarkReadByAgent :one
update conversations
set read_by_agent = least(@seq, last_seq)
where id = @conversation_id and agent_id = @agent_id and read_by_agent < least(@seq, last_seq)
returning read_by_agent, visitor_id;

-- name: ListReadMarks :many
select id as conversation_id, read_by_visitor, read_by_agent
from conversations
where id = any(@conversations::uuid[]);

-- name: GetUnread :one
-- What the visitor has not read: how far it has read or was mailed, where, in which language and time zone it can be
-- written to, and from which page it came.
select greatest(c.read_by_visitor, c.mailed_seq)::integer as known, c.read_by_visitor, c.last_seq, c.state, c.page_url, c.website_id,
  c.visitor_id, c.language, c.time_zone, v.email, (v.external_id is not null)::boolean as signed,
  website.name as website_name, coalesce(g.time_zone, '')::text as group_zone,
  coalesce((
      select d.host
      from domains d
      where d.org_id = c.org_id and d.website_id = c.website_id
      order by d.host like '*%', d.id
      limit 1), '')::text as host
from conversations c
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id
join websites website on website.org_id = c.org_id and website.id = c.website_id
left join groups g on g.org_id = c.org_id and g.id = c.group_id
where c.id = @conversation_id;

-- name: MarkMailed :execrows
update conversations set mailed_seq = @seq where id = @conversation_id and mailed_seq < @seq;

-- name: CountTranscript :execrows
-- Counts one more transcript that goes by mail, if it is not one too many.
update conversations
set transcript_count = transcript_count + 1
where id = @conversation_id and visitor_id = @visitor_id and transcript_count < 3 and replied_at is not null;

-- name: MergeConversations :exec
-- Moves the conversations of an anonymous visitor to the known one that it turned out to be: all that are closed, and
-- the running one if the other has none.
update conversations c
set visitor_id = @into_id
from visitors v
where c.visitor_id = @from_id
  and v.org_id = c.org_id
  and v.id = c.visitor_id
  and v.external_id is null
  and (c.state = 'closed'
    or not exists (
      select from conversations r
      where r.org_id = c.org_id and r.visitor_id = @into_id and r.state <> 'closed'));

-- name: ListAnsweredConversations :many
-- Conversations in which an agent wrote last, within a day: whose visitor may have to be mailed, or asked whether it is
-- still there.
select c.id, c.website_id, c.last_seq, c.last_at, c.state,
  (v.email <> '' and greatest(c.read_by_visitor, c.mailed_seq) < c.last_seq)::boolean as unread,
  coalesce((
      select m.body
      from messages m
      where m.org_id = c.org_id and m.conversation_id = c.id and m.seq = c.last_seq and m.kind = 'system'), '')::text as last_said
from conversations c
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id
where c.waiting_since is null
  and c.replied_at > now() - interval '1 day'
  and (c.state = 'open' or c.state = 'closed' and c.closed_at > now() - interval '1 day')
order by c.last_at desc
limit 5000;
