#!/usr/bin/env bash
# Every test: packages two at a time, then alone the whole servers and browsers of app/e2e, which fill two cores by themselves.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
go test -p 2 -parallel 3 -timeout 20m $(go list ./... | grep -v '/app/e2e$') || failed=1
go test -parallel 3 -timeout 30m ./app/e2e || failed=1
go -C tools test ./... || failed=1
exit $failed
