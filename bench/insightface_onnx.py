#!/usr/bin/env python3
"""Takes networks of InsightFace's own classes through ONNX into this program and compares embeddings.

    git clone https://github.com/deepinsight/insightface my/insightface
    venv/bin/python bench/insightface_onnx.py my/insightface/recognition/arcface_torch

The classes are those of the checkout that is named; nothing of it is fetched, copied or changed. Weights are
random, running statistics those of some batches of noise. Each network is exported by torch.onnx.export as
InsightFace's torch2onnx.py does it, read by ./ffc import, started from by a run whose parts are all frozen,
and asked by ./ffc embed for pictures of waves, which PyTorch embeds as well. Prints the largest
difference of a value of an embedding of length 1, and exits with 1 if one is above 1e-5. Wants torch, onnx
and pillow, vit_t and its like timm as well (pip install torch onnx pillow timm).
"""
import explain

explain.on_help(__doc__)

import argparse
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import torch
from PIL import Image

BOUND = 1e-5
SIDE = 112
FFC = pathlib.Path(__file__).resolve().parent.parent / "ffc"
EXPERIMENT = """\
name: insightface
data: {{train: {{format: folder, path: {pictures}}}, idsPerBatch: 2, instancesPerBatch: 2}}
model: {{backbone: {backbone}, input: [3, {side}, {side}], embedding: 512, initFrom: {weights},
  freeze: [trunk, embedding], freezeUntil: 1}}
method: {{type: ffc, capacity: 8}}
optimizer: {{learningRate: 0.1}}
run: {{steps: 1}}
"""


def waves(count):
    """Pictures, no two of them alike: u8 [count, height, width, colours]."""
    at = np.arange(SIDE) / SIDE
    random = np.random.default_rng(3)
    pictures = []
    for _ in range(count):
        rates, starts = random.uniform(1, 9, (3, 2)), random.uniform(0, 6, (3, 2))
        down, across = (np.sin(rates * at[:, None, None] + starts)[..., i] for i in (0, 1))
        noise = random.normal(0, 0.2, (SIDE, SIDE, 3))
        pictures.append(down[:, None] + across[None, :] + noise)
    return np.clip(127.5 + 50 * np.array(pictures), 0, 255).astype(np.uint8)


def scaled(pictures):
    return torch.from_numpy((pictures.transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 127.5)


def network_of(classes, name):
    torch.manual_seed(7)
    network = classes(name, fp16=False, dropout=0.0, num_features=512)
    network.train()
    with torch.no_grad():
        for values in network.parameters():
            values += 0.02 * torch.randn_like(values)
        for _ in range(3):  # running statistics
            network(torch.rand(8, 3, SIDE, SIDE) * 2 - 1)
    return network.eval()


def ffc(*words):
    done = subprocess.run([FFC, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"ffc {' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def difference(classes, name, pictures, folder):
    network = network_of(classes, name)
    with torch.no_grad():
        wanted = unit(network(scaled(pictures)).numpy())
    onnx, weights = folder / f"{name}.onnx", folder / f"{name}.safetensors"
    torch.onnx.export(network, scaled(pictures[:1]), onnx, input_names=["data"], opset_version=11, dynamo=False)
    config = folder / f"{name}.yaml"
    config.write_text(
        EXPERIMENT.format(pictures=folder / "pictures", backbone=name, side=SIDE, weights=weights)
    )
    ffc("import", onnx, "--config", config, "--out", weights)
    run, rows = folder / name, folder / f"{name}.npy"
    ffc("train", config, "--out", run)
    ffc("embed", "--checkpoint", run, "--data", folder / "pictures", "--out", rows)
    got = np.load(rows)[np.argsort(np.load(folder / f"{name}.ids.npy"))]
    return float(np.abs(unit(got) - wanted).max())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=pathlib.Path, help="recognition/arcface_torch of a clone of InsightFace")
    parser.add_argument(
        "--networks", nargs="+", default=["r18", "r50", "mbf"], help="names of its get_model (default: r18 r50 mbf)"
    )
    parser.add_argument("--images", type=int, default=8, help="pictures to embed (default: 8)")
    args = parser.parse_args()
    if not (args.checkout / "backbones" / "__init__.py").is_file():
        sys.exit(f"{args.checkout}: has no backbones/__init__.py, wanted recognition/arcface_torch of a clone")
    sys.path.insert(0, str(args.checkout))
    from backbones import get_model

    warnings.simplefilter("ignore")  # of the exporter's age and of autocast without a GPU
    pictures = waves(args.images)
    largest = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for i, picture in enumerate(pictures):
            (folder / "pictures" / f"{i:04}").mkdir(parents=True)
            Image.fromarray(picture).save(folder / "pictures" / f"{i:04}" / "picture.png")
        for network in args.networks:
            found = difference(get_model, network, pictures, folder)
            print(f"{network}: {args.images} pictures, largest difference of unit embeddings {found:.1e}", flush=True)
            largest = max(largest, found)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    sys.exit(largest > BOUND)


if __name__ == "__main__":
    main()
