"""Precision and recall of `ffc data clean`, and what cleaning does to a model.

    python bench/clean_experiment.py OUT_DIRECTORY [STEPS] [--data FOLDER] [--set PATH=VALUE]...

Flips 10 % of the labels of FOLDER/train.rec (default data/quickstart) and splits 5 % of its
identities in two, trains on that set, cleans it with the trained network, trains again on the
cleaned set, without and with joining what looks like one identity, and on the true set for
comparison. The recipe is configs/quickstart.yaml with a group of 10 % of the identities, judged on
FOLDER/open.rec and FOLDER/open.bin. Everything is seeded; runs that are finished are kept, so that
an interrupted experiment goes on. Needs nothing but Python.
"""
import argparse
import json
import os
import random
import struct
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..")
arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("out")
arguments.add_argument("steps", nargs="?", default="400")
arguments.add_argument("--data", default=os.path.join(ROOT, "data", "quickstart"))
arguments.add_argument("--set", action="append", default=[], help="setting of all trainings, such as run.threads=1")
given = arguments.parse_args()
OUT = os.path.abspath(given.out)
DATA = os.path.abspath(given.data)
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
    summary = os.path.join(run, "summary.json")
    if not os.path.exists(summary) or not json.load(open(summary))["finished"]:
        settings = [f"data.train.path={pack}", f"run.steps={given.steps}", f"method.capacity={len(identities) // 10}",
                    f"evaluate.0.path={DATA}/open.rec", f"evaluate.1.path={DATA}/open.bin", *given.set]
        resume = ["--resume"] if os.path.exists(os.path.join(run, "checkpoints")) else []
        ffc("train", "configs/quickstart.yaml", *(word for s in settings for word in ("--set", s)), "--out", run, *resume)
    return run, json.load(open(summary))["eval"]["open"]


os.makedirs(OUT, exist_ok=True)
rng = random.Random(1)
truth = os.path.join(DATA, "train.rec")
images = read(truth)
identities = sorted({label for label, _ in images})
split = set(rng.sample(identities, len(identities) // 20))
shift = max(identities) + 1  # the second half of a split identity goes by its label plus this
dirty = []
for number, (label, image) in enumerate(images):
    told, flipped = label, False
    if rng.random() < 0.1:
        told = rng.choice([i for i in identities if i != label])
        flipped = True
    if told in split and rng.random() < 0.5:
        told += shift
    dirty.append((told, label, flipped, image))
names = {old: new for new, old in enumerate(sorted({d[0] for d in dirty}))}
dirty = sorted(((names[g], l, f, i) for g, l, f, i in dirty), key=lambda d: d[0])
pack = os.path.join(OUT, "dirty.rec")
write(pack, [(told, image) for told, _, _, image in dirty])

run, before = train("before", pack)
cleaned, joined = os.path.join(OUT, "clean"), os.path.join(OUT, "clean-join")
ffc("data", "clean", pack, "--checkpoint", run, "--out", cleaned)
ffc("data", "clean", pack, "--checkpoint", run, "--out", joined, "--join")

proposed = {int(line.split("\t")[0]) for line in open(f"{cleaned}/outliers.tsv").read().splitlines()[1:]}
wrong = {number for number, d in enumerate(dirty) if d[2]}
pairs = {tuple(sorted(map(int, line.split("\t")[:2]))) for line in open(f"{cleaned}/lookalikes.tsv").read().splitlines()[1:]}
halves = {tuple(sorted((names[i], names[i + shift]))) for i in split
          if i in names and i + shift in names}
_, after = train("after", os.path.join(cleaned, "train.rec"))
_, together = train("after-join", os.path.join(joined, "train.rec"))
_, best = train("truth", truth)


def show(what, found, wanted):
    hit = len(found & wanted)
    print(f"| {what} | {len(wanted)} | {len(found)} | {hit / max(1, len(found)):.3f} | {hit / max(1, len(wanted)):.3f} |")


print("| | to find | proposed | precision | recall |\n|---|---|---|---|---|")
show("flipped images", proposed, wrong)
show("split identities", pairs, halves)
print("\n| trained on | rank-1 | TAR@FAR 1e-3 | 1e-4 | 1e-5 |\n|---|---|---|---|---|")
for name, result in (("dirty", before), ("cleaned", after), ("cleaned, joined", together), ("true", best)):
    tar = result["tar_at_far"]
    print(f"| {name} | {result['rank1']:.4f} | {tar['1e-3']:.4f} | {tar['1e-4']:.4f} | {tar['1e-5']:.4f} |")
