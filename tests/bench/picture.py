# SPDX-License-Identifier: MIT
"""Draws the sweep: how fast a network is at which size. A straight level line is a cost that follows the work.

    python3 picture.py TABLES.json PICTURE.svg

The runner writes the file: {"peak": GF/s or null, "tables": {size: {value: {"train": [ns, GF/s], "infer": ...}}}}.
"""
import json
import sys

try:
    import matplotlib
except ImportError:
    sys.exit(77)  # not installed: the runner says so

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402 (after the choice of what draws)

WORDS = {"train": "training", "infer": "evaluation"}
SIZES = {"batch": "sequences a batch", "features": "features a module", "frames": "frames", "modules": "modules"}


def draw(axes, size, rows, peak):
    for what, word in WORDS.items():
        points = sorted((int(value), row[what][1]) for value, row in rows.items() if what in row)
        if points:
            axes.plot(*zip(*points), marker="o", markersize=3, label=word)
    if peak:
        axes.axhline(peak, color="gray", linestyle=":", label="sgemm peak")
    axes.set_xscale("log", base=2)
    axes.set(yscale="log", xlabel=SIZES[size])
    axes.grid(True, which="major", linewidth=0.3)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        content = json.load(file)
    tables = content["tables"]
    figure, all_axes = pyplot.subplots(1, len(tables), figsize=(3.2 * len(tables), 3.2), sharey=True, squeeze=False)
    for axes, (size, rows) in zip(all_axes[0], tables.items()):
        draw(axes, size, rows, content["peak"])
    all_axes[0][0].set_ylabel("GF/s on one core")
    all_axes[0][0].legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(sys.argv[2], metadata={"Date": None})


if __name__ == "__main__":
    main()
