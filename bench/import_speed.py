"""Time and memory of `./ffc data import` beside Pillow and OpenCV in Python doing the same work on generated photographs.

    python bench/import_speed.py [PICTURES [FOLDER [KILLS]]]        (default 3000, a temporary folder, 0)

Draws PICTURES JPEGs of 200 x 160 to 900 x 1200, ten an identity (beyond the first
10,000 they are those with a comment of their own in the file), then imports a third of them and all of them
with one worker each: what the rest took, start of the programs not counted, is a picture's share. The others
decode, cut the largest middle square, scale it to 112 x 112, encode JPEG of quality 95 and append it to a file.
Pillow scales as the import does (LANCZOS over all pixels), OpenCV's INTER_AREA is softer and its INTER_LANCZOS4
passes over pixels. With KILLS, all are imported once more by both cores, by a program that is killed so many
times (SIGKILL, after a time drawn anew) and continued: the packs must be the same bytes. Needs numpy, opencv and pillow.
"""
import explain

explain.on_help(__doc__)

import hashlib
import io
import os
import pathlib
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time

import cv2
import numpy as np
import PIL.Image

SIZE = 112
DRAWN = 10_000
PICTURES = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] != "peer" else 3000
FFC = os.environ.get("FFC", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "ffc"))


def draw(folder):
    drawn = np.random.default_rng(7)
    for i in range(PICTURES):
        path = place(folder, i)
        path.parent.mkdir(parents=True, exist_ok=True)
        if i >= DRAWN:
            data = place(folder, i % DRAWN).read_bytes()
            path.write_bytes(data[:2] + b"\xff\xfe\0\6" + i.to_bytes(4, "big") + data[2:])
            continue
        height, width = int(drawn.integers(200, 900)), int(drawn.integers(160, 1200))
        small = drawn.integers(0, 256, (height // 24 + 2, width // 24 + 2, 3), dtype=np.uint8)
        picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        picture = cv2.add(picture, drawn.integers(0, 12, picture.shape, dtype=np.uint8))
        cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])


def place(folder, i):
    return folder / ("part" if i % 3 == 0 else "rest") / f"id{i // 30}" / f"{i}.jpg"


def by_pillow(data, scaling):
    picture = PIL.Image.open(io.BytesIO(data))
    side = min(picture.size)
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    box = (left, top, left + side, top + side)
    encoded = io.BytesIO()
    picture.resize((SIZE, SIZE), getattr(PIL.Image.Resampling, scaling), box).save(encoded, "JPEG", quality=95)
    return encoded.getvalue()


def by_opencv(data, scaling):
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    side = min(picture.shape[:2])
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    square = picture[top : top + side, left : left + side]
    small = cv2.resize(square, (SIZE, SIZE), interpolation=getattr(cv2, scaling))
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def peer(folder, out, library, scaling):
    """As an import by another library, in a process of its own."""
    cv2.setNumThreads(1)
    convert = {"Pillow": by_pillow, "OpenCV": by_opencv}[library]
    seen = set()
    with open(out, "wb") as pack:
        for path in sorted(pathlib.Path(folder).rglob("*.jpg")):
            data = path.read_bytes()
            seen.add(hashlib.sha256(data).digest())
            pack.write(convert(data, scaling))


def used(command):
    """Seconds, seconds of CPU and peak MiB of a command."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command}: failed")
    return time.time() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def digests(out):
    names = ("train.rec", "train.idx", "train.labels.tsv")
    return {name: hashlib.sha256((pathlib.Path(out) / name).read_bytes()).hexdigest()[:16] for name in names}


def killed(source, out, kills, seconds):
    """Imports all with a program that is killed and continued; the kills are spread over its time."""
    chance = random.Random(3)
    command = [FFC, "data", "import", source, "--out", out]
    for kill in range(kills):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            process.wait(chance.uniform(0.2, 1.8) * seconds / (kills + 1))
            sys.exit(f"it was through before kill {kill + 1}, exit code {process.returncode}: fewer kills or more pictures")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    used(command)


def main():
    if sys.argv[1:2] == ["peer"]:
        return peer(*sys.argv[2:])
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as made:
        folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else made)
        photos = folder / "photos"
        if not photos.exists():
            draw(photos)
        versions = f"OpenCV {cv2.getVersionString()}, Pillow {PIL.__version__}"
        print(f"{PICTURES} pictures, {versions}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        print("| program | CPU ms a picture | pictures per CPU second | wall ms a picture | MiB, a third | MiB, all |")
        print("|---|---|---|---|---|---|")
        commands = {"ffc data import": lambda source, out: [FFC, "data", "import", source, "--threads", "1", "--out", out]}
        for library, scaling in (("Pillow", "LANCZOS"), ("OpenCV", "INTER_AREA"), ("OpenCV", "INTER_LANCZOS4")):
            commands[f"{library}, {scaling}"] = lambda source, out, peer=(library, scaling): [
                sys.executable, __file__, "peer", source, out, *peer]
        used([FFC, "--version"])  # builds the program where that is due
        for name, command in commands.items():
            label = name.replace(" ", "-").replace(",", "")
            part = used(command(str(photos / "part"), f"{made}/{label}-part"))
            whole = used(command(str(photos), f"{made}/{label}-whole"))
            rest = PICTURES - len(range(0, PICTURES, 3))
            cpu, wall = (whole[1] - part[1]) / rest, (whole[0] - part[0]) / rest
            print(f"| {name} | {1000 * cpu:.2f} | {1 / cpu:.0f} | {1000 * wall:.1f} | {part[2]:.0f} | {whole[2]:.0f} |", flush=True)
        kills = int(sys.argv[3]) if len(sys.argv) > 3 else 0
        if kills:
            whole = f"{made}/ffc-data-import-whole"
            seconds = used([FFC, "data", "import", str(photos), "--out", f"{made}/both"])[0]
            killed(str(photos), f"{made}/killed", kills, seconds)
            same = digests(whole) == digests(f"{made}/both") == digests(f"{made}/killed")
            print(f"one worker, both cores ({seconds:.0f} s) and {kills} kills: {'the same' if same else 'OTHER'} bytes")
            if not same:
                sys.exit(1)


main()
