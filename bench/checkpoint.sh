#!/usr/bin/env bash
# What a checkpoint costs: copying out of the engine, serialising, and all of it with the disk. For the quick start's
# network and for iresnet50 with 30,000 slots of 512.
# Usage: bench/checkpoint.sh [--repeat N] [--folder DIR]     (DIR on the disk to be measured; made and removed)
set -euo pipefail
[[ " $* " != *" --help "* && " $* " != *" -h "* ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
cd "$(dirname "$0")/.."
repeat=7 folder=target/checkpoint-bench
while [[ $# -gt 0 ]]; do
  case "$1" in
    --repeat) repeat=$2 ;;
    --folder) folder=$2 ;;
    *) echo "unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
mvn -q -B -pl ffc-core -am test-compile -Dspotless.check.skip=true
./ffc --version >/dev/null
program=ffc-cli/target/$(cat ffc-cli/target/ffc.stamp)
export OPT_OUT_TRACKING=true
for net in quickstart r50; do
  mkdir -p "$folder"
  java -Xmx2g -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
    -cp "ffc-core/target/test-classes:ffc-core/target/classes:$program/lib/*" ffc.core.train.CheckpointBench \
    "$net" "$repeat" "$folder"
  rm -r "$folder"
done
