#!/bin/sh
# Run once by the Postgres image on an empty volume: the owner of the schema, and the role the application runs as.
set -eu
psql -v ON_ERROR_STOP=1 -v owner="$OWNER_PASSWORD" -v app="$APP_PASSWORD" --username postgres <<'SQL'
create role parley_owner login createrole password :'owner';
create role parley login password :'app';
create database parley owner parley_owner;
SQL
