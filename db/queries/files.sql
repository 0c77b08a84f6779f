-- name: PutFile :one
-- No row comes back for an id that is taken.
insert into files (org_id, id, use, visitor_id, name, kind, size, width, height, hash, by_id)
values (app.org_id(), @id, @use, sqlc.narg(visitor_id), @name, @kind, @size, @width, @height, @hash, sqlc.narg(by_id))
on conflict (org_id, id) do nothing returning id;

-- name: GetFile :one
select id, use, visitor_id, conversation_id, name, kind, size, width, height, hash, by_id from files where id = @id;

-- name: SaidFile :exec
-- In the meantime the conversation may have become another visitor's.
update files f set conversation_id = c.id, visitor_id = case when f.visitor_id is null then null else c.visitor_id end
from conversations c where c.org_id = f.org_id and c.id = @conversation_id and f.id = @id and f.conversation_id is null;
