"""Makes options.csv: 5,000 options around the money, by a generator with a fixed seed.

    python make_data.py [ROWS]
"""

import csv
import pathlib
import random
import sys

rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
random.seed(1973)
with open(pathlib.Path(__file__).parent / "options.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["spot", "strike", "years", "volatility"])
    for _ in range(rows):
        spot = round(random.uniform(10, 500), 2)
        strike = round(spot * random.uniform(0.6, 1.5), 2)
        years = round(random.uniform(0.02, 3), 3)
        writer.writerow([spot, strike, years, round(random.uniform(0.05, 0.8), 4)])
