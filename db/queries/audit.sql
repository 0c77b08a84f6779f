-- name: ListEvents :many
-- Events that fit all of what is given, newest first. The words of "words" each have to be in the event.
select e.number::bigint as number, e.at, e.actor_id, e.actor_name, e.actor_role, e.kind, e.subject_type, e.subject_id,
  e.subject_name, e.customer_id, coalesce(c.name, '')::text as customer_name, e.via, e.address, e.user_agent, e.payload
from events e
left join customers c on c.org_id = e.org_id and c.id = e.customer_id
where e.number < @before::bigint
  and (sqlc.narg(kinds)::text[] is null or e.kind = any (sqlc.narg(kinds)::text[]))
  and (sqlc.narg(actor_id)::uuid is null or e.actor_id = sqlc.narg(actor_id)::uuid)
  and (sqlc.narg(subject_id)::uuid is null or e.subject_id = sqlc.narg(subject_id)::uuid)
  and (sqlc.narg(customer_id)::uuid is null or e.customer_id = sqlc.narg(customer_id)::uuid)
  and (sqlc.narg(since)::timestamptz is null or e.at >= sqlc.narg(since)::timestamptz)
  and (sqlc.narg(until)::timestamptz is null or e.at < sqlc.narg(until)::timestamptz)
  and (cardinality(@words::text[]) = 0
    or lower(e.actor_name || ' ' || e.subject_name || ' ' || e.address || ' ' || coalesce(c.name, '') || ' ' || e.payload::text)
      like all (@words::text[]))
order by e.number desc
limit @most;

-- name: ListNames :many
-- What ids in payloads are called now, as far as the actor sees them.
select c.id, c.name from customers c where c.id = any(@ids::uuid[])
union all
select w.id, w.name from websites w where w.id = any(@ids::uuid[])
union all
select g.id, g.name from groups g where g.id = any(@ids::uuid[])
union all
select u.id, u.name from users u where u.id = any(@ids::uuid[]);

-- name: ListActors :many
-- Team members, for the choice of whose events to show; those who have left, too. At most 500.
select u.id, u.name
from users u
where u.role <> 'reviewer'
order by u.disabled_at is not null, lower(u.name), u.id
limit 500;

-- name: ListCustomers :many
select c.id, c.name
from customers c
order by lower(c.name);
