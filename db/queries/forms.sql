-- name: LockSaves :exec
-- Saves of one organization's management go one after another.
select pg_advisory_xact_lock(hashtextextended('save ' || app.org_id()::text || @what::text, 0));

-- name: RecordForm :execrows
-- Records that a form is being saved; no row: it was already. Whoever comes at the same time waits for the other.
with expired as (
  delete from submitted_forms s
  where (s.org_id, s.hash) in (
    select o.org_id, o.hash
    from submitted_forms o
    where o.org_id = app.org_id() and o.at < now() - interval '1 day' and o.hash <> @hash::bytea
    limit 20
    for update skip locked)
)
insert into submitted_forms (org_id, hash)
values (app.org_id(), @hash)
on conflict do nothing;

-- name: SaveFormAnswer :exec
update submitted_forms set answer = @answer where hash = @hash;

-- name: DeleteForm :exec
-- The work of a form was not done as a whole: sent again, it is done again.
delete from submitted_forms where hash = @hash and answer = '';

-- name: GetFormAnswer :one
select answer from submitted_forms where hash = @hash;

-- name: CreateEdit :exec
with expired as (
  delete from form_edits e
  where (e.org_id, e.id) in (
    select o.org_id, o.id
    from form_edits o
    where o.org_id = app.org_id() and o.at < now() - interval '7 days'
    order by o.at
    limit 20)
)
insert into form_edits (org_id, id, form, user_id, fields)
values (app.org_id(), @id, @form, @user_id, @fields);

-- name: ListEdits :many
-- The last changes of forms, or of fields that other forms have, too, with who made them.
select e.form, u.name, e.user_id, e.fields, e.at
from form_edits e
join users u on u.org_id = e.org_id and u.id = e.user_id
where e.at > @since and (e.form = any(@forms::text[]) or e.fields && @fields::text[])
order by e.at desc
limit 100;
