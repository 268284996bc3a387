#!/usr/bin/env bash
# The tests with the published Java package against a server of their own; ends with a line "N passed, N failed".
# Arguments are passed on to RunTests. Needs a JDK of 17 or newer and Maven. What is built is kept in
# node_modules/.cache, or where PERDURA_TEST_CACHE says.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=${PERDURA_TEST_CACHE:-$root/node_modules/.cache}/sdk-java

# Shown only when it fails, for even a quiet Maven prints colours.
if ! output=$(mvn --quiet --batch-mode --file "$here/pom.xml" "-DbuildFolder=$build" \
  compile dependency:build-classpath "-Dmdep.outputFile=$build/classpath" 2>&1); then
  printf '%s\n' "$output"
  exit 1
fi
exec bash "$here/../with-server.sh" java -cp "$build/classes:$(<"$build/classpath")" perdura.sdk.RunTests "$@"
