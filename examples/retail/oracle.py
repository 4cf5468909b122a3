"""Compares what `icosian run retail.flow --output FOLDER` wrote with pandas.

Everything is compared exactly but floats, which are compared to 1e-11 of their size: pandas' rolling
means and deviations gather errors.

    python oracle.py FOLDER
"""

import pathlib
import sys

import pandas as pd

AHEAD = 7


def main(folder):
    here = pathlib.Path(__file__).parent
    sales, prices = pd.read_csv(here / "sales.csv"), pd.read_csv(here / "prices.csv")
    keys = ["item_id", "dept_id", "store_id"]
    columns = [name for name in sales.columns if name not in keys]
    days = sales.melt(id_vars=keys, value_vars=columns, var_name="column", value_name="units")
    days["day"] = days["column"].str[2:].astype(int)
    days["week"] = (days["day"] - 1) // 7 + 1
    days["weekday"] = (days["day"] - 1) % 7
    days = days.merge(prices, on=["store_id", "item_id", "week"], how="left")
    days["revenue"] = days["units"] * days["price"]
    series = days.groupby(["item_id", "store_id"], sort=False)
    identity = [days["item_id"], days["store_id"]]
    for lag in [7, 14, 28]:
        days[f"units_{lag}"] = series["units"].shift(lag)
    shifted = series["units"].shift(AHEAD)
    grouped = shifted.groupby(identity, sort=False)
    rolling = lambda span, least: grouped.rolling(span, min_periods=least)
    for span in [7, 28]:
        days[f"mean_{span}"] = rolling(span, 1).mean().droplevel([0, 1])
        days[f"spread_{span}"] = rolling(span, 2).std().droplevel([0, 1])
    days["best"] = rolling(28, 1).max().droplevel([0, 1])
    days["price_change"] = days["price"] / series["price"].shift(7) - 1
    days["sold_so_far"] = series["units"].cumsum().groupby(identity, sort=False).shift(AHEAD)
    days["idle"] = (days["mean_28"] == 0) | days["mean_28"].isna()
    total = days.groupby(["dept_id", "store_id", "day"])["units"].transform("sum")
    days["share"] = days["units"] / total
    for name in ["FOODS_1", "FOODS_2", "HOBBIES_1", "HOUSEHOLD_1"]:
        days[f"in_{name}"] = (days["dept_id"] == name).astype(int)
    stores = days.groupby("store_id", sort=False).agg(units=("units", "sum"), revenue=("revenue", "sum"))
    stores = stores.sort_values("revenue", ascending=False).reset_index()

    compared = 0
    for name, wanted in [("days", days), ("stores", stores)]:
        found = pd.read_csv(folder / f"{name}.csv")
        assert len(found) == len(wanted), (name, len(found), len(wanted))
        for column in found.columns:
            for row, (ours, theirs) in enumerate(zip(found[column], wanted[column])):
                if pd.isna(theirs) or pd.isna(ours):
                    same = pd.isna(theirs) and pd.isna(ours)
                elif isinstance(theirs, float):
                    same = abs(ours - theirs) <= 1e-11 * max(abs(theirs), 1)
                else:
                    same = ours == theirs
                assert same, (name, column, row, ours, theirs)
                compared += 1
    print(f"{compared} values compared: all agree")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
