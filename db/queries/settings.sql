-- name: LockOrganization :one
select id, name from organizations for no key update;

-- name: LockCustomer :one
select id, name from customers where id = @id for no key update;

-- name: LockWebsite :one
select id, customer_id, key, name from websites where id = @id for no key update;

-- name: GetCustomer :one
select id from customers where id = @id;

-- name: GetWebsite :one
select customer_id from websites where id = @id;

-- name: ListSettings :many
-- What the levels of a website or a customer set, the most general first. Without a customer: what the organization sets.
select 1::integer as level, s.section, s.value, s.version
from settings s
where s.customer_id is null and s.website_id is null
union all
select 2::integer, s.section, s.value, s.version
from settings s
where s.customer_id = sqlc.narg(customer_id)::uuid and s.website_id is null
union all
select 3::integer, s.section, s.value, s.version
from settings s
where s.customer_id = sqlc.narg(customer_id)::uuid and s.website_id = sqlc.narg(website_id)::uuid;

-- name: SaveSettings :exec
insert into settings (org_id, customer_id, website_id, section, value)
values (app.org_id(), sqlc.narg(customer_id), sqlc.narg(website_id), @section, @value)
on conflict (org_id, customer_id, website_id, section) do update
set value = excluded.value, version = settings.version + 1, updated_at = now();

-- name: DeleteSettings :exec
delete from settings
where customer_id is not distinct from sqlc.narg(customer_id)::uuid
  and website_id is not distinct from sqlc.narg(website_id)::uuid and section = @section;

-- name: GetOrganizationSection :one
select value
from settings
where org_id = app.org_id() and customer_id is null and website_id is null and section = @section;
