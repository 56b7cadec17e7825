#!/usr/bin/env python3
"""Losses of two runs side by side: compare.py RUN RUN BOUND, of the largest relative difference in the first five steps."""
import json
import pathlib
import sys


def losses(run):
    try:
        lines = (pathlib.Path(run) / 'steps.jsonl').read_text().splitlines()
    except OSError:
        sys.exit(f'{run} has no steps.jsonl: FAILED')
    return {row['step']: row['loss'] for row in map(json.loads, lines) if 'loss' in row}


first, second = losses(sys.argv[1]), losses(sys.argv[2])
both = sorted(first.keys() & second.keys())
differences = {step: abs(first[step] - second[step]) / max(abs(first[step]), 1e-9) for step in both}
for step in both:
    print(f'step {step}: {first[step]:.6f} {second[step]:.6f}, relative difference {differences[step]:.2e}')
begin = [differences[step] for step in both if step <= 5]
if not begin:
    sys.exit('no step in common: FAILED')
largest = max(begin)
print(f'largest difference in the first five steps {largest:.2e}, of all {max(differences.values()):.2e}: '
      + ('as expected' if largest <= float(sys.argv[3]) else f'ABOVE {sys.argv[3]}'))
