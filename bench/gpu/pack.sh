#!/usr/bin/env bash
# Makes a folder that is carried to a machine with a GPU and a PyTorch, without JDK, Maven and network:
#   bench/gpu/pack.sh FOLDER
# and there, in a clone or beside a folder data/quickstart: bash FOLDER/check.sh (see there).
set -euo pipefail

[[ $# == 1 ]] || { echo "usage: bench/gpu/pack.sh FOLDER"; exit 2; }
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
top=$(dirname "$(dirname "$here")")
out=$(readlink -m "$1")
[[ ! -e $out || -z $(ls -A "$out") ]] || { echo "$out: holds files; wanted a new or empty folder"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$top"
./ffc pack --no-data --out "$work/ffc"
# The tests of engine and training, with something to run them. Their classes are compiled by now or here.
mvn -q -B -ntp -pl ffc-core -am test-compile -Dspotless.check.skip
mkdir -p "$work/tests"
for module in ffc-engine ffc-core; do cp -r "$module/target/test-classes" "$work/tests/$module"; done
mvn -q -B -ntp org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -Dmdep.useBaseVersion=true \
  -Dartifact=org.junit.platform:junit-platform-console-standalone:1.14.0 -DoutputDirectory="$work/tests"
assertj=$(sed -n 's/.*<artifactId>assertj-core<\/artifactId><version>\([0-9.]*\)<.*/\1/p' pom.xml | head -n 1)
mvn -q -B -ntp org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -Dmdep.useBaseVersion=true \
  -Dartifact="org.assertj:assertj-core:$assertj" -DoutputDirectory="$work/tests"
cp -r "$here/experiments" "$here/compare.py" bench/torch_step.py "$work/"

mkdir -p "$out"
cp "$here/check.sh" "$out/"
tar -C "$work" --owner=0 --group=0 -cf - . | xz -6 -T0 >"$out/.kit.tar.xz"
mv "$out/.kit.tar.xz" "$out/kit.tar.xz"
du -b "$out/kit.tar.xz" | awk '{printf "%s: %.1f MB\n", $2, $1 / 1e6}'
