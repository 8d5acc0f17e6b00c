# SPDX-License-Identifier: MIT
"""The report: Markdown tables."""
import os
import platform
import re
import subprocess
from statistics import median

import goals
from results import CORE, ONEDNN, OURS, PRODUCTS, SWEEP, TORCH, spread

EPOCH = 60000  # sequences
ORDER = OURS, OURS + CORE, ONEDNN, TORCH, TORCH + CORE, PRODUCTS, PRODUCTS + CORE


def number(value):
    if value is None:
        return "-"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def percent(value):
    return "-" if value is None else f"{100 * value:.0f} %"


def table(title, columns, rows):
    """The first column is text, the others are numbers. Nothing where there is no row."""
    rows = list(rows)
    if not rows:
        return
    print(f"\n### {title}\n")
    print("| " + " | ".join(columns) + " |")
    print("|---" + "|---:" * (len(columns) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


# --- the machine ------------------------------------------------------------------------------------------------------


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def in_file(path, pattern):
    with open(path, encoding="utf-8") as file:
        found = re.search(pattern, file.read(), re.MULTILINE)
    return found.group(1).strip() if found else "unknown"


def machine(build):
    """What is measured with, besides what the contenders say about themselves."""
    compiler = in_file(os.path.join(build, "CMakeCache.txt"), r"^CMAKE_C_COMPILER:[A-Z]+=(.*)$")
    yield "CPU", f"{in_file('/proc/cpuinfo', '^model name[^:]*:(.*)$')}, {os.cpu_count()} cores"
    yield "system", f"{platform.system()} {platform.release()} {platform.machine()}"
    yield "compiler", first_line([compiler, "--version"])
    yield "Python", platform.python_version()


def print_machine(build, contenders, results, options, load):
    versions = {}
    for key, text in [*machine(build), *(pair for each in contenders for pair in each.about.items())]:
        versions.setdefault(key, []).append(text)
    print("\n## Measured with\n")
    for key, texts in versions.items():
        print(f"- {key}: {'; '.join(dict.fromkeys(texts))}")
    print(f"- {options.rounds} rounds of {options.seconds:g} s a measurement; large networks and sizes every "
          f"{options.every} rounds")
    if results.others:
        busy = sum(share > 0.05 for share in results.others)
        print(f"- share of the machine that other programs used during a measurement: median "
              f"{percent(median(results.others))}, largest {percent(max(results.others))}; above 5 % in {busy} of "
              f"{len(results.others)}; load average {load:.2f} before, {os.getloadavg()[0]:.2f} after (one is ours)")


# --- speed ------------------------------------------------------------------------------------------------------------


def bases(results):
    """The measurements in the order of their first appearance, whoever makes them."""
    return list(dict.fromkeys(name.split(":")[0] for _, name in results.answers))


def engines(results, base):
    found = [key for key in results.answers if key[1].split(":")[0] == base and key[0] in ORDER]
    for contender, name in sorted(found, key=lambda key: (ORDER.index(key[0]), key[1])):
        yield contender, name, " ".join([contender] + name.split(":")[1:])


def speed_rows(results, pattern):
    for base in bases(results):
        if not re.search(pattern, base):
            continue
        for contender, name, engine in engines(results, base):
            values = list(results.series(contender, name).values())
            yield [f"{base}, {engine}", number(median(values)), percent(spread(values)),
                   *(percent(results.fraction(contender, name, peak)) for _, peak in results.peaks())]


def live_rows(results):
    for base in bases(results):
        for contender, name, engine in engines(results, base) if base.endswith("-live") else ():
            values = list(results.series(contender, name).values())
            tail = results.median(contender, name, 1) if contender == OURS else None
            yield [f"{base}, {engine}", number(median(values)), percent(spread(values)), number(tail)]


def pair_rows(results):
    """Time of an epoch in pairs, ours."""
    for one, other in ("W2-train", "W1-train"), ("W2-train", "GRU110-train"), ("W2-train-gaussian", "W2-train"), \
            ("W2-train-softmax", "W2-train"):
        first, second = results.series(OURS, one), results.series(OURS, other)
        times = results.ratios(second, first)
        if times:
            yield [f"{one} / {other}", number(EPOCH / median(first.values())), number(EPOCH / median(second.values())),
                   f"{median(times):.2f}x", percent(spread(times)), str(len(times))]


def memory_rows(results):
    for (contender, name), kib in sorted(results.memory.items(), key=lambda one: one[0][1]):
        yield [f"{name}, {contender}", number(kib / 1024)]


def peak_rows(results):
    for what, peak in results.peaks():
        values = [value / 1e9 for value in results.flops(peak, "peak").values()]
        if values:
            yield [f"{what}: {peak}", number(median(values)), percent(spread(values))]


def sweep_tables(results):
    """By swept size: rows (value, ns of training, GF/s, ns of evaluation, GF/s), None where it was left out."""
    tables = {}
    for (contender, name), rounds in results.answers.items():
        if contender == SWEEP:
            _, size, value, what = name.split("-")
            speed = median(values[0] for values in rounds.values())
            row = tables.setdefault(size, {}).setdefault(int(value), {})
            row[what] = (1e9 / speed, speed * results.operations(contender, name) / 1e9)
    return tables


def print_sweep(tables):
    for size, rows in tables.items():
        table(f"W2 with another size: {size}",
              [size, "training, ns a step", "GF/s", "evaluation, ns a step", "GF/s"],
              ([str(value)] + [number(x) for what in ("train", "infer") for x in row.get(what, (None, None))]
               for value, row in sorted(rows.items())))


def print_report(results):
    shares = [f"of {what}" for what, _ in results.peaks()]
    table("sgemm on one core", ["peak", "GF/s", "spread"], peak_rows(results))
    table("Training", ["workload, engine", "units/s", "spread", *shares],
          speed_rows(results, "-train(-gaussian|-softmax)?$"))
    table("Training on several cores", ["workload, engine", "units/s", "spread", *shares],
          speed_rows(results, "-train-(2|all)$"))
    table("Inference", ["workload and batch, engine", "sequences/s", "spread", *shares],
          speed_rows(results, "-infer-"))
    table("One live step", ["workload, engine", "us", "spread", "99th percentile"], live_rows(results))
    table("Time of an epoch of 60,000 sequences, libthalnet",
          ["pair", "s", "s", "ratio", "spread", "pairs"], pair_rows(results))
    table("Peak resident memory after three batches", ["workload, engine", "MiB"], memory_rows(results))
    print_sweep(sweep_tables(results))
    table("Goals", ["goal", "measured", "met"], (goal.row() for goal in goals.goals(results)))
