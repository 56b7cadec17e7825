#!/usr/bin/env bash
# What the program does on a GPU: losses beside those of the CPU, the same run twice, two trainers on one GPU, tests,
# speed beside eager PyTorch, memory beside plan, a million slots. Under six minutes; made by pack.sh, run by
#   bash FOLDER/check.sh        in a clone, or in a folder that has data/quickstart
# The machine needs bash, g++ 11, xz or Python's lzma, and a Python with torch.
#   PYTHON    that Python (python3)
#   OUT       folder of log.txt, summary.txt, tests.txt and the runs' summaries (a new one)
#   DEVICE    gpu, or cpu for a rehearsal, which is small
#   ONLY      some of the parts, such as "loss speed"
set -uo pipefail

kit=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
data=$PWD/data/quickstart
python=${PYTHON:-python3}
device=${DEVICE:-gpu}
out=${OUT:-$(mktemp -d)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[[ -r $data/train.rec ]] || { echo "no $data/train.rec here: wanted a clone"; exit 2; }
mkdir -p "$out"
exec > >(tee "$out/log.txt") 2>&1
: >"$out/summary.txt"

part() { printf '\n=== %s (at %d s)\n' "$*" "$SECONDS"; }
sum() { echo "$*" | tee -a "$out/summary.txt"; }
wanted() { [[ -z ${ONLY:-} || " $ONLY " == *" $1 "* ]]; }

part machine
nvidia-smi --query-gpu=name,driver_version,memory.total,memory.used --format=csv 2>&1 || true
nproc
g++ --version | head -n 1
"$python" - "$kit/kit.tar.xz" "$work" <<'PY' || exit 1
import sys, tarfile
with tarfile.open(sys.argv[1], 'r:xz') as kit:
    kit.extractall(sys.argv[2], **({'filter': 'fully_trusted'} if hasattr(tarfile, 'data_filter') else {}))
PY
sum "program $(cat "$work/ffc/COMMIT")"
export FFC_TORCH=$python XDG_CACHE_HOME=$work/cache
cd "$work"
mkdir data
ln -s "$data" data/quickstart
ffc() { # seconds, arguments of ffc
  timeout -k 5 "$1" ffc/ffc "${@:2}"
}
ffc 120 --version || { sum "the program does not start"; exit 1; }
ffc 60 doctor || true
sum "$(ffc 60 --version | grep engine)"

figures() { # run; those of its summary that are looked at
  cp "$work/runs/$1/summary.json" "$out/$1.json" 2>/dev/null || { echo "FAILED"; return; }
  grep -oE '"(images_per_second|p50|peak_rss_bytes|device_peak_bytes|predicted_device_bytes)" *: *[0-9.e+]+' "$out/$1.json" | tr -d '"' | tr '\n' ' '
}
compare() { # what, run, run, bound
  sum "$1: $("$python" "$work/compare.py" "runs/$2" "runs/$3" "$4" | tee /dev/stderr | tail -n 1)"
}

if wanted loss; then
  part "losses, CPU beside $device"
  for precision in fp32 tf32 bf16; do
    ffc 90 train experiments/loss.yaml --set run.device="$device" --set run.precision="$precision" --out "runs/loss-$precision"
  done
  ffc 90 train experiments/loss.yaml --set run.device="$device" --out runs/loss-again
  ffc 90 train experiments/loss.yaml --set run.device=cpu --out runs/loss-cpu
  compare "fp32 on $device beside the CPU" loss-cpu loss-fp32 1e-3
  compare "tf32 on $device beside the CPU" loss-cpu loss-tf32 5e-3
  compare "bf16 on $device beside the CPU" loss-cpu loss-bf16 5e-2
  compare "the same run twice" loss-fp32 loss-again 1e-4
  part "two trainers on one $device"
  ffc 90 train experiments/loss.yaml --trainers 2 --set cluster.sums=cluster --set run.device="$device" --out runs/two
  ffc 90 train experiments/loss.yaml --trainers 2 --set cluster.sums=cluster --set run.device=cpu --out runs/two-cpu
  compare "two trainers on one $device beside the CPU" two-cpu two 1e-3
  part "Partial FC with its centres on $device"
  pfc=(--set 'method={type: partial-fc, sampleRate: 0.1, update: dense, storage: device}')
  ffc 60 train experiments/loss.yaml "${pfc[@]}" --set run.device="$device" --out runs/pfc
  ffc 60 train experiments/loss.yaml "${pfc[@]}" --set method.storage=memory --set run.device=cpu --out runs/pfc-cpu
  compare "Partial FC, centres on $device, beside the CPU" pfc-cpu pfc 1e-3
fi

if wanted tests; then
  part "tests of engine and training"
  classes=ffc/program/ffc-cli.jar:$(printf '%s:' ffc/program/lib/*.jar tests/*.jar)tests/ffc-engine:tests/ffc-core
  packages=(--select-package ffc.core --select-package ffc.engine)
  [[ $device == gpu ]] || packages=(--select-class ffc.core.train.GpuTest --select-class ffc.engine.Tf32Test)
  # Natives as the launcher chooses them.
  fail() { sum "$2"; }
  # shellcheck source=/dev/null
  (source ffc/natives/torch.sh && use_torch "$python" "$work/ffc/jre" && mkdir -p module/target && cd module \
    && timeout -k 5 110 ../ffc/jre/bin/java -Xmx2g -XX:+UseSerialGC -Djava.awt.headless=true \
      -cp "$(sed -E 's#(^|:)([^:])#\1../\2#g' <<<"$classes")" org.junit.platform.console.ConsoleLauncher execute \
      "${packages[@]}" --exclude-tag slow --exclude-tag faults --exclude-tag repository --include-classname '.*Test' \
      --disable-banner --details=tree --disable-ansi-colors) >"$out/tests.txt" 2>&1
  grep -E '\[X\]|=>' "$out/tests.txt" | head -n 40
  sum "tests: $(grep -E 'tests (successful|failed|aborted)' "$out/tests.txt" | tr -s ' []\n' ' ')"
fi

small=()
torch=(--widths 64,128,256,512 --layers 3,4,14,3 --size 112 --channels 3 --dim 512 --ids 128 --instances 128
  --capacity 30000 --steps 40 --bf16 --channels-last --device cuda)
if [[ $device != gpu ]]; then
  small=(--set run.steps=3 --set run.reportEvery=1 --set data.idsPerBatch=2 --set data.instancesPerBatch=2 --set method.capacity=1000 --set data.workers=1)
  torch=(--widths 64,128,256,512 --layers 3,4,14,3 --size 112 --channels 3 --dim 512 --ids 2 --instances 2
    --capacity 1000 --steps 1 --warmup 1 --bf16 --channels-last)
fi
if wanted speed; then
  part "IResNet-50, 112 pixels, bf16, 30,000 slots"
  ffc 100 train experiments/r50.yaml --set run.device="$device" "${small[@]}" --out runs/speed &
  job=$!
  sleep 20
  nvidia-smi --query-gpu=utilization.gpu,memory.used,clocks.sm,power.draw --format=csv,noheader 2>/dev/null
  wait "$job" || sum "the speed run FAILED"
  sum "FFC: $(figures speed)"
  tail -n 1 runs/speed/steps.jsonl
  sum "PyTorch, eager: $(timeout -k 5 90 "$python" torch_step.py "${torch[@]}" 2>&1 | tail -n 1)"
  part "memory beside plan"
  ffc 30 plan experiments/r50.yaml --set run.device="$device" "${small[@]}" | tee -a "$out/summary.txt"
fi

if wanted million; then
  part "a million slots under the default heap"
  [[ $device == gpu ]] || small+=(--set method.capacity=100000)
  ffc 120 train experiments/million.yaml --set run.device="$device" "${small[@]}" --out runs/million
  sum "a million slots: $(figures million)"
fi

part "done"
cat "$out/summary.txt"
echo "all of it: $out"
