# SPDX-License-Identifier: MIT
"""The workloads in PyTorch; a contender as contender.h describes them.

    python3 peer_torch.py [--small] [--memory NAME]

ThalNet is written twice: naive, with a loop over modules, and vectorised, with all modules in one batched product.
Threads are torch's own: with threads of OpenBLAS as well it gets slower.
"""
import os
import sys
import time

try:
    import torch
except ImportError:
    sys.exit(77)  # not installed: the runner leaves this contender out

from torch import nn
from torch.nn import functional

SMALL = "--small" in sys.argv
RATE = 1e-6  # so small that the network hardly changes, and all numbers stay ordinary
CORES = len(os.sched_getaffinity(0))


class StackedGRU(nn.Module):
    """torch's own GRU. It knows no tokens: they come as rows with a single one."""

    def __init__(self, inputs, units, layers, classes, tokens, every_frame):
        super().__init__()
        self.gru, self.head = nn.GRU(inputs, units, layers), nn.Linear(units, classes)
        self.inputs, self.tokens, self.every_frame, self.state = inputs, tokens, every_frame, None

    def forward(self, x, live=False):
        if self.tokens:
            x = functional.one_hot(x, self.inputs).float()
        features, state = self.gru(x, self.state)
        if live:
            self.state = state
        return self.head(features if self.every_frame else features[-1])


class ThalNet(nn.Module):
    """Modules of a dense layer and a GRU around a center, read by weight norm; parameters stacked module by module."""

    def __init__(self, modules, inputs, dense, units, context, classes, tokens, every_frame):
        super().__init__()

        def weight(*shape):
            return nn.Parameter((torch.rand(*shape) * 2 - 1) / shape[-2] ** 0.5)

        self.x_weight = weight(inputs, dense)
        self.dense, self.dense_bias = weight(modules, context, dense), weight(modules, 1, dense)
        self.ih, self.ih_bias = weight(modules, dense, 3 * units), weight(modules, 1, 3 * units)
        self.hh, self.hh_bias = weight(modules, units, 3 * units), weight(modules, 1, 3 * units)
        self.reader = weight(modules, modules * units, context)
        self.scale = nn.Parameter(self.reader.detach().flatten(1).norm(dim=1))
        self.head = nn.Linear(units, classes)
        self.modules_, self.units, self.tokens, self.every_frame = modules, units, tokens, every_frame
        self.state = None

    def reading(self):
        """The effective reading weights, once a batch: [module, center, context]."""
        return self.reader * (self.scale / self.reader.flatten(1).norm(dim=1)).view(-1, 1, 1)

    def project(self, x):
        """What module 0 makes of the inputs, for all steps at once."""
        return functional.embedding(x, self.x_weight) if self.tokens else x @ self.x_weight

    def answer(self, features):
        return self.head(torch.stack(features) if self.every_frame else features[-1])


class VectorisedThalNet(ThalNet):
    def forward(self, x, live=False):
        modules, units = self.modules_, self.units
        projected, reading, features = self.project(x), self.reading(), []
        frames, sequences = projected.shape[:2]
        state = self.state if self.state is not None else projected.new_zeros(modules, sequences, units)
        reading = reading.permute(1, 0, 2).reshape(modules * units, -1)
        others = projected.new_zeros(modules - 1, sequences, projected.shape[2])
        for t in range(frames):
            center = state.transpose(0, 1).reshape(sequences, modules * units)
            context = (center @ reading).view(sequences, modules, -1).transpose(0, 1)
            added = torch.cat((projected[t : t + 1], others)) + self.dense_bias
            u = torch.relu(torch.baddbmm(added, context, self.dense))
            gi, gh = torch.baddbmm(self.ih_bias, u, self.ih), torch.baddbmm(self.hh_bias, state, self.hh)
            r, z = torch.sigmoid(gi[..., : 2 * units] + gh[..., : 2 * units]).chunk(2, 2)
            n = torch.tanh(torch.addcmul(gi[..., 2 * units :], r, gh[..., 2 * units :]))
            state = torch.lerp(n, state, z)
            features.append(state[-1])
        if live:
            self.state = state
        return self.answer(features)


class NaiveThalNet(ThalNet):
    def forward(self, x, live=False):
        modules = range(self.modules_)
        projected, reading, features = self.project(x), self.reading(), []
        states = [projected.new_zeros(projected.shape[1], self.units) for _ in modules]
        for t in range(projected.shape[0]):
            center, before = torch.cat(states, 1), states
            states = []
            for i in modules:
                u = torch.addmm(self.dense_bias[i], center @ reading[i], self.dense[i])
                u = torch.relu(u + projected[t] if i == 0 else u)
                states.append(torch.gru_cell(u, before[i], self.ih[i].t(), self.hh[i].t(),
                                             self.ih_bias[i, 0], self.hh_bias[i, 0]))
            features.append(states[-1])
        return self.answer(features)


def network(workload, kind):
    scale = 10 if SMALL else 1
    if workload == "W1":
        return StackedGRU(28, 45, 4, 10, False, False)
    if workload == "W2":
        return kind(4, 28, 32, 32, 32, 10, False, False)
    if workload == "W3":
        return StackedGRU(256, 2000 // scale, 1, 256, True, True)
    return kind(4, 256, 400 // scale, 600 // scale, 400 // scale, 256, True, True)


class Measurement:
    """A workload with one way to run it; what it needs is made at its first use."""

    def __init__(self, workload, what, kind=None, label="", sequences=50, threads=1):
        large = workload in ("W3", "W4")
        self.workload, self.what, self.kind, self.threads = workload, what, kind, threads
        self.name = f"{workload}-{what}" + (f":{label}" if label else "")
        self.tokens, self.frames = large, 1 if what == "live" else 50 // (5 if SMALL else 1) if large else 28
        self.sequences = 100 // (10 if SMALL else 1) if large else sequences
        self.unit = "characters" if large else "steps" if what == "live" else "sequences"
        self.units = self.sequences * (self.frames if large else 1)
        self.call = None

    def prepare(self):
        torch.manual_seed(1)
        shape = (self.frames, self.sequences)
        net = network(self.workload, self.kind)
        x = torch.randint(256, shape) if self.tokens else torch.rand(*shape, 28)
        labels = torch.randint(256, shape) if self.tokens else torch.randint(10, shape[1:])

        def infer():
            with torch.inference_mode():
                net(x, live=self.what == "live")

        def train():
            adam.zero_grad(set_to_none=True)
            functional.cross_entropy(net(x).flatten(0, -2), labels.flatten()).backward()
            adam.step()

        self.call = train if self.what.startswith("train") else infer
        adam = torch.optim.Adam(net.parameters(), lr=RATE, foreach=not self.tokens)
        torch.set_num_threads(self.threads)
        self.call()

    def measure(self, seconds):
        """Units a second."""
        if not self.call:
            self.prepare()
        torch.set_num_threads(self.threads)
        start, calls, elapsed = time.perf_counter(), 0, 0
        while calls == 0 or elapsed < seconds:
            self.call()
            calls += 1
            elapsed = time.perf_counter() - start
        return calls * self.units / elapsed


def offers():
    both = (NaiveThalNet, "naive"), (VectorisedThalNet, "vectorised")
    yield Measurement("W1", "train")
    for kind, label in both:
        yield Measurement("W2", "train", kind, label)
    for what, sequences in ("infer-50", 50), ("infer-1", 1), ("live", 1):
        yield Measurement("W1", what, sequences=sequences)
        yield Measurement("W2", what, VectorisedThalNet, "vectorised", sequences)
    yield Measurement("W3", "train")
    for kind, label in both:
        yield Measurement("W4", "train", kind, label)
    if CORES > 1:
        what = "train-2" if CORES == 2 else "train-all"
        yield Measurement("W3", what, threads=CORES)
        yield Measurement("W4", what, VectorisedThalNet, "vectorised", threads=CORES)


def main():
    torch.set_flush_denormal(True)
    measurements = {m.name: m for m in offers()}
    if "--memory" in sys.argv:
        one = measurements[sys.argv[sys.argv.index("--memory") + 1]]
        one.prepare()
        one.call()
        one.call()
        with open("/proc/self/status", encoding="ascii") as status:
            print(*(line.split()[1] for line in status if line.startswith("VmHWM:")))
        return
    print(f"# PyTorch\t{torch.__version__}")
    for m in measurements.values():
        print(f"{m.name}\t{m.unit}\t0")
    print("ready", flush=True)
    for line in sys.stdin:
        name, seconds = line.split()
        print(f"{measurements[name].measure(float(seconds)):.6g}", flush=True)


if __name__ == "__main__":
    main()
