"""Writes the weight files that the tests of ffc.formats read.

    python bench/make_weight_fixtures.py ffc-engine/src/test/resources/weights

Needs torch, numpy and safetensors. Values are small ramps, so that the tests can state them.
"""
import explain

explain.on_help(__doc__)

import argparse
import collections
import os
import sys

import numpy as np
import torch
from safetensors.torch import save_file

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
path = lambda name: os.path.join(out, name)

ramp = torch.arange(24, dtype=torch.float32) / 8 - 1
state = collections.OrderedDict()
state["dense"] = ramp.reshape(2, 3, 4).clone()
state["transposed"] = ramp.reshape(4, 6).t()  # stride (1, 6)
state["row"] = ramp.reshape(4, 6)[2]  # offset 12, shares the storage
state["channels_last"] = ramp.reshape(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)
state["expanded"] = torch.tensor([1.5, -2.0]).expand(3, 2)  # stride (0, 1)
state["half"] = torch.tensor([1.0, -0.5, 65504.0, 6e-8, float("inf")], dtype=torch.float16)
state["bfloat"] = torch.tensor([1.0, -3.140625, 1e30], dtype=torch.bfloat16)
state["double"] = torch.tensor([[1 / 3]], dtype=torch.float64)
state["count"] = torch.tensor(12345678901, dtype=torch.int64)
state["empty"] = torch.zeros(0, 5)
torch.save(state, path("plain.pth"))

trained = {
    "epoch": 7,
    "lr": 0.1,
    "note": "ünicode",
    "big": 1 << 80,
    "optimizer": {"state": {0: {"momentum_buffer": torch.ones(2)}}, "param_groups": [{"params": [0], "betas": (0.9, 0.999)}]},
    "state_dict": {"module.weight": torch.nn.Parameter(torch.full((2, 2), 0.25)), "module.bias": torch.zeros(2)},
}
torch.save(trained, path("trained.pth"), pickle_protocol=4)


class Harmful:
    def __reduce__(self):
        return os.system, ("echo harm",)


torch.save({"weight": torch.ones(1), "extra": Harmful()}, path("harmful.pth"))

# Before PyTorch 1.6; a network in wrappers beside values of other libraries.
torch.save(state, path("legacy.pth"), _use_new_zipfile_serialization=False)
torch.save(
    {
        "args": argparse.Namespace(lr=0.1),
        "best": np.float64(0.5),
        "network": {"_orig_mod.module.weight": torch.full((2, 2), 0.25), "_orig_mod.module.bias": torch.zeros(2)},
        "ema": {"weight": torch.ones(2, 2), "bias": torch.ones(2)},
        "head": {"weight": torch.ones(3)},
    },
    path("wrapped.pth"),
)

save_file({"b": torch.arange(6, dtype=torch.int64).reshape(2, 3), "a.weight": ramp.reshape(3, 8).contiguous(),
           "h": state["half"], "bf": state["bfloat"]},
          path("plain.safetensors"), metadata={"format": "pt", "quote": 'a "b" \\ \u00e9'})
np.save(path("floats.npy"), ramp.reshape(3, 8).numpy())
np.save(path("labels.npy"), np.array([3, -1, 1 << 40], dtype=np.int64))
np.save(path("half.npy"), state["half"].numpy())
np.save(path("fortran.npy"), np.asfortranarray(ramp.reshape(3, 8).numpy()))
