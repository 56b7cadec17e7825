#!/usr/bin/env bash
# Ablation of the FFC recipe on the quick-start data: one factor at a time, several seeds each.
#
#   bench/ablate.sh [--seeds "1 2 3"] [--steps 1000] [--jobs 2] [--out runs/ablation]
#                   [--precision fp32] [FACTOR ...]
#
# Without FACTOR names all of them run, --jobs at a time with one compute thread each. Finished cells are kept: a second call continues. The table
# goes to OUT/table.md.
set -euo pipefail
[[ " $* " != *" --help "* && " $* " != *" -h "* ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
cd "$(dirname "$0")/.."
seeds="1 2 3" steps=1000 jobs=2 out=runs/ablation precision=fp32
while [[ "${1:-}" == --* ]]; do
  case "$1" in
    --seeds) seeds=$2 ;;
    --steps) steps=$2 ;;
    --jobs) jobs=$2 ;;
    --out) out=$2 ;;
    --precision) precision=$2 ;;
    *) echo "unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done

# name | what differs from configs/glyph-quick-1000.yaml
factors=(
  "default|"
  "no-partner|data.instancePartner=false"
  "momentum-0.8|method.galleryMomentum=0.8"
  "momentum-0.95|method.galleryMomentum=0.95"
  "momentum-0.99|method.galleryMomentum=0.99"
  "momentum-ramp|method.galleryMomentum=0.99 method.galleryMomentumSchedule=ramp"
  "batch-norm-ema|method.galleryBatchNorm=ema"
  "keep-0|method.update.keep=0"
  "keep-0.8|method.update.keep=0.8"
  "two-row|method.update.type=two-row method.update.keep="
  "warm-fill|method.warmFill=1.0"
  "no-partner-fresh-0|data.instancePartner=false method.fresh.weight=0"
  "no-partner-fresh-4|data.instancePartner=false method.fresh.weight=4"
  "random-empty|method.emptySlots=random"
  "capacity-500|method.capacity=500"
  "scale-24|method.margin.scale=24"
  "margin-0.3|method.margin.margin=0.3"
  "arcface|method.margin.type=arcface method.margin.margin=0.5"
  "reference|CONFIG=configs/glyph-quick-reference.yaml"
)

wanted=("$@")
chosen() {
  local w
  [[ ${#wanted[@]} == 0 ]] && return 0
  for w in "${wanted[@]}"; do [[ $w == "$1" ]] && return 0; done
  return 1
}

run_cell() { # OUT, STEPS, seed, name|sets, precision
  local out=$1 steps=$2 seed=$3 name=${4%%|*} precision=$5 file=configs/glyph-quick-1000.yaml
  local cell="$out/$name-seed$seed" set sets=()
  [[ -s "$cell/summary.json" ]] && return 0
  for set in ${4#*|}; do
    if [[ $set == CONFIG=* ]]; then file=${set#CONFIG=}; else sets+=(--set "$set"); fi
  done
  rm -rf "$cell"
  echo "$(date +%T) $name, seed $seed"
  ./ffc train "$file" --set "seed=$seed" --set "run.steps=$steps" --set run.threads=1 \
    --set "run.precision=$precision" "${sets[@]}" \
    --out "$cell" >"$out/$name-seed$seed.log" 2>&1 || { echo "failed, see $out/$name-seed$seed.log" >&2; return 1; }
}
export -f run_cell

mkdir -p "$out"
./ffc --version >/dev/null # builds once, before the jobs start
for seed in $seeds; do
  for factor in "${factors[@]}"; do
    ! chosen "${factor%%|*}" || printf '%s\0' "$out" "$steps" "$seed" "$factor" "$precision"
  done
done | xargs -0 -n 5 -P "$jobs" bash -c 'run_cell "$@"' _
python3 bench/ablation_table.py "$out" | tee "$out/table.md"
