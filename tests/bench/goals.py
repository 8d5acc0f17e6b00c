# SPDX-License-Identifier: MIT
"""The bars that libthalnet is held to."""
from results import ONEDNN, OURS, PRODUCTS, TORCH


class Goal:
    """A measured number, None where it was not measured, that is to be at least or at most the bar."""

    def __init__(self, text, measured, least=None, most=None, form="{:.2f}"):
        self.measured, self.least, self.most, self.form = measured, least, most, form
        sign, bar = ("at least", least) if most is None else ("at most", most)
        self.text = f"{text}: {sign} {form.format(bar)}"

    def met(self):
        if self.measured is None:
            return "not measured"
        return "yes" if (self.measured >= self.least if self.most is None else self.measured <= self.most) else "**no**"

    def row(self):
        return [self.text, "-" if self.measured is None else self.form.format(self.measured), self.met()]


def memory(results, contender, name):
    """MiB."""
    return results.memory.get((contender, name), 0) / 1024 or None


def difference(one, other):
    return one - other if one is not None and other is not None else None


def speed_goals(results):
    """Training and inference against the peak and against peers, whichever kernel serves those best."""
    for name, least in ("W2-train", 0.65), ("W1-train", 0.60), ("W3-train", 0.83), ("W4-train", 0.80), \
            ("W2-infer-50", 0.55):
        for what, peak in results.peaks():
            yield Goal(f"{name}, share of {what}", results.fraction(OURS, name, peak), least=least)
    for name, peer, variant, least in ("W2-train", TORCH, ":vectorised", 3), ("W1-train", ONEDNN, ":lbr_gru", 1.3):
        best = results.best(peer, name + variant)
        yield Goal(f"{name}, speed against {peer}{variant}", results.ratio((OURS, name), (best, name + variant)),
                   least=least, form="{:.2f}x")
    for name in "W1-train", "W2-train", "W3-train", "W4-train":
        yield Goal(f"{name}, two threads against one", results.ratio((OURS, name + "-2"), (OURS, name)), least=1.85,
                   form="{:.2f}x")


def pair_goals(results):
    """One network of ours against another one of ours: their time."""
    for name, other, most in ("W2-train", "W1-train", 1.05), ("W2-train", "GRU110-train", 1.05), \
            ("W2-train-gaussian", "W2-train", 4), ("W2-train-softmax", "W2-train", 15):
        yield Goal(f"{name}, time against {other}", results.ratio((OURS, other), (OURS, name)), most=most,
                   form="{:.2f}x")


def live_goals(results):
    step, tail = results.median(OURS, "W2-live"), results.median(OURS, "W2-live", 1)
    yield Goal("W2-live, median step", step, most=3, form="{:.2f} us")
    yield Goal("W2-live, 99th percentile against median", tail / step if step else None, most=1.5, form="{:.2f}x")
    yield Goal("W2-live, allocations", results.median(OURS, "W2-live", 2), most=0, form="{:.0f}")


def memory_goals(results):
    own, alone = memory(results, OURS, "W2-train"), memory(results, PRODUCTS, "W2-train")
    yield Goal("W2-train, resident memory above its products alone", difference(own, alone), most=20, form="{:.1f} MiB")
    yield Goal("W4-train, peak resident memory", memory(results, OURS, "W4-train"), most=0.65 * 1e9 / 2**20,
               form="{:.0f} MiB")


def goals(results):
    for some in speed_goals, pair_goals, live_goals, memory_goals:
        yield from some(results)
