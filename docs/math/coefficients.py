"""Derives every polynomial of `ir/src/meaning/math/coefficients.rs`.

Each table is a minimax polynomial: the Remez exchange algorithm on a dense grid, in 120-digit
arithmetic, its coefficients then rounded to double precision. Printed beside each table is the
largest weighted error before and after that rounding, as a power of two.

    python docs/math/coefficients.py > ir/src/meaning/math/coefficients.rs

needs the package `mpmath` and takes about a minute.
"""

import sys

from mpmath import mp, mpf, asin, atan, atanh, cos, erf, erfc, exp, expm1, linspace, log, loggamma, lu_solve, matrix, pi, sin, sqrt

mp.dps = 120


def minimax(function, low, high, count, weight=lambda x: mpf(1), grid_points=1200):
    """`count` coefficients, lowest first, with the smallest largest |weight·(function − polynomial)|."""
    # Chebyshev-spaced grid: extrema crowd towards the ends.
    grid = [(low + high) / 2 - (high - low) / 2 * cos(pi * i / grid_points) for i in range(grid_points + 1)]
    values = [function(x) for x in grid]
    weights = [weight(x) for x in grid]
    picks = [round(i * grid_points / count) for i in range(count + 1)]
    for _ in range(12):
        system = matrix(count + 1, count + 1)
        right = matrix(count + 1, 1)
        for row, at in enumerate(picks):
            for column in range(count):
                system[row, column] = grid[at] ** column
            system[row, count] = (-1) ** row / weights[at]
            right[row] = values[at]
        solution = lu_solve(system, right)
        coefficients = [solution[i] for i in range(count)]
        errors = [w * (v - horner(coefficients, x)) for x, v, w in zip(grid, values, weights)]
        # One extremum from each run of errors of one sign.
        peaks = []
        for at, error in enumerate(errors):
            if peaks and (errors[peaks[-1]] > 0) == (error > 0):
                if abs(error) > abs(errors[peaks[-1]]):
                    peaks[-1] = at
            else:
                peaks.append(at)
        while len(peaks) > count + 1:
            peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
        if len(peaks) < count + 1 or peaks == picks:
            break
        picks = peaks
    rounded = [mpf(float(c)) for c in coefficients]
    return rounded, [
        max(abs(w * (v - horner(c, x))) for x, v, w in zip(grid, values, weights)) for c in (coefficients, rounded)
    ]


def horner(coefficients, x):
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def parts(value, *widths):
    """`value` as a sum of doubles; a width is how many significant bits the part may use."""
    found = []
    for width in widths:
        if width == 53:
            part = mpf(float(value))
        else:
            exponent = int(mp.floor(mp.log(abs(value), 2)))
            unit = mpf(2) ** (exponent - width + 1)
            part = mp.floor(value / unit) * unit
        found.append(part)
        value -= part
    return found


def text(value):
    return repr(float(value)).replace("e+", "e")


def table(name, doc, result):
    coefficients, (exact, rounded) = result
    print(f"\n/// {doc}")
    print(f"/// Largest error 2^{float(mp.log(exact, 2)):.1f}, 2^{float(mp.log(rounded, 2)):.1f} once rounded.")
    print(f"pub(super) const {name}: [f64; {len(coefficients)}] = [")
    for c in coefficients:
        print(f"    {text(c)},")
    print("];")
    sys.stdout.flush()


def constant(name, doc, value):
    print(f"\n/// {doc}")
    print(f"pub(super) const {name}: f64 = {text(value)};")


def from_square(function):
    """A function of r as a function of r²; `at_zero` avoids 0/0."""
    return lambda z: function(sqrt(z if z > 0 else mpf(10) ** -30))


print('''//! Polynomials and split constants of the mathematical functions.
//!
//! Written by `docs/math/coefficients.py`, which says how each is derived; change it there.

// Digits are the shortest that read back to the double meant; the splits are no known constants.
#![allow(clippy::approx_constant)]''')

half_ln2 = log(2) / 2 * mpf("1.0001")
nonzero = lambda r: r if abs(r) > mpf(10) ** -20 else mpf(10) ** -20
table("EXPONENTIAL", "(exp(r) − 1 − r) / r² on |r| ≤ ln 2 / 2, weighted by r.",
      minimax(lambda r: (expm1(nonzero(r)) - nonzero(r)) / nonzero(r) ** 2, -half_ln2, half_ln2, 11,
              weight=lambda r: abs(r) + mpf("0.01")))
table("EXPONENTIAL_TAIL", "(exp(r) − 1 − r − r²/2) / r³, same range.",
      minimax(lambda r: (expm1(nonzero(r)) - nonzero(r) - nonzero(r) ** 2 / 2) / nonzero(r) ** 3, -half_ln2, half_ln2,
              10))

s_limit = ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2 * mpf("1.0001")
table("LOGARITHM", "(2·atanh(s)/s − 2) / s² in s² for s = f/(2+f), 1+f from √½ to √2.",
      minimax(from_square(lambda s: (2 * atanh(s) / s - 2) / s ** 2), mpf(0), s_limit, 8))
table("LOGARITHM_TAIL", "((2·atanh(s)/s − 2) / s² − 2/3) / s² in s², same range.",
      minimax(from_square(lambda s: ((2 * atanh(s) / s - 2) / s ** 2 - mpf(2) / 3) / s ** 2), mpf(0), s_limit, 8))
table("RECIPROCAL", "1/(1+f) for 1+f from √½ to √2; a few bits suffice.",
      minimax(lambda f: 1 / (1 + f), sqrt(mpf(1) / 2) - 1, sqrt(2) - 1, 6))

quarter = (pi / 4 * mpf("1.0001")) ** 2
table("SINE", "(sin(r) − r) / r³ in r² on |r| ≤ π/4.",
      minimax(from_square(lambda r: (sin(r) - r) / r ** 3), mpf(0), quarter, 7))
table("COSINE", "(cos(r) − 1 + r²/2) / r⁴ in r² on |r| ≤ π/4.",
      minimax(from_square(lambda r: (cos(r) - 1 + r ** 2 / 2) / r ** 4), mpf(0), quarter, 7))

eighth = (sqrt(2) - 1) ** 2 * mpf("1.0001")
table("ARCTANGENT", "(atan(t) − t) / t³ in t² on |t| ≤ tan(π/8).",
      minimax(from_square(lambda t: (atan(t) - t) / t ** 3), mpf(0), eighth, 12))

table("ARCSINE", "(asin(s) − s) / s³ in s² on |s| ≤ ½.",
      minimax(from_square(lambda s: (asin(s) - s) / s ** 3), mpf(0), mpf("0.2501"), 13))

table("INVERSE_CUBE_ROOT", "1/∛m for m from √½ to √2; 20 bits suffice.",
      minimax(lambda m: m ** (-mpf(1) / 3), sqrt(mpf(1) / 2) * mpf("0.9999"), sqrt(2) * mpf("1.0001"), 9))
constant("CUBE_ROOT_OF_2", "∛2.", mpf(2) ** (mpf(1) / 3))
constant("CUBE_ROOT_OF_HALF", "∛½.", mpf(2) ** (-mpf(1) / 3))

def slope(z):
    """erf(x)/x − 1 for x = √z."""
    x = sqrt(z) if z > 0 else mpf(10) ** -30
    return erf(x) / x - 1


slope_middle = slope(mpf(1) / 2)
constant("ERROR_FUNCTION_MIDDLE", "erf(x)/x − 1 for x = √½.", slope_middle)
table("ERROR_FUNCTION_NEAR", "(erf(x)/x − 1 − the same for x = √½) / v in v = x² − ½ on |x| ≤ 1, weighted by v.",
      minimax(lambda v: (slope(nonzero(v) + mpf(1) / 2) - slope_middle) / nonzero(v), -mpf(1) / 2, mpf("0.5001"), 11,
              weight=lambda v: abs(v) + mpf("0.01")))
table("ERROR_FUNCTION_FAR", "(log₂ erfc(1) − log₂ erfc(1+u)) / u for u from 0 to 4 15/16, weighted by u·erfc(1+u).",
      minimax(lambda u: log(erfc(1) / erfc(u + 1)) / log(2) / u, mpf(10) ** -20, mpf("4.9375"), 17,
              weight=lambda u: (u + mpf("0.01")) * erfc(u + 1)))
constant("ERROR_FUNCTION_REST", "erfc(1).", erfc(1))
table("ERROR_FUNCTION_POWER", "erfc(1)·(2^f − 1) / f on |f| ≤ ½, weighted by f.",
      minimax(lambda f: erfc(1) * (2 ** nonzero(f) - 1) / nonzero(f), -mpf("0.5001"), mpf("0.5001"), 11,
              weight=lambda f: abs(f) + mpf("0.01")))


def gamma_quotient(u):
    """ln Γ(1+f) / (f·(f−1)) for f = u + ½, which has no zeros and no poles from 0 to 1."""
    f = u + mpf(1) / 2
    for end in (mpf(0), mpf(1)):
        if abs(f - end) < mpf(10) ** -30:
            f = end + mpf(10) ** -30
    return loggamma(1 + f) / (f * (f - 1))


gamma_middle = gamma_quotient(mpf(0))
table("GAMMA_QUOTIENT", "(ln Γ(1+f) / (f·(f−1)) − its value at f = ½) / u for u = f − ½ from −½ to ½.",
      minimax(lambda u: (gamma_quotient(nonzero(u)) - gamma_middle) / nonzero(u), -mpf("0.5"), mpf("0.5"), 23))


def stirling(z):
    x = 1 / sqrt(z if z > 0 else mpf(10) ** -30)
    return (loggamma(x) - (x - mpf(1) / 2) * log(x) + x - log(2 * pi) / 2) * x


table("STIRLING", "x times what ln Γ(x) is above (x−½)·ln x − x + ½·ln 2π, in 1/x² for x from 24 on.",
      minimax(stirling, mpf(0), mpf(1) / 576, 6))

for name, value, widths, doc in [
    ("LN_2", log(2), (42, 53), "ln 2; the first part has 42 bits, so its product with an exponent is exact"),
    ("LOG10_2", log(2) / log(10), (42, 53), "log₁₀ 2; the first part has 42 bits"),
    ("LOG2_E", 1 / log(2), (53, 53), "1 / ln 2"),
    ("LOG10_E", 1 / log(10), (53, 53), "1 / ln 10"),
    ("HALF_PI", pi / 2, (53, 53, 53), "π/2"),
    ("TWO_THIRDS", mpf(2) / 3, (53, 53), "2/3"),
    ("DEGREE", 180 / pi, (53, 53), "180/π"),
    ("RADIAN", pi / 180, (53, 53), "π/180"),
    ("GAMMA_MIDDLE", gamma_middle, (53, 53), "−4·ln Γ(3/2)"),
    ("HALF_LN_TWO_PI", log(2 * pi) / 2, (53, 53), "½·ln 2π"),
    ("LN_PI", log(pi), (53, 53), "ln π"),
]:
    for suffix, ordinal, part in zip(["HIGH", "MIDDLE" if len(widths) == 3 else "LOW", "LOW"],
                                     ["First", "Second", "Third"], parts(value, *widths)):
        constant(f"{name}_{suffix}", f"{ordinal} part of {doc}." if ordinal == "First" else f"{ordinal} part.", part)

# 2/π in binary after one word of zeros: Payne and Hanek's reduction takes the bits it needs.
mp.prec = 1400
bits = int(mp.floor(2 / pi * mpf(2) ** 1280))
print("\n/// The first 1280 binary places of 2/π, after 64 zeros, highest first.")
print("pub(super) const TWO_OVER_PI: [u64; 21] = [\n    0,")
for i in range(20):
    word = f"{bits >> (64 * (19 - i)) & (2 ** 64 - 1):016x}"
    print("    0x" + "_".join(word[j:j + 4] for j in range(0, 16, 4)) + ",")
print("];")
