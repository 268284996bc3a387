#!/usr/bin/env bash
# The tests with the published Java package, and the samples, against a server of their own; ends with a line
# "N passed, N failed". Arguments are passed on to RunTests. Needs a JDK of 17 or newer and Maven. What is built is kept
# in node_modules/.cache, or where PERDURA_TEST_CACHE says.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${PERDURA_TEST_CACHE:-$root/node_modules/.cache}

# build FOLDER TARGET: compiles the project in the folder and prints the classpath of what came out.
build() {
  local output
  # Shown only when it fails, for even a quiet Maven prints colours.
  if ! output=$(mvn --quiet --batch-mode --file "$1/pom.xml" "-DbuildFolder=$2" \
    compile dependency:build-classpath "-Dmdep.outputFile=$2/classpath" 2>&1); then
    printf '%s\n' "$output" >&2
    return 1
  fi
  printf '%s' "$2/classes:$(<"$2/classpath")"
}

tests=$(build "$here" "$cache/sdk-java")
samples=$(build "$root/examples/java" "$cache/samples-java")
exec bash "$here/../with-server.sh" java -cp "$tests" "-Dperdura.root=$root" "-Dsamples.classpath=$samples" \
  "-Dsamples.sources=$root/examples/java/src/main/java/samples" perdura.sdk.RunTests "$@"
