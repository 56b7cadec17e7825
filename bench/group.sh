#!/usr/bin/env bash
# Speed of the ID group's host side. Runs the slot table and its C++ counterpart in turn, three
# pairs at each size, prints the ratio of the medians, then the group step.
# Needs g++ and python3. Usage: bench/group.sh
set -euo pipefail
[[ " $* " != *" --help "* && " $* " != *" -h "* ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
cd "$(dirname "$0")/.."
out=ffc-bench/target
mvn -q -B -pl ffc-bench -am package -DskipTests
mvn -q -B -pl ffc-bench -am package -DskipTests dependency:build-classpath \
  -Dmdep.outputFile="$PWD/$out/classpath.txt" -Dmdep.includeScope=runtime
g++ -O3 -march=native -o $out/lru bench/lru.cpp
classpath="$out/classes:$(cat $out/classpath.txt)"
jmh() { java -cp "$classpath" org.openjdk.jmh.Main "$@"; }

for capacity in 30000 1000000; do
  for pair in 1 2 3; do
    $out/lru $capacity 1 >"$out/lru-$capacity-$pair.txt"
    jmh 'SlotTableBench' -p capacity=$capacity -rf json -rff "$out/slots-$capacity-$pair.json" \
      >"$out/slots-$capacity-$pair.log"
  done
done
python3 - "$out" <<'PY'
import json, re, statistics, sys
out = sys.argv[1]
for capacity in (30000, 1000000):
    ours, theirs = [], []
    for pair in (1, 2, 3):
        rate, slots, _ = open(f"{out}/lru-{capacity}-{pair}.txt").read().split()
        log = open(f"{out}/slots-{capacity}-{pair}.log").read()
        assert re.search(r"slot sum (\d+)", log).group(1) == slots, "the two tables disagree"
        theirs.append(float(rate))
        metric = json.load(open(f"{out}/slots-{capacity}-{pair}.json"))[0]["primaryMetric"]
        ours.append(statistics.median(metric["rawData"][0]))
    a, b = statistics.median(ours), statistics.median(theirs)
    ratios = ", ".join(f"{x / y:.2f}" for x, y in zip(ours, theirs))
    print(f"slots {capacity}: {a / 1e6:.1f} M uses/s, C++ {b / 1e6:.1f}, ratio {a / b:.2f} (pairs {ratios})")
PY
jmh 'GroupStepBench' -rf json -rff "$out/step.json" >"$out/step.log"
python3 - "$out" <<'PY'
import json, sys
for r in json.load(open(f"{sys.argv[1]}/step.json")):
    p, q = r["params"], r["primaryMetric"]["scorePercentiles"]
    name = r["benchmark"].rsplit(".", 1)[1]
    print(f"{name} {p['rule']} {p['memory']} pool x{p['poolFactor']}: p50 {q['50.0']:.0f} us, p99 {q['99.0']:.0f} us")
PY
