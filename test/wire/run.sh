#!/usr/bin/env bash
# Compares protos/ with the descriptors of the published Python package; ends with a line "N passed, N failed".
# Needs Python 3.10 or newer. The packages are kept in node_modules/.cache, or where PERDURA_TEST_CACHE says.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
venv=${PERDURA_TEST_CACHE:-$root/node_modules/.cache}/wire-python
installed="$venv/requirements.txt"

if ! cmp --silent "$here/requirements.txt" "$installed"; then
  rm -rf "$venv"
  mkdir -p "$(dirname "$venv")"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  # Last, so that an installation that was cut short is made anew.
  cp "$here/requirements.txt" "$installed"
fi
exec "$venv/bin/python" "$here/compare_descriptors.py" "$root/protos" orchestrator_service.proto
