"""What the scripts of reference values share: weights by a formula, and how values are printed. Float64 throughout."""
import explain

if __name__ == "__main__":
    explain.on_help(__doc__)

import torch

torch.set_default_dtype(torch.float64)


def wave(count, phase):
    return torch.sin(torch.arange(count) * 0.7 + phase)


def rising_wave(count, phase):
    # A frequency that rises: with one frequency the channels are nearly copies of each other.
    i = torch.arange(count, dtype=torch.float64)
    return torch.sin(i * i * 0.37 + phase)


def scaled(name, values):
    """Values of a named array that keep a network's features within bounds."""
    if name.endswith("running_var") or (values.dim() == 1 and name.endswith("weight")):
        return 1 + 0.3 * values
    return values / values[0].numel() ** 0.5 if values.dim() > 1 else 0.2 * values


def fill(net, wave):
    """Fills all arrays but counters by their number; returns their names."""
    names = [name for name in net.state_dict() if "num_batches" not in name]
    for number, name in enumerate(names):
        array = net.state_dict()[name]
        array.copy_(scaled(name, wave(array.numel(), number).reshape(array.shape)))
    return names


def show(name, values):
    print(name + "\t" + " ".join(f"{v:.9g}" for v in values.flatten().tolist()))
