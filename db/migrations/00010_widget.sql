-- What the widget needs: files, ratings, pictures of agents, settings of websites, blocked visitors.

-- +goose Up

-- What was sent or is kept to be sent. The bytes are in the store under their hash; the same bytes are there once for an
-- organization.
create table files (
  org_id          uuid not null references organizations,
  id              uuid not null, -- of a message: the message's own
  use             text not null check (use in ('message', 'snippet', 'picture')),
  visitor_id      uuid,          -- of the conversation, so that a policy needs no join
  conversation_id uuid,          -- null: not said yet, or not of a message
  name            text not null check (length(name) between 1 and 200),
  kind            text not null check (length(kind) between 3 and 100), -- media type, found out from the bytes
  size            bigint not null check (size > 0),
  width           integer not null default 0, -- of an image, in pixels
  height          integer not null default 0,
  hash            bytea not null check (length(hash) = 32), -- SHA-256
  by_id           uuid,          -- the user; null: the visitor
  created_at      timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, conversation_id) references conversations on delete cascade,
  foreign key (org_id, by_id) references users
);
create index files_of_conversation on files (org_id, conversation_id);
create index files_of_bytes on files (org_id, hash);
call app.lock_down('files', 'org_id');
create policy narrow on files as restrictive to parley_app
  using ((select app.is_staff()) or visitor_id = (select case app.role() when 'visitor' then app.actor_id() end)
    or ((select app.customer_id()) is not null and exists (select from conversations c where c.org_id = files.org_id and c.id = files.conversation_id)))
  with check ((select app.is_staff()) or use = 'message' and visitor_id = (select case app.role() when 'visitor' then app.actor_id() end));
grant select, insert, update (conversation_id), delete on files to parley_app;

-- What a list shows of a message: its beginning; of a file, whose body has what it is on a second line, its name.
create function app.said_first(_kind text, _body text) returns text language sql immutable parallel safe
  as $$ select left(case when _kind = 'file' then split_part(_body, e'\n', 1) else _body end, 200) $$;

-- Snippets may bring a file with them.
alter table snippets add file_id uuid, add foreign key (org_id, file_id) references files;
grant update (file_id) on snippets to parley_app;

-- An agent's picture, as a customer's visitors see it.
create table pictures (
  org_id      uuid not null,
  user_id     uuid not null,
  customer_id uuid not null,
  file_id     uuid not null,
  primary key (org_id, user_id, customer_id),
  foreign key (org_id, user_id) references users,
  foreign key (org_id, customer_id) references customers,
  foreign key (org_id, file_id) references files
);
call app.lock_down('pictures', 'org_id');
call app.staff_only('pictures');
grant select, insert, update (file_id), delete on pictures to parley_app;

-- The visitor's verdict after the close. What it was about is kept with it: conversations change hands.
create table ratings (
  org_id          uuid not null,
  conversation_id uuid not null,
  visitor_id      uuid not null,
  value           smallint not null check (value between 1 and 5), -- thumbs: 1 or 5
  thumbs          boolean not null,
  reasons         text[] not null default '{}',
  comment         text not null default '' check (length(comment) <= 2000),
  customer_id     uuid not null,
  website_id      uuid not null,
  group_id        uuid not null,
  agent_id        uuid,
  agent_name      text not null default '',
  rated_at        timestamptz not null default now(),
  changed_at      timestamptz not null default now(),
  primary key (org_id, conversation_id),
  foreign key (org_id, conversation_id, visitor_id) references conversations (org_id, id, visitor_id) on delete cascade on update cascade
);
create index ratings_by_day on ratings (org_id, rated_at);
call app.lock_down('ratings', 'org_id');
create policy narrow on ratings as restrictive to parley_app
  using ((select app.is_staff()) or customer_id = (select app.customer_id())
    or visitor_id = (select case app.role() when 'visitor' then app.actor_id() end))
  with check ((select app.is_staff()) or visitor_id = (select case app.role() when 'visitor' then app.actor_id() end));
grant select, insert, update (value, thumbs, reasons, comment, changed_at) on ratings to parley_app;

-- Who may not write any more: a visitor, or a range of addresses.
create table blocks (
  org_id     uuid not null references organizations,
  id         uuid not null,
  visitor_id uuid,
  network    cidr,
  reason     text not null default '' check (length(reason) <= 500),
  by_id      uuid,
  created_at timestamptz not null default now(),
  until      timestamptz, -- null: for ever
  primary key (org_id, id),
  unique nulls not distinct (org_id, visitor_id, network),
  foreign key (org_id, visitor_id) references visitors,
  foreign key (org_id, by_id) references users,
  check ((visitor_id is null) <> (network is null))
);
call app.lock_down('blocks', 'org_id');
call app.staff_only('blocks');
grant select, insert, delete on blocks to parley_app;

-- How a website's widget looks and behaves (org.Settings), and what signs its visitors.
alter table websites
  add settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object' and length(settings::text) <= 200000),
  add identity_key text not null default '' check (length(identity_key) <= 100);
grant update (settings, identity_key) on websites to parley_app;

-- A visitor whom the site knows: its own name for it. And how far each side has read.
alter table visitors add subject text check (length(subject) between 1 and 200);
create unique index visitors_by_subject on visitors (org_id, website_id, subject) where subject is not null;
grant update (subject) on visitors to parley_app;
alter table conversations
  add read_by_visitor integer not null default 0,
  add read_by_agent integer not null default 0,
  add mailed_seq integer not null default 0, -- the visitor has been sent what was said up to here
  add transcripts smallint not null default 0, -- how many were mailed
  add address text not null default '';      -- network address that it began from, for blocking
grant update (read_by_visitor, read_by_agent, mailed_seq, transcripts, visitor_id, visitor_name, address) on conversations to parley_app;

-- A signed visitor comes once: what it was signed with is not taken again, from elsewhere.
create table identity_uses (
  org_id     uuid not null references organizations,
  hash       bytea not null check (length(hash) = 32),
  visitor_id uuid not null,
  address    text not null,
  at         timestamptz not null default now(),
  until      timestamptz not null,
  primary key (org_id, hash)
);
call app.lock_down('identity_uses', 'org_id');
call app.staff_only('identity_uses');
grant select, insert, update (at), delete on identity_uses to parley_app;

-- A talk that began before the visitor was known becomes its: with all that was said in it.
alter table messages drop constraint messages_org_id_conversation_id_visitor_id_fkey,
  add foreign key (org_id, conversation_id, visitor_id) references conversations (org_id, id, visitor_id) on update cascade not valid;

grant create on schema app to parley_door;
grant select (settings, identity_key) on websites to parley_door;
drop function app.door_website(text);
create function app.door_website(_key text)
  returns table (org_id uuid, website_id uuid, customer_id uuid, name text, greeting text, typing_preview boolean, hosts text[], subjects jsonb, settings jsonb, identity_key text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select w.org_id, w.id, w.customer_id, w.name, w.greeting, w.typing_preview,
          array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id),
          coalesce((select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name, 'labels', s.labels) order by s.place, g.name)
              from subjects s join groups g on g.org_id = s.org_id and g.id = s.group_id where s.org_id = w.org_id and s.website_id = w.id),
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name)) from groups g where g.org_id = w.org_id and g.main)),
          w.settings, w.identity_key
        from websites w where w.key = _key $$;
alter function app.door_website owner to parley_door;
revoke all on function app.door_website from public;
grant execute on function app.door_website to parley_app;
revoke create on schema app from parley_door;

-- +goose Down
grant create on schema app to parley_door;
drop function app.door_website(text);
create function app.door_website(_key text)
  returns table (org_id uuid, website_id uuid, customer_id uuid, name text, greeting text, typing_preview boolean, hosts text[], subjects jsonb)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select w.org_id, w.id, w.customer_id, w.name, w.greeting, w.typing_preview,
          array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id),
          coalesce((select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name, 'labels', s.labels) order by s.place, g.name)
              from subjects s join groups g on g.org_id = s.org_id and g.id = s.group_id where s.org_id = w.org_id and s.website_id = w.id),
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name)) from groups g where g.org_id = w.org_id and g.main))
        from websites w where w.key = _key $$;
alter function app.door_website owner to parley_door;
revoke all on function app.door_website from public;
grant execute on function app.door_website to parley_app;
revoke create on schema app from parley_door;
drop index visitors_by_subject;
alter table visitors drop subject;
alter table conversations drop read_by_visitor, drop read_by_agent, drop mailed_seq, drop transcripts, drop address;
revoke update (visitor_id, visitor_name) on conversations from parley_app;
alter table websites drop settings, drop identity_key;
-- Lost, for the schema before has no place for them: ratings, blocks, pictures, what is known of files. Messages that are files stay,
-- with their names.
drop table identity_uses, blocks, ratings, pictures;
alter table messages drop constraint messages_org_id_conversation_id_visitor_id_fkey,
  add foreign key (org_id, conversation_id, visitor_id) references conversations (org_id, id, visitor_id) not valid;
alter table snippets drop file_id;
drop function app.said_first;
drop table files;
