-- The longest-waiting conversations of a group, without reading the others that wait.

-- +goose Up
create index conversations_queue on conversations (org_id, group_id, line_since, id) where state = 'waiting';

-- +goose Down
drop index conversations_queue;
