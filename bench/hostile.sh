#!/usr/bin/env bash
# Damaged input of every kind, read by the command line: see ffc.cli.hostile.HostileInput.
# Usage: bench/hostile.sh [CASES [SEED [FOLDER [KIND...]]]]; failures stay in FOLDER with their commands.
set -euo pipefail
[[ " $* " != *" --help "* && " $* " != *" -h "* ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
cd "$(dirname "$0")/.."
folder=$(readlink -m "${3:-target/hostile}")
mvn -q -B -pl ffc-cli -am test-compile dependency:build-classpath \
  -Dmdep.outputFile="$PWD/ffc-cli/target/test-classpath.txt" -Dmdep.includeScope=test
cd ffc-cli
exec java -cp "target/test-classes:target/classes:$(cat target/test-classpath.txt)" \
  ffc.cli.hostile.HostileInput "${1:-10000}" "${2:-1}" "$folder" "${@:4}"
