#!/usr/bin/env python3
"""Five reference steps of every method, for ReferenceStepsTest of ffc-core and of pfc-baseline.

  venv/bin/python bench/reference_steps.py          writes the fixtures of both modules
  venv/bin/python bench/reference_steps.py --show   prints losses, rates and gradient norms only

Plain PyTorch in float64, written from docs/methods.md: the losses go through autograd, the optimisers are torch.optim's,
the group is a dictionary that is copied for every proposal. A case is a set of sections as in an experiment file; cases.json
holds them for the test, NAME.safetensors.gz what follows from them after every step:

  N/loss/TERM  N/rate  N/norm              loss by term, learning rate, gradient norm before clipping
  N/probe/ARRAY  N/gallery/ARRAY           networks after step N, buffers included
  N/optimizer/ARRAY                        momenta (N/optimizer-first, N/optimizer-second with AdamW)
  N/group/{ids,order,rows0,rows1,next}     the ID group: identity of each slot, slots most recent first, rows
  N/rows/velocity                          momenta of rows that learn
  N/classes/{rows,state0,state1}           class centres and their momenta
  N/columns/rows  N/queue/features         of virtual FC, of the dynamic class queue
  N/margin/{norm_mean,norm_std}            running statistics of AdaFace
  N/margin/t                               running mean of CurricularFace

Image i is a sequence of bytes by a linear congruence (pixels below); what a batch consists of follows from the seed as
docs/decisions/012-order-of-an-epoch.md says.
"""
import explain

explain.on_help(__doc__)

import copy, gzip, json, math, struct, sys
from pathlib import Path

import torch
import torch.nn.functional as F

from iresnet_golden import Net

torch.set_default_dtype(torch.float64)
ROOT = Path(__file__).resolve().parent.parent
SEED, STEPS, SIZE, DIM = 5, 5, 6, 6
COUNTS = [1 + i % 4 for i in range(20)]  # images of each identity
FIRST = [sum(COUNTS[:i]) for i in range(len(COUNTS) + 1)]
OWNER = [i for i, n in enumerate(COUNTS) for _ in range(n)]
M64 = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15

# ---------------------------------------------------------------- images and batches


def pixels(image):
    state, values = ((image + 1) * 2654435761) % 2**32, []
    for _ in range(SIZE * SIZE):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(state >> 24)
    return (torch.tensor(values, dtype=torch.float64).reshape(1, SIZE, SIZE) - 127.5) / 127.5


def mix(x):
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & M64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & M64
    return x ^ (x >> 31)


def keyed(key, *words):
    for w in words:
        key = mix((mix((key + GOLDEN) & M64) ^ (mix((w + 2 * GOLDEN) & M64) * 3)) & M64)
    return key


def below(random, bound):
    return ((random >> 1) * (bound << 1)) >> 64


class Permutation:
    def __init__(self, n, key):
        bits = max(1, (n - 1).bit_length())
        self.n, self.mask, self.shift = n, (1 << bits) - 1, (bits + 1) // 2
        self.rounds = [(keyed(key, r) | 1, keyed(key, 4 + r)) for r in range(4)]

    def at(self, x):
        while True:
            for m, a in self.rounds:
                x = (x * m + a) & self.mask
                x ^= x >> self.shift
            if x < self.n:
                return x


def partner(image, random):
    first, count = FIRST[OWNER[image]], COUNTS[OWNER[image]]
    return image if count == 1 else first + (image - first + 1 + below(random, count - 1)) % count


def batches(data):
    """x and y of every step: image numbers."""
    id_key, image_key = keyed(SEED, 1), keyed(SEED, 2)
    id_at, image_at = 0, 0

    def image():
        nonlocal image_at
        epoch, place = divmod(image_at, len(OWNER))
        image_at += 1
        return Permutation(len(OWNER), keyed(image_key, epoch)).at(place), keyed(image_key, epoch, place)

    def other(image, random):
        if data.get("singleImage") == "alone" and COUNTS[OWNER[image]] == 1:
            return below(random, len(OWNER))
        return partner(image, random)

    for _ in range(STEPS):
        x, y = [], []
        for _ in range(data["idsPerBatch"]):
            epoch, place = divmod(id_at, len(COUNTS))
            id_at += 1
            identity = Permutation(len(COUNTS), keyed(id_key, epoch)).at(place)
            key = keyed(id_key, epoch, place)
            x.append(FIRST[identity] + below(keyed(key, 0), COUNTS[identity]))
            y.append(other(x[-1], keyed(key, 1)))
        for _ in range(data["instancesPerBatch"] // 2):
            i, key = image()
            x.append(i)
            y.append(other(i, keyed(key, 1)) if data["instancePartner"] else image()[0])
        yield x, y


# ---------------------------------------------------------------- what methods share


class Margin:
    """A section margin, and what AdaFace and CurricularFace remember: of the steps before; each scored sample counts once."""

    def __init__(self, config):
        self.config, self.mean, self.std, self.norms = config, 20.0, 100.0, []
        self.t, self.cosines, self.due = 0.0, [], 0

    def scale(self, norms):
        z = self.config["h"] * (norms.clip(1e-3, 100) - self.mean) / (self.std + 1e-3)
        return z.clip(-1, 1)

    def count(self, norms):
        self.norms.append(norms.clip(1e-3, 100))
        self.due = len(norms)

    def count_targets(self, c):
        if self.due:  # a second head scores the same samples again
            assert self.due == len(c)
            self.cosines.append(c.detach())
            self.due = 0

    def update(self):
        if self.is_a("curricularface") and self.cosines:
            alpha = self.config["tAlpha"]
            self.t = alpha * float(torch.cat(self.cosines).mean()) + (1 - alpha) * self.t
        self.cosines, self.due = [], 0
        if self.is_a("adaface") and self.norms:
            norms, alpha = torch.cat(self.norms), self.config["tAlpha"]
            self.mean = alpha * norms.mean() + (1 - alpha) * self.mean
            self.std = alpha * norms.std() + (1 - alpha) * self.std
        self.norms = []

    def is_a(self, kind):
        return isinstance(self.config, dict) and self.config["type"] == kind

    def record(self):
        if self.is_a("curricularface"):
            return {"margin": {"t": torch.tensor([self.t])}}
        if not self.is_a("adaface"):
            return {}
        return {"margin": {"norm_mean": torch.tensor([self.mean]), "norm_std": torch.tensor([self.std])}}


def margin_softmax(margin, norms, cos, target, ignored=None):
    """Cross-entropy of each sample; norms are those of the embeddings; ignored columns are no negatives."""
    config = margin.config
    rows = torch.arange(len(cos))
    c = cos[rows, target]
    m, kind = config.get("margin"), config["type"]
    margin.count_targets(c)
    logits = cos
    if kind == "sv":
        t = config["t"]
        hard = cos > (c - m)[:, None]
        logits = torch.where(hard, t * cos + t - 1, cos)
        c = torch.where(c > m, c - m, c)
    elif kind == "cosface":
        c = c - m
    elif kind == "curricularface":
        angle = torch.arccos(c)
        hard = cos > torch.cos(angle + m)[:, None]
        logits = torch.where(hard, cos * (margin.t + cos), cos)
        c = torch.where(angle + m > math.pi, c - m * math.sin(m), torch.cos(angle + m))
    elif kind == "arcface":
        angle = torch.arccos(c)
        c = torch.where(angle + m > math.pi, c - m * math.sin(m), torch.cos(angle + m))
    elif kind == "combined":
        angle = config["m1"] * torch.arccos(c) + config["m2"]
        c = torch.where(angle > math.pi, -1 - (angle - math.pi), torch.cos(angle)) - config["m3"]
    elif kind == "adaface":
        z = margin.scale(norms.detach())
        angle = torch.arccos(c.clip(-1 + 1e-3, 1 - 1e-3)) - m * z
        c = torch.cos(angle.clip(1e-3, math.pi - 1e-3)) - (m + m * z)
    if config.get("angleGradient") == "detached":  # the margin under torch.no_grad(), as a shift of the cosine
        plain = cos[rows, target]
        c = plain + (c - plain).detach()
    one = F.one_hot(target, cos.shape[1]).bool()
    logits = torch.where(one, c[:, None], logits) * config["scale"]
    if ignored is not None:
        logits = logits.masked_fill(ignored & ~one, -math.inf)
    return torch.logsumexp(logits, 1) - logits[rows, target]


def slices(n, count):
    return [(n * i // count, n * (i + 1) // count) for i in range(count)]


def state(net):
    return {k: v for k, v in net.state_dict().items() if "num_batches" not in k}


class Gallery:
    def __init__(self, probe, method, frozen):
        self.net, self.probe = copy.deepcopy(probe), probe
        self.m, self.ramp = method["galleryMomentum"], method.get("galleryMomentumSchedule") == "ramp"
        self.ema = method["galleryBatchNorm"] == "ema"
        self.net.train(not self.ema and not frozen)

    @torch.no_grad()
    def embed(self, images):
        return F.normalize(self.net(images))

    @torch.no_grad()
    def follow(self, t):
        m = min(self.m, (1 + t) / (20 + t)) if self.ramp else self.m
        buffers = dict(self.net.named_buffers())
        new = state(self.probe)
        for name, value in state(self.net).items():
            if name not in buffers or self.ema:
                value.copy_(m * value + (1 - m) * new[name])


# ---------------------------------------------------------------- FFC


class Group:
    def __init__(self, capacity, two_row, keep):
        self.k, self.two_row, self.keep = capacity, two_row, keep
        self.slot, self.recent = {}, []  # identity -> slot; slots, most recent first
        self.rows = [torch.zeros(capacity, DIM), torch.zeros(capacity, DIM)]
        self.next = [0] * capacity
        self.hit_again = set()

    def proposed(self, ids, features):
        new = copy.deepcopy(self)
        new.hit_again = set()
        inserted = set()
        for identity, feature in zip(ids, features):
            if identity in new.slot:
                s = new.slot[identity]
                new.recent.remove(s)
                again = True
            else:
                if len(new.recent) < self.k:
                    s = len(new.recent)
                else:
                    s = new.recent.pop()
                    del new.slot[next(i for i, t in new.slot.items() if t == s)]
                new.slot[identity] = s
                inserted.add(s)
                new.next[s] = 0
                again = False
            new.recent.insert(0, s)
            if self.two_row:
                new.rows[new.next[s]][s] = feature
                new.next[s] ^= 1
                if again:
                    new.hit_again.add(s)
            elif s in inserted:
                new.rows[0][s] = feature
            else:
                new.rows[0][s] = F.normalize(self.keep * self.rows[0][s] + (1 - self.keep) * feature, dim=0)
        return new

    def heads(self):
        n = len(self.recent)
        if not self.two_row:
            return [self.rows[0][:n]]
        second = [self.rows[1 if s in self.hit_again else 0][s] for s in range(n)]
        return [self.rows[0][:n], torch.stack(second)]

    def record(self):
        n = len(self.recent)
        ids = [next(i for i, t in self.slot.items() if t == s) for s in range(n)]
        out = {"ids": torch.tensor(ids), "order": torch.tensor(self.recent), "rows0": self.rows[0][:n]}
        if self.two_row:
            out |= {"rows1": self.rows[1][:n], "next": torch.tensor(self.next[:n])}
        return out


class Ffc:
    def __init__(self, case, probe):
        self.c, self.probe, self.n = case["method"], probe, case["run"]["accumulate"]
        self.gallery = Gallery(probe, self.c, case["model"]["freezeBatchNorm"])
        update = self.c["update"]
        self.group = Group(self.c["capacity"], update["type"] == "two-row", update.get("keep"))
        self.margin = Margin(self.c["margin"])

    def accumulate(self, x, y, x_ids, y_ids):
        cut = slices(len(x), self.n)
        gx = torch.cat([self.gallery.embed(x[a:b]) for a, b in cut])
        gy = torch.cat([self.gallery.embed(y[a:b]) for a, b in cut])
        losses = {"existing": 0.0, "fresh": 0.0}
        self.score(x, x_ids, self.group.proposed(y_ids, gy), cut, losses)
        self.committed = self.group.proposed(x_ids, gx)
        self.score(y, y_ids, self.committed, cut, losses)
        return losses

    def score(self, images, ids, group, cut, losses):
        there = torch.tensor([i in group.slot for i in ids])
        existing, fresh = int(there.sum()), int((~there).sum())
        self.fresh = getattr(self, "fresh", 0) + fresh
        for a, b in cut:
            features = self.probe(images[a:b])
            u, norms = F.normalize(features), features.detach().norm(dim=1)
            target = torch.tensor([group.slot.get(i, 0) for i in ids[a:b]])
            t = there[a:b]
            terms = {}
            self.margin.count(norms[t])
            for rows in group.heads():
                cos = u @ rows.T
                if t.any():
                    loss = margin_softmax(self.margin, norms[t], cos[t], target[t]).sum() / existing
                    terms["existing"] = terms.get("existing", 0) + loss
                if (~t).any():
                    h = self.c["fresh"]["hardNegatives"] or max(3, min(10, int(0.0002 * self.c["capacity"])))
                    h = min(h, cos.shape[1])
                    term = cos[~t].topk(h).values.clamp(min=0).sum() / (fresh * h)
                    terms["fresh"] = terms.get("fresh", 0) + self.c["fresh"]["weight"] * term
            sum(terms.values()).backward()
            for name, value in terms.items():
                losses[name] += value.item()

    def update(self, rate, step):
        self.group = self.committed
        self.margin.update()
        self.gallery.follow(step)

    def record(self):
        return {"gallery": state(self.gallery.net), "group": self.group.record()} | self.margin.record()


# ---------------------------------------------------------------- baselines: both sides in one forward pass


class Joint:
    def __init__(self, case, probe):
        self.c, self.probe, self.n = case["method"], probe, case["run"]["accumulate"]
        self.margin = Margin(self.c["margin"])

    def accumulate(self, x, y, x_ids, y_ids):
        losses = {self.term: 0.0}
        self.begin(x_ids + y_ids)
        for a, b in slices(len(x), self.n):
            images = torch.cat([x[a:b], y[a:b]])
            features = self.probe(images)
            u, self.norms = F.normalize(features), features.detach().norm(dim=1)
            loss = self.loss(u, x_ids[a:b] + y_ids[a:b], (b - a) / len(x), images)
            loss.backward()
            losses[self.term] += loss.item()
        return losses

    def begin(self, ids):
        pass

    def update(self, rate, step):
        pass

    def record(self):
        return {}


def class_rows(centers=1):
    return (0.1 * torch.randn(centers * len(COUNTS), DIM, generator=torch.Generator().manual_seed(9))).float().double()


class TrainedFfc(Joint):
    """The group's rows take the gradient; an identity that enters begins with the direction of its features' sum,
    and is compared in that step with the other images' features."""

    term = "softmax"

    def __init__(self, case, probe):
        super().__init__(case, probe)
        by_gallery = self.c.get("rowEntry") == "gallery"
        self.gallery = Gallery(probe, self.c, case["model"]["freezeBatchNorm"]) if by_gallery else None
        self.group = Group(self.c["capacity"], False, 1.0)
        self.velocity = torch.zeros(self.c["capacity"], DIM)

    def accumulate(self, x, y, x_ids, y_ids):
        self.proposed, self.count, self.slice = None, 2 * len(x), 0
        if self.gallery or self.n > 1:  # all rows begin before the first slice is scored
            network = self.gallery.embed if self.gallery else lambda images: F.normalize(self.probe(images)).detach()
            parts = [network(torch.cat([x[a:b], y[a:b]])).chunk(2) for a, b in slices(len(x), self.n)]
            self.enter(x_ids + y_ids, torch.cat([p for p, _ in parts] + [q for _, q in parts]))
        return super().accumulate(x, y, x_ids, y_ids)

    def enter(self, ids, features):
        distinct = list(dict.fromkeys(ids))
        first = [F.normalize(sum(f for i, f in zip(ids, features) if i == d), dim=0) for d in distinct]
        self.proposed = self.group.proposed(distinct, first)
        self.entered = [s for i, s in self.proposed.slot.items() if self.group.slot.get(i) != s]
        # In the step in which an identity enters, an image's target is the direction of its other images.
        self.others = [
            [f for k, f in enumerate(features) if ids[k] == i and k != j] if self.proposed.slot[i] in self.entered else []
            for j, i in enumerate(ids)]
        self.leaf = self.proposed.heads()[0].clone().requires_grad_()

    def loss(self, u, ids, share, images):
        if self.proposed is None:
            self.enter(ids, u.detach())
        target = torch.tensor([self.proposed.slot[i] for i in ids])
        self.margin.count(self.norms)
        cos = u @ F.normalize(self.leaf).T
        a, b = slices(self.count // 2, self.n)[self.slice]
        rows = list(range(a, b)) + [self.count // 2 + r for r in range(a, b)]
        self.slice += 1
        own = [F.normalize(sum(self.others[r]), dim=0) if self.others[r] else None for r in rows]
        cos = torch.stack([
            c if o is None else torch.cat([c[:t], (v @ o).reshape(1), c[t + 1:]])
            for c, o, t, v in zip(cos, own, target.tolist(), u)])
        return margin_softmax(self.margin, self.norms, cos, target).sum() / self.count

    @torch.no_grad()
    def update(self, rate, step):
        self.group, n = self.proposed, len(self.leaf)
        self.velocity[self.entered] = 0
        self.velocity[:n] = self.c["rowMomentum"] * self.velocity[:n] + self.leaf.grad
        self.group.rows[0][:n] = F.normalize(self.leaf - self.c["rowRate"] * rate * self.velocity[:n])
        if self.gallery:
            self.gallery.follow(step)

    def record(self):
        arrays = {"group": self.group.record(), "rows": {"velocity": self.velocity[: len(self.leaf)]}}
        return arrays | ({"gallery": state(self.gallery.net)} if self.gallery else {})


class PartialFc(Joint):
    term = "softmax"

    def __init__(self, case, probe):
        super().__init__(case, probe)
        self.k = self.c.get("centers", 1)  # of a class, one below the other
        self.w = torch.nn.Parameter(class_rows(self.k))
        self.config, self.dense = case["optimizer"], self.c["update"] == "dense"
        self.optimizer = make_optimizer(self.config, [self.w])
        self.state = [torch.zeros_like(self.w) for _ in range(2 if self.config["type"] == "adamw" else 1)]
        self.counts, self.step = [0] * len(self.w), 0

    def begin(self, ids):
        """All positives, filled up with negatives in the order of a keyed permutation."""
        self.count, self.w.grad = len(ids), None
        c = len(COUNTS)
        budget = min(c, max(1, round(c * self.c["sampleRate"])))
        chosen = set(ids)
        order = Permutation(c, (SEED + GOLDEN * (self.step + 1)) & M64)
        for i in range(c):
            if len(chosen) < budget:
                chosen.add(order.at(i))
        self.classes = sorted(chosen)
        self.rows = [i * self.k + j for i in self.classes for j in range(self.k)]

    def loss(self, u, ids, share, images):
        cos = (u @ F.normalize(self.w[self.rows]).T).reshape(len(u), -1, self.k).amax(2)
        target = torch.tensor([self.classes.index(i) for i in ids])
        threshold = self.c.get("interClassThreshold")
        ignored = None if threshold is None else cos.detach() > threshold
        self.margin.count(self.norms)
        return margin_softmax(self.margin, self.norms, cos, target, ignored).sum() / self.count

    @torch.no_grad()
    def update(self, rate, step):
        self.step = step
        if self.dense:
            self.optimizer.param_groups[0]["lr"] = rate
            self.optimizer.step()
            kept = self.optimizer.state[self.w]
            names = ("exp_avg", "exp_avg_sq") if len(self.state) == 2 else ("momentum_buffer",)
            self.state = [kept[n] for n in names]
            return
        o = self.config
        for r in self.rows:  # the published rules, row by row
            w, g = self.w[r], self.w.grad[r]
            self.counts[r] += 1
            if o["type"] == "sgd":
                d = g + o["weightDecay"] * w
                v = o["momentum"] * self.state[0][r] + d
                self.state[0][r] = v
                self.w[r] = w - rate * (d + o["momentum"] * v if o["nesterov"] else v)
            else:
                b1, b2 = o["betas"]
                self.state[0][r] = b1 * self.state[0][r] + (1 - b1) * g
                self.state[1][r] = b2 * self.state[1][r] + (1 - b2) * g * g
                m = self.state[0][r] / (1 - b1 ** self.counts[r])
                v = self.state[1][r] / (1 - b2 ** self.counts[r])
                self.w[r] = w * (1 - rate * o["weightDecay"]) - rate * m / (v.sqrt() + o["epsilon"])

    def record(self):
        return {"classes": {"rows": self.w} | {f"state{i}": s for i, s in enumerate(self.state)}}


class VirtualFc(Joint):
    term = "virtual"

    def __init__(self, case, probe):
        super().__init__(case, probe)
        self.g = self.c["columns"]
        self.rows, self.holder, self.borrowed = torch.zeros(self.g, DIM), [-1] * self.g, 0

    def begin(self, ids):
        self.kept = []

    @staticmethod
    def total(u, ids, identity):
        return F.normalize(sum(u[i] for i in range(len(ids)) if ids[i] == identity), dim=0)

    def loss(self, u, ids, share, images):
        b, still = len(ids) // 2, u.detach()
        home = {}
        for i in ids:
            home.setdefault(i % self.g, i)
        column, free = {c_id: c for c, c_id in home.items()}, (c for c in range(self.g) if c not in home)
        for i in ids:
            if i not in column:
                column[i] = next(free)
                self.borrowed += 1
        sides = [(list(range(b)), list(range(b, 2 * b))), (list(range(b, 2 * b)), list(range(b)))]
        scored = [[i for i in mine if ids[i] in {ids[j] for j in other}] for mine, other in sides]
        loss = 0 * u.sum()
        for (mine, other), samples in zip(sides, scored):
            if not samples:
                continue
            rows, holder = self.rows.clone(), list(self.holder)
            other_ids = [ids[j] for j in other]
            for i in set(other_ids):
                rows[column[i]] = self.total(still[other], other_ids, i)
                holder[column[i]] = i
            target = torch.tensor([column[ids[i]] for i in samples])
            ignored = torch.tensor([[h == -1 or h == ids[i] for h in holder] for i in samples])
            norms = self.norms[samples]
            self.margin.count(norms)
            loss = loss + margin_softmax(self.margin, norms, u[samples] @ rows.T, target, ignored).sum()
        self.kept.append([(c, i, self.total(still, ids, i)) for c, i in home.items()])
        return loss * share / max(1, len(scored[0]) + len(scored[1]))

    def update(self, rate, step):
        for c, i, row in sum(self.kept, []):
            self.rows[c], self.holder[c] = row, i

    def record(self):
        return {"columns": {"rows": self.rows}}


class DynamicClassQueue(Joint):
    term = "queue"

    def __init__(self, case, probe):
        super().__init__(case, probe)
        self.gallery = Gallery(probe, self.c, case["model"]["freezeBatchNorm"])
        k = self.c["capacity"]
        self.rows, self.ids, self.next = torch.zeros(k, DIM), [None] * k, 0

    def begin(self, ids):
        self.all_ids, self.keys = ids, []

    def loss(self, u, ids, share, images):
        keys = self.gallery.embed(images)
        b = len(ids) // 2
        self.keys.append((keys[:b], keys[b:]))
        filled = [j for j, i in enumerate(self.ids) if i is not None]
        columns = torch.cat([keys, self.rows[filled]])
        column_ids = ids + [self.ids[j] for j in filled]
        other = [i + b if i < b else i - b for i in range(2 * b)]
        target = torch.tensor([o if ids[o] == ids[i] else i for i, o in enumerate(other)])
        ignored = torch.tensor([[c == i for c in column_ids] for i in ids])
        self.margin.count(self.norms)
        return margin_softmax(self.margin, self.norms, u @ columns.T, target, ignored).sum() / len(self.all_ids)

    def update(self, rate, step):
        keys = torch.cat([x for x, _ in self.keys] + [y for _, y in self.keys])
        for i, key in zip(self.all_ids, keys):
            self.rows[self.next], self.ids[self.next] = key, i
            self.next = (self.next + 1) % len(self.ids)
        self.gallery.follow(step)

    def record(self):
        return {"gallery": state(self.gallery.net), "queue": {"features": self.rows}}


class Triplet(Joint):
    term = "triplet"

    def loss(self, u, ids, share, images):
        d = 2 - 2 * u @ u.T
        losses = []
        for a in range(len(ids)):
            others = [k for k in range(len(ids)) if ids[k] != ids[a]]
            for p in range(len(ids)):
                if p == a or ids[p] != ids[a] or not others:
                    continue
                semi_hard = [k for k in others if d[a, k] > d[a, p]]
                n = min(semi_hard, key=lambda k: d[a, k]) if semi_hard else max(others, key=lambda k: d[a, k])
                losses.append((d[a, p] - d[a, n] + self.c["margin"]).clamp(min=0))
        return share * sum(losses) / len(losses)


# ---------------------------------------------------------------- the run


def schedule(optimizer, step):
    peak, s = optimizer["learningRate"], optimizer["schedule"]
    warm = s["warmupSteps"]
    if step < warm:
        return peak * (step + 1) / warm
    done, end = (step - warm) / (STEPS - warm), s.get("finalRate", 0)
    if s["type"] == "cosine":
        return end + (peak - end) * (1 + math.cos(math.pi * done)) / 2
    if s["type"] == "linear":
        return peak + (end - peak) * done
    if s["type"] == "polynomial":
        return end + (peak - end) * (1 - done) ** s["power"]
    return peak * s["gamma"] ** sum(step >= m for m in s["milestones"])


def initial():
    torch.manual_seed(3)
    net = Net(1, SIZE, [1], [3], DIM)
    with torch.no_grad():
        for name, value in state(net).items():
            if "running_var" in name or (value.dim() == 1 and name.endswith("weight") and name != "features.weight"):
                value.copy_(value * (0.8 + 0.4 * torch.rand_like(value)))
            elif value.dim() == 1 and name != "features.weight":
                value.add_(0.2 * torch.randn_like(value))
            value.copy_(value.float().double())
    return net


def make_optimizer(config, weights):
    if config["type"] == "adamw":
        return torch.optim.AdamW(weights, betas=config["betas"], eps=config["epsilon"], weight_decay=config["weightDecay"])
    return torch.optim.SGD(
        weights, 0.1, momentum=config["momentum"], nesterov=config["nesterov"], weight_decay=config["weightDecay"])


def run(case, method_type, show):
    torch.manual_seed(0)
    probe = initial()
    probe.train(not case["model"]["freezeBatchNorm"])
    named = {k: p for k, p in probe.named_parameters() if p.requires_grad}
    weights = list(named.values())
    config = case["optimizer"]
    optimizer = make_optimizer(config, weights)
    method = method_type(case, probe)
    out = {}
    for step, (x, y) in enumerate(batches(case["data"]), 1):
        def images(side):
            return torch.stack([pixels(i) for i in side])

        optimizer.zero_grad()
        losses = method.accumulate(images(x), images(y), [OWNER[i] for i in x], [OWNER[i] for i in y])
        norm = math.sqrt(sum(float((p.grad**2).sum()) for p in weights))
        clip = config.get("clipNorm", math.inf)
        rate = schedule(config, step - 1)
        for p in weights:
            p.grad *= min(1, clip / norm)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        method.update(rate, step)
        if isinstance(method, Joint):
            method.margin.update()
        if show:
            print(f"  {step} rate {rate:.4f} norm {norm:7.3f} clip {clip}", losses)
        at = f"{step}/"
        out[at + "rate"], out[at + "norm"] = torch.tensor([rate]), torch.tensor([norm])
        for name, value in losses.items():
            out[at + "loss/" + name] = torch.tensor([value])
        parts = {"probe": state(probe)} | method.record()
        if isinstance(method, Joint):
            parts |= method.margin.record()
        kept = {"exp_avg": "optimizer-first", "exp_avg_sq": "optimizer-second", "momentum_buffer": "optimizer"}
        for name, p in named.items():
            for key, value in optimizer.state[p].items():
                if key in kept:
                    parts.setdefault(kept[key], {})[name] = value
        for part, arrays in parts.items():
            for name, value in arrays.items():
                out[at + part + "/" + name] = value.detach().clone()
    for figure in ("fresh", "borrowed"):
        if show and hasattr(method, figure):
            print(" ", figure, getattr(method, figure))
    return out


def write(path, arrays):
    """safetensors, f32, packed by gzip: most of it are names."""
    header, blobs, at = {}, [], 0
    for name, value in arrays.items():
        blob = struct.pack(f"<{value.numel()}f", *value.flatten().tolist())
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = struct.pack("<Q", len(text)) + text + b"".join(blobs)
    path.write_bytes(gzip.compress(data, 9, mtime=0))


# ---------------------------------------------------------------- the cases

MODEL = {"backbone": "iresnet", "input": [1, SIZE, SIZE], "layers": [1], "widths": [3], "embedding": DIM}
SCHEDULES = [
    {"type": "cosine", "warmupSteps": 2, "finalRate": 0.002},
    {"type": "multistep", "warmupSteps": 2, "milestones": [3, 4], "gamma": 0.3},
    {"type": "polynomial", "warmupSteps": 1, "power": 1.5, "finalRate": 0.002},
    {"type": "linear", "warmupSteps": 3, "finalRate": 0.002},
]
MARGINS = [
    {"type": "cosface", "margin": 0.4, "scale": 8.0},
    {"type": "arcface", "margin": 0.5, "scale": 8.0},
    {"type": "sv", "margin": 0.3, "scale": 8.0, "t": 1.2},
    {"type": "combined", "scale": 8.0, "m1": 1.0, "m2": 0.3, "m3": 0.2},
    {"type": "arcface", "margin": 0.5, "scale": 8.0, "angleGradient": "detached"},
    {"type": "combined", "scale": 8.0, "m1": 1.2, "m2": 0.3, "m3": 0.1, "angleGradient": "detached"},
    {"type": "adaface", "margin": 0.4, "scale": 8.0, "h": 0.9, "tAlpha": 0.6},
    {"type": "adaface", "margin": 0.4, "scale": 8.0, "h": 0.8, "tAlpha": 1.0},
    {"type": "curricularface", "margin": 0.5, "scale": 8.0, "tAlpha": 0.6},
]


def sgd(number, nesterov):
    return {"type": "sgd", "learningRate": 0.01, "momentum": 0.9, "nesterov": nesterov, "weightDecay": 0.01,
            "schedule": SCHEDULES[number % 4]}


def adamw(number):
    return {"type": "adamw", "learningRate": 0.02, "betas": [0.8, 0.95], "epsilon": 1e-2, "weightDecay": 0.05,
            "schedule": SCHEDULES[number % 4]}


def case(number, name, method, optimizer=None, partner=True, accumulate=1, frozen=False):
    return {
        "name": name,
        "data": {"idsPerBatch": 6, "instancesPerBatch": 8, "instancePartner": partner},
        "model": MODEL | {"freezeBatchNorm": frozen},
        "method": method,
        "optimizer": optimizer or sgd(number, number % 2 == 0),
        "run": {"steps": STEPS, "accumulate": accumulate, "reportEvery": 1, "checkpointEvery": 1, "keepCheckpoints": 9,
                "device": "cpu", "threads": 1},
    }


def ffc_cases():
    cases = []
    for rule in ("weighted", "two-row"):
        for pairs in (True, False):
            for norm in ("batch", "ema"):
                for accumulate in (1, 2):
                    i = len(cases)
                    method = {
                        "type": "ffc",
                        "capacity": 13 if pairs else 11,
                        "galleryMomentum": 0.8,
                        "galleryMomentumSchedule": "ramp" if i % 3 == 1 else "constant",
                        "galleryBatchNorm": norm,
                        "update": {"type": rule, "keep": 0.3} if rule == "weighted" else {"type": rule},
                        "margin": MARGINS[(i + i // 4) % 4],
                        "fresh": {"weight": 0.7, "hardNegatives": 0 if i % 2 else 4},
                    }
                    name = "-".join((rule, "partner" if pairs else "halves", norm, str(accumulate)))
                    cases.append(case(i, name, method, None, pairs, accumulate, frozen=i in (2, 13)))
    plain = copy.deepcopy(cases[4]["method"])
    cases.append(case(16, "adamw", plain, adamw(16), partner=False))
    cases.append(case(17, "arcface-detached", copy.deepcopy(cases[0]["method"]) | {"margin": MARGINS[4]}))
    cases.append(case(18, "adaface-2", copy.deepcopy(cases[1]["method"]) | {"margin": MARGINS[6]}, accumulate=2))
    cases.append(case(19, "adaface-two-row-halves-2", copy.deepcopy(cases[13]["method"]) | {"margin": MARGINS[6]},
                      partner=False, accumulate=2))
    cases.append(case(20, "curricularface-ema-2", copy.deepcopy(cases[3]["method"]) | {"margin": MARGINS[8]}, accumulate=2))
    cases.append(case(21, "curricularface-two-row-halves", copy.deepcopy(cases[12]["method"]) | {"margin": MARGINS[8]},
                      partner=False))

    def trained(margin, **more):
        return {"type": "ffc", "capacity": 13, "rows": "trained", "rowRate": 3.0, "rowMomentum": 0.8,
                "margin": MARGINS[margin]} | more

    # No margin of angles: the arc cosine has no gradient at the row that a sample has just begun.
    gallery = {"rowEntry": "gallery", "galleryMomentum": 0.8, "galleryMomentumSchedule": "constant"}
    cases.append(case(20, "trained", trained(0)))
    cases.append(case(21, "trained-halves-2", trained(2, capacity=15), partner=False, accumulate=2))
    cases.append(case(22, "trained-gallery-2", trained(0, **gallery, galleryBatchNorm="batch"), accumulate=2))
    cases.append(case(23, "trained-alone-gallery", trained(2, capacity=16, **gallery, galleryBatchNorm="ema")))
    cases[-1]["data"]["singleImage"] = "alone"
    cases.append(case(24, "trained-adaface-adamw", trained(6), adamw(24)))
    return cases


def baseline_cases():
    def partial(rate, update, margin, **more):
        return {"type": "partial-fc", "sampleRate": rate, "update": update, "margin": MARGINS[margin]} | more

    def queue(norm, margin):
        return {"type": "dcq", "capacity": 30, "galleryMomentum": 0.8, "galleryBatchNorm": norm, "margin": MARGINS[margin]}

    cases = [
        case(0, "sparse", partial(0.6, "sparse", 0)),
        case(1, "sparse-halves-2", partial(0.7, "sparse", 2), partner=False, accumulate=2),
        case(2, "sparse-adamw", partial(0.6, "sparse", 1), adamw(2)),
        case(3, "dense", partial(0.6, "dense", 0), frozen=True),
        case(0, "dense-adamw", partial(0.6, "dense", 3), adamw(0)),
        case(1, "full", partial(1.0, "sparse", 0)),
        case(0, "full-arcface-detached", partial(1.0, "sparse", 4)),
        case(2, "sparse-combined-detached", partial(0.6, "sparse", 5)),
        case(2, "full-filtered-2", partial(1.0, "sparse", 0, interClassThreshold=0.3), accumulate=2),
        case(0, "sparse-centers-2", partial(0.6, "sparse", 0, centers=3), accumulate=2),
        case(3, "full-centers-dense", partial(1.0, "dense", 2, centers=3, interClassThreshold=0.5)),
        case(1, "centers-curricularface-adamw", partial(0.7, "sparse", 8, centers=3), adamw(1)),
        case(0, "virtual-fc", {"type": "virtual-fc", "columns": 13, "margin": MARGINS[0]}, partner=False),
        case(3, "virtual-fc-frozen-2", {"type": "virtual-fc", "columns": 14, "margin": MARGINS[2]}, accumulate=2, frozen=True),
        case(1, "queue-batch", queue("batch", 0), partner=False),
        case(2, "queue-ema-2", queue("ema", 2), accumulate=2),
        case(3, "queue-frozen", queue("batch", 0), frozen=True),
        case(1, "sparse-adaface-2", partial(0.6, "sparse", 7), accumulate=2),
        case(2, "full-adaface", partial(1.0, "sparse", 6)),
        case(0, "virtual-fc-adaface-2", {"type": "virtual-fc", "columns": 14, "margin": MARGINS[7]}, partner=False, accumulate=2),
        case(1, "queue-adaface-2", queue("ema", 7), accumulate=2),
        case(1, "sparse-curricularface-2", partial(0.6, "sparse", 8), accumulate=2),
        case(2, "full-curricularface", partial(1.0, "dense", 8)),
        case(3, "queue-curricularface", queue("ema", 8)),
        case(0, "triplet", {"type": "triplet", "margin": 0.2}),
        case(1, "triplet-halves-2", {"type": "triplet", "margin": 0.5}, partner=False, accumulate=2),
    ]
    for one in cases:
        if one["method"]["type"] == "virtual-fc":  # fewer images than columns, fewer columns than identities
            one["data"] |= {"idsPerBatch": 4, "instancesPerBatch": 4}
    return cases


def ffc(case, probe):
    return (TrainedFfc if case["method"].get("rows") == "trained" else Ffc)(case, probe)


BASELINES = {"partial-fc": PartialFc, "virtual-fc": VirtualFc, "dcq": DynamicClassQueue, "triplet": Triplet}
SUITES = {
    "ffc-core/src/test/resources/ffc/core/ffc/reference": (ffc_cases, {"ffc": ffc}),
    "pfc-baseline/src/test/resources/ffc/pfc/partialfc/reference": (baseline_cases, BASELINES),
}


def main():
    show = "--show" in sys.argv
    for folder, (cases, methods) in SUITES.items():
        folder = ROOT / folder
        all_cases = cases()
        for one in all_cases:
            if show:
                print(one["name"], one["method"]["type"])
            method = methods[one["method"]["type"]]
            # The median norm of a run without clipping: some steps are clipped, others are not.
            free = run(one, method, False)
            one["optimizer"]["clipNorm"] = float(f"{sorted(float(free[f'{n + 1}/norm']) for n in range(STEPS))[2]:.2g}")
            arrays = run(one, method, show)
            norms = [float(arrays[f"{n + 1}/norm"]) for n in range(STEPS)]
            assert min(norms) < one["optimizer"]["clipNorm"] < max(norms), (one["name"], norms)
            if not show:
                folder.mkdir(parents=True, exist_ok=True)
                write(folder / (one["name"] + ".safetensors.gz"), arrays)
        if not show:
            write(folder / "initial.safetensors.gz", state(initial()))
            if "partial-fc" in methods:
                write(folder / "classes.safetensors.gz", {"rows": class_rows()})
                write(folder / "classes-of-3.safetensors.gz", {"rows": class_rows(3)})
            lines = ",\n  ".join(json.dumps(c) for c in all_cases)
            (folder / "cases.json").write_text(
                f'{{"seed": {SEED}, "imagesOfIdentity": {COUNTS}, "cases": [\n  {lines}\n]}}\n')


if __name__ == "__main__":
    main()
