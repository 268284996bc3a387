#!/usr/bin/env bash
# Runs a command beside a server of its own: usage: with-server.sh COMMAND…
#
# The server takes free ports, keeps its data in a new temporary folder and makes task hubs when they are named. The
# command finds it at PERDURA_TEST_ENDPOINT (host:port). Exits as the command did, or with 1 when the server did not
# start or did not stop cleanly. What the server logs is shown only then, and when the command failed.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
# Root's PostgreSQL runs as another user, who has to get at the data.
chmod 755 "$folder"
log="$folder/server.log"
# Before anybody follows it.
: >"$log"
server=
command=

# stop PID: ends a process of ours, if there still is one, and waits until it has ended.
stop() {
  if [[ -z $1 ]]; then return 0; fi
  kill -TERM "$1" 2>/dev/null || true
  wait "$1"
}

finish() {
  local code=$?
  trap - EXIT
  stop "$command" || true
  if ! stop "$server" && ((code == 0)); then code=1; fi
  if ((code != 0)); then printf 'The log of the server:\n%s\n' "$(tail -n 100 "$log")" >&2; fi
  rm -rf "$folder"
  exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

node "$root/bin/start.mjs" dev --grpc-port 0 --metrics-port 0 --data-dir "$folder/data" --dynamic-task-hubs \
  --drain-seconds 0 --log-format json >"$log" 2>&1 &
server=$!

# The follower of the log ends with the server at the latest.
ready=$(timeout 120 grep --max-count=1 '"msg":"ready"' < <(tail --pid="$server" --lines=+1 --follow "$log")) || {
  echo 'The server did not start.' >&2
  exit 1
}
if [[ ! $ready =~ \"gRPC\ endpoint\":\"http://([^\"]+)\" ]]; then
  echo 'The server does not say where it is.' >&2
  exit 1
fi
export PERDURA_TEST_ENDPOINT=${BASH_REMATCH[1]}

# Not in the foreground, where a signal would have to wait for its end.
"$@" &
command=$!
code=0
wait "$command" || code=$?
command=
exit "$code"
