#!/bin/sh
# Backs up a Parley: deploy/backup.sh FOLDER writes database.dump and files/ into a new folder FOLDER. Servers may be at work.
#
# DATABASE_SUPER_URL  Postgres as its superuser (row-level security is not in its way): the database that DATABASE_URL names
# FILES               where files are kept: a folder, or s3://bucket (then with the AWS command line program, its AWS_… settings, and
#                     FILES_ENDPOINT for storage other than Amazon's, such as http://minio:9000)
#
# The database goes first. A file is stored before a message names it, so every file that the dump names is there when files are
# copied after it; what was sent meanwhile is a file too many, which Parley removes. The other way around, files would be missing.
# What is deleted between both is deleted on purpose.
#
# Needs pg_dump of at least the server's version. SECRET_KEY is part of no backup: keep it with your other secrets.
set -eu
to=${1:?"say where to: deploy/backup.sh FOLDER"}
: "${DATABASE_SUPER_URL:?}" "${FILES:?}"
if [ -e "$to" ]; then echo "$to is there already" >&2; exit 1; fi
umask 077
mkdir -p "$to.part/files"
pg_dump --format=custom --no-password --file "$to.part/database.dump" "$DATABASE_SUPER_URL"
case "$FILES" in
  s3://*) aws ${FILES_ENDPOINT:+--endpoint-url "$FILES_ENDPOINT"} s3 sync --only-show-errors "$FILES" "$to.part/files" ;;
  *) tar -C "$FILES" --exclude ./incoming -cf - . | tar -C "$to.part/files" -xf - ;;
esac
mv "$to.part" "$to" # only a whole backup has the name
echo "Backed up to $to"
