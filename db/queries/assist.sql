-- name: GetModel :one
select base_url, key, model, enabled, automatic, mask, budget from models;

-- name: PutModel :exec
insert into models (org_id, base_url, key, model, enabled, automatic, mask, budget)
values (app.org_id(), @base_url, @key, @model, @enabled, @automatic, @mask, @budget)
on conflict (org_id) do update set base_url = excluded.base_url, key = excluded.key, model = excluded.model, enabled = excluded.enabled,
  automatic = excluded.automatic, mask = excluded.mask, budget = excluded.budget;

-- name: RemoveModel :execrows
delete from models;

-- name: Reserve :execrows
-- Takes tokens out of the month's budget before they are used; nothing happens where it would be overdrawn.
insert into model_use as u (org_id, month, tokens, calls)
select m.org_id, date_trunc('month', now() at time zone 'UTC')::date, @tokens, 1 from models m where m.enabled and @tokens::bigint <= m.budget
on conflict (org_id, month) do update set tokens = u.tokens + excluded.tokens, calls = u.calls + 1
  where u.tokens + excluded.tokens <= (select m.budget from models m);

-- name: Settle :exec
-- Corrects what was reserved by what was used.
update model_use set tokens = greatest(0, tokens + @difference::bigint) where month = to_date(@month::text, 'YYYY-MM-DD');

-- name: GetUse :one
select tokens, calls from model_use where month = date_trunc('month', now() at time zone 'UTC')::date;
