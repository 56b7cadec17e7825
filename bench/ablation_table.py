#!/usr/bin/env python3
"""Table of the cells that bench/ablate.sh left in a folder: mean and range over the seeds."""
import explain

explain.on_help(__doc__)

import json
import pathlib
import re
import sys

cells = {}
for summary in sorted(pathlib.Path(sys.argv[1]).glob("*-seed*/summary.json")):
    name, seed = re.fullmatch(r"(.*)-seed(\d+)", summary.parent.name).groups()
    cells.setdefault(name, {})[int(seed)] = json.loads(summary.read_text())


def spread(values, digits=3):
    mean = sum(values) / len(values)
    return f"{mean:.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def far(cell, key):
    return cell["eval"]["open"]["tar_at_far"][key]


order = sorted(cells, key=lambda n: (n != "default", -sum(far(c, "1e-3") for c in cells[n].values()) / len(cells[n])))
print("| recipe | seeds | TAR@FAR=1e-3 | 1e-4 | 1e-5 | rank-1 |")
print("|---|---|---|---|---|---|")
for name in order:
    runs = list(cells[name].values())
    columns = [spread([far(r, key) for r in runs]) for key in ("1e-3", "1e-4", "1e-5")]
    rank1 = spread([r["eval"]["open"]["rank1"] for r in runs])
    print(f"| {name} | {len(runs)} | {' | '.join(columns)} | {rank1} |")
