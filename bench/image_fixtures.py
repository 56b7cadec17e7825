"""Makes the images of loaders/src/test/resources/images and, beside each, the pixels that another
decoder finds in it: NAME.ppm by Pillow (JPEG, BMP) or OpenCV (PNG, run-length BMP). An image without
a .ppm must be refused. Every image is drawn here, by arithmetic; needs pillow, opencv-python, numpy.

usage: python bench/image_fixtures.py loaders/src/test/resources/images
"""
import explain

explain.on_help(__doc__)

import io
import pathlib
import struct
import sys
import zlib

import cv2
import numpy as np
from PIL import Image, ImageCms

OUT = pathlib.Path(sys.argv[1])
H, W = 21, 19  # odd, so that subsampling and Adam7 have rests at both edges


def picture():
    """u8 [H, W, 3], smooth as JPEG likes it, with colours far from gray."""
    y, x = np.mgrid[0:H, 0:W].astype(float)
    red = 128 + 110 * np.sin(x / 5) * np.cos(y / 7)
    green = 255 * x / (W - 1)
    blue = 255 * (1 - y / (H - 1)) * (0.5 + 0.5 * np.cos(x / 4))
    return np.clip(np.stack([red, green, blue], 2), 0, 255).astype(np.uint8)


RGB = picture()
GRAY = np.asarray(Image.fromarray(RGB).convert("L"))


def save(name, data, decoder):
    (OUT / name).write_bytes(data)
    if decoder is None:
        return
    if decoder == "pillow":
        rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    else:
        # As stored: no orientation, no transparency, the upper 8 bits of 16.
        bgr = cv2.imdecode(
            np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        )
        rgb = bgr[:, :, ::-1]
    assert rgb.shape == (H, W, 3), (name, rgb.shape)
    head = f"P6 {W} {H} 255\n".encode()
    (OUT / name).with_suffix(".ppm").write_bytes(head + rgb.tobytes())


# JPEG: edits of files that Pillow wrote.

def jpeg(array, **options):
    out = io.BytesIO()
    Image.fromarray(array).save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def segments(data):
    """(marker, whole segment) up to the first scan; the rest as marker None."""
    at = 2
    found = []
    while True:
        marker = data[at + 1]
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        found.append((marker, data[at : at + 2 + length]))
        at += 2 + length
        if marker == 0xDA:
            return found + [(None, data[at:])]


def edit(data, change):
    return b"\xff\xd8" + b"".join(change(m, s) for m, s in segments(data))


def without(data, *markers):
    return edit(data, lambda m, s: b"" if m in markers else s)


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def insert(data, extra):
    return data[:2] + extra + data[2:]


def patched(data, marker, at, value):
    """Byte ``at`` of the marker's segment, counted from its end if negative, set to a value."""

    def change(m, s):
        if m != marker:
            return s
        s = bytearray(s)
        s[at] = value
        return bytes(s)

    return edit(data, change)


def profiles():
    """A profile whose red and green are exchanged, and one that says it is for gray."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    exchanged = bytearray(srgb)
    tags = struct.unpack(">I", srgb[128:132])[0]
    place = {bytes(srgb[132 + 12 * i : 136 + 12 * i]): 136 + 12 * i for i in range(tags)}
    r, g = place[b"rXYZ"], place[b"gXYZ"]
    exchanged[r : r + 8], exchanged[g : g + 8] = srgb[g : g + 8], srgb[r : r + 8]
    gray = bytearray(srgb)
    gray[16:20] = b"GRAY"
    return bytes(exchanged), bytes(gray)


def jpegs():
    plain = jpeg(RGB, subsampling="4:2:0")
    full = jpeg(RGB, subsampling="4:4:4")
    gray = jpeg(GRAY)
    exchanged, gray_profile = profiles()
    tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    exif = segment(0xE1, b"Exif\0\0" + tiff)
    thumbnail = segment(0xE1, b"Exif\0\0" + tiff + jpeg(RGB[:8, :8].copy()))
    mpo = io.BytesIO()
    Image.fromarray(RGB).save(
        mpo, "MPO", quality=90, save_all=True, append_images=[Image.fromarray(RGB[::-1].copy())]
    )
    adobe = lambda transform: segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))
    cases = {
        "420": plain,
        "422": jpeg(RGB, subsampling="4:2:2"),
        "444": full,
        "gray": gray,
        "progressive": jpeg(RGB, subsampling="4:2:0", progressive=True),
        "progressive-gray": jpeg(GRAY, progressive=True),
        "restarts": jpeg(RGB, subsampling="4:2:0", restart_marker_blocks=1),
        "no-jfif-420": without(plain, 0xE0),
        "no-jfif-444": without(full, 0xE0),  # ImageIO by itself takes this for RGB
        "exif-only": insert(without(full, 0xE0), exif),
        "orientation": insert(plain, exif),  # not applied
        "rgb": jpeg(RGB, keep_rgb=True),
        "rgb-by-ids": without(jpeg(RGB, keep_rgb=True), 0xE0, 0xEE),
        "adobe-ycc": insert(without(full, 0xE0), adobe(1)),
        "adobe-odd": insert(without(full, 0xE0), adobe(9)),
        "icc-exchanged": jpeg(RGB, icc_profile=exchanged),
        "icc-gray": jpeg(RGB, icc_profile=gray_profile),
        "icc-on-gray": jpeg(GRAY, icc_profile=exchanged),
        "icc-damaged": jpeg(RGB, icc_profile=exchanged[:100]),
        "jfif-3": patched(plain, 0xE0, 9, 3),
        "odd-scan": patched(plain, 0xDA, -3, 1),
        "bytes-after": plain + b"\0\x01\x02 trailer \xff\xd8\xff",
        "two-pictures": mpo.getvalue(),
        "thumbnail": insert(plain, thumbnail),
        "comment": insert(plain, segment(0xFE, b"with \xff\xd9 in it")),
        "fill-bytes": edit(plain, lambda m, s: s if m is None else b"\xff\xff" + s),
        "extra-in-scan": plain[:-2] + b"\0\0\0\0" + plain[-2:],
    }
    for name, data in cases.items():
        save(f"jpeg-{name}.jpg", data, "pillow")
    cmyk = io.BytesIO()
    Image.fromarray(RGB).convert("CMYK").save(cmyk, "JPEG")
    sof = plain.index(b"\xff\xc0")
    refused = {
        "no-end": plain[:-2],
        "half-end": plain[:-1],
        "cut": plain[: len(plain) * 3 // 4],
        "cut-with-end": plain[: len(plain) * 3 // 4] + b"\xff\xd9",
        "no-scan": plain[: plain.index(b"\xff\xda")] + b"\xff\xd9",
        "cmyk": cmyk.getvalue(),
        "arithmetic": plain[: sof + 1] + b"\xc9" + plain[sof + 2 :],
        "twelve-bits": patched(plain, 0xC0, 4, 12),
        "lost-restart": lost_restart(cases["restarts"]),
    }
    for name, data in refused.items():
        save(f"refused-{name}.jpg", data, None)


def lost_restart(data):
    """The second restart marker becomes the fifth."""
    first = data.index(b"\xff\xd0", data.index(b"\xff\xda"))
    second = data.index(b"\xff\xd1", first)
    return data[: second + 1] + b"\xd5" + data[second + 2 :]


# PNG: a small encoder, because Pillow and OpenCV write neither Adam7 nor all kinds.

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(samples, depth, kind, interlaced, extra=b""):
    """samples: [H, W, S] of ``depth`` bits."""
    raw = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        above = None
        for r in range(part.shape[0] if part.shape[1] else 0):
            line = part[r].reshape(-1)
            if depth == 16:
                row = line.astype(">u2").tobytes()
            else:
                bits = "".join(format(int(v), f"0{depth}b") for v in line)
                bits += "0" * (-len(bits) % 8)
                row = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
            if above is not None and r % 2:  # filter 2: the difference to the row above
                raw += b"\x02" + bytes((a - b) & 255 for a, b in zip(row, above))
            else:
                raw += b"\0" + row
            above = row
    head = struct.pack(">IIBBBBB", W, H, depth, kind, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + extra
        + chunk(b"IDAT", zlib.compress(raw))
        + chunk(b"IEND", b"")
    )


def wide(array):
    """16 bits whose lower 8 differ from the upper."""
    return array.astype(np.uint16) * 256 + (array.astype(np.uint16) * 7 + 91) % 256


def pngs():
    gray = GRAY[:, :, None]
    alpha = ((np.arange(H)[:, None] * 11 + np.arange(W)[None] * 5) % 256).astype(np.uint8)[:, :, None]
    gamma = chunk(b"gAMA", struct.pack(">I", 100000))
    for interlaced in (False, True):
        suffix = "-adam7" if interlaced else ""
        for depth in (1, 2, 4, 8):
            save(f"png-gray{depth}{suffix}.png", png(gray >> (8 - depth), depth, 0, interlaced), "opencv")
            rng = np.random.default_rng(depth)
            colours = rng.integers(0, 256, (1 << depth, 3), dtype=np.uint8)
            plte = chunk(b"PLTE", colours.tobytes())
            index = gray >> (8 - depth)
            save(f"png-palette{depth}{suffix}.png", png(index, depth, 3, interlaced, plte), "opencv")
        trns = plte + chunk(b"tRNS", bytes(range(0, 200, 2)))
        save(f"png-palette-alpha{suffix}.png", png(index, 8, 3, interlaced, trns), "opencv")
        save(f"png-gray16{suffix}.png", png(wide(gray), 16, 0, interlaced), "opencv")
        save(f"png-gray-gamma{suffix}.png", png(gray, 8, 0, interlaced, gamma), "pillow")
        two = np.concatenate([gray, alpha], 2)
        save(f"png-gray-alpha{suffix}.png", png(two, 8, 4, interlaced), "opencv")
        save(f"png-gray-alpha16{suffix}.png", png(wide(two), 16, 4, interlaced), "opencv")
        save(f"png-rgb{suffix}.png", png(RGB, 8, 2, interlaced), "opencv")
        save(f"png-rgb16{suffix}.png", png(wide(RGB), 16, 2, interlaced), "opencv")
        four = np.concatenate([RGB, alpha], 2)
        save(f"png-rgba{suffix}.png", png(four, 8, 6, interlaced), "opencv")
        save(f"png-rgba16{suffix}.png", png(wide(four), 16, 6, interlaced), "opencv")
    good = png(gray, 8, 0, False)
    save("refused-interlace-2.png", good[:28] + b"\x02" + struct.pack(">I", zlib.crc32(good[12:28] + b"\x02")) + good[33:], None)


# BMP: a small encoder for the kinds that Pillow does not write.

def bmp(bits, rows, palette=b"", compression=0, masks=b"", height=H):
    offset = 14 + 40 + len(masks) + len(palette)
    colours = len(palette) // 4
    info = struct.pack("<IiiHHIIiiII", 40, W, height, 1, bits, compression, len(rows), 0, 0, colours, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + info + masks + palette + rows


def lines(array, bits):
    out = b""
    for row in array:
        text = "".join(format(int(v), f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 32)
        out += bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))
    return out


def run_lengths(array):
    """RLE8: runs, and every fourth stretch as it stands."""
    out = b""
    for row in array:
        at = 0
        while at < W:
            if at % 4 == 0 and at + 5 <= W:
                out += bytes([0, 5]) + bytes(row[at : at + 5]) + b"\0"
                at += 5
            else:
                run = 1
                while at + run < W and row[at + run] == row[at]:
                    run += 1
                out += bytes([run, row[at]])
                at += run
        out += b"\0\0"
    return out + b"\0\1"


def bmps():
    def pillow(array, mode=None):
        out = io.BytesIO()
        image = Image.fromarray(array)
        (image.convert(mode) if mode else image).save(out, "BMP")
        return out.getvalue()

    rng = np.random.default_rng(3)
    colours = np.zeros((256, 4), np.uint8)
    colours[:, :3] = rng.integers(0, 256, (256, 3))
    dark = np.zeros((256, 4), np.uint8)
    dark[:, :3] = (np.arange(256) // 2)[:, None]  # gray, but not the identity
    flipped = GRAY[::-1]
    save("bmp-gray.bmp", pillow(GRAY), "pillow")
    save("bmp-one-bit.bmp", pillow(GRAY, "1"), "pillow")
    save("bmp-rgb.bmp", pillow(RGB), "pillow")
    save("bmp-palette1.bmp", bmp(1, lines(flipped >> 7, 1), colours[:2].tobytes()), "opencv")
    save("bmp-palette4.bmp", bmp(4, lines(flipped >> 4, 4), colours[:16].tobytes()), "pillow")
    save("bmp-palette8.bmp", bmp(8, lines(flipped, 8), colours.tobytes()), "pillow")
    save("bmp-gray-half.bmp", bmp(8, lines(flipped, 8), dark.tobytes()), "pillow")
    save("bmp-top-down.bmp", bmp(8, lines(GRAY, 8), colours.tobytes(), height=-H), "pillow")
    save("bmp-run-length.bmp", bmp(8, run_lengths(flipped >> 5), colours[:8].tobytes(), 1), "opencv")
    four = np.concatenate([RGB[::-1, :, ::-1], np.zeros((H, W, 1), np.uint8)], 2)
    save("bmp-rgb32.bmp", bmp(32, four.tobytes()), "pillow")
    r, g, b = (RGB[::-1, :, c].astype(np.uint16) for c in range(3))
    pad = np.zeros((H, W + W % 2), "<u2")
    pad[:, :W] = (r >> 3) << 10 | (g >> 3) << 5 | b >> 3
    save("bmp-rgb15.bmp", bmp(16, pad.tobytes()), "pillow")
    pad[:, :W] = (r >> 3) << 11 | (g >> 2) << 5 | b >> 3
    masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
    save("bmp-rgb16.bmp", bmp(16, pad.tobytes(), compression=3, masks=masks), "pillow")


OUT.mkdir(parents=True, exist_ok=True)
for old in OUT.glob("*.*"):
    if old.suffix in (".jpg", ".png", ".bmp", ".ppm"):
        old.unlink()
jpegs()
pngs()
bmps()
