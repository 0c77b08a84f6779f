-- name: CreateUser :exec
insert into users (org_id, id, email, name, role, customer_id)
values (app.org_id(), @id, @email, @name, @role, sqlc.narg(customer_id));

-- name: JoinIdentity :one
-- Gives a user that was just created its identity. A null hash is the address's proven identity, whatever its password.
select app.door_join_identity(sqlc.arg(identity_id)::uuid, sqlc.arg(email)::text, sqlc.narg(hash)::text,
    sqlc.arg(proven)::boolean, sqlc.arg(user_id)::uuid)::text as outcome;

-- name: ListUsers :many
-- All users, or those whom a limited manager may manage, and itself.
select u.id, u.email, u.name, u.role, u.customer_id, u.disabled_at, u.limited,
  coalesce(c.name, '')::text as customer_name,
  array(select x.customer_id from user_customers x where x.org_id = u.org_id and x.user_id = u.id)::uuid[] as customers,
  array(
    select k.name
    from user_customers x
    join customers k on k.org_id = x.org_id and k.id = x.customer_id
    where x.org_id = u.org_id and x.user_id = u.id
    order by lower(k.name))::text[] as customer_names,
  coalesce((select a.open_chats from agents a where a.user_id = u.id), 0)::integer as open_chats,
  (select count(*) from invitations i where i.invited_by = u.id and i.accepted_at is null)::integer as invited
from users u
left join customers c on c.org_id = u.org_id and c.id = u.customer_id
where @everybody::boolean or u.id = app.actor_id() or app.door_can_manage_user(u.id)
order by u.disabled_at is not null, lower(u.name), u.id;

-- name: CanManageUser :one
select app.door_can_manage_user(@user_id)::boolean as within;

-- name: SetUserLimited :exec
update users set limited = @limited, session_epoch = session_epoch + 1 where id = @id;

-- name: DeleteUserCustomers :exec
delete from user_customers where user_id = @user_id;

-- name: ListUserCustomers :many
select customer_id from user_customers where user_id = @user_id order by customer_id;

-- name: AddUserCustomers :exec
insert into user_customers (org_id, user_id, customer_id)
select app.org_id(), @user_id, c
from unnest(@customers::uuid[]) as c
on conflict do nothing;

-- name: HasUserWithEmail :one
select exists (select from users where email = @email);

-- name: GetUser :one
select id, email, name, role, customer_id, disabled_at, limited from users where id = @id;

-- name: LockOwners :many
-- All owners who can log in, locked, so that the last one cannot be lost by two changes at once.
select id from users where role = 'owner' and disabled_at is null order by id for update;

-- name: SetUserRole :exec
-- A role that cannot be limited to customers is not.
update users
set role = @role,
  customer_id = sqlc.narg(customer_id),
  session_epoch = session_epoch + 1,
  limited = limited and @role in ('manager', 'supervisor', 'agent')
where id = @id;

-- name: DisableUser :execrows
update users
set disabled_at = now(), session_epoch = session_epoch + 1
where id = @id and disabled_at is null;

-- name: EnableUser :execrows
update users set disabled_at = null where id = @id and disabled_at is not null;

-- name: CreateInvitation :exec
insert into invitations (org_id, id, email, role, customer_id, limited, customers, token_hash, verifies_email,
  invited_by, expires_at)
values (app.org_id(), @id, @email, @role, sqlc.narg(customer_id), cardinality(@customers::uuid[]) > 0,
  @customers::uuid[], @token_hash, @verifies_email, @invited_by, @expires_at);

-- name: RenewInvitationToken :one
-- Gives an open invitation another token, for the mail that is sent now, and returns what stands in that mail.
update invitations i
set token_hash = @token_hash
from users u, organizations o
where i.id = @id and i.accepted_at is null and i.expires_at > now()
  and u.org_id = i.org_id and u.id = i.invited_by
  and o.id = i.org_id
returning i.email, o.name as organization, u.name as inviter_name, u.email as inviter_email;

-- name: ListInvitations :many
select i.id, i.email, i.role, i.expires_at, coalesce(c.name, '')::text as customer_name,
  array(
    select k.name
    from customers k
    where k.org_id = i.org_id and k.id = any (i.customers)
    order by lower(k.name))::text[] as customer_names
from invitations i
left join customers c on c.org_id = i.org_id and c.id = i.customer_id
where i.accepted_at is null and i.expires_at > now()
order by i.created_at desc;

-- name: DeleteInvitationsByEmail :exec
delete from invitations where email = @email and accepted_at is null;

-- name: DeleteInvitationsByInviter :exec
-- Deletes what a user has invited who may no longer invite.
delete from invitations where invited_by = @invited_by and accepted_at is null;

-- name: VoidPasswordResets :exec
-- Ends the links of a user, and those that it made for others.
update password_resets
set used_at = now()
where (user_id = @user_id or created_by = @user_id) and used_at is null;

-- name: DeleteInvitation :one
delete from invitations
where id = @id and accepted_at is null
returning email, role, customer_id, customers;

-- name: AcceptInvitation :one
update invitations
set accepted_at = now()
where id = @id and accepted_at is null and expires_at > now()
returning email, role, customer_id, customers;

-- name: CreatePasswordReset :exec
insert into password_resets (org_id, id, user_id, token_hash, verifies_email, created_by, expires_at)
values (app.org_id(), @id, @user_id, @token_hash, @verifies_email, sqlc.narg(created_by), @expires_at);

-- name: RenewPasswordResetToken :one
-- Gives an open password reset another token, for the mail that is sent now, and returns what stands in that mail.
update password_resets r
set token_hash = @token_hash
from users u, users requester, organizations o
where r.id = @id and r.used_at is null and r.expires_at > now()
  and u.org_id = r.org_id and u.id = r.user_id and u.disabled_at is null
  and requester.org_id = r.org_id and requester.id = r.created_by
  and o.id = r.org_id
returning u.email, o.name as organization, requester.name as requester_name, requester.email as requester_email;

-- name: GetPreferences :one
select chosen from preferences where user_id = @user_id;

-- name: SavePreferences :exec
insert into preferences (org_id, user_id, chosen)
values (app.org_id(), @user_id, @chosen)
on conflict (org_id, user_id) do update
set chosen = excluded.chosen;

-- name: ListAliases :many
-- Under which names a user answers, for each customer.
select c.id as customer_id, c.name as customer_name, coalesce(a.name, '')::text as alias, p.file_id
from customers c
left join aliases a on a.org_id = c.org_id and a.customer_id = c.id and a.user_id = @user_id
left join pictures p on p.org_id = c.org_id and p.customer_id = c.id and p.user_id = @user_id
order by lower(c.name);

-- name: SaveAlias :exec
insert into aliases (org_id, user_id, customer_id, name)
values (app.org_id(), @user_id, @customer_id, @name)
on conflict (org_id, user_id, customer_id) do update
set name = excluded.name;

-- name: SavePicture :exec
insert into pictures (org_id, user_id, customer_id, file_id)
values (app.org_id(), @user_id, @customer_id, @file_id)
on conflict (org_id, user_id, customer_id) do update
set file_id = excluded.file_id;

-- name: DeletePicture :exec
delete from pictures where user_id = @user_id and customer_id = @customer_id;

-- name: GetAgentPicture :one
select coalesce((
      select p.file_id
      from conversations c
      join pictures p on p.org_id = c.org_id and p.user_id = c.agent_id and p.customer_id = c.customer_id
      where c.id = @conversation_id), '00000000-0000-0000-0000-000000000000')::uuid as file_id,
  exists(select from pictures) as any_pictures;

-- name: DeleteAlias :exec
delete from aliases where user_id = @user_id and customer_id = @customer_id;

-- name: SavePushSubscription :exec
-- For as long as the sessions that the user has now are good.
insert into push_subscriptions (org_id, id, user_id, endpoint, p256dh, auth, session_epoch)
select app.org_id(), @id, u.id, @endpoint, @p256dh, @auth, u.session_epoch
from users u
where u.id = @user_id
on conflict (org_id, user_id, endpoint) do update
set p256dh = excluded.p256dh, auth = excluded.auth, session_epoch = excluded.session_epoch;

-- name: DeletePushSubscription :exec
delete from push_subscriptions where user_id = @user_id and endpoint = @endpoint;

-- name: DeletePushSubscriptions :exec
delete from push_subscriptions where user_id = @user_id;

-- name: TrimPushSubscriptions :exec
delete from push_subscriptions s
where s.user_id = @user_id
  and s.id not in (select k.id from push_subscriptions k where k.user_id = @user_id order by k.created_at desc limit 10);

-- name: ListPushSubscriptions :many
select s.endpoint, s.p256dh, s.auth
from push_subscriptions s
join users u on u.org_id = s.org_id and u.id = s.user_id and u.session_epoch = s.session_epoch
where s.user_id = @user_id
order by s.created_at desc
limit 10;
