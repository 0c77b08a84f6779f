-- name: GetModel :one
select base_url, key, model, enabled, automatic, mask, budget from language_models;

-- name: LockModel :one
select base_url, model, enabled, automatic, mask, budget from language_models for update;

-- name: SaveModel :exec
insert into language_models (org_id, base_url, key, model, enabled, automatic, mask, budget)
values (app.org_id(), @base_url, @key, @model, @enabled, @automatic, @mask, @budget)
on conflict (org_id) do update
set base_url = excluded.base_url,
  key = excluded.key,
  model = excluded.model,
  enabled = excluded.enabled,
  automatic = excluded.automatic,
  mask = excluded.mask,
  budget = excluded.budget;

-- name: DeleteModel :one
delete from language_models
returning base_url, model, enabled, automatic, mask, budget;

-- name: ReserveTokens :execrows
-- Takes tokens out of the month's budget before they are used; no row where it would be overdrawn.
insert into language_model_usage as u (org_id, month, tokens, calls)
select m.org_id, date_trunc('month', now() at time zone 'UTC')::date, @tokens, 1
from language_models m
where m.enabled and @tokens::bigint <= m.budget
on conflict (org_id, month) do update
set tokens = u.tokens + excluded.tokens, calls = u.calls + 1
where u.tokens + excluded.tokens <= (select m.budget from language_models m);

-- name: SettleTokens :exec
-- Corrects what was reserved by what was used.
update language_model_usage
set tokens = greatest(0, tokens + @difference::bigint)
where month = to_date(@month::text, 'YYYY-MM-DD');

-- name: GetUsage :one
select tokens, calls
from language_model_usage
where month = date_trunc('month', now() at time zone 'UTC')::date;
