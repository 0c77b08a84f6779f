-- name: CreateOrganization :exec
insert into organizations (id, name) values (@id, @name);

-- name: GetOrganizationName :one
select name from organizations;

-- name: RenameOrganization :one
-- Returns the name before.
update organizations o
set name = @name
from (select id, name from organizations for no key update) old
where o.id = old.id
returning old.name as former_name;

-- name: CreateCustomer :execrows
insert into customers (org_id, id, name)
select app.org_id(), @id, @name
where (select count(*) from customers) < @most::bigint;

-- name: RenameCustomer :one
-- Returns the name before.
update customers c
set name = @name
from (select x.id, x.name from customers x where x.id = @id for no key update) old
where c.id = old.id
returning old.name as former_name;

-- name: ListCustomers :many
select c.id, c.name, count(w.id)::integer as websites
from customers c
left join websites w on w.org_id = c.org_id and w.customer_id = c.id
group by c.org_id, c.id, c.name
order by lower(c.name);

-- name: ListWebsitesWithoutDomain :many
-- Websites without a domain, which are shown nowhere.
select w.id, w.name, c.name as customer_name
from websites w
join customers c on c.org_id = w.org_id and c.id = w.customer_id
where not exists (select from domains d where d.website_id = w.id)
order by lower(c.name), lower(w.name)
limit 100;

-- name: GetCustomer :one
select id, name, capacity_share from customers where id = @id;

-- name: SetCapacityShare :one
-- Returns the share before; 0: no limit.
update customers c
set capacity_share = sqlc.narg(capacity_share)
from (select x.id, x.capacity_share from customers x where x.id = @id for no key update) old
where c.id = old.id
returning c.name, coalesce(old.capacity_share, 0)::integer as former_share;

-- name: CreateWebsite :exec
insert into websites (org_id, id, customer_id, key, name)
values (app.org_id(), @id, @customer_id, @key, @name);

-- name: RenameWebsite :one
-- Returns the name before, too.
update websites w
set name = @name
from (select x.id, x.name from websites x where x.id = @id for no key update) old
where w.id = old.id
returning w.key, w.customer_id, old.name as former_name;

-- name: SetIdentityKey :one
insert into identity_keys (org_id, website_id, key)
select w.org_id, w.id, @identity_key
from websites w
where w.id = @id
on conflict (org_id, website_id) do update
set key = excluded.key
returning (select w.key from websites w where w.id = website_id)::text as key,
  (select w.name from websites w where w.id = website_id)::text as name,
  (select w.customer_id from websites w where w.id = website_id)::uuid as customer_id;

-- name: ListWebsites :many
select w.id, w.name,
  array(select d.host from domains d where d.org_id = w.org_id and d.website_id = w.id order by d.host)::text[] as hosts
from websites w
where w.customer_id = @customer_id
order by lower(w.name), w.id;

-- name: ListAllWebsites :many
select w.id, w.customer_id, c.name as customer_name, w.name
from websites w
join customers c on c.org_id = w.org_id and c.id = w.customer_id
order by lower(c.name), lower(w.name), w.id;

-- name: GetWebsite :one
select w.id, w.customer_id, c.name as customer_name, w.key, w.name, coalesce(s.settings, '[]')::jsonb as settings,
  coalesce(k.key, '')::text as identity_key
from websites w
join website_settings s on s.org_id = w.org_id and s.website_id = w.id
join customers c on c.org_id = w.org_id and c.id = w.customer_id
left join identity_keys k on k.org_id = w.org_id and k.website_id = w.id
where w.id = @id;

-- name: ListDomains :many
select id, host, seen_at from domains where website_id = @website_id order by host;

-- name: AddDomain :exec
insert into domains (org_id, id, website_id, host) values (app.org_id(), @id, @website_id, @host);

-- name: RemoveDomain :one
with removed as (
  delete from domains d
  where d.id = @id and d.website_id = @website_id
  returning d.org_id, d.website_id, d.host
)
select w.key, w.name, w.customer_id, removed.host
from removed
join websites w on w.org_id = removed.org_id and w.id = removed.website_id;

-- name: RecordDomainSeen :exec
update domains
set seen_at = now()
where website_id = @website_id and host = @host and (seen_at is null or seen_at < now() - interval '30 seconds');
