-- name: Record :exec
-- The name of the actor is a team member's own, as it is now.
insert into events (org_id, id, actor_id, actor_name, actor_role, kind, subject_type, subject_id, subject_name, customer_id,
  via, address, user_agent, payload)
select app.org_id(), @id, sqlc.narg(actor_id)::uuid,
  coalesce((select u.name from users u where u.org_id = app.org_id() and u.id = sqlc.narg(actor_id)::uuid), '')::text,
  @actor_role, @kind, @subject_type, sqlc.narg(subject_id)::uuid, @subject_name, sqlc.narg(customer_id)::uuid, @via, @address,
  @user_agent, @payload;

-- name: ListEventsAfter :many
-- Committed events after a number, oldest first.
select number::bigint as number, id, at, actor_id, actor_name, actor_role, kind, subject_type, subject_id, subject_name,
  customer_id, via, address, user_agent, payload
from events
where number > @after::bigint and (cardinality(@kinds::text[]) = 0 or kind = any (@kinds::text[]))
order by number
limit @most;
