#!/usr/bin/env python3
"""Partial FC with its classes on one trainer and dealt out to two: memory of each process and step time.

  python3 bench/sharded_pfc.py [--classes 1000000] [--rate 0.1] [--pairs 3] [--markdown FILE]

The small net, D = 128, the same global batch of 192 images, one compute thread a trainer, 40 steps of
which 10 warm up, synthetic identities, single precision. One and two trainers run in turn. Memory is
the peak resident size of each trainer's process, read from /proc until it ends.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import threading
import time

HOME = pathlib.Path(__file__).resolve().parent.parent
BENCH = HOME / "runs/bench"
STEPS, WARM = 40, 10


def config(classes, rate, trainers):
    half = 64 // trainers
    path = BENCH / f"sharded-{trainers}.yaml"
    path.write_text(f"""name: sharded-{trainers}
seed: 1
data:
  train: {{format: synthetic, path: runs/bench/synthetic-{classes}}}
  idsPerBatch: {half}
  instancesPerBatch: {half}
model: {{backbone: iresnet, input: [1, 32, 32], layers: [1, 1, 1, 1], widths: [16, 32, 64, 128], embedding: 128}}
method: {{type: partial-fc, sampleRate: {rate}}}
optimizer: {{type: sgd, learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1.0e-4}}
run: {{steps: {STEPS}, reportEvery: 1, checkpointEvery: 0, threads: 1, profile: true}}
""")
    return path


def watch(group, peaks, stop):
    """Peak resident bytes of the processes of a group that train."""
    while not stop.is_set():
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            pid = int(status.parent.name)
            try:
                if os.getpgid(pid) != group:
                    continue
                for line in status.read_text().splitlines():
                    if line.startswith("VmHWM"):
                        peaks[pid] = int(line.split()[1]) << 10
            except OSError:
                pass
        time.sleep(0.2)


def run(path, trainers):
    out = BENCH / "sharded"
    subprocess.run(["rm", "-rf", str(out)], check=True)
    command = ["./ffc", "train", str(path), "--out", str(out)]
    if trainers > 1:
        command += ["--trainers", str(trainers)]
    process = subprocess.Popen(command, cwd=HOME, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True, start_new_session=True)
    peaks, stop = {}, threading.Event()
    watcher = threading.Thread(target=watch, args=(process.pid, peaks, stop))
    watcher.start()
    problem = process.communicate()[1]
    stop.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(problem)
    summary = json.loads((out / "summary.json").read_text())
    lines = [json.loads(line) for line in (out / "steps.jsonl").read_text().splitlines()][WARM:]
    parts = {}
    for line in lines:
        for key, value in line["statistics"].items():
            if key.startswith("ms_"):
                parts.setdefault(key[3:], []).append(value)
    rate = statistics.median(line["images_per_second"] for line in lines)
    return {
        "ms": 192 / rate * 1e3,
        "peaks": sorted(peaks.values(), reverse=True)[:trainers],
        "predicted": sum(summary["predicted_bytes"].values()),
        "parts": {k: statistics.median(v) for k, v in parts.items()},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--markdown")
    args = parser.parse_args()
    BENCH.mkdir(parents=True, exist_ok=True)
    data = BENCH / f"synthetic-{args.classes}"
    if not data.exists():
        subprocess.run(["./ffc", "data", "synth", "--ids", str(args.classes), "--mean-images", "3",
                        "--tail", "zipf", "--out", str(data)], cwd=HOME, check=True, capture_output=True)
    runs = {1: [], 2: []}
    for pair in range(args.pairs):
        for n in runs:
            runs[n].append(run(config(args.classes, args.rate, n), n))
            print(f"pair {pair + 1}, {n} trainer(s): {runs[n][-1]['ms']:.0f} ms, "
                  f"{[p >> 20 for p in runs[n][-1]['peaks']]} MiB", flush=True)
    table = [f"{args.classes:,} classes, D = 128, sample rate {args.rate}; median of {args.pairs} pairs (range).", "",
             "| trainers | ms a step of 192 images | peak memory of each, MiB | predicted, MiB | images/s |", "|---|---|---|---|---|"]
    for n, rs in runs.items():
        ms = [r["ms"] for r in rs]
        peaks = " + ".join(str(round(statistics.median(r["peaks"][i] for r in rs) / 2**20)) for i in range(n))
        table.append(f"| {n} | {statistics.median(ms):.0f} ({min(ms):.0f}–{max(ms):.0f}) | {peaks} "
                     f"| {rs[0]['predicted'] >> 20} | {192e3 / statistics.median(ms):.0f} |")
    for n, rs in runs.items():
        parts = {k: statistics.median(r["parts"].get(k, 0) for r in rs) for k in rs[0]["parts"]}
        table += ["", f"{n} trainer(s), ms by part: " + ", ".join(
            f"{k} {v:.1f}" for k, v in sorted(parts.items(), key=lambda item: -item[1]) if v > 0.5) + "."]
    text = "\n".join(table)
    print("\n" + text)
    if args.markdown:
        pathlib.Path(args.markdown).write_text(text + "\n")


main()
