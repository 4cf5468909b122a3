"""Hamilton over pandas, as its documentation has it: a function for each node, a driver, a frame."""

import sys

import pandas as pd
import pyarrow as pa
from hamilton import ad_hoc_utils, base, driver

import data
from task import Task, median_call, once


def start(_threads):
    pass


def avg_3wk_spend(spend: pd.Series) -> pd.Series:
    return spend.rolling(3).mean()


def spend_per_signup(spend: pd.Series, signups: pd.Series) -> pd.Series:
    return spend / signups


def spend_mean(spend: pd.Series) -> float:
    return spend.mean()


def spend_zero_mean(spend: pd.Series, spend_mean: float) -> pd.Series:
    return spend - spend_mean


def spend_std_dev(spend: pd.Series) -> float:
    return spend.std()


def spend_zero_mean_unit_variance(spend_zero_mean: pd.Series, spend_std_dev: float) -> pd.Series:
    return spend_zero_mean / spend_std_dev


OUTPUTS = ["avg_3wk_spend", "spend_per_signup", "spend_zero_mean", "spend_zero_mean_unit_variance"]
NODES = [
    avg_3wk_spend, spend_per_signup, spend_mean, spend_zero_mean, spend_std_dev,
    spend_zero_mean_unit_variance,
]


def build(functions, result):
    """A driver over functions, as one over a module."""
    module = ad_hoc_utils.create_temporary_module(*functions)
    return driver.Driver({}, module, adapter=base.SimplePythonGraphAdapter(result))


def marketing(table):
    flow = build(NODES, base.PandasDataFrameResult())
    frame = table.to_pandas(split_blocks=True)
    inputs = {name: frame[name] for name in frame}
    return Task(
        fresh=lambda: flow.execute(OUTPUTS, inputs=inputs),
        to_arrow=lambda result: pa.Table.from_pandas(result, preserve_index=False),
    )


def row(folder, name):
    """A driver over plain numbers; the lookup is one in a dictionary."""

    def weight(person: int, people: dict) -> float:
        return people.get(person, 1.0)

    def plain_weight(person: int) -> float:
        return 1.5 if person > 500 else 1.0

    def spend_per_signup(spend: float, signups: float) -> float:
        return spend / signups

    def spend_zero_mean(spend: float, spend_mean: float) -> float:
        return spend - spend_mean

    def spend_zero_mean_unit_variance(spend_zero_mean: float, spend_std_dev: float) -> float:
        return spend_zero_mean / spend_std_dev

    def weighted(spend_per_signup: float, weight: float) -> float:
        return spend_per_signup * weight

    def score(weighted: float, spend_zero_mean_unit_variance: float) -> float:
        return weighted + spend_zero_mean_unit_variance

    inputs = {"person": 7919, "spend": 21.0, "signups": 7.0, "spend_mean": 50.5, "spend_std_dev": 28.6}
    if name == "one_row":
        people = data.read(folder, "people", 100_000).to_pydict()
        inputs["people"] = dict(zip(people["id"], people["weight"]))
    else:
        weight = plain_weight
        weight.__name__ = "weight"
    nodes = [weight, spend_per_signup, spend_zero_mean, spend_zero_mean_unit_variance, weighted, score]
    flow = build(nodes, base.DictResult())
    names = [node.__name__ for node in nodes]
    return median_call(lambda: flow.execute(names, inputs=inputs))


def text(_folder, name, _threads):
    """A driver built and executed."""
    if name != "marketing":
        return None
    numbers = pd.Series(range(1, 1025), dtype=float)
    inputs = {"spend": numbers, "signups": numbers}
    return once(lambda: build(NODES, base.PandasDataFrameResult()).execute(OUTPUTS, inputs=inputs))


def chain(_folder, nodes, _threads):
    """A driver of so many nodes, built and executed."""
    nodes = int(nodes)
    lines = ["import pandas as pd", "def n0(spend: pd.Series) -> pd.Series:", "    return spend"]
    for node in range(1, nodes):
        lines.append(f"def n{node}(n{node - 1}: pd.Series, signups: pd.Series) -> pd.Series:")
        lines.append(f"    return n{node - 1} * 0.5 + signups")
    source = "\n".join(lines)
    numbers = pd.Series(range(1, 1025), dtype=float)

    def run():
        scope = {}
        exec(source, scope)
        functions = [scope[f"n{node}"] for node in range(nodes)]
        flow = build(functions, base.PandasDataFrameResult())
        return flow.execute([f"n{nodes - 1}"], inputs={"spend": numbers, "signups": numbers})

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100 * nodes + 10_000)
    try:
        return once(run)
    finally:
        sys.setrecursionlimit(limit)


WORKLOADS = {"marketing": marketing}
ONCE = {"row": row, "text": text, "chain": chain}
