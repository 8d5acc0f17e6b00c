# SPDX-License-Identifier: MIT
"""Batches for reference.py: frames and steps, lengths, resets, settle steps, losses, gradients by autograd."""
from dataclasses import dataclass, field
from typing import Dict, List, Optional

import torch

import masks
import reference


@dataclass
class Batch:
    """Contents are nested lists or tensors; what is absent from a dictionary is not set."""
    sequences: int
    frames: int
    inputs: Dict[int, torch.Tensor] = field(default_factory=dict)  # [sequence][frame][value]
    tokens: Dict[int, List[List[int]]] = field(default_factory=dict)  # [sequence][frame]
    lengths: Optional[List[int]] = None
    resets: Optional[List[List[int]]] = None
    start: Optional[torch.Tensor] = None  # [sequence][value]; None: all start anew
    fresh: List[int] = field(default_factory=list)  # sequences that start anew beside others that do not; zeros in start
    final: List[int] = field(default_factory=list)  # outputs of which only the final values are wanted
    labels: Dict[int, list] = field(default_factory=dict)  # [sequence][frame], [sequence] when final
    targets: Dict[int, torch.Tensor] = field(default_factory=dict)
    weights: Dict[int, list] = field(default_factory=dict)
    output_gradients: Dict[int, torch.Tensor] = field(default_factory=dict)
    loss_weights: Dict[int, float] = field(default_factory=dict)  # replace those of the outputs
    smoothing: Dict[int, float] = field(default_factory=dict)  # of labels
    dropout: Optional[masks.Dropout] = None  # also what zoneout draws with; None: evaluation
    ids: Optional[List[int]] = None  # of the sequences, for dropout and zoneout

    def identity(self, sequence):
        return sequence if self.ids is None else self.ids[sequence]

    def length(self, sequence):
        return self.frames if self.lengths is None else self.lengths[sequence]


def input_at(network, batch, sequence, k, step, dtype):
    """Input k at a step of the sequence, as columns; zeros where it is absent."""
    port = network.inputs[k]
    frame = step // port.steps
    columns = torch.zeros(port.size, dtype=dtype)
    if k in batch.inputs:
        columns = batch.inputs[k][sequence, frame]
    if k in batch.tokens and batch.tokens[k][sequence][frame] >= 0:
        columns[batch.tokens[k][sequence][frame]] = 1
    if batch.dropout:
        columns = columns * masks.of_input(batch.dropout, port, k, batch.identity(sequence), frame, dtype)
    return columns


def seen_at(network, batch, sequence, memory, step):
    """The center after so many steps of the sequence, as readers and outputs see it."""
    if not batch.dropout:
        return memory.center
    return memory.center * masks.of_center(batch.dropout, network, batch.identity(sequence), step, memory.center.dtype)


def rates_at(network, batch, sequence, step, dtype):
    """What layers keep by zoneout at a step of a sequence."""
    def rates(i, j, what):
        units, rate = network.modules[i].layers[j].units, reference.mean_rates(network, i, j, what)
        return masks.of_zoneout(batch.dropout, batch.identity(sequence), step, i, j, what, units, rate, dtype)

    return rates


def advance(network, parameters, batch, sequence, memory, inputs, step):
    if not batch.dropout:
        return reference.advance(network, parameters, memory, inputs)
    contexts = masks.of_contexts(batch.dropout, network, batch.identity(sequence), step, memory.center.dtype)
    seen = seen_at(network, batch, sequence, memory, step)
    rates = rates_at(network, batch, sequence, step, memory.center.dtype)
    next_mask = masks.of_center(batch.dropout, network, batch.identity(sequence), step + 1, memory.center.dtype)
    return reference.advance(network, parameters, memory, inputs, seen, contexts, rates, next_mask)


def forget(network, parameters, memory):
    """The memory of a sequence that starts anew: no gradient crosses to the one before."""
    return reference.memory_from_row(network, reference.start_row(network, parameters))


def run_sequence(network, parameters, batch, sequence, start):
    """The outputs of a sequence {output: [value] a frame, or one when final}, and its memory after its last frame."""
    dtype = start.dtype
    anew = batch.start is None or sequence in batch.fresh
    memory = reference.memory_from_row(network, start + reference.start_row(network, parameters) if anew else start)
    outputs = {o: [] for o in range(len(network.outputs))}
    steps = network.steps_per_frame
    for frame in range(batch.length(sequence)):
        if batch.resets is not None and batch.resets[sequence][frame]:
            memory = forget(network, parameters, memory)
        for step in range(frame * steps, (frame + 1) * steps):
            inputs = [input_at(network, batch, sequence, k, step, dtype) for k in range(len(network.inputs))]
            memory = advance(network, parameters, batch, sequence, memory, inputs, step)
            for o, output in enumerate(network.outputs):
                if o not in batch.final and (step + 1) % output.steps == 0:
                    seen = seen_at(network, batch, sequence, memory, step + 1)
                    outputs[o].append(reference.answer(network, parameters, seen, o))
    settled, done = memory, batch.length(sequence) * steps
    for step in range(done, done + network.settle_steps):
        absent = [torch.zeros(port.size, dtype=dtype) for port in network.inputs]
        settled = advance(network, parameters, batch, sequence, settled, absent, step)
    seen = seen_at(network, batch, sequence, settled, done + network.settle_steps)
    for o in batch.final:
        outputs[o] = [reference.answer(network, parameters, seen, o)]
    return outputs, memory


def cross_entropy(y, label, smoothing):
    """The smoothed loss is torch's own."""
    if smoothing == 0:
        return torch.logsumexp(y, 0) - y[label]
    return torch.nn.functional.cross_entropy(y, torch.tensor(label), label_smoothing=smoothing)


def losses_of(network, batch, outputs, o):
    """One (weight, loss, hit) for every label or target of output o, a list for each sequence."""
    result = []
    for s in range(batch.sequences):
        found = []
        for frame, y in enumerate(outputs[s][o]):
            weight = 1.0
            if o in batch.weights:
                weight = batch.weights[o][s] if o in batch.final else batch.weights[o][s][frame]
            if o in batch.labels:
                label = batch.labels[o][s] if o in batch.final else batch.labels[o][s][frame]
                if label >= 0:
                    found.append((weight, cross_entropy(y, label, batch.smoothing.get(o, 0.0)), int(y.argmax()) == label))
            elif o in batch.targets:
                target = batch.targets[o][s] if o in batch.final else batch.targets[o][s, frame]
                found.append((weight, ((y - target) ** 2).mean(), False))
        result.append(found)
    return result


def evaluate(network, parameters, batch, start):
    """(total, results): the loss that gradients are taken of, and everything that the library reports forward."""
    runs = [run_sequence(network, parameters, batch, s, start[s]) for s in range(batch.sequences)]
    outputs = [outputs for outputs, _ in runs]
    results = {"state": torch.stack([reference.row_from_memory(network, memory) for _, memory in runs])}
    total = torch.zeros((), dtype=start.dtype)
    for o, output in enumerate(network.outputs):
        count = 1 if o in batch.final else batch.frames * network.steps_per_frame // output.steps
        values = torch.zeros(batch.sequences, count, output.size, dtype=start.dtype)
        for s in range(batch.sequences):
            for frame, y in enumerate(outputs[s][o]):
                values[s, frame] = y
        results[f"output/{o}"] = values
        labels = losses_of(network, batch, outputs, o)
        per_sequence = [sum((w * l for w, l, _ in found), torch.zeros((), dtype=start.dtype)) for found in labels]
        loss_sum, weight_sum = sum(per_sequence), sum(w for found in labels for w, _, _ in found)
        results[f"losses/{o}"] = torch.stack(per_sequence)
        results[f"measure/{o}"] = torch.stack([loss_sum, torch.tensor(float(weight_sum), dtype=start.dtype)])
        counted = [hit for found in labels for w, _, hit in found if w > 0]
        results[f"hits/{o}"] = [len(counted), sum(counted)]
        if weight_sum > 0:
            total = total + batch.loss_weights.get(o, output.weight) * loss_sum / weight_sum
        if o in batch.output_gradients:
            total = total + (values * batch.output_gradients[o].reshape(values.shape)).sum()
    return total, results


def cast(network, parameters, batch, dtype):
    """Copies in a precision, ready for autograd."""
    parameters = {name: value.detach().to(dtype).requires_grad_() for name, value in parameters.items()}
    copy = Batch(**vars(batch))
    copy.inputs = {k: value.detach().to(dtype).requires_grad_() for k, value in batch.inputs.items()}
    copy.targets = {o: value.to(dtype) for o, value in batch.targets.items()}
    copy.output_gradients = {o: value.to(dtype) for o, value in batch.output_gradients.items()}
    start = batch.start
    if start is None:
        start = torch.zeros(batch.sequences, reference.state_values(network))
    return parameters, copy, start.detach().to(dtype).requires_grad_()


def compute(network, parameters, batch, dtype=torch.float64):
    """Everything the library computes of a batch: results by name, gradients among them."""
    parameters, batch, start = cast(network, parameters, batch, dtype)
    total, results = evaluate(network, parameters, batch, start)
    leaves = {f"gradient/{name}": value for name, value in parameters.items()}
    leaves.update({f"input_gradient/{k}": value for k, value in batch.inputs.items()})
    leaves["state_gradient"] = start
    gradients = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    for (name, leaf), gradient in zip(leaves.items(), gradients):
        results[name] = torch.zeros_like(leaf) if gradient is None else gradient
    results["total"] = total.detach().reshape(1)
    return results
