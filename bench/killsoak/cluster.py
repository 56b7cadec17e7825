"""Rounds of several trainers: one of them killed, several, all, who started them, or a storage member."""

import os
import signal
import socket
import time

from .compare import trainers
from .process import BACK, Failed
from .rounds import CONFIG, HOME, METHODS, PATIENCE, PHASES, STOPS, announced, later, phase_of, resumed_at, seen

# method, trainers, onLoss, storage members; the trainers are started by the launcher or one by one
SCENARIOS = [
    ("ffc", 2, "wait", 0), ("ffc", 3, "wait", 0), ("ffc", 2, "wait", 1), ("ffc", 3, "shrink", 0),
    ("ffc", 3, "shrink", 1), ("partial-fc", 2, "wait", 0), ("partial-fc", 2, "wait", 1), ("partial-fc", 3, "shrink", 1),
]
STEPS = {"wait": 48, "shrink": 120}  # those that are left go on while a lost one comes back
RESTARTS = 3  # of one trainer by the launcher
WAY_ON = "start rank 0 with --resume, and the others"
SETTLE = 60  # seconds in which a trainer that comes back must find the others, if they are there


def play(draw):
    """One round of a scenario by draw."""
    method, number, policy, storage = draw.random.choice(SCENARIOS)
    by_launcher = not storage and draw.random.random() < 0.6
    draw.steps = STEPS[policy]
    draw.scenario = (
        f"{method}, {number} trainers, {policy}, " + ("by --trainers" if by_launcher else "by --rank")
        + (", storage member" if storage else ""))
    settings = [*METHODS[method], f"run.steps={draw.steps}"]
    team = Launched(draw, settings, number, policy) if by_launcher else Ranks(draw, settings, number, policy, storage)
    try:
        run, *others = team.play()
    finally:
        team.kill_all()
    if policy == "wait":
        segments = [(number, draw.steps)]
        reference = draw.soak.unbroken(f"{method} {number} {draw.steps}", settings, draw.steps, segments)
    else:
        segments = segments_of((run, *others), draw.steps)
        reference = draw.soak.unbroken(f"of {draw.name}", settings, draw.steps, segments)
    draw.settled(run, reference, others)


def segments_of(folders, last):
    """(trainers, last step) in turn, by the records of those that were there."""
    number = {}
    for folder in reversed(folders):
        number.update(trainers(folder))
    segments = []
    for step in range(1, last + 1):
        if step not in number:
            raise Failed(f"no trainer that reached the end has a record of step {step}")
        if segments and segments[-1][0] == number[step]:
            segments.pop()
        segments.append((number[step], step))
    return segments


def going_back(run):
    """Steps made again because a trainer's class centres were lost."""
    return sum(int(m.group(1)) - int(m.group(2)) for m in map(BACK.match, run.texts()) if m)


class Launched:
    """Trainers that `./ffc train --trainers N` has started and starts again."""

    def __init__(self, draw, settings, number, policy):
        self.draw = draw
        self.number = number
        self.folder = draw.folder / "run"
        port = draw.random.randint(15000, 25000)
        self.settings = [*settings, f"cluster.onLoss={policy}", f"cluster.port={port}", f"cluster.name=soak-{port}"]
        self.quorum(policy)
        self.run = None

    def quorum(self, policy):
        if policy == "shrink":
            self.settings.append("cluster.quorum=1")  # one machine: no network that could split

    def play(self):
        before = None
        for _ in range(self.draw.random.randint(1, 2)):
            before = self.broken(before)
            if self.run.process.returncode == 0:
                return self.folders()
        self.start(again=True)
        code = self.run.await_exit(2 * PATIENCE)
        self.draw.check(before, self.run)
        self.draw.lost += going_back(self.run)
        if code:
            raise Failed(f"a resumed run ended with {code}: {' / '.join(self.run.texts()[-2:])}")
        return self.folders()

    def folders(self):
        return [self.folder, *(self.folder / f"rank-{rank}" for rank in range(1, self.number))]

    def start(self, again):
        self.draw.resumes += again
        command = self.draw.soak.command(
            self.settings, self.draw.steps, "--trainers", str(self.number), "--out", str(self.folder),
            *(["--resume"] if again else []))
        self.run = self.draw.soak.launch(command, self.draw.folder)

    def broken(self, before):
        """One launch: trainers are killed one by one, then all of it is, or is asked to stop, or is left alone."""
        self.start(again=before is not None)
        hits = [0] * self.number
        mark = 0
        for _ in range(self.draw.random.randint(2, 4)):
            rank = self.draw.random.randrange(self.number)
            phase = self.draw.random.choice(PHASES[:4] * 4 + PHASES[4:])  # the end comes once
            if hits[rank] == RESTARTS:
                continue
            self.draw.aim(self.run, phase, self.folder / "checkpoints", mark)
            pid = self.run.children().get(rank) if self.run.alive() else None
            if pid is None:
                break  # it has ended, or has not been started again yet
            mark = self.run.mark()
            where = "start" if phase == "start" else phase_of(self.run, self.folder / "checkpoints", self.draw.steps)
            os.kill(pid, signal.SIGKILL)
            hits[rank] += 1
            self.draw.struck(f"kill of rank {rank}", where)
            self.draw.resumes += 1  # by the launcher
        self.last_blow(mark)
        self.draw.check(before, self.run)
        self.draw.lost += going_back(self.run)
        return later(before, self.run)

    def last_blow(self, mark):
        what = self.draw.random.choice(["all", "all", "launcher", "TERM", "INT", "nothing"])
        if what != "nothing":
            self.draw.aim(self.run, self.draw.random.choice(PHASES), self.folder / "checkpoints", mark)
        where = phase_of(self.run, self.folder / "checkpoints", self.draw.steps)
        begun = resumed_at(self.run) is not None
        if what == "all" and self.run.alive():
            self.run.kill()
            self.draw.struck("kill of all", where)
        elif what == "launcher" and self.run.alive():
            self.run.signal(signal.SIGKILL)
            self.draw.struck("kill of the launcher", where)
            self.run.await_exit(PATIENCE)  # its trainers stop by themselves
        elif what in ("TERM", "INT") and self.run.alive():
            number = signal.Signals[f"SIG{what}"]
            self.run.signal(number)
            code = self.run.await_exit(PATIENCE)
            self.draw.struck(what, where)
            if code not in (0, STOPS[number], -number):  # the last: before the JVM listens
                raise Failed(f"SIG{what}: exit code {code}, wanted {STOPS[number]}: {' / '.join(self.run.texts()[-2:])}")
            if begun and code and announced(self.run) < seen(self.run):
                raise Failed(f"SIG{what}: no checkpoint of step {seen(self.run)}, the last one made")
        else:
            code = self.run.await_exit(2 * PATIENCE)
            if code:
                raise Failed(f"ended with {code}: {' / '.join(self.run.texts()[-2:])}")

    def kill_all(self):
        if self.run is not None:
            self.run.kill()


class Ranks:
    """Trainers that are started one by one, and perhaps a storage member."""

    def __init__(self, draw, settings, number, policy, storage):
        self.draw = draw
        self.number = number
        ports = free_ports(number + storage)
        members = ", ".join(f"127.0.0.1:{port}" for port in ports)
        self.ports = ports
        self.settings = [
            *settings, f"cluster.onLoss={policy}", f"cluster.members=[{members}]", f"cluster.name=soak-{ports[0]}"]
        if policy == "shrink":
            self.settings.append("cluster.quorum=1")
        self.storage = storage
        self.runs = {}
        self.told = None  # the last process of rank 0 that has said where it goes on

    def folder(self, rank):
        return self.draw.folder / f"trainer-{rank}"

    def start(self, rank, again):
        port = self.ports[rank]
        if rank == self.number:
            command = ["./ffc", "member", CONFIG, "--trainers", str(self.number), "--port", str(port)]
            for setting in self.settings:
                if setting.startswith("cluster."):
                    command += ["--set", setting]
        else:
            command = self.draw.soak.command(
                [*self.settings, f"cluster.port={port}"], self.draw.steps, "--trainers", str(self.number), "--rank",
                str(rank), "--out", str(self.folder(rank)), *(["--resume"] if again else []))
        self.draw.resumes += again
        log = self.draw.folder / f"member-{rank}"
        log.mkdir(exist_ok=True)
        self.runs[rank] = self.draw.soak.launch(command, log)

    def play(self):
        for rank in range(self.number + self.storage):
            self.start(rank, again=False)
        for _ in range(self.draw.random.randint(2, 4)):
            if not self.blow():
                break
        return self.end()

    def first(self):
        """Whose lines tell how far the run is: the first trainer that has begun, or else the first that is there."""
        alive = [self.runs[rank] for rank in range(self.number) if self.runs[rank].alive()]
        begun = [run for run in alive if resumed_at(run) is not None]
        return (begun or alive or [self.runs[0]])[0]

    def blow(self):
        """Kills some; what was killed is started again. False if the run has ended."""
        first = self.first()
        everyone = list(self.runs)
        victims = self.draw.random.choice([
            [self.draw.random.randrange(self.number)], [self.draw.random.randrange(self.number)],
            self.draw.random.sample(range(self.number), 2), everyone, everyone[self.number:] or [0]])
        rank = next(rank for rank, run in self.runs.items() if run is first)
        checkpoints = self.folder(rank) / "checkpoints"
        phase = self.draw.random.choice(PHASES[:4] * 4 + PHASES[4:])  # the end comes once
        self.draw.aim(first, phase, checkpoints, first.mark())
        if not all(run.alive() for run in self.runs.values()):
            return False
        self.told = later(self.told, self.runs[0])
        where = {v: "start" if v < self.number and resumed_at(self.runs[v]) is None
                 else phase_of(first, checkpoints, self.draw.steps) for v in victims}
        for victim in victims:
            self.runs[victim].signal(signal.SIGKILL)
        for victim in victims:
            self.runs[victim].kill()
            self.draw.struck("kill of " + (f"rank {victim}" if victim < self.number else "the storage member"), where[victim])
        time.sleep(self.draw.random.uniform(0, 1))
        for victim in victims:
            self.start(victim, again=True)
        if len(victims) == len(everyone):
            self.all_resumed()
        return True

    def all_resumed(self):
        """Only after the loss of all does a run go back to what the disk has."""
        self.runs[0].await_line(lambda text: resumed_at(self.runs[0]) is not None, PATIENCE)
        self.draw.check(self.told, self.runs[0])

    def start_all(self):
        self.told = later(self.told, self.runs[0])
        self.kill_all()
        for rank in self.runs:
            self.start(rank, again=True)
        self.all_resumed()

    def end(self):
        """Waits for the end; folders of the trainers that reached it."""
        until = time.monotonic() + 2 * PATIENCE
        alone = None
        while True:
            codes = {rank: self.runs[rank].process.poll() for rank in range(self.number)}
            bad = {rank: code for rank, code in codes.items() if code}
            if bad:
                rank, code = next(iter(bad.items()))
                self.runs[rank].reader.join(10)
                if WAY_ON in " ".join(self.runs[rank].texts()[-2:]) and code == 1:
                    self.start_all()  # as it says: no one else has the lost trainer's class centres
                    continue
                raise Failed(f"rank {rank} ended with {code}: {' / '.join(self.runs[rank].texts()[-2:])}")
            if all(code == 0 for code in codes.values()):
                break
            if 0 in codes.values():
                alone = alone or time.monotonic()
                if time.monotonic() - alone > SETTLE:
                    break  # the others had finished before it was back
            if time.monotonic() > until:
                self.first().hang("the run does not end")
            time.sleep(0.2)
        self.draw.lost += sum(going_back(self.runs[rank]) for rank in range(self.number))
        # Some may have been killed when the others had finished: then those others have the run.
        return [self.folder(rank) for rank, code in codes.items() if code == 0]

    def kill_all(self):
        for run in self.runs.values():
            run.kill()


def free_ports(number):
    sockets = [socket.socket() for _ in range(number)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports
