"""Rounds of one trainer: killed in every phase, asked to stop, out of disk."""

import os
import signal
import subprocess

from .process import Failed
from .rounds import METHODS, PATIENCE, PHASES, STOPS, announced, later, phase_of, resumed_at, seen

STEPS = 30


def play(draw):
    """One round of a method by draw, most of them FFC as shipped."""
    method = draw.random.choice(list(METHODS)[:1] * 4 + list(METHODS)[1:])
    draw.scenario, draw.steps = method, STEPS
    settings = [*METHODS[method], f"run.steps={STEPS}"]
    reference = draw.soak.unbroken(method, settings, STEPS, [(1, STEPS)])
    if draw.name.startswith("disk"):
        fill_disk(draw, settings)
    else:
        break_often(draw, settings)
    draw.settled(draw.folder / "run", reference)


def break_often(draw, settings):
    phases = [draw.random.choice(PHASES[:4]) for _ in range(draw.random.randint(4, 6))]
    phases += ["end"] * draw.random.choice([1, 1, 2])
    before = None
    for phase in phases:
        run = launch(draw, settings, again=before is not None)
        number = draw.random.choice([signal.SIGKILL] * 14 + [signal.SIGTERM, signal.SIGINT])
        draw.aim(run, phase, draw.folder / "run" / "checkpoints")
        strike(draw, run, number)
        draw.check(before, run)
        if run.process.returncode == 0:
            return
        before = later(before, run)
    run = launch(draw, settings, again=True)
    end(draw, before, run)


def launch(draw, settings, again, **options):
    more = ["--out", str(draw.folder / "run")] + (["--resume"] if again else [])
    draw.resumes += again
    return draw.soak.launch(draw.soak.command(settings, STEPS, *more), draw.folder, **options)


def end(draw, before, run):
    code = run.await_exit(PATIENCE)
    draw.check(before, run)
    if code:
        raise Failed(f"a resumed run ended with {code}: {' / '.join(run.texts()[-2:])}")


def strike(draw, run, number):
    """Sends the signal, unless the process has ended; notes what was struck where."""
    if not run.alive():
        code = run.await_exit(PATIENCE)
        if code:
            raise Failed(f"ended with {code} by itself: {' / '.join(run.texts()[-2:])}")
        return
    if number == signal.SIGKILL:
        run.kill()
        draw.struck("kill", phase_of(run, draw.folder / "run" / "checkpoints", STEPS))
        return
    started = resumed_at(run) is not None
    phase = phase_of(run, draw.folder / "run" / "checkpoints", STEPS)
    run.signal(number)
    code = run.await_exit(PATIENCE)
    draw.struck(number.name[3:], phase)
    if code not in (0, STOPS[number], -number):  # the last: before the JVM listens
        raise Failed(f"{number.name}: exit code {code}, wanted {STOPS[number]}: {' / '.join(run.texts()[-2:])}")
    if started and code and announced(run) < seen(run):
        raise Failed(f"{number.name}: no checkpoint of step {seen(run)}, the last one made")


def fill_disk(draw, settings):
    """The file system of the run fills up, or, without the right to mount one, its files may not grow."""
    before = None
    folder = draw.folder / "run"
    for size in sorted(draw.random.randint(10, 300) for _ in range(2)):
        limit = None if mount(folder, size) else size * 1024
        run = launch(draw, settings, again=before is not None, file_limit=limit)
        code = run.await_exit(PATIENCE)
        draw.check(before, run)
        before = later(before, run)
        if code == 0:
            break  # it fitted
        draw.struck("disk full", phase_of(run, folder / "checkpoints", STEPS))
        text = [line for line in run.texts() if not line.startswith(("step ", "[W"))]
        if code not in (1, 2) or not said(text):
            raise Failed(f"disk full: exit code {code} and {' / '.join(text[-2:])!r}")
    if os.path.ismount(folder):
        mount(folder, 65536)
    if code:
        run = launch(draw, settings, again=True)
        end(draw, before, run)


def said(text):
    words = ("No space left", "File too large", "space", "full")
    return any(word in line for line in text[-3:] for word in words) and not any("\tat " in line for line in text)


def mount(folder, kibibytes):
    """Gives the folder a file system of that size, or that size to the one it has; False without the right to."""
    folder.mkdir(exist_ok=True)
    options = f"{'remount,' if os.path.ismount(folder) else ''}size={kibibytes}k"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
