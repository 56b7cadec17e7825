#!/usr/bin/env python3
"""Calls between trainers beside PyTorch's gloo from Python, loopback, the sides in turn.

  venv/bin/python bench/exchange_speed.py [--rounds 5] [--markdown FILE]

How to make the venv: docs/testing.md, The scripts' Python.

2 and 3 processes gather 260 KiB each and add up 25 million floats: over the cluster (ffc.exchange), by
PyTorch's collectives through the bridge (ffc.engine.Collectives, with the torch of this python) and by
torch.distributed. A round runs each side once, one after the other, and takes the median over the calls
(the first fifth left out); the table has medians over the rounds, and the median, least and largest
of the ratios within a round. The cluster checks every record against a checksum, gloo does not.
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
SIZE, GATHERS, REDUCES = 260 << 10, 200, 10
JAVA = os.path.join(os.environ["JAVA_HOME"], "bin/java") if "JAVA_HOME" in os.environ else "java"
JVM = ["-Xmx1g", "-XX:+UseSerialGC", "-Dhazelcast.logging.type=none", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
GLOO = """
import sys, time, torch, torch.distributed as dist
world, rank, port, size, repeats, floats, reduces = map(int, sys.argv[1:])
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", world_size=world, rank=rank)
mine = torch.zeros(size, dtype=torch.uint8)
everyone = [torch.empty_like(mine) for _ in range(world)]
values = torch.zeros(floats)
def times(what, repeats, call):
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    for one in seconds:
        print(what, "%.3f" % (one * 1e3))
times("gather", repeats, lambda: dist.all_gather(everyone, mine))
times("reduce", reduces, lambda: dist.all_reduce(values))
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


def figures(outputs):
    """Medians of what the first process printed; the first fifth of the calls warms up and is left out."""
    found = {"gather": [], "reduce": []}
    for line in outputs[0].splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in found:
            found[words[0]].append(float(words[1]))
    return {what: statistics.median_high(times[len(times) // 5:]) for what, times in found.items()}


def finish(processes):
    outputs = [p.communicate()[0] for p in processes]
    if any(p.returncode for p in processes):
        raise SystemExit(f"a process failed: {[p.returncode for p in processes]}")
    return outputs


def start(command):
    return subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, text=True)


def gloo(world):
    port = free_ports(1)[0]
    numbers = lambda rank: [str(v) for v in (world, rank, port, SIZE, GATHERS, FLOATS, REDUCES)]
    return figures(finish([start([sys.executable, "-c", GLOO, *numbers(rank)]) for rank in range(world)]))


def cluster(world):
    ports = free_ports(world)
    base = [JAVA, *JVM, "-cp", classpath("idgroup"), "ffc.exchange.hazelcast.ExchangeBench"]
    return figures(finish([
        start([*base, str(world), str(rank), f"bench-{ports[0]}", ",".join(map(str, ports)),
               str(SIZE), str(GATHERS), str(FLOATS), str(REDUCES)])
        for rank in range(world)]))


def bridge(world):
    base = [str(HOME / "natives/with"), JAVA, *JVM, "-cp", classpath("ffc-engine"), "ffc.engine.CollectivesBench"]
    member = lambda rank, port: start(
        [*base, str(world), str(rank), port, str(SIZE), str(GATHERS), str(FLOATS), str(REDUCES)])
    first = member(0, "0")
    port = first.stdout.readline().split()[1]
    return figures(finish([first, *(member(rank, port) for rank in range(1, world))]))


def classpath(module):
    libraries = (HOME / module / "target/test-classpath.txt").read_text().strip()
    return f"{module}/target/test-classes:{module}/target/classes:{libraries}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown")
    parser.add_argument("--built", action="store_true", help="test classes and class paths are there")
    args = parser.parse_args()
    os.environ["FFC_TORCH"] = sys.executable
    if not args.built:
        subprocess.run(
            ["mvn", "-q", "-B", "-pl", "idgroup,ffc-engine", "test-compile", "dependency:build-classpath",
             "-Dmdep.outputFile=target/test-classpath.txt", "-Dmdep.includeScope=test"],
            cwd=HOME, check=True)
    lines = ["| call | processes | gloo, ms | bridge, ms | : gloo (least to largest) | cluster, ms | : gloo (least to largest) |",
             "|---|---|---|---|---|---|---|"]
    for world in (2, 3):
        rounds = []
        for i in range(args.rounds):
            sides = [gloo, bridge, cluster]
            rounds.append({side.__name__: side(world) for side in sides[i % 3:] + sides[:i % 3]})
        for what, name in (("gather", f"all-gather of {SIZE >> 10} KiB"), ("reduce", f"all-reduce of {FLOATS:,} floats")):
            time = {side: statistics.median(r[side][what] for r in rounds) for side in ("gloo", "bridge", "cluster")}
            cells = [f"{time['gloo']:.2f}"]
            for side in ("bridge", "cluster"):
                ratios = sorted(r[side][what] / r["gloo"][what] for r in rounds)
                cells += [f"{time[side]:.2f}", f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"]
            lines.append(f"| {name} | {world} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    text = "\n".join(lines)
    print("\n" + text)
    if args.markdown:
        pathlib.Path(args.markdown).write_text(text + "\n")


main()
