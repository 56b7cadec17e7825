#!/usr/bin/env bash
# What clusters of unlabelled images are worth as identities to train on: docs/clustering.md.
#
#   bench/cluster_training.sh OUT [SEED...]
#
# Of the 2,000 identities of data/quickstart/train.rec, 800 keep their labels, 200 tell the threshold of clustering, and the
# images of 1,000 lose theirs. Three networks a seed, of the quick start's 400 steps: on the 800 alone, on the 800 and
# the clusters that the first network finds, on the 800 and the 1,000 with their true labels. All are judged on the 501
# identities of data/quickstart/open.rec, which nothing else has seen. One thread.
set -euo pipefail
[[ " $* " != *" --help "* && " $* " != *" -h "* ]] || { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit; }
cd "$(dirname "$0")/.."
out=${1:?folder to write into}
shift
seeds=("${@:-1}")
export OMP_NUM_THREADS=1

train() { # folder of the run, seed, packs
  ./ffc train configs/quickstart.yaml --out "$1" --set seed="$2" --set data.train.path="$3" \
    --set "evaluate=[{name: threshold, format: recordio, path: $out/rest/open.rec, at: [end]}]" \
    --set run.threads=1 --set data.workers=1 --set run.device=cpu
  ./ffc eval --checkpoint "$1" --data data/quickstart/open.rec --json "$1.json"
}

[[ -e $out/labelled ]] || ./ffc data split data/quickstart/train.rec --open 1200 --by uniform --out "$out/labelled"
[[ -e $out/rest ]] || ./ffc data split "$out/labelled/open.rec" --open 200 --by uniform --out "$out/rest"
for seed in "${seeds[@]}"; do
  at="$out/seed$seed"
  mkdir -p "$at"
  train "$at/labelled" "$seed" "$out/labelled/train.rec"
  ./ffc cluster --checkpoint "$at/labelled" "$out/rest/train.rec" --judge --least 2 --out "$at/clusters" --pack | tee "$at/clusters.txt"
  train "$at/clusters-too" "$seed" "$out/labelled/train.rec,$at/clusters/train.rec"
  train "$at/all-labelled" "$seed" "$out/labelled/train.rec,$out/rest/train.rec"
done
