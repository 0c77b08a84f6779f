-- How many bytes an organization and each of its websites store, and which uploads are under way or have left bytes behind.

-- +goose Up

-- The bytes of files and uploads, counted by triggers. The row of the zero id is the whole organization's.
create table storage_use (
  org_id     uuid not null references organizations,
  website_id uuid not null,
  bytes      bigint not null,
  primary key (org_id, website_id)
);
call app.lock_down('storage_use', 'org_id');
create policy system_only on storage_use as restrictive to parley_app
  using ((select app.role()) = 'system')
  with check ((select app.role()) = 'system');
grant select on storage_use to parley_app;
grant select (org_id, website_id, bytes), insert (org_id, website_id, bytes), update (bytes) on storage_use to parley_door;
create policy door on storage_use to parley_door using (true) with check (true);

-- One row for each upload from before its first byte until its file's row is there. It reserves its bytes in storage_use. A row
-- that is older than any upload can last, or that began at -infinity, may have left bytes in the store: they are removed with it
-- unless a file or another upload has the same.
create table uploads (
  org_id     uuid not null references organizations,
  id         uuid not null,
  website_id uuid,                                -- null: not of a message
  size       bigint not null check (size >= 0),   -- bytes that are reserved
  hash       bytea check (length(hash) = 32),     -- SHA-256, before the bytes go into the store; null: not yet
  started_at timestamptz not null default now(),
  primary key (org_id, id)
);
create index uploads_of_bytes on uploads (org_id, hash);
create index uploads_by_age on uploads (started_at);
call app.lock_down('uploads', 'org_id');
create policy system_only on uploads as restrictive to parley_app
  using ((select app.role()) = 'system')
  with check ((select app.role()) = 'system');
grant select, insert, update (size, hash), delete on uploads to parley_app;
grant insert (org_id, id, size, hash, started_at), select (org_id, started_at) on uploads to parley_door;
create policy door on uploads to parley_door using (true) with check (true);

-- Where a file counts, and the upload that brought it last: only that one may remove it again.
alter table files add column website_id uuid, add column upload_id uuid;
grant update (upload_id) on files to parley_app;
create index files_not_said on files (created_at) where conversation_id is null and use = 'message';
create index files_lent on files (org_id, id) where use <> 'message';
create index pictures_of_file on pictures (org_id, file_id);
grant select (org_id, id, use, conversation_id, created_at) on files to parley_door;
grant select (org_id, file_id) on snippets, pictures to parley_door;
create policy door on files for select to parley_door using (true);
create policy door on snippets for select to parley_door using (true);
create policy door on pictures for select to parley_door using (true);

alter table files no force row level security;
alter table conversations no force row level security;
alter table storage_use no force row level security;
update files f set website_id = c.website_id from conversations c where c.org_id = f.org_id and c.id = f.conversation_id;
insert into storage_use (org_id, website_id, bytes)
select org_id, coalesce(website_id, '00000000-0000-0000-0000-000000000000'), sum(size)
from files group by grouping sets ((org_id), (org_id, website_id))
having grouping(website_id) = 1 or website_id is not null;
alter table storage_use force row level security;
alter table conversations force row level security;
alter table files force row level security;

grant create on schema app to parley_door;
-- Counts what a row of files or uploads takes, and notes the bytes of a file that is no more. Always the organization's row first.
-- +goose StatementBegin
create function app.door_count_storage() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  of_org uuid := case when tg_op = 'DELETE' then old.org_id else new.org_id end;
  of_website uuid := case when tg_op = 'DELETE' then old.website_id else new.website_id end;
  change bigint := case when tg_op = 'INSERT' then new.size when tg_op = 'DELETE' then -old.size else new.size - old.size end;
  place uuid;
begin
  if change <> 0 then
    foreach place in array array['00000000-0000-0000-0000-000000000000'::uuid, of_website] loop
      if place is not null then
        insert into storage_use as u (org_id, website_id, bytes) values (of_org, place, change)
        on conflict (org_id, website_id) do update set bytes = u.bytes + excluded.bytes;
      end if;
    end loop;
  end if;
  if tg_op = 'DELETE' and tg_table_name = 'files' then
    insert into uploads (org_id, id, size, hash, started_at) values (old.org_id, gen_random_uuid(), 0, old.hash, '-infinity');
  end if;
  return null;
end
$$;
-- +goose StatementEnd
-- Organizations in which something is to be tidied up: uploads older than any can last, and as old files that no message, snippet or
-- picture has.
create function app.door_untidy(_seconds integer) returns table (org_id uuid)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select u.org_id from uploads u where u.started_at < now() - make_interval(secs => _seconds)
        union
        select f.org_id from files f where f.use = 'message' and f.conversation_id is null and f.created_at < now() - make_interval(secs => _seconds)
        union
        select f.org_id from files f where f.use <> 'message' and f.created_at < now() - make_interval(secs => _seconds)
          and not exists (select from snippets s where s.org_id = f.org_id and s.file_id = f.id)
          and not exists (select from pictures p where p.org_id = f.org_id and p.file_id = f.id)
        limit 100 $$;
alter function app.door_count_storage owner to parley_door;
alter function app.door_untidy owner to parley_door;
revoke all on function app.door_untidy from public;
grant execute on function app.door_untidy to parley_app;
revoke create on schema app from parley_door;
create trigger count_storage after insert or delete or update of size on files for each row execute function app.door_count_storage();
create trigger count_storage after insert or delete or update of size on uploads for each row execute function app.door_count_storage();

-- +goose Down
drop trigger count_storage on files;
drop trigger count_storage on uploads;
drop function app.door_untidy;
drop function app.door_count_storage;
drop policy door on files;
drop policy door on snippets;
drop policy door on pictures;
revoke select (org_id, file_id) on snippets, pictures from parley_door;
revoke select (org_id, id, use, conversation_id, created_at) on files from parley_door;
drop index pictures_of_file;
drop index files_lent;
drop index files_not_said;
revoke update (upload_id) on files from parley_app;
alter table files drop column website_id, drop column upload_id;
drop table uploads;
drop table storage_use;
