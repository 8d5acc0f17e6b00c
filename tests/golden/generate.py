# SPDX-License-Identifier: MIT
"""Writes the golden values: one text file a network in fixtures/, their names in fixtures/list.txt.

    python3 generate.py            checks the reference, writes the files
    python3 generate.py --check    writes nothing, compares with the files that are there

A file is made of words. First the network, then arrays: "real NAME COUNT" or "integer NAME COUNT" and as many numbers,
reals in hexadecimal. Arrays named parameter/, input/ and so on go in; the ones of RESULTS come out. fixture.c reads it.
"""
import sys
from pathlib import Path

import torch

import check
import training
from cases import CASES
from draw import Numbers
from stacks import STACKS, compute_stack, stack

FOLDER = Path(__file__).resolve().parent / "fixtures"
EPSILON = 1.19e-7
ATTEMPTS = 20


def hexadecimal(value):
    """The shortest hexadecimal spelling of a double."""
    mantissa, exponent = float(value).hex().split("p")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return "0" if float(value) == 0 else f"{mantissa}p{int(exponent)}"


def array(name, values):
    """The words of an array; integers stay integers."""
    if isinstance(values, torch.Tensor):
        kind, flat = "real", [hexadecimal(value) for value in values.detach().reshape(-1).tolist()]
    else:
        flat = []
        pending = list(values)
        while pending:
            value = pending.pop(0)
            if isinstance(value, list):
                pending = value + pending
            else:
                flat.append(value)
        kind = "real" if any(isinstance(value, float) for value in flat) else "integer"
        flat = [hexadecimal(value) if kind == "real" else str(value) for value in flat]
    lines, line = [f"{kind} {name} {len(flat)}"], ""
    for word in flat:
        if line and len(line) + 1 + len(word) > 118:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    return lines + ([line] if line else [])


def describe(name, network, batch):
    lines = [f"network {name}", f"settle_steps {network.settle_steps}", f"batch {batch.sequences} {batch.frames}"]
    if network.learned_start:
        lines.append("learned_start 1")
    if network.in_order:
        lines.append("in_order 1")
    for port in network.inputs:
        lines.append(f"input {port.name} {port.size} {'tokens' if port.tokens else 'dense'} {port.steps}")
    for port in network.outputs:
        lines.append(f"output {port.name} {port.size} {port.loss} {port.steps} {hexadecimal(port.weight)}")
    for module in network.modules:
        lines.append("module")
        if module.born:
            lines.append(f"born {module.born}")
        if module.young:
            lines.append(f"grown {module.grown} {module.young}")
        for layer in module.layers:
            lines.append(f"layer {layer.kind} {layer.units}" + (f" {layer.variant}" if layer.variant else ""))
            lines += ["layer_norm"] * layer.norm
            if layer.zoneout or layer.cell_zoneout:
                lines.append(f"zoneout {hexadecimal(layer.zoneout)} {hexadecimal(layer.cell_zoneout)}")
        if module.reader:
            lines.append(f"reader {module.reader} {module.context}")
        if module.skip_own:
            lines.append("skip_own")
        lines += [f"connect_input {k}" for k in module.inputs] + [f"connect_output {o}" for o in module.outputs]
    return lines


def contents(parameters, batch):
    lines = []
    for name, values in parameters.items():
        lines += array(f"parameter/{name}", values)
    for kind, table in (("input", batch.inputs), ("tokens", batch.tokens), ("weights", batch.weights)):
        for number, values in table.items():
            lines += array(f"{kind}/{number}", values)
    for kind, table in (("labels", batch.labels), ("targets", batch.targets),
                        ("output_gradient", batch.output_gradients)):
        for number, values in table.items():
            lines += array(("final_" if number in batch.final else "") + f"{kind}/{number}", values)
    for kind, table in (("loss_weight", batch.loss_weights), ("smoothing", batch.smoothing)):
        for number, value in table.items():
            lines += array(f"{kind}/{number}", [float(value)])
    if batch.dropout:
        d = batch.dropout
        lines += array("dropout", [d.contexts, d.features, d.modules, d.inputs])
        lines += array("dropout_draws", [int(d.every_step), int(d.variational), d.seed, d.epoch])
    for kind in ("final", "lengths", "resets", "start", "fresh", "ids"):
        values = getattr(batch, kind)
        if values is not None and len(values):
            lines += array(kind, values)
    return lines


def results_of(network, batch, results):
    """The results in the order of the file; final outputs are named so."""
    lines = []
    for name, values in results.items():
        if name.startswith("output/") and int(name[7:]) in batch.final:
            name = "final_" + name
        lines += array(name, values)
    return lines


def acceptable(network, parameters, right, single):
    """Whether float32 can hold these numbers: torch's own float32 stays within a fifth of what the tests forgive."""
    columns = max(list(value.shape)[-1] for value in parameters.values() if value.dim() > 1)
    depth = max(1, (columns * right["steps"] - 1).bit_length())  # ceil(log2(columns * steps))
    for name, values in right["results"].items():
        factor = 16 if "gradient" in name else 8
        if isinstance(values, torch.Tensor) and check.apart(single[name], values) > 0.2 * factor * depth * EPSILON:
            return False
        if not isinstance(values, torch.Tensor) and values != single[name]:
            return False
    return True


def make(name):
    """The text of one fixture."""
    for attempt in range(ATTEMPTS):
        numbers = Numbers(name, attempt)
        if name in STACKS:
            network, batch = stack(name, numbers)
            compute = lambda dtype: compute_stack(name, network, parameters, batch, dtype)
        else:
            network, batch = CASES[name](numbers)
            compute = lambda dtype: training.compute(network, parameters, batch, dtype)
        parameters = numbers.parameters(network)
        results, single = compute(torch.float64), compute(torch.float32)
        steps = batch.frames * network.steps_per_frame + network.settle_steps
        if acceptable(network, parameters, {"results": results, "steps": steps}, single):
            break
    else:
        raise SystemExit(f"{name}: no numbers that float32 can hold in {ATTEMPTS} attempts")
    source = "torch.nn itself" if name in STACKS else "reference.py"
    lines = ["# SPDX-License-Identifier: MIT", f"# Written by generate.py; the results are those of {source}."]
    lines += describe(name, network, batch) + contents(parameters, batch) + results_of(network, batch, results)
    lines.append("end")
    return "\n".join(lines) + "\n"


def same(old, new):
    """Whether two fixtures agree: word for word but for reals, which may differ in their last bits."""
    old, new = old.split(), new.split()
    if len(old) != len(new):
        return False
    for a, b in zip(old, new):
        if a != b and not ("0x" in a and "0x" in b and abs(float.fromhex(a) - float.fromhex(b)) <=
                           1e-13 + 1e-12 * abs(float.fromhex(b))):
            return False
    return True


def main():
    torch.set_num_threads(1)
    check.check_all()
    names = list(CASES) + list(STACKS)
    for name in names:
        text, path = make(name), FOLDER / f"{name}.txt"
        if "--check" in sys.argv[1:]:
            check.expect(path.is_file() and same(path.read_text(), text), f"{path.name} is another one")
        else:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(text)
    if "--check" not in sys.argv[1:]:
        (FOLDER / "list.txt").write_text("\n".join(names) + "\n")
    print(f"{len(names)} networks")


if __name__ == "__main__":
    main()
