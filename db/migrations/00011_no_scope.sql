-- A statement on a connection whose scope has ended is an error, whatever its plan. The settings of an ended transaction are
-- empty, not missing, and a policy that a plan asks before the organization's (a one-time filter) found nobody to be staff there:
-- an empty result. An enum knows no empty role.

-- +goose Up
create type app.role_kind as enum ('owner', 'manager', 'supervisor', 'agent', 'reviewer', 'visitor', 'system');
create or replace function app.role() returns text language sql stable parallel safe
  as $$ select current_setting('app.role')::app.role_kind::text $$;
create or replace function app.is_staff() returns boolean language sql stable parallel safe
  as $$ select current_setting('app.role')::app.role_kind in ('owner', 'manager', 'supervisor', 'agent', 'system') $$;

-- Whether a conversation is rated so: good, fair, bad; any, or none.
create function app.rated(_org uuid, _conversation uuid, _so text) returns boolean language sql stable
  as $$ select case _so
          when 'none' then not exists (select from public.ratings r where r.org_id = _org and r.conversation_id = _conversation)
          else exists (select from public.ratings r where r.org_id = _org and r.conversation_id = _conversation
            and case _so when 'good' then r.value >= 4 when 'bad' then r.value <= 2 when 'fair' then r.value = 3 else true end) end $$;

-- +goose Down
drop function app.rated;
create or replace function app.is_staff() returns boolean language sql stable parallel safe
  as $$ select current_setting('app.role') in ('owner', 'manager', 'supervisor', 'agent', 'system') $$;
create or replace function app.role() returns text language sql stable parallel safe
  as $$ select current_setting('app.role') $$;
drop type app.role_kind;
