#!/usr/bin/env python3
"""Reference values for VisionTransformerTest: a vision transformer in plain PyTorch.

  venv/bin/python bench/vit_golden.py > ffc-core/src/test/resources/ffc/core/net/vit-golden.tsv

Weights follow a formula of the array's number and the element's index, so that no weight file is
needed. Float64 inside; values are printed with 9 digits: `name<TAB>value value ...`.
"""
import explain

explain.on_help(__doc__)

import torch
import torch.nn.functional as F

from golden import scaled, show, wave

PATCH, WIDTH, HEADS, DEPTH, DIM = 4, 6, 2, 2, 5
IMAGE = (3, 13, 17)  # a row and a column that fill no square
GRADIENTS = (
    "patch_embed.proj.weight",
    "patch_embed.proj.bias",
    "pos_embed",
    "blocks.0.norm1.weight",
    "blocks.0.attn.qkv.weight",
    "blocks.1.attn.proj.bias",
    "blocks.1.mlp.fc1.weight",
    "norm.weight",
    "feature.0.weight",
    "feature.2.weight",
)


def linear(into, name, i, o, bias):
    into[name + ".weight"] = (o, i)
    if bias:
        into[name + ".bias"] = (o,)


def norm(into, name, n):
    into[name + ".weight"] = into[name + ".bias"] = (n,)


def batch_norm(into, name, n):
    norm(into, name, n)
    into[name + ".running_mean"] = into[name + ".running_var"] = (n,)


def shapes():
    tokens = (IMAGE[1] // PATCH) * (IMAGE[2] // PATCH)
    all = {"patch_embed.proj.weight": (WIDTH, IMAGE[0], PATCH, PATCH), "patch_embed.proj.bias": (WIDTH,)}
    all["pos_embed"] = (1, tokens, WIDTH)
    for b in range(DEPTH):
        norm(all, f"blocks.{b}.norm1", WIDTH)
        linear(all, f"blocks.{b}.attn.qkv", WIDTH, 3 * WIDTH, False)
        linear(all, f"blocks.{b}.attn.proj", WIDTH, WIDTH, True)
        norm(all, f"blocks.{b}.norm2", WIDTH)
        linear(all, f"blocks.{b}.mlp.fc1", WIDTH, 4 * WIDTH, True)
        linear(all, f"blocks.{b}.mlp.fc2", 4 * WIDTH, WIDTH, True)
    norm(all, "norm", WIDTH)
    all["mask_token"] = (1, 1, WIDTH)
    linear(all, "feature.0", tokens * WIDTH, WIDTH, False)
    batch_norm(all, "feature.1", WIDTH)
    linear(all, "feature.2", WIDTH, DIM, False)
    batch_norm(all, "feature.3", DIM)
    return all


def filled():
    arrays = {}
    for number, (name, shape) in enumerate(shapes().items()):
        count = torch.Size(shape).numel()
        values = scaled(name, wave(count, number).reshape(shape))
        arrays[name] = values.requires_grad_("running" not in name)
    return arrays


def network(p, x, training):
    """By the formulas of attention, not by PyTorch's fused kernel."""
    def ln(t, name):
        mean = t.mean(-1, keepdim=True)
        spread = ((t - mean) ** 2).mean(-1, keepdim=True)
        return (t - mean) / (spread + 1e-5).sqrt() * p[name + ".weight"] + p[name + ".bias"]

    def bn(t, name):
        return F.batch_norm(t, p[name + ".running_mean"], p[name + ".running_var"], p[name + ".weight"],
                            p[name + ".bias"], training, 0.1, 2e-5)

    t = F.conv2d(x, p["patch_embed.proj.weight"], p["patch_embed.proj.bias"], PATCH)
    b, d = t.shape[:2]
    t = t.reshape(b, d, -1).transpose(1, 2) + p["pos_embed"]
    n = t.shape[1]
    for i in range(DEPTH):
        at = f"blocks.{i}."
        qkv = ln(t, at + "norm1") @ p[at + "attn.qkv.weight"].T
        heads = []
        for h in range(HEADS):
            q, k, v = (qkv[..., part * WIDTH + h * WIDTH // HEADS:part * WIDTH + (h + 1) * WIDTH // HEADS]
                       for part in range(3))
            scores = torch.exp(q @ k.transpose(1, 2) / (WIDTH // HEADS) ** 0.5)
            heads.append(scores / scores.sum(-1, keepdim=True) @ v)
        t = t + torch.cat(heads, -1) @ p[at + "attn.proj.weight"].T + p[at + "attn.proj.bias"]
        y = ln(t, at + "norm2") @ p[at + "mlp.fc1.weight"].T + p[at + "mlp.fc1.bias"]
        t = t + y.clamp(0, 6) @ p[at + "mlp.fc2.weight"].T + p[at + "mlp.fc2.bias"]
    t = ln(t, "norm").reshape(b, n * d)
    t = bn(t @ p["feature.0.weight"].T, "feature.1")
    return bn(t @ p["feature.2.weight"].T, "feature.3")


def main():
    p = filled()
    x = wave(4 * torch.Size(IMAGE).numel(), 0.5).reshape(4, *IMAGE)
    show("eval", network(p, x, False))
    out = network(p, x, True)
    show("train", out)
    (out * wave(4 * DIM, 0.1).reshape(4, DIM)).sum().backward()
    for name in GRADIENTS:
        show("gradient " + name, p[name].grad)
    show("running_mean", p["feature.1.running_mean"])
    show("running_var", p["feature.3.running_var"])
    print("names\t" + " ".join(p))


if __name__ == "__main__":
    main()
