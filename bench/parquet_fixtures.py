"""Makes the tables of loaders/src/test/resources/parquet. All of them hold the same 24 pictures of 4 x 3
pixels, drawn by Java's random numbers of the seeds 0 to 23, under 6 labels, four of each, in the same
order; they differ in columns, encodings, codecs and pages, which their names say. Needs pyarrow
(made with 25.0.1).

The pictures of the first 40 identities of a pack, here glyphs, go to a set of two files as Hugging
Face writes them, each identity's first picture before the second ones.

usage: python bench/parquet_fixtures.py loaders/src/test/resources/parquet data/quickstart/open.rec \\
           ffc-cli/src/test/resources/parquet
"""
import explain

explain.on_help(__doc__)

import pathlib
import struct
import sys
import zlib

import pyarrow as pa
import pyarrow.parquet as pq

OUT = pathlib.Path(sys.argv[1])
IMAGES, EACH, H, W = 24, 4, 4, 3
ORDER = [i * 7 % IMAGES for i in range(IMAGES)]


def pixels(seed):
    """What new java.util.Random(seed).nextBytes gives."""
    state = (seed ^ 0x5DEECE66D) & (1 << 48) - 1
    found = b""
    while len(found) < H * W:
        state = (state * 0x5DEECE66D + 0xB) & (1 << 48) - 1
        found += struct.pack("<I", state >> 16)
    return found[: H * W]


def png(seed):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    gray = pixels(seed)
    rows = b"".join(b"\0" + gray[W * y : W * (y + 1)] for y in range(H))
    head = struct.pack(">IIBBBBB", W, H, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PNG = [png(i) for i in ORDER]
LABEL = [i // EACH for i in ORDER]
NAME = ["glyph é%d" % label for label in LABEL]
PATH = ["%02d.png" % i for i in ORDER]


def struct_of(images):
    """As Hugging Face's datasets have images."""
    parts = [None if image is None else {"bytes": image, "path": path} for image, path in zip(images, PATH)]
    return pa.array(parts, pa.struct([("bytes", pa.binary()), ("path", pa.string())]))


def write(name, columns, schema=None, rows=10, codec="none", **more):
    table = pa.table(columns, schema=schema)
    pq.write_table(table, OUT / (name + ".parquet"), row_group_size=rows, compression=codec, store_schema=False, **more)


def plain():
    return {"jpg": pa.array(PNG, pa.binary()), "label": pa.array(LABEL, pa.int32())}


OUT.mkdir(parents=True, exist_ok=True)
write("hugging-face", {"image": struct_of(PNG), "label": pa.array(LABEL, pa.int64())}, codec="snappy")
for codec in ["none", "gzip", "zstd", "lz4"]:
    write(codec, plain(), codec=codec, use_dictionary=False)
# Many pages in a group, in both versions, with a checksum for each.
small = {"data_page_size": 200, "write_batch_size": 1, "write_page_checksum": True, "rows": 17}
write("pages", {"image": struct_of(PNG), "label": pa.array(LABEL, pa.int64())}, codec="snappy", use_dictionary=["label"], **small)
write("pages-unpacked", plain(), use_dictionary=False, **small)
write("pages-2", plain(), codec="zstd", data_page_version="2.0", use_dictionary=False, **small)
write("pages-2-unpacked", plain(), data_page_version="2.0", use_dictionary=False, **small)
write("dictionary", plain(), codec="snappy", data_page_version="2.0", use_dictionary=True)
fields = [pa.field("jpg", pa.binary(), nullable=False), pa.field("label", pa.int64(), nullable=False)]
write("required", {"jpg": PNG, "label": LABEL}, schema=pa.schema(fields), codec="snappy")
write("texts", {"face": struct_of(PNG), "who": NAME}, codec="snappy")
write("numbers-in-text", {"face": PNG, "who": [str(label) for label in LABEL]})
deltas = {"jpg": "DELTA_LENGTH_BYTE_ARRAY", "label": "DELTA_BINARY_PACKED"}
write("deltas", plain(), use_dictionary=False, column_encoding=deltas)
write("delta-strings", {"face": PNG, "who": NAME}, use_dictionary=False, column_encoding={"face": "DELTA_BYTE_ARRAY", "who": "DELTA_BYTE_ARRAY"})
write("gaps", {"jpg": PNG, "label": [7 + 10 * label for label in LABEL]})
# An image is missing in rows 3 and 20.
some = [None if i in (3, 20) else image for i, image in enumerate(PNG)]
write("null-images", {"image": struct_of(some), "label": LABEL}, codec="snappy")
write("null-images-2", {"jpg": some, "label": LABEL}, codec="zstd", data_page_version="2.0")
write("no-statistics", {"jpg": some, "label": LABEL}, write_statistics=False)
(OUT / "parts").mkdir(exist_ok=True)
for part in range(3):
    rows = slice(8 * part, 8 * part + 8)
    write("parts/train-%05d-of-00003" % part, {"image": struct_of(PNG)[rows], "label": LABEL[rows]}, codec="snappy")
several = {"photo": struct_of(PNG), "mask": PNG, "who": NAME, "id": list(range(IMAGES)), "box": [[1, 2]] * IMAGES}
write("choice", several, codec="snappy")
# Not read.
write("refused-null-label", {"jpg": PNG, "label": [None if i == 13 else label for i, label in enumerate(LABEL)]})
write("refused-below-zero", {"jpg": PNG, "label": [label - 1 for label in LABEL]})
write("refused-brotli", plain(), codec="brotli")
write("refused-split", plain(), use_dictionary=False, column_encoding={"label": "BYTE_STREAM_SPLIT"})
write("refused-no-image", {"label": LABEL, "who": NAME})
write("refused-no-label", {"jpg": PNG, "score": [0.5] * IMAGES})
write("refused-empty", {"jpg": pa.array([], pa.binary()), "label": pa.array([], pa.int32())})


def records(path):
    """Label and image of the records of a pack that are images."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        magic, length = struct.unpack_from("<II", data, at)
        assert magic == 0xCED7230A and length >> 29 == 0
        flag, label = struct.unpack_from("<If", data, at + 8)
        if flag == 0:
            yield int(label), data[at + 32 : at + 8 + length]
        at += 8 + (length + 3) // 4 * 4


def turns(pack, identities):
    met, rows = {}, []
    for label, image in records(pack):
        if label < identities:
            met[label] = met.get(label, -1) + 1
            rows.append((met[label], label, image))
    return sorted(rows, key=lambda row: row[:2])


glyphs = turns(pathlib.Path(sys.argv[2]), 40)
for part in range(2):
    half = glyphs[part * len(glyphs) // 2 : (part + 1) * len(glyphs) // 2]
    images = [{"bytes": image, "path": "%d.png" % turn} for turn, _, image in half]
    fields = {
        "image": pa.array(images, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "label": pa.array([label for _, label, _ in half], pa.int64()),
    }
    out = pathlib.Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    file = out / ("train-%05d-of-00002.parquet" % part)
    pq.write_table(pa.table(fields), file, row_group_size=100, compression="snappy", data_page_size=8192, write_batch_size=8)
