"""Processes of the program, followed by what they print, killed and asked to stop."""

import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

STARTED = re.compile(r"training \d+ steps$|resuming after step (\d+) of \d+")
STEP = re.compile(r"step (\d+)/\d+ ")
CHECKPOINT = re.compile(r"step (\d+)  checkpoint (.+)")
EVALUATION = re.compile(r"step (\d+)  [A-Za-z0-9_-]+: ")
FOUND = re.compile(r"from .*/step-0*(\d+)$")
LOADED = "cluster: loading the state of rank"
BACK = re.compile(r"going back from step (\d+) to the checkpoint of step (\d+)")


class Failed(Exception):
    """Something that must not happen: a hang, a refusal to resume, work that is lost."""


class Run:
    """One process in a group of its own, with its children; every line it prints is kept with its time."""

    def __init__(self, command, folder, log, environment, file_limit=None):
        self.command = command
        self.lines = []  # (seconds, text)
        self.changed = threading.Condition()
        self.begun = time.monotonic()
        self.log = open(log, "a", encoding="utf-8")
        self.log.write("$ " + " ".join(command) + "\n")
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=limit_files(file_limit))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for raw in self.process.stdout:
            text = raw.decode("utf-8", "replace").rstrip("\n")
            self.log.write(text + "\n")
            with self.changed:
                self.lines.append((time.monotonic(), text))
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def texts(self):
        with self.changed:
            return [text for _, text in self.lines]

    def mark(self):
        """The place after the last line so far."""
        with self.changed:
            return len(self.lines)

    def find(self, pattern, after=0):
        """The first line from a place on that matches, as (time, match), or None."""
        with self.changed:
            for when, text in self.lines[after:]:
                match = pattern.match(text)
                if match:
                    return when, match
        return None

    def last(self, pattern):
        with self.changed:
            for when, text in reversed(self.lines):
                match = pattern.match(text)
                if match:
                    return when, match
        return None

    def await_line(self, accepts, seconds, after=0):
        """Waits for a line that the function accepts; False if the process ends first."""
        until = time.monotonic() + seconds
        seen = after
        while True:
            with self.changed:
                for _, text in self.lines[seen:]:
                    seen += 1
                    if accepts(text):
                        return True
                if not self.alive() and not self.reader.is_alive():
                    return False
                self.changed.wait(0.2)
            if time.monotonic() > until:
                self.hang(f"waited {seconds} s for a line")

    def pause(self, seconds):
        """Sleeps; False if the process ends meanwhile."""
        try:
            self.process.wait(seconds)
            return False
        except subprocess.TimeoutExpired:
            return True

    def await_exit(self, seconds):
        """The exit code, once the process and all of its children have ended."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.hang(f"did not end within {seconds} s")
        until = time.monotonic() + 90
        while group(self.pid):
            if time.monotonic() > until:
                self.hang("its children outlive it by 90 s")
            time.sleep(0.05)
        self.reader.join(10)
        self.log.flush()
        return self.process.returncode

    def signal(self, number):
        """To the process alone; SIGINT to its children as well, as a terminal sends Ctrl-C."""
        if self.alive() and number == signal.SIGINT:
            os.killpg(self.pid, number)
        elif self.alive():
            os.kill(self.pid, number)

    def kill(self):
        """SIGKILL for the process and its children, all at once."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        while group(self.pid):
            time.sleep(0.01)
        self.reader.join(10)
        self.log.flush()

    def children(self):
        """The trainers that a launcher has started, by rank."""
        ranks = {}
        for pid in group(self.pid):
            match = re.search(rb"\0--rank\0(\d+)\0", command_line(pid) + b"\0")
            if match and pid != self.pid:
                ranks[int(match.group(1))] = pid
        return ranks

    def hang(self, what):
        for pid in group(self.pid):
            stacks = subprocess.run(["jstack", str(pid)], capture_output=True, timeout=30).stdout
            self.log.write(f"--- threads of {pid}\n" + stacks.decode("utf-8", "replace"))
        self.kill()
        last = self.texts()[-1:] or ["nothing was printed"]
        raise Failed(f"hang: {what}; last line: {last[0]}")


def limit_files(size):
    if size is None:
        return None

    def limit():
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""  # it has ended


def group(leader):
    """Processes of a group that still run."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == leader and fields[0] not in "ZX":
                found.append(int(entry))
    return found
