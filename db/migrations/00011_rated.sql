-- +goose Up

-- Whether a conversation is rated so: good, fair, bad; any, or none.
-- +goose StatementBegin
create function app.rated(_org uuid, _conversation uuid, _so text) returns boolean language sql stable
  as $$ select case _so
          when 'none' then not exists (select from public.ratings r where r.org_id = _org and r.conversation_id = _conversation)
          else exists (select from public.ratings r where r.org_id = _org and r.conversation_id = _conversation
            and case _so when 'good' then r.value >= 4 when 'bad' then r.value <= 2 when 'fair' then r.value = 3 else true end) end $$;
-- +goose StatementEnd

-- +goose Down
drop function app.rated;
