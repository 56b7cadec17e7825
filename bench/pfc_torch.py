#!/usr/bin/env python3
"""Yardstick: the classifier of Partial FC in plain PyTorch, sampled rows of one weight matrix with autograd's dense
gradient and torch.optim.SGD, which is the work of ffc.pfc.classes.HeadBench by the obvious means. Random unit embeddings.

  venv/bin/python bench/pfc_torch.py --classes 1000000 --dim 128 --images 192 --rate 0.1 --steps 15

Prints the median step, images a second and the peak resident memory.
"""
import argparse, resource, time, torch, torch.nn.functional as F

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter); A = p.add_argument
A('--classes', type=float, default=1e6); A('--dim', type=int, default=128); A('--images', type=int, default=192); A('--rate', type=float, default=0.1); A('--steps', type=int, default=15); A('--threads', type=int, default=2)
a = p.parse_args(); torch.set_num_threads(a.threads); torch.manual_seed(0); C, n = int(a.classes), max(1, round(a.classes * a.rate)); times = []
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
base = peak(); w = torch.nn.Parameter(torch.empty(C, a.dim).normal_(0, 0.01)); opt = torch.optim.SGD([w], 0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)
for t in range(a.steps + 3):
    ids = torch.randint(0, C, (a.images,)); e = F.normalize(torch.randn(a.images, a.dim)).requires_grad_()
    t0 = time.perf_counter()
    if a.rate < 1:  # as the public code: a random score a class, positives on top
        score = torch.rand(C); score[ids] = 2.0; rows = torch.topk(score, n).indices.sort().values; target = torch.searchsorted(rows, ids); sub = w[rows]
    else: target, sub = ids, w
    cos = e @ F.normalize(sub).t(); m = torch.zeros_like(cos).scatter_(1, target[:, None], 0.4)
    loss = F.cross_entropy((cos - m) * 32.0, target); opt.zero_grad(); loss.backward(); opt.step()
    if t >= 3: times.append(time.perf_counter() - t0)
times.sort(); s = times[len(times) // 2]
print(f'torch classes {C} embedding {a.dim} images {a.images} rate {a.rate}: step {1e3 * s:.1f} ms (min {1e3 * times[0]:.1f}), images/s {a.images / s:.0f}, peak rss {peak():.0f} MB ({base:.0f} before the classes)')
