"""Makes the photographs of loaders/src/test/resources/photos and, beside each, the pixels that Pillow
finds in it, upright and in sRGB: NAME.ppm. Every picture is drawn here, by arithmetic; needs pillow,
numpy.

usage: python bench/photo_fixtures.py loaders/src/test/resources/photos
"""
import explain

explain.on_help(__doc__)

import io
import pathlib
import struct
import sys

import numpy as np
from PIL import Image, ImageCms, ImageOps

OUT = pathlib.Path(sys.argv[1])
H, W = 30, 23


def picture():
    """u8 [H, W, 3], smooth, without a symmetry."""
    y, x = np.mgrid[0:H, 0:W].astype(float)
    red = 128 + 110 * np.sin(x / 9) * np.cos(y / 11)
    green = 255 * x / (W - 1)
    blue = 255 * (1 - y / (H - 1)) * (0.5 + 0.5 * np.cos(x / 8))
    return np.clip(np.stack([red, green, blue], 2), 0, 255).astype(np.uint8)


RGB = picture()
GRAY = np.asarray(Image.fromarray(RGB).convert("L"))


def wide_profile():
    """An ICC v2 matrix profile of Adobe's RGB primaries (D50) and gamma 2.2."""
    def xyz(*values):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    name = b"wide\0"
    desc = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)
    desc += bytes(-len(desc) % 4)
    tags = [
        (b"desc", desc),
        (b"cprt", b"text\0\0\0\0none\0\0\0\0"),
        (b"wtpt", xyz(0.9642, 1.0, 0.8249)),
        (b"rXYZ", xyz(0.60974, 0.31111, 0.01947)),
        (b"gXYZ", xyz(0.20528, 0.62567, 0.06087)),
        (b"bXYZ", xyz(0.14919, 0.06322, 0.74457)),
        (b"rTRC", curve),
        (b"gTRC", curve),
        (b"bTRC", curve),
    ]
    at = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for tag, body in tags:
        table += tag + struct.pack(">II", at + len(data), len(body))
        data += body
    head = struct.pack(">I4sI4s4s4s", at + len(data), b"lcms", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(4) * 7
    head = head[:64] + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    return head + bytes(128 - len(head)) + table + data


WIDE = wide_profile()


def save(name, data):
    (OUT / name).write_bytes(data)
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        rgb = np.repeat((np.asarray(image).astype(int) >> 8).astype(np.uint8)[:, :, None], 3, 2)
    else:
        rgb = image.convert("RGB")
        if profile:
            rgb = ImageCms.profileToProfile(
                rgb, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            )
        rgb = np.asarray(rgb)
    head = f"P6 {rgb.shape[1]} {rgb.shape[0]} 255\n".encode()
    (OUT / name).with_suffix(".ppm").write_bytes(head + rgb.tobytes())


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


OUT.mkdir(parents=True, exist_ok=True)
rgb, gray = Image.fromarray(RGB), Image.fromarray(GRAY)
alpha = rgb.copy()
alpha.putalpha(Image.fromarray(np.maximum(GRAY, 1)))
for o in range(1, 9):
    save(f"jpeg-turned{o}.jpg", encoded(rgb, "JPEG", quality=92, exif=turned(o)))
save("jpeg-progressive.jpg", encoded(rgb, "JPEG", quality=90, progressive=True))
save("jpeg-gray.jpg", encoded(gray, "JPEG", quality=90))
save("jpeg-wide.jpg", encoded(rgb, "JPEG", quality=92, icc_profile=WIDE))
save("jpeg-cmyk.jpg", encoded(rgb.convert("CMYK"), "JPEG", quality=95))
ramp = np.concatenate([255 - RGB, GRAY[:, :, None] // 2], 2)
save("jpeg-cmyk-black.jpg", encoded(Image.fromarray(ramp, "CMYK"), "JPEG", quality=95))
save("png-wide.png", encoded(rgb, "PNG", icc_profile=WIDE))
save("png-turned6.png", encoded(rgb, "PNG", exif=turned(6)))
save("png-gray16.png", encoded(Image.fromarray(GRAY.astype(np.uint16) * 257), "PNG"))
save("png-alpha.png", encoded(alpha, "PNG"))
save("png-palette.png", encoded(rgb.quantize(64), "PNG"))
save("webp-lossless.webp", encoded(rgb, "WEBP", lossless=True))
save("webp-lossless-alpha.webp", encoded(alpha, "WEBP", lossless=True, exact=True))
save("webp-lossy.webp", encoded(rgb, "WEBP", quality=90))
save("webp-lossy-alpha.webp", encoded(alpha, "WEBP", quality=90, exact=True))
save("webp-turned8.webp", encoded(rgb, "WEBP", lossless=True, exif=turned(8)))
save("webp-wide.webp", encoded(rgb, "WEBP", lossless=True, icc_profile=WIDE))
save("gif-palette.gif", encoded(rgb.quantize(128), "GIF"))
save("gif-interlaced.gif", encoded(rgb.quantize(16), "GIF", interlace=1))
save("gif-two.gif", encoded(rgb.quantize(32), "GIF", save_all=True, append_images=[gray]))
save("bmp-rgb.bmp", encoded(rgb, "BMP"))
save("tiff-rgb.tif", encoded(rgb, "TIFF"))
save("tiff-lzw.tif", encoded(rgb, "TIFF", compression="tiff_lzw"))
save("tiff-deflate-alpha.tif", encoded(alpha, "TIFF", compression="tiff_adobe_deflate"))
save("tiff-gray.tif", encoded(gray, "TIFF"))
save("tiff-gray16.tif", encoded(Image.fromarray(GRAY.astype(np.uint16) * 257), "TIFF"))
save("tiff-palette.tif", encoded(rgb.quantize(32), "TIFF"))
save("tiff-one-bit.tif", encoded(gray.convert("1"), "TIFF"))
save("tiff-cmyk.tif", encoded(Image.fromarray(ramp, "CMYK"), "TIFF"))
save("tiff-jpeg.tif", encoded(rgb, "TIFF", compression="jpeg"))
save("tiff-wide.tif", encoded(rgb, "TIFF", icc_profile=WIDE))
save("tiff-turned7.tif", encoded(rgb, "TIFF", tiffinfo={0x0112: 7}))

# What a picture twelve times as large becomes: Pillow's Lanczos, of the middle square.
big = rgb.resize((12 * W, 12 * H), Image.BICUBIC)
(OUT / "scaled.png").write_bytes(encoded(big, "PNG"))
side = 12 * W
small = big.resize((32, 32), Image.LANCZOS, box=(0, (12 * H - side) / 2, side, (12 * H + side) / 2))
(OUT / "scaled.ppm").write_bytes(b"P6 32 32 255\n" + np.asarray(small).tobytes())
