#!/usr/bin/env python3
"""
Kills trainings at random moments, resumes them, and compares them bit by bit with unbroken ones.

    bench/kill_soak.py --kills 800 --cluster-kills 200 --disk-full 20 --seed 1 --out /tmp/kill-soak

Every round is one training of the quick start's config, cut down in sizes and steps by --set and in
nothing else, that is killed (SIGKILL), asked to stop (SIGTERM, SIGINT) or runs out of disk several
times on its way to the end: while it starts, trains, writes a checkpoint, evaluates, ends. It must
resume every time from the last checkpoint that it has announced or a later one, and end with the
losses, records, results and checkpoints of a run that nothing has disturbed. Rounds of several trainers
kill one of them, several, all, the process that started them, or a storage member. Their unbroken runs
are the same trainers as devices of one process (run.devices), or one process each.

Prints and writes what was killed, in which phase, and what came of it: OUT/result.json, OUT/result.md.
Exits with 1 if there is a single difference; the folder of that round stays, and its line says how to
repeat it. Needs python3, and ./ffc built or able to build itself; root for file systems that fill up
(otherwise files that may not grow).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from killsoak import cluster, single, tally  # noqa: E402
from killsoak.process import Failed  # noqa: E402
from killsoak.rounds import Round, Soak, write_json  # noqa: E402

JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -Xmx256m"  # a process that is killed after seconds gains nothing from more


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].strip())
    parser.add_argument("--kills", type=int, default=10, help="SIGKILLs of runs with one trainer (default 10)")
    parser.add_argument("--cluster-kills", type=int, default=5, help="SIGKILLs in runs of several trainers (default 5)")
    parser.add_argument("--disk-full", type=int, default=1, help="rounds on a disk that fills up (default 1)")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no round after so many minutes")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="decides every draw (default: the time)")
    parser.add_argument("--jobs", type=int, default=2, help="rounds at a time, of several trainers one (default 2)")
    parser.add_argument("--out", default="target/kill-soak", help="folder to work in (default target/kill-soak)")
    parser.add_argument("--round", help="repeat one round, such as single-17, cluster-3 or disk-1")
    parser.add_argument("--table", nargs="+", metavar="JSON", help="print the table of earlier results, added up")
    return parser.parse_args()


class Work:
    """Hands out rounds until enough has been killed, and keeps the books."""

    def __init__(self, options):
        self.options = options
        self.soak = Soak(options.out, options.seed, os.environ.get("FFC_JAVA_OPTS", JAVA_OPTIONS))
        self.lock = threading.Lock()
        self.begun = time.monotonic()
        self.results = []
        self.next = {"single": 0, "cluster": 0, "disk": 0}

    def done(self, kind):
        """The share of what is wanted of a kind."""
        options = self.options
        if kind == "disk":
            return self.next["disk"] / options.disk_full if options.disk_full else 1
        limit = options.cluster_kills if kind == "cluster" else options.kills
        return tally.kills([r for r in self.results if r["round"].startswith(kind)]) / limit if limit else 1

    def take(self, kinds):
        """The next round of the kind that is behind the others, or None."""
        with self.lock:
            kind = min(kinds, key=self.done)
            if self.done(kind) >= 1 or (time.monotonic() - self.begun) / 60 > self.options.minutes:
                return None
            self.next[kind] += 1
            return kind, self.next[kind]

    def worker(self, kinds):
        while (task := self.take(kinds)) is not None:
            self.play(*task)

    def play(self, kind, number):
        begun = time.monotonic()
        draw = Round(self.soak, f"{kind}-{number}")
        try:
            (cluster if kind == "cluster" else single).play(draw)
        except Failed as failure:
            draw.differences.append(str(failure))
        except Exception as failure:  # of this script: the books must stay right all the same
            traceback.print_exc()
            draw.differences.append(repr(failure))
        self.note(draw.result(time.monotonic() - begun))

    def note(self, result):
        folder = self.soak.out / result["round"]
        if not result["differences"]:
            subprocess.run(["umount", "-l", str(folder / "run")], capture_output=True)
            shutil.rmtree(folder, ignore_errors=True)
        with self.lock:
            self.results.append(result)
            print(tally.line(result, self.options.seed, folder), flush=True)
            self.write()

    def write(self):
        book = {"seed": self.options.seed, "seconds": round(time.monotonic() - self.begun), "rounds": self.results}
        write_json(self.soak.out / "result.json", book)
        (self.soak.out / "result.md").write_text(tally.table([book]), encoding="utf-8")


def main():
    options = arguments()
    if options.table:
        print(tally.table([json.loads(Path(file).read_text(encoding="utf-8")) for file in options.table]))
        return 0
    work = Work(options)
    print(f"kill_soak: seed {options.seed}, folder {work.soak.out}", flush=True)
    work.soak.prepare()
    if options.round:
        kind, number = options.round.rsplit("-", 1)
        work.play(kind, int(number))
    else:
        kinds = [["cluster", "single", "disk"]] + [["single", "disk"]] * (options.jobs - 1)
        threads = [threading.Thread(target=work.worker, args=(some,)) for some in kinds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    work.write()
    print((work.soak.out / "result.md").read_text(encoding="utf-8"))
    return 1 if any(result["differences"] for result in work.results) else 0


if __name__ == "__main__":
    sys.exit(main())
