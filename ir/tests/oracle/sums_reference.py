#!/usr/bin/env python3
"""Writes sums_reference.txt beside this file: sums, means and variances by exact fractions.

Each case is four lines: the values, then their sum, mean and variances with ddof 0 and 1, each
number as the 16 hexadecimal digits of its bits; `-` where there is none; then the numbers y
paired with the values, and cov(x, y) with ddof 0 and 1. Python's int / int rounds correctly, and so does
math.fsum, which must agree on every sum it can form.
"""

import math
import random
import struct
from fractions import Fraction
from pathlib import Path


def bits(value):
    return "-" if value is None else struct.pack(">d", value).hex()


def rounded(exact):
    try:
        return exact.numerator / exact.denominator
    except OverflowError:
        return math.copysign(math.inf, exact.numerator // abs(exact.numerator))


def central(xs, ys, ddof):
    n = len(xs)
    if n <= ddof:
        return None
    x, y = [Fraction(v) for v in xs], [Fraction(v) for v in ys]
    mean_x, mean_y = sum(x) / n, sum(y) / n
    return rounded(sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / (n - ddof))


def case(xs, ys):
    total = sum(map(Fraction, xs), Fraction(0))
    value = rounded(total)
    try:
        assert math.fsum(xs) == value
    except OverflowError:
        pass
    mean = rounded(total / len(xs)) if xs else None
    yield " ".join(map(bits, xs))
    yield " ".join(map(bits, [value, mean, central(xs, xs, 0), central(xs, xs, 1)]))
    yield " ".join(map(bits, ys))
    yield " ".join(map(bits, [central(xs, ys, 0), central(xs, ys, 1)]))


def families(rng):
    """Ways to draw one value."""
    tiny = 5e-324
    yield lambda: rng.uniform(-1, 1)
    yield lambda: rng.gauss(1e6, 1)
    yield lambda: float(rng.randrange(-1000, 1000)) / 8
    yield lambda: math.ldexp(rng.uniform(-1, 1), rng.randrange(-1070, 1024))
    yield lambda: math.ldexp(rng.uniform(-1, 1), rng.randrange(-60, 60))
    yield lambda: rng.randrange(-9, 9) * tiny
    yield lambda: rng.choice([1e308, -1e308, 1.0, -1.0, 1e-308, 0.1])
    yield lambda: rng.choice([1.7976931348623157e308, -1.7976931348623157e308, 2.0**970, -(2.0**970), tiny, -tiny])
    yield lambda: 1.0 + rng.randrange(4) * 2.0**-52
    yield lambda: rng.choice([1e16, -1e16, 1.0, 1e-16, -0.0])
    yield lambda: rng.uniform(1, 2) * 1e-160
    yield lambda: rng.uniform(1, 2) * 1e160


def main():
    rng = random.Random(20240607)
    lines = []
    for draw in families(rng):
        for length in [1, 2, 3, 5, 6, 7, 20]:
            xs = [draw() for _ in range(length)]
            ys = [draw() for _ in range(length)]
            lines += case(xs, ys)
            # Cancellation: everything again with the other sign, save one.
            lines += case(xs + [-x for x in xs[1:]], ys + ys[1:])
    lines += case([], [])
    Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")


main()
