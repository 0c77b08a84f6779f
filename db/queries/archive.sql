-- name: ListPast :many
select c.id, c.customer_id, cu.name as customer_name, w.name as website_name, c.agent_name, c.last_text, c.created_at, c.closed_at::timestamptz as closed_at
from conversations c
join customers cu on cu.org_id = c.org_id and cu.id = c.customer_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
where c.state = 'closed' and (sqlc.narg(before)::timestamptz is null or c.closed_at < sqlc.narg(before)::timestamptz)
order by c.closed_at desc limit @most;

-- name: GetPast :one
select c.id, cu.name as customer_name, w.name as website_name, c.agent_name, c.created_at, c.closed_at::timestamptz as closed_at
from conversations c
join customers cu on cu.org_id = c.org_id and cu.id = c.customer_id
join websites w on w.org_id = c.org_id and w.id = c.website_id
where c.state = 'closed' and c.id = @id;

-- name: Transcript :many
select seq, id, kind, author, author_name, body, created_at from messages where conversation_id = @conversation_id order by seq;
