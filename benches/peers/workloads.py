"""What is compared: flows over one table each, and how far their answers may differ."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Workload:
    """A flow `flows/NAME.flow` over the rows of one table, which every peer computes its own way."""

    name: str
    title: str
    table: str
    rows: int
    # Names of what comes out, in order.
    outputs: tuple
    # What must be reached against the best peer, in words: DESIGN's goal.
    goal: str
    # Ratios asked for: peer, or "best", to how many times faster.
    ratios: dict = field(default_factory=dict)
    # Results of other libraries may differ relatively by this much: sums in another order, other
    # mathematical functions.
    tolerance: float = 1e-9
    # Of libraries that have to approximate.
    tolerances: dict = field(default_factory=dict)
    # Libraries that are told how many keys there are and index arrays by them: shown, but no measure
    # for those that find keys themselves.
    told: tuple = ()
    # Columns by which rows of the result are put in order before they are compared.
    keys: tuple = ()
    # Libraries whose rows come in another order than they stood in.
    any_order: tuple = ()
    # Work in one row: multiplications and additions, and divisions and roots, by the formula, with
    # an exponential or logarithm as 20, a sine or error function as 25, an arc sine as 30 and a root.
    multiplications: float = 0
    divisions: float = 0
    # Bytes of a result's row, and how often the inputs must be read.
    written: float = 8
    passes: int = 1
    # Bytes that a group table has to hold, whoever does it.
    state: int = 0

    def read_bytes(self, rows, path):
        """Bytes that must be read: the table's columns, once for each pass."""
        return (path.stat().st_size - 4096) // 8 * 8 * self.passes


PAIRS = [x + y for x in "abcdef" for y in "abcdef" if x < y]

WORKLOADS = [
    Workload(
        "black_scholes", "Black-Scholes", "options", 10_000_000, ("call", "put"),
        "7x the best", {"best": 7}, tolerance=1e-8, tolerances={"polars": 1e-6, "duckdb": 1e-6},
        multiplications=2 * 20 + 4 * 25 + 24, divisions=3, written=16,
    ),
    Workload(
        "haversine", "haversine", "places", 10_000_000, ("distance",),
        "5x the best", {"best": 5},
        multiplications=4 * 25 + 30 + 14, divisions=2,
    ),
    Workload(
        "thirty", "30 outputs of 6 nullable", "sensors", 5_000_000,
        tuple(f"{kind}_{pair}" for pair in PAIRS for kind in ("grown", "contrast")),
        "5x JAX, 10x Polars", {"jax": 5, "polars": 10},
        multiplications=15 * 4, divisions=15, written=30 * 8.125,
    ),
    Workload(
        "marketing", "marketing flow", "weekly", 5_000_000,
        ("avg_3wk_spend", "spend_per_signup", "spend_zero_mean", "spend_zero_mean_unit_variance"),
        "4x Polars reused, 2x fresh, 20x Hamilton", {"polars": {"fresh": 2, "reused": 4}, "hamilton": 20},
        multiplications=20, divisions=3, written=32, passes=2,
    ),
    Workload(
        "crime_index", "crime index", "cities", 10_000_000, ("crime_index",),
        "numba's, 2x the rest", {"numba": 1, "rest": 2}, multiplications=6, divisions=1, written=0,
    ),
    Workload(
        "q6", "TPC-H Q6 shape", "lineitem", 10_000_000, ("revenue",),
        "numba's, 2x the rest", {"numba": 1, "rest": 2}, multiplications=7, written=0,
    ),
    Workload(
        "q1", "TPC-H Q1 shape", "lines", 10_000_000,
        ("flag", "status", "sum_quantity", "sum_price", "sum_discounted", "sum_charge",
         "mean_quantity", "mean_price", "mean_discount", "count"),
        "3x the best", {"best": 3}, told=("numba",), keys=("flag", "status"), multiplications=12, written=0,
    ),
    *(
        Workload(
            f"rolling_{what}_{window}", f"rolling {what}, {window}", "series", 5_000_000, ("rolled",),
            "bottleneck's, 3x Polars", {"bottleneck": 1, "polars": 3}, tolerance=1e-6,
            multiplications=3, divisions=1 if what == "mean" else 0,
        )
        for what in ("mean", "max") for window in (7, 1000)
    ),
    Workload(
        "group_sum_few", "sum by 100 keys", "few_keys", 5_000_000, ("key", "total"),
        "2x the best", {"best": 2}, told=("numba", "jax"), keys=("key",), multiplications=1, written=0,
    ),
    Workload(
        "group_sum_many", "sum by 1 M keys", "many_keys", 5_000_000, ("key", "total"),
        "1.5x the best", {"best": 1.5}, told=("numba", "jax"), keys=("key",), multiplications=1, written=16 / 5, state=48_000_000,
    ),
    Workload(
        "share_few", "share of 100 keys' sums", "few_keys", 5_000_000, ("share",),
        "3x the best", {"best": 3}, told=("numba", "jax"), any_order=("duckdb",),
        multiplications=1, divisions=1, passes=2,
    ),
    Workload(
        "share_many", "share of 1 M keys' sums", "many_keys", 5_000_000, ("share",),
        "3x the best", {"best": 3}, told=("numba", "jax"), any_order=("duckdb",),
        multiplications=1, divisions=1, passes=2, state=48_000_000,
    ),
    Workload(
        "calendar", "year, month, weekday, hour", "stamps", 5_000_000,
        ("years", "months", "weekdays", "hours"),
        "10x the best", {"best": 10}, multiplications=30, written=16,
    ),
]

BY_NAME = {workload.name: workload for workload in WORKLOADS}
