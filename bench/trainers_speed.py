#!/usr/bin/env python3
"""Step time with 1, 2 and 3 trainers on this machine beside what `./ffc plan --network` predicts.

  python3 bench/trainers_speed.py [--pairs 3] [--network 8Gbit,0.5ms] [--markdown FILE]

One compute thread a trainer, the small net of configs/bench-small.yaml, 70 steps, single precision.
Trainers beyond the cores share them, so the time alone is multiplied by trainers / cores where that
is above one. --network is the effective link between processes of one machine: take it from the
all-reduce of bench/exchange_speed.py.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess

HOME = pathlib.Path(__file__).resolve().parent.parent
STEPS = 70


def step_ms(trainers):
    out = HOME / "runs/bench/trainers"
    subprocess.run(["rm", "-rf", str(out)], check=True)
    command = ["./ffc", "train", "configs/bench-small.yaml", "--out", str(out), "--set", "run.threads=1",
               "--set", f"run.steps={STEPS}", "--set", "method.capacity=600"]
    if trainers > 1:
        command += ["--trainers", str(trainers)]
    subprocess.run(command, cwd=HOME, check=True, capture_output=True)
    summary = json.loads((out / "summary.json").read_text())
    lines = [json.loads(line) for line in (out / "steps.jsonl").read_text().splitlines()][10:]
    exchange = statistics.median(line["statistics"].get("ms_exchange", 0) for line in lines)
    sent = statistics.median(line["statistics"].get("bytes_sent", 0) for line in lines)
    return summary["step_ms"]["p50"], exchange, sent


def predicted(trainers, alone, network):
    command = ["./ffc", "plan", "configs/bench-small.yaml", "--classes", "1e5", "--trainers", str(trainers),
               "--network", network, "--step-ms", f"{alone:.3f}"]
    text = subprocess.run(command, cwd=HOME, check=True, capture_output=True, text=True).stdout
    row = re.search(rf"^{trainers} +([0-9.]+) ms", text, re.MULTILINE)
    return float(row[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--network", default="8Gbit,0.5ms")
    parser.add_argument("--markdown")
    args = parser.parse_args()
    runs = {n: [] for n in (1, 2, 3)}
    for _ in range(args.pairs):
        for n in runs:
            runs[n].append(step_ms(n))
            print(f"{n} trainers: {runs[n][-1][0]:.1f} ms", flush=True)
    alone = statistics.median(r[0] for r in runs[1])
    cores = os.cpu_count()
    lines = ["| trainers | step p50, ms (range) | predicted, ms | images/s | after the backward pass, ms | bytes sent a trainer |",
             "|---|---|---|---|---|---|"]
    for n, rs in runs.items():
        ms = statistics.median(r[0] for r in rs)
        guess = predicted(n, alone * max(1, n / cores), args.network)
        lines.append(
            f"| {n} | {ms:.1f} ({min(r[0] for r in rs):.1f}–{max(r[0] for r in rs):.1f}) | {guess:.1f} | {192 * n / ms * 1e3:.0f} "
            f"| {statistics.median(r[1] for r in rs):.1f} | {statistics.median(r[2] for r in rs) / 1e6:.2f} MB |")
    text = "\n".join(lines)
    print("\n" + text)
    if args.markdown:
        pathlib.Path(args.markdown).write_text(text + "\n")


main()
