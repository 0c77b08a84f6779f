#!/bin/sh
# Is the committed generated code what its inputs generate? "generated.sh write" notes the present state after generating;
# "generated.sh check" compares, and generates anew only when something is different from what was noted.
set -eu
cd "$(dirname "$0")/.."
note=tools/generated.sum
if ! command -v sha256sum >/dev/null 2>&1; then sha256sum() { shasum -a 256 "$@"; }; fi
sum() {
  git ls-files -co --exclude-standard -- '*.templ' '*_templ.go' db/migrations db/queries db/schema.sql app/tools/schema sqlc.yaml 'app/**/internal/*.go' widget/src widget/dist widget/build static/src static/desk.js tools/go.mod |
    LC_ALL=C sort | while read -r f; do if [ -f "$f" ]; then sha256sum "$f"; fi; done | sha256sum | cut -d' ' -f1
}
case ${1:-check} in
write) sum >$note ;;
check)
  if [ "$(sum)" = "$(cat $note)" ]; then
    echo "generated code is fresh"
    exit 0
  fi
  echo "inputs or generated code have changed since they were noted; generating to compare"
  before=$(sum)
  make -s generate
  if [ "$(sum)" != "$before" ]; then
    echo "generated code is not what its inputs generate: run 'make generate' and commit" >&2
    git status --short >&2
    exit 1
  fi
  echo "generated code is right, but tools/generated.sum is old: run 'make generate' and commit it" >&2
  exit 1
  ;;
esac
