-- The archive: closed conversations, found by their words and by what is around them.

-- +goose Up

-- What finds a closed conversation: its words, and beside them what a search can be narrowed by, so that a search that matches
-- very many need not look each of them up. staff: what only staff may find it by, its notes and tags; else what was said.
create table archive_words (
  org_id          uuid not null,
  conversation_id uuid not null,
  staff           boolean not null,
  customer_id     uuid not null,
  website_id      uuid not null,
  group_id        uuid not null,
  agent_id        uuid,
  agent_name      text not null,
  closed_at       timestamptz not null,
  words           tsvector not null,
  primary key (org_id, conversation_id, staff),
  foreign key (org_id, conversation_id) references conversations on delete cascade
);

-- +goose StatementBegin
create function app.word_mark(_org uuid) returns text language sql immutable parallel safe as $$ select left(encode(decode(md5(_org::text), 'hex'), 'base64'), 4) $$;
-- The words of a text, as they are kept and as they are sought: none longer than 40 characters.
create function app.words(_text text) returns setof text language sql immutable parallel safe
  as $$ select distinct left(lexeme, 40) from unnest(to_tsvector('simple', _text)) $$;
-- What finds words that begin so; a single letter or digit only itself. And those of an organization.
create function app.beginning(_mark text, _word text) returns tsquery language sql immutable parallel safe
  as $$ select ('''' || _mark || replace(replace(_word, '\', '\\'), '''', '''''') || '''' || case when octet_length(_word) > 1 then ':*' else '' end)::tsquery $$;
create function app.sought(_org uuid, _word text) returns tsquery language sql immutable parallel safe
  as $$ select app.beginning(app.word_mark(_org), _word) $$;
-- Which of some queries words answer, a bit each.
create function app.hits(_words tsvector, _each tsquery[]) returns bigint language sql immutable parallel safe
  as $$ select coalesce(bit_or(1::bigint << q.n::integer), 0) from unnest(_each) with ordinality as q (each, n) where _words @@ q.each $$;

-- A conversation's words; only so many that a tsvector of them is never too long to be kept.
create function app.words_of(_org uuid, _conversation uuid, _staff boolean) returns tsvector language sql stable
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

-- What is closed already. The owner of the tables sees it only while row-level security is not forced on it.
alter table conversations no force row level security;
alter table messages no force row level security;
alter table conversation_tags no force row level security;
alter table tags no force row level security;
insert into archive_words (org_id, conversation_id, staff, customer_id, website_id, group_id, agent_id, agent_name, closed_at, words)
  select c.org_id, c.id, s.staff, c.customer_id, c.website_id, c.group_id, c.agent_id, c.agent_name, coalesce(c.closed_at, c.last_at), w.words
  from conversations c cross join (values (false), (true)) as s (staff)
  cross join lateral (select app.words_of(c.org_id, c.id, s.staff) as words) w
  where c.state = 'closed' and (not s.staff or w.words <> '');
alter table conversations force row level security;
alter table messages force row level security;
alter table conversation_tags force row level security;
alter table tags force row level security;
-- Every word carries a mark of its organization: an index of words has no column for it, and without would read everybody's.
create index archive_words_sought on archive_words using gin (words) with (gin_pending_list_limit = 512);

call app.lock_down('archive_words', 'org_id');
create policy narrow on archive_words as restrictive to parley_app
  using (case when (select app.is_staff()) then true when app.role() = 'visitor' then false else not staff and customer_id = app.customer_id() end)
  with check (app.is_staff());
grant select, insert, update (group_id, agent_id, agent_name, closed_at, words) on archive_words to parley_app;

-- A conversation closes: whatever statement does it, and whoever, its words are kept with it. They include notes, which not
-- everybody may read who may close: they are gathered with the system's eyes, in the same organization, and the asker's role
-- is put back. (An error ends the transaction, and with it the setting.)
-- +goose StatementBegin
create function app.archive(_org uuid, _conversation uuid) returns void language plpgsql as $$
declare
  asker text := app.role();
begin
  perform set_config('app.role', 'system', true);
  perform from public.conversations where org_id = _org and id = _conversation and state = 'closed' for no key update; -- one after another
  if found then
    insert into public.archive_words as a (org_id, conversation_id, staff, customer_id, website_id, group_id, agent_id, agent_name, closed_at, words)
      select c.org_id, c.id, s.staff, c.customer_id, c.website_id, c.group_id, c.agent_id, c.agent_name, coalesce(c.closed_at, c.last_at), w.words
      from public.conversations c cross join (values (false), (true)) as s (staff)
      cross join lateral (select app.words_of(c.org_id, c.id, s.staff) as words) w
      where c.org_id = _org and c.id = _conversation and (not s.staff or w.words <> '' or exists (
        select from public.archive_words x where x.org_id = c.org_id and x.conversation_id = c.id and x.staff))
      on conflict (org_id, conversation_id, staff) do update set words = excluded.words, closed_at = excluded.closed_at,
        group_id = excluded.group_id, agent_id = excluded.agent_id, agent_name = excluded.agent_name;
  end if;
  perform set_config('app.role', asker, true);
end
$$;
create function app.archived() returns trigger language plpgsql as $$
begin
  perform app.archive(new.org_id, new.id);
  return null;
end
$$;
-- What is taken back or tagged after the close is found accordingly.
create function app.archived_anew() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform app.archive(old.org_id, old.conversation_id);
  else
    perform app.archive(new.org_id, new.conversation_id);
  end if;
  return null;
end
$$;
-- +goose StatementEnd
create trigger archived_at_once after insert on conversations for each row when (new.state = 'closed') execute function app.archived();
create trigger archived after update of state on conversations for each row
  when (old.state <> 'closed' and new.state = 'closed') execute function app.archived();
create trigger archived_anew after update of body, changed on messages for each row execute function app.archived_anew();
create trigger archived_anew after insert or delete on conversation_tags for each row
  when (pg_trigger_depth() = 0) execute function app.archived_anew(); -- not for each conversation of a tag that is removed

-- The lists: newest first, of all, or of one customer, website, group or agent; a customer's agents by the name its visitors read.
drop index conversations_past;
create index conversations_past on conversations (org_id, closed_at, id) where state = 'closed';
create index conversations_past_of_customer on conversations (org_id, customer_id, closed_at, id) where state = 'closed';
create index conversations_past_of_website on conversations (org_id, website_id, closed_at, id) where state = 'closed';
create index conversations_past_of_group on conversations (org_id, group_id, closed_at, id) where state = 'closed';
create index conversations_past_of_agent on conversations (org_id, agent_id, closed_at, id) where state = 'closed';
create index conversations_past_of_name on conversations (org_id, customer_id, agent_name, closed_at, id) where state = 'closed';

-- The search is a door, though the tenant is known: under row-level security Postgres uses an index for nothing but operators
-- that are marked leakproof, and @@ is not. The door sees no column but these, binds itself to the scope as the policies do
-- (organization; a reviewer its customer's, without what is the staff's; a visitor nothing), and returns ids, which its
-- caller looks up under the policies.
grant create on schema app to parley_door;
grant select (org_id, conversation_id, staff, customer_id, website_id, group_id, agent_id, agent_name, closed_at, words) on archive_words to parley_door;
grant select (org_id, conversation_id, tag_id) on conversation_tags to parley_door;
create policy door on archive_words for select to parley_door using (true);
create policy door on conversation_tags for select to parley_door using (org_id = (select app.org_id()));
-- +goose StatementBegin
create function app.door_archive(_rare text[], _words text[], _customer uuid, _website uuid, _group uuid, _agent uuid, _agent_name text, _tag uuid,
    _from timestamptz, _until timestamptz, _most integer)
  returns table (conversation_id uuid, hits integer, closed_at timestamptz)
  language sql stable security definer rows 100 set search_path = public, pg_temp
  as $$ with sought as materialized (
          select (select string_agg(app.sought(app.org_id(), w.word)::text, ' | ')::tsquery from unnest(_rare) as w (word)) as any_rare,
            array(select app.sought(app.org_id(), w.word) from unnest(_words[:60]) as w (word)) as each)
        select a.conversation_id, bit_count(bit_or(app.hits(a.words, s.each))::bit(64))::integer as hits, max(a.closed_at)
        from sought s join archive_words a on a.words @@ s.any_rare
        where a.org_id = (select app.org_id())
          and ((select app.is_staff()) or not a.staff and a.customer_id = (select app.customer_id()))
          and (_customer is null or a.customer_id = _customer) and (_website is null or a.website_id = _website)
          and (_group is null or a.group_id = _group) and (_agent is null or a.agent_id = _agent)
          and (_agent_name is null or a.agent_name = _agent_name)
          and (_from is null or a.closed_at >= _from) and (_until is null or a.closed_at < _until)
          and (_tag is null or exists (select from conversation_tags t where t.org_id = a.org_id and t.conversation_id = a.conversation_id and t.tag_id = _tag))
        group by a.conversation_id order by hits desc, max(a.closed_at) desc, a.conversation_id desc limit _most $$;
-- +goose StatementEnd
alter function app.door_archive owner to parley_door;
revoke all on function app.door_archive from public;
grant execute on function app.door_archive to parley_app;
revoke create on schema app from parley_door;

-- +goose Down
drop function app.door_archive;
drop policy door on conversation_tags;
revoke select (org_id, conversation_id, tag_id) on conversation_tags from parley_door;
drop index conversations_past_of_name, conversations_past_of_agent, conversations_past_of_group, conversations_past_of_website,
  conversations_past_of_customer, conversations_past;
create index conversations_past on conversations (org_id, customer_id, closed_at desc) where state = 'closed';
drop trigger archived_anew on conversation_tags;
drop trigger archived_anew on messages;
drop trigger archived on conversations;
drop trigger archived_at_once on conversations;
drop function app.archived_anew, app.archived, app.archive;
drop table archive_words;
drop function app.words_of, app.hits, app.sought, app.beginning, app.words, app.word_mark;
