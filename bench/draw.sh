#!/usr/bin/env bash
# What one trainer of several pays for the draw of a step's classes: figures of
# docs/decisions/041-classes-dealt-out.md.
set -euo pipefail
[[ " $* " != *" --help "* && " $* " != *" -h "* ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
cd "$(dirname "$0")/.."
mvn -q -B -pl pfc-baseline -am test-compile -Dspotless.check.skip=true
./ffc --version >/dev/null
program=ffc-cli/target/$(cat ffc-cli/target/ffc.stamp)
exec java -Xmx2g -cp "pfc-baseline/target/test-classes:pfc-baseline/target/classes:$program/lib/*" ffc.pfc.classes.DrawBench
