-- +goose Up

-- A statement on a connection whose scope has ended is an error, whatever its plan. The settings of an ended transaction are
-- empty, not missing, and a policy that a plan asks before the organization's (a one-time filter) found nobody to be staff there:
-- an empty result. An enum knows no empty role.
create type app.role_kind as enum ('owner', 'manager', 'supervisor', 'agent', 'reviewer', 'visitor', 'system');
create or replace function app.role() returns text language sql stable parallel safe
  as $$ select current_setting('app.role')::app.role_kind::text $$;
create or replace function app.is_staff() returns boolean language sql stable parallel safe
  as $$ select current_setting('app.role')::app.role_kind in ('owner', 'manager', 'supervisor', 'agent', 'system') $$;

-- Whether a conversation is rated so: good, fair, bad; any, or none.
create function app.rated(_org uuid, _conversation uuid, _so text) returns boolean language sql stable
  as $$ select case _so
          when 'none' then not exists (select from public.ratings r where r.org_id = _org and r.conversation_id = _conversation)
          else exists (select from public.ratings r where r.org_id = _org and r.conversation_id = _conversation
            and case _so when 'good' then r.value >= 4 when 'bad' then r.value <= 2 when 'fair' then r.value = 3 else true end) end $$;

-- Whoever is blocked again is blocked for the newer reason and time.
grant update (reason, by_id, until, created_at) on blocks to parley_app;

-- What signs a website's visitors is for managers, and for the door that checks it: not for who may read the website.
create table identity_keys (
  org_id     uuid not null,
  website_id uuid not null,
  key        text not null check (length(key) between 32 and 100),
  primary key (org_id, website_id),
  foreign key (org_id, website_id) references websites on delete cascade
);
alter table websites no force row level security;
insert into identity_keys (org_id, website_id, key) select org_id, id, identity_key from websites where length(identity_key) >= 32;
alter table websites force row level security;
call app.lock_down('identity_keys', 'org_id');
create policy managers_only on identity_keys as restrictive to parley_app
  using ((select app.role()) in ('owner', 'manager', 'system')) with check ((select app.role()) in ('owner', 'manager', 'system'));
grant select, insert, update (key) on identity_keys to parley_app;
grant select (org_id, website_id, key) on identity_keys to parley_door;
create policy door on identity_keys for select to parley_door using (true);
grant create on schema app to parley_door;
create or replace function app.door_website(_key text)
  returns table (org_id uuid, website_id uuid, customer_id uuid, name text, greeting text, typing_preview boolean, hosts text[], subjects jsonb, settings jsonb, identity_key text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select w.org_id, w.id, w.customer_id, w.name, w.greeting, w.typing_preview,
          array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id),
          coalesce((select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name, 'labels', s.labels) order by s.place, g.name)
              from subjects s join groups g on g.org_id = s.org_id and g.id = s.group_id where s.org_id = w.org_id and s.website_id = w.id),
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name)) from groups g where g.org_id = w.org_id and g.main)),
          w.settings, coalesce((select k.key from identity_keys k where k.org_id = w.org_id and k.website_id = w.id), '')
        from websites w where w.key = _key $$;
revoke create on schema app from parley_door;
-- The column stays, empty, for processes of the version before.
alter table websites no force row level security;
update websites set identity_key = '' where identity_key <> '';
alter table websites force row level security;

-- A file goes with its conversation to whom it turns out to be.
alter table files no force row level security;
alter table conversations no force row level security;
update files f set visitor_id = c.visitor_id from conversations c where c.org_id = f.org_id and c.id = f.conversation_id and f.visitor_id is distinct from c.visitor_id;
alter table conversations force row level security;
alter table files force row level security;
grant update (visitor_id) on files to parley_app;
alter table files add foreign key (org_id, conversation_id, visitor_id) references conversations (org_id, id, visitor_id) on update cascade on delete cascade;

-- +goose Down
alter table files drop constraint files_org_id_conversation_id_visitor_id_fkey;
revoke update (visitor_id) on files from parley_app;
alter table websites no force row level security;
alter table identity_keys no force row level security;
update websites w set identity_key = k.key from identity_keys k where k.org_id = w.org_id and k.website_id = w.id;
alter table websites force row level security;
grant create on schema app to parley_door;
create or replace function app.door_website(_key text)
  returns table (org_id uuid, website_id uuid, customer_id uuid, name text, greeting text, typing_preview boolean, hosts text[], subjects jsonb, settings jsonb, identity_key text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select w.org_id, w.id, w.customer_id, w.name, w.greeting, w.typing_preview,
          array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id),
          coalesce((select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name, 'labels', s.labels) order by s.place, g.name)
              from subjects s join groups g on g.org_id = s.org_id and g.id = s.group_id where s.org_id = w.org_id and s.website_id = w.id),
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name)) from groups g where g.org_id = w.org_id and g.main)),
          w.settings, w.identity_key
        from websites w where w.key = _key $$;
revoke create on schema app from parley_door;
drop table identity_keys;
revoke update (reason, by_id, until, created_at) on blocks from parley_app;
drop function app.rated;
create or replace function app.is_staff() returns boolean language sql stable parallel safe
  as $$ select current_setting('app.role') in ('owner', 'manager', 'supervisor', 'agent', 'system') $$;
create or replace function app.role() returns text language sql stable parallel safe
  as $$ select current_setting('app.role') $$;
drop type app.role_kind;
