-- Whether an organization's mails can be traced to somebody: until then it may send few.

-- +goose Up
grant create on schema app to parley_door;

-- An owner who can log in has proven the address.
create function app.door_organization_verified(_org uuid) returns boolean
  language sql stable security definer set search_path = public, pg_temp
  as $$ select exists (
          select from users u
          join memberships m on m.user_id = u.id
          join identities i on i.id = m.identity_id
          where u.org_id = _org and u.role = 'owner' and u.disabled_at is null and i.verified_at is not null) $$;

alter function app.door_organization_verified(uuid) owner to parley_door;
revoke all on function app.door_organization_verified(uuid) from public;
grant execute on function app.door_organization_verified(uuid) to parley_app;
revoke create on schema app from parley_door;

-- +goose Down
drop function app.door_organization_verified(uuid);
