#!/usr/bin/env python3
"""The table of docs/testing.md: mutants by package from PIT's XML reports.

  bench/mutation_table.py */target/pit-reports/mutations.xml
  bench/mutation_table.py --survivors FILE...     lists what survived, to be looked at one by one
"""
import explain

explain.on_help(__doc__)

import collections, sys, xml.etree.ElementTree as ET

survivors = "--survivors" in sys.argv
counts = collections.defaultdict(collections.Counter)
for file in (a for a in sys.argv[1:] if not a.startswith("--")):
    for m in ET.parse(file).getroot():
        name, status = m.find("mutatedClass").text, m.get("status")
        counts[name.rsplit(".", 1)[0]][status] += 1
        if survivors and status in ("SURVIVED", "NO_COVERAGE"):
            print(status, f'{name}.{m.find("mutatedMethod").text}:{m.find("lineNumber").text}', m.find("description").text)
if not survivors:
    print("| package | mutants | killed | of these by time limit | survived | no test reaches them | killed | without time limit |")
    print("|---|---|---|---|---|---|---|---|")
    for package, c in sorted(counts.items()):
        total = sum(c.values())
        killed = total - c["SURVIVED"] - c["NO_COVERAGE"]
        print(f'| `{package}` | {total} | {killed} | {c["TIMED_OUT"]} | {c["SURVIVED"]} | {c["NO_COVERAGE"]}'
              f' | {100 * killed / total:.1f} % | {100 * (killed - c["TIMED_OUT"]) / total:.1f} % |')
