#!/usr/bin/env bash
# The tests with the published Go package against a server of their own; ends with a line "N passed, N failed".
# Arguments are passed on to the tests. Needs Go 1.23 or newer.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

cd "$here" || exit 1
bash "$here/../with-server.sh" go test -count=1 -v ./... "$@" 2>&1 | tee "$log"
code=${PIPESTATUS[0]}
printf '%d passed, %d failed\n' "$(grep -c '^--- PASS' "$log")" "$(grep -c '^--- FAIL' "$log")"
exit "$code"
