#!/usr/bin/env python3
"""Golden values for dense updates of sampled class centres: PyTorch's own SGD and AdamW on a full weight matrix whose
gradient comes through the sampled, normalised rows, in float64.

  python3 bench/pfc_dense_golden.py > pfc-baseline/src/test/resources/ffc/pfc/classes/dense-golden.txt

Lines: `name value value ...`; `case` starts an optimiser, `step` a step.
"""
import explain

explain.on_help(__doc__)

import torch, torch.nn.functional as F

C, E, B, STEPS, SCALE, MARGIN = 12, 5, 4, 5, 8.0, 0.4
torch.set_default_dtype(torch.float64)

def line(name, values): print(name, *[repr(float(v)) if torch.is_floating_point(values) else int(v) for v in values.flatten()])

print(f'# torch {torch.__version__}; C={C} E={E} B={B} cosface margin={MARGIN} scale={SCALE}')
for name, make in [
        ('sgd', lambda w: torch.optim.SGD([w], 0.1, momentum=0.9, weight_decay=0.01)),
        ('nesterov', lambda w: torch.optim.SGD([w], 0.1, momentum=0.9, weight_decay=0.01, nesterov=True)),
        ('adamw', lambda w: torch.optim.AdamW([w], 0.01, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.05))]:
    g = torch.Generator().manual_seed(7)
    w = torch.nn.Parameter((torch.randn(C, E, generator=g) * 0.1).float().double())
    opt = make(w); print('case', name); line('w0', w.detach())
    for t in range(STEPS):
        if t == 3:  # the rate drops: the momentum must not remember the old one
            for group in opt.param_groups: group['lr'] *= 0.1
        ids = torch.randint(0, C, (B,), generator=g)
        rows = torch.unique(torch.cat([ids, torch.randperm(C, generator=g)[:4]]))
        e = F.normalize(torch.randn(B, E, generator=g)).float().double()
        target = torch.searchsorted(rows, ids)
        cos = e @ F.normalize(w[rows]).t()
        logits = SCALE * (cos - MARGIN * F.one_hot(target, len(rows)))
        loss = F.cross_entropy(logits, target); opt.zero_grad(); loss.backward(); opt.step()
        print('step', repr(opt.param_groups[0]['lr'])); line('ids', ids); line('rows', rows); line('e', e); line('loss', loss.detach()[None]); line('w', w.detach())
