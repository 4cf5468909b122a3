"""JAX: one compiled function for each workload, in double precision on the processor; nulls are NaN."""

import os
from itertools import combinations

# Read when JAX is first imported.
THREADS = os.environ["OMP_NUM_THREADS"]
os.environ["XLA_FLAGS"] = (
    f"--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads={THREADS}"
)

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
from jax.scipy.special import erf  # noqa: E402

from arrays import arrays  # noqa: E402
from task import Task, once  # noqa: E402


def start(_threads):
    jax.config.update("jax_enable_x64", True)


def task(names, function):
    compiled = jax.jit(function)

    def make(table):
        inputs = [jnp.asarray(array) for array in arrays(table)]

        def to_arrow(results):
            results = results if isinstance(results, tuple) else (results,)
            return pa.table({
                name: pa.array(np.atleast_1d(np.asarray(values))) for name, values in zip(names, results)
            })

        return Task(fresh=lambda: jax.block_until_ready(compiled(*inputs)), to_arrow=to_arrow)

    return make


def cdf(x):
    return 0.5 + 0.5 * erf(x * 0.7071067811865476)


def black_scholes(spot, strike, years):
    spread = 0.3 * jnp.sqrt(years)
    d1 = (jnp.log(spot / strike) + 0.065 * years) / spread
    d2 = d1 - spread
    owed = strike * jnp.exp(-0.02 * years)
    return spot * cdf(d1) - owed * cdf(d2), owed * cdf(-d2) - spot * cdf(-d1)


def haversine(latitude_1, longitude_1, latitude_2, longitude_2):
    a = jnp.sin(jnp.radians(latitude_2 - latitude_1) * 0.5)
    b = jnp.sin(jnp.radians(longitude_2 - longitude_1) * 0.5)
    c = jnp.cos(jnp.radians(latitude_1)) * jnp.cos(jnp.radians(latitude_2))
    return 12742 * jnp.arcsin(jnp.sqrt(a * a + c * b * b))


PAIRS = list(combinations(range(6), 2))


def thirty(*columns):
    results = []
    for x, y in ((columns[i], columns[j]) for i, j in PAIRS):
        results += [x * y + x, (x - y) / (x + y)]
    return tuple(results)


def marketing(spend, signups):
    centred = spend - spend.mean()
    rolled = (spend[2:] + spend[1:-1] + spend[:-2]) / 3
    rolled = jnp.concatenate([jnp.full(2, jnp.nan), rolled])
    return rolled, spend / signups, centred, centred / spend.std(ddof=1)


def crime_index(population, adults, robberies):
    index = (population + 2 * adults - 2000 * robberies) / 100000
    clamped = jnp.where(index > 0.02, 0.032, jnp.where(index < 0.01, 0.005, index))
    return jnp.where(population > 500000, clamped, 0).sum()


def q6(shipdate, discount, quantity, price):
    kept = (shipdate >= 8766) & (shipdate < 9131) & (discount >= 0.05) & (discount <= 0.07)
    return jnp.where(kept & (quantity < 24), price * discount, 0).sum()


def group_sum(most):
    """The keys are known to be small: their sums fill an array."""
    return lambda key, value: jax.ops.segment_sum(value, key, num_segments=most)


def group_task(most):
    compiled = jax.jit(group_sum(most))

    def make(table):
        key, value = (jnp.asarray(array) for array in arrays(table))

        def to_arrow(total):
            total = np.asarray(total)
            return pa.table({"key": np.flatnonzero(total), "total": total[total != 0]})

        return Task(fresh=lambda: jax.block_until_ready(compiled(key, value)), to_arrow=to_arrow)

    return make


def share(most):
    return task(["share"], lambda key, value: value / group_sum(most)(key, value)[key])


WORKLOADS = {
    "black_scholes": task(["call", "put"], black_scholes),
    "haversine": task(["distance"], haversine),
    "thirty": task(
        [f"{kind}_{'abcdef'[i]}{'abcdef'[j]}" for i, j in PAIRS for kind in ("grown", "contrast")], thirty
    ),
    "marketing": task(
        ["avg_3wk_spend", "spend_per_signup", "spend_zero_mean", "spend_zero_mean_unit_variance"],
        marketing,
    ),
    "crime_index": task(["crime_index"], crime_index),
    "q6": task(["revenue"], q6),
    "group_sum_few": group_task(100),
    "group_sum_many": group_task(1_000_000),
    "share_few": share(100),
    "share_many": share(1_000_000),
}


def text(_folder, name, _threads):
    """A function compiled and called."""
    function, count = {"marketing": (marketing, 2), "thirty": (thirty, 6)}[name]
    inputs = [jnp.arange(1.0, 1025.0) for _ in range(count)]
    jax.clear_caches()
    return once(lambda: jax.block_until_ready(jax.jit(lambda *columns: function(*columns))(*inputs)))


ONCE = {"text": text}
