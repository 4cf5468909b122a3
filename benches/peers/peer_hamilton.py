"""Hamilton over pandas, as its documentation has it: a function for each node, a driver, a frame."""

import pandas as pd
import pyarrow as pa
from hamilton import ad_hoc_utils, base, driver

from task import Task


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


def marketing(table):
    module = ad_hoc_utils.create_temporary_module(
        avg_3wk_spend, spend_per_signup, spend_mean, spend_zero_mean, spend_std_dev,
        spend_zero_mean_unit_variance,
    )
    flow = driver.Driver({}, module, adapter=base.SimplePythonGraphAdapter(base.PandasDataFrameResult()))
    frame = table.to_pandas(split_blocks=True)
    inputs = {name: frame[name] for name in frame}
    return Task(
        fresh=lambda: flow.execute(OUTPUTS, inputs=inputs),
        to_arrow=lambda result: pa.Table.from_pandas(result, preserve_index=False),
    )


WORKLOADS = {"marketing": marketing}
