-- +goose Up

-- What screens show of a conversation and of a message, listed once. The views are read like tables, under the asker's policies. The
-- functions give the same columns of a row that a statement has just written, where a view would still show the row before: they are plain
-- SQL without settings of their own, so that Postgres puts them into the statement that calls them.

-- A conversation, with what it needs of its website. The website is found for each row by itself: the limit keeps the planner from
-- joining it with other tables first.
create view conversation_rows with (security_invoker = true) as
select c.id as conversation_id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at,
  c.waiting_since, c.created_at as started_at, c.website_id, c.customer_id, website.name as website_name,
  website.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.state_reason,
  c.offered_to, c.offered_until, c.offer_note, c.queued_at
from conversations c
cross join lateral (select w.name, w.typing_preview from websites w where w.org_id = c.org_id and w.id = c.website_id limit 1) website;
grant select on conversation_rows to parley_app;

create function app.conversation_row(c conversations) returns setof conversation_rows language sql stable parallel safe
  as $$
    select c.id, c.state, c.visitor_id, c.agent_id, c.agent_name, c.last_seq, c.last_text, c.last_at,
      c.waiting_since, c.created_at, c.website_id, c.customer_id, website.name,
      website.typing_preview, c.visitor_name, c.page_url, c.page_title, c.language, c.group_id, c.state_reason,
      c.offered_to, c.offered_until, c.offer_note, c.queued_at
    from (select w.name, w.typing_preview from websites w where w.org_id = c.org_id and w.id = c.website_id limit 1) website $$;

-- A message.
create view message_rows with (security_invoker = true) as
select m.conversation_id, m.seq, m.id as message_id, m.kind, m.author, m.author_name, m.body, m.created_at, m.of_seq,
  m.changed
from messages m;
grant select on message_rows to parley_app;

create function app.message_row(m messages) returns setof message_rows language sql stable parallel safe
  as $$
    select m.conversation_id, m.seq, m.id, m.kind, m.author, m.author_name, m.body, m.created_at, m.of_seq, m.changed $$;

-- +goose Down
drop function app.message_row;
drop view message_rows;
drop function app.conversation_row;
drop view conversation_rows;
