"""Compares what `icosian run tpch.flow --output FOLDER` wrote with DuckDB's answers to the same queries.

Both compute amounts in decimals, exactly, and exactly they are compared. Means and shares are floats: to
1e-12 of their size.

    python oracle.py FOLDER [DATA]
"""

import csv
import decimal
import pathlib
import sys

import duckdb

QUERIES = {
    "q1": """
        select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty,
            sum(l_extendedprice) as sum_base_price,
            sum(l_extendedprice * (1 - l_discount)) as sum_disc_price,
            sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge,
            avg(l_quantity) as avg_qty, avg(l_extendedprice) as avg_price,
            avg(l_discount) as avg_disc, count(*) as count_order
        from lineitem where l_shipdate <= date '1998-09-02'
        group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus""",
    "q3": """
        select l_orderkey, o_orderdate, o_shippriority,
            sum(l_extendedprice * (1 - l_discount)) as revenue
        from customer, orders, lineitem
        where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey
            and o_orderdate < date '1995-03-15' and l_shipdate > date '1995-03-15'
        group by l_orderkey, o_orderdate, o_shippriority
        order by revenue desc, o_orderdate limit 10""",
    "q6": """
        select sum(l_extendedprice * l_discount) as q6 from lineitem
        where l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'
            and l_discount between 0.05 and 0.07 and l_quantity < 24""",
    "q12": """
        select l_shipmode,
            sum(case when o_orderpriority in ('1-URGENT', '2-HIGH') then 1 else 0 end)
                as high_line_count,
            sum(case when o_orderpriority in ('1-URGENT', '2-HIGH') then 0 else 1 end)
                as low_line_count
        from orders, lineitem
        where o_orderkey = l_orderkey and l_shipmode in ('MAIL', 'SHIP')
            and l_commitdate < l_receiptdate and l_shipdate < l_commitdate
            and l_receiptdate >= date '1994-01-01' and l_receiptdate < date '1995-01-01'
        group by l_shipmode order by l_shipmode""",
    "q14": """
        select 100.00 * sum(case when p_type like 'PROMO%'
                then l_extendedprice * (1 - l_discount) else 0 end)
            / sum(l_extendedprice * (1 - l_discount)) as q14
        from lineitem, part
        where l_partkey = p_partkey
            and l_shipdate >= date '1995-09-01' and l_shipdate < date '1995-10-01'""",
}


def same(ours, theirs):
    if isinstance(theirs, (int, str)):
        return ours == str(theirs)
    if hasattr(theirs, "isoformat"):
        return ours == theirs.isoformat()
    if isinstance(theirs, decimal.Decimal):
        return decimal.Decimal(ours) == theirs
    return abs(float(ours) - theirs) <= 1e-12 * abs(theirs)


def main(folder, data):
    database = duckdb.connect()
    for table in ["customer", "orders", "part", "lineitem"]:
        database.execute(f"create view {table} as from '{data / (table + '.parquet')}'")
    scalars = list(csv.DictReader(open(folder / "scalars.csv", newline="")))
    compared = 0
    for name, query in QUERIES.items():
        result = database.execute(query)
        columns = [column[0] for column in result.description]
        theirs = result.fetchall()
        ours = scalars if name in ["q6", "q14"] else list(
            csv.DictReader(open(folder / f"{name}.csv", newline=""))
        )
        assert len(ours) == len(theirs), (name, len(ours), len(theirs))
        for row, (mine, other) in enumerate(zip(ours, theirs)):
            for column, value in zip(columns, other):
                assert same(mine[column], value), (name, row, column, mine[column], value)
                compared += 1
    print(f"{compared} values compared: all agree")


if __name__ == "__main__":
    here = pathlib.Path(__file__).parent
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else here / "data")
