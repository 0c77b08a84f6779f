-- All that can be asked before a tenant is known. The functions are in db/migrations.

-- name: WebsiteByKey :one
select org_id::uuid as org_id, website_id::uuid as website_id, customer_id::uuid as customer_id, name::text as name,
  greeting::text as greeting, typing_preview::boolean as typing_preview, hosts::text[] as hosts, subjects::jsonb as subjects, settings::jsonb as settings, identity_key::text as identity_key
from app.door_website(sqlc.arg(key)::text) as d (org_id, website_id, customer_id, name, greeting, typing_preview, hosts, subjects, settings, identity_key);

-- name: AddressByEmail :one
select prefix::text as prefix, verified::boolean as verified
from app.door_address(sqlc.arg(email)::text) as d (prefix, verified);

-- name: LogIn :many
select identity_id::uuid as identity_id, org_id::uuid as org_id, org_name::text as org_name, user_id::uuid as user_id, more::boolean as more
from app.door_login(sqlc.arg(email)::text, sqlc.arg(hash)::text) as d (identity_id, org_id, org_name, user_id, more);

-- name: UsersByEmail :many
select org_id::uuid as org_id, org_name::text as org_name, user_id::uuid as user_id
from app.door_users_of(sqlc.arg(email)::text) as d (org_id, org_name, user_id);

-- name: UntriedIdentities :many
select identity_id::uuid as identity_id, password_hash::text as password_hash
from app.door_untried(sqlc.arg(identity)::uuid) as d (identity_id, password_hash);

-- name: Tried :exec
select app.door_tried(sqlc.arg(identity)::uuid, sqlc.arg(other)::uuid, sqlc.arg(matched)::boolean);

-- name: UserByID :one
select org_id::uuid as org_id, org_name::text as org_name, user_id::uuid as user_id, name::text as name, email::text as email,
  role::text as role, coalesce(customer_id, '00000000-0000-0000-0000-000000000000')::uuid as customer_id,
  session_epoch::integer as session_epoch, limited::boolean as limited, customers::uuid[] as customers
from app.door_user(sqlc.arg(id)::uuid) as d (org_id, org_name, user_id, name, email, role, customer_id, session_epoch, limited, customers);

-- name: InvitationByToken :one
select org_id::uuid as org_id, org_name::text as org_name, invitation_id::uuid as invitation_id, email::text as email, role::text as role,
  proves::boolean as proves
from app.door_invitation(sqlc.arg(token_hash)::bytea) as d (org_id, org_name, invitation_id, email, role, proves);

-- name: ResetByToken :one
select coalesce(org_id, '00000000-0000-0000-0000-000000000000')::uuid as org_id,
  coalesce(user_id, '00000000-0000-0000-0000-000000000000')::uuid as user_id, email::text as email, proves::boolean as proves
from app.door_reset(sqlc.arg(token_hash)::bytea) as d (org_id, user_id, email, proves);

-- name: ResetAddress :one
select app.door_address_reset(sqlc.arg(token_hash)::bytea, sqlc.arg(email)::text, sqlc.arg(proves)::boolean, sqlc.arg(seconds)::integer)::boolean as made;

-- name: SetPassword :many
select org_id::uuid as org_id, org_name::text as org_name, user_id::uuid as user_id, enabled::boolean as enabled, matched::boolean as matched
from app.door_set_password(sqlc.arg(token_hash)::bytea, sqlc.arg(identity)::uuid, sqlc.arg(hash)::text)
  as d (org_id, org_name, user_id, enabled, matched);

-- name: KeepSignUp :one
select app.door_signup(sqlc.arg(token_hash)::bytea, sqlc.arg(email)::text, sqlc.arg(organization)::text, sqlc.arg(name)::text,
  sqlc.arg(seconds)::integer)::boolean as verified;

-- name: SignUpByToken :one
select email::text as email, organization::text as organization, name::text as name, verified::boolean as verified
from app.door_signup_of(sqlc.arg(token_hash)::bytea) as d (email, organization, name, verified);

-- name: UseSignUp :one
select app.door_signup_used(sqlc.arg(token_hash)::bytea)::boolean as used;

-- name: SessionByToken :one
select app.door_session(sqlc.arg(token)::text)::bytea as data;

-- name: SaveSession :exec
select app.door_session_save(sqlc.arg(token)::text, sqlc.arg(data)::bytea, sqlc.arg(expires_at)::timestamptz);

-- name: EndSession :exec
select app.door_session_end(sqlc.arg(token)::text);

-- name: CountAttempt :one
select attempts::integer as attempts, seconds_left::integer as seconds_left
from app.door_attempt(sqlc.arg(key)::bytea, sqlc.arg(seconds)::integer) as d (attempts, seconds_left);

-- name: AttemptsAt :many
select place::integer as place, attempts::integer as attempts, seconds_left::integer as seconds_left
from app.door_attempts(sqlc.arg(keys)::bytea[]) as d (place, attempts, seconds_left);

-- name: CountFailure :exec
select app.door_failed(sqlc.arg(keys)::bytea[], sqlc.arg(seconds)::integer);

-- name: Lease :many
select coalesce(org_id, '00000000-0000-0000-0000-000000000000')::uuid as org_id, coalesce(user_id, '00000000-0000-0000-0000-000000000000')::uuid as user_id,
  coalesce(instance, '00000000-0000-0000-0000-000000000000')::uuid as instance, coalesce(next_in, 0)::double precision as next_in
from app.door_lease(sqlc.arg(instance)::uuid, sqlc.arg(seconds)::integer) as d (org_id, user_id, instance, next_in);

-- name: OrganizationVerified :one
select app.door_organization_verified(sqlc.arg(org_id)::uuid)::boolean as verified;

-- name: Untidy :many
select org_id::uuid as org_id from app.door_untidy(sqlc.arg(seconds)::integer) as d (org_id);

-- name: BeginForm :one
select fresh::boolean as fresh, answer::text as answer from app.door_begin_form(sqlc.arg(hash)::bytea) as d (fresh, answer);

-- name: AnswerForm :exec
select app.door_answer_form(sqlc.arg(hash)::bytea, sqlc.arg(answer)::text);
