"""Compares what `icosian run options.flow --output FOLDER` wrote with mpmath, at 50 digits.

A price is a difference of two products, so its error is measured against the share's price: a dozen
roundings of the largest term. Gamma and vega hold exp(-d1²/2), which makes a rounding of d1 d1² times as
large. Delta's lower tail is 1 + erf(x), which knows it to 1e-16.

    python oracle.py FOLDER
"""

import csv
import pathlib
import sys

from mpmath import erfc, exp, log, mp, mpf, pi, sqrt

mp.dps = 50
RATE = mpf(0.02)


def cdf(x):
    return erfc(-x / sqrt(2)) / 2


def density(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def main(folder):
    here = pathlib.Path(__file__).parent
    given = list(csv.DictReader(open(here / "options.csv", newline="")))
    ours = list(csv.DictReader(open(folder / "options.csv", newline="")))
    assert len(given) == len(ours)
    compared = 0
    total = mpf(0)
    for row, (option, found) in enumerate(zip(given, ours)):
        spot, strike, years, volatility = (
            mpf(float(option[name])) for name in ["spot", "strike", "years", "volatility"]
        )
        spread = volatility * sqrt(years)
        d1 = (log(spot / strike) + (RATE + volatility**2 / 2) * years) / spread
        d2 = d1 - spread
        discount = exp(-RATE * years)
        tail = 2e-15 * (1 + d1 * d1)
        wanted = {
            "call": (spot * cdf(d1) - strike * discount * cdf(d2), 4e-15 * spot),
            "put": (strike * discount * cdf(-d2) - spot * cdf(-d1), 4e-15 * spot),
            "delta": (cdf(d1), 1e-13 * cdf(d1) + mpf(2e-16)),
            "gamma": (density(d1) / (spot * spread), tail * density(d1) / (spot * spread)),
            "vega": (spot * density(d1) * sqrt(years), tail * spot * density(d1) * sqrt(years)),
        }
        total += wanted["call"][0]
        for name, (value, allowed) in wanted.items():
            error = abs(mpf(float(found[name])) - value)
            assert error <= allowed, (name, row, found[name], value, error)
            compared += 1
    scalars = next(csv.DictReader(open(folder / "scalars.csv", newline="")))
    assert abs(float(scalars["mean_call"]) - total / len(given)) <= 1e-12
    print(f"{compared + 1} values compared: all agree")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
