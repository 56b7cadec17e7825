#!/usr/bin/env python3
"""Reference values for MobileFaceNetTest: the table of Chen et al. 2018 in plain PyTorch.

  venv/bin/python bench/mobilefacenet_golden.py > ffc-core/src/test/resources/ffc/core/net/mobilefacenet-golden.tsv

Weights follow the formula of bench/golden.py. Float64 inside; values are printed with 9
digits: `name<TAB>value value ...`.
"""
import explain

explain.on_help(__doc__)

import torch
import torch.nn as nn

from golden import fill, rising_wave, show


class Unit(nn.Module):
    def __init__(self, i, o, kernel, stride, pad, groups=1, activate=True):
        super().__init__()
        self.conv = nn.Conv2d(i, o, kernel, stride, pad, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(o)
        self.prelu = nn.PReLU(o) if activate else None

    def forward(self, x):
        y = self.bn(self.conv(x))
        return y if self.prelu is None else self.prelu(y)


class Bottleneck(nn.Module):
    def __init__(self, i, o, expanded, stride):
        super().__init__()
        self.expand = Unit(i, expanded, 1, 1, 0)
        self.dw = Unit(expanded, expanded, 3, stride, 1, expanded)
        self.project = Unit(expanded, o, 1, 1, 0, activate=False)
        self.residual = stride == 1 and i == o

    def forward(self, x):
        y = self.project(self.dw(self.expand(x)))
        return x + y if self.residual else y


class Pool(nn.Module):
    """Depth-wise convolution over the whole image."""

    def __init__(self, channels, height, width):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, channels, height, width))
        self.bn = nn.BatchNorm1d(channels)

    def forward(self, x):
        y = nn.functional.conv2d(x, self.weight.transpose(0, 1), groups=x.shape[1])
        return self.bn(y.flatten(1))


class Net(nn.Module):
    def __init__(self, channels, height, width, dim):
        super().__init__()
        self.conv1 = Unit(channels, 64, 3, 2, 1)
        self.conv2_dw = Unit(64, 64, 3, 1, 1, 64)
        i = 64
        table = [(2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1)]
        for g, (t, c, n, s) in enumerate(table):
            blocks = []
            for k in range(n):
                blocks.append(Bottleneck(i, c, i * t, s if k == 0 else 1))
                i = c
            setattr(self, f"block{g + 1}", nn.Sequential(*blocks))
        self.conv_sep = Unit(128, 512, 1, 1, 0)
        h, w = height, width
        for _ in range(4):
            h, w = (h + 1) // 2, (w + 1) // 2
        self.conv_dw = Pool(512, h, w)
        self.fc = nn.Linear(512, dim)
        self.features = nn.BatchNorm1d(dim)

    def forward(self, x):
        x = self.conv2_dw(self.conv1(x))
        for g in range(1, 6):
            x = getattr(self, f"block{g}")(x)
        return self.features(self.fc(self.conv_dw(self.conv_sep(x))))


net = Net(3, 20, 33, 5)
names = fill(net, rising_wave)

x = rising_wave(4 * 3 * 20 * 33, 0.5).reshape(4, 3, 20, 33)
pull = rising_wave(4 * 5, 0.1).reshape(4, 5)

net.eval()
show("eval", net(x))
net.train()
out = net(x)
show("train", out)
(out * pull).sum().backward()
for name in ("conv2_dw.conv.weight", "block1.0.expand.prelu.weight", "block4.0.dw.bn.bias", "conv_dw.bn.weight", "features.weight"):
    show("gradient " + name, dict(net.named_parameters())[name].grad)
show("running_mean", net.block3[4].dw.bn.running_mean)
show("running_var", net.block3[4].dw.bn.running_var)
print("names\t" + " ".join(names))
