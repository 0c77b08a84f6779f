-- Presence: which agents are online, and in which process their desks are open.

-- name: AddPresence :execrows
-- An agent's desk was opened in a process.
insert into presence (org_id, user_id, instance)
values (app.org_id(), @user_id, @instance)
on conflict do nothing;

-- name: SetAgentOnline :one
-- Brings an agent online, unless it has chosen otherwise.
update agents a
set status = case when a.status = 'offline' and not a.chosen then 'online' else a.status end,
  came_online = case when a.status = 'offline' and not a.chosen then clock_timestamp() else a.came_online end,
  status_at = case when a.status = 'offline' and not a.chosen then clock_timestamp() else a.status_at end,
  busy_seconds = case when a.status = 'offline' and not a.chosen then a.busy_seconds * old.left else a.busy_seconds end,
  online_seconds = case
    when a.status = 'offline' and not a.chosen then a.online_seconds * old.left
    else a.online_seconds end,
  load_updated_at = case when a.status = 'offline' and not a.chosen then clock_timestamp() else a.load_updated_at end,
  unresponsive_since = case when a.status = 'offline' and not a.chosen then null else a.unresponsive_since end
from (
  select o.status,
    exp(-ln(2) * greatest(0, extract(epoch from clock_timestamp() - o.load_updated_at)) / 2700)::double precision as left
  from agents o
  where o.user_id = @user_id
  for update) old
where a.user_id = @user_id
returning a.status, (a.status <> old.status)::boolean as changed;

-- name: SetAgentStatus :one
update agents a
set status = @status,
  chosen = @chosen,
  reason = @reason,
  unresponsive_since = null,
  status_at = case when a.status <> @status then clock_timestamp() else a.status_at end,
  came_online = case when a.status <> 'online' and @status = 'online' then clock_timestamp() else a.came_online end,
  busy_seconds = a.busy_seconds * f.left,
  online_seconds = a.online_seconds * f.left + case a.status when 'online' then (1 - f.left) * 2700 / ln(2) else 0 end,
  load_updated_at = clock_timestamp()
from (
  select exp(-ln(2) * greatest(0, extract(epoch from clock_timestamp() - o.load_updated_at)) / 2700)::double precision
      as left
  from agents o
  where o.user_id = @user_id) f
where a.user_id = @user_id
returning a.status;

-- name: LockAgent :one
select status, open_chats, max_chats from agents where user_id = @user_id for update;

-- name: LockAgentConversations :many
-- An agent's open conversations, locked.
select id from conversations where state = 'open' and agent_id = @agent_id order by id for update;

-- name: ListAgentConversations :many
-- An agent's open conversations, not locked.
select id from conversations where state = 'open' and agent_id = @agent_id;

-- name: HasPresence :one
select exists (select from presence where user_id = @user_id);

-- name: HasPresenceElsewhere :one
select exists (select from presence where user_id = @user_id and instance <> @instance);

-- name: RemovePresence :exec
delete from presence where user_id = @user_id and instance = @instance;

-- name: MarkResponsive :execrows
update agents
set unresponsive_since = null, came_online = now()
where user_id = @user_id and unresponsive_since is not null;

-- name: GetAgent :one
select a.status, a.reason, a.chosen, a.status_at, a.unresponsive_since, a.max_chats, a.open_chats,
  r.away_requeue_seconds, d.value as desk_settings
from agents a
join routing r on r.org_id = a.org_id
left join settings d on d.org_id = a.org_id and d.customer_id is null and d.website_id is null and d.section = 'desk'
where a.user_id = @user_id;
