-- Long queues and long conversations cost no more than short ones.

-- +goose Up
-- The next offer to end is found without reading the queue.
create index conversations_offered on conversations (org_id, offered_until) where state = 'waiting' and offered_until is not null;

-- A conversation's words: of its newest texts only, so many that the close of a conversation of any length takes a moment.
-- +goose StatementBegin
create or replace function app.words_of(_org uuid, _conversation uuid, _staff boolean) returns tsvector language sql stable
  as $$ select array_to_tsvector(array(select app.word_mark(_org) || d.word from (
          select distinct w.word from (
            (select string_agg(n.said, e'\n') as said
              from (
                select x.said, sum(length(x.said)) over (order by x.seq desc rows between unbounded preceding and 1 preceding) as newer
                from (
                  select m.seq, m.body as said
                  from public.messages m
                  where m.org_id = _org and m.conversation_id = _conversation and m.kind in ('text', 'file', 'note') and (m.kind = 'note') = _staff
                    and m.changed <> 'erased'
                  order by m.seq desc
                  limit 1000) x) n
              where n.newer is null or n.newer < 50000)
            union all
            select c.visitor_name || ' ' || c.page_title from public.conversations c where c.org_id = _org and c.id = _conversation and not _staff
            union all
            select t.name from public.conversation_tags x join public.tags t on t.org_id = x.org_id and t.id = x.tag_id
              where x.org_id = _org and x.conversation_id = _conversation and _staff
          ) s, app.words(s.said) as w (word) limit 5000) d)) $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
create or replace function app.words_of(_org uuid, _conversation uuid, _staff boolean) returns tsvector language sql stable
  as $$ select array_to_tsvector(array(select app.word_mark(_org) || d.word from (
          select distinct w.word from (
            (select m.body as said from public.messages m where m.org_id = _org and m.conversation_id = _conversation
              and m.kind in ('text', 'file', 'note') and (m.kind = 'note') = _staff and m.changed <> 'erased' order by m.seq desc limit 1000) -- whoever writes without end is not read without end
            union all
            select c.visitor_name || ' ' || c.page_title from public.conversations c where c.org_id = _org and c.id = _conversation and not _staff
            union all
            select t.name from public.conversation_tags x join public.tags t on t.org_id = x.org_id and t.id = x.tag_id
              where x.org_id = _org and x.conversation_id = _conversation and _staff
          ) s, app.words(s.said) as w (word) limit 5000) d)) $$;
-- +goose StatementEnd
drop index conversations_offered;
