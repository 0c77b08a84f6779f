-- All that can be asked before a tenant is known. The functions are in db/migrations.

-- name: WebsiteByKey :one
select org_id::uuid as org_id, website_id::uuid as website_id, customer_id::uuid as customer_id, name::text as name,
  greeting::text as greeting, typing_preview::boolean as typing_preview, hosts::text[] as hosts, subjects::jsonb as subjects, settings::jsonb as settings, identity_key::text as identity_key
from app.door_website(sqlc.arg(key)::text) as d (org_id, website_id, customer_id, name, greeting, typing_preview, hosts, subjects, settings, identity_key);

-- name: LoginsByEmail :many
select org_id::uuid as org_id, org_name::text as org_name, user_id::uuid as user_id, password_hash::text as password_hash
from app.door_login(sqlc.arg(email)::text) as d (org_id, org_name, user_id, password_hash);

-- name: UserByID :one
select org_id::uuid as org_id, org_name::text as org_name, user_id::uuid as user_id, name::text as name, email::text as email,
  role::text as role, coalesce(customer_id, '00000000-0000-0000-0000-000000000000')::uuid as customer_id,
  session_epoch::integer as session_epoch, limited::boolean as limited, customers::uuid[] as customers
from app.door_user(sqlc.arg(id)::uuid) as d (org_id, org_name, user_id, name, email, role, customer_id, session_epoch, limited, customers);

-- name: InvitationByToken :one
select org_id::uuid as org_id, org_name::text as org_name, invitation_id::uuid as invitation_id, email::text as email, role::text as role
from app.door_invitation(sqlc.arg(token_hash)::bytea) as d (org_id, org_name, invitation_id, email, role);

-- name: ResetByToken :one
select org_id::uuid as org_id, user_id::uuid as user_id, email::text as email
from app.door_reset(sqlc.arg(token_hash)::bytea) as d (org_id, user_id, email);

-- name: SessionByToken :one
select app.door_session(sqlc.arg(token)::text)::bytea as data;

-- name: SaveSession :exec
select app.door_session_save(sqlc.arg(token)::text, sqlc.arg(data)::bytea, sqlc.arg(expires_at)::timestamptz);

-- name: EndSession :exec
select app.door_session_end(sqlc.arg(token)::text);

-- name: CountAttempt :one
select attempts::integer as attempts, seconds_left::integer as seconds_left
from app.door_attempt(sqlc.arg(key)::bytea, sqlc.arg(seconds)::integer) as d (attempts, seconds_left);

-- name: ForgiveAttempts :exec
select app.door_attempts_forgiven(sqlc.arg(key)::bytea);

-- name: Lease :many
select coalesce(org_id, '00000000-0000-0000-0000-000000000000')::uuid as org_id, coalesce(user_id, '00000000-0000-0000-0000-000000000000')::uuid as user_id,
  coalesce(instance, '00000000-0000-0000-0000-000000000000')::uuid as instance, coalesce(next_in, 0)::double precision as next_in
from app.door_lease(sqlc.arg(instance)::uuid, sqlc.arg(seconds)::integer) as d (org_id, user_id, instance, next_in);
