"""numba: one parallel loop for each workload, compiled before it is measured; nulls are NaN."""

import math
from itertools import combinations

import numba
import numpy as np
import pyarrow as pa
from numba import njit, prange

from arrays import arrays
from task import Task, once


def start(threads):
    numba.set_num_threads(threads)


def task(names, kernel, dtype=np.float64):
    """A loop that fills one array for each output."""

    def make(table):
        inputs = arrays(table)
        rows = len(inputs[0])
        kept = [np.empty(rows, dtype) for _ in names]

        def fresh():
            outputs = [np.empty(rows, dtype) for _ in names]
            kernel(*inputs, *outputs)
            return outputs

        def reused():
            kernel(*inputs, *kept)
            return kept

        def to_arrow(outputs):
            return pa.table({name: pa.array(values) for name, values in zip(names, outputs)})

        return Task(fresh=fresh, reused=reused, to_arrow=to_arrow)

    return make


def scalar(name, kernel):
    """A loop that gives one number."""

    def make(table):
        inputs = arrays(table)
        return Task(
            fresh=lambda: kernel(*inputs),
            to_arrow=lambda value: pa.table({name: pa.array([value])}),
        )

    return make


@njit(inline="always")
def cdf(x):
    return 0.5 + 0.5 * math.erf(x * 0.7071067811865476)


@njit(parallel=True)
def black_scholes(spot, strike, years, call, put):
    for i in prange(len(spot)):
        spread = 0.3 * math.sqrt(years[i])
        d1 = (math.log(spot[i] / strike[i]) + 0.065 * years[i]) / spread
        d2 = d1 - spread
        owed = strike[i] * math.exp(-0.02 * years[i])
        call[i] = spot[i] * cdf(d1) - owed * cdf(d2)
        put[i] = owed * cdf(-d2) - spot[i] * cdf(-d1)


@njit(parallel=True)
def haversine(latitude_1, longitude_1, latitude_2, longitude_2, distance):
    for i in prange(len(latitude_1)):
        a = math.sin(math.radians(latitude_2[i] - latitude_1[i]) * 0.5)
        b = math.sin(math.radians(longitude_2[i] - longitude_1[i]) * 0.5)
        c = math.cos(math.radians(latitude_1[i])) * math.cos(math.radians(latitude_2[i]))
        distance[i] = 12742 * math.asin(math.sqrt(a * a + c * b * b))


def thirty_source():
    """The loop of thirty outputs, written out."""
    pairs = list(combinations("abcdef", 2))
    outputs = [f"{kind}_{x}{y}" for x, y in pairs for kind in ("grown", "contrast")]
    lines = [f"def thirty({', '.join('abcdef')}, {', '.join(outputs)}):", "    for i in prange(len(a)):"]
    lines += [f"        _{x} = {x}[i]" for x in "abcdef"]
    for x, y in pairs:
        lines.append(f"        grown_{x}{y}[i] = _{x} * _{y} + _{x}")
        lines.append(f"        contrast_{x}{y}[i] = (_{x} - _{y}) / (_{x} + _{y})")
    return outputs, "\n".join(lines)


THIRTY, SOURCE = thirty_source()
scope = {"prange": prange}
exec(SOURCE, scope)
thirty = njit(parallel=True, error_model="numpy")(scope["thirty"])


@njit(parallel=True, error_model="numpy")
def marketing(spend, signups, rolled, per_signup, zero_mean, unit_variance):
    n = len(spend)
    total = 0.0
    for i in prange(n):
        total += spend[i]
    mean = total / n
    squares = 0.0
    for i in prange(n):
        squares += (spend[i] - mean) ** 2
    spread = math.sqrt(squares / (n - 1))
    for i in prange(n):
        per_signup[i] = spend[i] / signups[i]
        zero_mean[i] = spend[i] - mean
        unit_variance[i] = (spend[i] - mean) / spread
        rolled[i] = (spend[i - 2] + spend[i - 1] + spend[i]) / 3 if i >= 2 else math.nan


@njit(parallel=True)
def crime_index(population, adults, robberies):
    total = 0.0
    for i in prange(len(population)):
        if population[i] > 500000:
            index = (population[i] + 2 * adults[i] - 2000 * robberies[i]) / 100000
            if index > 0.02:
                index = 0.032
            elif index < 0.01:
                index = 0.005
            total += index
    return total


@njit(parallel=True)
def q6(shipdate, discount, quantity, price):
    total = 0.0
    for i in prange(len(shipdate)):
        if (
            8766 <= shipdate[i] < 9131
            and 0.05 <= discount[i] <= 0.07
            and quantity[i] < 24
        ):
            total += price[i] * discount[i]
    return total


@njit(parallel=True)
def q1_parts(flag, status, shipdate, quantity, price, discount, tax, parts):
    workers = parts.shape[0]
    n = len(flag)
    for worker in prange(workers):
        own = np.zeros((6, 6))
        for i in range(worker * n // workers, (worker + 1) * n // workers):
            if shipdate[i] <= 10471:
                group = own[flag[i] * 2 + status[i]]
                discounted = price[i] * (1 - discount[i])
                group[0] += quantity[i]
                group[1] += price[i]
                group[2] += discounted
                group[3] += discounted * (1 + tax[i])
                group[4] += discount[i]
                group[5] += 1
        parts[worker] = own


def q1(table):
    inputs = arrays(table)
    flags, statuses = (table[name].chunk(0).dictionary.to_pylist() for name in ("flag", "status"))

    def fresh():
        parts = np.zeros((numba.get_num_threads(), 6, 6))
        q1_parts(*inputs, parts)
        return parts.sum(axis=0)

    def to_arrow(sums):
        count = sums[:, 5]
        return pa.table({
            "flag": [flag for flag in flags for _ in statuses],
            "status": [status for _ in flags for status in statuses],
            "sum_quantity": sums[:, 0], "sum_price": sums[:, 1],
            "sum_discounted": sums[:, 2], "sum_charge": sums[:, 3],
            "mean_quantity": sums[:, 0] / count, "mean_price": sums[:, 1] / count,
            "mean_discount": sums[:, 4] / count, "count": count,
        })

    return Task(fresh=fresh, to_arrow=to_arrow)


@njit(parallel=True)
def rolling_mean(x, window, out):
    """Each part of the rows has a sum that moves along."""
    n = len(x)
    parts = max(1, min(64, n // (4 * window)))
    for part in prange(parts):
        first, end = part * n // parts, (part + 1) * n // parts
        total = 0.0
        for i in range(max(0, first - window), first):
            total += x[i]
        for i in range(first, end):
            total += x[i]
            if i >= window:
                total -= x[i - window]
            out[i] = total / window if i >= window - 1 else math.nan


@njit(parallel=True)
def rolling_max(x, window, out):
    """By blocks of the window's length: the greatest of one's end and of the next one's start."""
    n = len(x)
    blocks = (n + window - 1) // window
    for block in prange(blocks):
        first, end = block * window, min((block + 1) * window, n)
        # Of the block before: the greatest from each row on.
        after = np.full(window + 1, -math.inf)
        if block > 0:
            for i in range(window - 1, 0, -1):
                after[i] = max(after[i + 1], x[first - window + i])
        greatest = -math.inf
        for i in range(first, end):
            greatest = max(greatest, x[i])
            out[i] = max(greatest, after[i - first + 1]) if i >= window - 1 else math.nan


@njit(parallel=True)
def rolling_max_short(x, window, out):
    for i in prange(len(x)):
        if i < window - 1:
            out[i] = math.nan
        else:
            greatest = x[i]
            for j in range(1, window):
                greatest = max(greatest, x[i - j])
            out[i] = greatest


def rolling(kernel, window):
    return task(["rolled"], lambda x, out: kernel(x, window, out))


@njit(parallel=True)
def sums_of(key, value, most, workers):
    parts = np.zeros((workers, most))
    n = len(key)
    for worker in prange(workers):
        for i in range(worker * n // workers, (worker + 1) * n // workers):
            parts[worker, key[i]] += value[i]
    total = np.zeros(most)
    for k in prange(most):
        for worker in range(workers):
            total[k] += parts[worker, k]
    return total


@njit(parallel=True, error_model="numpy")
def divide(key, value, total, out):
    for i in prange(len(key)):
        out[i] = value[i] / total[key[i]]


def group_sum(table):
    """The keys are known to be small: an array takes the place of a hash table."""
    key, value = arrays(table)
    most = int(key.max()) + 1

    def fresh():
        total = sums_of(key, value, most, numba.get_num_threads())
        # Every value is above 0: who has none has no row.
        return np.flatnonzero(total), total[total != 0]

    return Task(
        fresh=fresh,
        to_arrow=lambda result: pa.table({"key": result[0], "total": result[1]}),
    )


def share(table):
    key, value = arrays(table)
    most = int(key.max()) + 1

    def kernel(key, value, out):
        divide(key, value, sums_of(key, value, most, numba.get_num_threads()), out)

    return task(["share"], kernel)(table)


@njit(parallel=True)
def calendar(at, years, months, weekdays, hours):
    """Civil dates from days, by the era of 400 years that starts in March."""
    for i in prange(len(at)):
        days = at[i] // 86_400_000_000
        hours[i] = (at[i] - days * 86_400_000_000) // 3_600_000_000
        weekdays[i] = (days + 3) % 7 + 1
        z = days + 719468
        era = z // 146097
        day_of_era = z - era * 146097
        year_of_era = (
            day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096
        ) // 365
        day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
        shifted = (5 * day_of_year + 2) // 153
        month = shifted + 3 if shifted < 10 else shifted - 9
        months[i] = month
        years[i] = year_of_era + era * 400 + (1 if month <= 2 else 0)


WORKLOADS = {
    "black_scholes": task(["call", "put"], black_scholes),
    "haversine": task(["distance"], haversine),
    "thirty": task(THIRTY, thirty),
    "marketing": task(
        ["avg_3wk_spend", "spend_per_signup", "spend_zero_mean", "spend_zero_mean_unit_variance"],
        marketing,
    ),
    "crime_index": scalar("crime_index", crime_index),
    "q6": scalar("revenue", q6),
    "q1": q1,
    "rolling_mean_7": rolling(rolling_mean, 7),
    "rolling_mean_1000": rolling(rolling_mean, 1000),
    "rolling_max_7": rolling(rolling_max_short, 7),
    "rolling_max_1000": rolling(rolling_max, 1000),
    "group_sum_few": group_sum,
    "group_sum_many": group_sum,
    "share_few": share,
    "share_many": share,
    "calendar": task(["years", "months", "weekdays", "hours"], calendar, np.int32),
}


def text(_folder, name, _threads):
    """A loop compiled and called."""
    function, outputs = {"marketing": (marketing.py_func, 4), "thirty": (scope["thirty"], 30)}[name]
    inputs = [np.arange(1.0, 1025.0) for _ in range(2 if name == "marketing" else 6)]
    compiled = njit(parallel=True, error_model="numpy")(function)
    return once(lambda: compiled(*inputs, *[np.empty(1024) for _ in range(outputs)]))


ONCE = {"text": text}
