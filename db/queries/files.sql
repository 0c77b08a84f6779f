-- name: PutFile :one
-- No row comes back for an id that is taken.
insert into files (org_id, id, use, visitor_id, name, kind, size, width, height, hash, by_id)
values (app.org_id(), @id, @use, sqlc.narg(visitor_id), @name, @kind, @size, @width, @height, @hash, sqlc.narg(by_id))
on conflict (org_id, id) do nothing returning id;

-- name: GetFile :one
select id, use, visitor_id, conversation_id, name, kind, size, width, height, hash, by_id from files where id = @id;

-- name: SaidFile :exec
update files set conversation_id = @conversation_id where id = @id and conversation_id is null;
