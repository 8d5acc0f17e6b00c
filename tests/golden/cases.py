# SPDX-License-Identifier: MIT
"""The networks and batches of the golden values, by name; each takes its numbers from draw.Numbers."""
from typing import Callable, Dict

from masks import Dropout
from reference import Input, Layer, Module, Network, Output

CASES: Dict[str, Callable] = {}


def case(function):
    CASES[function.__name__] = function
    return function


def dense(units, activation="tanh"):
    return Layer("dense", units, activation)


def gru(units, reset="after", zoneout=0.0):
    return Layer("gru", units, reset, False, zoneout)


def lstm(units, zoneout=0.0, cell_zoneout=0.0):
    return Layer("lstm", units, "", False, zoneout, cell_zoneout)


def norm(layer):
    return Layer(layer.kind, layer.units, layer.variant, True, layer.zoneout, layer.cell_zoneout)


def modules(*descriptions, inputs=(0,), outputs=(0,)):
    """Modules from (layers, reader, context), all with the same connections."""
    return [Module(layers, reader, context, list(inputs), list(outputs)) for layers, reader, context in descriptions]


# --- one kind of layer, one kind of reader each ----------------------------------------------------------------------


@case
def ones(numbers):
    """Everything of size one: one module, sequence, frame, input, feature, context and output."""
    network = Network([Input("x", 1)], [Output("y", 1, "mean_squared_error")],
                      modules(([dense(1, "identity")], "linear", 1)))
    return network, numbers.batch(network, 1, 1, start=True)


@case
def ff_identity_linear(numbers):
    network = Network([Input("x", 2)], [Output("y", 2, "mean_squared_error")],
                      modules(([dense(2, "identity")], "linear", 2), ([dense(3, "identity")], "linear", 1)))
    return network, numbers.batch(network, 2, 3)


@case
def ff_relu_linear(numbers):
    network = Network([Input("x", 3)], [Output("y", 3)],
                      modules(([dense(4, "relu")], "linear", 3), ([dense(3, "relu")], "linear", 2)))
    return network, numbers.batch(network, 5, 3, final=[0])


@case
def ff_tanh_weight_norm(numbers):
    network = Network([Input("x", 2)], [Output("y", 3)],
                      modules(([dense(3)], "weight_norm", 2), ([dense(2), dense(4)], "weight_norm", 3)))
    return network, numbers.batch(network, 2, 17, sparse=[0], weights=[0])


@case
def ff_sigmoid_softmax(numbers):
    network = Network([Input("x", 2)], [Output("y", 3)],
                      modules(([dense(2, "sigmoid")], "softmax", 2), ([dense(3, "sigmoid")], "softmax", 1)))
    return network, numbers.batch(network, 5, 2, start=True)


@case
def gru_linear(numbers):
    network = Network([Input("x", 3)], [Output("y", 3)], modules(([gru(3)], "linear", 2), ([gru(4)], "linear", 3)))
    return network, numbers.batch(network, 1, 17)


@case
def gru_before_weight_norm(numbers):
    network = Network([Input("x", 2)], [Output("y", 3)],
                      modules(([gru(3, "before")], "weight_norm", 2), ([gru(2, "before")], "weight_norm", 1)))
    return network, numbers.batch(network, 5, 3, lengths=[3, 0, 1, 2, 3], start=True)


@case
def lstm_softmax(numbers):
    network = Network([Input("x", 2)], [Output("y", 2)], modules(([lstm(3)], "softmax", 2), ([lstm(2)], "softmax", 1)))
    return network, numbers.batch(network, 1, 17, start=True)


@case
def ff_gru_gaussian(numbers):
    network = Network([Input("x", 3)], [Output("y", 3)],
                      modules(([dense(3, "relu"), gru(3)], "gaussian", 2), ([dense(2), gru(4)], "gaussian", 3)))
    return network, numbers.batch(network, 2, 3)


@case
def gru_ff_gaussian_normalized(numbers):
    network = Network([Input("x", 2)], [Output("y", 2, "mean_squared_error")],
                      modules(([gru(3), dense(2)], "gaussian_normalized", 2),
                              ([gru(2), dense(4, "sigmoid")], "gaussian_normalized", 1)))
    return network, numbers.batch(network, 1, 17, start=True)


@case
def ff_gru_ff_weight_norm(numbers):
    network = Network([Input("x", 2)], [Output("y", 3)],
                      modules(([dense(2, "relu"), gru(3), dense(3)], "weight_norm", 2),
                              ([dense(3), gru(2, "before"), dense(2, "identity")], "weight_norm", 2)))
    return network, numbers.batch(network, 2, 3, start=True, final=[0])


@case
def gru_gru_linear(numbers):
    network = Network([Input("x", 2)], [Output("y", 2)],
                      modules(([gru(2), gru(3)], "linear", 2), ([gru(3, "before"), gru(2)], "linear", 1)))
    return network, numbers.batch(network, 2, 17, start=True, resets={(0, 0), (1, 5), (1, 16)}, sparse=[0])


@case
def lstm_stacks(numbers):
    network = Network([Input("x", 2)], [Output("y", 3)],
                      modules(([lstm(2), lstm(3)], "weight_norm", 2), ([lstm(2), dense(3)], "linear", 1),
                              ([gru(2), lstm(2)], "linear", 2), ([dense(2), lstm(2)], None, 0)))
    return network, numbers.batch(network, 5, 2, start=True, resets={(0, 0), (1, 1), (2, 1)}, lengths=[2, 2, 1, 0, 2])


@case
def lstm_before_gru(numbers):
    network = Network([Input("x", 1)], [Output("y", 2, "mean_squared_error")],
                      modules(([lstm(2), gru(2, "before")], "softmax", 2), ([gru(3)], "gaussian", 1)))
    return network, numbers.batch(network, 2, 17, start=True, resets={(1, 3)})


# --- mixtures of modules, inputs and outputs -------------------------------------------------------------------------


@case
def every_reader(numbers):
    """Six modules, all readers and none, no two alike; context 1 among them."""
    network = Network([Input("x", 2)], [Output("y", 3)],
                      modules(([gru(2)], "linear", 1), ([dense(3)], "weight_norm", 2), ([gru(1)], "softmax", 1),
                              ([dense(2, "sigmoid")], "gaussian", 1), ([lstm(2)], "gaussian_normalized", 2),
                              ([gru(2, "before")], None, 0)))
    return network, numbers.batch(network, 2, 3, start=True, lengths=[3, 2])


@case
def chain(numbers):
    """The paper's case: input at the first module, output at the last, sides without either."""
    network = Network([Input("x", 2)], [Output("y", 3)],
                      [Module([gru(2)], "linear", 1, [0], []), Module([gru(3)], "weight_norm", 3, [], []),
                       Module([gru(2)], "weight_norm", 2, [], []), Module([gru(2)], "linear", 4, [], [0])])
    return network, numbers.batch(network, 5, 17, final=[0], lengths=[17, 4, 0, 9, 3])


@case
def dense_and_tokens(numbers):
    """Both inputs into one module, connected in the other order; two outputs with two losses."""
    network = Network([Input("x", 2), Input("t", 4, tokens=True)],
                      [Output("y", 3, weight=0.5), Output("z", 2, "mean_squared_error", weight=2.0)],
                      [Module([gru(3)], "weight_norm", 2, [1, 0], [1, 0]),
                       Module([dense(2)], "linear", 1, [1], [0]), Module([gru(2)], "linear", 2, [], [1])])
    return network, numbers.batch(network, 5, 2, sparse=[1], weights=[0, 1], lengths=[2, 2, 1, 0, 2])


@case
def many_tasks(numbers):
    """Three inputs and three outputs on different modules; one batch weighs its losses anew."""
    network = Network([Input("a", 2), Input("b", 3, tokens=True), Input("c", 1)],
                      [Output("p", 2), Output("q", 2, "mean_squared_error"), Output("r", 3, weight=0.25)],
                      [Module([gru(3)], "weight_norm", 2, [2, 1, 0], [2]),
                       Module([dense(2)], "softmax", 2, [0], [0, 1]),
                       Module([lstm(2)], "gaussian", 2, [1], [1, 2]),
                       Module([dense(2, "relu"), gru(2)], "linear", 3, [2], [0])])
    return network, numbers.batch(network, 2, 3, final=[0, 1], weights=[1, 2], loss_weights={0: 1.5, 2: 0.125})


@case
def tokens_first_layers(numbers):
    """Tokens into every kind of layer, two token inputs side by side, some frames without token."""
    network = Network([Input("s", 3, tokens=True), Input("t", 2, tokens=True)], [Output("y", 3)],
                      modules(([dense(2, "relu")], "linear", 2), ([gru(2)], "linear", 1), ([lstm(2)], "linear", 2),
                              ([gru(2, "before")], None, 0), inputs=(0, 1)))
    return network, numbers.batch(network, 5, 3, sparse=[0], lengths=[3, 1, 2, 0, 3])


@case
def absent_input(numbers):
    """One of two inputs is not set; a context as large as the center."""
    network = Network([Input("x", 2), Input("z", 3)], [Output("y", 3)],
                      modules(([gru(3)], "weight_norm", 5), ([dense(2)], "linear", 2), inputs=(0, 1)))
    return network, numbers.batch(network, 2, 3, absent=[0])


@case
def no_labels(numbers):
    """One output without labels, one whose labels are all -1, one with some of weight zero."""
    network = Network([Input("x", 2)], [Output("p", 2), Output("q", 2), Output("r", 2, "mean_squared_error")],
                      modules(([gru(3)], "linear", 2), outputs=(0, 1, 2)))
    batch = numbers.batch(network, 2, 3, none=[0], weights=[2])
    batch.labels[1] = [[-1] * 3 for _ in range(2)]
    batch.weights[2][0] = [0.0, 1.25, 0.0]
    return network, batch


@case
def host_losses(numbers):
    """The host's own gradients: alone, on final values, and on top of a loss."""
    network = Network([Input("x", 2)], [Output("p", 2, "host"), Output("q", 3, "host"), Output("r", 2)],
                      modules(([gru(3)], "weight_norm", 2), ([dense(2)], "softmax", 1), outputs=(0, 1, 2)))
    return network, numbers.batch(network, 2, 3, final=[1], host=[0, 1, 2], lengths=[3, 2])


# --- clocks, lengths, resets, settle steps ---------------------------------------------------------------------------


@case
def two_steps(numbers):
    """Characters at two steps a frame."""
    network = Network([Input("t", 4, tokens=True, steps=2)], [Output("y", 4, steps=2)],
                      modules(([gru(3)], "weight_norm", 2), ([dense(2), gru(2)], "weight_norm", 2)))
    return network, numbers.batch(network, 2, 17, start=True, lengths=[17, 11], resets={(0, 6), (1, 15)})


@case
def three_steps(numbers):
    """One network, three frames of input in the time of one of output."""
    network = Network([Input("x", 2)], [Output("y", 3, steps=3)],
                      modules(([gru(2)], "linear", 2), ([dense(3, "relu")], "weight_norm", 2)))
    return network, numbers.batch(network, 5, 2, lengths=[2, 1, 2, 0, 2], sparse=[0])


@case
def rates_one_and_four(numbers):
    network = Network([Input("fast", 1), Input("slow", 2, steps=4)],
                      [Output("often", 2, "mean_squared_error"), Output("seldom", 3, steps=4)],
                      modules(([gru(2)], "linear", 2), ([lstm(2)], "softmax", 1), inputs=(0, 1), outputs=(0, 1)))
    return network, numbers.batch(network, 2, 3, start=True, lengths=[3, 2], resets={(0, 1), (1, 2)}, weights=[0])


@case
def rates_two_and_three(numbers):
    network = Network([Input("x", 2, steps=2), Input("t", 3, tokens=True, steps=3)],
                      [Output("y", 2, steps=2), Output("z", 1, "mean_squared_error", steps=3), Output("w", 2, steps=6)],
                      [Module([gru(2)], "weight_norm", 2, [0], [0, 2]), Module([dense(2)], "gaussian", 2, [1], [1]),
                       Module([lstm(2)], "linear", 2, [0, 1], [0, 1, 2])])
    return network, numbers.batch(network, 2, 3, lengths=[2, 3], resets={(1, 2), (0, 2)}, sparse=[0])


@case
def settle(numbers):
    network = Network([Input("x", 2)], [Output("y", 3)],
                      modules(([gru(3)], "weight_norm", 2), ([dense(2, "relu"), gru(2)], "linear", 2)), settle_steps=2)
    return network, numbers.batch(network, 5, 3, start=True, final=[0], lengths=[3, 1, 0, 2, 3], sparse=[0],
                                  resets={(2, 0), (3, 1)})


@case
def settle_and_rates(numbers):
    """Settle steps after frames of two steps; a final target with weights beside labels at every frame."""
    network = Network([Input("x", 2, steps=2), Input("t", 3, tokens=True)],
                      [Output("y", 2, "mean_squared_error", steps=2), Output("z", 2)],
                      modules(([gru(2), dense(2)], "gaussian", 2), ([lstm(2)], "softmax", 1), ([dense(2)], "linear", 2),
                              inputs=(0, 1), outputs=(0, 1)), settle_steps=3)
    return network, numbers.batch(network, 2, 3, start=True, final=[0], weights=[0], resets={(0, 2), (1, 0), (1, 2)},
                                  lengths=[3, 2])


@case
def settle_nothing(numbers):
    """A sequence of length 0 alone: its final output comes from the start, after one settle step."""
    network = Network([Input("x", 2)], [Output("y", 3)],
                      modules(([gru(3)], "linear", 2), ([lstm(2)], "weight_norm", 2)), settle_steps=1)
    return network, numbers.batch(network, 1, 1, start=True, final=[0], lengths=[0])


@case
def lengths(numbers):
    """Every length, labels at every frame on one output and at the end on the other."""
    network = Network([Input("x", 2)], [Output("y", 2), Output("z", 2)],
                      modules(([gru(2)], "weight_norm", 2), ([dense(2)], "linear", 1), outputs=(0, 1)))
    return network, numbers.batch(network, 5, 17, final=[1], lengths=[17, 0, 1, 9, 16], start=True, sparse=[0, 1])


@case
def long_sequences(numbers):
    """More frames than the library takes in one piece; sequences that end and start again in the middle and near 32."""
    network = Network([Input("x", 1)], [Output("y", 2), Output("z", 2)],
                      modules(([gru(2)], "weight_norm", 1), ([lstm(1)], "linear", 1), outputs=(0, 1)), settle_steps=1)
    return network, numbers.batch(network, 5, 40, final=[1], lengths=[40, 32, 33, 7, 31], start=True, sparse=[0],
                                  resets={(0, 32), (1, 31), (2, 32), (3, 6), (4, 16), (0, 33)})


@case
def resets(numbers):
    """Resets at every frame of a row, at the first and last, none, and beyond a row's length."""
    every = {(0, k) for k in range(3)} | {(1, 0), (1, 2), (3, 2), (4, 1)}
    network = Network([Input("x", 2)], [Output("y", 2)],
                      modules(([gru(2), gru(2)], "weight_norm", 2), ([lstm(2)], "softmax", 2),
                              ([dense(2)], "gaussian", 1)))
    return network, numbers.batch(network, 5, 3, start=True, resets=every, lengths=[3, 3, 3, 2, 1])


@case
def wide(numbers):
    """More features than a vector register holds, and not a multiple of it."""
    network = Network([Input("x", 3)], [Output("y", 5)],
                      modules(([gru(17)], "weight_norm", 3), ([dense(19, "relu")], "linear", 2)))
    return network, numbers.batch(network, 2, 3)


@case
def wide_readers(numbers):
    """The same for an LSTM and for dynamic readers."""
    network = Network([Input("x", 2)], [Output("y", 2)],
                      modules(([lstm(9)], "softmax", 1), ([gru(2), dense(8)], "gaussian_normalized", 2)))
    return network, numbers.batch(network, 2, 3, start=True)


@case
def smoothed_labels(numbers):
    """Labels smoothed on two outputs, a little and much, with weights and without; plain ones on a third."""
    network = Network([Input("x", 2)], [Output("p", 4), Output("q", 2, weight=0.5), Output("r", 19)],
                      modules(([gru(3)], "weight_norm", 2), ([dense(2)], "linear", 1), outputs=(0, 1, 2)))
    batch = numbers.batch(network, 2, 3, final=[1], weights=[0], sparse=[2], lengths=[3, 2])
    batch.smoothing = {0: 0.125, 2: 0.75}
    return network, batch


# --- ours and not the paper's ----------------------------------------------------------------------------------------


def without_own(*descriptions, **connections):
    """Modules whose readers leave their own features out."""
    made = modules(*descriptions, **connections)
    for module in made:
        module.skip_own = module.reader is not None
    return made


@case
def skip_own(numbers):
    """Every reader without its own module's features: the first, the last and others of the center."""
    network = Network([Input("x", 2)], [Output("y", 3)],
                      without_own(([gru(2)], "linear", 2), ([dense(3)], "weight_norm", 2), ([gru(1)], "softmax", 2),
                                  ([dense(2, "sigmoid")], "gaussian", 1), ([lstm(2)], "gaussian_normalized", 2),
                                  ([gru(2)], "weight_norm", 3)))
    return network, numbers.batch(network, 2, 3, start=True, lengths=[3, 2])


@case
def skip_own_wide(numbers):
    """One module reads all, one all but its own, of more features than a vector register holds."""
    network = Network([Input("x", 3)], [Output("y", 3)],
                      without_own(([gru(17)], "weight_norm", 3), ([lstm(9)], "softmax", 2)) +
                      modules(([dense(5)], "linear", 4)))
    return network, numbers.batch(network, 2, 3)


@case
def learned_start(numbers):
    """Sequences that start anew beside others that do not; resets at any frame, settle steps, a sequence of length 0."""
    network = Network([Input("x", 2)], [Output("y", 3), Output("z", 2)],
                      modules(([gru(2), gru(3)], "weight_norm", 2), ([lstm(2)], "softmax", 2), ([dense(2)], "linear", 2),
                              outputs=(0, 1)), settle_steps=1, learned_start=True)
    return network, numbers.batch(network, 5, 3, start=True, fresh=[0, 2, 3], final=[0], lengths=[3, 3, 0, 2, 1],
                                  resets={(0, 1), (1, 0), (1, 2), (3, 0), (3, 2)})


@case
def learned_center(numbers):
    """All start anew, and nothing but the center has memory; two steps a frame; readers without their own features."""
    network = Network([Input("x", 2, steps=2)], [Output("y", 2, "mean_squared_error", steps=2)],
                      without_own(([gru(3)], "linear", 2), ([dense(2), gru(2)], "gaussian", 2)), learned_start=True)
    return network, numbers.batch(network, 2, 3, resets={(0, 2)})


@case
def in_order(numbers):
    """Every reader reads what is new before its own module and what is old behind it, its own features or not."""
    network = Network([Input("x", 2)], [Output("y", 3)],
                      modules(([gru(2)], "linear", 2), ([dense(3)], "weight_norm", 2), ([gru(1)], "softmax", 2)) +
                      without_own(([lstm(2)], "gaussian", 1), ([gru(3)], "linear", 2), ([dense(2)], "softmax", 2)) +
                      modules(([dense(2, "sigmoid")], "gaussian_normalized", 2), ([gru(2)], "weight_norm", 3)),
                      settle_steps=2, in_order=True)
    return network, numbers.batch(network, 4, 3, start=True, final=[0], lengths=[3, 0, 2, 3], resets={(0, 1), (3, 2)})


@case
def in_order_dropout(numbers):
    """What is seen of new features is what outputs and the next step see of them; two steps a frame, tokens."""
    network = Network([Input("x", 3, steps=2), Input("t", 4, tokens=True)], [Output("y", 3), Output("z", 2, steps=2)],
                      without_own(([gru(3)], "linear", 3), ([lstm(4)], "gaussian", 3)) +
                      modules(([dense(3), gru(3)], "softmax", 2), ([norm(lstm(5))], "weight_norm", 2)),
                      settle_steps=1, learned_start=True, in_order=True)
    for module in network.modules:
        module.inputs, module.outputs = [0, 1], [0, 1]
    batch = numbers.batch(network, 3, 4, start=True, fresh=[1], final=[1], lengths=[4, 3, 4],
                          resets={(0, 1), (2, 2), (2, 3)})
    batch.dropout = Dropout(0.25, 0.25, 0.125, 0.25, every_step=True, seed=5)
    return network, batch


# --- networks that were edited: readers in parts ---------------------------------------------------------------------


@case
def readers_in_parts(numbers):
    """Every dynamic reader beside static ones, from before the first edit, between two, and behind the last."""
    network = Network([Input("x", 2, steps=2)], [Output("y", 3)],
                      modules(([gru(4)], "softmax", 2), ([dense(3)], "gaussian", 2), ([lstm(2)], "linear", 2),
                              ([gru(3)], "gaussian_normalized", 2), ([dense(2, "sigmoid")], "softmax", 2)),
                      settle_steps=1)
    first, second, _, fourth, last = network.modules
    first.grown, first.young = 1, 1
    second.grown, second.young = 2, 2
    fourth.born, fourth.grown, fourth.young, last.born = 1, 2, 1, 2
    return network, numbers.batch(network, 3, 3, start=True, lengths=[3, 2, 3], resets={(0, 1), (2, 2)})


@case
def readers_in_parts_in_order(numbers):
    """What is new lies before a reader's own module and behind it, and in it; dropout, a learned start."""
    network = Network([Input("x", 3)], [Output("y", 3), Output("z", 2)],
                      without_own(([gru(3)], "gaussian", 3), ([lstm(4)], "softmax", 3)) +
                      modules(([gru(3)], "gaussian_normalized", 2)) +
                      without_own(([dense(3)], "softmax", 2), ([gru(2)], "gaussian", 2)),
                      settle_steps=1, learned_start=True, in_order=True)
    for module in network.modules:
        module.outputs = [0, 1]
    first, second, third, fourth, last = network.modules
    first.grown, first.young = 2, 2
    second.grown, second.young = 1, 3
    third.grown, third.young = 1, 2
    fourth.born, last.born = 1, 2
    batch = numbers.batch(network, 3, 4, start=True, fresh=[1], final=[1], lengths=[4, 3, 4], resets={(0, 1), (2, 2)})
    batch.dropout = Dropout(0.125, 0.25, 0.125, 0.0, every_step=True, seed=6)
    return network, batch


# --- layer norm ------------------------------------------------------------------------------------------------------


@case
def norm_gru(numbers):
    """Both places of the reset gate; frames that are reset."""
    network = Network([Input("x", 3)], [Output("y", 3)],
                      modules(([norm(gru(5))], "weight_norm", 3), ([norm(gru(6, "before"))], "linear", 2),
                              ([norm(gru(4)), dense(2)], "linear", 2)))
    return network, numbers.batch(network, 2, 5, start=True, lengths=[5, 4], resets={(0, 2), (1, 1)})


@case
def norm_lstm(numbers):
    """Layers on top of each other, the cell of the last one too; settle steps."""
    network = Network([Input("x", 3)], [Output("y", 3)],
                      modules(([norm(lstm(6)), norm(lstm(5))], "linear", 3), ([norm(lstm(7))], "gaussian", 2)),
                      settle_steps=2)
    return network, numbers.batch(network, 2, 4, start=True, final=[0], lengths=[4, 3])


@case
def norm_dense(numbers):
    """Every activation; layers with and without it in one module."""
    network = Network([Input("x", 3)], [Output("y", 2, "mean_squared_error")],
                      modules(([norm(dense(5, "relu")), gru(4)], "softmax", 2), ([norm(dense(6))], "linear", 3),
                              ([dense(3, "identity"), norm(dense(5, "sigmoid"))], "linear", 2),
                              ([norm(dense(5, "identity")), norm(gru(5)), norm(dense(4))], "weight_norm", 2)))
    return network, numbers.batch(network, 5, 3, start=True)


@case
def norm_inputs(numbers):
    """What one product is: dense inputs, tokens, inputs at another rate, and the context, all together."""
    network = Network([Input("x", 2), Input("t", 4, tokens=True), Input("slow", 3, steps=2), Input("z", 2)],
                      [Output("y", 3, steps=2)],
                      modules(([norm(gru(5))], "linear", 3), ([norm(dense(6))], "weight_norm", 2),
                              ([norm(lstm(5))], None, 0), ([norm(gru(5, "before"))], "linear", 2), inputs=(0, 1, 2, 3)))
    return network, numbers.batch(network, 2, 3, start=True, sparse=[1], absent=[3])


@case
def norm_wide(numbers):
    """More units than a vector register holds, and not a multiple of it."""
    network = Network([Input("x", 3)], [Output("y", 3)],
                      modules(([norm(gru(19))], "weight_norm", 3), ([norm(lstm(17))], "linear", 3)))
    return network, numbers.batch(network, 2, 3)


@case
def dropout(numbers):
    """Everything dropped once for a sequence: dense values and kinds of tokens, contexts, features, whole modules."""
    network = Network([Input("x", 4), Input("t", 5, tokens=True)], [Output("y", 3), Output("z", 2)],
                      modules(([gru(4)], "weight_norm", 4), ([lstm(5)], "softmax", 3), ([dense(4)], "linear", 2),
                              ([gru(4)], "gaussian", 4), inputs=(0, 1), outputs=(0, 1)), settle_steps=2)
    batch = numbers.batch(network, 5, 7, start=True, final=[1], lengths=[7, 5, 0, 3, 7], resets={(0, 3), (3, 1)})
    batch.dropout = Dropout(0.25, 0.375, 0.25, 0.25, variational=True, seed=11, epoch=3)
    batch.ids = [5, 0, 77, 3, 1000]
    return network, batch


@case
def dropout_every_step(numbers):
    """The same at every step and frame; inputs of two rates, readers without their own features, a learned start."""
    network = Network([Input("x", 3), Input("t", 4, tokens=True, steps=2)], [Output("y", 3), Output("z", 2, steps=2)],
                      without_own(([gru(3)], "linear", 3), ([lstm(4)], "gaussian_normalized", 3),
                                  ([dense(3), gru(3)], "softmax", 2), inputs=(0, 1), outputs=(0, 1)),
                      settle_steps=1, learned_start=True)
    batch = numbers.batch(network, 3, 4, start=True, fresh=[1], final=[1], lengths=[4, 3, 4],
                          resets={(0, 1), (2, 2), (2, 3)})
    batch.dropout = Dropout(0.25, 0.25, 0.125, 0.25, every_step=True, seed=4)
    return network, batch


# --- zoneout: rates that float32 holds -------------------------------------------------------------------------------


def zoned():
    """All recurrent layers, first and last of their modules, with layer norm and without."""
    return modules(([lstm(3, 0.25, 0.5), gru(2, "after", 0.375)], "weight_norm", 2),
                   ([gru(3, "before", 0.5), dense(2)], "linear", 2), ([lstm(2, 0.0, 0.25)], "softmax", 1),
                   ([norm(lstm(4, 0.25, 0.375))], "linear", 1), ([norm(gru(4, "before", 0.25))], "linear", 1))


@case
def zoneout_evaluated(numbers):
    """Evaluation takes the mean; so do its gradients."""
    network = Network([Input("x", 2)], [Output("y", 3)], zoned(), settle_steps=2)
    return network, numbers.batch(network, 5, 3, start=True, final=[0], lengths=[3, 1, 0, 2, 3], resets={(0, 1), (4, 2)})


@case
def zoneout_drawn(numbers):
    """Training draws: by steps, settle steps, lengths and ids; beside it dropout of features."""
    network = Network([Input("x", 2, steps=2)], [Output("y", 3), Output("z", 2, "mean_squared_error")],
                      [Module(module.layers, module.reader, module.context, [0], [0, 1]) for module in zoned()],
                      settle_steps=2, learned_start=True)
    batch = numbers.batch(network, 5, 4, start=True, fresh=[4], final=[0], lengths=[4, 1, 0, 3, 4],
                          resets={(0, 1), (4, 2)})
    batch.dropout, batch.ids = Dropout(features=0.125, seed=77, epoch=3), [5, 0, 900000, 1, 12]
    return network, batch
