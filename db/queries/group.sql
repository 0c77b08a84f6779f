-- Groups: their settings, hours, members and the websites that they answer for.

-- name: CreateGroup :exec
insert into groups (org_id, id, name) values (app.org_id(), @id, @name);

-- name: ListGroups :many
-- The names of the groups, the main group first.
select id, name from groups order by main desc, lower(name), id;

-- name: LockGroups :many
-- All groups, locked against changes of where they overflow to.
select id, name, overflow_id from groups order by id for no key update;

-- name: GetGroup :one
-- A group's settings.
select name, everyone, automatic, picking, priority, overflow_id, overflow_after, time_zone, hours, holidays
from groups
where id = @id;

-- name: UpdateGroup :execrows
update groups
set name = @name,
  everyone = @everyone,
  automatic = @automatic,
  picking = @picking,
  priority = @priority,
  overflow_id = sqlc.narg(overflow_id),
  overflow_after = @overflow_after,
  time_zone = @time_zone,
  hours = @hours,
  holidays = @holidays
where id = @id;

-- name: DeleteGroup :execrows
delete from groups where id = @id and not main;

-- name: GetGroupUsage :one
-- What is deleted with a group, and what prevents its deletion.
select g.name, g.main, (select count(*) from group_members m where m.group_id = g.id)::integer as members,
  (select count(*) from website_groups s where s.group_id = g.id)::integer as websites,
  (
    select count(*)
    from website_groups s
    where s.group_id = g.id
      and not exists (select from website_groups x where x.website_id = s.website_id and x.group_id <> s.group_id))::integer
    as alone,
  (select count(*) from snippets s where s.group_id = g.id)::integer as snippets,
  (
    select count(*)
    from (select from conversations c where c.group_id = g.id and c.state <> 'closed' limit 1000) r)::integer as running,
  (exists (select from conversations c where c.group_id = g.id)
    or exists (select from assignments a where a.group_id = g.id))::boolean as had,
  (select count(*) from faq_entries e where e.group_id = g.id)::integer as entries,
  array(select x.name from groups x where x.overflow_id = g.id and x.id <> g.id order by lower(x.name))::text[] as overflowing
from groups g
where g.id = @id;

-- name: LockGroup :one
-- The name of a group, locked against other changes of its members.
select name from groups where id = @id for no key update;

-- name: GetGroupTimeZone :one
select time_zone from groups where id = @id;

-- name: ListGroupMembers :many
-- Every agent who may answer, and the membership in a group if there is one.
select u.id, u.name, u.role, a.max_chats, (m.user_id is not null)::boolean as member,
  coalesce(m.helper, false)::boolean as helper, m.max_chats as group_max_chats
from users u
join agents a on a.org_id = u.org_id and a.user_id = u.id
left join group_members m on m.org_id = u.org_id and m.user_id = u.id and m.group_id = @group_id
where u.disabled_at is null and u.role <> 'reviewer'
order by lower(u.name), u.id;

-- name: ListMemberships :many
-- Of some team members the name, the limit and the membership in a group if there is one.
select u.id, u.name, a.max_chats, (m.user_id is not null)::boolean as member,
  coalesce(m.helper, false)::boolean as helper, m.max_chats as group_max_chats
from users u
join agents a on a.org_id = u.org_id and a.user_id = u.id
left join group_members m on m.org_id = u.org_id and m.user_id = u.id and m.group_id = @group_id
where u.id = any(@ids::uuid[])
order by lower(u.name), u.id;

-- name: SaveGroupMember :exec
insert into group_members (org_id, group_id, user_id, helper, max_chats)
values (app.org_id(), @group_id, @user_id, @helper, sqlc.narg(max_chats))
on conflict (org_id, group_id, user_id) do update
set helper = excluded.helper, max_chats = excluded.max_chats;

-- name: RemoveGroupMember :exec
delete from group_members where group_id = @group_id and user_id = @user_id;

-- name: SetMaxChats :exec
update agents set max_chats = @max_chats where user_id = @user_id;

-- name: LockUsers :many
-- Which of some team members may still answer.
select u.id
from users u
where u.id = any(@ids::uuid[]) and u.disabled_at is null and u.role <> 'reviewer'
order by u.id
for share;

-- name: ListUserGroups :many
-- The groups that a team member answers for.
select g.id
from users u
join groups g on g.org_id = u.org_id
where u.id = @user_id
  and u.disabled_at is null
  and u.role <> 'reviewer'
  and (g.everyone
    or exists (select from group_members m where m.org_id = g.org_id and m.group_id = g.id and m.user_id = u.id))
order by g.id;

-- name: ListWebsiteGroups :many
select s.group_id, g.name, s.position, s.priority, s.labels
from website_groups s
join groups g on g.org_id = s.org_id and g.id = s.group_id
where s.website_id = @website_id
order by s.position, g.name;

-- name: LockWebsite :one
-- A website, locked against other changes of its groups.
select name, customer_id from websites where id = @id for no key update;

-- name: SaveWebsiteGroup :exec
-- The group keeps its position in the visitor's list; a new one comes last.
insert into website_groups (org_id, website_id, group_id, position, priority, labels)
select app.org_id(), @website_id, @group_id, coalesce(max(s.position) + 1, 0), @priority, @labels
from website_groups s
where s.website_id = @website_id
on conflict (org_id, website_id, group_id) do update
set priority = excluded.priority, labels = excluded.labels;

-- name: GetWebsiteGroup :one
select g.name, s.position, s.priority, s.labels
from website_groups s
join groups g on g.org_id = s.org_id and g.id = s.group_id
where s.website_id = @website_id and s.group_id = @group_id;

-- name: RemoveWebsiteGroup :execrows
delete from website_groups where website_id = @website_id and group_id = @group_id;

-- name: ListUnansweredWebsites :many
-- Websites for which a group answers that nobody belongs to and from which no other takes over.
select w.id, w.name, c.name as customer_name, g.name as group_name, g.id as group_id
from websites w
join customers c on c.org_id = w.org_id and c.id = w.customer_id
join groups g on g.org_id = w.org_id
where not g.everyone
  and g.overflow_id is null
  and (exists (select from website_groups s where s.website_id = w.id and s.group_id = g.id)
    or g.main and not exists (select from website_groups s where s.website_id = w.id))
  and not exists (
    select from group_members m
    join users u on u.org_id = m.org_id and u.id = m.user_id
    where m.group_id = g.id and u.disabled_at is null and u.role <> 'reviewer')
order by lower(c.name), lower(w.name), g.name
limit 100;
