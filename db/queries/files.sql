-- name: CreateUpload :exec
-- Reserves the bytes: the trigger counts them, and locks what it counts until the transaction ends.
insert into uploads (org_id, id, website_id, size)
values (app.org_id(), @id, sqlc.narg(website_id), @size);

-- name: GetStorageUsage :one
-- The bytes that the organization and one of its websites store, uploads under way included.
select coalesce((
      select u.bytes
      from storage_usage u
      where u.org_id = app.org_id() and u.website_id = '00000000-0000-0000-0000-000000000000'), 0)::bigint as organization,
  coalesce(
    (select u.bytes from storage_usage u where u.org_id = app.org_id() and u.website_id = sqlc.arg(website)::uuid), 0)::bigint
    as website;

-- name: LockBytes :exec
-- Whoever puts bytes into the store, or removes them, holds this lock until the table says so.
select pg_advisory_xact_lock(hashtextextended(app.org_id()::text || encode(@hash::bytea, 'hex'), 16));

-- name: SetUploadHash :execrows
-- From here on nobody removes these bytes.
update uploads set hash = @hash, size = @size where id = @id;

-- name: DeleteUpload :exec
delete from uploads where id = @id;

-- name: CreateFile :one
-- No row comes back for an id that is taken.
insert into files (org_id, id, purpose, visitor_id, name, media_type, size, width, height, hash, by_id, website_id,
  upload_id)
values (app.org_id(), @id, @purpose, sqlc.narg(visitor_id), @name, @media_type, @size, @width, @height, @hash,
  sqlc.narg(by_id), sqlc.narg(website_id), sqlc.narg(upload_id))
on conflict (org_id, id) do nothing
returning id;

-- name: SetFileUpload :exec
-- The same file was uploaded once more: from now on it belongs to this upload.
update files set upload_id = @upload_id where id = @id;

-- name: GetFile :one
select id, purpose, visitor_id, conversation_id, name, media_type, size, width, height, hash, by_id
from files
where id = @id;

-- name: AttachFile :exec
-- A file's message was sent. In the meantime the conversation may have become another visitor's.
update files f
set conversation_id = c.id, visitor_id = case when f.visitor_id is null then null else c.visitor_id end
from conversations c
where c.org_id = f.org_id and c.id = @conversation_id and f.id = @id and f.conversation_id is null;

-- name: DeleteUnsentFile :execrows
-- Deletes only what this upload brought and no message has.
delete from files f
where f.id = @id
  and f.upload_id = @upload_id
  and f.conversation_id is null
  and not exists (select from messages m where m.org_id = f.org_id and m.visitor_id = f.visitor_id and m.id = f.id)
  and not exists (select from snippets s where s.org_id = f.org_id and s.file_id = f.id)
  and not exists (select from pictures p where p.org_id = f.org_id and p.file_id = f.id);

-- name: AttachLateFiles :exec
-- Files whose message was sent by a process that ended before it could record it.
update files f
set conversation_id = m.conversation_id
from messages m
where f.purpose = 'message'
  and f.conversation_id is null
  and f.created_at < now() - make_interval(secs => @seconds::integer)
  and m.org_id = f.org_id
  and m.visitor_id = f.visitor_id
  and m.id = f.id;

-- name: DeleteUnusedFiles :exec
-- Files that were never sent, and those that no snippet and no picture has any more.
delete from files f
where (f.org_id, f.id) in (
  select x.org_id, x.id
  from files x
  where x.created_at < now() - make_interval(secs => @seconds::integer)
    and case x.purpose
      when 'message' then x.conversation_id is null
      else not exists (select from snippets s where s.org_id = x.org_id and s.file_id = x.id)
        and not exists (select from pictures p where p.org_id = x.org_id and p.file_id = x.id) end
  order by x.created_at
  limit 500);

-- name: ListStaleUploads :many
-- Uploads that are over, with the bytes that they may have left.
select id, hash
from uploads
where started_at < now() - make_interval(secs => @seconds::integer)
order by started_at
limit 200;

-- name: ListRemovedFileUploads :many
-- The same, at once, of bytes whose file was just removed.
select id, hash from uploads where started_at = '-infinity' and hash = @hash::bytea;

-- name: AreBytesNeeded :one
-- Whether a file has the bytes, or an upload that is not over.
select (exists (select from files f where f.org_id = app.org_id() and f.hash = @hash::bytea)
    or exists (
      select from uploads u
      where u.org_id = app.org_id()
        and u.hash = @hash::bytea
        and u.started_at >= now() - make_interval(secs => @seconds::integer)))::boolean as needed;
