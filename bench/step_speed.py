#!/usr/bin/env python3
"""Step time and peak memory of ./ffc train beside the same step in PyTorch, in pairs.

  venv/bin/python bench/step_speed.py [small|r18] [--pairs 3] [--threads 2] [--compile] [--bridge] [--markdown FILE]

How to make the venv: docs/testing.md, The scripts' Python.

Each pair runs PyTorch in fp32, PyTorch in bf16 autocast, ffc in fp32 and ffc in bf16, one after the
other, under the same allocator and OpenMP settings. A process gives the median over its steps after
warm-up; the table gives the median over the pairs and the range, and the ratio to PyTorch at its
best precision. --compile adds PyTorch in bf16 with both networks compiled (torch.compile, its compilation not
timed), --bridge ffc in bf16 with the PyTorch of this python (FFC_TORCH). The Java side includes its data loading; the PyTorch side makes its random images
outside of the timed part.
"""
import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

HOME = pathlib.Path(__file__).resolve().parent.parent
CASES = {
    "small": {
        "config": "configs/bench-small.yaml",
        "torch": "--widths 16,32,64,128 --layers 1,1,1,1 --size 32 --channels 1 --dim 128 --ids 64 --instances 64 --capacity 200",
        "steps": 60,
        "warmup": 10,
        "images": 192,
    },
    "r18": {
        "config": "configs/bench-r18.yaml",
        "torch": "--widths 64,128,256,512 --layers 2,2,2,2 --size 112 --channels 3 --dim 512 --ids 16 --instances 16 --capacity 30000",
        "steps": 8,
        "warmup": 2,
        "images": 48,
    },
}
ENVIRONMENT = dict(
    os.environ,
    MALLOC_ARENA_MAX="1",
    MALLOC_MMAP_THRESHOLD_="1073741824",
    MALLOC_TRIM_THRESHOLD_="4294967296",
    GOMP_SPINCOUNT="1000",
)


def run_torch(case, threads, precision, compiled=False):
    command = [sys.executable, "bench/torch_step.py", *case["torch"].split()]
    command += ["--steps", str(case["steps"]), "--warmup", str(case["warmup"]), "--threads", str(threads)]
    if precision == "bf16":
        command.append("--bf16")
    if compiled:
        command.append("--compile")
    line = subprocess.run(command, cwd=HOME, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout
    return {
        "ms": float(re.search(r"ms/step p50 ([0-9.]+)", line)[1]),
        "rss": float(re.search(r"peak_rss_mb ([0-9.]+)", line)[1]),
    }


def run_ffc(case, threads, precision, bridge=False):
    out = HOME / "runs/bench/step"
    subprocess.run(["rm", "-rf", str(out)], check=True)
    steps = case["steps"] + case["warmup"]
    sets = [f"run.threads={threads}", f"run.precision={precision}", f"run.steps={steps}"]
    command = ["./ffc", "train", case["config"], "--out", str(out)]
    for value in sets:
        command += ["--set", value]
    environment = dict(ENVIRONMENT, FFC_TORCH=sys.executable) if bridge else ENVIRONMENT
    subprocess.run(command, cwd=HOME, env=environment, check=True, capture_output=True)
    lines = [json.loads(line) for line in (out / "steps.jsonl").read_text().splitlines()]
    timed = lines[case["warmup"] :]
    rates = [line["images_per_second"] for line in timed]
    parts = {}
    for line in timed:
        for key, value in line["statistics"].items():
            if key.startswith("ms_"):
                parts.setdefault(key[3:], []).append(value)
    summary = json.loads((out / "summary.json").read_text())
    return {
        "ms": case["images"] / statistics.median(rates) * 1e3,
        "rss": summary["peak_rss_bytes"] / 2**20,
        "wait": statistics.mean(line["data_wait_share"] for line in timed),
        "parts": {k: statistics.median(v) for k, v in parts.items()},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", default="small", choices=CASES)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--bridge", action="store_true")
    parser.add_argument("--markdown")
    args = parser.parse_args()
    case = CASES[args.case]
    synthetic = HOME / "runs/bench/synthetic"
    if not synthetic.exists():
        synthetic.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["./ffc", "data", "synth", "--ids", "100000", "--mean-images", "3", "--tail", "zipf", "--out", str(synthetic)],
            cwd=HOME, check=True, capture_output=True,
        )
    sides = {
        "PyTorch fp32": lambda: run_torch(case, args.threads, "fp32"),
        "PyTorch bf16": lambda: run_torch(case, args.threads, "bf16"),
        "ffc fp32": lambda: run_ffc(case, args.threads, "fp32"),
        "ffc bf16": lambda: run_ffc(case, args.threads, "bf16"),
    }
    if args.compile:
        sides["PyTorch bf16, compiled"] = lambda: run_torch(case, args.threads, "bf16", compiled=True)
    if args.bridge:
        sides["ffc bf16, bridge"] = lambda: run_ffc(case, args.threads, "bf16", bridge=True)
    runs = {name: [] for name in sides}
    for pair in range(args.pairs):
        for name, run in sides.items():
            runs[name].append(run())
            print(f"pair {pair + 1} {name}: {runs[name][-1]['ms']:.1f} ms/step", flush=True)
    median = {name: statistics.median(r["ms"] for r in rs) for name, rs in runs.items()}
    best = min(ms for name, ms in median.items() if name.startswith("PyTorch"))
    import torch

    table = [
        f"`{args.case}`: {case['images']} images a step, {args.threads} threads, {platform.machine()}, "
        f"{cpu()}, Python PyTorch {torch.__version__}; median of {args.pairs} pairs (range).",
        "",
        "| side | ms/step | images/s | beside PyTorch fp32 | beside PyTorch at its best | peak RSS, MiB |",
        "|---|---|---|---|---|---|",
    ]
    for name, rs in runs.items():
        values = [r["ms"] for r in rs]
        rss = statistics.median(r["rss"] for r in rs)
        table.append(
            f"| {name} | {median[name]:.1f} ({min(values):.1f}–{max(values):.1f}) | {case['images'] / median[name] * 1e3:.0f} "
            f"| {median['PyTorch fp32'] / median[name]:.2f}× | {best / median[name]:.2f}× | {rss:.0f} |"
        )
    for name in ("ffc fp32", "ffc bf16"):
        last = runs[name][-1]
        parts = ", ".join(f"{k} {v:.1f}" for k, v in sorted(last["parts"].items(), key=lambda kv: -kv[1]))
        table += ["", f"{name}, ms by part: {parts}; data wait {100 * last['wait']:.2f} %."]
    text = "\n".join(table)
    print("\n" + text)
    if args.markdown:
        pathlib.Path(args.markdown).write_text(text + "\n")


def cpu():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown CPU"


main()
