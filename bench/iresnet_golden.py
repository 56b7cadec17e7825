#!/usr/bin/env python3
"""Reference values for IResNetTest: the InsightFace block structure in plain PyTorch.

  venv/bin/python bench/iresnet_golden.py > ffc-core/src/test/resources/ffc/core/net/iresnet-golden.tsv

Weights follow a formula of the array's number and the element's index, so that no weight file is
needed. Float64 inside; values are printed with 9 digits: `name<TAB>value value ...`.
"""
import explain

explain.on_help(__doc__)

import torch
import torch.nn as nn

from golden import fill, show, wave


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(i)
        self.conv1 = nn.Conv2d(i, o, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)
        self.prelu = nn.PReLU(o)
        self.conv2 = nn.Conv2d(o, o, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(o)
        self.downsample = None
        if stride != 1 or i != o:
            self.downsample = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = self.bn3(self.conv2(self.prelu(self.bn2(self.conv1(self.bn1(x))))))
        return y + (x if self.downsample is None else self.downsample(x))


class Net(nn.Module):
    def __init__(self, channels, size, layers, widths, dim):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.prelu = nn.PReLU(widths[0])
        i, h = widths[0], size
        for s, (n, w) in enumerate(zip(layers, widths)):
            blocks = []
            for k in range(n):
                blocks.append(Block(i, w, 2 if k == 0 else 1))
                i = w
            setattr(self, f"layer{s + 1}", nn.Sequential(*blocks))
            h = (h + 1) // 2
        self.stages = len(layers)
        self.bn2 = nn.BatchNorm2d(i)
        self.fc = nn.Linear(i * h * h, dim)
        self.features = nn.BatchNorm1d(dim)
        self.features.weight.requires_grad = False

    def forward(self, x):
        x = self.prelu(self.bn1(self.conv1(x)))
        for s in range(self.stages):
            x = getattr(self, f"layer{s + 1}")(x)
        return self.features(self.fc(torch.flatten(self.bn2(x), 1)))


def main():
    net = Net(3, 9, [1, 2], [4, 6], 5)
    names = fill(net, wave)
    net.features.weight.data.fill_(1)

    x = wave(4 * 3 * 9 * 9, 0.5).reshape(4, 3, 9, 9)
    pull = wave(4 * 5, 0.1).reshape(4, 5)

    net.eval()
    show("eval", net(x))
    net.train()
    out = net(x)
    show("train", out)
    (out * pull).sum().backward()
    for name in ("conv1.weight", "layer1.0.prelu.weight", "layer2.0.downsample.0.weight", "layer2.1.bn2.weight", "fc.bias", "features.bias"):
        show("gradient " + name, dict(net.named_parameters())[name].grad)
    show("running_mean", net.layer2[1].bn3.running_mean)
    show("running_var", net.layer2[1].bn3.running_var)
    print("names\t" + " ".join(names))


if __name__ == "__main__":
    main()
