"""What the rounds of one trainer and of several have in common: settings, unbroken runs, verdict."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from . import compare
from .process import CHECKPOINT, EVALUATION, FOUND, LOADED, STARTED, STEP, Failed, Run

HOME = Path(__file__).resolve().parents[2]
CONFIG = "configs/quickstart.yaml"
EVERY = 5  # steps between checkpoints
EVALUATE = compare.EVALUATE
PATIENCE = 300  # seconds without what must come: a hang

# Sizes only; everything else is as the quick start ships it.
SIZES = [
    "model.layers=[1,1]", "model.widths=[4,8]", "model.embedding=16", "data.idsPerBatch=12", "data.instancesPerBatch=8",
    "run.threads=1", "run.reportEvery=1", f"run.checkpointEvery={EVERY}", "run.best=open.tar_at_far.1e-3"]
MARGIN = "margin: {type: cosface, margin: 0.4, scale: 32}"
METHODS = {
    "ffc": [],
    "ffc two-row, ema, accumulate 2": [
        "method.update.type=two-row", "method.update.keep=", "method.galleryBatchNorm=ema", "run.accumulate=2"],
    "ffc without partner, warm fill": ["data.instancePartner=false", "method.warmFill=0.05"],
    "partial-fc": ["method={type: partial-fc, sampleRate: 0.1, %s}" % MARGIN],
    "full-fc dense, adamw": [
        "method={type: partial-fc, sampleRate: 1, update: dense, %s}" % MARGIN,
        "optimizer={type: adamw, learningRate: 0.001, schedule: {type: cosine}}"],
    "virtual-fc": ["method={type: virtual-fc, columns: 200, %s}" % MARGIN],
    "dcq": ["method={type: dcq, capacity: 200, galleryMomentum: 0.9, %s}" % MARGIN],
    "triplet": ["method={type: triplet, margin: 0.2}"],
}
PHASES = ["start", "training", "checkpoint", "evaluation", "end"]
STOPS = {signal.SIGTERM: 143, signal.SIGINT: 130}


class Soak:
    """What all rounds share: folders, environment, unbroken runs and the times that aims go by."""

    def __init__(self, out, seed, java_options):
        self.out = Path(out).resolve()
        self.seed = seed
        self.out.mkdir(parents=True, exist_ok=True)
        self.java_options = java_options
        self.environment = dict(os.environ, FFC_JAVA_OPTS=java_options)
        self.environment.pop("FFC_TRY", None)  # it would cut the steps
        self.lock = threading.Lock()
        self.locks = {}
        self.seconds = {"start": 3.0, "step": 0.05, "write": 0.05, "evaluation": 0.3, "end": 0.8}

    def prepare(self):
        """Builds the program where that is needed, cuts a small evaluation set, keeps loaded classes for faster starts."""
        self.ffc("--version")
        self.forget_other_programs()
        if not (self.out / "data" / "open.rec").exists():
            shutil.rmtree(self.out / "data", ignore_errors=True)
            self.ffc("data", "split", "data/quickstart/open.rec", "--open", "60", "--out", str(self.out / "data"))
        archive = self.out / "classes.jsa"
        if not archive.exists():
            options = f"{self.java_options} -XX:ArchiveClassesAtExit={archive}"
            self.environment["FFC_JAVA_OPTS"] = options
            self.unbroken("first start", ["run.steps=2"], 2, [(1, 2)])
        self.environment["FFC_JAVA_OPTS"] = f"{self.java_options} -XX:SharedArchiveFile={archive} -Xshare:auto"

    def ffc(self, *arguments):
        command = ["./ffc", *arguments]
        done = subprocess.run(command, cwd=HOME, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"kill_soak: {' '.join(command)} failed: {done.stderr.strip()}")

    def forget_other_programs(self):
        """Unbroken runs and loaded classes of another program would differ from runs of this one."""
        digest = hashlib.sha256()
        for file in sorted(HOME.glob("*/target/classes/**/*")) + [HOME / "ffc", HOME / CONFIG]:
            if file.is_file():
                digest.update(str(file.relative_to(HOME)).encode() + b"\0" + file.read_bytes())
        mark = self.out / "program.sha256"
        if not mark.exists() or mark.read_text(encoding="utf-8") != digest.hexdigest():
            shutil.rmtree(self.out / "unbroken", ignore_errors=True)
            shutil.rmtree(self.out / "data", ignore_errors=True)
            (self.out / "classes.jsa").unlink(missing_ok=True)
            mark.write_text(digest.hexdigest(), encoding="utf-8")

    def command(self, settings, steps, *more):
        """steps: where the run ends; None for one that another goes on from."""
        at = "" if steps is None else f", at: [{steps}]"
        evaluate = (
            f"evaluate=[{{name: open, format: recordio, path: '{self.out}/data/open.rec', every: {EVALUATE}{at}}}]")
        command = ["./ffc", "train", CONFIG]
        for setting in (*SIZES, evaluate, *settings):
            command += ["--set", setting]
        return [*command, *more]

    def launch(self, command, folder, **options):
        return Run(command, HOME, folder / "output.log", self.environment, **options)

    def unbroken(self, name, settings, steps, segments):
        """
        The folder of a run that nothing has disturbed.

        segments: (trainers, last step) in turn. Several trainers are the devices of one process; where their
        number changes, a run of the next number goes on from the checkpoint. Runs of one number are made once.
        """
        folder = self.out / "unbroken" / name.replace(" ", "-").replace(",", "")
        with self.lock:
            lock = self.locks.setdefault(name, threading.Lock())
        with lock:
            # One "of" a round is that round's alone: repeated, the round has other segments.
            if not name.startswith("of ") and (folder / "run" / "report.html").exists():
                return folder / "run"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for number, last in segments:
                more = [f"run.steps={last}", f"optimizer.schedule.steps={steps}"]
                if number > 1:
                    more.append(f"run.devices={list(range(number))}")
                again = ["--resume"] if (folder / "run").exists() else []
                end = steps if last == steps else None
                command = self.command([*settings, *more], end, "--out", str(folder / "run"), *again)
                run = self.launch(command, folder)
                code = run.await_exit(6 * PATIENCE)
                if code:
                    raise Failed(f"the unbroken run ended with {code}: {run.texts()[-1:]}")
                if not again:
                    self.learn(run, last)
            return folder / "run"

    def learn(self, run, last):
        """Moves the times that aims go by towards those of a run that was not disturbed."""
        started, ended = run.find(STARTED), run.lines[-1][0]
        times = {}
        if started:
            times["start"] = started[0] - run.begun
        for when, match in [(w, STEP.match(t)) for w, t in run.lines if STEP.match(t)]:
            if int(match.group(1)) == last:
                times["end"] = ended - when
        for kind, pattern, every in (("write", CHECKPOINT, EVERY), ("evaluation", EVALUATION, EVALUATE)):
            found = run.find(pattern)
            at = found and [w for w, t in run.lines if STEP.match(t) and STEP.match(t).group(1) == found[1].group(1)]
            if at:
                times[kind] = found[0] - at[-1]
        self.adjust(**times)

    def adjust(self, **times):
        with self.lock:
            for kind, value in times.items():
                self.seconds[kind] += 0.5 * (max(0.01, value) - self.seconds[kind])

    def evaluates(self, checkpoint):
        """Whether `ffc eval` takes a checkpoint."""
        command = ["./ffc", "eval", "--checkpoint", str(checkpoint), "--data", str(self.out / "data" / "open.rec"),
                   "--format", "recordio"]
        done = subprocess.run(command, cwd=HOME, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode == 0


class Round:
    """One run from its first start to its end, whatever happens to it on the way."""

    def __init__(self, soak, name):
        self.soak = soak
        self.name = name
        self.number = int(name.rsplit("-", 1)[1])
        self.scenario = ""
        self.steps = 0
        self.random = random.Random(f"{soak.seed} {self.name}")
        self.folder = soak.out / self.name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.blows = []  # {"what": "kill", "phase": "training"}
        self.resumes = 0
        self.lost = 0
        self.differences = []

    def struck(self, what, phase):
        self.blows.append({"what": what, "phase": phase})

    def check(self, before, run):
        """A resume goes on from the last checkpoint that was announced, or from a later one."""
        at = resumed_at(run)
        if before is None or at is None:
            return
        wanted = max(announced(before), found_on_disk(before))
        if at < wanted:
            raise Failed(f"resumed after step {at}, though the checkpoint of step {wanted} had been announced")
        self.lost += max(0, seen(before) - at)

    def aim(self, run, phase, checkpoints, after=0):
        """Waits for a moment of a phase by what is printed from a place on, or until the process ends."""
        if phase == "start":
            run.pause(self.uniform("start", 1.1))
            return
        left = self.random.randint(1, 10)

        def reached(text):
            nonlocal left
            match = STEP.match(text)
            if text.startswith("done after"):
                return True  # nothing was left to train
            if not match:
                return False
            step = int(match.group(1))
            left -= 1
            wanted = {"training": left <= 0, "checkpoint": step % EVERY == 0, "evaluation": step % EVALUATE == 0}
            return wanted.get(phase, step == self.steps)

        if not run.await_line(reached, PATIENCE, after):
            return
        if phase == "checkpoint" and self.random.random() < 0.7:
            until = time.monotonic() + 4 * self.soak.seconds["write"]
            while time.monotonic() < until and run.alive() and not any(checkpoints.glob(".writing*")):
                time.sleep(0.0005)
            run.pause(self.uniform("write", 0.5))
        else:
            run.pause(self.uniform({"training": "step", "checkpoint": "write"}.get(phase, phase)))

    def uniform(self, kind, factor=1.0):
        return self.random.uniform(0, factor * self.soak.seconds[kind])

    def settled(self, run, reference, others=()):
        """Compares the ended run with the unbroken one; now and then the last checkpoint is evaluated, too."""
        self.differences += compare.differences(run, reference, self.steps, others)
        if not self.differences and self.number % 20 == 0:
            for folder in (run, *others):
                last = folder / "checkpoints" / compare.name_of(self.steps)
                if last.is_dir() and not self.soak.evaluates(last):
                    self.differences.append(f"ffc eval does not take {last}")

    def result(self, seconds):
        return {
            "round": self.name, "scenario": self.scenario, "blows": self.blows, "resumes": self.resumes,
            "lost": self.lost, "differences": self.differences, "seconds": round(seconds, 1)}


def announced(run):
    """The last step whose checkpoint the process has announced, or 0."""
    steps = [int(m.group(1)) for m in map(CHECKPOINT.match, run.texts()) if m and not m.group(2).endswith("best")]
    return max(steps, default=0)


def seen(run):
    """The last step that the process has printed, or 0."""
    last = run.last(STEP)
    return int(last[1].group(1)) if last else 0


def resumed_at(run):
    """The step that a process has begun after, or None if it has not come that far."""
    started = run.find(STARTED)
    return None if started is None else int(started[1].group(1) or 0)


def found_on_disk(run):
    """
    The step of the checkpoint that a process had when it began, or 0. One that was given the state of another
    trainer stands at a later step than its disk, and so does the whole run if all are lost then.
    """
    if not any(text.startswith(LOADED) for text in run.texts()):
        return resumed_at(run) or 0
    found = run.find(FOUND)
    return 0 if found is None else int(found[1].group(1))


def later(before, run):
    """Of two processes of a run, the one that tells where the next goes on: a process may be killed at its start."""
    return run if before is None or resumed_at(run) is not None else before


def phase_of(run, checkpoints, steps):
    """Where a process was when it was killed, by what it has printed and left."""
    if resumed_at(run) is None:
        return "start"
    if any(path.name.startswith((".writing", ".old")) for path in checkpoints.glob(".*")):
        return "checkpoint"
    step = seen(run)
    texts = run.texts()
    done = {int(m.group(1)) for m in map(EVALUATION.match, texts) if m}
    if step and (step % EVALUATE == 0 or step == steps) and step not in done:
        return "evaluation"
    if step == steps or resumed_at(run) == steps:
        return "end"
    return "training"


def write_json(file, value):
    aside = file.with_name("." + file.name)
    aside.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    os.replace(aside, file)
