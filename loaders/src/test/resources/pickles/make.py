"""Writes the pickles of BinPairsTest: two pairs of 4x3 gray images, the first pair the same.

    python3 make.py        (Python 3 with numpy)

py2str-*.bin are the byte streams that Python 2 writes for `str` entries, spelled out by hand.
"""
import pickle
import struct
import zlib

import numpy as np


def png(i):
    rows = b"".join(
        b"\0" + bytes((i * 50 + (r * 3 + c) * 7) % 256 for c in range(3)) for r in range(4))

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 4, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


images = [png(i) for i in range(4)]
same = [True, False]


def write(name, value, protocol):
    with open(f"{name}-{protocol}.bin", "wb") as f:
        pickle.dump(value, f, protocol=protocol)


for p in range(6):
    write("bytes", (images, same), p)
    arrays = [np.frombuffer(i, dtype=np.uint8).copy() for i in images]
    write("numpy", (arrays, [np.bool_(s) for s in same]), p)
write("bytearray", ([bytearray(i) for i in images], same), 5)
for p in (2, 5):
    write("flags-array", (images, np.array(same)), p)
    columns = [np.frombuffer(i, dtype=np.uint8).copy() for i in images]
    write("column", ([c.reshape(-1, 1) for c in columns], same), p)
    write("row", ([c.reshape(1, -1) for c in columns], same), p)
    write("lists", [images, same], p)
    write("int-flags", (images, [int(s) for s in same]), p)
    write("float-flags", (images, [float(s) for s in same]), p)
    write("numpy-int-flags", (images, [np.int64(s) for s in same]), p)
    write("numpy-float-flags", (images, [np.float32(s) for s in same]), p)
    write("int-array", (images, np.array(same, dtype=np.int32)), p)
    write("float-array", (images, np.array(same, dtype=">f8")), p)
    write("object-array", (images, np.array(same, dtype=object)), p)
    write("wrong-flags", (images, np.array([1, 2])), p)
    write("eleven", (images * 5 + images[:2], (same * 6)[:11]), p)


def repr2(data):
    out = ""
    for b in data:
        c = chr(b)
        if c in "\\'":
            out += "\\" + c
        elif c in "\n\t\r":
            out += {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[c]
        elif 32 <= b < 127:
            out += c
        else:
            out += "\\x%02x" % b
    return ("'" + out + "'").encode()


with open("py2str-0.bin", "wb") as f:
    f.write(b"((lp0\n")
    for i, data in enumerate(images):
        f.write(b"S" + repr2(data) + b"\np%d\na" % (i + 1))
    f.write(b"(lp5\nI01\naI00\natp6\n.")
for p, head in ((1, b""), (2, b"\x80\x02")):
    with open(f"py2str-{p}.bin", "wb") as f:
        f.write(head + b"(]q\x00(")
        for i, data in enumerate(images):
            f.write(b"U" + bytes([len(data)]) + data + b"q" + bytes([i + 1]))
        flags = b"I01\nI00\n" if p == 1 else b"\x88\x89"
        f.write(b"e]q\x05(" + flags + b"etq\x06.")
