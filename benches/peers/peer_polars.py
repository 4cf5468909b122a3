"""Polars: lazy, with native expressions, on the engine that is faster."""

import math
from itertools import combinations

import polars as pl
from polars import col

import data
from task import Task, fastest, median_call, once


def start(threads):
    assert pl.thread_pool_size() == threads


def task(table, query):
    frame = pl.from_arrow(table, rechunk=True)
    lazy = query(frame.lazy())
    collect = fastest([lambda: lazy.collect(), lambda: lazy.collect(engine="streaming")])
    return Task(fresh=collect, to_arrow=lambda result: result.to_arrow())


def erf(x):
    """Polars has none: Abramowitz and Stegun 7.1.26, to 1.5e-7."""
    t = 1 / (1 + 0.3275911 * x.abs())
    y = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return x.sign() * (1 - y * (-(x * x)).exp())


def black_scholes(table):
    def cdf(x):
        return 0.5 + 0.5 * erf(x * math.sqrt(0.5))

    def query(frame):
        spot, strike, years = col("spot"), col("strike"), col("years")
        frame = frame.with_columns(spread=0.3 * years.sqrt())
        frame = frame.with_columns(
            d1=((spot / strike).log() + (0.02 + 0.5 * 0.3 * 0.3) * years) / col("spread"),
            owed=strike * (-0.02 * years).exp(),
        )
        frame = frame.with_columns(d2=col("d1") - col("spread"))
        return frame.select(
            call=spot * cdf(col("d1")) - col("owed") * cdf(col("d2")),
            put=col("owed") * cdf(-col("d2")) - spot * cdf(-col("d1")),
        )

    return task(table, query)


def haversine(table):
    def query(frame):
        lat1, lon1, lat2, lon2 = (col(name) for name in table.column_names)
        a = ((lat2 - lat1).radians() * 0.5).sin()
        b = ((lon2 - lon1).radians() * 0.5).sin()
        chord = a * a + lat1.radians().cos() * lat2.radians().cos() * b * b
        return frame.select(distance=12742 * chord.sqrt().arcsin())

    return task(table, query)


def thirty_query(frame):
    outputs = []
    for x, y in combinations("abcdef", 2):
        outputs.append((col(x) * col(y) + col(x)).alias(f"grown_{x}{y}"))
        outputs.append(((col(x) - col(y)) / (col(x) + col(y))).alias(f"contrast_{x}{y}"))
    return frame.select(outputs)


def thirty(table):
    return task(table, thirty_query)


def marketing_query(frame):
    spend, signups = col("spend"), col("signups")
    centred = spend - spend.mean()
    return frame.select(
        avg_3wk_spend=spend.rolling_mean(3),
        spend_per_signup=spend / signups,
        spend_zero_mean=centred,
        spend_zero_mean_unit_variance=centred / spend.std(),
    )


def marketing(table):
    return task(table, marketing_query)


def crime_index(table):
    def query(frame):
        index = (col("population") + 2 * col("adults") - 2000 * col("robberies")) / 100000
        clamped = pl.when(index > 0.02).then(0.032).when(index < 0.01).then(0.005).otherwise(index)
        return frame.filter(col("population") > 500000).select(crime_index=clamped.sum())

    return task(table, query)


def q6(table):
    def query(frame):
        kept = frame.filter(
            col("shipdate") >= pl.date(1994, 1, 1),
            col("shipdate") < pl.date(1995, 1, 1),
            col("discount") >= 0.05,
            col("discount") <= 0.07,
            col("quantity") < 24,
        )
        return kept.select(revenue=(col("price") * col("discount")).sum())

    return task(table, query)


def q1(table):
    def query(frame):
        discounted = col("price") * (1 - col("discount"))
        return (
            frame.filter(col("shipdate") <= pl.date(1998, 9, 2))
            .group_by("flag", "status")
            .agg(
                sum_quantity=col("quantity").sum(),
                sum_price=col("price").sum(),
                sum_discounted=discounted.sum(),
                sum_charge=(discounted * (1 + col("tax"))).sum(),
                mean_quantity=col("quantity").mean(),
                mean_price=col("price").mean(),
                mean_discount=col("discount").mean(),
                count=pl.len(),
            )
        )

    return task(table, query)


def rolling(what, window):
    def make(table):
        x = col("x")
        rolled = x.rolling_mean(window) if what == "mean" else x.rolling_max(window)
        return task(table, lambda frame: frame.select(rolled=rolled))

    return make


def group_sum(table):
    return task(table, lambda frame: frame.group_by("key").agg(total=col("value").sum()))


def share(table):
    share = col("value") / col("value").sum().over("key")
    return task(table, lambda frame: frame.select(share=share))


def calendar(table):
    at = col("at").dt
    return task(
        table,
        lambda frame: frame.select(
            years=at.year(), months=at.month(), weekdays=at.weekday(), hours=at.hour()
        ),
    )


WORKLOADS = {
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


def row(folder, name):
    """A frame of one row, joined with the people."""
    people = pl.from_arrow(data.read(folder, "people", 100_000))

    def call():
        visit = pl.DataFrame({"person": [7919], "spend": [21.0], "signups": [7.0]})
        if name == "one_row":
            visit = visit.join(people, left_on="person", right_on="id", how="left")
            weight = col("weight").fill_null(1.0)
        else:
            weight = pl.when(col("person") > 500).then(1.5).otherwise(1.0)
        centred = col("spend") - 50.5
        per_signup = col("spend") / col("signups")
        return visit.select(
            weight=weight, spend_per_signup=per_signup, spend_zero_mean=centred,
            spend_zero_mean_unit_variance=centred / 28.6, weighted=per_signup * weight,
            score=per_signup * weight + centred / 28.6,
        )

    return median_call(call)


def text(_folder, name, _threads):
    """A query built and collected; nothing is compiled."""
    query = {"marketing": marketing_query, "thirty": thirty_query}[name]
    numbers = [float(number) for number in range(1, 1025)]
    frame = pl.DataFrame({column: numbers for column in ("spend", "signups", *"abcdef")})
    return once(lambda: query(frame.lazy()).collect())


ONCE = {"row": row, "text": text}
