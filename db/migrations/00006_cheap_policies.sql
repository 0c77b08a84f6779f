-- The same rules, cheaper where every message passes: a policy's sub-select is set up anew for each statement, whether it
-- is needed or not, so there is one for each policy, and what only a visitor's or a reviewer's statement needs is asked only
-- there.

-- +goose Up

-- Whether the reviewer who asks may see a conversation. The body runs with the asker's own rights.
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

alter policy narrow on conversations using (case when (select app.is_staff()) then true
  when app.role() = 'visitor' then visitor_id = app.actor_id() else customer_id = app.customer_id() end);
alter policy narrow on visitors using (case when (select app.is_staff()) then true
  when app.role() = 'visitor' then id = app.actor_id() else app.reviews_visitor(org_id, id) end);
alter policy narrow on messages using (case when (select app.is_staff()) then true when kind = 'note' then false
  when app.role() = 'visitor' then visitor_id = app.actor_id() else app.reviews(org_id, conversation_id) end);
alter policy narrow_writing on messages with check (case when app.is_staff() then true
  else app.role() = 'visitor' and kind in ('text', 'file') and author = 'visitor' and author_id = visitor_id and visitor_id = app.actor_id() end);
alter policy narrow on websites using (case when (select app.is_staff()) then true
  when app.role() = 'visitor' then id = app.website_id() else customer_id = app.customer_id() end) with check (app.is_staff());
alter policy narrow on users using (case when (select app.is_staff()) then true else id = app.actor_id() end) with check (app.is_staff());

-- +goose StatementBegin
do $$
declare t text;
begin
  foreach t in array array['conversations', 'messages', 'visitors', 'websites', 'users'] loop
    execute format('alter policy readers_write_nothing_i on %I with check (app.role() <> ''reviewer'')', t);
    execute format('alter policy readers_write_nothing_u on %I using (app.role() <> ''reviewer'')', t);
    execute format('alter policy readers_write_nothing_d on %I using (app.role() <> ''reviewer'')', t);
  end loop;
end
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
do $$
declare t text;
begin
  foreach t in array array['conversations', 'messages', 'visitors', 'websites', 'users'] loop
    execute format('alter policy readers_write_nothing_i on %I with check ((select app.role()) <> ''reviewer'')', t);
    execute format('alter policy readers_write_nothing_u on %I using ((select app.role()) <> ''reviewer'')', t);
    execute format('alter policy readers_write_nothing_d on %I using ((select app.role()) <> ''reviewer'')', t);
  end loop;
end
$$;
-- +goose StatementEnd
alter policy narrow on conversations using ((select app.is_staff()) or customer_id = (select app.customer_id())
  or visitor_id = (select case app.role() when 'visitor' then app.actor_id() end));
alter policy narrow on visitors using ((select app.is_staff()) or id = (select case app.role() when 'visitor' then app.actor_id() end)
  or ((select app.customer_id()) is not null
    and exists (select from conversations c where c.org_id = visitors.org_id and c.visitor_id = visitors.id)));
alter policy narrow on messages using ((select app.is_staff())
  or kind <> 'note' and visitor_id = (select case app.role() when 'visitor' then app.actor_id() end)
  or kind <> 'note' and (select app.customer_id()) is not null
    and exists (select from conversations c where c.org_id = messages.org_id and c.id = messages.conversation_id));
alter policy narrow_writing on messages with check ((select app.is_staff())
  or kind in ('text', 'file') and author = 'visitor' and author_id = visitor_id
    and visitor_id = (select case app.role() when 'visitor' then app.actor_id() end));
alter policy narrow on websites using ((select app.is_staff()) or customer_id = (select app.customer_id()) or id = (select app.website_id()))
  with check ((select app.is_staff()));
alter policy narrow on users using ((select app.is_staff()) or id = (select app.actor_id())) with check ((select app.is_staff()));
drop function app.reviews, app.reviews_visitor;
