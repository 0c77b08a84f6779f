-- name: ConfigureSearchPlanning :exec
-- For the rest of the transaction: filters that may be left out want a plan for those that are there, whatever was
-- asked before, and compiling a plan takes longer than any of these queries.
select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
  set_config('work_mem', '32MB', true);

-- name: ListArchived :many
select c.id, c.visitor_id, c.visitor_name, cu.name as customer_name, w.name as website_name,
  coalesce(g.name, '')::text as group_name, coalesce(u.name, '')::text as user_name, c.agent_name, c.last_text,
  c.created_at, c.closed_at::timestamptz as closed_at
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
  and (sqlc.narg(tag)::uuid is null
    or exists (
      select from conversation_tags t
      where t.org_id = c.org_id and t.conversation_id = c.id and t.tag_id = sqlc.narg(tag)::uuid))
  and (sqlc.narg(rating)::text is null or app.has_rating(c.org_id, c.id, sqlc.narg(rating)::text))
  and (sqlc.narg(closed_from)::timestamptz is null or c.closed_at >= sqlc.narg(closed_from)::timestamptz)
  and (sqlc.narg(closed_until)::timestamptz is null or c.closed_at < sqlc.narg(closed_until)::timestamptz)
  and (sqlc.narg(before)::timestamptz is null
    or (c.closed_at, c.id) < (sqlc.narg(before)::timestamptz, @before_id::uuid))
order by c.closed_at desc, c.id desc
limit @most;

-- name: ListSearchWords :many
-- The longest words of a search, as they are stored, and whether each is common: in one of twenty of the newest
-- thousand conversations.
with sample as materialized (
  select a.words
  from (
    select c.org_id, c.id
    from conversations c
    where c.state = 'closed' and (sqlc.narg(customer)::uuid is null or c.customer_id = sqlc.narg(customer)::uuid)
    order by c.closed_at desc, c.id desc
    limit 1000) n
  join archive_words a on a.org_id = n.org_id and a.conversation_id = n.id and not a.staff
)
select w.word::text as word,
  ((select count(*) from sample) = 1000
    and (select count(*) from sample s where s.words @@ app.org_prefix_query(app.org_id(), w.word)) >= 50)::boolean as common
from app.words(sqlc.arg(text)::text) as w (word)
order by length(w.word) desc, w.word
limit 12;

-- name: ListWords :many
select word::text as word
from app.words(sqlc.arg(text)::text) as w (word)
order by length(w.word) desc, w.word
limit 12;

-- name: SearchArchived :many
-- Closed conversations that have one of the rare words, those with the most of all words first. A phrase, as a pattern,
-- must stand in one of the messages.
select c.id, c.visitor_id, c.visitor_name, cu.name as customer_name, w.name as website_name,
  coalesce(g.name, '')::text as group_name, coalesce(u.name, '')::text as user_name, c.agent_name, c.last_text,
  c.created_at, c.closed_at::timestamptz as closed_at
from app.door_search_archive(@rare::text[], @words::text[], sqlc.narg(customer)::uuid, sqlc.narg(website)::uuid,
  sqlc.narg(group_id)::uuid, sqlc.narg(agent)::uuid, sqlc.narg(agent_name)::text, sqlc.narg(tag)::uuid,
  sqlc.narg(closed_from)::timestamptz, sqlc.narg(closed_until)::timestamptz, @depth::integer) as d (id, matches,
  closed_at)
join conversations c on c.id = d.id
join customers cu on cu.org_id = c.org_id and cu.id = c.customer_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
left join groups g on g.org_id = c.org_id and g.id = c.group_id
left join users u on u.org_id = c.org_id and u.id = c.agent_id
where c.state = 'closed'
  and (sqlc.narg(rating)::text is null or app.has_rating(c.org_id, c.id, sqlc.narg(rating)::text))
  and not exists (
    select from unnest(@phrases::text[]) as p (pattern)
    where not exists (
      select from messages m
      where m.org_id = c.org_id
        and m.conversation_id = c.id
        and m.kind in ('text', 'file', 'note')
        and m.changed <> 'erased'
        and m.body ilike p.pattern))
order by d.matches desc, c.closed_at desc, c.id desc
limit @most
offset @skip;

-- name: SearchRecentlyArchived :many
-- Where all words are common: of the newest 20,000 closed conversations (with the filter) those with the most words.
-- They have a thousand of each, and nobody can page further.
with newest as materialized (
  select c.org_id, c.id, c.closed_at
  from conversations c
  where c.state = 'closed'
    and (sqlc.narg(customer)::uuid is null or c.customer_id = sqlc.narg(customer)::uuid)
    and (sqlc.narg(website)::uuid is null or c.website_id = sqlc.narg(website)::uuid)
    and (sqlc.narg(group_id)::uuid is null or c.group_id = sqlc.narg(group_id)::uuid)
    and (sqlc.narg(agent)::uuid is null or c.agent_id = sqlc.narg(agent)::uuid)
    and (sqlc.narg(agent_name)::text is null or c.agent_name = sqlc.narg(agent_name)::text)
    and (sqlc.narg(tag)::uuid is null
      or exists (
        select from conversation_tags t
        where t.org_id = c.org_id and t.conversation_id = c.id and t.tag_id = sqlc.narg(tag)::uuid))
    and (sqlc.narg(rating)::text is null or app.has_rating(c.org_id, c.id, sqlc.narg(rating)::text))
    and (sqlc.narg(closed_from)::timestamptz is null or c.closed_at >= sqlc.narg(closed_from)::timestamptz)
    and (sqlc.narg(closed_until)::timestamptz is null or c.closed_at < sqlc.narg(closed_until)::timestamptz)
  order by c.closed_at desc, c.id desc
  limit 20000
), each as materialized (
  select array(select app.org_prefix_query(app.org_id(), w.word) from unnest(@words::text[]) as w (word)) as queries
), found as materialized (
  select n.org_id, n.id, bit_count(bit_or(app.matching_queries(a.words, e.queries))::bit(64)) as matches
  from newest n
  join archive_words a on a.org_id = n.org_id and a.conversation_id = n.id
  cross join each e
  group by n.org_id, n.id, n.closed_at
  having bit_or(app.matching_queries(a.words, e.queries)) <> 0
  order by matches desc, n.closed_at desc, n.id desc
  limit @depth::integer
)
select c.id, c.visitor_id, c.visitor_name, cu.name as customer_name, w.name as website_name,
  coalesce(g.name, '')::text as group_name, coalesce(u.name, '')::text as user_name, c.agent_name, c.last_text,
  c.created_at, c.closed_at::timestamptz as closed_at
from found f
join conversations c on c.org_id = f.org_id and c.id = f.id
join customers cu on cu.org_id = c.org_id and cu.id = c.customer_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
left join groups g on g.org_id = c.org_id and g.id = c.group_id
left join users u on u.org_id = c.org_id and u.id = c.agent_id
where not exists (
  select from unnest(@phrases::text[]) as p (pattern)
  where not exists (
    select from messages m
    where m.org_id = c.org_id
      and m.conversation_id = c.id
      and m.kind in ('text', 'file', 'note')
      and m.changed <> 'erased'
      and m.body ilike p.pattern))
order by f.matches desc, c.closed_at desc, c.id desc
limit @most
offset @skip;

-- name: ListExcerpts :many
-- The message of each conversation that has the most of the words.
select c.id::uuid as conversation_id, m.kind, m.body
from unnest(@conversations::uuid[]) as c (id)
cross join lateral (
  select x.kind, x.body
  from messages x
  cross join lateral (select to_tsvector('simple', x.body) as words offset 0) t
  where x.conversation_id = c.id and x.kind in ('text', 'file', 'note') and x.changed <> 'erased'
  order by
    (select count(*) from unnest(@words::text[]) as w (word) where t.words @@ app.prefix_query('', w.word)) desc,
    x.seq
  limit 1) m;

-- name: GetArchived :one
-- A closed conversation. What only staff may know leaves the database for staff only.
select c.id, c.visitor_id, c.visitor_name, c.customer_id, cu.name as customer_name, w.name as website_name, c.agent_name,
  c.created_at, c.closed_at::timestamptz as closed_at, app.is_staff()::boolean as staff,
  coalesce(g.name, '')::text as group_name, coalesce(u.name, '')::text as user_name,
  (case when app.is_staff() then v.email else '' end)::text as visitor_email,
  (case when app.is_staff() then c.page_url else '' end)::text as page_url,
  (case when app.is_staff() then c.page_title else '' end)::text as page_title,
  (case when app.is_staff() then c.referrer else '' end)::text as referrer,
  (case when app.is_staff() then c.user_agent else '' end)::text as user_agent,
  (case when app.is_staff() then c.language else '' end)::text as language,
  (case when app.is_staff() then c.country else '' end)::text as country,
  (case when app.is_staff() then c.data else '{}' end)::jsonb as data,
  (case when app.is_staff() then c.trail else '[]' end)::jsonb as trail, coalesce(r.value, 0)::smallint as rating,
  coalesce(r.thumbs, false)::boolean as thumbs, coalesce(r.reasons, '{}')::text[] as reasons,
  coalesce(r.comment, '')::text as comment
from conversations c
join customers cu on cu.org_id = c.org_id and cu.id = c.customer_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
join visitors v on v.org_id = c.org_id and v.id = c.visitor_id
left join groups g on g.org_id = c.org_id and g.id = c.group_id
left join users u on u.org_id = c.org_id and u.id = c.agent_id
left join ratings r on r.org_id = c.org_id and r.conversation_id = c.id
where c.state = 'closed' and c.id = @id;

-- name: ListTranscriptAfter :many
-- A page of the messages. Edits and erasures are not listed separately: the message that they change says so.
select seq, id, kind, author, author_name, body, created_at, changed
from messages
where conversation_id = @conversation_id and of_seq is null and seq > @after
order by seq
limit @most;

-- name: ListTranscriptBefore :many
-- The page before, the newest first.
select seq, id, kind, author, author_name, body, created_at, changed
from messages
where conversation_id = @conversation_id and of_seq is null and seq < @before
order by seq desc
limit @most;

-- name: ListMessageHistory :many
-- What messages of a page said before they were edited or erased.
select e.of_seq::integer as of_seq, t.previous_body, e.created_at
from message_history t
join messages e on e.org_id = t.org_id and e.conversation_id = t.conversation_id and e.seq = t.seq
where t.conversation_id = @conversation_id and e.of_seq between @first::integer and @last::integer
order by t.seq;

-- name: ListConversationTags :many
select t.name
from conversation_tags x
join tags t on t.org_id = x.org_id and t.id = x.tag_id
where x.conversation_id = @conversation_id
order by t.name;

-- name: ListAssignments :many
-- Who has had a conversation.
select a.assigned_at, u.name as agent, g.name as group_name, a.method, coalesce(b.name, '')::text as by_name,
  a.ended_at, coalesce(a.end_reason, '')::text as end_reason
from assignments a
join users u on u.org_id = a.org_id and u.id = a.agent_id
join groups g on g.org_id = a.org_id and g.id = a.group_id
left join users b on b.org_id = a.org_id and b.id = a.by_id
where a.conversation_id = @conversation_id
order by a.assigned_at
limit 1000;

-- name: ListSuggestions :many
-- What agents did with suggestions for a page's messages.
select coalesce(f.seq, 0)::integer as seq, f.kind, f.at, coalesce(u.name, '')::text as agent,
  coalesce((
      select t.question
      from faq_texts t
      where t.org_id = f.org_id and t.entry_id = f.entry_id
      order by (t.language = f.language) desc, t.language
      limit 1), '')::text as question
from faq_choices f
left join users u on u.org_id = f.org_id and u.id = f.user_id
where f.conversation_id = @conversation_id::uuid and f.seq between @first::integer and @last::integer
order by f.n;

-- name: ListOtherSuggestions :many
-- The same for suggestions that belong to none of the messages.
select coalesce(f.seq, 0)::integer as seq, f.kind, f.at, coalesce(u.name, '')::text as agent,
  coalesce((
      select t.question
      from faq_texts t
      where t.org_id = f.org_id and t.entry_id = f.entry_id
      order by (t.language = f.language) desc, t.language
      limit 1), '')::text as question
from faq_choices f
left join users u on u.org_id = f.org_id and u.id = f.user_id
where f.conversation_id = @conversation_id::uuid
  and not exists (
    select from messages m
    where m.org_id = f.org_id and m.conversation_id = f.conversation_id and m.seq = f.seq and m.of_seq is null)
order by f.n
limit 500;

-- name: ListCustomerChoices :many
select id, name from customers order by name limit 1000;

-- name: ListWebsiteChoices :many
select w.id, w.name, c.name as customer_name
from websites w
join customers c on c.org_id = w.org_id and c.id = w.customer_id
order by c.name, w.name
limit 2000;

-- name: ListGroupChoices :many
select id, name from groups order by name limit 1000;

-- name: ListAgentChoices :many
-- Who answers for a customer of the asker's, or has answered.
select u.id, u.name, (u.disabled_at is not null)::boolean as gone
from users u
where u.role <> 'reviewer'
  and (not u.limited or exists (select from user_customers x where x.org_id = u.org_id and x.user_id = u.id))
  or exists (select from conversations c where c.org_id = u.org_id and c.agent_id = u.id and c.state = 'closed')
order by gone, u.name
limit 2000;

-- name: ListAgentNameChoices :many
-- The names under which agents have answered a customer's visitors: from one to the next in the index.
with recursive names as (
  (select c.agent_name
   from conversations c
   where c.state = 'closed' and c.customer_id = @customer and c.agent_name > ''
   order by c.agent_name
   limit 1)
  union all
  select (
      select c.agent_name
      from conversations c
      where c.state = 'closed' and c.customer_id = @customer and c.agent_name > n.agent_name
      order by c.agent_name
      limit 1)
  from names n
  where n.agent_name is not null
)
select agent_name::text as name
from names
where agent_name is not null
limit 500;

-- name: ListTagChoices :many
select id, name from tags order by name limit 1000;
