-- What is asked before a tenant is known. The functions are in db/migrations.

-- name: GetWebsiteByKey :one
select org_id::uuid as org_id, website_id::uuid as website_id, customer_id::uuid as customer_id, name::text as name,
  hosts::text[] as hosts, groups::jsonb as groups, coalesce(settings, '[]')::jsonb as settings,
  identity_key::text as identity_key
from app.door_find_website(sqlc.arg(key)::text) as d (org_id, website_id, customer_id, name, hosts, groups, settings, identity_key);

-- name: GetEmailStatus :one
select prefix::text as prefix, verified::boolean as verified
from app.door_email_status(sqlc.arg(email)::text) as d (prefix, verified);

-- name: LogIn :many
select identity_id::uuid as identity_id, org_id::uuid as org_id, org_name::text as org_name,
  user_id::uuid as user_id, more::boolean as more
from app.door_log_in(sqlc.arg(email)::text, sqlc.arg(hash)::text) as d (identity_id, org_id, org_name, user_id, more);

-- name: ListUsersByEmail :many
select org_id::uuid as org_id, org_name::text as org_name, user_id::uuid as user_id
from app.door_users_by_email(sqlc.arg(email)::text) as d (org_id, org_name, user_id);

-- name: ListUntriedIdentities :many
select identity_id::uuid as identity_id, password_hash::text as password_hash
from app.door_untried_identities(sqlc.arg(identity)::uuid) as d (identity_id, password_hash);

-- name: RecordIdentityTry :exec
select app.door_record_identity_try(sqlc.arg(identity)::uuid, sqlc.arg(other)::uuid, sqlc.arg(matched)::boolean);

-- name: GetUserByID :one
select org_id::uuid as org_id, org_name::text as org_name, user_id::uuid as user_id, name::text as name,
  email::text as email, role::text as role,
  coalesce(customer_id, '00000000-0000-0000-0000-000000000000')::uuid as customer_id,
  session_epoch::integer as session_epoch, limited::boolean as limited, customers::uuid[] as customers
from app.door_find_user(sqlc.arg(id)::uuid) as d (org_id, org_name, user_id, name, email, role, customer_id,
  session_epoch, limited, customers);

-- name: GetInvitationByToken :one
select org_id::uuid as org_id, org_name::text as org_name, invitation_id::uuid as invitation_id,
  email::text as email, role::text as role, verifies_email::boolean as verifies_email
from app.door_find_invitation(sqlc.arg(token_hash)::bytea) as d (org_id, org_name, invitation_id, email, role,
  verifies_email);

-- name: GetResetByToken :one
select coalesce(org_id, '00000000-0000-0000-0000-000000000000')::uuid as org_id,
  coalesce(user_id, '00000000-0000-0000-0000-000000000000')::uuid as user_id, email::text as email,
  verifies_email::boolean as verifies_email
from app.door_find_reset(sqlc.arg(token_hash)::bytea) as d (org_id, user_id, email, verifies_email);

-- name: CreateAddressReset :one
select app.door_create_address_reset(sqlc.arg(token_hash)::bytea, sqlc.arg(email)::text,
    sqlc.arg(verifies_email)::boolean, sqlc.arg(seconds)::integer)::boolean as made;

-- name: SetPassword :many
select org_id::uuid as org_id, org_name::text as org_name, user_id::uuid as user_id, enabled::boolean as enabled,
  matched::boolean as matched
from app.door_reset_password(sqlc.arg(token_hash)::bytea, sqlc.arg(identity)::uuid, sqlc.arg(hash)::text, sqlc.arg(via)::text,
  sqlc.arg(address)::text, sqlc.arg(user_agent)::text) as d (org_id, org_name, user_id, enabled, matched);

-- name: RecordRefusedLogIn :exec
select app.door_record_refused_log_in(sqlc.arg(email)::text, sqlc.arg(reason)::text, sqlc.arg(via)::text, sqlc.arg(address)::text);

-- name: CreateSignUp :one
select app.door_create_signup(sqlc.arg(token_hash)::bytea, sqlc.arg(email)::text, sqlc.arg(organization)::text,
    sqlc.arg(name)::text, sqlc.arg(seconds)::integer)::boolean as verified;

-- name: GetSignUpByToken :one
select email::text as email, organization::text as organization, name::text as name, verified::boolean as verified
from app.door_find_signup(sqlc.arg(token_hash)::bytea) as d (email, organization, name, verified);

-- name: UseSignUp :one
select app.door_use_signup(sqlc.arg(token_hash)::bytea)::boolean as used;

-- name: GetSessionByToken :one
select app.door_find_session(sqlc.arg(token)::text)::bytea as data;

-- name: SaveSession :exec
select app.door_save_session(sqlc.arg(token)::text, sqlc.arg(data)::bytea, sqlc.arg(expires_at)::timestamptz);

-- name: DeleteSession :exec
select app.door_delete_session(sqlc.arg(token)::text);

-- name: CountAttempt :one
select attempts::integer as attempts, seconds_left::integer as seconds_left
from app.door_count_attempt(sqlc.arg(key)::bytea, sqlc.arg(seconds)::integer) as d (attempts, seconds_left);

-- name: ListAttempts :many
select place::integer as place, attempts::integer as attempts, seconds_left::integer as seconds_left
from app.door_list_attempts(sqlc.arg(keys)::bytea[]) as d (place, attempts, seconds_left);

-- name: CountFailures :exec
select app.door_count_failures(sqlc.arg(keys)::bytea[], sqlc.arg(seconds)::integer);

-- name: RenewLease :many
select coalesce(org_id, '00000000-0000-0000-0000-000000000000')::uuid as org_id,
  coalesce(user_id, '00000000-0000-0000-0000-000000000000')::uuid as user_id,
  coalesce(instance, '00000000-0000-0000-0000-000000000000')::uuid as instance,
  coalesce(next_in, 0)::double precision as next_in
from app.door_renew_lease(sqlc.arg(instance)::uuid, sqlc.arg(seconds)::integer) as d (org_id, user_id, instance, next_in);

-- name: IsOrganizationVerified :one
select app.door_organization_verified(sqlc.arg(org_id)::uuid)::boolean as verified;

-- name: ListOrganizationsToClean :many
select org_id::uuid as org_id
from app.door_organizations_to_clean(sqlc.arg(seconds)::integer) as d (org_id);

-- name: BeginPublicForm :one
select fresh::boolean as fresh, answer::text as answer
from app.door_begin_form(sqlc.arg(hash)::bytea) as d (fresh, answer);

-- name: SavePublicFormAnswer :exec
select app.door_answer_form(sqlc.arg(hash)::bytea, sqlc.arg(answer)::text);

-- name: CreateLinkRequest :one
select app.door_create_link_request(sqlc.arg(id)::uuid, sqlc.arg(email)::text, sqlc.narg(organization)::text,
    sqlc.narg(name)::text)::boolean as created;

-- name: GetLinkRequest :one
select email::text as email, organization::text as organization, name::text as name
from app.door_find_link_request(sqlc.arg(id)::uuid) as d (email, organization, name);

-- name: DeleteLinkRequest :exec
select app.door_delete_link_request(sqlc.arg(id)::uuid);
