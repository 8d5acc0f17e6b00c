# SPDX-License-Identifier: MIT
"""The mathematics of a ThalNet in plain PyTorch, written from the formulas and not from the library.

Sequences are computed one at a time, one step after the other, in the order in which the formulas are stated; gradients
come from autograd. Nothing here is fast. The golden values that the tests compare with are made by it (generate.py).
"""
import math
from dataclasses import dataclass, field
from typing import Dict, List, Optional

import torch


@dataclass
class Input:
    name: str
    size: int
    tokens: bool = False
    steps: int = 1  # steps per frame


@dataclass
class Output:
    name: str
    size: int
    loss: str = "cross_entropy"  # or mean_squared_error, host
    steps: int = 1
    weight: float = 1.0


@dataclass
class Layer:
    kind: str  # dense, gru, lstm
    units: int
    variant: str = ""  # dense: identity, relu, tanh, sigmoid; gru: after, before
    norm: bool = False  # layer norm
    zoneout: float = 0.0  # of the hidden state
    cell_zoneout: float = 0.0


@dataclass
class Module:
    layers: List[Layer]
    reader: Optional[str] = None  # linear, weight_norm, softmax, gaussian, gaussian_normalized
    context: int = 0
    inputs: List[int] = field(default_factory=list)  # in the order of connecting
    outputs: List[int] = field(default_factory=list)
    skip_own: bool = False  # the reader leaves the module's own features out
    # Of a network that was edited: the generation that brought the module, and of its features but the first `young`, if not 0.
    born: int = 0
    grown: int = 0
    young: int = 0

    @property
    def features(self):
        return self.layers[-1].units


@dataclass
class Network:
    inputs: List[Input]
    outputs: List[Output]
    modules: List[Module]
    settle_steps: int = 0
    learned_start: bool = False
    in_order: bool = False  # modules read what those before them have written in the same step

    @property
    def size(self):
        """P, the size of the center."""
        return sum(module.features for module in self.modules)

    @property
    def steps_per_frame(self):
        """Steps of one frame of a batch."""
        result = 1
        for port in self.inputs + self.outputs:
            result = result * port.steps // math.gcd(result, port.steps)
        return result

    def slice(self, i):
        """Where the features of module i stand in the center."""
        start = sum(module.features for module in self.modules[:i])
        return slice(start, start + self.modules[i].features)


DYNAMIC = ("softmax", "gaussian", "gaussian_normalized")


def part_columns(network, i):
    """The columns of the center that every part of a reader reads: what was there when the reader was new, and then what each
    generation brought. Static readers take all in."""
    module, parts = network.modules[i], {}
    for j, other in enumerate(network.modules):
        for k in range(other.features):
            since = other.grown if other.young and k >= other.young else other.born
            generation = max(since, module.born) if module.reader in DYNAMIC else 0
            if j != i or not module.skip_own:
                parts.setdefault(generation, []).append(network.slice(j).start + k)
    return [parts[generation] for generation in sorted(parts)]


def tensor_shapes(network):
    """Name -> shape of every parameter."""
    shapes = {}
    for i, module in enumerate(network.modules):
        columns = sum(network.inputs[k].size for k in module.inputs) + module.context
        for j, layer in enumerate(module.layers):
            name, n = f"modules.{i}.layers.{j}.", layer.units
            if layer.kind == "dense":
                shapes.update({name + "weight": (n, columns), name + "bias": (n,)})
            else:
                rows = {"gru": 3, "lstm": 4}[layer.kind] * n
                shapes.update({name + "weight_ih": (rows, columns), name + "weight_hh": (rows, n),
                               name + "bias_ih": (rows,), name + "bias_hh": (rows,)})
            if layer.norm and layer.kind == "dense":
                shapes[name + "norm"] = (n,)
            elif layer.norm:
                shapes.update({name + "norm_ih": (rows,), name + "norm_hh": (rows,)})
            if layer.norm and layer.kind == "lstm":
                shapes.update({name + "norm_cell": (n,), name + "bias_cell": (n,)})
            columns = n
        name, c, f = f"modules.{i}.reader.", module.context, module.features
        size = network.size - (f if module.skip_own else 0)
        if module.reader in ("linear", "weight_norm"):
            shapes[name + "weight"] = (c, size)
        if module.reader == "weight_norm":
            shapes[name + "scale"] = (1,)
        for k, columns in enumerate(part_columns(network, i) if module.reader in DYNAMIC else []):
            size = len(columns)
            if k > 0:
                name = f"modules.{i}.reader.parts.{k}."
            if module.reader == "softmax":
                shapes.update({name + "weight": (c, size, f), name + "bias": (c, size)})
            else:
                shapes.update({name + "mean_weight": (c, f), name + "mean_bias": (c,),
                               name + "variance_weight": (c, f), name + "variance_bias": (c,)})
            if k > 0:
                shapes[name + "gate"] = (c,)
        for o in sorted(module.outputs):
            shapes[f"modules.{i}.outputs.{o}.weight"] = (network.outputs[o].size, f)
    for o, output in enumerate(network.outputs):
        shapes[f"outputs.{o}.bias"] = (output.size,)
    if network.learned_start:
        shapes["center.start"] = (network.size,)
        if own_memory(network):
            shapes["center.own_start"] = (state_values(network) - network.size,)
    return shapes


def own_memory(network):
    """(module, layer, "h" or "c", size) of what layers remember beside the center, in the order of a state's row."""
    result = []
    for i, module in enumerate(network.modules):
        for j, layer in enumerate(module.layers):
            last = j == len(module.layers) - 1
            if layer.kind in ("gru", "lstm") and not last:  # the last layer's h is the module's features
                result.append((i, j, "h", layer.units))
            if layer.kind == "lstm":
                result.append((i, j, "c", layer.units))
    return result


def state_values(network):
    return network.size + sum(size for _, _, _, size in own_memory(network))


# --- readers ---------------------------------------------------------------------------------------------------------


def read_linear(p, center, features):
    return p["weight"] @ center


def read_weight_norm(p, center, features):
    weight = p["weight"]
    norm = (weight * weight).sum().sqrt()  # of the whole matrix
    return p["scale"] * ((weight / norm) @ center)


def read_softmax(p, center, features):
    logits = p["weight"] @ features + p["bias"]  # [C, P, F] [F] + [C, P]
    return torch.softmax(logits, dim=1) @ center


def gaussian_weights(p, center, features):
    count, size = p["mean_bias"].shape[0], center.shape[0]
    unit = size / count
    mean = unit * (p["mean_weight"] @ features + p["mean_bias"])
    raw = p["variance_weight"] @ features + p["variance_bias"]
    variance = unit * unit * torch.log1p(torch.exp(raw)) + 0.25  # softplus
    k = torch.arange(1, size + 1, dtype=center.dtype)
    distance = k[None, :] - mean[:, None]
    return torch.exp(-0.5 * distance * distance / variance[:, None]) / torch.sqrt(2 * math.pi * variance)[:, None]


def read_gaussian(p, center, features):
    return gaussian_weights(p, center, features) @ center


def read_gaussian_normalized(p, center, features):
    weights = gaussian_weights(p, center, features)
    return (weights / weights.sum(dim=1, keepdim=True)) @ center


READERS = {"linear": read_linear, "weight_norm": read_weight_norm, "softmax": read_softmax,
           "gaussian": read_gaussian, "gaussian_normalized": read_gaussian_normalized}

# --- layers ----------------------------------------------------------------------------------------------------------

def gated(gate, context):
    return gate * context


def read(network, parameters, i, center, features):
    """The context of module i; every part but the first goes through its gate."""
    module, name = network.modules[i], f"modules.{i}.reader."
    reader, parts = READERS[module.reader], part_columns(network, i)
    if len(parts) == 1:
        return reader(under(parameters, name), seen(network, i, center), features)
    context = reader(under(parameters, name), center[parts[0]], features)
    for k, columns in enumerate(parts[1:], 1):
        p = under(parameters, f"{name}parts.{k}.")
        context = context + gated(p["gate"], reader(p, center[columns], features))
    return context


ACTIVATIONS = {"identity": lambda a: a, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


def layer_norm(x, gain):
    return gain * (x - x.mean()) / torch.sqrt(((x - x.mean()) ** 2).mean() + 1e-5)


def normed(p, name, gates):
    """What each gate's product goes through: layer norm with the gains of that name, or nothing where there are none."""
    if name not in p:
        return [lambda x: x] * gates
    return [lambda x, gain=gain: layer_norm(x, gain) for gain in p[name].chunk(gates)]


def dense(p, u, activation):
    (ln,) = normed(p, "norm", 1)
    return ACTIVATIONS[activation](ln(p["weight"] @ u) + p["bias"])


def gru(p, u, h, reset):
    w_ir, w_iz, w_in = p["weight_ih"].chunk(3)
    w_hr, w_hz, w_hn = p["weight_hh"].chunk(3)
    b_ir, b_iz, b_in = p["bias_ih"].chunk(3)
    b_hr, b_hz, b_hn = p["bias_hh"].chunk(3)
    ln_ir, ln_iz, ln_in = normed(p, "norm_ih", 3)
    ln_hr, ln_hz, ln_hn = normed(p, "norm_hh", 3)
    r = torch.sigmoid(ln_ir(w_ir @ u) + b_ir + ln_hr(w_hr @ h) + b_hr)
    z = torch.sigmoid(ln_iz(w_iz @ u) + b_iz + ln_hz(w_hz @ h) + b_hz)
    if reset == "after":
        n = torch.tanh(ln_in(w_in @ u) + b_in + r * (ln_hn(w_hn @ h) + b_hn))
    else:
        n = torch.tanh(ln_in(w_in @ u) + b_in + ln_hn(w_hn @ (r * h)) + b_hn)
    return (1 - z) * n + z * h


def lstm(p, u, h, c):
    w_ii, w_if, w_ig, w_io = p["weight_ih"].chunk(4)
    w_hi, w_hf, w_hg, w_ho = p["weight_hh"].chunk(4)
    b_ii, b_if, b_ig, b_io = p["bias_ih"].chunk(4)
    b_hi, b_hf, b_hg, b_ho = p["bias_hh"].chunk(4)
    ln_ii, ln_if, ln_ig, ln_io = normed(p, "norm_ih", 4)
    ln_hi, ln_hf, ln_hg, ln_ho = normed(p, "norm_hh", 4)
    i = torch.sigmoid(ln_ii(w_ii @ u) + b_ii + ln_hi(w_hi @ h) + b_hi)
    f = torch.sigmoid(ln_if(w_if @ u) + b_if + ln_hf(w_hf @ h) + b_hf)
    g = torch.tanh(ln_ig(w_ig @ u) + b_ig + ln_hg(w_hg @ h) + b_hg)
    o = torch.sigmoid(ln_io(w_io @ u) + b_io + ln_ho(w_ho @ h) + b_ho)
    c = f * c + i * g
    (ln_c,) = normed(p, "norm_cell", 1)
    return o * torch.tanh(ln_c(c) + p.get("bias_cell", 0)), c


# --- one step of one sequence ----------------------------------------------------------------------------------------


@dataclass
class Memory:
    center: torch.Tensor
    own: Dict[tuple, torch.Tensor]  # (module, layer, "h" or "c")


def memory_from_row(network, row):
    sizes = [network.size] + [size for _, _, _, size in own_memory(network)]
    parts = row.split(sizes)
    return Memory(parts[0], {key[:3]: part for key, part in zip(own_memory(network), parts[1:])})


def start_row(network, parameters):
    """The row of memory that a sequence starts with."""
    if not network.learned_start:
        return torch.zeros(state_values(network), dtype=parameters["outputs.0.bias"].dtype)
    parts = [parameters["center.start"]] + ([parameters["center.own_start"]] if own_memory(network) else [])
    return torch.cat(parts)


def row_from_memory(network, memory):
    return torch.cat([memory.center] + [memory.own[key[:3]] for key in own_memory(network)])


def under(parameters, prefix):
    return {name[len(prefix):]: value for name, value in parameters.items() if name.startswith(prefix)}


def seen(network, i, center):
    """What module i reads of the center."""
    if not network.modules[i].skip_own:
        return center
    own = network.slice(i)
    return torch.cat([center[:own.start], center[own.stop:]])


def zone_out(rate, before, after):
    """What is kept of before: a share, or of each unit all or nothing."""
    return rate * before + (1 - rate) * after


def mean_rates(network, i, j, what):
    """What layer j of module i keeps when it is evaluated."""
    layer = network.modules[i].layers[j]
    return layer.zoneout if what == "h" else layer.cell_zoneout


def written(network, shown, i, features):
    """What is shown of the center once module i has written."""
    if not network.in_order:
        return shown
    own = network.slice(i)
    return torch.cat([shown[:own.start], features, shown[own.stop:]])


def advance(network, parameters, memory, inputs, shown=None, context_masks=None, rates=None, next_mask=None):
    """The memory after one step; inputs[k] is the column vector of input k at this step. With dropout, readers read
    `shown` in the place of the memory's center, and of what this step writes what next_mask leaves; their contexts are
    masked. rates(i, j, "h" or "c") is what layers keep by zoneout."""
    rates = rates or (lambda i, j, what: mean_rates(network, i, j, what))
    shown = memory.center if shown is None else shown
    features, own = [], {}
    for i, module in enumerate(network.modules):
        before = memory.center[network.slice(i)]
        parts = [inputs[k] for k in sorted(module.inputs)]
        if module.reader:
            context = read(network, parameters, i, shown, before)
            parts.append(context if context_masks is None else context * context_masks[i])
        u = torch.cat(parts)
        for j, layer in enumerate(module.layers):
            p = under(parameters, f"modules.{i}.layers.{j}.")
            h = before if j == len(module.layers) - 1 else memory.own.get((i, j, "h"))
            if layer.kind == "dense":
                u = dense(p, u, layer.variant)
            elif layer.kind == "gru":
                u = gru(p, u, h, layer.variant)
            else:
                u, cell = lstm(p, u, h, memory.own[i, j, "c"])
                own[i, j, "c"] = zone_out(rates(i, j, "c"), memory.own[i, j, "c"], cell)
            if layer.kind != "dense":
                u = zone_out(rates(i, j, "h"), h, u)
            if (i, j, "h") in memory.own:
                own[i, j, "h"] = u
        features.append(u)
        shown = written(network, shown, i, u if next_mask is None else u * next_mask[network.slice(i)])
    return Memory(torch.cat(features), own)


def answer(network, parameters, center, o):
    """Output o of a center."""
    y = parameters[f"outputs.{o}.bias"]
    for i, module in enumerate(network.modules):
        if o in module.outputs:
            y = y + parameters[f"modules.{i}.outputs.{o}.weight"] @ center[network.slice(i)]
    return y
