-- A conversation's row is written with every message: room in its page lets the new version stay there (HOT), without a new
-- entry in any index.

-- +goose Up
alter table conversations set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);

-- The visitor's name as of the conversation: every message is shown with it, and need not look for it.
alter table conversations add visitor_name text not null default '' check (length(visitor_name) <= 100);

-- +goose Down
alter table conversations drop visitor_name;
alter table conversations reset (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
