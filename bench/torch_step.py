#!/usr/bin/env python3
"""Yardstick: the FFC training step in plain PyTorch, to be timed beside the Java program on the same machine.

  venv/bin/python bench/torch_step.py --widths 16,32,64,128 --layers 1,1,1,1 --size 32 --channels 1 --dim 128 --ids 64 --instances 64 --capacity 200 --steps 60 [--bf16] [--compile] [--channels-last] [--device cuda]

How to make the venv: docs/testing.md, The scripts' Python.

Same work as one step of the project: probe forward + backward on both sides, gallery forward on both sides, cosines
against the group for both passes, margin softmax, SGD with Nesterov momentum, EMA of the gallery, group update.
Random images and identities; prints milliseconds a step and images a second.
"""
import argparse, resource, time, torch, torch.nn as nn, torch.nn.functional as F

class Block(nn.Module):
    """IResNet basic block: BN, conv, BN, PReLU, conv (stride), BN, plus shortcut."""
    def __init__(self, i, o, stride):
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm2d(i), nn.Conv2d(i, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o), nn.PReLU(o), nn.Conv2d(o, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o))
        self.short = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if stride != 1 or i != o else nn.Identity()
    def forward(self, x): return self.body(x) + self.short(x)

def backbone(widths, layers, size, channels, dim):
    net = [nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.PReLU(widths[0])]; i = widths[0]
    for w, n in zip(widths, layers):
        for k in range(n): net.append(Block(i, w, 2 if k == 0 else 1)); i = w
    f = size // 2 ** len(widths)
    return nn.Sequential(*net, nn.BatchNorm2d(i), nn.Flatten(), nn.Linear(i * f * f, dim), nn.BatchNorm1d(dim))

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter); A = p.add_argument
    A('--widths', default='16,32,64,128'); A('--layers', default='1,1,1,1'); A('--size', type=int, default=32); A('--channels', type=int, default=1); A('--dim', type=int, default=128)
    A('--ids', type=int, default=64); A('--instances', type=int, default=64); A('--capacity', type=int, default=200); A('--steps', type=int, default=60); A('--warmup', type=int, default=10); A('--threads', type=int, default=2); A('--bf16', action='store_true'); A('--channels-last', action='store_true'); A('--compile', action='store_true'); A('--device', default='cpu')
    a = p.parse_args(); torch.set_num_threads(a.threads); torch.manual_seed(0); dev = a.device; B = a.ids + a.instances // 2
    ints = lambda s: [int(v) for v in s.split(',')]
    layout = torch.channels_last if a.channels_last else torch.contiguous_format; lay = lambda v: v.to(memory_format=layout)
    make = lambda: lay(backbone(ints(a.widths), ints(a.layers), a.size, a.channels, a.dim).to(dev))
    probe, gallery = make(), make(); gallery.load_state_dict(probe.state_dict()); gallery.requires_grad_(False)
    if a.compile: probe, gallery = torch.compile(probe), torch.compile(gallery)
    group = F.normalize(torch.randn(a.capacity, a.dim, device=dev)); opt = torch.optim.SGD(probe.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)
    cast = lambda: torch.autocast(dev, dtype=torch.bfloat16, enabled=a.bf16); times = []
    for t in range(a.steps + a.warmup):
        x, y = (torch.randint(0, 256, (B, a.channels, a.size, a.size), dtype=torch.uint8) for _ in range(2)); slots = torch.randperm(a.capacity)[:B].to(dev) if a.capacity >= B else torch.randint(0, a.capacity, (B,), device=dev)
        t0 = time.perf_counter(); x, y = (lay((v.to(dev).float() - 127.5) / 127.5) for v in (x, y))
        with torch.no_grad(), cast(): gx, gy = (F.normalize(gallery(v).float()) for v in (x, y))
        wa, wb = group.clone(), group.clone(); wa[slots] = gy; wb[slots] = gx; loss = 0
        for v, w in ((x, wa), (y, wb)):
            with cast(): e = probe(v)
            cos = F.normalize(e.float()) @ w.t(); m = torch.zeros_like(cos).scatter_(1, slots[:, None], 0.4)
            loss = loss + F.cross_entropy((cos - m) * 32.0, slots)
        opt.zero_grad(); loss.backward(); opt.step(); group = wb
        with torch.no_grad(): torch._foreach_lerp_(list(gallery.parameters()), list(probe.parameters()), 0.01)
        if dev != 'cpu': torch.cuda.synchronize()
        if t >= a.warmup: times.append(time.perf_counter() - t0)
    times.sort(); n = len(times)
    print(f'params {sum(v.numel() for v in probe.parameters())} images/step {2 * B} ms/step p50 {1e3 * times[n // 2]:.1f} min {1e3 * times[0]:.1f} images/s {2 * B / times[n // 2]:.0f} peak_rss_mb {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}')

main()
