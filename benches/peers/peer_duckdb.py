"""DuckDB: SQL over the Arrow table or over one of its own, whichever is faster; results to Arrow."""

from itertools import combinations

import duckdb

from task import Task, fastest

connection = duckdb.connect()


def start(threads):
    connection.execute(f"set threads = {threads}")
    connection.execute("set preserve_insertion_order = true")


def to_arrow(query):
    return connection.sql(query).to_arrow_table()


def task(query):
    """A query over `data`."""

    def make(table):
        connection.execute("drop table if exists own")
        connection.register("arrow", table)
        connection.execute("create table own as select * from arrow")
        ways = [lambda source=source: to_arrow(query.replace("data", source)) for source in ("own", "arrow")]
        return Task(fresh=fastest(ways), to_arrow=lambda result: result)

    return make


# DuckDB has no error function: Abramowitz and Stegun 7.1.26, to 1.5e-7.
ERF = """
create or replace macro erf_of(x) as sign(x) * (1 - exp(-x * x) * (
    (1 / (1 + 0.3275911 * abs(x))) * (0.254829592 + (1 / (1 + 0.3275911 * abs(x))) * (-0.284496736
    + (1 / (1 + 0.3275911 * abs(x))) * (1.421413741 + (1 / (1 + 0.3275911 * abs(x))) * (-1.453152027
    + (1 / (1 + 0.3275911 * abs(x))) * 1.061405429))))))
"""
connection.execute(ERF)
connection.execute("create macro cdf(x) as 0.5::double + 0.5::double * erf_of(x * 0.7071067811865476::double)")

BLACK_SCHOLES = """
with spreads as (select *, 0.3::double * sqrt(years) as spread from data),
     firsts as (select *, (ln(spot / strike) + 0.065::double * years) / spread as d1,
                       strike * exp(-0.02::double * years) as owed from spreads),
     seconds as (select *, d1 - spread as d2 from firsts)
select spot * cdf(d1) - owed * cdf(d2) as call, owed * cdf(-d2) - spot * cdf(-d1) as put from seconds
"""

HAVERSINE = """
with halves as (
    select sin(radians(latitude_2 - latitude_1) * 0.5::double) as a,
           sin(radians(longitude_2 - longitude_1) * 0.5::double) as b,
           cos(radians(latitude_1)) * cos(radians(latitude_2)) as c from data)
select 12742::double * asin(sqrt(a * a + c * b * b)) as distance from halves
"""

THIRTY = "select " + ", ".join(
    f"{x} * {y} + {x} as grown_{x}{y}, ({x} - {y}) / ({x} + {y}) as contrast_{x}{y}"
    for x, y in combinations("abcdef", 2)
) + " from data"

MARKETING = """
with whole as (select avg(spend) as middle, stddev(spend) as spread from data)
select case when count(*) over w = 3 then avg(spend) over w end as avg_3wk_spend,
       spend / signups as spend_per_signup,
       spend - middle as spend_zero_mean,
       (spend - middle) / spread as spend_zero_mean_unit_variance
from data, whole window w as (rows between 2 preceding and current row)
"""

CRIME_INDEX = """
with indices as (
    select (population + 2 * adults - 2000 * robberies) / 100000 as i from data where population > 500000)
select sum(case when i > 0.02::double then 0.032::double when i < 0.01::double then 0.005::double else i end)
    as crime_index from indices
"""

Q6 = """
select sum(price * discount) as revenue from data
where shipdate >= date '1994-01-01' and shipdate < date '1995-01-01'
    and discount between 0.05::double and 0.07::double and quantity < 24
"""

Q1 = """
select flag::varchar as flag, status::varchar as status, sum(quantity) as sum_quantity, sum(price) as sum_price,
    sum(price * (1 - discount)) as sum_discounted, sum(price * (1 - discount) * (1 + tax)) as sum_charge,
    avg(quantity) as mean_quantity, avg(price) as mean_price, avg(discount) as mean_discount,
    count(*) as count
from data where shipdate <= date '1998-09-02' group by flag, status
"""


def rolling(what, window):
    function = "avg" if what == "mean" else "max"
    return task(
        f"select case when row_number() over () >= {window} then {function}(x) over w end as rolled"
        f" from data window w as (rows between {window - 1} preceding and current row)"
    )


GROUP_SUM = "select key, sum(value) as total from data group by key"
# Joining the sums is faster than a window; rows come in any order either way.
SHARE = """
select value / total as share from data
join (select key, sum(value) as total from data group by key) using (key)
"""
CALENDAR = """
select year("at") as years, month("at") as months, isodow("at") as weekdays, hour("at") as hours from data
"""

WORKLOADS = {
    "black_scholes": task(BLACK_SCHOLES),
    "haversine": task(HAVERSINE),
    "thirty": task(THIRTY),
    "marketing": task(MARKETING),
    "crime_index": task(CRIME_INDEX),
    "q6": task(Q6),
    "q1": task(Q1),
    **{
        f"rolling_{what}_{window}": rolling(what, window)
        for what in ("mean", "max")
        for window in (7, 1000)
    },
    "group_sum_few": task(GROUP_SUM),
    "group_sum_many": task(GROUP_SUM),
    "share_few": task(SHARE),
    "share_many": task(SHARE),
    "calendar": task(CALENDAR),
}
