# SPDX-License-Identifier: MIT
"""Dropout of reference.py: factors drawn by a Philox 4x32-10 of its own (Salmon et al., SC 2011, table 2)."""
from dataclasses import dataclass

import torch

WORD, LONG = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
INPUT, VARIATIONAL_INPUT, CONTEXT, FEATURE, MODULE, ZONEOUT = 2, 3, 4, 5, 6, 8  # purposes


@dataclass
class Dropout:
    contexts: float = 0.0
    features: float = 0.0
    modules: float = 0.0
    inputs: float = 0.0
    every_step: bool = False
    variational: bool = False  # inputs
    seed: int = 0
    epoch: int = 0


def mixed(x):
    """SplitMix64."""
    x = (x + 0x9E3779B97F4A7C15) & LONG
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & LONG
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & LONG
    return x ^ x >> 31


def philox(key, counter):
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [second >> 32 ^ c[1] ^ k[0], second & WORD, first >> 32 ^ c[3] ^ k[1], first & WORD]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return c


def below(dropout, rate, purpose, index, identity, number):
    """Whether the number-th of a sequence's random numbers, for one purpose and place in the network, is below the rate."""
    key = mixed(dropout.seed)
    for part in (purpose, index, dropout.epoch):
        key = mixed(key ^ part)
    block = number // 4
    words = philox((key & WORD, key >> 32), (block & WORD, block >> 32, identity & WORD, identity >> 32))
    return (words[number % 4] >> 8) / 2**24 < rate


def factor(dropout, rate, purpose, index, identity, number):
    """0 or 1 / (1 - rate)."""
    return 1.0 if rate == 0 else 0.0 if below(dropout, rate, purpose, index, identity, number) else 1 / (1 - rate)


def counted(dropout, step):
    """The step that a mask belongs to: the same one for all of a sequence, or each its own."""
    return step if dropout.every_step else 0


def of_input(dropout, port, k, identity, frame, dtype):
    """Factors of the columns of input k."""
    result = []
    for value in range(port.size):
        if dropout.variational:
            result.append(factor(dropout, dropout.inputs, VARIATIONAL_INPUT, k, identity, value))
        else:
            number = frame if port.tokens else frame * port.size + value
            result.append(factor(dropout, dropout.inputs, INPUT, k, identity, number))
    return torch.tensor(result, dtype=dtype)


def of_contexts(dropout, network, identity, step, dtype):
    """One mask a module."""
    step = counted(dropout, step)
    return [torch.tensor([factor(dropout, dropout.contexts, CONTEXT, i, identity, step * module.context + j)
                          for j in range(module.context)], dtype=dtype) for i, module in enumerate(network.modules)]


def of_center(dropout, network, identity, step, dtype):
    """After so many steps."""
    step, result = counted(dropout, step), []
    for i, module in enumerate(network.modules):
        whole = factor(dropout, dropout.modules, MODULE, i, identity, step)
        result += [whole * factor(dropout, dropout.features, FEATURE, i, identity, step * module.features + j)
                   for j in range(module.features)]
    return torch.tensor(result, dtype=dtype)


def of_zoneout(dropout, identity, step, i, j, what, units, rate, dtype):
    """1 for every unit of layer j of module i that keeps its hidden state ("h") or cell ("c") at a step, else 0."""
    index = i << 32 | j << 1 | (what == "c")
    return torch.tensor([float(below(dropout, rate, ZONEOUT, index, identity, step * units + k)) for k in range(units)],
                        dtype=dtype)
