#!/usr/bin/env python3
"""Reference values for MbfTest: the MobileFaceNets that InsightFace calls mbf and mbf_large, in plain PyTorch.

  for kind in mbf mbf_large; do
    venv/bin/python bench/mbf_golden.py $kind > ffc-core/src/test/resources/ffc/core/net/${kind/_/-}-golden.tsv
  done

Structure and names of arrays are theirs; weights follow the formula of bench/golden.py. Float64
inside; values are printed with 9 digits: `name<TAB>value value ...`.
"""
import explain

explain.on_help(__doc__)

import sys

import torch
import torch.nn as nn

from golden import fill, rising_wave, show

SIDE = 33  # 3 after four halvings


class Layers(nn.Module):
    """What their modules have in common: the name of what is inside."""

    def __init__(self, *layers, residual=False):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.residual = residual

    def forward(self, x):
        return x + self.layers(x) if self.residual else self.layers(x)


def unit(i, o, kernel, stride, pad, groups=1, activate=True):
    layers = [nn.Conv2d(i, o, kernel, stride, pad, groups=groups, bias=False), nn.BatchNorm2d(o)]
    return Layers(*layers, *([nn.PReLU(o)] if activate else []))


def bottleneck(i, o, expanded, stride):
    return Layers(
        unit(i, expanded, 1, 1, 0),
        unit(expanded, expanded, 3, stride, 1, expanded),
        unit(expanded, o, 1, 1, 0, activate=False),
        residual=stride == 1,
    )


def chain(width, expanded, blocks):
    return Layers(*[bottleneck(width, width, expanded, 1) for _ in range(blocks)])


class Net(nn.Module):
    def __init__(self, blocks, scale, dim):
        super().__init__()
        narrow, wide = 64 * scale, 128 * scale
        second = unit(narrow, narrow, 3, 1, 1, 64) if blocks[0] == 1 else chain(narrow, 128, blocks[0])
        self.layers = nn.ModuleList([
            unit(3, narrow, 3, 2, 1), second,
            bottleneck(narrow, narrow, 128, 2), chain(narrow, 128, blocks[1]),
            bottleneck(narrow, wide, 256, 2), chain(wide, 256, blocks[2]),
            bottleneck(wide, wide, 512, 2), chain(wide, 256, blocks[3]),
        ])
        self.conv_sep = unit(wide, 512, 1, 1, 0)
        last = (SIDE + 15) // 16
        self.features = Layers(
            unit(512, 512, last, 1, 0, 512, activate=False),
            nn.Flatten(), nn.Linear(512, dim, bias=False), nn.BatchNorm1d(dim),
        )

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.features(self.conv_sep(x))


net = Net((1, 4, 6, 2), 2, 5) if sys.argv[1] == "mbf" else Net((2, 8, 12, 4), 4, 5)
names = fill(net, rising_wave)

x = rising_wave(4 * 3 * SIDE * SIDE, 0.5).reshape(4, 3, SIDE, SIDE)
pull = rising_wave(4 * 5, 0.1).reshape(4, 5)

net.eval()
show("eval", net(x))
if sys.argv[1] == "mbf":
    net.train()
    out = net(x)
    show("train", out)
    (out * pull).sum().backward()
    for name in ("layers.0.layers.2.weight", "layers.6.layers.1.layers.1.bias", "features.layers.2.weight"):
        show("gradient " + name, dict(net.named_parameters())[name].grad)
    statistics = net.layers[5].layers[3].layers[1].layers[1]
    show("running_mean", statistics.running_mean)
    show("running_var", statistics.running_var)
print("names\t" + " ".join(names))
