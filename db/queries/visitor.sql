-- name: GetVisitorExternalID :one
select coalesce(external_id, '')::text as external_id from visitors where id = @id;

-- name: GetOrCreateKnownVisitor :one
-- The visitor whom the site calls so: an existing one, or a new one. Never the one that asks: somebody else may have
-- its token.
with known as (
  select v.id
  from visitors v
  where v.website_id = @website_id and v.external_id = @external_id
), created as (
  insert into visitors (org_id, id, website_id, external_id)
  select app.org_id(), @new_id::uuid, @website_id, @external_id::text
  where not exists (select from known)
  on conflict (org_id, website_id, external_id) where external_id is not null do nothing
  returning id
)
select id
from known
union all
select id
from created;

-- name: UseIdentityToken :one
-- Uses up the token that a visitor was signed with: the first time, or again from the same address within two minutes
-- (an answer can be lost).
insert into used_identity_tokens as u (org_id, hash, visitor_id, ip_address, until)
values (app.org_id(), @hash, @visitor_id, @ip_address, @until)
on conflict (org_id, hash) do update
set at = u.at
where u.ip_address = excluded.ip_address and u.at > now() - interval '2 minutes'
returning hash;

-- name: DeleteExpiredIdentityTokens :exec
delete from used_identity_tokens where until < now();

-- name: UpdateVisitor :exec
update visitors
set name = case when @name::text = '' then name else @name::text end,
  email = case when @email::text = '' then email else @email::text end
where id = @id;

-- name: AddVisitorCode :exec
-- Stores the hash of a code that leads back to a visitor's conversations, and removes codes that have expired.
with expired as (
  delete from visitor_codes
  where expires_at < now()
)
insert into visitor_codes (org_id, hash, website_id, visitor_id, expires_at)
values (app.org_id(), @hash, @website_id, @visitor_id, @expires_at);

-- name: GetVisitorByCode :one
select visitor_id
from visitor_codes
where hash = @hash and website_id = @website_id and used_at is null and expires_at > now();

-- name: LockVisitor :one
-- Makes takeovers of one visitor's conversations wait for one another.
select id from visitors where id = @id for no key update;

-- name: TakeOverConversations :one
-- Uses a code up and moves its visitor's conversations to a new visitor, and with them the other unused codes and what
-- blocks the visitor. Into the conversations of a visitor whom the site has signed leads the site's sign-in, and no
-- code.
with used as (
  update visitor_codes x
  set used_at = now()
  where x.hash = @hash
    and x.website_id = @website_id
    and x.visitor_id = @from_id
    and x.used_at is null
    and x.expires_at > now()
  returning x.org_id, x.visitor_id
), old as (
  select v.org_id, v.website_id, v.name, v.email
  from used
  join visitors v on v.org_id = used.org_id and v.id = used.visitor_id
  where v.external_id is null
    and exists (select from conversations c where c.org_id = v.org_id and c.visitor_id = v.id)
), created as (
  insert into visitors (org_id, id, website_id, name, email)
  select old.org_id, @into_id::uuid, old.website_id, old.name, old.email
  from old
  returning org_id, id
), moved as (
  update conversations c
  set visitor_id = created.id
  from created
  where c.org_id = created.org_id and c.visitor_id = @from_id
), followed as (
  update visitor_codes x
  set visitor_id = created.id
  from created
  where x.org_id = created.org_id and x.visitor_id = @from_id and x.used_at is null and x.hash <> @hash
), blocked as (
  update blocks b
  set visitor_id = created.id
  from created
  where b.org_id = created.org_id and b.visitor_id = @from_id
)
select created.id
from created;

-- name: ListBlocks :many
select b.id, b.visitor_id, coalesce(b.network::text, '')::text as network, b.reason, b.created_at, b.until,
  coalesce(u.name, '')::text as by_name, coalesce(v.name, '')::text as visitor_name
from blocks b
left join users u on u.org_id = b.org_id and u.id = b.by_id
left join visitors v on v.org_id = b.org_id and v.id = b.visitor_id
where b.until is null or b.until > now()
order by b.created_at desc;

-- name: IsBlocked :one
-- Whether a visitor itself is blocked now.
select exists (select from blocks b where b.visitor_id = @visitor_id and (b.until is null or b.until > now()))::boolean;

-- name: SaveBlock :one
-- Returns whom it keeps out, for the event.
insert into blocks (org_id, id, visitor_id, network, reason, by_id, until)
values (app.org_id(), @id, sqlc.narg(visitor_id)::uuid, sqlc.narg(network)::text::cidr, @reason, sqlc.narg(by_id)::uuid,
  sqlc.narg(until)::timestamptz)
on conflict (org_id, visitor_id, network) do update
set reason = excluded.reason, by_id = excluded.by_id, until = excluded.until, created_at = now()
returning id, coalesce((select v.name from visitors v where v.id = visitor_id), '')::text as visitor_name,
  coalesce((
      select w.customer_id
      from visitors v
      join websites w on w.org_id = v.org_id and w.id = v.website_id
      where v.id = visitor_id), '00000000-0000-0000-0000-000000000000')::uuid as customer_id;

-- name: DeleteBlock :one
delete from blocks b
where b.id = @id
returning b.visitor_id, coalesce(b.network::text, '')::text as network, b.reason, b.until,
  coalesce((select v.name from visitors v where v.id = b.visitor_id), '')::text as visitor_name,
  coalesce((
      select w.customer_id
      from visitors v
      join websites w on w.org_id = v.org_id and w.id = v.website_id
      where v.id = b.visitor_id), '00000000-0000-0000-0000-000000000000')::uuid as customer_id;
