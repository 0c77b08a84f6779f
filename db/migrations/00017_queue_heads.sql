-- What a desk lists of a long queue: the longest-waiting conversations of a group, and what is offered to an agent, without reading the
-- others that wait.

-- +goose Up
create index conversations_queue on conversations (org_id, group_id, line_since, id) where state = 'waiting';
create index conversations_offered_to on conversations (org_id, offered_to) where state = 'waiting' and offered_to is not null;

-- +goose Down
drop index conversations_offered_to;
drop index conversations_queue;
