# SPDX-License-Identifier: MIT
"""Random parameters and batches for networks. Every number is a multiple of 2**-10, so that float and double builds
start from the same numbers; Python's own generator gives the same ones everywhere."""
import random

import torch

from reference import state_values, tensor_shapes
from training import Batch

GRID = 1024


class Numbers:
    """Numbers that depend on the name of the case and on the attempt alone."""

    def __init__(self, name, attempt=0):
        self.source = random.Random(f"{name}/{attempt}")

    def real(self, *shape, low=-1.0, high=1.0):
        count = 1
        for dimension in shape:
            count *= dimension
        values = [round(self.source.uniform(low, high) * GRID) / GRID for _ in range(count)]
        return torch.tensor(values, dtype=torch.float64).reshape(shape)

    def integer(self, low, high):
        return self.source.randint(low, high)

    def parameters(self, network):
        """Weights of a size that keeps gates busy; the means of Gaussian readers spread over the center."""
        result = {}
        for name, shape in tensor_shapes(network).items():
            result[name] = self.real(*shape, low=-0.75, high=0.75)
            if ".norm" in name:
                result[name] = self.real(*shape, low=0.25, high=0.75)
            if name.endswith("scale"):
                result[name] = self.real(*shape, low=0.75, high=1.5)
            if name.endswith("mean_bias"):
                result[name] = self.real(*shape, low=0, high=shape[0])
        return result

    def batch(self, network, sequences, frames, lengths=None, resets=None, start=False, absent=(), final=(), host=(),
              weights=(), sparse=(), none=(), loss_weights=None, fresh=()):
        """A batch with every input set but the absent ones, and every output with labels or targets but `none`."""
        batch = Batch(sequences, frames, lengths=lengths, final=list(final), loss_weights=loss_weights or {})
        if resets:
            batch.resets = [[int((s, k) in resets) for k in range(frames)] for s in range(sequences)]
        if start:
            batch.start = self.real(sequences, state_values(network))
            batch.fresh = list(fresh)
            batch.start[batch.fresh] = 0
        for k, port in enumerate(network.inputs):
            count = frames * network.steps_per_frame // port.steps
            if k not in absent and port.tokens:
                batch.tokens[k] = [[self.integer(-1 if k in sparse else 0, port.size - 1) for _ in range(count)]
                                   for _ in range(sequences)]
            elif k not in absent:
                batch.inputs[k] = self.real(sequences, count, port.size, low=-1.5, high=1.5)
        for o, output in enumerate(network.outputs):
            count = 1 if o in final else frames * network.steps_per_frame // output.steps
            there = [1 if o in final else batch.length(s) * network.steps_per_frame // output.steps
                     for s in range(sequences)]
            flat = (lambda rows: [row[0] for row in rows]) if o in final else (lambda rows: rows)
            if o in weights:
                batch.weights[o] = flat(self.real(sequences, count, low=0, high=2).tolist())
            if output.loss == "cross_entropy" and o not in none:
                lowest = -1 if o in sparse else 0
                batch.labels[o] = flat([[self.integer(lowest, output.size - 1) if k < there[s] else -1
                                         for k in range(count)] for s in range(sequences)])
            if output.loss == "mean_squared_error" and o not in none:
                shape = (sequences, output.size) if o in final else (sequences, count, output.size)
                batch.targets[o] = self.real(*shape)
            if o in host:
                batch.output_gradients[o] = self.real(sequences, count, output.size)
                for s in range(sequences):
                    batch.output_gradients[o][s, there[s]:] = 0
        return batch
