-- FAQ entries.

-- name: ListEntries :many
-- A page of the catalog: each entry by its text that fits best.
select e.id, e.category, e.state, e.customer_id, e.website_id, e.group_id, e.version, e.updated_at, t.language,
  t.question, t.answer, (select count(*) from faq_texts x where x.entry_id = e.id)::integer as languages,
  coalesce(cu.name, '')::text as customer_name, coalesce(w.name, '')::text as website_name,
  coalesce(g.name, '')::text as group_name, count(*) over ()::integer as total
from faq_entries e
cross join lateral (
  select x.language, x.question, left(x.answer, 600) as answer,
    (case when @words::text = '' then 0 else ts_rank(x.words, to_tsquery('simple', @words::text)) end)::real as rank
  from faq_texts x
  where x.org_id = e.org_id
    and x.entry_id = e.id
    and (@language::text = '' or x.language = @language::text)
    and (@words::text = '' or x.words @@ to_tsquery('simple', @words::text))
  order by rank desc, x.language
  limit 1) t
left join customers cu on cu.org_id = e.org_id and cu.id = e.customer_id
left join websites w on w.org_id = e.org_id and w.id = e.website_id
left join groups g on g.org_id = e.org_id and g.id = e.group_id
where (@state::text = '' or e.state = @state::text)
  and (not @has_category::boolean or e.category = @category::text)
  and (sqlc.narg(customer_id)::uuid is null or e.customer_id = sqlc.narg(customer_id)::uuid)
  and (sqlc.narg(website_id)::uuid is null or e.website_id = sqlc.narg(website_id)::uuid)
  and (sqlc.narg(group_id)::uuid is null or e.group_id = sqlc.narg(group_id)::uuid)
order by t.rank desc, e.updated_at desc, e.id
limit @most
offset @skip;

-- name: SearchPublished :many
-- Published entries that may be used in a conversation and match an agent's words, the best first.
select e.id, e.category, t.language, t.question, t.answer
from faq_entries e
join faq_texts t on t.org_id = e.org_id and t.entry_id = e.id
where e.state = 'live'
  and t.words @@ to_tsquery('simple', @words::text)
  and (e.customer_id is null or e.customer_id = @customer_id)
  and (e.website_id is null or e.website_id = @website_id)
  and (e.group_id is null or e.group_id = @group_id)
order by ts_rank(t.words, to_tsquery('simple', @words::text)) * (case when t.language = @language::text then 1.5 else 1 end)
    desc,
  e.id, t.language
limit @most;

-- name: ListCategories :many
select category
from faq_entries
where category <> ''
group by category
order by lower(category)
limit 500;

-- name: CountEntriesByState :many
select state, count(*)::integer as entries from faq_entries group by state;

-- name: GetEntry :one
select e.id, e.category, e.state, e.customer_id, e.website_id, e.group_id, e.version, e.created_at, e.updated_at,
  coalesce(u.name, '')::text as updated_by
from faq_entries e
left join users u on u.org_id = e.org_id and u.id = e.updated_by
where e.id = @id;

-- name: ListTexts :many
select entry_id, language, question, answer
from faq_texts
where entry_id = any(@ids::uuid[])
order by entry_id, language;

-- name: ListAllEntries :many
-- The whole catalog, for the engine (published entries) and for exports (all).
select e.id, e.category, e.state, e.customer_id, e.website_id, e.group_id, t.language, t.question, t.answer,
  coalesce(cu.name, '')::text as customer_name, coalesce(w.name, '')::text as website_name,
  coalesce(g.name, '')::text as group_name
from faq_entries e
join faq_texts t on t.org_id = e.org_id and t.entry_id = e.id
left join customers cu on cu.org_id = e.org_id and cu.id = e.customer_id
left join websites w on w.org_id = e.org_id and w.id = e.website_id
left join groups g on g.org_id = e.org_id and g.id = e.group_id
where @all_states::boolean or e.state = 'live'
order by lower(e.category), e.created_at, e.id, t.language;

-- name: GetEngineVersion :one
-- What an engine is made from: it differs when an entry or its scope was changed, or something was chosen. texts and
-- bytes say how large an engine of all published entries would be.
select (
    select coalesce(sum(hashtextextended(concat_ws(' ', e.id, e.version, e.customer_id, e.website_id, e.group_id), 0)), 0)::text
    from faq_entries e
    where e.state = 'live')::text as version,
  (select count(*) from faq_choices)::bigint as choices,
  (
    select count(*)
    from faq_entries e
    join faq_texts t on t.org_id = e.org_id and t.entry_id = e.id
    where e.state = 'live')::bigint as texts,
  (
    select coalesce(sum(octet_length(t.question) + octet_length(t.answer)), 0)
    from faq_entries e
    join faq_texts t on t.org_id = e.org_id and t.entry_id = e.id
    where e.state = 'live')::bigint as bytes;

-- name: ListEngineEntries :many
-- The published entries, those that were changed last first, as many as an engine of so many bytes holds.
with sizes as (
  select t.entry_id, e.updated_at,
    (sum(4500 + (octet_length(t.question) + octet_length(t.answer)) * 3 / 2))::bigint as size -- as textCosts in app/domain/faq/budget.go
  from faq_entries e
  join faq_texts t on t.org_id = e.org_id and t.entry_id = e.id
  where e.state = 'live'
  group by t.entry_id, e.updated_at
), running as (
  select s.entry_id, (sum(s.size) over (order by s.updated_at desc, s.entry_id))::bigint as total
  from sizes s
)
select e.id, e.category, e.state, e.customer_id, e.website_id, e.group_id, t.language, t.question, t.answer
from running r
join faq_entries e on e.id = r.entry_id
join faq_texts t on t.org_id = e.org_id and t.entry_id = e.id
where r.total <= @most::bigint
order by lower(e.category), e.created_at, e.id, t.language;

-- name: ListEntryIDs :many
-- The whole catalog in the order of exports, which is the same wherever the entries are: their ids follow the time.
select e.id from faq_entries e order by lower(e.category), e.category, e.id;

-- name: ListEntriesForExport :many
select e.id, e.category, e.state, e.customer_id, e.website_id, e.group_id, t.language, t.question, t.answer,
  coalesce(cu.name, '')::text as customer_name, coalesce(w.name, '')::text as website_name,
  coalesce(g.name, '')::text as group_name,
  coalesce(o.id, '00000000-0000-0000-0000-000000000000')::uuid as owner_id, coalesce(o.name, '')::text as owner_name
from faq_entries e
join faq_texts t on t.org_id = e.org_id and t.entry_id = e.id
left join customers cu on cu.org_id = e.org_id and cu.id = e.customer_id
left join websites w on w.org_id = e.org_id and w.id = e.website_id
left join customers o on o.org_id = w.org_id and o.id = w.customer_id
left join groups g on g.org_id = e.org_id and g.id = e.group_id
where e.id = any(@ids::uuid[])
order by lower(e.category), e.category, e.id, t.language collate "C";

-- name: ListSimilarQuestions :many
-- Texts of other entries of the same scope that have all of some words in their question or answer.
select e.id, t.language, t.question
from faq_entries e
join faq_texts t on t.org_id = e.org_id and t.entry_id = e.id
where e.id <> @id
  and t.language = @language
  and t.words @@ to_tsquery('simple', @words::text)
  and e.customer_id is not distinct from sqlc.narg(customer_id)::uuid
  and e.website_id is not distinct from sqlc.narg(website_id)::uuid
  and e.group_id is not distinct from sqlc.narg(group_id)::uuid;

-- name: SaveEntries :exec
-- Writes entries as they are to be; existing ones get the next version.
insert into faq_entries (org_id, id, category, state, customer_id, website_id, group_id, created_by, updated_by)
select app.org_id(), input.id, input.category, input.state,
  nullif(input.customer_id, '00000000-0000-0000-0000-000000000000'),
  nullif(input.website_id, '00000000-0000-0000-0000-000000000000'),
  nullif(input.group_id, '00000000-0000-0000-0000-000000000000'), sqlc.narg(by_id)::uuid, sqlc.narg(by_id)::uuid
from (
  select unnest(@ids::uuid[]) as id, unnest(@categories::text[]) as category, unnest(@states::text[]) as state,
    unnest(@customer_ids::uuid[]) as customer_id, unnest(@website_ids::uuid[]) as website_id,
    unnest(@group_ids::uuid[]) as group_id) input
on conflict (org_id, id) do update
set category = excluded.category,
  state = excluded.state,
  customer_id = excluded.customer_id,
  website_id = excluded.website_id,
  group_id = excluded.group_id,
  version = faq_entries.version + 1,
  updated_at = clock_timestamp(),
  updated_by = excluded.updated_by;

-- name: SaveTexts :exec
insert into faq_texts (org_id, entry_id, language, question, answer)
select app.org_id(), input.entry_id, input.language, input.question, input.answer
from (
  select unnest(@entry_ids::uuid[]) as entry_id, unnest(@languages::text[]) as language,
    unnest(@questions::text[]) as question, unnest(@answers::text[]) as answer) input
on conflict (org_id, entry_id, language) do update
set question = excluded.question, answer = excluded.answer;

-- name: DeleteTexts :exec
delete from faq_texts where entry_id = @entry_id and not language = any(@languages::text[]);

-- name: SaveHistory :exec
insert into faq_history (org_id, entry_id, version, category, state, texts, by_id, at)
select e.org_id, e.id, e.version, e.category, e.state,
  (
    select jsonb_agg(
        jsonb_build_object('language', t.language, 'question', t.question, 'answer', t.answer) order by t.language)
    from faq_texts t
    where t.org_id = e.org_id and t.entry_id = e.id),
  e.updated_by, e.updated_at
from faq_entries e
where e.id = any(@ids::uuid[])
on conflict (org_id, entry_id, version) do nothing;

-- name: LockEntry :one
select version, state, created_by from faq_entries where id = @id for update;

-- name: LockEntries :many
-- Those of some entries that exist, in their order.
select e.id from faq_entries e where e.id = any(@ids::uuid[]) order by e.id for update;

-- name: ListCustomersOfEntries :many
-- For whose conversations entries are: the zero id is everybody's.
select distinct coalesce(e.customer_id, w.customer_id, '00000000-0000-0000-0000-000000000000')::uuid as customer_id
from faq_entries e
left join websites w on w.org_id = e.org_id and w.id = e.website_id
where e.id = any(@ids::uuid[]);

-- name: DeleteEntry :execrows
delete from faq_entries where id = @id;

-- name: SetEntryState :many
update faq_entries
set state = @state, version = version + 1, updated_at = clock_timestamp(), updated_by = sqlc.narg(by_id)::uuid
where id = any(@ids::uuid[]) and state <> @state
returning id;

-- name: ListHistory :many
select h.version, h.category, h.state, h.texts, h.at, coalesce(u.name, '')::text as by_name
from faq_history h
left join users u on u.org_id = h.org_id and u.id = h.by_id
where h.entry_id = @entry_id
order by h.version desc
limit 50;

-- name: ListExamples :many
-- What visitors wrote when this entry was the answer.
select id, query, kind, at
from faq_choices
where entry_id = @entry_id and kind <> 'dismissed'
order by n desc
limit @most;

-- name: CountEntryUses :one
select count(*) filter (where kind in ('accepted', 'edited', 'picked'))::integer as used,
  count(*) filter (where kind = 'dismissed')::integer as dismissed, count(*)::integer as choices,
  (select count(*) from faq_history h where h.entry_id = @entry_id)::integer as versions
from faq_choices
where entry_id = @entry_id;

-- Choices.

-- name: AddChoice :execrows
insert into faq_choices (org_id, id, entry_id, kind, query, language, user_id, conversation_id, seq)
select app.org_id(), @id, @entry_id, @kind, left(m.body, 1000), @language, sqlc.narg(user_id)::uuid,
  m.conversation_id, m.seq
from messages m
where m.conversation_id = @conversation_id and m.seq = @seq and m.author = 'visitor' and m.kind = 'text'
on conflict do nothing;

-- name: GetChoice :one
select n, entry_id, kind, query, language from faq_choices where id = @id;

-- name: ListRecentChoices :many
-- The newest of each entry, in their order.
select c.n, c.entry_id, c.kind, c.query, c.language
from (
  select x.entry_id, x.kind, x.query, x.language, x.n,
    row_number() over (partition by x.entry_id order by x.n desc) as back
  from faq_choices x
  join faq_entries e on e.org_id = x.org_id and e.id = x.entry_id and e.state = 'live') c
where c.back <= @most::integer
order by c.n;

-- Snippets.

-- name: ListSnippets :many
-- Everybody's, those of customers, those of some groups (or all), and the user's own; of the same name the nearest
-- first.
select s.id, s.group_id, s.user_id, s.customer_id, s.name, s.keys, s.body, s.used,
  coalesce(g.name, '')::text as group_name, coalesce(c.name, '')::text as customer_name,
  coalesce(f.name, '')::text as file_name
from snippets s
left join files f on f.org_id = s.org_id and f.id = s.file_id
left join groups g on g.org_id = s.org_id and g.id = s.group_id
left join customers c on c.org_id = s.org_id and c.id = s.customer_id
where s.user_id = @user_id
  or s.user_id is null and (s.group_id is null or @everywhere::boolean or s.group_id = any(@groups::uuid[]))
order by lower(s.name), s.user_id nulls last, s.customer_id nulls last, s.group_id nulls last;

-- name: CreateSnippet :exec
insert into snippets (org_id, id, group_id, user_id, customer_id, name, keys, body, file_id)
values (app.org_id(), @id, sqlc.narg(group_id)::uuid, sqlc.narg(user_id)::uuid, sqlc.narg(customer_id)::uuid, @name,
  @keys, @body, sqlc.narg(file_id)::uuid);

-- name: GetSnippet :one
select id, group_id, user_id, customer_id, name, keys, body, used, file_id
from snippets
where id = @id;

-- name: GetSnippetWithKeys :one
-- Another snippet with the same keys that somebody who uses a snippet of this scope could see.
select s.name, coalesce(g.name, '')::text as group_name, coalesce(c.name, '')::text as customer_name,
  (s.user_id is not null)::boolean as own
from snippets s
left join groups g on g.org_id = s.org_id and g.id = s.group_id
left join customers c on c.org_id = s.org_id and c.id = s.customer_id
where lower(s.keys) = lower(@keys)
  and s.id <> @id
  and (s.user_id is null or s.user_id = sqlc.narg(user_id)::uuid)
  and (s.customer_id is null or sqlc.narg(customer_id)::uuid is null or s.customer_id = sqlc.narg(customer_id)::uuid)
limit 1;

-- name: UpdateSnippet :execrows
update snippets
set name = @name,
  keys = @keys,
  body = @body,
  updated_at = now(),
  file_id = case when @without_file::boolean then null else coalesce(sqlc.narg(file_id)::uuid, file_id) end
where id = @id;

-- name: DeleteSnippet :execrows
delete from snippets where id = @id;

-- name: CountSnippetUses :exec
update snippets set used = used + 1 where id = any(@ids::uuid[]);
