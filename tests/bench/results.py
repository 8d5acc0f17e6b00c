# SPDX-License-Identifier: MIT
"""What was measured, and the numbers that follow from it."""
from statistics import median, quantiles

PRODUCTS, OURS, TORCH, ONEDNN, SWEEP = "products", "libthalnet", "PyTorch", "oneDNN", "sweep"
CORE = " (SkylakeX)"  # the same program with that OpenBLAS kernel


def spread(values):
    """Distance of the quartiles as a share of the median."""
    if len(values) < 2:
        return 0.0
    low, _, high = quantiles(values, n=4, method="inclusive")
    return (high - low) / median(values)


class Results:
    """All answers, by contender and name: a dictionary of rounds. Ratios are taken round by round, then their median:
    what changes from round to round, such as the clock of the processor, falls out."""

    def __init__(self):
        self.answers, self.offers, self.memory, self.others, self.raw = {}, {}, {}, [], []

    def offer(self, contender, name, unit, flops):
        self.offers[contender, name] = (unit, flops)

    def add(self, contender, name, number, values, others):
        """Peers tell steps a second where our live step tells microseconds: both become microseconds."""
        if name.split(":")[0].endswith("-live") and self.offers[contender, name][0] == "steps":
            values = [1e6 / values[0]]
        self.answers.setdefault((contender, name), {})[number] = values
        self.others.append(others)
        self.raw.append({"contender": contender, "name": name, "round": number, "values": values, "others": others})

    def series(self, contender, name, place=0):
        return {number: values[place] for number, values in self.answers.get((contender, name), {}).items()}

    def median(self, contender, name, place=0):
        values = self.series(contender, name, place)
        return median(values.values()) if values else None

    def ratios(self, one, other):
        """Of two series, where both have a round."""
        return [one[number] / other[number] for number in sorted(one) if number in other]

    def ratio(self, one, other):
        """Median ratio of two (contender, name)."""
        values = self.ratios(self.series(*one), self.series(*other))
        return median(values) if values else None

    def operations(self, contender, name):
        """Of one unit; contenders that do not count them do the same work as we do."""
        for key in (contender, name), (OURS, name.split(":")[0]):
            if self.offers.get(key, ("", 0))[1]:
                return self.offers[key][1]
        return 0

    def flops(self, contender, name):
        """Operations a second, round by round."""
        operations = self.operations(contender, name)
        return {number: operations * value for number, value in self.series(contender, name).items() if operations}

    def peaks(self):
        """What shares are taken of: what OpenBLAS reaches as it comes, and with its best kernel."""
        return ("the sgemm peak as shipped", PRODUCTS), ("the best sgemm peak", self.best(PRODUCTS, "peak"))

    def fraction(self, contender, name, peak):
        """Share of the sgemm peak that the contender `peak` reached in the same rounds."""
        values = self.ratios(self.flops(contender, name), self.flops(peak, "peak"))
        return median(values) if values else None

    def best(self, contender, name):
        """The contender of that name, or the same with the other kernel where that is faster."""
        names = [each for each in (contender, contender + CORE) if self.median(each, name)]
        return max(names, key=lambda each: self.median(each, name)) if names else contender
