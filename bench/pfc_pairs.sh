#!/usr/bin/env bash
# The classifier of Partial FC alone: (1) beside plain PyTorch with a dense gradient at a million
# classes, in turns; (2) a fixed number of sampled rows (10,000) from 1e5 to 1e7 classes, in turns.
# Usage: bench/pfc_pairs.sh [--python PYTHON] [--pairs N] [--threads N]; needs a python with torch.
set -euo pipefail
[[ " $* " != *" --help "* && " $* " != *" -h "* ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
cd "$(dirname "$0")/.."
python=python3 pairs=3 threads=2
while [[ $# -gt 0 ]]; do
  case "$1" in
    --python) python=$2 ;;
    --pairs) pairs=$2 ;;
    --threads) threads=$2 ;;
    *) echo "unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
mvn -q -B -pl pfc-baseline -am test-compile -Dspotless.check.skip=true
./ffc --version >/dev/null
program=ffc-cli/target/$(cat ffc-cli/target/ffc.stamp)
export OPT_OUT_TRACKING=true MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 GOMP_SPINCOUNT=1000
jvm() {
  java -Xmx64m -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
    -cp "pfc-baseline/target/test-classes:pfc-baseline/target/classes:$program/lib/*" ffc.pfc.classes.HeadBench "$@" "$threads"
}
out=$(mktemp -d)
for pair in $(seq "$pairs"); do
  jvm 1e6 128 192 0.1 15 | tee -a "$out/pairs"
  "$python" bench/pfc_torch.py --classes 1e6 --dim 128 --images 192 --rate 0.1 --steps 15 --threads "$threads" | tee -a "$out/pairs"
done
for turn in $(seq "$pairs"); do
  jvm 1e5 128 192 0.1 60 | tee -a "$out/rows"
  jvm 1e6 128 192 0.01 60 | tee -a "$out/rows"
  jvm 1e7 128 192 0.001 60 | tee -a "$out/rows"
done
"$python" - "$out" <<'PY'
import re, statistics as st, sys
def read(name):
    found = {}
    for line in open(f'{sys.argv[1]}/{name}'):
        m = re.search(r'^(\w+) classes (\d+).*step ([\d.]+) .*images/s (\d+), peak rss (\d+)', line)
        found.setdefault((m[1], int(m[2])), []).append((float(m[3]), float(m[4]), float(m[5])))
    return found
p = read('pairs'); a, b = p['jvm', 10**6], p['torch', 10**6]
print('images/s ratio of each pair', ', '.join(f'{x[1] / y[1]:.1f}' for x, y in zip(a, b)), '; peak memory ratio', ', '.join(f'{x[2] / y[2]:.2f}' for x, y in zip(a, b)))
r = read('rows'); base = st.median(x[0] for x in r['jvm', 10**5])
for (_, c), v in r.items(): print(f'{c} classes, 10,000 sampled: step {st.median(x[0] for x in v):.1f} ms, {st.median(x[0] for x in v) / base:.2f} of that at 1e5 (turns {", ".join(f"{x[0]:.1f}" for x in v)})')
PY
rm -r "$out"
