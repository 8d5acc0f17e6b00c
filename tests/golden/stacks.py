# SPDX-License-Identifier: MIT
"""Golden values of torch.nn.GRU and torch.nn.LSTM themselves, one and four layers under a torch.nn.Linear: in the
library they are one module without reader. Nothing of reference.py computes here, it only names and lays out."""
import torch

from cases import gru, lstm
from draw import Numbers
from reference import Input, Module, Network, Output

STACKS = {"torch_gru_1": ("gru", 1, 2, 17), "torch_gru_4": ("gru", 4, 2, 17),
          "torch_lstm_1": ("lstm", 1, 5, 3), "torch_lstm_4": ("lstm", 4, 2, 17)}
UNITS = 3


def stack(name, numbers: Numbers):
    kind, layers, sequences, frames = STACKS[name]
    layer = {"gru": gru, "lstm": lstm}[kind]
    module = Module([layer(UNITS) for _ in range(layers)], None, 0, [0], [0])
    network = Network([Input("x", 2)], [Output("y", 3)], [module])
    return network, numbers.batch(network, sequences, frames, start=True, sparse=[0])


def torch_modules(name, parameters, dtype):
    """The torch modules with our parameters, and the names of theirs: {their tensor: our name}."""
    kind, layers, _, _ = STACKS[name]
    recurrent = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind](2, UNITS, layers, batch_first=True).to(dtype)
    head = torch.nn.Linear(UNITS, 3).to(dtype)
    names = {f"{tensor}_l{layer}": f"modules.0.layers.{layer}.{tensor}" for layer in range(layers)
             for tensor in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    recurrent.load_state_dict({theirs: parameters[ours] for theirs, ours in names.items()})
    head.load_state_dict({"weight": parameters["modules.0.outputs.0.weight"], "bias": parameters["outputs.0.bias"]})
    tensors = {ours: recurrent.get_parameter(theirs) for theirs, ours in names.items()}
    tensors["modules.0.outputs.0.weight"], tensors["outputs.0.bias"] = head.weight, head.bias
    return recurrent, head, tensors


def compute_stack(name, network, parameters, batch, dtype=torch.float64):
    """As training.compute, by torch.nn."""
    kind, layers, _, _ = STACKS[name]
    recurrent, head, tensors = torch_modules(name, parameters, dtype)
    start = batch.start.to(dtype).requires_grad_()
    x = batch.inputs[0].to(dtype).requires_grad_()
    # A row of a state is the center, which is the last layer's h, then h (and c) of each layer below, then the last c.
    parts = start.split(UNITS, dim=1)
    if kind == "gru":
        y, h = recurrent(x, torch.stack(parts[1:] + parts[:1]))
        rows = torch.cat([h[-1]] + list(h[:-1]), dim=1)
    else:
        below = parts[1:-1]
        y, (h, c) = recurrent(x, (torch.stack(below[0::2] + parts[:1]), torch.stack(below[1::2] + parts[-1:])))
        rows = torch.cat([h[-1]] + [row for k in range(layers - 1) for row in (h[k], c[k])] + [c[-1]], dim=1)
    logits = head(y)
    labels = torch.tensor(batch.labels[0])
    flat = torch.nn.functional.cross_entropy(logits.reshape(-1, 3), labels.reshape(-1), ignore_index=-1,
                                             reduction="none")
    per_sequence = flat.reshape(labels.shape).sum(dim=1)
    count = int((labels >= 0).sum())
    hits = int(((logits.argmax(dim=2) == labels) & (labels >= 0)).sum())
    total = per_sequence.sum() / count
    results = {"state": rows, "output/0": logits, "losses/0": per_sequence, "hits/0": [count, hits],
               "measure/0": torch.stack([per_sequence.sum(), torch.tensor(float(count), dtype=dtype)])}
    leaves = {f"gradient/{tensor}": value for tensor, value in tensors.items()}
    leaves.update({"input_gradient/0": x, "state_gradient": start})
    results.update(zip(leaves, torch.autograd.grad(total, list(leaves.values()))))
    results["total"] = total.detach().reshape(1)
    return results
