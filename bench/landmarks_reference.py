"""Records what NumPy and OpenCV make of five points a picture: the similarity transform by Umeyama's
singular values, in float64, and the picture that OpenCV warps by it, bilinear, black outside.

usage: python bench/landmarks_reference.py loaders/src/test/resources/landmarks
"""
import explain

explain.on_help(__doc__)

import pathlib
import sys

import cv2
import numpy as np

OUT = pathlib.Path(sys.argv[1])
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)


def umeyama(source, target):
    """[2, 3]: scale, rotation and shift that bring source closest to target (Umeyama 1991)."""
    p, q = source - source.mean(0), target - target.mean(0)
    u, values, vt = np.linalg.svd(q.T @ p / len(p))
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ np.diag(sign) @ vt
    scale = (values * sign).sum() / p.var(0).sum()
    shift = target.mean(0) - scale * rotation @ source.mean(0)
    return np.hstack([scale * rotation, shift[:, None]])


def picture(height, width):
    """u8 [height, width, 3], smooth, by arithmetic that the test repeats."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    wave = 128 + 100 * np.sin(x / 17) * np.cos(y / 23)
    return np.floor(np.stack([wave, 255 * x / (width - 1), 255 * y / (height - 1)], 2)).astype(np.uint8)


def main():
    random = np.random.default_rng(5)
    OUT.mkdir(parents=True, exist_ok=True)
    lines = [f"# bench/landmarks_reference.py, numpy {np.__version__}, OpenCV {cv2.__version__}"]
    lines.append("# height width | ten numbers | rows of the matrix, picture to template")
    cases = [(112, 112, 0.9, 12), (112, 112, 1.0, -25), (112, 96, 0.95, 4), (64, 64, 0.55, 150), (112, 112, 0.3, 70)]
    for number, (height, width, scale, degrees) in enumerate(cases):
        target = TEMPLATE * height / 112 + [(width - height) / 2, 0]
        turn = np.deg2rad(degrees)
        back = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / scale
        points = (target - [width / 2, height / 2]) @ back.T + [130, 105] + random.normal(0, 2, (5, 2))
        points = points.astype(np.float32).astype(float)
        matrix = umeyama(points, target)
        lines.append(
            f"{height} {width} | " + " ".join(f"{v:.9g}" for v in points.ravel())
            + " | " + " ".join(f"{v:.15g}" for v in matrix.ravel())
        )
        if scale > 0.85:  # others shrink, where OpenCV skips pixels
            warped = cv2.warpAffine(picture(210, 260), matrix, (width, height), flags=cv2.INTER_LINEAR)
            head = f"P6 {width} {height} 255\n".encode()
            (OUT / f"aligned{number}.ppm").write_bytes(head + warped.tobytes())
    (OUT / "transforms.txt").write_text("\n".join(lines) + "\n")


main()
