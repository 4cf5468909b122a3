//! What people write who come from pandas, Polars, SQL or another programming language, where a flow
//! has something else than a function of another name (those are told by `functions`).

/// What to write instead of a function that is something else here. Capitals don't matter.
pub(crate) fn function(name: &str) -> Option<&'static str> {
    Some(match name {
        "filter" | "query" | "subset" | "loc" => "a table: kept = t where condition",
        "sort_values" | "sort" | "sort_by" | "arrange" | "order_by" => {
            "a table: sorted = t order by key desc"
        }
        "limit" | "take" => "a table: some = t limit 5",
        "drop_duplicates" | "unique" => "a table: once = t distinct column",
        "dropna" | "drop_nulls" => "a table: known = t where x is not null",
        "agg" | "aggregate" | "summarize" | "summarise" => {
            "a table: t group by key { total = sum(x) }"
        }
        "assign" | "mutate" | "with_columns" => "a definition: name = expression",
        "pivot" | "pivot_table" | "pivot_wider" | "crosstab" | "unstack" => {
            "a loop in a group: group by key { for k in [\"a\", \"b\"] { {k} = sum(x if name == k else 0) } }"
        }
        "melt" | "pivot_longer" => "a table: long = t unpivot pattern into name, value",
        "join" | "left_join" | "inner_join" | "join_asof" | "merge_asof" => {
            "a lookup, table[column=value], or a table: t join o = other[column=value]"
        }
        "get_dummies" | "to_dummies" | "one_hot" => {
            "for name in [\"a\", \"b\"] { is_{name} = i8(x == name) }"
        }
        "apply" | "transform" | "pipe" | "lambda" | "map_elements" => {
            "a function of the flow, fn f(x) = expression, or match x { … }"
        }
        "if" | "case" | "when" => "a if condition else b, or match x { 1: a, _: b }",
        "print" => "nothing: a flow prints what is selected",
        _ => return None,
    })
}

/// What to write instead of a name that is no name here.
pub(crate) fn name(name: &str) -> Option<&'static str> {
    Some(match name {
        "NaN" | "NAN" => "nan is written small",
        "Inf" | "INF" | "Infinity" | "infinity" => "infinity is written inf",
        "CASE" | "case" => "write a if condition else b, or match x { 1: a, _: b }",
        "SELECT" | "select" => {
            "a query begins with its table: t where condition group by key { … }"
        }
        "NOT" | "Not" => "operators are written small: not",
        "lambda" => "functions are written fn name(x) = expression",
        "distinct" | "DISTINCT" => "distinct values are counted with n_unique(x)",
        "partition" | "PARTITION" => "the keys stand alone: mean(x) over (key order by time)",
        _ => return None,
    })
}

/// What to write instead of a member that another library puts functions under.
pub(crate) fn accessor(name: &str) -> Option<&'static str> {
    matches!(name, "str" | "dt" | "cat" | "list")
        .then_some("functions are called on the value itself: x.lower(), x.year()")
}

#[cfg(test)]
mod tests {
    use super::function;
    use crate::check::functions;

    #[test]
    fn nothing_is_told_of_functions_that_exist() {
        for known in functions::FUNCTIONS {
            assert_eq!(function(known.name), None, "{}", known.name);
        }
    }
}
