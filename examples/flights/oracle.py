"""Recomputes every output of flights.flow with Polars and exact fractions, and compares.

    icosian run flights.flow --output FOLDER
    python oracle.py FOLDER            # exits 1 if anything disagrees

FOLDER holds a file per table (`flights.csv`, `carriers.csv`, `late_flights.csv`) and one with the
scalars, CSV or Parquet. How near is near enough:

* Integers, text, bools, times: equal. So are floats made of + - * / from equal operands, which
  IEEE 754 rounds one way only, and sums, means and variances: the language says they are exact
  and rounded once, and so are they here, by fractions. (`std` is the square root of the variance
  rounded once; dividing by it is one more rounding, the same on both sides.)
* What goes through sin, cos, atan2 or log1p: each may be 1 ULP off here and 1 ULP off there. On
  the way to a distance they meet in a product, a sum of two positive terms and a square root, so
  16 ULP of the distance is more than they can add up to. `detour` subtracts 1 from a ratio near 1:
  its absolute error is 16 ULP of that ratio.
"""

import math
import struct
import sys
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent
LATE_AFTER = 15
PI, RADIUS = 3.141592653589793, 3958.8


# ----------------------------------------------------------------- exact statistics


def known(values):
    return [value for value in values if value is not None]


def exact_sum(values):
    """The sum, as an integer of integers, else as a fraction."""
    values = known(values)
    whole = all(isinstance(value, int) for value in values)
    return sum(values) if whole else sum(map(Fraction, values), Fraction(0))


def mean(values):
    """The exact mean, rounded once: Python divides integers so, and fractions."""
    count = len(known(values))
    return float(exact_sum(values) / count) if count else None


def std(values):
    """The root of the exact variance rounded once, one degree of freedom taken off."""
    values = [Fraction(value) for value in known(values)]
    count = len(values)
    if count < 2:
        return None
    total, squares = sum(values), sum(value * value for value in values)
    return math.sqrt(float((count * squares - total * total) / (count * (count - 1))))


def strict(function):
    """The function over rows, null where an operand is."""
    return lambda *columns: [
        None if None in row else function(*row) for row in zip(*columns)
    ]


def grouped(keys):
    """Row numbers by key, keys in order of first appearance."""
    groups = {}
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    return groups


def over(statistic, values, keys):
    """The statistic of each row's group, in each row."""
    result = [None] * len(values)
    for rows in grouped(keys).values():
        value = statistic([values[row] for row in rows])
        for row in rows:
            result[row] = value
    return result


def rolling(values, length, least, statistic):
    windows = (values[max(0, row + 1 - length) : row + 1] for row in range(len(values)))
    return [statistic(w) if len(known(w)) >= least else None for w in windows]


def quotient(a, b):
    """IEEE division, which Python's raises instead of giving inf or nan."""
    if b:
        return a / b
    return math.nan if not a or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)


# ----------------------------------------------------------------- the flow, again


def expected():
    read = lambda name: pl.read_csv(HERE / name, null_values="NA", infer_schema_length=None)
    flights, airports, airlines = read("flights.csv"), read("airports.csv"), read("airlines.csv")
    f = {name: flights[name].to_list() for name in flights.columns}
    rows = len(flights)
    airline = dict(airlines.iter_rows())
    airport = {row["faa"]: row for row in airports.iter_rows(named=True)}

    out = {}
    arr, dep, dist = f["arr_delay"], f["dep_delay"], f["distance"]
    out["gained"] = strict(lambda d, a: d - a)(dep, arr)
    out["cancelled"] = [time is None for time in f["dep_time"]]
    hours = pl.Series(f["time_hour"]).str.to_datetime("%Y-%m-%dT%H:%M:%SZ").to_list()
    out["departed"] = strict(lambda h, m, d: h + timedelta(minutes=m + d))(hours, f["minute"], dep)
    late = out["late"] = strict(lambda a: a > LATE_AFTER)(arr)
    out["punctuality"] = [
        "never" if a is None else "early" if a < 0 else "on time" if a <= 15 else "late" for a in arr
    ]
    speed = out["speed"] = strict(lambda d, t: quotient(float(d), float(t)) * 60.0)(dist, f["air_time"])
    out["haul"] = ["short" if d < 500 else "medium" if d < 1500 else "long" for d in dist]
    out["meal"] = [h != "short" and not c for h, c in zip(out["haul"], out["cancelled"])]

    zscore = strict(lambda x, m, s: quotient(x - m, s))
    out["delay_z"] = zscore(arr, [mean(arr)] * rows, [std(arr)] * rows)
    carrier = f["carrier"]
    out["delay_z_carrier"] = zscore(arr, over(mean, arr, carrier), over(std, arr, carrier))
    fastest = over(lambda v: max(known(v), default=None), speed, list(zip(f["origin"], f["dest"])))
    out["speed_rank"] = strict(quotient)(speed, fastest)
    usual = over(mean, arr, list(zip(carrier, f["origin"])))
    excess = out["excess"] = [0.0 if a is None or u is None else a - u for a, u in zip(arr, usual)]

    start = [airport.get(code) for code in f["origin"]]
    end = [airport.get(code) for code in f["dest"]]
    field = lambda places, name: [place and place[name] for place in places]
    out["airline_name"] = [airline.get(code) for code in carrier]
    out["destination"] = [name or code for name, code in zip(field(end, "name"), f["dest"])]
    out["same_zone"] = strict(lambda a, b: a == b)(field(start, "tzone"), field(end, "tzone"))
    out["climb"] = strict(lambda a, b: b - a)(field(start, "alt"), field(end, "alt"))

    def globe(lat1, lon1, lat2, lon2):
        radians = lambda degrees: degrees * PI / 180
        square = lambda x: x * x
        half = lambda angle: square(math.sin(angle / 2))
        across = math.cos(radians(lat1)) * math.cos(radians(lat2)) * half(radians(lon2 - lon1))
        h = half(radians(lat2 - lat1)) + across
        return RADIUS * (2 * math.atan2(math.sqrt(h), math.sqrt(1 - h)))

    places = [field(side, name) for side in (start, end) for name in ("lat", "lon")]
    miles = out["globe"] = strict(globe)(*places)
    out["detour"] = strict(lambda d, g: quotient(float(d), g) - 1)(dist, miles)

    before = [None, *dep[:-1]]
    for length in (10, 100):
        out[f"delay_{length}"] = rolling(before, length, 1, mean)
    out["trend"] = rolling(dep, 5, 5, lambda w: sum(known(w)))
    total, out["delay_so_far"] = 0, []
    for delay in dep:
        total += delay or 0
        out["delay_so_far"].append(None if delay is None else total)
    out["since_last"] = strict(lambda a, b: a - b)(dep, before)
    for name, code in {"newark": "EWR", "kennedy": "JFK", "laguardia": "LGA"}.items():
        out[f"from_{name}"] = [int(origin == code) for origin in f["origin"]]
    out["log_delay"] = strict(lambda a: math.log1p(min(max(a, 0), 600)))(arr)

    kept = [row for row in range(rows) if late[row]]
    all_excess = float(exact_sum([excess[row] for row in kept]))
    late_flights = {
        "flight": [f["flight"][row] for row in kept],
        "delay_z": [out["delay_z"][row] for row in kept],
        "share_of_excess": [quotient(excess[row], all_excess) for row in kept],
        "catch_up": strict(lambda g: g > 0)([out["gained"][row] for row in kept]),
    }

    groups = grouped(carrier)
    of = lambda values, statistic: [
        statistic([values[row] for row in members]) for members in groups.values()
    ]
    carriers = {
        "carrier": list(groups),
        "n": [len(members) for members in groups.values()],
        "flown": of(f["air_time"], lambda v: len(known(v))),
        "mean_delay": of(arr, mean),
        "worst": of(arr, lambda v: max(known(v), default=None)),
        "best": of(arr, lambda v: min(known(v), default=None)),
        "spread": of(arr, std),
        "late_share": of(late, mean),
        "miles": of(dist, sum),
        "any_cancelled": of(out["cancelled"], any),
        "name": [airline.get(code) for code in groups],
        "share": [len(members) / rows for members in groups.values()],
    }
    carriers["delay_above_all"] = strict(lambda a: a - mean(arr))(carriers["mean_delay"])

    scalars = {
        "flights_in_all": [rows],
        "mean_delay": [mean(arr)],
        "delay_deviation": [std(arr)],
        "share_late": [mean(late)],
        "top_speed": [max(known(speed))],
        "unlisted": [sum(place is None for place in end)],
    }
    return {"flights": out, "late_flights": late_flights, "carriers": carriers, "scalars": scalars}


# ----------------------------------------------------------------- comparison

ULPS = {"globe": 16, "log_delay": 2}


def ulps(a, b):
    """How many floats lie between two."""
    place = lambda x: struct.unpack("<q", struct.pack("<d", x))[0]
    ordered = lambda bits: bits if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)
    return abs(ordered(place(a)) - ordered(place(b)))


def agree(name, wanted, found):
    if wanted is None or found is None:
        return wanted is None and found is None
    if isinstance(wanted, float):
        found = float(found)
        if math.isnan(wanted):
            return math.isnan(found)
        if name == "detour":
            return abs(wanted - found) <= 16 * math.ulp(1 + wanted)
        return ulps(wanted, found) <= ULPS.get(name, 0)
    if isinstance(wanted, bool) and isinstance(found, str):
        return found == str(wanted).lower()
    return wanted == found


def load(folder, table):
    """The table as written, or None. CSV is read with every column in the type wanted."""
    if (folder / f"{table}.parquet").exists():
        return pl.read_parquet(folder / f"{table}.parquet")
    if (folder / f"{table}.csv").exists():
        return pl.read_csv(folder / f"{table}.csv", infer_schema=False)
    return None


def cells(column, wanted):
    """A column's values; text of a CSV in the type of the values wanted."""
    kind = type(next((value for value in wanted if value is not None), ""))
    if column.dtype != pl.String or kind is str:
        values = column.to_list()
        if column.dtype.is_temporal():
            return column.dt.replace_time_zone(None).to_list()
        return values
    if kind in (int, float):
        return [None if text is None else kind(text) for text in column]
    if kind is bool:
        return [None if text is None else {"true": True, "false": False}[text] for text in column]
    return column.str.strip_suffix("Z").str.replace("T", " ").str.to_datetime("%Y-%m-%d %H:%M:%S%.f").to_list()


def main() -> int:
    folder = Path(sys.argv[1])
    compared = disagreements = 0
    for table, columns in expected().items():
        written = load(folder, table)
        if written is None:
            print(f"{table}: nothing in {folder}")
            disagreements += 1
            continue
        extra = set(written.columns) - set(columns)
        if extra:
            print(f"{table}: unexpected columns {sorted(extra)}")
            disagreements += 1
        for name, wanted in columns.items():
            if name not in written.columns:
                print(f"{table}.{name}: missing")
                disagreements += 1
                continue
            found = cells(written[name], wanted)
            if len(found) != len(wanted):
                print(f"{table}.{name}: {len(found)} rows, expected {len(wanted)}")
                disagreements += 1
                continue
            wrong = [row for row in range(len(wanted)) if not agree(name, wanted[row], found[row])]
            compared += len(wanted)
            if wrong:
                row = wrong[0]
                disagreements += 1
                print(
                    f"{table}.{name}: {len(wrong)} of {len(wanted)} rows differ, first row {row}: "
                    f"expected {wanted[row]!r}, found {found[row]!r}"
                )
    verdict = "all agree" if not disagreements else f"{disagreements} columns or tables disagree"
    print(f"{compared} values compared: {verdict}")
    return 1 if disagreements else 0


sys.exit(main())
