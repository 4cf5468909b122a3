"""Writes the flows in `tests/flows/outside/`: expressions beside what pandas, Polars and DuckDB say of them.

    python tests/oracle/values.py

needs the packages `pandas`, `polars` and `duckdb`. The data are drawn by a fixed seed. An expression and
its answer agree where both are null, or both NaN, or they are within 1e-11 of each other.
"""

import math
import pathlib
import random

import duckdb
import numpy as np
import pandas as pd
import polars as pl

random.seed(1865)
ROWS = 60
SIZES = ["S", "M", "L"]


def sometimes(value, share=0.15):
    return None if random.random() < share else value


seconds = sorted(random.randint(0, 900) for _ in range(ROWS))
data = {
    "x": [sometimes(round(random.gauss(1, 2), 3)) for _ in range(ROWS)],
    "y": [sometimes(round(random.uniform(-5, 5), 4)) for _ in range(ROWS)],
    "w": [round(random.uniform(0.1, 3), 2) for _ in range(ROWS)],
    "i": [sometimes(random.randint(-3, 4)) for _ in range(ROWS)],
    "k": [random.choice("abc") for _ in range(ROWS)],
    "s": [sometimes(random.choice(["S", "M", "L", "XL", "xs"])) for _ in range(ROWS)],
    "words": [" ".join(random.choices(["new", "YORK", "éa", "straße", "x-ray", "ok_go"], k=2)) for _ in range(ROWS)],
    "at": seconds,
}
frame = pd.DataFrame({name: pd.array(values, dtype="Float64") if name in "xyw" else values
                      for name, values in data.items()})
frame[["x", "y", "w"]] = frame[["x", "y", "w"]].astype("float64")
frame["i"] = frame["i"].astype("float64")
polars = pl.DataFrame(data)
numbered = polars.with_row_index("n")
x, y, w, i = (frame[name] for name in "xywi")


def sql_row(expression):
    """What DuckDB computes of each row."""
    return [row[0] for row in duckdb.sql(f"select {expression}, n from numbered order by n").fetchall()]


def of_rows(rows):
    return f"order by n rows between {rows - 1} preceding and current row"


def window(expression, frame_text):
    """What DuckDB computes of a window of each row."""
    query = f"select {expression} over ({frame_text}) as v, n from numbered order by n"
    return [row[0] for row in duckdb.sql(query).fetchall()]


def where_known(series, known):
    return series.where(known.notna())


def by_key(function):
    return frame.groupby("k", sort=False)["x"].transform(function)


minute = 'partition by k order by "at" range between 60 preceding and current row'
weighted = (x * w).rolling(6, min_periods=2).sum() / w.where(x.notna()).rolling(6, min_periods=2).sum()
mode = i.rolling(8, min_periods=1).apply(lambda values: pd.Series(values).mode().iloc[0])
codes = pd.Series(pd.Categorical(data["s"], categories=SIZES).codes).replace(-1, np.nan)

FLOWS = {
    "rolling": ("Rolling reductions", [
        ("x.rolling(7, min=3).skew()", x.rolling(7, min_periods=3).skew()),
        ("x.rolling(9, min=4).kurtosis()", x.rolling(9, min_periods=4).kurt()),
        ("x.rolling(7, min=7).skew(bias=true)", polars["x"].rolling_skew(7, bias=True, min_samples=7)),
        ("x.rolling(6, min=1).product()", window("product(x)", of_rows(6))),
        ("i.rolling(3, min=0).product()", i.rolling(3, min_periods=1).apply(np.nanprod).fillna(1)),
        ("i.rolling(8, min=1).mode()", mode),
        ("i.rolling(8, min=1).n_unique()", [v or None for v in window("count(distinct i)", of_rows(8))]),
        ("s.rolling(5, min=1).n_unique()", [v or None for v in window("count(distinct s)", of_rows(5))]),
        ("x.rolling(4, min=1).first()", window("first_value(x ignore nulls)", of_rows(4))),
        ("x.rolling(4, min=1).last()", window("last_value(x ignore nulls)", of_rows(4))),
        ("x.rolling(4, min=1).first(skip_null=false)", window("first_value(x)", of_rows(4))),
        ("x.rolling(5, min=1).at_max(y)", window("arg_max_null(x, y)", of_rows(5))),
        ("x.rolling(5, min=1).at_min(y)", window("arg_min_null(x, y)", of_rows(5))),
        ("x.rolling(6, min=2).weighted_mean(w)", weighted),
        ("x.expanding(min=4).kurtosis()", x.expanding(min_periods=4).kurt()),
        ("x.rolling(60s, closed=\"both\").product() over (k order by at)", window("product(x)", minute)),
        ("s.rolling(60s, closed=\"both\", min=0).n_unique() over (k order by at)", window("count(distinct s)", minute)),
        ("x.rolling(60s, closed=\"both\").at_max(w) over (k order by at)", window("arg_max_null(x, w)", minute)),
    ]),
    "exponential": ("Exponential weights", [
        ("x.ewm_mean(com=3)", where_known(x.ewm(com=3).mean(), x)),
        ("x.ewm_mean(com=3, skip_null=true)", polars["x"].ewm_mean(com=3, ignore_nulls=True)),
        ("x.ewm_mean(span=5, adjust=false)", where_known(x.ewm(span=5, adjust=False).mean(), x)),
        ("x.ewm_mean(half_life=2, skip_null=true, adjust=false)",
         polars["x"].ewm_mean(half_life=2, ignore_nulls=True, adjust=False)),
        ("x.ewm_std(alpha=0.3)", where_known(x.ewm(alpha=0.3).std(), x)),
        ("x.ewm_std(alpha=0.3, bias=true)", polars["x"].ewm_std(alpha=0.3, bias=True)),
        ("x.ewm_var(com=1, skip_null=true, adjust=false)",
         where_known(x.ewm(com=1, ignore_na=True, adjust=False).var(), x)),
        ("x.ewm_var(com=1, bias=true, adjust=false, min=5)",
         where_known(x.ewm(com=1, adjust=False, min_periods=5).var(bias=True), x)),
        ("x.ewm_mean(com=2) over k", where_known(by_key(lambda part: part.ewm(com=2).mean()), x)),
    ]),
    "values": ("Bins, categories, ranks, fills and functions", [
        ("qcut(x, 4)", pd.qcut(x, 4, labels=False)),
        ("qcut(x, [0.1, 0.6, 0.9])", pd.qcut(x, [0, 0.1, 0.6, 0.9, 1], labels=False)),
        # Not at thirds: where one is a value, pandas rounds the edge to below it.
        ("qcut(x, [0.3, 0.7]) over k", by_key(lambda part: pd.qcut(part, [0, 0.3, 0.7, 1], labels=False))),
        ("category_code(s, [\"S\", \"M\", \"L\"])", codes),
        ("rank(x, method=\"min\")", polars["x"].rank("min")),
        ("rank(i, method=\"dense\", descending=true)", polars["i"].rank("dense", descending=True)),
        ("rank(i)", polars["i"].rank("average")),
        ("rank(i, method=\"max\", pct=true)", i.rank(method="max", pct=True)),
        ("rank(i, method=\"ordinal\") over k", frame.groupby("k")["i"].rank(method="first")),
        ("x.forward_fill(limit=2)", x.ffill(limit=2)),
        ("x.backward_fill() over k", by_key(lambda part: part.bfill())),
        ("x.interpolate()", polars["x"].interpolate()),
        ("skew(x) over k", by_key(lambda part: part.skew())),
        ("kurtosis(x) over k", by_key(lambda part: part.kurt())),
        ("mode(i) over k", frame.groupby("k")["i"].transform(lambda part: part.mode().iloc[0])),
        ("gamma(x)", sql_row("gamma(x)")),
        ("ln_gamma(y)", sql_row("lgamma(y)")),
        ("title(words)", polars["words"].str.to_titlecase()),
        ("try_abs(i)", i.abs()),
    ]),
}


def literal(value):
    if value is None or isinstance(value, float) and math.isnan(value):
        return "null"
    if isinstance(value, str):
        return f'"{value}"'
    return repr(float(value)).replace("e+", "e") if isinstance(value, float) else str(int(value))


def column(name, values, unit=""):
    texts = [literal(value) + unit for value in values]
    lines = ",\n".join(" " * 12 + ", ".join(texts[start:start + 6]) for start in range(0, len(texts), 6))
    return f"        {name}=[\n{lines}\n        ]"


def is_text(values):
    return any(isinstance(value, str) for value in values)


def main():
    folder = pathlib.Path(__file__).parent.parent / "flows" / "outside"
    versions = f"pandas {pd.__version__}, Polars {pl.__version__} or DuckDB {duckdb.__version__}"
    for file, (title, cases) in FLOWS.items():
        cases = [(expression, list(answers)) for expression, answers in cases]
        types = ["x: f64?", "y: f64?", "w: f64", "i: i64?", "k: str", "s: str?", "words: str", "at: duration[s]"]
        types += [f"e{n}: {'str?' if is_text(answers) else 'f64?'}" for n, (_, answers) in enumerate(cases)]
        lines = [f'"""{title}, as {versions} have them."""', "",
                 "# Written by tests/oracle/values.py, which says which of them.",
                 "fn near(a, b) = (abs(a - b) <= 1e-11 * (1 + abs(b))) ?? (a is null and b is null)", ""]
        lines.append("table t {")
        lines += ["    " + ", ".join(types[start:start + 8]) for start in range(0, len(types), 8)]
        for n, (expression, answers) in enumerate(cases):
            lines.append(f"    o{n} = {expression}")
            same = f"o{n} == e{n}" if is_text(answers) else f"near(o{n}, e{n})"
            lines.append(f"    same{n} = {same}")
        lines += ["}", "", 'test "as they say" {', "    given t("]
        columns = [column(name, values) for name, values in data.items() if name != "at"]
        columns.append(column("at", data["at"], unit="s"))
        columns += [column(f"e{n}", answers) for n, (_, answers) in enumerate(cases)]
        lines.append(",\n".join(columns))
        lines.append("    )")
        lines += [f"    expect all(same{n}) is true" for n in range(len(cases))]
        lines += ["}", ""]
        (folder / f"{file}.flow").write_text("\n".join(lines))


main()
