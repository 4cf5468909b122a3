"""Writes the reference that `ir/tests/math_reference.rs` holds the mathematical functions to.

Every line is

    function argument [second argument] result below

The arguments and the result are bits of doubles in hexadecimal; the result is the real value
rounded to the nearest double, and `below` how far the real value lies from it, in units of 2^-16
of the result's last place (signed hexadecimal). `-` stands for an argument the function has not.

    python ir/tests/oracle/math_reference.py > ir/tests/oracle/math_reference.txt

needs the packages `mpmath` and `gmpy2`. The points are chosen by a fixed seed.
"""

import math
import random
import struct

from mpmath import mp, mpf
import mpmath

mp.prec = 1400  # an argument of 2^1023 needs as many bits of pi, and the result 120 more
LOW = 160
random.seed(1857)


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def double(b):
    return struct.unpack("<d", struct.pack("<Q", b))[0]


def to_double(value):
    """The nearest double (ties to even) to a real value, overflow to infinity."""
    if value == 0:
        return 0.0
    exponent = int(mpmath.floor(mpmath.log(abs(value), 2)))
    if abs(value) >= mpf(2) ** (exponent + 1):
        exponent += 1
    if abs(value) < mpf(2) ** exponent:
        exponent -= 1
    unit = max(exponent - 52, -1074)
    integer = int(mpmath.nint(value / mpf(2) ** unit))
    if abs(integer) * mpf(2) ** unit >= mpf(2) ** 1024:
        return math.copysign(math.inf, integer)
    return math.ldexp(integer, unit)


def report(name, arguments, value):
    nearest = to_double(value)
    if math.isinf(nearest):
        below = 0
    else:
        unit = mpf(2) ** (max(math.frexp(nearest)[1] - 53, -1074) if nearest else -1074)
        below = int(mpmath.nint((value - mpf(nearest)) / unit * 65536))
    shown = [f"{bits(a):x}" for a in arguments] + ["-"] * (2 - len(arguments))
    print(name, *shown, f"{bits(nearest):x}", f"{'-' if below < 0 else ''}{abs(below):x}")


def log_uniform(low, high, count, signs=(1, -1)):
    """Doubles with exponents spread evenly from 2^low to 2^high."""
    return [random.choice(signs) * 2.0 ** random.randint(low, high - 1) * random.uniform(1, 2)
            for _ in range(count)]


def uniform(low, high, count):
    return [random.uniform(low, high) for _ in range(count)]


def around(x, count=4):
    """Neighbours of a double."""
    return [double(bits(x) + i) for i in range(-count, count + 1)]


def subnormals(count):
    return [random.choice((1, -1)) * double(random.getrandbits(random.randint(1, 52)) | 1) for _ in range(count)]


# The largest errors that searches of some 600,000 arguments per function found.
FOUND = {
    "exp": [-598.5217228997387, 0.397835905726279],
    "expm1": [0.3611185349853323, 0.36599155486668344, 0.3718204454255929, 37.09346527782661, -37.083420211879364],
    "ln": [1.3938403950550977],
    "log2": [1.4112395437640808],
    "log10": [0.7035579222878466],
    "log1p": [0.4119115057115572],
    "sin": [-5.5011312582230465],
    "cos": [0.8201855512810736],
    "tan": [-248020.0860642949],
    "erf": [0.988178693452367],
    "sqrt": [],
}

EXTREMES = [5e-324, -5e-324, 2.2250738585072014e-308, -2.2250738585072014e-308, 1.7976931348623157e308,
            -1.7976931348623157e308, 1.0, -1.0, 0.5, 2.0]


def exponential_points():
    yield from uniform(-750, 712, 500) + uniform(-1, 1, 500) + uniform(-40, 40, 300)
    yield from uniform(35, 39, 100) + uniform(-38, -36, 60) + uniform(0.34, 0.42, 100)  # hard for expm1
    yield from log_uniform(-1070, 10, 300) + log_uniform(-60, 2, 300) + subnormals(20) + EXTREMES
    for border in (709.782712893384, -745.1332191019411, -708.3964185322641, -37.42994775023705, 0.34657359027997264):
        yield from around(border)
    for k in range(-1074, 1024, 13):  # multiples of ln 2, and halfway between
        yield float(mp.log(2) * k) or 1.0
        yield float(mp.log(2) * (k + mpf(1) / 2))


def logarithm_points():
    points = log_uniform(-1022, 1024, 500, (1,)) + uniform(0.5, 2, 600) + uniform(0, 100, 200)
    points += [1 + x for x in log_uniform(-52, -1, 400)] + [abs(x) for x in subnormals(60) + EXTREMES]
    points += around(1.0, 20) + around(math.sqrt(0.5)) + around(math.sqrt(2)) + [10.0 ** k for k in range(-20, 23)]
    return points


def log1p_points():
    points = log_uniform(-1070, 1023, 400, (1,)) + uniform(-1, 1, 500) + uniform(-0.3, 0.5, 300) + uniform(0, 100, 200)
    points += log_uniform(-60, 0, 500) + [-1 + abs(x) for x in log_uniform(-53, -1, 200)] + subnormals(20)
    points += around(math.sqrt(0.5) - 1) + around(math.sqrt(2) - 1) + around(1e300) + around(2.0 ** 53) + EXTREMES
    return points


def closest_to_quarters():
    """Doubles near multiples of pi/2: convergents of the continued fraction of 2^e / (pi/2)."""
    found = []
    for exponent in range(-52, 971):
        ratio = mpf(2) ** exponent / (mp.pi / 2)
        ratio -= mpmath.floor(ratio)
        p0, q0, p1, q1 = 0, 1, 1, 0
        value = ratio
        best = None
        while True:
            whole = int(mpmath.floor(value))
            p0, p1 = p1, whole * p1 + p0
            q0, q1 = q1, whole * q1 + q0
            if q1 >= 2 ** 53:
                break
            if q1 >= 2 ** 52:
                best = q1
            if value == whole:
                break
            value = 1 / (value - whole)
        if best:
            distance = abs(best * ratio - mpmath.nint(best * ratio))
            found.append((distance, math.ldexp(best, exponent)))
    found.sort()
    return [x for _, x in found]


def angle_points():
    close = closest_to_quarters()
    yield from close[:150] + [-x for x in close[:20]] + random.sample(close, 100)
    yield 6381956970095103.0 * 2.0 ** 797
    yield from uniform(-10, 10, 500) + uniform(-1e5, 1e5, 300) + log_uniform(-1070, 1024, 400) + log_uniform(-30, 31, 300)
    for k in list(range(1, 60)) + [random.randint(60, 2 ** 31) for _ in range(100)]:
        yield float(mp.pi / 2 * k)
        yield float(mp.pi / 4 * k)
    yield from around(2.0 ** 30) + subnormals(20) + EXTREMES


def erf_points():
    return (uniform(-1, 1, 600) + uniform(0.8, 2, 700) + uniform(-6.2, 6.2, 500) + log_uniform(-1070, 3, 300)
            + around(1.0, 20) + around(6.0) + around(5.921587195794508) + subnormals(30) + EXTREMES)


def power_points():
    def pairs():
        for x in log_uniform(-1022, 1024, 500, (1,)):
            yield x, random.uniform(-1080, 1030) / math.log2(x)
        for x in uniform(0.5, 2, 600):
            yield x, random.uniform(-1080, 1030) / math.log2(x)
        for x in log_uniform(-50, -3, 300):
            yield 1 + x, random.uniform(-1080, 1030) / math.log2(1 + x)
        for x in uniform(0, 100, 500):
            yield x, random.uniform(-20, 20)
        for x in uniform(-100, 100, 300):
            yield x, float(random.randint(-30, 30)) or 1.0
        for x in uniform(0, 50, 200):
            yield x, random.choice([0.5, -0.5, 1.5, 1 / 3, 2.0, 3.0, -1.0, 0.25])
        for x in subnormals(100):
            yield abs(x), random.uniform(-0.95, 1.0)
        for k in range(-1074, 1024, 37):
            yield 2.0, float(k)
            yield 10.0, float(k) / 3.5
        for x in log_uniform(-1022, 1023, 100, (1,)):
            yield x, random.choice((1, -1)) * 2.0 ** random.randint(-1000, -3)
    for x, y in pairs():
        if x and abs(y * math.log2(abs(x))) < 1100:
            yield x, y


def angle_pairs():
    for _ in range(700):
        yield random.uniform(-1, 1), random.uniform(-1, 1)
    for y, x in zip(log_uniform(-1022, 1024, 500), log_uniform(-1022, 1024, 500)):
        yield y, x
    for y, x in zip(log_uniform(-30, 30, 600), log_uniform(-30, 30, 600)):
        yield y, x
    for x in log_uniform(-1022, 1023, 300):
        yield x * random.uniform(0.4, 0.43), x  # where the forms meet
        yield x * random.uniform(0.99, 1.01), x
        yield x, x * random.uniform(0.4, 0.43)
    for x in subnormals(60):
        yield x, random.choice(EXTREMES)
        yield random.choice(EXTREMES), x
        yield x, random.uniform(-1e-307, 1e-307)


def main():
    print("# function, argument, second argument, result, its remainder in 2^-16 ulp")
    # Most functions need only 200 bits; the angles and differences near cancellation more.
    for name, function, points, precision in [
        ("exp", mp.exp, exponential_points(), LOW),
        ("expm1", mpmath.expm1, exponential_points(), 1300),
        ("ln", mp.log, logarithm_points(), 300),
        ("log2", lambda x: mp.log(x) / mp.log(2), logarithm_points(), 300),
        ("log10", lambda x: mp.log(x) / mp.log(10), logarithm_points(), 300),
        ("log1p", lambda x: mp.log(1 + x), log1p_points(), 1300),
        ("sin", mp.sin, angle_points(), 1400),
        ("cos", mp.cos, angle_points(), 1400),
        ("tan", mp.tan, angle_points(), 1400),
        ("erf", mp.erf, erf_points(), 300),
        ("sqrt", mp.sqrt, [abs(x) for x in log_uniform(-1070, 1024, 300) + subnormals(50) + EXTREMES], LOW),
    ]:
        mp.prec = 1400
        points = list(points) + FOUND[name]
        mp.prec = precision
        for x in points:
            if name == "log1p" and x <= -1:
                continue
            # Beyond these everything is 0, 1 or infinity: no digits to compute.
            if name in ("exp", "expm1") and abs(x) > 760:
                continue
            if name == "erf" and abs(x) > 30:
                continue
            report(name, [x], function(mpf(x)))
    mp.prec = 300
    for x, y in power_points():
        size = mp.exp(mpf(y) * mp.log(abs(mpf(x))))
        report("pow", [x, y], -size if x < 0 and y % 2 == 1 else size)
    for y, x in angle_pairs():
        report("atan2", [y, x], mp.atan2(mpf(y), mpf(x)))
    more()
    gammas()


def gammas():
    """Gamma functions; ln |Γ| on the negative side only where it is not near its zeros."""
    random.seed(1861)
    mp.prec = 400
    whole = [float(n) for n in range(1, 172)]
    near = [1 + x for x in log_uniform(-52, -1, 200)] + [2 + x for x in log_uniform(-51, -1, 200)]
    shared = uniform(1, 2, 400) + uniform(2, 24, 500) + uniform(0, 1, 300) + near + around(1.0) + around(2.0)
    shared += around(24.0) + around(23.0) + whole + [abs(x) for x in log_uniform(-1000, 0, 200)]
    poles = [-n + x for n in range(0, 40, 3) for x in log_uniform(-45, -2, 6)]
    for x in shared + uniform(24, 171.6, 700) + uniform(-24, 0, 500) + uniform(-180, -24, 300) + poles:
        if x != int(x) or x > 0:
            report("gamma", [x], mp.gamma(mpf(x)))
    for x in shared + uniform(24, 2000, 500) + log_uniform(5, 1015, 500, (1,)):
        report("ln_gamma", [x], mp.loggamma(mpf(x)))
    for x in uniform(-150, -4, 400) + [abs(x) * -1 for x in log_uniform(-60, -2, 100)]:
        report("ln_gamma", [x], mp.log(abs(mp.gamma(mpf(x)))))


def more():
    """Functions added later: a seed of their own leaves the points above as they were."""
    random.seed(1859)
    mp.prec = 300
    angles = [0.0, 180.0, 90.0, -45.0, float(mp.pi), float(mp.pi / 6)]
    for name, factor in [("degrees", 180 / mp.pi), ("radians", mp.pi / 180)]:
        for x in angles + uniform(-360, 360, 300) + log_uniform(-1070, 1024, 300) + subnormals(30) + EXTREMES:
            report(name, [x], mpf(x) * factor)
    unit = uniform(-1, 1, 900) + uniform(-0.55, 0.55, 300) + [1 - abs(x) for x in log_uniform(-52, -1, 200)]
    unit += [-1 + abs(x) for x in log_uniform(-52, -1, 200)] + log_uniform(-1070, 0, 200) + around(0.5) + around(-0.5)
    small = log_uniform(-1070, 3, 300) + uniform(-1, 1, 600) + uniform(-3, 3, 400)
    large = uniform(-712, 712, 400) + uniform(-25, 25, 300) + [708.0, -708.0] + around(708.0) + around(710.4758600739439)
    whole = log_uniform(-1070, 1023, 600) + subnormals(30) + EXTREMES
    above = [1 + abs(x) for x in log_uniform(-52, 2, 600)] + log_uniform(0, 1024, 500, (1,)) + uniform(1, 5, 400)
    for name, function, points, precision in [
        ("exp2", lambda x: mpf(2) ** x, uniform(-1080, 1025, 600) + small + around(1021.0) + around(-1022.0) + around(-1074.0), LOW),
        ("cbrt", lambda x: mp.sign(x) * abs(x) ** (mpf(1) / 3), whole + uniform(-10, 10, 800) + uniform(0.3, 3, 600), LOW),
        ("asin", mp.asin, unit + [1.0, -1.0], 1300),
        ("acos", mp.acos, unit + [1.0, -1.0], 1300),
        ("atan", mp.atan, whole + uniform(-10, 10, 500) + log_uniform(-30, 30, 500), 1300),
        ("sinh", mp.sinh, small + large, 1300),
        ("cosh", mp.cosh, small + large, 1300),
        ("tanh", mp.tanh, small + uniform(-25, 25, 400), 1300),
        ("asinh", mp.asinh, whole + small + uniform(-10, 10, 400) + around(2.0 ** 500), 1300),
        ("acosh", mp.acosh, above + around(2.0 ** 500) + [1.0], 1300),
        ("atanh", mp.atanh, [x for x in unit if abs(x) < 1] + uniform(-0.6, 0.6, 400), 1300),
    ]:
        mp.prec = precision
        for x in points:
            report(name, [x], function(mpf(x)))
    mp.prec = 300
    for x, y in zip(log_uniform(-1022, 1022, 500), log_uniform(-1022, 1022, 500)):
        report("hypot", [x, y], mp.sqrt(mpf(x) ** 2 + mpf(y) ** 2))
    for x in log_uniform(-1070, 1020, 700):
        y = x * random.uniform(-2, 2)
        report("hypot", [x, y], mp.sqrt(mpf(x) ** 2 + mpf(y) ** 2))
    for x, base in zip(log_uniform(-1022, 1024, 500, (1,)), log_uniform(-1022, 1024, 500, (1,))):
        report("log_base", [x, base], mp.log(mpf(x)) / mp.log(mpf(base)))
    for base in uniform(0.1, 20, 500):
        x = random.uniform(0, 100)
        report("log_base", [x, base], mp.log(mpf(x)) / mp.log(mpf(base)))
        x = 1 + random.choice((1, -1)) * 2.0 ** -random.uniform(1, 50)
        report("log_base", [x, base], mp.log(mpf(x)) / mp.log(mpf(base)))
        report("log_base", [base, x], mp.log(mpf(base)) / mp.log(mpf(x)))


main()
