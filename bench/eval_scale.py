"""Time and memory of all-pairs TAR@FAR over many embeddings.

    python bench/eval_scale.py [ROWS [DIM]]        (default 1000000 512)

Writes noisy clusters (ten rows an identity) as .npy into a temporary folder, 4 x ROWS x DIM bytes,
then runs `./ffc eval --pairs-only` with a heap of 1 GB. Needs numpy.
"""
import explain

explain.on_help(__doc__)

import os
import re
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
dim = int(sys.argv[2]) if len(sys.argv) > 2 else 512
ffc = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "ffc")
r = np.random.default_rng(1)
with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
    out = np.lib.format.open_memmap(f"{folder}/e.npy", "w+", np.float32, (rows, dim))
    for start in range(0, rows, 10_000):
        n = min(10_000, rows - start)
        centres = np.repeat(r.normal(size=((n + 9) // 10, dim)), 10, 0)[:n]
        out[start : start + n] = centres + 1.6 * r.normal(size=(n, dim))
    out.flush()
    del out
    np.save(f"{folder}/e.ids.npy", np.arange(rows, dtype=np.int64) // 10)
    begun = time.time()
    subprocess.run([ffc, "eval", "--embeddings", f"{folder}/e.npy", "--pairs-only"], check=True,
                   env={**os.environ, "FFC_JAVA_OPTS": "-Xmx1g"})
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{rows} x {dim}: {time.time() - begun:.1f} s wall, {used.ru_utime + used.ru_stime:.1f} s of CPU, "
          f"peak resident {used.ru_maxrss / 1024:.0f} MiB (mapped file included), "
          f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
