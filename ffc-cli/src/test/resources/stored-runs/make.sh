#!/usr/bin/env bash
# Makes the runs in this folder with the program of the checkout it is called from:
#   cd ffc-cli && src/test/resources/stored-runs/make.sh FOLDER
# Each run goes to FOLDER/NAME: checkpoint of step 3 of 6, settings, and the losses of steps 4 to 6.
set -euo pipefail
folder=$1
make() { # name, settings
  local name=$1 run=$folder/$1
  shift
  ../ffc train src/test/resources/stored-runs/small.yaml --out "$run" "$@"
  # Reports and records of the past are not what is tested.
  (cd "$run" && sed -n '4,6s/.*"loss":\([^,]*\),.*/\1/p' steps.jsonl >losses.txt \
    && rm -rf .lock checkpoints/step-00000006 events.* report.html summary.json evaluations.jsonl steps.jsonl manifest.json)
}
make ffc-weighted
make ffc-two-row --set 'method={type: ffc, capacity: 12, update: {type: two-row}, emptySlots: random, galleryBatchNorm: ema}'
make partial-fc-sparse --set 'method={type: partial-fc, sampleRate: 0.7}' --set 'optimizer={type: adamw, learningRate: 0.003}'
make partial-fc-dense --set 'method={type: partial-fc, sampleRate: 0.7, update: dense}'
make full-fc --set 'method={type: partial-fc, sampleRate: 1}'
make virtual-fc --set 'method={type: virtual-fc, columns: 30}'
make dcq --set 'method={type: dcq, capacity: 30, galleryMomentum: 0.9}'
make triplet --set 'method={type: triplet}'
