#!/usr/bin/env bash
# FFC's classifier alone from a thousand to a million slots: time of a step and memory, no networks.
# Usage: bench/head.sh [--dim E] [--images SIDE] [--threads N] [--steps N] [--rule weighted|two-row]
set -euo pipefail
[[ " $* " != *" --help "* && " $* " != *" -h "* ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
cd "$(dirname "$0")/.."
dim=512 images=96 threads=2 steps=15 rule=weighted
while [[ $# -gt 0 ]]; do
  case "$1" in
    --dim) dim=$2 ;;
    --images) images=$2 ;;
    --threads) threads=$2 ;;
    --steps) steps=$2 ;;
    --rule) rule=$2 ;;
    *) echo "unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
mvn -q -B -pl ffc-core -am test-compile -Dspotless.check.skip=true
./ffc --version >/dev/null
heap=512m; [[ $rule == two-row ]] && heap=3g # the second row of each slot lies on the heap
program=ffc-cli/target/$(cat ffc-cli/target/ffc.stamp)
export OPT_OUT_TRACKING=true MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 GOMP_SPINCOUNT=1000
for slots in 1000 10000 30000 100000 1000000; do
  java -Xmx"$heap" -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
    -cp "ffc-core/target/test-classes:ffc-core/target/classes:$program/lib/*" ffc.core.ffc.FfcHeadBench \
    "$slots" "$dim" "$images" "$steps" "$threads" "$rule"
done
