# SPDX-License-Identifier: MIT
"""Reads a model file or a checkpoint without the library, after docs/format.md and the published safetensors format alone.

    python3 read_model.py MODEL             prints the network
    python3 read_model.py MODEL EXPECTED    compares it with what test_write_model wrote about it

Needs nothing but Python. load() is the whole reader.
"""
import json
import struct
import sys
import zlib
from math import prod

LOSSES = {"cross_entropy": 0, "mean_squared_error": 1, "host": 2}
READERS = {"linear": 0, "weight_norm": 1, "softmax": 2, "gaussian": 3, "gaussian_normalized": 3}


def check(condition, text):
    if not condition:
        raise ValueError(text)


def unique(pairs):
    """An object of JSON, in which no key may stand twice."""
    check(len(dict(pairs)) == len(pairs), "a key stands twice")
    return dict(pairs)


def load(path):
    """The metadata, and the tensors as name: (shape, tuple of bits)."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<Q", content)
    check(content[8:9] == b"{" and 8 + length <= len(content), "this is no safetensors file")
    header = json.loads(content[8 : 8 + length].decode("utf-8"), object_pairs_hook=unique)
    metadata = header.pop("__metadata__")
    check(metadata["thalnet.format"] == "1", "an unknown version of the format")

    digits = metadata["thalnet.checksum"]
    place = content.index(b'"thalnet.checksum"')
    place = content.index(digits.encode(), place + len(b'"thalnet.checksum"'))
    zeros = content[:place] + b"0" * 8 + content[place + 8 :]
    check(f"{zlib.crc32(zeros):08x}" == digits, "the checksum is wrong")

    tensors, end = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        check(entry["dtype"] == "F32" and begin == end and stop - begin == 4 * prod(entry["shape"]), f"{name} is wrong")
        tensors[name] = entry["shape"], struct.unpack_from(f"<{prod(entry['shape'])}I", content, 8 + length + begin)
        end = stop
    check(8 + length + end == len(content), "the file does not end with its last tensor")
    return metadata, tensors


def words(metadata, key):
    return [word.split(":") for word in metadata.get("thalnet." + key, "").split(" ") if word]


def layer_shapes(kind, units, columns, norm):
    if kind == "dense":
        return {"weight": [units, columns], "bias": [units], **({"norm": [units]} if norm else {})}
    rows = {"gru": 3, "lstm": 4}[kind] * units
    shapes = {"weight_ih": [rows, columns], "weight_hh": [rows, units], "bias_ih": [rows], "bias_hh": [rows]}
    if norm:
        shapes.update({"norm_ih": [rows], "norm_hh": [rows]})
    if norm and kind == "lstm":
        shapes.update({"norm_cell": [units], "bias_cell": [units]})
    return shapes


def parts(metadata, i, kind, seen):
    """How many features every part of a reader sees; `seen`: how many of every slice the whole reader does."""
    text = metadata.get(f"thalnet.module.{i}.reader_parts")
    if text is None:
        return [sum(seen)]
    rows = [[int(count) for count in row.split(",")] for row in text.split(";")]
    check(kind in ("softmax", "gaussian", "gaussian_normalized"), "a static reader in parts")
    check(all(len(row) == len(seen) for row in rows), "parts of another number of slices")
    check([sum(column) for column in zip(*rows)] == seen, "parts that do not see all, or see it twice")
    check(len(rows) > 1 and all(sum(row) for row in rows[1:]), "parts that see nothing")
    return [sum(row) for row in rows]


def reader_shapes(kind, context, center, features):
    if kind == "linear":
        return {"weight": [context, center]}
    if kind == "weight_norm":
        return {"weight": [context, center], "scale": [1]}
    if kind == "softmax":
        return {"weight": [context, center, features], "bias": [context, center]}
    return {
        "mean_weight": [context, features],
        "mean_bias": [context],
        "variance_weight": [context, features],
        "variance_bias": [context],
    }


def own_memory(layers):
    """Hidden states below the last layer, and cells."""
    hidden = sum(int(layer[1]) for layer in layers[:-1] if layer[0] in ("gru", "lstm"))
    return hidden + sum(int(layer[1]) for layer in layers if layer[0] == "lstm")


def shapes(metadata):
    """The tensors that the metadata ask for."""
    inputs, outputs = words(metadata, "inputs"), words(metadata, "outputs")
    count = int(metadata["thalnet.modules"])
    layers = [words(metadata, f"module.{i}.layers") for i in range(count)]
    features = [int(stack[-1][1]) for stack in layers]
    wanted = {}
    for i in range(count):
        prefix = f"modules.{i}."
        reader = words(metadata, f"module.{i}.reader")
        columns = sum(int(inputs[int(number)][1]) for (number,) in words(metadata, f"module.{i}.inputs"))
        if reader:
            kind, context, *skip_own = reader[0]
            check(skip_own in ([], ["skip_own"]), "a reader with more than skip_own")
            columns += int(context)
            seen = [0 if skip_own and j == i else size for j, size in enumerate(features)]
            for k, read in enumerate(parts(metadata, i, kind, seen)):
                part = prefix + (f"reader.parts.{k}." if k else "reader.")
                for name, shape in reader_shapes(kind, int(context), read, features[i]).items() if read else ():
                    wanted[part + name] = shape
                if k:
                    wanted[part + "gate"] = [int(context)]
        for j, layer in enumerate(layers[i]):
            for name, shape in layer_shapes(layer[0], int(layer[1]), columns, "layer_norm" in layer[2:]).items():
                wanted[f"{prefix}layers.{j}.{name}"] = shape
            columns = int(layer[1])
        for (number,) in words(metadata, f"module.{i}.outputs"):
            wanted[f"{prefix}outputs.{number}.weight"] = [int(outputs[int(number)][1]), features[i]]
    for number, output in enumerate(outputs):
        wanted[f"outputs.{number}.bias"] = [int(output[1])]
    check(metadata.get("thalnet.in_order", "1") == "1", "in_order is not 1")
    if "thalnet.learned_start" in metadata:
        check(metadata["thalnet.learned_start"] == "1", "learned_start is not 1")
        wanted["center.start"] = [sum(features)]
        own = sum(own_memory(stack) for stack in layers)
        if own:
            wanted["center.own_start"] = [own]
    return wanted


def training_shapes(metadata, wanted):
    """The tensors of a checkpoint beside the network's own; `wanted` are those."""
    prefix = "thalnet.checkpoint"
    if prefix not in metadata:
        return {}
    check(metadata[prefix] == "1", "an unknown version of checkpoints")
    blocks = []
    kind = metadata.get(prefix + ".optimizer")
    if kind is not None:
        blocks = ["first"] + ["second"] * (kind != "sgd")
        (average,) = struct.unpack(">d", bytes.fromhex(metadata[prefix + ".average"]))
        blocks += ["average"] * (average > 0)
        updates = [(name, int(count)) for name, count in words(metadata, "checkpoint.updates")]
        check(sorted(name for name, _ in updates) == sorted(wanted), "updates of other tensors")
        check(all(count <= int(metadata[prefix + ".steps"]) for _, count in updates), "more updates than steps")
        check(metadata[prefix + ".swapped"] in ("0", "1"), "swapped is neither 0 nor 1")
    further = {f"checkpoint.{block}.{name}": shape for block in blocks for name, shape in wanted.items()}
    features = [int(words(metadata, f"module.{i}.layers")[-1][1]) for i in range(int(metadata["thalnet.modules"]))]
    for k, (rows,) in enumerate(words(metadata, "checkpoint.states")):
        further[f"checkpoint.states.{k}"] = [int(rows), sum(features) + own_values(metadata)]
    return further


def own_values(metadata):
    """Numbers of memory that are not in the center: cells, and hidden states of layers below the last."""
    count = 0
    for i in range(int(metadata["thalnet.modules"])):
        stack = words(metadata, f"module.{i}.layers")
        for j, layer in enumerate(stack):
            count += int(layer[1]) * ((layer[0] == "lstm") + (layer[0] != "dense" and j + 1 < len(stack)))
    return count


def describe(metadata, tensors):
    """The lines that test_write_model writes."""
    yield f"settle_steps {metadata['thalnet.settle_steps']}"
    if "thalnet.learned_start" in metadata:
        yield "learned_start"
    if "thalnet.in_order" in metadata:
        yield "in_order"
    for name, size, kind, steps in words(metadata, "inputs"):
        yield f"input {name} {size} {kind} {steps}"
    for name, size, loss, steps in words(metadata, "outputs"):
        yield f"output {name} {size} {LOSSES[loss]} {steps}"
    for i in range(int(metadata["thalnet.modules"])):
        reader = words(metadata, f"module.{i}.reader")
        kind, context = (READERS[reader[0][0]], reader[0][1]) if reader else (-1, 0)
        skip_own = len(reader[0]) - 2 if reader else 0
        features = words(metadata, f"module.{i}.layers")[-1][1]
        yield f"module {metadata[f'thalnet.module.{i}.name']} {features} {context} {kind}" + " skip_own" * skip_own
    for name, (shape, bits) in tensors.items():
        yield " ".join(["tensor", name, str(len(shape)), *map(str, shape), *(f"{value:08x}" for value in bits)])


def main(path, expected=None):
    metadata, tensors = load(path)
    wanted = shapes(metadata)
    further = training_shapes(metadata, wanted)
    check(
        {**wanted, **further} == {name: shape for name, (shape, _) in tensors.items()},
        "the tensors are not those of the network",
    )
    tensors = {name: tensor for name, tensor in tensors.items() if name in wanted}
    lines = list(describe(metadata, tensors))
    if expected is None:
        print("\n".join(line if len(line) < 100 else line[:96] + " ..." for line in lines))
        return
    with open(expected, encoding="ascii") as file:
        said = file.read().splitlines()
    for mine, theirs in zip(lines, said):
        check(mine == theirs, f"the file has\n{mine[:200]}\nthe library says\n{theirs[:200]}")
    check(len(lines) == len(said), f"{len(lines)} lines, the library says {len(said)}")
    print(f"{len(tensors)} tensors, {sum(len(bits) for _, bits in tensors.values())} numbers, all the same")


if __name__ == "__main__":
    main(*sys.argv[1:])
