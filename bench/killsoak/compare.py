"""What a broken and resumed run must have in common with an unbroken one: all of it, bit by bit."""

import filecmp
import json
from pathlib import Path

EVALUATE = 8  # steps between evaluations: with a checkpoint now and then, mostly without

# Of one process, not of the run: times, memory, traffic, caches.
NOT_OF_THE_RUN = ("images_per_second", "seconds", "data_wait_share", "rss_bytes")
SHARED = ("group_", "gallery_", "queue_", "columns_")  # figures that all trainers have in common
OWN = ("existing_", "probe_")  # of a trainer's share of the batch


def steps(folder, statistics):
    """Lines of steps.jsonl as they must repeat, in the order of the file."""
    found = []
    for line in lines(folder / "steps.jsonl"):
        record = {key: value for key, value in line.items() if key not in NOT_OF_THE_RUN}
        record["statistics"] = {
            key: value for key, value in line["statistics"].items() if key.startswith(statistics)}
        found.append(record)
    return found


def trainers(folder):
    """How many trainers made each step, by step."""
    return {line["step"]: int(line["statistics"].get("trainers", 1)) for line in lines(folder / "steps.jsonl")}


def evaluations(folder):
    found = []
    for line in lines(folder / "evaluations.jsonl"):
        line.pop("seconds", None)
        found.append(line)
    return found


def lines(file):
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def differences(run, reference, last, others=()):
    """
    Every difference between a run and an unbroken one; none is wanted.

    run: folder of the first trainer; others: folders of the other trainers that reached the end, which
    may have records of steps that the first was not there for.
    """
    found = []
    statistics = SHARED if others else SHARED + OWN
    wanted = {record["step"]: record for record in steps(reference, statistics)}
    if sorted(wanted) != list(range(1, last + 1)):
        found.append(f"the unbroken run has records of {len(wanted)} steps, wanted {last}")
    seen = set()
    for folder in (run, *others):
        numbers = []
        for record in steps(folder, statistics):
            step = record["step"]
            numbers.append(step)
            if record != wanted.get(step):
                keys = [key for key in record if record[key] != wanted.get(step, {}).get(key)]
                found.append(f"{folder.name}/steps.jsonl: step {step} differs in {', '.join(keys)}")
        if numbers != sorted(set(numbers)):
            found.append(f"{folder.name}/steps.jsonl: steps are doubled or out of order")
        seen.update(numbers)
    missing = sorted(set(wanted) - seen)
    if missing:
        found.append(f"no record of {len(missing)} steps, the first of them {missing[0]}")
    found += evaluation_differences(run, reference, others, last)
    found += file_differences(run, reference, last, others)
    return found


def evaluation_differences(run, reference, others, last):
    # An unbroken run in pieces is judged at the end of each as well.
    wanted = {
        (line["step"], line["set"]): line for line in evaluations(reference)
        if line["step"] % EVALUATE == 0 or line["step"] == last}
    found, seen = [], set()
    for folder in (run, *others):
        keys = []
        for line in evaluations(folder):
            key = (line["step"], line["set"])
            keys.append(key)
            if line != wanted.get(key):
                found.append(f"{folder.name}/evaluations.jsonl: {key[1]} at step {key[0]} differs")
        if len(keys) != len(set(keys)):
            found.append(f"{folder.name}/evaluations.jsonl: results are doubled")
        seen.update(keys)
    found += [f"no result of {name} at step {step}" for step, name in sorted(set(wanted) - seen)]
    return found


def file_differences(run, reference, last, others):
    found = []
    ends = [folder for folder in (run, *others) if (folder / "checkpoints" / name_of(last)).is_dir()]
    if not ends:
        return [f"no checkpoint of the last step, {last}"]
    for name in (name_of(last), "best"):
        wanted = reference / "checkpoints" / name
        if wanted.is_dir():
            holders = [folder for folder in (run, *others) if (folder / "checkpoints" / name).is_dir()]
            if not any(same_files(folder / "checkpoints" / name, wanted) for folder in holders):
                found.append(f"checkpoint {name} differs from that of the unbroken run")
    summary = run / "summary.json"
    if not summary.exists():
        found.append("no summary.json")
    else:
        got = json.loads(summary.read_text(encoding="utf-8"))
        want = json.loads((reference / "summary.json").read_text(encoding="utf-8"))
        for key in ("finished", "steps", "images", "skipped_steps", "eval"):
            if got.get(key) != want.get(key):
                found.append(f"summary.json: {key} differs")
    report = run / "report.html"
    if not report.exists() or report.stat().st_size == 0:
        found.append("no report.html")
    for folder in (run, *others):
        found += [f"left over: {path.relative_to(folder)}" for path in left_over(folder)]
    return found


def left_over(folder):
    """Half-written files of a process that was killed, which a finished run has no more."""
    return [path for path in (*folder.glob("checkpoints/.*"), *folder.glob("*.tmp"), *folder.glob(".*.writing"))]


def name_of(step):
    return f"step-{step:08d}"


def same_files(left, right):
    names = sorted(path.name for path in left.iterdir())
    if names != sorted(path.name for path in right.iterdir()):
        return False
    return not any(filecmp.cmpfiles(left, right, names, shallow=False)[1:])
