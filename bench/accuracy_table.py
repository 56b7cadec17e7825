#!/usr/bin/env python3
"""Prints the tables of docs/benchmarks/accuracy.md from the comparison.csv of ./ffc compare."""
import explain

explain.on_help(__doc__)

import csv, statistics as st, sys

rows = list(csv.DictReader(open(sys.argv[1])))
names = list(dict.fromkeys(r['contender'] for r in rows))


def cell(contender, figure):
    values = [float(r[figure]) for r in rows if r['contender'] == contender and r.get(figure)]
    if not values:
        return '–'
    spread = f' ({min(values):.3f}–{max(values):.3f})' if len(values) > 1 else ''
    return f'{st.mean(values):.3f}{spread}'


def table(heading, figures):
    print('| ' + ' | '.join(['method', 'seeds'] + heading) + ' |')
    print('|---' * (2 + len(heading)) + '|')
    for name in names:
        seeds = sum(r['contender'] == name and bool(r.get(figures[0])) for r in rows)
        print('| ' + ' | '.join([name, str(seeds)] + [cell(name, f) for f in figures]) + ' |')
    print()


rates = ['1e-3', '1e-4', '1e-5']
table(['TAR@FAR=' + r for r in rates] + ['rank-1'], [f'open.tar_at_far.{r}' for r in rates] + ['open.rank1'])
strata = ['head', 'middle', 'tail']
table([f'{s}, {r}' for r in ('1e-4', '1e-5', '1e-6') for s in strata],
      [f'open.strata.{s}.tar_at_far.{r}' for r in ('1e-4', '1e-5', '1e-6') for s in strata])
