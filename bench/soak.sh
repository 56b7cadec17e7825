#!/usr/bin/env bash
# A long run of three trainer processes and a storage member with random kills and replacements:
# figures for docs/benchmarks/cluster.md. Usage: bench/soak.sh [STEPS [SEED [SECONDS_BETWEEN_KILLS]]]
set -euo pipefail
[[ " $* " != *" --help "* && " $* " != *" -h "* ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
cd "$(dirname "$0")/.."
mvn -q -B -pl idgroup test-compile dependency:build-classpath \
  -Dmdep.outputFile="$PWD/idgroup/target/test-classpath.txt" -Dmdep.includeScope=test
exec java -Dffc.trainer.heap=1g -Dffc.patience.seconds=7200 \
  -cp "idgroup/target/test-classes:idgroup/target/classes:$(cat idgroup/target/test-classpath.txt)" \
  ffc.exchange.hazelcast.Soak "${1:-20000}" "${2:-1}" "${3:-20}"
