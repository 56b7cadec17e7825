#!/usr/bin/env python3
"""Counts the house: packages, types, lines, circles. For the table of docs/decisions/080-modules.md.

  bench/house.py [REVISION]      the working tree, or a commit

Main code alone, without package-info, benchmarks and examples. A type is a file; a package knows another one if a file
of it imports or names in full a type of it; packages are in a circle if they know each other directly or by others.
"""
import explain

explain.on_help(__doc__)

import collections
import io
import pathlib
import re
import statistics
import subprocess
import sys
import tarfile

HOME = pathlib.Path(__file__).resolve().parent.parent
MAIN = re.compile(r"(?P<module>[^/]+)/src/main/java/(?P<package>.+)/(?P<type>[^/]+)\.java$")


def sources(revision):
    if revision is None:
        return {str(f.relative_to(HOME)): f.read_text() for f in HOME.glob("*/src/main/java/**/*.java")}
    tar = subprocess.run(["git", "archive", revision], cwd=HOME, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(tar)) as files:
        return {m.name: files.extractfile(m).read().decode() for m in files if MAIN.match(m.name)}


def reachable(knows, start):
    seen, todo = set(), list(knows[start])
    while todo:
        package = todo.pop()
        if package not in seen:
            seen.add(package)
            todo += knows[package]
    return seen


def main():
    files = {}
    for path, text in sources(sys.argv[1] if len(sys.argv) > 1 else None).items():
        found = MAIN.match(path)
        if found and found["module"] not in ("ffc-bench", "examples") and found["type"] != "package-info":
            files[path] = (found["module"], found["package"].replace("/", "."), found["type"], text)
    types, lines = collections.Counter(), collections.Counter()
    for module, package, _, text in files.values():
        types[package] += 1
        lines[module] += text.count("\n")
    knows = collections.defaultdict(set)
    named = re.compile(r"\b(ffc(?:\.[a-z]\w*)*)\.[A-Z]")
    for module, package, _, text in files.values():
        code = re.sub(r"(?s)/\*.*?\*/|//[^\n]*", "", text)
        knows[package] |= {other for other in named.findall(code) if other in types and other != package}
    circles = sorted(package for package in types if package in reachable(knows, package))
    settings = {name: package for _, package, name, text in files.values()
                if re.search(r"(?:implements|extends)[^{]*\b(?:Method|MethodConfig|Margin|MarginRule|MarginConfig|DataFormat)\b", text)}
    asks = sorted(f"{path}: {found}" for path, (_, package, _, text) in files.items()
                  for found in re.findall(r"instanceof (?:\w+\.)*?(\w+(?:\.Config)?)\b", text)
                  if settings.get(found.split(".")[0], package) != package)
    sizes = sorted((text.count("\n"), path) for path, (_, _, _, text) in files.items())
    print("modules", len(lines))
    print("packages", len(types))
    print("types in a package: largest, median", max(types.values()), statistics.median_high(types.values()))
    print("packages of more than 20 types", sorted(p for p, n in types.items() if n > 20))
    print("packages in circles", len(circles), circles)
    print("instanceof on methods, margins, formats and their settings outside their package", len(asks), asks)
    print("types, median lines of a file", len(files), statistics.median_high(n for n, _ in sizes))
    print("largest file, files over 400 lines", sizes[-1], sum(n > 400 for n, _ in sizes))
    for module, count in sorted(lines.items()):
        print(f"lines of {module:14} {count:7,}")
    print(f"lines in all            {sum(lines.values()):7,}")


main()
