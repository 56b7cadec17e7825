#!/usr/bin/env python3
"""Rates by group of `./ffc eval --groups` beside plain NumPy.

  ./ffc eval --embeddings rows.npy --groups groups.tsv --json rates.json
  venv/bin/python bench/group_rates.py rows.npy rows.ids.npy groups.tsv rates.json

Products in f64 of all pairs at the thresholds that the JSON names; prints the largest differences.
"""
import explain

explain.on_help(__doc__)

import json
import sys

import numpy as np


def main():
    rows, ids, groups, rates = sys.argv[1:5]
    x = np.load(rows).astype(np.float64)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    ids = np.load(ids)
    of = dict(line.rstrip("\n").split("\t") for line in open(groups) if line.strip())
    group = np.array([of.get(str(i), "") for i in ids])
    said = json.load(open(rates))
    worst = {"tar_at_far": 0.0, "fmr_at_far": 0.0}
    compared = 0
    for name, figures in said["by_group"]["groups"].items():
        rows_of = np.flatnonzero(group == name)
        own = x[rows_of]
        a, b = np.triu_indices(len(rows_of), 1)
        same = ids[rows_of][a] == ids[rows_of][b]
        cosines = (own @ own.T)[a, b]
        for far, at in said["thresholds"].items():
            above = cosines > at["threshold"]
            for key, pairs in (("tar_at_far", same), ("fmr_at_far", ~same)):
                if far in figures[key]:
                    difference = abs(above[pairs].mean() - figures[key][far]["value"])
                    worst[key] = max(worst[key], difference)
                    assert figures[key][far]["trials"] == pairs.sum(), (name, far, key)
                    compared += 1
    print(f"{compared} rates compared; largest difference: "
          + ", ".join(f"{key} {value:.2e}" for key, value in worst.items()))


if __name__ == "__main__":
    main()
