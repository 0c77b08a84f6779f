-- Rights below the organization. A team member can be limited to customers; an agent sees the conversations that are assigned to
-- it, in which it is a participant, that wait in the queues of its groups, and the earlier ones of visitors whom it serves.

-- +goose Up

-- Limited: to the customers in user_customers, instead of all. An owner never is.
alter table users
  add limited boolean not null default false,
  add constraint users_limited_check check (not limited or role in ('manager', 'supervisor', 'agent'));
grant update (limited) on users to parley_app;
create table user_customers (
  org_id      uuid not null,
  user_id     uuid not null,
  customer_id uuid not null,
  primary key (org_id, user_id, customer_id),
  foreign key (org_id, user_id) references users on delete cascade,
  foreign key (org_id, customer_id) references customers on delete cascade
);
call app.lock_down('user_customers', 'org_id');
grant select, insert, delete on user_customers to parley_app;

-- An invitation of somebody who will be limited names the customers.
alter table invitations
  add limited boolean not null default false,
  add customers uuid[] not null default '{}',
  add constraint invitations_limited_check check (limited = (customers <> '{}') and (not limited or role in ('manager', 'supervisor', 'agent')));

-- A snippet of one customer's conversations.
alter table snippets
  add customer_id uuid,
  add foreign key (org_id, customer_id) references customers on delete cascade,
  add check (customer_id is null or group_id is null and user_id is null),
  drop constraint snippets_org_id_group_id_user_id_name_key,
  add constraint snippets_name_key unique nulls not distinct (org_id, customer_id, group_id, user_id, name);

-- What the asker is and takes part in is looked up by functions with rights of their own: the policies below ask them, and would
-- otherwise ask themselves.
grant create on schema app to parley_door;
grant select (limited) on users to parley_door;
grant select (org_id, user_id, customer_id) on user_customers to parley_door;
grant select (everyone) on groups to parley_door;
grant select (org_id, group_id, user_id) on group_members to parley_door;
grant select (org_id, conversation_id, user_id) on guests to parley_door;
grant select (org_id, id, visitor_id, state, agent_id) on conversations to parley_door;
create policy door on user_customers for select to parley_door using (true);
create policy door on group_members for select to parley_door using (org_id = (select app.org_id()));
create policy door on guests for select to parley_door using (org_id = (select app.org_id()));
create policy door on conversations for select to parley_door using (org_id = (select app.org_id()));

-- The customers to which the asking team member is limited; null: it is not. Of nobody who can log in: none.
-- +goose StatementBegin
create function app.door_limits() returns uuid[] language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  is_limited boolean;
begin
  select u.limited into is_limited
  from users u
  where u.org_id = app.org_id() and u.id = app.actor_id() and u.disabled_at is null;
  if not found then
    return '{}';
  elsif not is_limited then
    return null;
  end if;
  return array(
    select c.customer_id
    from user_customers c
    where c.org_id = app.org_id() and c.user_id = app.actor_id());
end
$$;
-- +goose StatementEnd

-- Whether a conversation is assigned to the asking team member, or has it as a participant.
-- +goose StatementBegin
create function app.door_serves(_conversation uuid) returns boolean language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return exists (select from conversations c where c.org_id = app.org_id() and c.id = _conversation and c.agent_id = app.actor_id())
    or exists (select from guests g where g.org_id = app.org_id() and g.conversation_id = _conversation and g.user_id = app.actor_id());
end
$$;
-- +goose StatementEnd

-- Whether a visitor has an open conversation that the asking team member serves.
-- +goose StatementBegin
create function app.door_serves_visitor(_visitor uuid) returns boolean language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return exists (
    select from conversations c
    where c.org_id = app.org_id() and c.visitor_id = _visitor and c.state = 'open'
      and (c.agent_id = app.actor_id()
        or exists (select from guests g where g.org_id = c.org_id and g.conversation_id = c.id and g.user_id = app.actor_id())));
end
$$;
-- +goose StatementEnd

-- Looks up what the policies ask for each row of an agent's statement, and notes it for the rest of the transaction: its groups, and
-- the conversations in which it is a participant.
-- +goose StatementBegin
create function app.door_remember() returns void language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  perform set_config('app.known_groups', array(
      select g.id
      from groups g
      where g.org_id = app.org_id()
        and (g.everyone or exists (
          select from group_members m
          where m.org_id = g.org_id and m.group_id = g.id and m.user_id = app.actor_id())))::text, true),
    set_config('app.known_visits', array(
      select g.conversation_id
      from guests g
      where g.org_id = app.org_id() and g.user_id = app.actor_id())::text, true),
    set_config('app.known', app.actor_id()::text, true);
end
$$;
-- +goose StatementEnd

-- Whether a user is one whom a manager who is limited may manage: one that sees nothing beyond the manager's own customers.
create function app.door_within(_user uuid) returns boolean language sql stable security definer set search_path = public, pg_temp
  as $$ select coalesce((
          select case
              when u.role = 'reviewer' then u.customer_id = any (app.door_limits())
              else u.limited and array(select c.customer_id from user_customers c where c.org_id = u.org_id and c.user_id = u.id) <@ app.door_limits()
            end
          from users u where u.org_id = app.org_id() and u.id = _user), false) $$;

drop function app.door_user(uuid);
create function app.door_user(_id uuid)
  returns table (org_id uuid, org_name text, user_id uuid, name text, email text, role text, customer_id uuid, session_epoch integer, limited boolean, customers uuid[])
  language sql stable security definer set search_path = public, pg_temp
  as $$ select u.org_id, o.name, u.id, u.name, u.email, u.role, u.customer_id, u.session_epoch, u.limited,
          array(select c.customer_id from user_customers c where c.org_id = u.org_id and c.user_id = u.id)
        from users u join organizations o on o.id = u.org_id where u.id = _id and u.disabled_at is null $$;

-- The customers whose data the asker may see at all; null: all customers'. Visitors have none. (What every message passes is asked as
-- the system: these two are taken apart so that Postgres puts their first halves into the statement.)
-- +goose StatementBegin
create function app.limits_of_person() returns uuid[] language plpgsql stable as $$
begin
  case current_setting('app.role')::app.role_kind
    when 'reviewer' then
      return array_remove(array[nullif(current_setting('app.narrow_id'), '')::uuid], null);
    when 'visitor' then
      return '{}';
    else
      null;
  end case;
  if current_setting('app.limits_of', true) is distinct from current_setting('app.actor_id') then -- noted for the rest of the transaction
    perform set_config('app.limits_are', coalesce(app.door_limits()::text, ''), true), set_config('app.limits_of', current_setting('app.actor_id'), true);
  end if;
  return nullif(current_setting('app.limits_are'), '')::uuid[];
end
$$;
create function app.limits() returns uuid[] language sql stable
  as $$ select case current_setting('app.role')::app.role_kind when 'system' then null::uuid[] else app.limits_of_person() end $$;
-- The customers whose conversations the asker sees all of; null: all customers'. Agents have none: whether they see a conversation
-- depends on that conversation.
create function app.sees_customers() returns uuid[] language sql stable
  as $$ select case current_setting('app.role')::app.role_kind
            when 'system' then null::uuid[]
            when 'agent' then '{}'
            when 'visitor' then '{}'
            else app.limits_of_person() end $$;
-- Whether somebody who is limited, or no team member, sees a user.
create function app.sees_user(_user uuid, _customer uuid) returns boolean language plpgsql stable as $$
begin
  case current_setting('app.role')::app.role_kind
    when 'reviewer' then
      return _user = app.actor_id();
    when 'visitor' then
      return false;
    else
      return _customer is null or _customer = any (app.limits());
  end case;
end
$$;
create function app.sees_row(_conversation uuid, _visitor uuid, _state text, _agent uuid, _group uuid, _customer uuid, _offered_to uuid, _offered_until timestamptz)
  returns boolean language plpgsql stable as $$
declare
  me uuid;
  served uuid[];
begin
  case current_setting('app.role')::app.role_kind
    when 'visitor' then
      return _visitor = app.actor_id();
    when 'agent' then
      served := app.limits_of_person();
    else
      return false;
  end case;
  if current_setting('app.known', true) is distinct from current_setting('app.actor_id') then
    perform app.door_remember();
  end if;
  me := current_setting('app.actor_id')::uuid;
  if _customer <> all (served) then
    return false;
  end if;
  if _agent = me or _conversation = any (current_setting('app.known_visits')::uuid[]) then
    return true;
  end if;
  if _state = 'waiting' then
    if _offered_to is not null and _offered_until > now() then
      return _offered_to = me;
    end if;
    return _group = any (current_setting('app.known_groups')::uuid[]);
  end if;
  return _state = 'closed' and app.door_serves_visitor(_visitor); -- an earlier one of a visitor whom it serves
end
$$;
-- Whether the asker sees a conversation, a visitor. The bodies run with the asker's own rights. What was seen last is noted: messages are
-- read one conversation after another.
create function app.sees(_org uuid, _conversation uuid) returns boolean language plpgsql stable as $$
begin
  if current_setting('app.seen', true) = current_setting('app.actor_id') || _conversation::text then
    return true;
  end if;
  if exists (select from public.conversations c where c.org_id = _org and c.id = _conversation) then
    perform set_config('app.seen', current_setting('app.actor_id') || _conversation::text, true);
    return true;
  end if;
  return false;
end
$$;
create function app.sees_visitor(_org uuid, _visitor uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from public.conversations c where c.org_id = _org and c.visitor_id = _visitor);
end
$$;
-- Whether the asker may change what belongs to a conversation.
create function app.writes(_org uuid, _conversation uuid) returns boolean language plpgsql stable as $$
begin
  case current_setting('app.role')::app.role_kind
    when 'system' then
      return true;
    when 'agent' then
      return app.door_serves(_conversation) and app.sees(_org, _conversation);
    when 'visitor', 'reviewer' then
      return false;
    else
      return app.sees(_org, _conversation);
  end case;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
do $$
declare f regprocedure;
begin
  for f in select p.oid from pg_proc p where p.pronamespace = 'app'::regnamespace
      and p.proname in ('door_limits', 'door_serves', 'door_serves_visitor', 'door_remember', 'door_within', 'door_user') loop
    execute format('alter function %s owner to parley_door', f);
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to parley_app', f);
  end loop;
end
$$;
-- +goose StatementEnd

-- Conversations, and what belongs to them. (Never null: neither the column nor an element of the list is.)
alter policy narrow on conversations using (coalesce(customer_id = any ((select app.sees_customers())::uuid[]), true)
  or app.sees_row(id, visitor_id, state, agent_id, group_id, customer_id, offered_to, offered_until));
alter policy readers_write_nothing_u on conversations using (case app.role()
  when 'reviewer' then false
  when 'agent' then agent_id = app.actor_id() or state = 'waiting' or app.door_serves(id)
  else true end)
  with check (case app.role()
  when 'reviewer' then false
  when 'agent' then agent_id = app.actor_id() or app.door_serves(id)
  else true end);
alter policy narrow on messages using (case
  when (select app.sees_customers()) is null then true
  when kind = 'note' and not app.is_staff() then false
  when app.role() = 'visitor' then visitor_id = app.actor_id()
  else app.sees(org_id, conversation_id) end);
alter policy narrow_writing on messages with check (case app.role()
  when 'system' then true
  when 'visitor' then kind in ('text', 'file') and author = 'visitor' and author_id = visitor_id and visitor_id = app.actor_id()
  when 'agent' then case when kind = 'system' then app.sees(org_id, conversation_id) else app.writes(org_id, conversation_id) end
  else app.writes(org_id, conversation_id) end);
alter policy staff_change on messages using (app.writes(org_id, conversation_id));
alter policy narrow on visitors using (case
  when (select app.sees_customers()) is null then true
  when app.role() = 'visitor' then id = app.actor_id()
  else app.sees_visitor(org_id, id) end);
-- +goose StatementBegin
do $$
declare t text;
begin
  foreach t in array array['guests', 'assignments', 'conversation_tags', 'message_traces', 'faq_choices'] loop
    execute format('alter policy staff_only on %I using (case when (select app.sees_customers()) is null then true when app.is_staff() then app.sees(org_id, conversation_id) else false end)
      with check (case when (select app.sees_customers()) is null then true when app.is_staff() then app.sees(org_id, conversation_id) else false end)', t);
  end loop;
  foreach t in array array['guests', 'conversation_tags', 'message_traces', 'faq_choices'] loop
    execute format('create policy writers_i on %I as restrictive for insert to parley_app with check (app.writes(org_id, conversation_id))', t);
    execute format('create policy writers_u on %I as restrictive for update to parley_app using (app.writes(org_id, conversation_id))', t);
    execute format('create policy writers_d on %I as restrictive for delete to parley_app using (app.writes(org_id, conversation_id))', t);
  end loop;
end
$$;
-- +goose StatementEnd
alter policy narrow on ratings using (case
    when (select app.sees_customers()) is null then true
    when app.role() = 'visitor' then visitor_id = app.actor_id()
    else app.sees(org_id, conversation_id) end)
  with check (case app.role() when 'visitor' then visitor_id = app.actor_id() else app.writes(org_id, conversation_id) end);
alter policy narrow on archive_words using (coalesce(customer_id = any ((select app.sees_customers())::uuid[]), true) and (not staff or app.is_staff())) with check (app.role() = 'system');
alter policy staff_only on blocks using (case
    when (select app.sees_customers()) is null then true
    when visitor_id is not null and app.is_staff() then app.sees_visitor(org_id, visitor_id)
    else false end)
  with check (case
    when (select app.sees_customers()) is null then true
    when visitor_id is not null and app.is_staff() then app.sees_visitor(org_id, visitor_id)
    else false end);
alter policy staff_only on identity_uses using (app.role() = 'system') with check (app.role() = 'system');

-- Customers, and what is theirs.
alter policy narrow on customers using (coalesce(id = any ((select app.limits())::uuid[]), true));
alter policy narrow on websites using (coalesce(customer_id = any ((select app.limits())::uuid[]), true) or app.role() = 'visitor' and id = app.website_id())
  with check (app.is_staff() and coalesce(customer_id = any ((select app.limits())::uuid[]), true));
alter policy narrow on users using (case when (select app.limits()) is null then true else app.sees_user(id, customer_id) end) with check (app.is_staff());
create policy manageable on users as restrictive for update to parley_app
  using (case app.role() when 'manager' then (select app.limits()) is null or id = app.actor_id() or app.door_within(id) else true end) -- of locks too
  with check (case app.role()
  when 'manager' then (select app.limits()) is null or id <> app.actor_id() and app.door_within(id)
  when 'system' then true
  else app.role() = 'owner' end);
create policy staff_only on user_customers as restrictive to parley_app
  using ((select app.is_staff()) and coalesce(customer_id = any ((select app.limits())::uuid[]), true))
  with check ((select app.is_staff()) and coalesce(customer_id = any ((select app.limits())::uuid[]), true));
create policy writers_i on user_customers as restrictive for insert to parley_app with check (app.role() in ('system', 'owner', 'manager'));
create policy writers_d on user_customers as restrictive for delete to parley_app using (app.role() in ('system', 'owner', 'manager'));
create policy limited on invitations as restrictive to parley_app using (case
  when (select app.limits()) is null then true
  when role = 'reviewer' then customer_id = any ((select app.limits())::uuid[])
  else limited and customers <@ (select app.limits()) end);
-- +goose StatementBegin
do $$
declare t text;
begin
  foreach t in array array['domains', 'identity_keys', 'subjects'] loop
    execute format('create policy limited on %I as restrictive to parley_app
      using (case when (select app.limits()) is null then true else exists (select from websites w where w.org_id = %1$I.org_id and w.id = %1$I.website_id) end)', t);
  end loop;
  foreach t in array array['arrivals', 'aliases', 'pictures'] loop
    execute format('create policy limited on %I as restrictive to parley_app using (coalesce(customer_id = any ((select app.limits())::uuid[]), true))', t);
  end loop;
  -- What is the whole organization's is changed by who is not limited.
  foreach t in array array['group_members', 'desk_rules', 'models'] loop
    execute format('create policy limited_i on %I as restrictive for insert to parley_app with check ((select app.limits()) is null)', t);
    execute format('create policy limited_u on %I as restrictive for update to parley_app using ((select app.limits()) is null)', t);
    execute format('create policy limited_d on %I as restrictive for delete to parley_app using ((select app.limits()) is null)', t);
  end loop;
  foreach t in array array['groups'] loop
    execute format('create policy limited_i on %I as restrictive for insert to parley_app with check ((select app.limits()) is null)', t);
    execute format('create policy limited_d on %I as restrictive for delete to parley_app using ((select app.limits()) is null)', t);
  end loop;
  foreach t in array array['tags'] loop
    execute format('create policy limited_u on %I as restrictive for update to parley_app using ((select app.limits()) is null)', t);
    execute format('create policy limited_d on %I as restrictive for delete to parley_app using ((select app.limits()) is null)', t);
  end loop;
end
$$;
-- +goose StatementEnd

-- FAQ entries: everybody's are read by all, and changed by who is not limited.
create policy limited on faq_entries as restrictive to parley_app using (case
  when (select app.limits()) is null then true
  else coalesce(customer_id = any ((select app.limits())::uuid[]), customer_id is null)
    and (website_id is null or exists (select from websites w where w.org_id = faq_entries.org_id and w.id = faq_entries.website_id)) end);
-- +goose StatementBegin
do $$
declare
  mine constant text := '(case when (select app.limits()) is null then true else customer_id is not null or website_id is not null end)';
  seen constant text := '(case when (select app.limits()) is null then true else exists (select from faq_entries e where e.org_id = %1$I.org_id and e.id = %1$I.entry_id) end)';
  own constant text := '(case when (select app.limits()) is null then true else exists (select from faq_entries e where e.org_id = %1$I.org_id and e.id = %1$I.entry_id and (e.customer_id is not null or e.website_id is not null)) end)';
  t text;
begin
  execute 'create policy limited_i on faq_entries as restrictive for insert to parley_app with check ' || mine;
  execute 'create policy limited_u on faq_entries as restrictive for update to parley_app using ' || mine;
  execute 'create policy limited_d on faq_entries as restrictive for delete to parley_app using ' || mine;
  foreach t in array array['faq_texts', 'faq_history'] loop
    execute format('create policy limited on %1$I as restrictive for select to parley_app using ' || seen, t);
    execute format('create policy limited_i on %1$I as restrictive for insert to parley_app with check ' || own, t);
    execute format('create policy limited_u on %1$I as restrictive for update to parley_app using ' || own, t);
    execute format('create policy limited_d on %1$I as restrictive for delete to parley_app using ' || own, t);
  end loop;
end
$$;
-- +goose StatementEnd

-- Snippets: a person's own are its own; those of a customer are for who may see that customer.
create policy limited on snippets as restrictive to parley_app using (case
    when app.role() = 'system' then true
    when user_id is not null then user_id = app.actor_id()
    when customer_id is not null then coalesce(customer_id = any ((select app.limits())::uuid[]), true)
    else true end);
create policy limited_i on snippets as restrictive for insert to parley_app with check (user_id is not null or customer_id is not null or (select app.limits()) is null);
create policy limited_d on snippets as restrictive for delete to parley_app using (user_id is not null or customer_id is not null or (select app.limits()) is null);

-- Files: of a message as its conversation, of a snippet as that; and who has sent one sees it.
alter policy narrow on files using (case app.role()
    when 'system' then true
    when 'visitor' then visitor_id = app.actor_id()
    when 'reviewer' then conversation_id is not null and app.sees(org_id, conversation_id)
    else case
      when conversation_id is not null then app.sees(org_id, conversation_id)
      when by_id = app.actor_id() then true
      when use = 'snippet' then exists (select from snippets s where s.org_id = files.org_id and s.file_id = files.id)
      when use = 'picture' then exists (select from pictures p where p.org_id = files.org_id and p.file_id = files.id)
      else false end
    end)
  with check (case app.role()
    when 'system' then true
    when 'visitor' then use = 'message' and visitor_id = app.actor_id()
    when 'reviewer' then false
    else by_id = app.actor_id() and (conversation_id is null or app.writes(org_id, conversation_id)) end);

-- Whoever is limited is assigned, offered or brought into conversations of its customers only, whatever statement does it.
-- +goose StatementBegin
create function app.may_serve(_org uuid, _user uuid, _customer uuid) returns boolean language sql stable
  as $$ select not u.limited or exists (
          select from public.user_customers c where c.org_id = _org and c.user_id = _user and c.customer_id = _customer)
        from public.users u where u.org_id = _org and u.id = _user $$;
create function app.within_limits() returns trigger language plpgsql as $$
declare
  customer uuid;
  member uuid;
begin
  if tg_table_name = 'guests' then
    select c.customer_id into customer from public.conversations c where c.org_id = new.org_id and c.id = new.conversation_id;
    member := new.user_id;
  else
    customer := new.customer_id;
    member := case when new.state = 'open' then new.agent_id else new.offered_to end;
  end if;
  if member is not null and not coalesce(app.may_serve(new.org_id, member, customer), false) then
    raise exception using errcode = 'PAR02', message = 'the team member is limited to other customers';
  end if;
  return null;
end
$$;
-- +goose StatementEnd
-- After the fact: a trigger before updates would lock each row once more, for every message.
create trigger within_limits after insert on guests for each row execute function app.within_limits();
create trigger within_limits after update of state, agent_id, offered_to on conversations for each row
  when (new.state = 'open' and old.agent_id is distinct from new.agent_id or new.offered_to is not null and old.offered_to is distinct from new.offered_to)
  execute function app.within_limits();

-- The search of the archive binds itself as the policies do.
create or replace function app.door_archive(_rare text[], _words text[], _customer uuid, _website uuid, _group uuid, _agent uuid, _agent_name text, _tag uuid,
    _from timestamptz, _until timestamptz, _most integer)
  returns table (conversation_id uuid, hits integer, closed_at timestamptz)
  language sql stable security definer rows 100 set search_path = public, pg_temp
  as $$ with sought as materialized (
          select (select string_agg(app.sought(app.org_id(), w.word)::text, ' | ')::tsquery from unnest(_rare) as w (word)) as any_rare,
            array(select app.sought(app.org_id(), w.word) from unnest(_words[:60]) as w (word)) as each)
        select a.conversation_id, bit_count(bit_or(app.hits(a.words, s.each))::bit(64))::integer as hits, max(a.closed_at)
        from sought s join archive_words a on a.words @@ s.any_rare
        where a.org_id = (select app.org_id())
          and coalesce(a.customer_id = any ((select app.sees_customers())::uuid[]), true)
          and (not a.staff or (select app.is_staff()))
          and (_customer is null or a.customer_id = _customer) and (_website is null or a.website_id = _website)
          and (_group is null or a.group_id = _group) and (_agent is null or a.agent_id = _agent)
          and (_agent_name is null or a.agent_name = _agent_name)
          and (_from is null or a.closed_at >= _from) and (_until is null or a.closed_at < _until)
          and (_tag is null or exists (select from conversation_tags t where t.org_id = a.org_id and t.conversation_id = a.conversation_id and t.tag_id = _tag))
        group by a.conversation_id order by hits desc, max(a.closed_at) desc, a.conversation_id desc limit _most $$;
revoke create on schema app from parley_door;

drop function app.reviews, app.reviews_visitor;

-- +goose Down
-- +goose StatementBegin
create function app.reviews(_org uuid, _conversation uuid) returns boolean language plpgsql stable as $$
begin
  return app.customer_id() is not null
    and exists (select from public.conversations c where c.org_id = _org and c.id = _conversation);
end
$$;
create function app.reviews_visitor(_org uuid, _visitor uuid) returns boolean language plpgsql stable as $$
begin
  return app.customer_id() is not null
    and exists (select from public.conversations c where c.org_id = _org and c.visitor_id = _visitor);
end
$$;
-- +goose StatementEnd
grant create on schema app to parley_door;
create or replace function app.door_archive(_rare text[], _words text[], _customer uuid, _website uuid, _group uuid, _agent uuid, _agent_name text, _tag uuid,
    _from timestamptz, _until timestamptz, _most integer)
  returns table (conversation_id uuid, hits integer, closed_at timestamptz)
  language sql stable security definer rows 100 set search_path = public, pg_temp
  as $$ with sought as materialized (
          select (select string_agg(app.sought(app.org_id(), w.word)::text, ' | ')::tsquery from unnest(_rare) as w (word)) as any_rare,
            array(select app.sought(app.org_id(), w.word) from unnest(_words[:60]) as w (word)) as each)
        select a.conversation_id, bit_count(bit_or(app.hits(a.words, s.each))::bit(64))::integer as hits, max(a.closed_at)
        from sought s join archive_words a on a.words @@ s.any_rare
        where a.org_id = (select app.org_id())
          and ((select app.is_staff()) or not a.staff and a.customer_id = (select app.customer_id()))
          and (_customer is null or a.customer_id = _customer) and (_website is null or a.website_id = _website)
          and (_group is null or a.group_id = _group) and (_agent is null or a.agent_id = _agent)
          and (_agent_name is null or a.agent_name = _agent_name)
          and (_from is null or a.closed_at >= _from) and (_until is null or a.closed_at < _until)
          and (_tag is null or exists (select from conversation_tags t where t.org_id = a.org_id and t.conversation_id = a.conversation_id and t.tag_id = _tag))
        group by a.conversation_id order by hits desc, max(a.closed_at) desc, a.conversation_id desc limit _most $$;
drop trigger within_limits on conversations;
drop trigger within_limits on guests;
alter policy narrow on files
  using ((select app.is_staff()) or visitor_id = (select case app.role() when 'visitor' then app.actor_id() end)
    or ((select app.customer_id()) is not null and exists (select from conversations c where c.org_id = files.org_id and c.id = files.conversation_id)))
  with check ((select app.is_staff()) or use = 'message' and visitor_id = (select case app.role() when 'visitor' then app.actor_id() end));
drop policy limited_d on snippets;
drop policy limited_i on snippets;
drop policy limited on snippets;
-- +goose StatementBegin
do $$
declare p record;
begin
  for p in select polname, polrelid::regclass as t from pg_policy where polname in ('limited', 'limited_i', 'limited_u', 'limited_d', 'writers_i', 'writers_u', 'writers_d') loop
    execute format('drop policy %I on %s', p.polname, p.t);
  end loop;
  for p in select t from unnest(array['guests', 'assignments', 'conversation_tags', 'message_traces', 'faq_choices', 'blocks', 'identity_uses']) as x (t) loop
    execute format('alter policy staff_only on %I using ((select app.is_staff())) with check ((select app.is_staff()))', p.t);
  end loop;
end
$$;
-- +goose StatementEnd
drop policy manageable on users;
alter policy narrow on customers using ((select app.is_staff()) or id = (select app.customer_id()));
alter policy narrow on websites using (case when (select app.is_staff()) then true
  when app.role() = 'visitor' then id = app.website_id() else customer_id = app.customer_id() end) with check (app.is_staff());
alter policy narrow on users using (case when (select app.is_staff()) then true else id = app.actor_id() end) with check (app.is_staff());
alter policy narrow on archive_words
  using (case when (select app.is_staff()) then true when app.role() = 'visitor' then false else not staff and customer_id = app.customer_id() end)
  with check (app.is_staff());
alter policy narrow on ratings
  using ((select app.is_staff()) or customer_id = (select app.customer_id())
    or visitor_id = (select case app.role() when 'visitor' then app.actor_id() end))
  with check ((select app.is_staff()) or visitor_id = (select case app.role() when 'visitor' then app.actor_id() end));
alter policy narrow on conversations using (case when (select app.is_staff()) then true
  when app.role() = 'visitor' then visitor_id = app.actor_id() else customer_id = app.customer_id() end);
drop policy readers_write_nothing_u on conversations; -- a policy's check can be changed, but not taken away
create policy readers_write_nothing_u on conversations as restrictive for update to parley_app using (app.role() <> 'reviewer');
alter policy narrow on messages using (case when (select app.is_staff()) then true when kind = 'note' then false
  when app.role() = 'visitor' then visitor_id = app.actor_id() else app.reviews(org_id, conversation_id) end);
alter policy narrow_writing on messages with check (case when app.is_staff() then true
  else app.role() = 'visitor' and kind in ('text', 'file') and author = 'visitor' and author_id = visitor_id and visitor_id = app.actor_id() end);
alter policy staff_change on messages using (app.is_staff());
alter policy narrow on visitors using (case when (select app.is_staff()) then true
  when app.role() = 'visitor' then id = app.actor_id() else app.reviews_visitor(org_id, id) end);
drop policy door on conversations;
drop policy door on guests;
drop policy door on group_members;
revoke select (org_id, id, visitor_id, state, agent_id) on conversations from parley_door;
revoke select (org_id, conversation_id, user_id) on guests from parley_door;
revoke select (org_id, group_id, user_id) on group_members from parley_door;
revoke select (everyone) on groups from parley_door;
drop function app.within_limits, app.may_serve, app.writes, app.sees_visitor, app.sees;
drop table user_customers cascade;
drop function app.sees_row, app.sees_user, app.sees_customers, app.limits, app.limits_of_person;
drop function app.door_user, app.door_within, app.door_remember, app.door_serves_visitor, app.door_serves, app.door_limits;
create function app.door_user(_id uuid)
  returns table (org_id uuid, org_name text, user_id uuid, name text, email text, role text, customer_id uuid, session_epoch integer)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select u.org_id, o.name, u.id, u.name, u.email, u.role, u.customer_id, u.session_epoch
        from users u join organizations o on o.id = u.org_id where u.id = _id and u.disabled_at is null $$;
alter function app.door_user owner to parley_door;
revoke all on function app.door_user from public;
grant execute on function app.door_user to parley_app;
revoke create on schema app from parley_door;
alter table snippets no force row level security;
delete from snippets where customer_id is not null; -- nobody else's phrases
alter table snippets force row level security;
alter table snippets drop constraint snippets_name_key, drop customer_id,
  add constraint snippets_org_id_group_id_user_id_name_key unique nulls not distinct (org_id, group_id, user_id, name);
-- The schema before has no limits: whoever was limited would see everything. They cannot log in until a manager enables them again,
-- and who was invited so is to be invited anew.
alter table users no force row level security;
alter table invitations no force row level security;
update users set disabled_at = coalesce(disabled_at, now()), session_epoch = session_epoch + 1 where limited;
delete from invitations where limited;
alter table invitations force row level security;
alter table users force row level security;
alter table invitations drop limited, drop customers;
alter table users drop limited;
