"""Does TensorBoard read a run's event files, and do they say what the run's own records say?

    venv/bin/python bench/tensorboard_check.py RUN_DIRECTORY...

Wants tensorboard in the venv: docs/testing.md, The scripts' Python.

Opens each run with TensorBoard's own reader and compares every scalar with steps.jsonl and
evaluations.jsonl, as f32. Ends with 1 if a value is missing or differs.
"""
import explain

explain.on_help(__doc__)

import importlib.metadata
import json
import pathlib
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def expected(run):
    """{(tag, step): value} of the records."""
    values = {}
    for line in map(json.loads, (run / "steps.jsonl").read_text().splitlines()):
        for key in ("loss", "learning_rate", "gradient_norm", "images_per_second", "data_wait_share", "rss_bytes"):
            if key in line:
                values[key, line["step"]] = line[key]
        for group, prefix in (("terms", "loss/"), ("statistics", "statistics/")):
            values.update({(prefix + name, line["step"]): v for name, v in line[group].items()})
    records = run / "evaluations.jsonl"
    for line in map(json.loads, records.read_text().splitlines() if records.exists() else ()):
        prefix, figures = f"eval/{line['set']}/", line["figures"]
        for name, value in figures.items():
            if name == "tar_at_far":
                values.update({(f"{prefix}tar_at_far_{far}", line["step"]): tar for far, tar in value.items()})
            else:
                values[prefix + name, line["step"]] = value
    return values


wrong = 0
for run in map(pathlib.Path, sys.argv[1:]):
    if not (run / "steps.jsonl").exists():
        print(f"{run}: no run directory, it has no steps.jsonl", file=sys.stderr)
        sys.exit(2)
    reader = EventAccumulator(str(run), size_guidance={"scalars": 0})
    reader.Reload()
    found = {(tag, event.step): event.value for tag in reader.Tags()["scalars"] for event in reader.Scalars(tag)}
    wanted = {key: f32(value) for key, value in expected(run).items()}
    bad = [key for key in wanted if key not in found or found[key] != wanted[key]]
    more = [key for key in found if key not in wanted]
    wrong += len(bad) + len(more)
    print(f"{run}: {len(wanted)} values of {len({tag for tag, _ in wanted})} scalars,"
          f" {len(bad)} missing or different, {len(more)} unknown {(bad + more)[:3]}")
print("TensorBoard", importlib.metadata.version("tensorboard"), "- all equal" if not wrong else "- DIFFERENCES")
sys.exit(1 if wrong else 0)
