#!/usr/bin/env bash
# Every test, one package at a time: browsers and databases share the cores. A test that fails is run once more alone, and said,
# so that a browser that stalled on a busy machine is told from a fault.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
go test -p 1 -parallel 3 -timeout 20m ./... 2>&1 | tee "$log" && exit 0
names=$(sed -n 's/^--- FAIL: \([A-Za-z0-9_]*\) .*/\1/p' "$log" | sort -u | paste -sd'|' -)
packages=$(sed -n 's/^FAIL\t\([^ \t]*\)\t[0-9.]*s$/\1/p' "$log" | sort -u)
# What did not build, panicked or ran out of time has no name to run again.
if [ -z "$names" ] || grep -qE '\[(build|setup) failed\]|^panic: ' "$log"; then exit 1; fi
echo "failed above, once more: $names"
go test -p 1 -timeout 20m -count=1 -run "^($names)\$" $packages
