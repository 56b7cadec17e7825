"""Writes small networks under the names that others give them, with what PyTorch makes of images.

    venv/bin/python bench/layout_fixtures.py ffc-core/src/test/resources/layouts

Needs torch, numpy, onnx and safetensors. The structure is the published one, an improved residual network as AdaFace and CVLface name
it, with few channels and random weights: no file of theirs is used. Each kind of file holds the same network.
"""
import explain

explain.on_help(__doc__)

import os
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
torch.manual_seed(5)


class Unit(nn.Module):
    def __init__(self, channels, depth, stride):
        super().__init__()
        if channels == depth:
            self.shortcut_layer = nn.MaxPool2d(1, stride)
        else:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(channels, depth, 1, stride, bias=False), nn.BatchNorm2d(depth)
            )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, depth, 3, 1, 1, bias=False),
            nn.BatchNorm2d(depth),
            nn.PReLU(depth),
            nn.Conv2d(depth, depth, 3, stride, 1, bias=False),
            nn.BatchNorm2d(depth),
        )

    def forward(self, x):
        return self.res_layer(x) + self.shortcut_layer(x)


class Improved(nn.Module):
    """Stages of 2 and 1 blocks, 6 and 8 channels, for 12 x 12 pixels, embedding 5."""

    def __init__(self):
        super().__init__()
        self.input_layer = nn.Sequential(nn.Conv2d(3, 6, 3, 1, 1, bias=False), nn.BatchNorm2d(6), nn.PReLU(6))
        self.body = nn.Sequential(Unit(6, 6, 2), Unit(6, 6, 1), Unit(6, 8, 2))
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(8), nn.Dropout(0.4), nn.Flatten(), nn.Linear(8 * 9, 5), nn.BatchNorm1d(5, affine=False)
        )

    def forward(self, x):
        return self.output_layer(self.body(self.input_layer(x)))


network = Improved()
with torch.no_grad():
    for tensor in network.parameters():
        tensor += 0.2 * torch.randn_like(tensor)
    for _ in range(40):  # running statistics
        network(torch.rand(16, 3, 12, 12) * 2 - 1)
network.eval()
images = torch.rand(3, 3, 12, 12) * 2 - 1
state = network.state_dict()
under = lambda prefix, states=state: {prefix + name: tensor for name, tensor in states.items()}
path = lambda name: os.path.join(out, name)
torch.save({"state_dict": {**under("model."), "head.kernel": torch.ones(5, 2)}, "epoch": 3}, path("ir.ckpt"))
torch.save(under("net."), path("ir-net.pt"))
torch.save(under("module."), path("ir-legacy.pth"), _use_new_zipfile_serialization=False)
save_file(under("backbone."), path("ir.safetensors"), metadata={"format": "pt"})
halves = {n: t.half() if t.is_floating_point() else t for n, t in state.items()}
torch.save(halves, path("ir-f16.pth"))
brain = {n: t.bfloat16() if t.is_floating_point() else t for n, t in state.items()}
torch.save({"model": brain}, path("ir-bf16.pth"))
for name, training in {"ir-folded": torch.onnx.TrainingMode.EVAL, "ir-norms": torch.onnx.TrainingMode.PRESERVE}.items():
    torch.onnx.export(network, images, path(name + ".onnx"), training=training, dynamo=False, opset_version=11)
np.save(path("images.npy"), images.reshape(3, -1).numpy())
with torch.no_grad():
    for name, states in {"ir": state, "ir-f16": halves, "ir-bf16": brain}.items():
        network.load_state_dict({n: t.float() if t.is_floating_point() else t for n, t in states.items()})
        np.save(path(name + ".npy"), network(images).numpy())
