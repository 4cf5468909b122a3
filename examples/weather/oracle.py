"""Compares what `icosian run weather.flow --output FOLDER` wrote with pandas.

Means of integers are exact in both; everything is compared exactly, floats to 1e-12 of their size (pandas'
rolling sums gather errors).

    python oracle.py FOLDER
"""

import pathlib
import sys

import numpy as np
import pandas as pd


def main(folder):
    here = pathlib.Path(__file__).parent
    read = lambda path, **options: pd.read_csv(here / path, na_values="NA", keep_default_na=False, **options)
    flights = read("../flights/flights.csv", parse_dates=["time_hour"])
    weather = read("weather.csv", parse_dates=["time_hour"])
    planes = read("planes.csv").set_index("tailnum")
    airports = read("../flights/airports.csv").set_index("faa")
    flights["planned"] = flights["time_hour"] + pd.to_timedelta(flights["minute"], unit="m")
    flights["row"] = np.arange(len(flights))

    # Ties in time keep the order of the file, of which the last counts.
    right = weather.sort_values("time_hour", kind="stable").rename(columns={"time_hour": "reported"})
    joined = pd.merge_asof(
        flights.sort_values("planned", kind="stable"), right, left_on="planned", right_on="reported",
        by="origin", tolerance=pd.Timedelta("3h"),
    ).sort_values("row", kind="stable").reset_index(drop=True)

    local = flights["planned"].dt.tz_convert("America/New_York")
    wanted = pd.DataFrame({
        "temperature": joined["temp"],
        "wind": joined["wind_speed"],
        "wet": (joined["precip"] > 0).where(joined["precip"].notna()),
        "clear": (joined["visib"] >= 10).where(joined["visib"].notna()),
        "report_age": (joined["planned"] - joined["reported"]).dt.total_seconds() / 60,
        "freezing": joined["temp"] <= 32,
        "plane_age": flights["year"] - flights["tailnum"].map(planes["year"]),
        "seats": flights["tailnum"].map(planes["seats"]),
        "climb": flights["dest"].map(airports["alt"]) - flights["origin"].map(airports["alt"]),
        "hour": local.dt.hour,
        "weekday": local.dt.dayofweek + 1,
        "month": local.dt.month,
        "weekend": local.dt.dayofweek >= 5,
        "rush": local.dt.hour.isin([7, 8, 9, 16, 17, 18, 19]),
        "from_newark": (flights["origin"] == "EWR").astype(int),
        "from_kennedy": (flights["origin"] == "JFK").astype(int),
        "from_laguardia": (flights["origin"] == "LGA").astype(int),
    })

    ordered = flights.sort_values("planned", kind="stable")
    by_carrier = ordered.groupby("carrier")["dep_delay"]
    before = by_carrier.shift(1)
    rolled = before.groupby(ordered["carrier"]).rolling(20, min_periods=5)
    wanted["carrier_recent"] = rolled.mean().droplevel(0)
    wanted["carrier_worst"] = rolled.max().droplevel(0)
    wanted["carrier_flights"] = by_carrier.cumcount() + 1
    # By hand: pandas leaves rows of one time out of each other's windows, or not, by their order.
    recent = np.full(len(flights), np.nan)
    for _, group in ordered.groupby("origin"):
        times = group["planned"].astype("int64").to_numpy()
        delays = group["dep_delay"].to_numpy()
        unit = 10**9 if group["planned"].dt.unit == "ns" else {"us": 10**6, "ms": 10**3, "s": 1}[group["planned"].dt.unit]
        first = np.searchsorted(times, times - 3 * 3600 * unit, side="left")
        last = np.searchsorted(times, times, side="left")
        for row, start, end in zip(group["row"], first, last):
            known = delays[start:end]
            known = known[~np.isnan(known)]
            if len(known):
                recent[row] = known.mean()
    wanted["airport_recent"] = recent

    found = pd.read_csv(folder / "flights.csv")
    assert len(found) == len(wanted)
    compared = 0
    for column in found.columns:
        for row, (ours, theirs) in enumerate(zip(found[column], wanted[column])):
            if pd.isna(theirs) or pd.isna(ours):
                same = pd.isna(theirs) and pd.isna(ours)
            elif isinstance(theirs, float) and not isinstance(ours, (bool, np.bool_)):
                same = abs(ours - theirs) <= 1e-12 * max(abs(theirs), 1)
            else:
                same = ours == theirs
            assert same, (column, row, ours, theirs)
            compared += 1
    scalars = pd.read_csv(folder / "scalars.csv")
    assert scalars["unreported"][0] == wanted["temperature"].isna().sum()
    assert scalars["unknown_planes"][0] == wanted["seats"].isna().sum()
    print(f"{compared + 2} values compared: all agree")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
