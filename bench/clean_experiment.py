"""Precision and recall of `ffc data clean`, and what cleaning does to a model.

    python bench/clean_experiment.py OUT_DIRECTORY [STEPS]

Flips 10 % of the labels of data/quickstart/train.rec and splits 5 % of its identities in two, trains
on that set, cleans it with the trained network, trains again on the cleaned set, and on the true
one for comparison. Everything is seeded. Needs nothing but Python.
"""
import json
import os
import random
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..")
OUT = sys.argv[1]
STEPS = sys.argv[2] if len(sys.argv) > 2 else "400"
MAGIC = 0xCED7230A


def read(path):
    data, at, images = open(path, "rb").read(), 0, []
    while at < len(data):
        magic, size = struct.unpack_from("<II", data, at)
        assert magic == MAGIC and size >> 29 == 0
        flag, label, _, _ = struct.unpack_from("<IfQQ", data, at + 8)
        if flag == 0 and size > 24:
            images.append((int(label), data[at + 32 : at + 8 + size]))
        at += 8 + (size + 3) // 4 * 4
    return images


def write(path, images):
    """A pack without identity records, as shuffling scripts make: every key is an image."""
    with open(path, "wb") as rec, open(path[:-4] + ".idx", "w") as idx:
        for key, (label, image) in enumerate(images):
            idx.write(f"{key}\t{rec.tell()}\n")
            body = struct.pack("<IfQQ", 0, label, key, 0) + image
            rec.write(struct.pack("<II", MAGIC, len(body)) + body + b"\0" * (-len(body) % 4))


def ffc(*arguments):
    subprocess.run([os.path.join(ROOT, "ffc"), *arguments], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def train(name, pack):
    run = os.path.join(OUT, name)
    ffc("train", "configs/quickstart.yaml", "--set", f"data.train.path={pack}", "--set", f"run.steps={STEPS}",
        "--out", run)
    return run, json.load(open(os.path.join(run, "summary.json")))["eval"]["open"]


os.makedirs(OUT, exist_ok=True)
OUT = os.path.abspath(OUT)
rng = random.Random(1)
truth = os.path.join(ROOT, "data", "quickstart", "train.rec")
images = read(truth)
identities = sorted({label for label, _ in images})
split = set(rng.sample(identities, len(identities) // 20))
dirty = []
for number, (label, image) in enumerate(images):
    given, flipped = label, False
    if rng.random() < 0.1:
        given = rng.choice([i for i in identities if i != label])
        flipped = True
    if given in split and rng.random() < 0.5:
        given += len(identities)
    dirty.append((given, label, flipped, image))
names = {old: new for new, old in enumerate(sorted({d[0] for d in dirty}))}
dirty = sorted(((names[g], l, f, i) for g, l, f, i in dirty), key=lambda d: d[0])
pack = os.path.join(OUT, "dirty.rec")
write(pack, [(given, image) for given, _, _, image in dirty])

run, before = train("before", pack)
cleaned = os.path.join(OUT, "clean")
ffc("data", "clean", pack, "--checkpoint", run, "--out", cleaned, "--join")

proposed = {int(line.split("\t")[0]) for line in open(f"{cleaned}/outliers.tsv").read().splitlines()[1:]}
wrong = {number for number, d in enumerate(dirty) if d[2]}
pairs = {tuple(sorted(map(int, line.split("\t")[:2]))) for line in open(f"{cleaned}/lookalikes.tsv").read().splitlines()[1:]}
halves = {tuple(sorted((names[i], names[i + len(identities)]))) for i in split
          if i in names and i + len(identities) in names}
_, after = train("after", os.path.join(cleaned, "train.rec"))
_, best = train("truth", truth)


def show(what, found, wanted):
    hit = len(found & wanted)
    print(f"| {what} | {len(wanted)} | {len(found)} | {hit / max(1, len(found)):.3f} | {hit / max(1, len(wanted)):.3f} |")


print("| | to find | proposed | precision | recall |\n|---|---|---|---|---|")
show("flipped images", proposed, wrong)
show("split identities", pairs, halves)
print("\n| trained on | rank-1 | TAR@FAR 1e-3 | 1e-4 | 1e-5 |\n|---|---|---|---|---|")
for name, result in (("dirty", before), ("cleaned", after), ("true", best)):
    tar = result["tar_at_far"]
    print(f"| {name} | {result['rank1']:.4f} | {tar['1e-3']:.4f} | {tar['1e-4']:.4f} | {tar['1e-5']:.4f} |")
