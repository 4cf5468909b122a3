"""Makes sales.csv and prices.csv in the shape of the M5 competition's data, by a generator with a fixed
seed: a row per item and store, a column per day, most cells small or zero.

    python make_data.py [ITEMS]
"""

import csv
import math
import pathlib
import random
import sys

items = int(sys.argv[1]) if len(sys.argv) > 1 else 60
DAYS = 84
STORES = {"CA_1": 1.0, "TX_2": 0.6, "WI_3": 0.8}
random.seed(2020)
here = pathlib.Path(__file__).parent


def sold(rate):
    """Poisson, by Knuth's product of uniforms."""
    bound, product, count = math.exp(-rate), random.random(), 0
    while product > bound:
        product *= random.random()
        count += 1
    return count


with open(here / "sales.csv", "w", newline="") as sales, open(here / "prices.csv", "w", newline="") as prices:
    sales = csv.writer(sales, lineterminator="\n")
    prices = csv.writer(prices, lineterminator="\n")
    sales.writerow(["item_id", "dept_id", "store_id"] + [f"d_{day}" for day in range(1, DAYS + 1)])
    prices.writerow(["store_id", "item_id", "week", "price"])
    for item in range(1, items + 1):
        department = random.choice(["FOODS_1", "FOODS_2", "HOBBIES_1", "HOUSEHOLD_1"])
        base, price = random.expovariate(0.5), random.uniform(0.5, 20)
        for store, share in STORES.items():
            name = f"{department}_{item:03}"
            from_day = random.choice([1, 1, 1, 20])
            row = []
            for day in range(1, DAYS + 1):
                weekend = 1.5 if day % 7 in (1, 2) else 1.0
                row.append(sold(base * share * weekend) if day >= from_day else 0)
            sales.writerow([name, department, store] + row)
            for week in range((from_day - 1) // 7 + 1, DAYS // 7 + 1):
                if random.random() < 0.1:
                    price *= random.choice([0.8, 0.9, 1.1])
                prices.writerow([store, name, week, round(price, 2)])
