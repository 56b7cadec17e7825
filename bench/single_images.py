#!/usr/bin/env python3
"""Takes images away from a folder tree until a share of its identities has a single one: how methods
fare where most identities have one image. Identities are drawn at random, and so is the image that
each keeps; the others go.

  ./ffc data unpack data/faces/train.rec --out runs/faces
  bench/single_images.py runs/faces --share 0.8 --seed 1
  ./ffc data import runs/faces --size 64 --out runs/faces-80

Needs Python alone. The tree is changed in place; called again with the same share it changes nothing.
"""
import argparse
import pathlib
import random
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=pathlib.Path, help="folders of images, one an identity")
    parser.add_argument("--share", type=float, default=0.8, help="of the identities, in (0, 1]")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not 0 < arguments.share <= 1:
        sys.exit(f"--share: got {arguments.share}, wanted more than 0 and at most 1")
    if not arguments.tree.is_dir():
        sys.exit(f"{arguments.tree}: no such folder; ./ffc data unpack makes one")
    identities = {folder: sorted(p for p in folder.iterdir() if p.is_file())
                  for folder in sorted(arguments.tree.iterdir()) if folder.is_dir()}
    several = [folder for folder, images in identities.items() if len(images) > 1]
    singles = sum(len(images) == 1 for images in identities.values())
    wanted = -int(-arguments.share * len(identities) // 1) - singles
    chosen = random.Random(arguments.seed)
    removed = 0
    for folder in chosen.sample(several, min(len(several), max(0, wanted))):
        kept = chosen.choice(identities[folder])
        for image in identities[folder]:
            if image != kept:
                image.unlink()
                removed += 1
    share = (singles + max(0, min(len(several), wanted))) / max(1, len(identities))
    print(f"{arguments.tree}: {len(identities)} identities, {share:.1%} of them with one image; {removed} images removed")


if __name__ == "__main__":
    main()
