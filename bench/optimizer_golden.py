#!/usr/bin/env python3
"""Reference values for OptimizerTest: six updates of one weight by PyTorch's SGD and AdamW.

  venv/bin/python bench/optimizer_golden.py > ffc-core/src/test/resources/ffc/core/optim/optimizer-golden.tsv

Gradients follow a formula; the rate drops tenfold after three updates. Each line: rule, then the
weight after every update.
"""
import explain

explain.on_help(__doc__)

import math

import torch

RULES = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01),
    "sgd-nesterov": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "sgd-plain": lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, 0.1, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.05),
}
for name, make in RULES.items():
    p = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    optimizer = make([p])
    values = []
    for step in range(6):
        optimizer.param_groups[0]["lr"] = 0.1 if step < 3 else 0.01
        p.grad = torch.tensor([math.sin(step + i) for i in range(3)], dtype=torch.float64)
        optimizer.step()
        values += p.tolist()
    print(name + "\t" + " ".join(f"{v:.9g}" for v in values))
