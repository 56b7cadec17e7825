"""Images per second of a PyTorch DataLoader on a RecordIO pack, decoded by OpenCV.

    python3 bench/loader_torch.py PACK.rec CHANNELSxHEIGHTxWIDTH WORKERS IMAGES [full]

The dataset does what training does with a pack: read the record at a random key, decode, flip and
shift at random, transpose to [C, H, W], all in uint8; batches of 192 are collated by the workers.
With "full" it also crops, turns and scales, changes light and colours, blurs, lowers the resolution
and erases, each on a fifth of the images and within the ranges of data.augment, by OpenCV's own
functions: the transforms of albumentations without what its wrapping costs.
"""
import explain

explain.on_help(__doc__)

import math
import random
import struct
import sys
import time

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


def uniform(low, high):
    return random.uniform(low, high)


def full(image):
    """All kinds of data.augment on u8 [H, W, C] or [H, W]."""
    h, w = image.shape[:2]
    if random.random() < 0.2:
        area, aspect = uniform(0.2, 1), math.exp(uniform(-math.log(1.333), math.log(1.333)))
        cw, ch = min(1, math.sqrt(area * aspect)), min(1, math.sqrt(area / aspect))
        cw, ch = max(1, round(w * cw)), max(1, round(h * ch))
        x, y = random.randint(0, w - cw), random.randint(0, h - ch)
        image = cv2.resize(image[y:y + ch, x:x + cw], (w, h), interpolation=cv2.INTER_LINEAR)
    if random.random() < 0.2:
        turn = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), uniform(-20, 20), uniform(0.8, 1.2))
        image = cv2.warpAffine(image, turn, (w, h), flags=cv2.INTER_LINEAR)
    if random.random() < 0.2:
        brightness, contrast, saturation = uniform(0.5, 1.5), uniform(0.5, 1.5), uniform(0.5, 1.5)
        # One table for light and contrast, as albumentations does it.
        gray = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        mean = float(gray.mean()) * brightness
        table = np.arange(256, dtype=np.float32) * brightness
        table = np.clip((table - mean) * contrast + mean, 0, 255).astype(np.uint8)
        image = cv2.LUT(image, table)
        if image.ndim == 3:
            gray = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
            image = cv2.addWeighted(image, saturation, gray, 1 - saturation, 0)
    if random.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), uniform(0.1, 1))
    if random.random() < 0.2:
        side = uniform(0.2, 1)
        small = cv2.resize(image, (max(1, round(w * side)), max(1, round(h * side))), interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR)
    if random.random() < 0.2:
        area, aspect = uniform(0.02, 0.2), math.exp(uniform(-math.log(3.3), math.log(3.3)))
        ew = min(w, max(1, round(w * math.sqrt(area * aspect))))
        eh = min(h, max(1, round(h * math.sqrt(area / aspect))))
        x, y = random.randint(0, w - ew), random.randint(0, h - eh)
        image[y:y + eh, x:x + ew] = 127
    return image


class Pack(Dataset):
    def __init__(self, rec, channels, augment):
        self.augment = augment
        self.rec = rec
        self.channels = channels
        self.file = None
        with open(rec[:-4] + ".idx") as f:
            offsets = [int(line.split("\t")[1]) for line in f]
        with open(rec, "rb") as f:
            f.seek(offsets[0])
            _, _, flag = struct.unpack("<IIi", f.read(12))
            f.seek(offsets[0] + 32)
            end = int(struct.unpack("<f", f.read(4))[0]) if flag == 2 else len(offsets)
        self.offsets = offsets[1:end] if flag == 2 else offsets

    def __len__(self):
        return len(self.offsets)

    def __getitem__(self, index):
        if self.file is None:
            self.file = open(self.rec, "rb")
        self.file.seek(self.offsets[index])
        head = self.file.read(32)
        length = struct.unpack_from("<I", head, 4)[0] & ((1 << 29) - 1)
        flag, label = struct.unpack_from("<If", head, 8)
        data = self.file.read(length - 24)[4 * flag:]
        mode = cv2.IMREAD_COLOR if self.channels == 3 else cv2.IMREAD_GRAYSCALE
        image = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
        if self.channels == 3:
            image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        if random.random() < 0.5:
            image = cv2.flip(image, 1)
        dx, dy = random.randint(-2, 2), random.randint(-2, 2)
        h, w = image.shape[:2]
        image = cv2.warpAffine(image, np.float32([[1, 0, dx], [0, 1, dy]]), (w, h))
        if self.augment:
            image = full(image)
        image = image.reshape(h, w, -1).transpose(2, 0, 1)
        return torch.from_numpy(np.ascontiguousarray(image)), int(label)


def main():
    rec, shape, workers, images = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    channels = int(shape.split("x")[0])
    loader = DataLoader(Pack(rec, channels, sys.argv[5:] == ["full"]), batch_size=192, shuffle=True, drop_last=True,
                        num_workers=workers, persistent_workers=workers > 0)

    def batches():
        while True:
            yield from loader

    stream = batches()
    for _ in range(images // 4 // 192 + 1):
        next(stream)
    start = time.perf_counter()
    cpu = cpu_seconds()
    taken = 0
    while taken < images:
        x, _ = next(stream)
        taken += x.shape[0]
    seconds = time.perf_counter() - start
    print(f"torch images_per_second {taken / seconds:.0f} "
          f"per_cpu_second {taken / max(1e-9, cpu_seconds() - cpu):.0f}", flush=True)


def cpu_seconds():
    """Of this process and its workers, which are still running."""
    import os
    ticks = 0
    pids = [str(os.getpid())]
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as f:
                    fields = f.read().rsplit(")", 1)[1].split()
                if fields[1] == str(os.getpid()):
                    pids.append(entry)
            except OSError:
                pass
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
