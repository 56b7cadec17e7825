"""Checks the evaluation protocols and exported weights against independent implementations.

    python bench/eval_peers.py RUN_DIRECTORY

Needs numpy, scikit-learn, torch, safetensors, pillow. RUN_DIRECTORY is a run of the quick start
(iresnet). Every figure must agree to 1e-6, embeddings to 1e-5; prints one line a comparison and
exits with 1 if any is off.
"""
import explain

explain.on_help(__doc__)

import io
import json
import os
import pickle
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from sklearn.metrics import roc_curve

HERE = os.path.dirname(os.path.abspath(__file__))
FFC = os.path.join(HERE, "..", "ffc")
DATA = os.path.join(HERE, "..", "data", "quickstart")
failed = False


def ffc(*arguments):
    subprocess.run([FFC, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def compare(what, got, wanted, tolerance=1e-6):
    global failed
    off = abs(got - wanted)
    failed |= not off <= tolerance
    print(f"{'ok ' if off <= tolerance else 'OFF'} {what}: {got:.9f} against {wanted:.9f}, off by {off:.1e}")


def normalise(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def clusters(seed, n, dim, identities, noise):
    r = np.random.default_rng(seed)
    labels = r.integers(0, identities, n)
    rows = r.normal(size=(identities, dim))[labels] + noise * r.normal(size=(n, dim))
    return rows.astype(np.float32), labels.astype(np.int64)


def all_pairs(name, rows, labels, figures):
    rows = normalise(rows.astype(np.float64))
    i, j = np.triu_indices(len(rows), 1)
    # f32 products as in the program: a pair's side of a threshold is a matter of rounding
    scores = (rows.astype(np.float32) @ rows.astype(np.float32).T)[i, j]
    fpr, tpr, _ = roc_curve(labels[i] == labels[j], scores, drop_intermediate=False)
    for far, tar in figures["tar_at_far"].items():
        compare(f"{name} TAR@FAR={far}", tar, tpr[fpr <= float(far) * (1 + 1e-12)].max())
    similarity = rows @ rows.T
    np.fill_diagonal(similarity, -2)
    multiple = np.bincount(labels)[labels] > 1
    same = labels[:, None] == labels[None]
    own = np.where(same, similarity, -2).max(1)
    rank = 1 + ((similarity >= own[:, None]) & ~same).sum(1)
    for n in (1, 5, 10):
        compare(f"{name} rank-{n}", figures[f"rank{n}"], (rank[multiple] <= n).mean())


def ten_fold(rows, same):
    distance = np.square(rows[0::2] - rows[1::2]).sum(1)
    thresholds = np.arange(0, 4, 0.01)
    indices = np.arange(len(same))
    accuracies = []
    for test in np.array_split(indices, 10):
        train = np.setdiff1d(indices, test)
        accuracy = [((distance[train] < t) == same[train]).mean() for t in thresholds]
        accuracies.append(((distance[test] < thresholds[int(np.argmax(accuracy))]) == same[test]).mean())
    return np.mean(accuracies), np.std(accuracies)


def templates(folder):
    r = np.random.default_rng(5)
    rows, labels = clusters(4, 4000, 32, 200, 1.2)
    template = labels * 4 + r.integers(0, 4, len(labels))
    media = r.integers(0, 3, len(labels))
    scores = r.random(len(labels)).astype(np.float32)
    ids = np.unique(template)
    pairs = np.stack([r.choice(ids, 60000), r.choice(ids, 60000)], 1)
    same = pairs[:, 0] // 4 == pairs[:, 1] // 4
    np.save(f"{folder}/t.npy", rows)
    with open(f"{folder}/tid_mid.txt", "w") as f:
        f.writelines(f"{i}.jpg {t} {m}\n" for i, (t, m) in enumerate(zip(template, media)))
    with open(f"{folder}/pairs.txt", "w") as f:
        f.writelines(f"{a} {b} {int(s)}\n" for (a, b), s in zip(pairs, same))
    with open(f"{folder}/scores.txt", "w") as f:
        f.writelines(f"{i}.jpg 1 2 {s!r}\n" for i, s in enumerate(scores.tolist()))
    for weigh in (False, True):
        extra = ["--detector-scores", f"{folder}/scores.txt", "--normalise-images"] if weigh else []
        ffc("eval", "--embeddings", f"{folder}/t.npy", "--templates", f"{folder}/tid_mid.txt",
            "--template-pairs", f"{folder}/pairs.txt", "--json", f"{folder}/t.json", *extra)
        figures = json.load(open(f"{folder}/t.json"))
        images = rows.astype(np.float64)
        if weigh:
            images = normalise(images) * scores[:, None]
        pooled = {}
        for t in ids:
            mine = template == t
            pooled[t] = sum(images[mine & (media == m)].mean(0) for m in np.unique(media[mine]))
            pooled[t] /= np.linalg.norm(pooled[t])
        score = np.array([pooled[a] @ pooled[b] for a, b in pairs]).astype(np.float32)
        fpr, tpr, _ = roc_curve(same, score)
        fpr, tpr = np.flipud(fpr), np.flipud(tpr)
        for far, tar in figures["tar_at_far"].items():
            compare(f"templates ({figures['flags']}) TAR@FAR={far}", tar,
                    tpr[np.argmin(np.abs(fpr - float(far)))])


class Block(torch.nn.Module):
    """The block of InsightFace's iresnet, names included."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        nn = torch.nn
        self.bn1 = nn.BatchNorm2d(cin)
        self.conv1 = nn.Conv2d(cin, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.prelu = nn.PReLU(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(cout)
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = self.bn3(self.conv2(self.prelu(self.bn2(self.conv1(self.bn1(x))))))
        return y + (x if self.downsample is None else self.downsample(x))


class IResNet(torch.nn.Module):
    def __init__(self, state):
        super().__init__()
        nn = torch.nn
        width = state["conv1.weight"].shape[0]
        self.conv1 = nn.Conv2d(state["conv1.weight"].shape[1], width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.prelu = nn.PReLU(width)
        self.stages = 0
        while f"layer{self.stages + 1}.0.conv1.weight" in state:
            self.stages += 1
            out = state[f"layer{self.stages}.0.conv1.weight"].shape[0]
            blocks = len({k.split(".")[1] for k in state if k.startswith(f"layer{self.stages}.")})
            setattr(self, f"layer{self.stages}", nn.Sequential(
                *[Block(width if i == 0 else out, out, 2 if i == 0 else 1) for i in range(blocks)]))
            width = out
        self.bn2 = nn.BatchNorm2d(width)
        self.fc = nn.Linear(state["fc.weight"].shape[1], state["fc.weight"].shape[0])
        self.features = nn.BatchNorm1d(state["fc.weight"].shape[0])

    def forward(self, x):
        x = self.prelu(self.bn1(self.conv1(x)))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.features(self.fc(torch.flatten(self.bn2(x), 1)))


def exported(run, folder):
    ffc("export", "--checkpoint", run, "--out", f"{folder}/probe.safetensors")
    ffc("export", "--checkpoint", run, "--out", f"{folder}/probe.pt")
    state = load_file(f"{folder}/probe.safetensors")
    network = IResNet(state).eval()
    network.load_state_dict(state, strict=True)
    program = torch.jit.load(f"{folder}/probe.pt").eval()

    bins, same = pickle.load(open(f"{DATA}/open.bin", "rb"), encoding="bytes")
    pixels = np.stack([np.array(Image.open(io.BytesIO(b)).convert("L")) for b in bins])[:, None]
    images = (torch.from_numpy(pixels).float() - 127.5) / 127.5
    with torch.no_grad():
        raw = torch.cat([network(x) for x in images.split(500)])
        unit = torch.cat([program(x) for x in images.split(500)])
        mirrored = torch.cat([network(x) for x in torch.flip(images, [3]).split(500)])
    compare("export: TorchScript against the state dict in PyTorch, largest difference",
            (unit - torch.nn.functional.normalize(raw)).abs().max().item(), 0, 1e-5)
    for flip in (False, True):
        ffc("eval", "--checkpoint", run, "--data", f"{DATA}/open.bin", "--format", "bin",
            "--flip" if flip else "--no-flip", "--json", f"{folder}/bin.json")
        figures = json.load(open(f"{folder}/bin.json"))["figures"]
        mean, std = ten_fold(normalise((raw + mirrored if flip else raw).numpy()), np.array(same))
        compare(f"10 folds in PyTorch, flip={flip}, mean", figures["accuracy_mean"], mean)
        compare(f"10 folds in PyTorch, flip={flip}, std", figures["accuracy_std"], std)

    # the way back: a .pth of PyTorch's, imported and exported again, bit by bit
    torch.save(network.state_dict(), f"{folder}/torch.pth")
    ffc("import", f"{folder}/torch.pth", "--config", f"{run}/config.resolved.yaml",
        "--out", f"{folder}/back.safetensors")
    back = load_file(f"{folder}/back.safetensors")
    different = [k for k in back if not torch.equal(back[k], state[k])]
    compare("import of a .pth: arrays that differ", len(different), 0, 0)
    compare("import of a .pth: arrays missing",
            len([k for k in state if not k.endswith("num_batches_tracked") and k not in back]), 0, 0)

    ffc("embed", "--checkpoint", run, "--data", f"{DATA}/open.rec", "--format", "recordio",
        "--out", f"{folder}/open.npy")
    judge("real embeddings", np.load(f"{folder}/open.npy"), np.load(f"{folder}/open.ids.npy"), folder)


def judge(name, rows, labels, folder):
    np.save(f"{folder}/e.npy", rows)
    np.save(f"{folder}/e.ids.npy", labels)
    ffc("eval", "--embeddings", f"{folder}/e.npy", "--json", f"{folder}/e.json")
    all_pairs(name, rows, labels, json.load(open(f"{folder}/e.json")))


with tempfile.TemporaryDirectory() as folder:
    for seed in (1, 2):
        judge(f"random {seed}", *clusters(seed, 2500, 64, 400, 1.3), folder)
    templates(folder)
    exported(sys.argv[1], folder)
sys.exit(1 if failed else 0)
