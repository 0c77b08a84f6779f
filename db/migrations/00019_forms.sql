-- Forms that are sent twice do their work once, and whoever saves something that was changed meanwhile learns by whom.

-- +goose Up

-- Forms that were saved, by a hash of the form's id, its fields and who sent it. The row is written in the transaction of the
-- change, so that of two that come at the same time one waits, and then does nothing. Rows of more than a day are removed by the
-- next ones.
create table sent_forms (
  org_id uuid not null references organizations,
  hash   bytea not null check (length(hash) = 32),
  answer text not null default '' check (length(answer) <= 2000), -- the address to which the first was redirected; empty: not yet known
  at     timestamptz not null default now(),
  primary key (org_id, hash)
);
create index sent_forms_by_age on sent_forms (org_id, at);
call app.lock_down('sent_forms', 'org_id');
create policy system_only on sent_forms as restrictive to parley_app
  using ((select app.role()) = 'system')
  with check ((select app.role()) = 'system');
grant select, insert, update (answer), delete on sent_forms to parley_app;

-- Who has changed which fields of which form. The values are not in it. Rows of more than a week are removed by the next ones.
create table edits (
  org_id  uuid not null references organizations,
  id      uuid not null,
  form    text not null check (length(form) <= 500), -- the address to which the form is sent
  user_id uuid not null,
  fields  text[] not null check (cardinality(fields) <= 1000),
  at      timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, user_id) references users on delete cascade
);
create index edits_of_form on edits (org_id, form, at);
create index edits_by_age on edits (org_id, at);
call app.lock_down('edits', 'org_id');
create policy system_only on edits as restrictive to parley_app
  using ((select app.role()) = 'system')
  with check ((select app.role()) = 'system');
grant select, insert, delete on edits to parley_app;

-- Forms that were sent by people who are not logged in.
create table public_forms (
  hash   bytea primary key check (length(hash) = 32),
  answer text not null default '' check (length(answer) <= 2000), -- empty: the work is not done yet
  at     timestamptz not null default now()
);
create index on public_forms (at);
grant select, insert, update, delete on public_forms to parley_door;
grant create on schema app to parley_door;

-- Says whether a form's work is to be done now; if it was done, what was answered. Work that has been under way for a minute has failed.
-- +goose StatementBegin
create function app.door_begin_form(_hash bytea) returns table (fresh boolean, answer text)
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from public_forms where hash in
          (select f.hash from public_forms f where f.at < now() - interval '1 day' and f.hash <> _hash limit 10 for update skip locked);
        with begun as (
          insert into public_forms as f (hash) values (_hash)
          on conflict (hash) do update set at = now() where f.answer = '' and f.at < now() - interval '1 minute'
          returning 1)
        select exists (select from begun), coalesce((select f.answer from public_forms f where f.hash = _hash), '') $$;
-- +goose StatementEnd

-- Notes what was answered; an empty answer says that nothing was done.
-- +goose StatementBegin
create function app.door_answer_form(_hash bytea, _answer text) returns void
  language sql volatile security definer set search_path = public, pg_temp
  as $$ delete from public_forms where hash = _hash and answer = '' and _answer = '';
        update public_forms set answer = _answer where hash = _hash and _answer <> '' $$;
-- +goose StatementEnd

alter function app.door_begin_form owner to parley_door;
alter function app.door_answer_form owner to parley_door;
revoke all on function app.door_begin_form, app.door_answer_form from public;
grant execute on function app.door_begin_form, app.door_answer_form to parley_app;
revoke create on schema app from parley_door;

-- +goose Down
drop function app.door_answer_form;
drop function app.door_begin_form;
drop table public_forms, edits, sent_forms;
