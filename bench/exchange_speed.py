#!/usr/bin/env python3
"""The exchange between trainers beside PyTorch's gloo: all-gather and all-reduce, loopback, in pairs.

  python3 -m venv venv && venv/bin/pip install torch numpy
  venv/bin/python bench/exchange_speed.py [--pairs 3] [--markdown FILE]

2 and 3 processes gather 260 KiB and 4 MiB each and add up 25 million floats. Both sides run in turn;
each run gives the median over its calls (the first fifth left out), the table the median over the runs.
The exchange checks every record against a checksum, gloo does not.
"""
import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import sys

HOME = pathlib.Path(__file__).resolve().parent.parent
FLOATS = 25_000_000
CASES = [(2, 260 << 10, 200), (3, 260 << 10, 200), (2, 4 << 20, 40), (3, 4 << 20, 40)]
GLOO = """
import sys, time, torch, torch.distributed as dist
world, rank, port, size, repeats, floats, reduces = map(int, sys.argv[1:])
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", world_size=world, rank=rank)
mine = torch.zeros(size, dtype=torch.uint8)
everyone = [torch.empty_like(mine) for _ in range(world)]
values = torch.zeros(floats)
def times(repeats, call):
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    timed = sorted(seconds[repeats // 5:])
    return timed[len(timed) // 2] * 1e3, timed[int(0.99 * (len(timed) - 1))] * 1e3
gather = times(repeats, lambda: dist.all_gather(everyone, mine))
reduce = times(reduces, lambda: dist.all_reduce(values)) if reduces else None
if rank == 0:
    print("gather p50 %.3f p99 %.3f" % gather)
    if reduce:
        print("reduce p50 %.3f p99 %.3f" % reduce)
dist.barrier()
dist.destroy_process_group()
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def run(commands):
    processes = [subprocess.Popen(c, cwd=HOME, stdout=subprocess.PIPE, text=True) for c in commands]
    out = [p.communicate()[0] for p in processes]
    if any(p.returncode for p in processes):
        raise SystemExit(f"a process failed: {[p.returncode for p in processes]}")
    found = {}
    for line in out[0].splitlines():
        words = line.split()
        if len(words) == 5 and words[0] in ("gather", "reduce"):
            found[words[0]] = (float(words[2]), float(words[4]))
    return found


def gloo(world, size, repeats, reduces):
    port = free_ports(1)[0]
    numbers = lambda rank: [str(v) for v in (world, rank, port, size, repeats, FLOATS, reduces)]
    return run([[sys.executable, "-c", GLOO, *numbers(rank)] for rank in range(world)])


def hazelcast(world, size, repeats, reduces):
    ports = free_ports(world)
    java = os.path.join(os.environ["JAVA_HOME"], "bin/java") if "JAVA_HOME" in os.environ else "java"
    classes = (HOME / "idgroup/target/test-classpath.txt").read_text().strip()
    base = [java, "-Xmx1g", "-XX:+UseSerialGC", "-Dhazelcast.logging.type=none", "-cp",
            f"idgroup/target/test-classes:idgroup/target/classes:{classes}", "ffc.exchange.hazelcast.ExchangeBench"]
    return run([
        [*base, str(world), str(rank), f"bench-{ports[0]}", ",".join(map(str, ports)),
         str(size), str(repeats), str(FLOATS), str(reduces)]
        for rank in range(world)
    ])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--markdown")
    args = parser.parse_args()
    subprocess.run(
        ["mvn", "-q", "-B", "-pl", "idgroup", "test-compile", "dependency:build-classpath",
         f"-Dmdep.outputFile={HOME}/idgroup/target/test-classpath.txt", "-Dmdep.includeScope=test"],
        cwd=HOME, check=True)
    lines = ["| call | processes | exchange p50 / p99, ms | gloo p50 / p99, ms | exchange : gloo |", "|---|---|---|---|---|"]
    for world, size, repeats in CASES:
        reduces = 5 if size < 1 << 20 else 0
        sides = {"exchange": [], "gloo": []}
        for _ in range(args.pairs):
            sides["gloo"].append(gloo(world, size, repeats, reduces))
            sides["exchange"].append(hazelcast(world, size, repeats, reduces))
        for what, name in (("gather", f"all-gather of {size >> 10} KiB"), ("reduce", f"all-reduce of {FLOATS:,} floats")):
            if what == "reduce" and not reduces:
                continue
            mine, theirs = ([tuple(statistics.median(r[what][i] for r in runs) for i in (0, 1)) for runs in (sides["exchange"], sides["gloo"])])
            lines.append(f"| {name} | {world} | {mine[0]:.2f} / {mine[1]:.2f} | {theirs[0]:.2f} / {theirs[1]:.2f} | {mine[0] / theirs[0]:.1f} |")
            print(lines[-1], flush=True)
    text = "\n".join(lines)
    print("\n" + text)
    if args.markdown:
        pathlib.Path(args.markdown).write_text(text + "\n")


main()
