-- +goose Up

-- Conversations begin with a visitor's message: no team member adds one, also not for a customer that it answers for.
create policy begun_by_visitors on conversations as restrictive for insert to parley_app
  with check ((select app.role()) in ('system', 'visitor'));

-- +goose Down
drop policy begun_by_visitors on conversations;
