#!/bin/sh
# Restores what backup.sh has written into a Postgres that has no such database yet: deploy/restore.sh FOLDER. No server may be at work.
#
# DATABASE_SUPER_URL  Postgres as its superuser, with the name of the database to make, such as postgres://postgres:…@db/parley
# MAINTENANCE_URL     the same with the name of a database that is there: postgres://postgres:…@db/postgres
# OWNER_PASSWORD, APP_PASSWORD  passwords of the roles parley_owner (MIGRATE_DATABASE_URL) and parley (DATABASE_URL), if those roles are not there yet
# FILES, FILES_ENDPOINT  as for backup.sh: an empty folder or bucket
#
# Roles are part of no dump: they are made first, as Parley wants them, so that owners, rights and row-level security are as before.
set -eu
from=${1:?"say where from: deploy/restore.sh FOLDER"}
: "${DATABASE_SUPER_URL:?}" "${MAINTENANCE_URL:?}" "${FILES:?}"
[ -f "$from/database.dump" ] || { echo "$from is no backup: it has no database.dump" >&2; exit 1; }
psql -v ON_ERROR_STOP=1 -q -v owner="${OWNER_PASSWORD:-}" -v app="${APP_PASSWORD:-}" -d "$MAINTENANCE_URL" <<'SQL'
select format('create role parley_owner login createrole password %L', :'owner') where not exists (select from pg_roles where rolname = 'parley_owner') \gexec
select format('create role parley login password %L', :'app') where not exists (select from pg_roles where rolname = 'parley') \gexec
select format('create role %I nologin', r) from unnest(array['parley_app', 'parley_door']) r where not exists (select from pg_roles where rolname = r) \gexec
grant parley_app, parley_door to parley_owner with admin option;
grant parley_app to parley;
SQL
database=$(basename "${DATABASE_SUPER_URL%%\?*}")
psql -v ON_ERROR_STOP=1 -q -v database="$database" -d "$MAINTENANCE_URL" <<'SQL'
create database :"database" owner parley_owner;
SQL
pg_restore --no-password --exit-on-error -d "$DATABASE_SUPER_URL" "$from/database.dump"
case "$FILES" in
  s3://*) aws ${FILES_ENDPOINT:+--endpoint-url "$FILES_ENDPOINT"} s3 sync --only-show-errors "$from/files" "$FILES" ;;
  *) mkdir -p "$FILES" && tar -C "$from/files" -cf - . | tar -C "$FILES" -xf - ;;
esac
echo "Restored from $from. Start the servers with the same SECRET_KEY as before."
