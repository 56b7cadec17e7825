#!/usr/bin/env python3
"""How far the losses of two trainers of Partial FC are from those of one, beside how far one trainer
is from itself when it starts with a single weight moved by one rounding: figures of
docs/decisions/041-classes-dealt-out.md.

  venv/bin/python bench/rounding_growth.py [--rate 0.05] [--perturbed 8]

Needs numpy.
"""
import argparse
import json
import pathlib
import random
import statistics
import struct
import subprocess

import numpy as np

HOME = pathlib.Path(__file__).resolve().parent.parent
RUNS = HOME / "runs/bench/rounding"
STEPS = 40
CONFIG = """
name: rounding
seed: 3
data:
  train: {format: recordio, path: data/quickstart/train.rec}
  idsPerBatch: IMAGES
  instancesPerBatch: IMAGES
  augment: {flip: false, shift: 2}
model:
  {backbone: iresnet, input: [1, 32, 32], layers: [1, 1], widths: [4, 8], embedding: 16,
   freezeBatchNorm: true}
method: {type: partial-fc, sampleRate: 0.1}
optimizer:
  {learningRate: RATE, nesterov: true, clipNorm: 5, schedule: {type: cosine, steps: 40}}
run: {steps: 40, reportEvery: 1, checkpointEvery: 10, threads: 1, device: cpu}
"""


def train(name, rate, trainers, *options):
    """Losses by step."""
    config = RUNS / f"{name}.yaml"
    config.write_text(CONFIG.replace("IMAGES", str(12 // trainers)).replace("RATE", str(rate)))
    out = RUNS / name
    subprocess.run(["rm", "-rf", str(out)], check=True)
    subprocess.run(["./ffc", "train", str(config), "--trainers", str(trainers), "--out", str(out), *options],
                   cwd=HOME, check=True, capture_output=True)
    lines = map(json.loads, (out / "steps.jsonl").read_text().splitlines())
    return {line["step"]: line["loss"] for line in lines}


def moved(weights, seed):
    """The file of the weights with one value of one filter moved to the next float."""
    data = bytearray(weights.read_bytes())
    length = struct.unpack("<Q", data[:8])[0]
    arrays = json.loads(data[8:8 + length])
    choice = random.Random(seed)
    filters = [name for name, a in arrays.items() if name != "__metadata__" and len(a["shape"]) == 4]
    begin, end = arrays[choice.choice(filters)]["data_offsets"]
    values = np.frombuffer(data, dtype="<f4", offset=8 + length + begin, count=(end - begin) // 4)
    i = choice.randrange(len(values))
    values[i] = np.nextafter(values[i], np.float32(np.inf))
    file = RUNS / f"moved-{seed}.safetensors"
    file.write_bytes(data)
    return file


def difference(a, b, until):
    return max(abs(a[s] - b[s]) / max(1, b[s]) for s in range(1, until + 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--perturbed", type=int, default=8)
    args = parser.parse_args()
    RUNS.mkdir(parents=True, exist_ok=True)
    train("start", args.rate, 2, "--set", "run.steps=1")  # several trainers write a checkpoint of step 0
    weights = RUNS / "start/checkpoints/step-00000000/probe.safetensors"
    one = train("one", args.rate, 1)
    two = train("two", args.rate, 2)
    perturbed = [train(f"moved-{seed}", args.rate, 1, "--set", f"model.initFrom={moved(weights, seed)}")
                 for seed in range(args.perturbed)]
    print("| up to step | two trainers | one, a weight moved: median (range) |")
    print("|---|---|---|")
    for until in (1, 5, 10, 20, STEPS):
        own = sorted(difference(p, one, until) for p in perturbed)
        print(f"| {until} | {difference(two, one, until):.1e} "
              f"| {statistics.median(own):.1e} ({own[0]:.1e}–{own[-1]:.1e}) |")


if __name__ == "__main__":
    main()
