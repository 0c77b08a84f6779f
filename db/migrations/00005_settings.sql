-- +goose Up

-- What managers set for the chat: of the organization (neither customer nor website), of a customer (no website) or of a website. A row has
-- the fields of a section that its level sets; what it does not set, websites inherit from the level above, or it is the program's default.
alter table websites add constraint websites_of_customer unique (org_id, customer_id, id);
drop index websites_org_id_customer_id_idx;
create table settings (
  org_id      uuid not null references organizations,
  customer_id uuid, -- null: the organization's
  website_id  uuid, -- null: the customer's, or the organization's
  section     text not null check (section ~ '^[a-z_]{1,40}$'),
  value       jsonb not null check (jsonb_typeof(value) = 'object' and length(value::text) <= 200000), -- by field
  version     integer not null default 1, -- counts the changes
  updated_at  timestamptz not null default now(),
  check (website_id is null or customer_id is not null),
  unique nulls not distinct (org_id, customer_id, website_id, section),
  foreign key (org_id, customer_id) references customers,
  foreign key (org_id, customer_id, website_id) references websites (org_id, customer_id, id) on delete cascade
);
call app.protect_tenant('settings');
call app.restrict_to_staff('settings');
-- Team members who are limited to customers read what these inherit, too, and write theirs only.
create policy permitted on settings as restrictive to parley_app
  using (customer_id is null or coalesce(customer_id = any ((select app.permitted_customers())::uuid[]), true));
call app.restrict_commands('settings', 'managers_only', '{insert,update,delete}',
  '(select app.role()) in (''owner'', ''manager'', ''system'')');
call app.restrict_commands('settings', 'inherited_by_all', '{insert,update,delete}',
  'customer_id is not null or (select app.permitted_customers()) is null');
grant select, insert, update (value, version, updated_at), delete on settings to parley_app;
grant select (org_id, customer_id, website_id, section, value) on settings to parley_door;
create policy door on settings for select to parley_door using (true);

-- What the levels of a website set: [level, section, fields], where level is 1 for the organization, 2 for the customer and 3 for the website.
create view website_settings with (security_invoker = true) as
select w.org_id, w.id as website_id,
  (select jsonb_agg(jsonb_build_array(l.level, l.section, l.value))
    from (
      select 1 as level, s.section, s.value
      from settings s
      where s.org_id = w.org_id and s.customer_id is null and s.website_id is null
      union all
      select 2, s.section, s.value
      from settings s
      where s.org_id = w.org_id and s.customer_id = w.customer_id and s.website_id is null
      union all
      select 3, s.section, s.value
      from settings s
      where s.org_id = w.org_id and s.customer_id = w.customer_id and s.website_id = w.id) l) as settings
from websites w;
grant select on website_settings to parley_app;
grant select (org_id, website_id, settings) on website_settings to parley_door;

alter table websites no force row level security;
alter table settings no force row level security;
insert into settings (org_id, customer_id, website_id, section, value)
select w.org_id, w.customer_id, w.id, part.section, part.value
from websites w
cross join lateral (values
  ('general', jsonb_strip_nulls(jsonb_build_object('zone', w.settings -> 'zone', 'language', w.settings -> 'language',
    'typing_preview', case when w.typing_preview then true end))),
  ('appearance', w.settings -> 'look'),
  ('greetings', jsonb_strip_nulls(jsonb_build_object(
    'greeting', case when w.greeting <> 'Hello! How can we help you?' then w.greeting end,
    'greetings', w.settings -> 'greetings', 'holidays', w.settings -> 'holidays'))),
  ('invitation', w.settings -> 'invite'),
  ('prechat', jsonb_strip_nulls(jsonb_build_object('questions', w.settings -> 'questions', 'privacy', w.settings -> 'privacy'))),
  ('files', w.settings -> 'files'),
  ('closing', coalesce(w.settings -> 'rating', '{}') || jsonb_strip_nulls(jsonb_build_object('no_mail', w.settings -> 'no_mail',
    'warn_after', w.settings -> 'warn_after', 'end_after', w.settings -> 'end_after'))),
  ('mail', w.settings -> 'mail'),
  ('security', jsonb_strip_nulls(jsonb_build_object('proof', w.settings -> 'proof'))),
  ('texts', jsonb_strip_nulls(jsonb_build_object('texts', w.settings -> 'texts')))) part (section, value)
where jsonb_typeof(part.value) = 'object' and part.value <> '{}';
alter table settings force row level security;
alter table websites force row level security;

-- Rows of conversations do without the website's settings: whoever needs these has them in memory.
drop function app.conversation_row;
drop view conversation_rows;
create view conversation_rows with (security_invoker = true) as
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at,
  c.waiting_since, c.created_at as started_at, c.website_id, c.customer_id, website.name as website_name,
  c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.state_reason,
  c.offered_to, c.offered_until, c.offer_note, c.queued_at
from conversations c
cross join lateral (select w.name from websites w where w.org_id = c.org_id and w.id = c.website_id limit 1) website;
grant select on conversation_rows to parley_app;

create function app.conversation_row(c conversations) returns setof conversation_rows language sql stable parallel safe
  as $$
    select c.id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at,
      c.waiting_since, c.created_at, c.website_id, c.customer_id, website.name,
      c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.state_reason,
      c.offered_to, c.offered_until, c.offer_note, c.queued_at
    from (select w.name from websites w where w.org_id = c.org_id and w.id = c.website_id limit 1) website $$;

drop function app.door_find_website(text);
-- The website of a widget's key, with where it may be shown, the groups that answer for it, what it and the levels above it set, and the key
-- that signs its visitors.
create function app.door_find_website(_key text)
  returns table (org_id uuid, website_id uuid, customer_id uuid, name text, hosts text[], groups jsonb, settings jsonb, identity_key text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select w.org_id, w.id, w.customer_id, w.name,
          array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id),
          coalesce(
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name, 'labels', s.labels) order by s.position, g.name)
              from website_groups s
              join groups g on g.org_id = s.org_id and g.id = s.group_id
              where s.org_id = w.org_id and s.website_id = w.id),
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name))
              from groups g
              where g.org_id = w.org_id and g.main)),
          (select s.settings from website_settings s where s.org_id = w.org_id and s.website_id = w.id),
          coalesce((select k.key from identity_keys k where k.org_id = w.org_id and k.website_id = w.id), '')
        from websites w
        where w.key = _key $$;
grant create on schema app to parley_door;
alter function app.door_find_website(text) owner to parley_door;
revoke all on function app.door_find_website(text) from public;
grant execute on function app.door_find_website(text) to parley_app;
revoke create on schema app from parley_door;

alter table websites drop column greeting, drop column typing_preview, drop column settings;

-- +goose Down
alter table websites
  add column greeting text not null default '' check (length(greeting) <= 1000),
  add column typing_preview boolean not null default false,
  add column settings jsonb not null default '{}'
    check (jsonb_typeof(settings) = 'object' and length(settings::text) <= 200000);
grant update (greeting, typing_preview, settings) on websites to parley_app;
grant select (greeting, typing_preview, settings) on websites to parley_door;

drop function app.door_find_website(text);
create function app.door_find_website(_key text)
  returns table (org_id uuid, website_id uuid, customer_id uuid, name text, greeting text, typing_preview boolean,
    hosts text[], groups jsonb, settings jsonb, identity_key text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select w.org_id, w.id, w.customer_id, w.name, w.greeting, w.typing_preview,
          array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id),
          coalesce(
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name, 'labels', s.labels) order by s.position, g.name)
              from website_groups s
              join groups g on g.org_id = s.org_id and g.id = s.group_id
              where s.org_id = w.org_id and s.website_id = w.id),
            (select jsonb_agg(jsonb_build_object('group', g.id, 'name', g.name))
              from groups g
              where g.org_id = w.org_id and g.main)),
          w.settings,
          coalesce((select k.key from identity_keys k where k.org_id = w.org_id and k.website_id = w.id), '')
        from websites w
        where w.key = _key $$;
grant create on schema app to parley_door;
alter function app.door_find_website(text) owner to parley_door;
revoke all on function app.door_find_website(text) from public;
grant execute on function app.door_find_website(text) to parley_app;
revoke create on schema app from parley_door;

drop function app.conversation_row;
drop view conversation_rows;
create view conversation_rows with (security_invoker = true) as
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at,
  c.waiting_since, c.created_at as started_at, c.website_id, c.customer_id, website.name as website_name,
  website.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.state_reason,
  c.offered_to, c.offered_until, c.offer_note, c.queued_at
from conversations c
cross join lateral (select w.name, w.typing_preview from websites w where w.org_id = c.org_id and w.id = c.website_id limit 1) website;
grant select on conversation_rows to parley_app;

create function app.conversation_row(c conversations) returns setof conversation_rows language sql stable parallel safe
  as $$
    select c.id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at,
      c.waiting_since, c.created_at, c.website_id, c.customer_id, website.name,
      website.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.state_reason,
      c.offered_to, c.offered_until, c.offer_note, c.queued_at
    from (select w.name, w.typing_preview from websites w where w.org_id = c.org_id and w.id = c.website_id limit 1) website $$;

-- What a website inherits becomes its own; of a language's texts those of one level.
alter table websites no force row level security;
alter table settings no force row level security;
update websites w
set greeting = coalesce(part.greetings ->> 'greeting', 'Hello! How can we help you?'),
  typing_preview = coalesce((part.general ->> 'typing_preview')::boolean, false),
  settings = jsonb_strip_nulls(jsonb_build_object('zone', part.general -> 'zone', 'language', part.general -> 'language',
    'look', part.appearance, 'greetings', part.greetings -> 'greetings', 'holidays', part.greetings -> 'holidays',
    'invite', part.invitation, 'questions', part.prechat -> 'questions', 'privacy', part.prechat -> 'privacy', 'files', part.files,
    'rating', part.closing - '{no_mail,warn_after,end_after}'::text[], 'no_mail', part.closing -> 'no_mail',
    'warn_after', part.closing -> 'warn_after', 'end_after', part.closing -> 'end_after',
    'mail', part.mail, 'proof', part.security -> 'proof', 'texts', part.texts -> 'texts'))
from (
  select sections.org_id, sections.website_id,
    max(sections.value::text) filter (where section = 'general')::jsonb as general,
    max(sections.value::text) filter (where section = 'appearance')::jsonb as appearance,
    max(sections.value::text) filter (where section = 'greetings')::jsonb as greetings,
    max(sections.value::text) filter (where section = 'invitation')::jsonb as invitation,
    max(sections.value::text) filter (where section = 'prechat')::jsonb as prechat,
    max(sections.value::text) filter (where section = 'files')::jsonb as files,
    max(sections.value::text) filter (where section = 'closing')::jsonb as closing,
    max(sections.value::text) filter (where section = 'mail')::jsonb as mail,
    max(sections.value::text) filter (where section = 'security')::jsonb as security,
    max(sections.value::text) filter (where section = 'texts')::jsonb as texts
  from (
    select w.org_id, w.id as website_id, names.section,
      coalesce((select s.value from settings s where s.org_id = w.org_id and s.customer_id is null and s.section = names.section), '{}')
        || coalesce((select s.value from settings s where s.org_id = w.org_id and s.customer_id = w.customer_id
          and s.website_id is null and s.section = names.section), '{}')
        || coalesce((select s.value from settings s where s.org_id = w.org_id and s.website_id = w.id and s.section = names.section), '{}')
        as value
    from websites w
    cross join (select distinct section from settings) names) sections
  group by sections.org_id, sections.website_id) part
where w.org_id = part.org_id and w.id = part.website_id;
update websites w
set greeting = 'Hello! How can we help you?'
where not exists (select from settings);
alter table websites force row level security;

drop view website_settings;
drop table settings;
create index on websites (org_id, customer_id);
alter table websites drop constraint websites_of_customer;
