"""pandas, which has numexpr and bottleneck behind it; SciPy for the error function."""

from itertools import combinations

import bottleneck  # noqa: F401  (pandas takes it where it is there)
import numexpr
import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import ndtr

from task import Task


def start(threads):
    numexpr.set_num_threads(threads)
    pd.set_option("compute.use_numexpr", True)
    pd.set_option("compute.use_bottleneck", True)


def task(compute):
    def make(table):
        frame = table.to_pandas(split_blocks=True, date_as_object=False)

        def to_arrow(result):
            if np.isscalar(result[next(iter(result))]):
                result = {name: [value] for name, value in result.items()}
            return pa.table({name: pa.array(np.asarray(values)) for name, values in result.items()})

        return Task(fresh=lambda: compute(frame), to_arrow=to_arrow)

    return make


def black_scholes(frame):
    spread = 0.3 * np.sqrt(frame.years)
    d1 = (np.log(frame.spot / frame.strike) + 0.065 * frame.years) / spread
    d2 = d1 - spread
    owed = frame.strike * np.exp(-0.02 * frame.years)
    return {
        "call": frame.spot * ndtr(d1) - owed * ndtr(d2),
        "put": owed * ndtr(-d2) - frame.spot * ndtr(-d1),
    }


def haversine(frame):
    a = np.sin(np.radians(frame.latitude_2 - frame.latitude_1) * 0.5)
    b = np.sin(np.radians(frame.longitude_2 - frame.longitude_1) * 0.5)
    chord = a * a + np.cos(np.radians(frame.latitude_1)) * np.cos(np.radians(frame.latitude_2)) * b * b
    return {"distance": 12742 * np.arcsin(np.sqrt(chord))}


def thirty(frame):
    outputs = {}
    for x, y in combinations("abcdef", 2):
        outputs[f"grown_{x}{y}"] = frame[x] * frame[y] + frame[x]
        outputs[f"contrast_{x}{y}"] = (frame[x] - frame[y]) / (frame[x] + frame[y])
    return outputs


def marketing(frame):
    centred = frame.spend - frame.spend.mean()
    return {
        "avg_3wk_spend": frame.spend.rolling(3).mean(),
        "spend_per_signup": frame.spend / frame.signups,
        "spend_zero_mean": centred,
        "spend_zero_mean_unit_variance": centred / frame.spend.std(),
    }


def crime_index(frame):
    big = frame[frame.population > 500000]
    index = (big.population + 2 * big.adults - 2000 * big.robberies) / 100000
    return {"crime_index": np.where(index > 0.02, 0.032, np.where(index < 0.01, 0.005, index)).sum()}


def q6(frame):
    first, last = np.datetime64("1994-01-01"), np.datetime64("1995-01-01")
    kept = frame[
        (frame.shipdate >= first) & (frame.shipdate < last)
        & (frame.discount >= 0.05) & (frame.discount <= 0.07) & (frame.quantity < 24)
    ]
    return {"revenue": (kept.price * kept.discount).sum()}


def q1(frame):
    kept = frame[frame.shipdate <= np.datetime64("1998-09-02")]
    discounted = kept.price * (1 - kept.discount)
    kept = kept.assign(discounted=discounted, charge=discounted * (1 + kept.tax))
    result = kept.groupby(["flag", "status"], observed=True, sort=False).agg(
        sum_quantity=("quantity", "sum"), sum_price=("price", "sum"),
        sum_discounted=("discounted", "sum"), sum_charge=("charge", "sum"),
        mean_quantity=("quantity", "mean"), mean_price=("price", "mean"),
        mean_discount=("discount", "mean"), count=("quantity", "size"),
    )
    return result.reset_index()


def rolling(what, window):
    def compute(frame):
        rolled = frame.x.rolling(window)
        return {"rolled": rolled.mean() if what == "mean" else rolled.max()}

    return compute


def group_sum(frame):
    totals = frame.groupby("key", sort=False).value.sum()
    return {"key": totals.index, "total": totals}


def share(frame):
    return {"share": frame.value / frame.groupby("key", sort=False).value.transform("sum")}


def calendar(frame):
    at = frame["at"].dt
    return {"years": at.year, "months": at.month, "weekdays": at.weekday + 1, "hours": at.hour}


COMPUTE = {
    "black_scholes": black_scholes,
    "haversine": haversine,
    "thirty": thirty,
    "marketing": marketing,
    "crime_index": crime_index,
    "q6": q6,
    "q1": q1,
    **{
        f"rolling_{what}_{window}": rolling(what, window)
        for what in ("mean", "max")
        for window in (7, 1000)
    },
    "group_sum_few": group_sum,
    "group_sum_many": group_sum,
    "share_few": share,
    "share_many": share,
    "calendar": calendar,
}
WORKLOADS = {name: task(compute) for name, compute in COMPUTE.items()}
