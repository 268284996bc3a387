#!/usr/bin/env bash
# The tests with the published Python packages against a server of their own; ends with a line "N passed, N failed".
# Arguments are passed on to run.py. Needs Python 3.10 or newer. The packages are kept in node_modules/.cache, or where
# PERDURA_TEST_CACHE says.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
venv=${PERDURA_TEST_CACHE:-$root/node_modules/.cache}/sdk-python
installed="$venv/requirements.txt"

if ! cmp --silent "$here/requirements.txt" "$installed"; then
  rm -rf "$venv"
  mkdir -p "$(dirname "$venv")"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  # Last, so that an installation that was cut short is made anew.
  cp "$here/requirements.txt" "$installed"
fi
PYTHONDONTWRITEBYTECODE=1 exec bash "$here/../with-server.sh" "$venv/bin/python" "$here/run.py" "$@"
