-- One-time codes in mailed links that lead a visitor back to its conversations.

-- +goose Up
create table visitor_codes (
  org_id     uuid not null,
  hash       bytea not null check (length(hash) = 32), -- SHA-256 of the code, which is stored nowhere
  website_id uuid not null,
  visitor_id uuid not null,                            -- whose conversations it leads to; follows them while it is unused
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at    timestamptz,                              -- null: it can still be used
  primary key (org_id, hash),
  foreign key (org_id, website_id) references websites on delete cascade,
  foreign key (org_id, visitor_id) references visitors on delete cascade
);
create index visitor_codes_unused on visitor_codes (org_id, visitor_id) where used_at is null;
create index visitor_codes_expiry on visitor_codes (org_id, expires_at);
call app.lock_down('visitor_codes', 'org_id');
create policy system_only on visitor_codes as restrictive to parley_app
  using ((select app.role()) = 'system')
  with check ((select app.role()) = 'system');
grant select, insert, update (visitor_id, used_at), delete on visitor_codes to parley_app;
-- A block goes along when its visitor's conversations move.
grant update (visitor_id) on blocks to parley_app;

-- +goose Down
revoke update (visitor_id) on blocks from parley_app;
drop table visitor_codes;
