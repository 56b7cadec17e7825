#!/usr/bin/env python3
"""Memory of short runs beside what `./ffc plan` predicts: networks, batches, methods and precisions.

  python3 bench/memory.py [--threads 1] [--only NETWORK] [--markdown FILE]

Eight steps a run on synthetic identities. Measured is the anonymous memory of the process (page cache
aside), predicted is the sum of `predicted_bytes`, both of summary.json. Other work on the machine makes
the runs slower, not larger.
"""
import argparse
import json
import pathlib
import platform
import subprocess

HOME = pathlib.Path(__file__).resolve().parent.parent
BENCH = HOME / "runs/bench"
SMALL = "{backbone: iresnet, input: [1, 32, 32], layers: [1, 1, 1, 1], widths: [16, 32, 64, 128], embedding: 128}"
R18 = "{backbone: iresnet, input: [3, 112, 112], layers: [2, 2, 2, 2], widths: [64, 128, 256, 512], embedding: 512}"
VIT_SMALL = "{backbone: vit, input: [1, 32, 32], layers: [6], widths: [64], heads: 4, patch: 4, embedding: 128}"
VIT_LARGE = "{backbone: vit, input: [3, 112, 112], layers: [6], widths: [192], heads: 6, embedding: 128}"
SGD = "{type: sgd, learningRate: 0.1, momentum: 0.9}"
ADAMW = "{type: adamw, learningRate: 1.0e-3, weightDecay: 0.1, decays: matrices}"
FFC = "{type: ffc, capacity: 5000}"


def partial(rate):
    return f"{{type: partial-fc, sampleRate: {rate}}}"


def cases():
    for precision in ("fp32", "bf16"):
        for images in (48, 192, 576):
            for name, method in (("FFC, K = 5,000", FFC), ("Partial FC 0.1", partial(0.1))):
                yield "4 blocks, 32 x 32", SMALL, precision, name, method, 10_000, images
    for precision in ("fp32", "bf16"):
        for name, method in (("FFC, K = 5,000", FFC), ("Partial FC 0.1", partial(0.1))):
            yield "R18, 112 x 112, E = 512", R18, precision, name, method, 10_000, 16
    yield "4 blocks, 32 x 32", SMALL, "fp32", "Partial FC 0.1", partial(0.1), 1_000_000, 192
    yield "4 blocks, 32 x 32", SMALL, "fp32", "full FC", partial(1), 100_000, 192
    for net, model, images in (("ViT of 6 x 64, 32 x 32", VIT_SMALL, 192), ("ViT of 6 x 192, 112 x 112", VIT_LARGE, 32)):
        for precision in ("fp32", "bf16"):
            for name, method in (("FFC, K = 5,000", FFC), ("Partial FC 0.1", partial(0.1))):
                yield net, model, precision, name, method, 10_000, images


def data(identities):
    path = BENCH / f"memory-{identities}"
    if not path.exists():
        subprocess.run(["./ffc", "data", "synth", "--ids", str(identities), "--mean-images", "3", "--tail", "zipf",
                        "--out", str(path)], cwd=HOME, check=True, capture_output=True)
    return path.relative_to(HOME)


def run(model, precision, method, identities, images, threads):
    config = BENCH / "memory.yaml"
    config.write_text(f"""name: memory
seed: 1
data: {{train: {{format: synthetic, path: {data(identities)}}}, idsPerBatch: {images // 4}, instancesPerBatch: {images // 2}}}
model: {model}
method: {method}
optimizer: {ADAMW if "vit" in model else SGD}
run: {{steps: 8, reportEvery: 1, checkpointEvery: 0, threads: {threads}, precision: {precision}}}
""")
    out = BENCH / "memory"
    subprocess.run(["rm", "-rf", str(out)], check=True)
    subprocess.run(["./ffc", "train", str(config), "--out", str(out)], cwd=HOME, check=True, capture_output=True)
    summary = json.loads((out / "summary.json").read_text())
    return summary["peak_anon_bytes"], sum(summary["predicted_bytes"].values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="networks whose name begins so, such as ViT")
    parser.add_argument("--markdown")
    args = parser.parse_args()
    BENCH.mkdir(parents=True, exist_ok=True)
    table = [f"{platform.machine()}, {args.threads} thread(s), one allocator arena, 8 steps; MB = 10^6 bytes.", "",
             "| backbone | precision | method | classes | images a step | measured, MB | predicted, MB | measured : predicted |",
             "|---|---|---|---|---|---|---|---|"]
    for net, model, precision, name, method, identities, images in cases():
        if not net.startswith(args.only):
            continue
        measured, predicted = run(model, precision, method, identities, images, args.threads)
        table.append(f"| {net} | {precision} | {name} | {identities:,} | {images} | {measured / 1e6:,.0f} "
                     f"| {predicted / 1e6:,.0f} | {measured / predicted:.2f} |")
        print(table[-1], flush=True)
    if args.markdown:
        pathlib.Path(args.markdown).write_text("\n".join(table) + "\n")


main()
