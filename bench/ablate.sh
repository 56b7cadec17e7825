#!/usr/bin/env bash
# Ablation of the FFC recipe on the quick-start data: one factor at a time, several seeds each.
#
#   bench/ablate.sh [--seeds "1 2 3"] [--steps 1000] [--out runs/ablation] [FACTOR ...]
#
# Without FACTOR names all of them run. Finished cells are kept: a second call continues. The table
# goes to OUT/table.md.
set -euo pipefail
cd "$(dirname "$0")/.."
seeds="1 2 3" steps=1000 out=runs/ablation
while [[ "${1:-}" == --* ]]; do
  case "$1" in
    --seeds) seeds=$2 ;;
    --steps) steps=$2 ;;
    --out) out=$2 ;;
    *) echo "unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done

config=configs/glyph-quick-1000.yaml
# name | what differs from the config
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
  "two-row|method.update.type=two-row"
  "warm-fill|method.warmFill=1.0"
  "fresh-0|method.fresh.weight=0"
  "fresh-4|method.fresh.weight=4"
  "random-empty|method.emptySlots=random"
  "capacity-500|method.capacity=500"
  "scale-24|method.margin.scale=24"
  "margin-0.3|method.margin.margin=0.3"
  "arcface|method.margin.type=arcface method.margin.margin=0.5"
  "reference|CONFIG=configs/glyph-quick-reference.yaml"
)

wanted=("$@")
chosen() { [[ ${#wanted[@]} == 0 ]] && return 0; local w; for w in "${wanted[@]}"; do [[ $w == "$1" ]] && return 0; done; return 1; }

mkdir -p "$out"
for seed in $seeds; do
  for factor in "${factors[@]}"; do
    name=${factor%%|*}
    chosen "$name" || continue
    cell="$out/$name-seed$seed"
    [[ -s "$cell/summary.json" ]] && continue
    file=$config sets=(--set "seed=$seed" --set "run.steps=$steps")
    for set in ${factor#*|}; do
      if [[ $set == CONFIG=* ]]; then file=${set#CONFIG=}; else sets+=(--set "$set"); fi
    done
    rm -rf "$cell"
    echo "$(date +%T) $name, seed $seed"
    ./ffc train "$file" "${sets[@]}" --out "$cell" >"$out/$name-seed$seed.log" 2>&1 || { echo "failed, see $out/$name-seed$seed.log" >&2; exit 1; }
  done
done
python3 bench/ablation_table.py "$out" | tee "$out/table.md"
