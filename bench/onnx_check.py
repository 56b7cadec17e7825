#!/usr/bin/env python3
"""Runs an exported ONNX file in Python's ONNX Runtime beside the same network in PyTorch.

    ./ffc export --checkpoint runs/mine --out my/probe.onnx
    ./ffc export --checkpoint runs/mine --out my/probe.pt
    venv/bin/python bench/onnx_check.py my/probe.onnx my/probe.pt

Images are noise, in batches of every size from 1 to --most. Prints the largest difference of a value
of an embedding of length 1, and exits with 1 if it is above 1e-5 (5e-3 for fp16). Also lets onnx's own
checker look at the file. Wants torch, onnx and onnxruntime (pip install torch onnx onnxruntime).
"""

import argparse
import sys

import numpy as np
import onnx
import onnxruntime
import torch


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("onnx", help="what ./ffc export --out FILE.onnx has written")
    parser.add_argument("script", help="the same network as .pt")
    parser.add_argument("--most", type=int, default=64, help="largest batch (default: 64)")
    args = parser.parse_args()

    onnx.checker.check_model(args.onnx, full_check=True)
    session = onnxruntime.InferenceSession(args.onnx, providers=["CPUExecutionProvider"])
    notes = session.get_modelmeta().custom_metadata_map
    mean, std = float(notes["mean"]), float(notes["std"])
    network = torch.jit.load(args.script)
    shape = session.get_inputs()[0].shape[1:]
    random = np.random.default_rng(1)
    largest = 0.0
    with torch.inference_mode():
        for batch in range(1, args.most + 1):
            pixels = random.integers(0, 256, (batch, *shape)).astype(np.float32)
            wanted = network(torch.from_numpy((pixels - 127.5) / 127.5)).numpy()
            got = session.run(["embedding"], {"data": (pixels - mean) / std})[0]
            if got.shape != wanted.shape or not np.isfinite(got).all():
                sys.exit(f"{args.onnx}: batch of {batch}: got {got.shape}, wanted {wanted.shape}, finite")
            if notes["embeddings"] == "raw":
                got = unit(got)
            largest = max(largest, float(np.abs(got - wanted).max()))
    bound = 5e-3 if notes["precision"] == "fp16" else 1e-5
    print(
        f"{args.onnx}: {notes['backbone']} {tuple(shape)}, batch norm {notes['batch_norm']}, "
        f"{notes['precision']}: batches of 1 to {args.most}: largest difference {largest:.1e} "
        f"(onnxruntime {onnxruntime.__version__}, torch {torch.__version__})"
    )
    sys.exit(largest > bound)


if __name__ == "__main__":
    main()
