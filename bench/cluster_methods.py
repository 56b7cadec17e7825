#!/usr/bin/env python3
"""Clusters labelled embeddings by several methods over a range of thresholds and judges each by pairwise F1 and BCubed F1.

    venv/bin/python bench/cluster_methods.py EMBEDDINGS.npy [--k 64] [--steps 16]

EMBEDDINGS.npy and EMBEDDINGS.ids.npy are what `./ffc embed` writes. All methods see cosines alone; labels only judge.
Thresholds are cosines at evenly spaced logarithms of the false accept rate among the set's own pairs of different
identities, 1e-1 to 1e-6. Prints for each method a line a threshold, then its best ones. Wants numpy and scikit-learn.
"""

import argparse
import time

import numpy as np
from sklearn.cluster import DBSCAN, AgglomerativeClustering


def judge(truth, found):
    """Pairwise precision, recall, F1, and BCubed precision, recall, F1, by the table of both labellings."""
    t = np.unique(truth, return_inverse=True)[1]
    f = np.unique(found, return_inverse=True)[1]
    cells, counts = np.unique(t.astype(np.int64) * (f.max() + 1) + f, return_counts=True)
    t_sizes, f_sizes = np.bincount(t).astype(float), np.bincount(f).astype(float)
    pairs = lambda n: (n * (n - 1) / 2).sum()
    both = pairs(counts.astype(float))
    precision = both / pairs(f_sizes) if pairs(f_sizes) else 1.0
    recall = both / pairs(t_sizes) if pairs(t_sizes) else 1.0
    n = len(t)
    square = counts.astype(float) ** 2
    b_precision = (square / f_sizes[cells % (f.max() + 1)]).sum() / n
    b_recall = (square / t_sizes[cells // (f.max() + 1)]).sum() / n
    return precision, recall, f1(precision, recall), b_precision, b_recall, f1(b_precision, b_recall)


def f1(p, r):
    return 2 * p * r / (p + r) if p + r else 0.0


def components(n, rows, cols):
    root = np.arange(n)

    def find(i):
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for a, b in zip(rows, cols):
        a, b = find(a), find(b)
        if a != b:
            root[max(a, b)] = min(a, b)
    return np.array([find(i) for i in range(n)])


def edges(cosines, neighbours, threshold):
    """Links to the k nearest of either side above the threshold."""
    n = len(cosines)
    linked = np.zeros((n, n), bool)
    linked[np.arange(n)[:, None], neighbours] = True
    return np.nonzero(np.triu((linked | linked.T) & (cosines >= threshold), 1))


def whispers(cosines, neighbours, threshold, rounds=20):
    """Chinese whispers (Biemann 2006): each takes the label of most weight around it, in a random order."""
    n = len(cosines)
    rows, cols = edges(cosines, neighbours, threshold)
    around = [[] for _ in range(n)]
    for a, b in zip(rows, cols):
        around[a].append(b)
        around[b].append(a)
    around = [np.array(a, int) for a in around]
    labels = np.arange(n)
    random = np.random.default_rng(1)
    for _ in range(rounds):
        changed = False
        for i in random.permutation(n):
            if len(around[i]):
                seen, at = np.unique(labels[around[i]], return_inverse=True)
                best = seen[np.argmax(np.bincount(at, cosines[i, around[i]]))]
                changed |= best != labels[i]
                labels[i] = best
        if not changed:
            break
    return labels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("embeddings")
    parser.add_argument("--k", type=int, default=64, help="neighbours of an image (default 64)")
    parser.add_argument("--steps", type=int, default=16, help="thresholds (default 16)")
    arguments = parser.parse_args()
    x = np.load(arguments.embeddings).astype(np.float64)
    truth = np.load(arguments.embeddings.removesuffix(".npy") + ".ids.npy")
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    cosines = x @ x.T
    same = truth[:, None] == truth[None, :]
    upper = np.triu(np.ones_like(same), 1)
    impostors = np.sort(cosines[~same & upper])[::-1]
    np.fill_diagonal(cosines, -2)
    neighbours = np.argsort(-cosines, axis=1, kind="stable")[:, : arguments.k]
    distances = 1 - cosines
    np.fill_diagonal(distances, 0)
    distances = np.maximum(distances, 0)
    methods = {
        "connected components": lambda t: components(len(x), *edges(cosines, neighbours, t)),
        "DBSCAN, 4 neighbours": lambda t: dbscan(distances, t, 4),
        "Chinese whispers": lambda t: whispers(cosines, neighbours, t),
        "average linkage": lambda t: AgglomerativeClustering(
            n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1 - t
        ).fit_predict(distances),
        "complete linkage": lambda t: AgglomerativeClustering(
            n_clusters=None, metric="precomputed", linkage="complete", distance_threshold=1 - t
        ).fit_predict(distances),
    }
    rates = 10 ** np.linspace(-1, -6, arguments.steps)
    print(f"{len(x)} images of {len(np.unique(truth))} identities")
    best = []
    for name, method in methods.items():
        begin = time.time()
        lines = []
        for rate in rates:
            threshold = impostors[min(len(impostors) - 1, int(rate * len(impostors)))]
            figures = judge(truth, method(threshold))
            lines.append((rate, threshold, *figures))
            print(f"{name:22} FAR {rate:.1e} cosine {threshold:.4f}  pairs P {figures[0]:.4f} R {figures[1]:.4f} F1 {figures[2]:.4f}"
                  f"  BCubed P {figures[3]:.4f} R {figures[4]:.4f} F1 {figures[5]:.4f}", flush=True)
        pair = max(lines, key=lambda line: line[4])
        cubed = max(lines, key=lambda line: line[7])
        near = [line for line in lines if line[7] >= cubed[7] - 0.02]
        best.append(f"{name:22} {pair[4]:.4f} at {pair[0]:.1e}   {cubed[7]:.4f} at {cubed[0]:.1e},"
                    f" within 0.02 from {near[0][0]:.1e} to {near[-1][0]:.1e}   {time.time() - begin:.0f} s")
    print("method                 best pairwise F1     best BCubed F1 and where it is near that")
    print("\n".join(best))


def dbscan(distances, threshold, neighbours):
    labels = DBSCAN(eps=1 - threshold, min_samples=neighbours, metric="precomputed").fit_predict(distances)
    lone = labels < 0
    labels[lone] = labels.max() + 1 + np.arange(lone.sum())
    return labels


if __name__ == "__main__":
    main()
