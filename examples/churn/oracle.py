"""Compares what a served run wrote with pandas, which learns on train.csv and applies to serve.csv.

    icosian fit churn.flow --state churn.state
    icosian run churn.flow --state churn.state --input customers=serve.csv --output served.csv
    python oracle.py served.csv

Means and deviations are exact fractions rounded once; what is made of them may differ by the roundings
of two or three operations, so floats are compared to 1e-14 of their size.
"""

import math
import pathlib
import sys
from fractions import Fraction

import pandas as pd

WEIGHT = 20


def mean(values):
    values = list(values)
    return float(sum(map(Fraction, values)) / len(values))


def deviation(values):
    values = [Fraction(value) for value in values]
    center = sum(values) / len(values)
    variance = sum((value - center) ** 2 for value in values) / (len(values) - 1)
    return math.sqrt(variance)


def risks(train, column, prior):
    groups = train.dropna(subset=[column]).groupby(column)["left"]
    return (groups.sum() + WEIGHT * prior) / (groups.size() + WEIGHT)


def main(path):
    here = pathlib.Path(__file__).parent
    train = pd.read_csv(here / "train.csv")
    serve = pd.read_csv(here / "serve.csv")
    train["left"] = (train["churned"] == "yes").astype(float)
    prior = mean(train["left"])
    note = serve["note"].fillna("").str.lower()
    months, charge = serve["months"], serve["charge"]
    wanted = pd.DataFrame({
        "id": serve["id"],
        "plan_risk": serve["plan"].map(risks(train, "plan", prior)).fillna(prior),
        "city_risk": serve["city"].map(risks(train, "city", prior)).fillna(prior),
        "charge_z": (charge - mean(train["charge"])) / deviation(train["charge"]),
        "paid_known": serve["paid"].notna(),
        "overpaid": serve["paid"].fillna(charge * months) / (charge * months).clip(lower=1),
        "tenure": pd.cut(months, [-1, 5, 35, 99], labels=["new", "settled", "loyal"]).astype(str),
        "note_length": note.str.len(),
        "threatens": note.str.contains("cancel"),
        "complains": note.str.contains("bill|facture|signal"),
        "topics": [len(text.split("; ")) if text else 0 for text in note],
        **{f"plan_{plan}": (serve["plan"] == plan).astype(int)
           for plan in ["basic", "plus", "family", "business"]},
    })
    found = pd.read_csv(path)
    assert list(found.columns) == list(wanted.columns), list(found.columns)
    assert len(found) == len(wanted)
    for column in wanted.columns:
        for row, (ours, theirs) in enumerate(zip(found[column], wanted[column])):
            if isinstance(theirs, float):
                same = abs(ours - theirs) <= 1e-14 * max(abs(theirs), 1)
            else:
                same = ours == theirs
            assert same, (column, row, ours, theirs)
    print(f"{wanted.size} values compared: all agree")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
