"""Makes train.csv and serve.csv: customers of a telephone company that does not exist, by a generator
with a fixed seed. Notes have accents and capitals, some cells are missing, and one plan is new among
those served.

    python make_data.py
"""

import csv
import pathlib
import random

PLANS = ["basic", "plus", "family", "business"]
CITIES = ["Zürich", "Genève", "Basel", "Bern", "Lausanne", "Luzern", "Thun", "Chur"]
PHRASES = [
    "asked about roaming", "Wants to CANCEL", "bill too high", "very happy", "moved to a new city",
    "no signal at home", "cancel after contract", "réclamation: facture", "upgraded phone", "",
]


def customer(number, plans):
    plan = random.choice(plans)
    months = random.randint(0, 72)
    charge = round(random.uniform(15, 120), 2)
    note = "; ".join(random.sample(PHRASES, random.randint(0, 3))).strip("; ")
    risk = 0.1 + 0.3 * ("cancel" in note.lower()) + 0.2 * (months < 6) + 0.002 * charge
    return [
        f"C{number:05}", plan if random.random() > 0.03 else "", random.choice(CITIES), months,
        charge, round(charge * months * random.uniform(0.9, 1.1), 2) if random.random() > 0.05 else "",
        note, "yes" if random.random() < risk else "no",
    ]


random.seed(1999)
HEADER = ["id", "plan", "city", "months", "charge", "paid", "note", "churned"]
for name, first, rows, plans in [
    ("train.csv", 0, 2_000, PLANS), ("serve.csv", 2_000, 500, PLANS + ["student"])
]:
    with open(pathlib.Path(__file__).parent / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(customer(first + row, plans) for row in range(rows))
