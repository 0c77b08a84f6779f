-- +goose Up

-- How an organization wants its desk is a section of its settings; what is the default is not stored.
alter table desk_settings no force row level security;
alter table settings no force row level security;
insert into settings (org_id, section, value)
select d.org_id, 'desk', part.value
from desk_settings d
cross join lateral (
  select jsonb_strip_nulls(jsonb_build_object(
    'agents_edit', case when d.agents_edit then true end,
    'review', case when d.review then true end,
    'away_reasons', case when d.away_reasons <> '{Break,Lunch,Meeting,Training}' then to_jsonb(d.away_reasons) end)) as value) part
where part.value <> '{}';
alter table settings force row level security;
drop table desk_settings;

-- +goose StatementBegin
create or replace function app.add_organization_defaults() returns trigger language plpgsql as $$
begin
  insert into public.groups (org_id, id, name, main, everyone) values (new.id, gen_random_uuid(), 'General', true, true);
  insert into public.routing (org_id) values (new.id);
  return null;
end
$$;
-- +goose StatementEnd

-- +goose Down
create table desk_settings (
  org_id       uuid primary key references organizations,
  agents_edit  boolean not null default false, -- agents may edit FAQ entries, too
  review       boolean not null default false, -- what agents write is published only after a manager has approved it
  away_reasons text[] not null default '{Break,Lunch,Meeting,Training}' check (cardinality(away_reasons) <= 20)
);
alter table organizations no force row level security;
alter table settings no force row level security;
insert into desk_settings (org_id, agents_edit, review, away_reasons)
select o.id, coalesce((s.value ->> 'agents_edit')::boolean, false), coalesce((s.value ->> 'review')::boolean, false),
  case when s.value ? 'away_reasons' then array(select jsonb_array_elements_text(s.value -> 'away_reasons'))
    else '{Break,Lunch,Meeting,Training}' end
from organizations o
left join settings s on s.org_id = o.id and s.customer_id is null and s.website_id is null and s.section = 'desk';
delete from settings where section = 'desk';
alter table settings force row level security;
alter table organizations force row level security;
call app.protect_tenant('desk_settings');
call app.restrict_to_staff('desk_settings');
call app.restrict_writes_to_unlimited('desk_settings', '{insert,update,delete}');
grant select, insert, update (agents_edit, review, away_reasons) on desk_settings to parley_app;

-- +goose StatementBegin
create or replace function app.add_organization_defaults() returns trigger language plpgsql as $$
begin
  insert into public.groups (org_id, id, name, main, everyone) values (new.id, gen_random_uuid(), 'General', true, true);
  insert into public.routing (org_id) values (new.id);
  insert into public.desk_settings (org_id) values (new.id);
  return null;
end
$$;
-- +goose StatementEnd
