# SPDX-License-Identifier: MIT
"""What reference.py is held to before its numbers become golden: torch's own cells, finite differences, the formulas of
the paper's weight normalisation, and mistakes that the golden values must notice."""
import math

import torch

import masks
import reference
import training
from cases import CASES
from draw import Numbers
from stacks import STACKS, compute_stack, stack

DOUBLE = torch.float64


def apart(a, b):
    """Norm of the difference, relative to the norm of b."""
    a, b = torch.as_tensor(a, dtype=DOUBLE).detach(), torch.as_tensor(b, dtype=DOUBLE).detach()
    return float((a - b).norm() / b.norm()) if float(b.norm()) > 0 else float(a.norm())


def expect(condition, text):
    if not condition:
        raise SystemExit(f"check failed: {text}")


def check_cells():
    """Our cells against torch.nn's, value for value."""
    numbers = Numbers("cells")
    u, h, c = numbers.real(4), numbers.real(3), numbers.real(3)
    for kind, cell in (("gru", torch.nn.GRUCell(4, 3)), ("lstm", torch.nn.LSTMCell(4, 3))):
        cell = cell.double()
        p = dict(cell.named_parameters())
        if kind == "gru":
            pairs = [(reference.gru(p, u, h, "after"), cell(u, h))]
        else:
            pairs = list(zip(reference.lstm(p, u, h, c), cell(u, (h, c))))
        expect(all(apart(a, b) < 1e-14 for a, b in pairs), f"{kind} cell")
    linear = torch.nn.Linear(4, 3).double()
    expect(apart(reference.dense(dict(linear.named_parameters()), u, "relu"), torch.relu(linear(u))) < 1e-14, "dense")


def check_norm():
    """Layer norm against torch's own."""
    numbers = Numbers("norm")
    x, gain = numbers.real(7), numbers.real(7)
    expect(apart(reference.layer_norm(x, gain), torch.nn.functional.layer_norm(x, (7,), gain)) < 1e-14, "layer norm")


def check_stacks():
    """reference.py and training.py against torch.nn.GRU and LSTM: every result and gradient."""
    for name in STACKS:
        numbers = Numbers(name)
        network, batch = stack(name, numbers)
        parameters = numbers.parameters(network)
        ours, theirs = training.compute(network, parameters, batch), compute_stack(name, network, parameters, batch)
        expect(set(ours) == set(theirs), f"{name}: the same results")
        worst = max(apart(ours[key], theirs[key]) for key in ours)
        expect(worst < 1e-13, f"{name}: {worst}")


def check_differences(name, step=1e-5):
    """Autograd's gradients against central differences, every parameter, start value and input."""
    numbers = Numbers(name)
    network, batch = CASES[name](numbers)
    parameters = numbers.parameters(network)
    results = training.compute(network, parameters, batch)
    leaves = {f"gradient/{key}": value for key, value in parameters.items()}
    leaves.update({f"input_gradient/{k}": value for k, value in batch.inputs.items()})
    if batch.start is not None:
        leaves["state_gradient"] = batch.start
    worst = 0.0
    for key, leaf in leaves.items():
        flat, numeric = leaf.view(-1), torch.zeros(leaf.numel(), dtype=DOUBLE)
        for k in range(leaf.numel()):
            before, totals = float(flat[k]), []
            for sign in (1, -1):
                flat[k] = before + sign * step
                with torch.no_grad():
                    moved = training.cast(network, parameters, batch, DOUBLE)
                    totals.append(float(training.evaluate(network, *moved)[0]))
            flat[k] = before
            numeric[k] = (totals[0] - totals[1]) / (2 * step)
        difference = float((numeric - results[key].reshape(-1)).norm())
        size = float(numeric.norm())
        expect(difference <= 1e-6 * size + 1e-9, f"{name}: {key} differs by {difference} of {size}")
        worst = max(worst, difference / size if size > 1e-3 else 0)
    return worst


def check_weight_norm():
    """dbeta = <G, W>/|W| and dW = beta/|W| (G - <G, W>/|W|^2 W), for a context whose gradient is known."""
    numbers = Numbers("weight_norm")
    weight, beta, center, dc = numbers.real(3, 5), numbers.real(1, low=0.5), numbers.real(5), numbers.real(3)
    weight.requires_grad_(), beta.requires_grad_()
    context = reference.read_weight_norm({"weight": weight, "scale": beta}, center, None)
    dw, dbeta = torch.autograd.grad((context * dc).sum(), [weight, beta])
    g, norm = torch.outer(dc, center), weight.norm()
    inner = (g * weight).sum() / norm
    expect(apart(dbeta, inner.reshape(1)) < 1e-14, "weight norm: scale")
    expect(apart(dw, beta / norm * (g - inner / norm * weight)) < 1e-14, "weight norm: weight")


def check_gaussian():
    """Weights of a wide and of a narrow Gaussian sum to one, within what the floor of the variance promises."""
    for raw in (-12.0, -4.5):
        p = {"mean_weight": torch.zeros(1, 2, dtype=DOUBLE), "mean_bias": torch.tensor([0.5], dtype=DOUBLE),
             "variance_weight": torch.zeros(1, 2, dtype=DOUBLE),
             "variance_bias": torch.tensor([raw], dtype=DOUBLE)}
        total = float(reference.gaussian_weights(p, torch.zeros(40, dtype=DOUBLE), torch.zeros(2, dtype=DOUBLE)).sum())
        expect(math.isclose(total, 1, abs_tol=0.015), f"Gaussian weights sum to {total}")


# --- mistakes --------------------------------------------------------------------------------------------------------


def wrong_rows(p, center, features):
    weight = p["weight"]
    return p["scale"] * ((weight / weight.norm(dim=1, keepdim=True)) @ center)


def wrong_slope(p, center, features):
    weight = p["weight"]
    return p["scale"] * ((weight / weight.norm().detach()) @ center)


def wrong_features(p, center, features):
    return reference.read_softmax(p, center, features.detach())


def wrong_positions(p, center, features):
    weights = reference.gaussian_weights({**p, "mean_bias": p["mean_bias"] + 1 / center.shape[0]}, center, features)
    return weights @ center


def wrong_reset(original):
    return lambda p, u, h, reset: original(p, u, h, "after")


def wrong_time(original):
    return lambda p, u, h, reset: original(p, u, h.detach(), reset)


def wrong_smoothing(y, label, smoothing):
    others = torch.full_like(y, smoothing / (y.shape[0] - 1))
    others[label] = 1 - smoothing
    return -(others * torch.log_softmax(y, 0)).sum()


def wrong_rate(rate, before, after):
    return reference_zone_out(1 - rate, before, after)


def wrong_path(rate, before, after):
    return reference_zone_out(rate, before.detach(), after)


def wrong_settling(network, batch, sequence, step, dtype):
    """Settle steps that are numbered from the first of the sequence on."""
    return training_rates(network, batch, sequence, step % (batch.length(sequence) * network.steps_per_frame or 1), dtype)


reference_zone_out, training_rates = reference.zone_out, training.rates_at


def wrong_forgetting(network, parameters, memory):
    return reference.Memory(torch.zeros_like(memory.center), memory.own)


def wrong_start(network, parameters, memory):
    return reference.memory_from_row(network, reference.start_row(network, parameters).detach())


def wrong_order(network, shown, i, features):
    return shown


reference_written = reference.written


def wrong_writing(network, shown, i, features):
    return reference_written(network, shown, i, features.detach())


def wrong_columns(network, i, center):
    own = network.modules[i].features if network.modules[i].skip_own else 0
    return center[:center.shape[0] - own]


def wrong_gate(gate, context):
    return gate.detach() * context


def wrong_part(gate, context):
    return gate * context.detach()


reference_columns = reference.part_columns


def wrong_parts(network, i):
    """The last column of the first part changes places with the first one of the second."""
    parts = [list(columns) for columns in reference_columns(network, i)]
    if len(parts) > 1:
        parts[0][-1], parts[1][0] = parts[1][0], parts[0][-1]
    return parts


def wrong_variance(x, gain):
    return gain * (x - x.mean()) / torch.sqrt(x.var() + 1e-5)  # divided by n - 1


def wrong_statistics(x, gain):
    return gain * (x - x.mean()) / torch.sqrt(((x - x.mean()) ** 2).mean() + 1e-5).detach()


def wrong_blocks(p, name, gates):
    if name not in p:
        return [lambda x: x] * gates
    return [lambda x, gain=gain: reference.layer_norm(x, gain) for gain in reversed(p[name].chunk(gates))]


def wrong_advance(network, parameters, batch, sequence, memory, inputs, step):
    contexts = masks.of_contexts(batch.dropout, network, batch.identity(sequence), step, memory.center.dtype)
    return reference.advance(network, parameters, memory, inputs, None, contexts)


def wrong_step(original):
    return lambda dropout, network, identity, step, dtype: original(dropout, network, identity, step + 1, dtype)


MISTAKES = [
    # what is wrong, where, how, the case that must notice
    ("weight norm by rows", reference.READERS, "weight_norm", wrong_rows, "ff_tanh_weight_norm"),
    ("weight norm whose norm is a constant to the gradient", reference.READERS, "weight_norm", wrong_slope, "lengths"),
    ("softmax without its second gradient path", reference.READERS, "softmax", wrong_features, "lstm_softmax"),
    ("Gaussian positions from 0", reference.READERS, "gaussian", wrong_positions, "ff_gru_gaussian"),
    ("Gaussian not normalised", reference.READERS, "gaussian_normalized", reference.read_gaussian, "every_reader"),
    ("reset after the product", vars(reference), "gru", wrong_reset(reference.gru), "gru_before_weight_norm"),
    ("no gradient through time", vars(reference), "gru", wrong_time(reference.gru), "torch_gru_4"),
    ("layer norm by n - 1", vars(reference), "layer_norm", wrong_variance, "norm_wide"),
    ("layer norm whose deviation is a constant to the gradient", vars(reference), "layer_norm", wrong_statistics,
     "norm_dense"),
    ("gains of other gates", vars(reference), "normed", wrong_blocks, "norm_lstm"),
    ("zoneout that keeps what it should renew", vars(reference), "zone_out", wrong_rate, "zoneout_evaluated"),
    ("zoneout without the path through what it keeps", vars(reference), "zone_out", wrong_path, "zoneout_drawn"),
    ("settle steps that draw what others drew", vars(training), "rates_at", wrong_settling, "zoneout_drawn"),
    ("a reset that leaves the layers' own memory", vars(training), "forget", wrong_forgetting, "resets"),
    ("masks drawn once, not at every step", vars(masks), "counted", lambda dropout, step: 0, "dropout_every_step"),
    ("masks of the center one step late", vars(masks), "of_center", wrong_step(masks.of_center), "dropout_every_step"),
    ("features dropped where outputs see them only", vars(training), "advance", wrong_advance, "dropout"),
    ("smoothing over the other labels only", vars(training), "cross_entropy", wrong_smoothing, "smoothed_labels"),
    ("a learned start without gradient at resets", vars(training), "forget", wrong_start, "learned_start"),
    ("modules together, not in order", vars(reference), "written", wrong_order, "in_order"),
    ("no gradient through what is read of the same step", vars(reference), "written", wrong_writing, "in_order_dropout"),
    ("gates without gradient", vars(reference), "gated", wrong_gate, "readers_in_parts"),
    ("gated parts without gradient", vars(reference), "gated", wrong_part, "readers_in_parts_in_order"),
    ("parts that see each other's columns", vars(reference), "part_columns", wrong_parts, "readers_in_parts"),
    ("a reader without the last features in place of its own", vars(reference), "seen", wrong_columns, "skip_own"),
]


def check_mistakes():
    """Each mistake moves some golden value by far more than the tests forgive."""
    for text, table, key, wrong, name in MISTAKES:
        numbers = Numbers(name)
        network, batch = CASES[name](numbers) if name in CASES else stack(name, numbers)
        parameters = numbers.parameters(network)
        right = training.compute(network, parameters, batch)
        original, table[key] = table[key], wrong
        try:
            mistaken = training.compute(network, parameters, batch)
        finally:
            table[key] = original
        worst = max(apart(mistaken[key], right[key]) for key in right)
        expect(worst > 1e-2, f"nobody notices {text}: {worst}")


def check_all():
    check_cells()
    check_norm()
    check_stacks()
    check_weight_norm()
    check_gaussian()
    for name in ("every_reader", "many_tasks", "settle_and_rates", "lstm_stacks", "skip_own", "learned_start",
                 "in_order", "readers_in_parts", "norm_gru", "norm_lstm"):
        print(f"{name}: gradients and central differences agree to {check_differences(name):.1e}")
    check_mistakes()
