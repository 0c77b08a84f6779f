-- Visitors, conversations, messages.

-- +goose Up
create table visitors (
  org_id     uuid not null,
  id         uuid not null,
  website_id uuid not null,
  name       text not null default '' check (length(name) <= 100),
  created_at timestamptz not null default now(),
  primary key (org_id, id),
  foreign key (org_id, website_id) references websites
);
call app.lock_down('visitors', 'org_id');
grant select, insert on visitors to parley_app;

create table conversations (
  org_id        uuid not null,
  id            uuid not null,
  website_id    uuid not null,
  customer_id   uuid not null,
  visitor_id    uuid not null,
  state         text not null default 'waiting' check (state in ('waiting', 'open', 'closed')),
  agent_id      uuid,
  agent_name    text not null default '',  -- as the visitor sees it
  last_seq      integer not null,          -- number of the newest message; messages are 1, 2, 3... without gaps
  last_text     text not null,             -- beginning of the newest text that both sides see
  last_at       timestamptz not null,
  waiting_since timestamptz,               -- time of the visitor's oldest message that no agent has answered
  page_url      text not null default '',
  page_title    text not null default '',
  referrer      text not null default '',
  user_agent    text not null default '',
  language      text not null default '',
  created_at    timestamptz not null,
  assigned_at   timestamptz,
  closed_at     timestamptz,
  primary key (org_id, id),
  unique (org_id, id, visitor_id),
  foreign key (org_id, website_id) references websites,
  foreign key (org_id, customer_id) references customers,
  foreign key (org_id, visitor_id) references visitors,
  foreign key (org_id, agent_id) references users,
  check ((state = 'open') <= (agent_id is not null))
);
-- A visitor has one conversation at a time.
create unique index one_running_conversation on conversations (org_id, visitor_id) where state <> 'closed';
create index conversations_line on conversations (org_id, waiting_since) where state = 'waiting';
create index conversations_of_agent on conversations (org_id, agent_id) where state = 'open';
create index conversations_past on conversations (org_id, customer_id, closed_at desc) where state = 'closed';

create table messages (
  org_id          uuid not null,
  conversation_id uuid not null,
  seq             integer not null,
  id              uuid not null, -- named by the sender, so that sending twice is saying once
  visitor_id      uuid not null, -- of the conversation, so that a policy needs no join
  kind            text not null check (kind in ('text', 'file', 'note', 'system')),
  author          text not null check (author in ('visitor', 'agent', 'system')),
  author_id       uuid,
  author_name     text not null default '',
  body            text not null check (length(body) between 1 and 8000),
  created_at      timestamptz not null,
  primary key (org_id, conversation_id, seq),
  foreign key (org_id, conversation_id, visitor_id) references conversations (org_id, id, visitor_id)
);
create unique index messages_said_once on messages (org_id, visitor_id, id);

-- The policies: a visitor to its own conversations, without notes; a reviewer to its customer's, without notes.
call app.lock_down('conversations', 'org_id');
create policy narrow on conversations as restrictive to parley_app
  using ((select app.is_staff()) or customer_id = (select app.customer_id())
    or visitor_id = (select case app.role() when 'visitor' then app.actor_id() end));
grant select, insert on conversations to parley_app;
grant update (state, agent_id, agent_name, last_seq, last_text, last_at, waiting_since, assigned_at, closed_at) on conversations to parley_app;

create policy narrow on visitors as restrictive to parley_app
  using ((select app.is_staff()) or id = (select case app.role() when 'visitor' then app.actor_id() end)
    or ((select app.customer_id()) is not null
      and exists (select from conversations c where c.org_id = visitors.org_id and c.visitor_id = visitors.id)));
create index conversations_of_visitor on conversations (org_id, visitor_id);

call app.lock_down('messages', 'org_id');
create policy narrow on messages as restrictive for select to parley_app
  using ((select app.is_staff())
    or kind <> 'note' and visitor_id = (select case app.role() when 'visitor' then app.actor_id() end)
    or kind <> 'note' and (select app.customer_id()) is not null
      and exists (select from conversations c where c.org_id = messages.org_id and c.id = messages.conversation_id));
create policy narrow_writing on messages as restrictive for insert to parley_app
  with check ((select app.is_staff())
    or kind in ('text', 'file') and author = 'visitor' and author_id = visitor_id
      and visitor_id = (select case app.role() when 'visitor' then app.actor_id() end));
grant select, insert on messages to parley_app;

-- +goose Down
drop table messages, conversations, visitors;
