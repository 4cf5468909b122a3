//! What people write who come from pandas, Polars, SQL or other languages, and what they are told: each
//! of these is refused (or warned of), and the message says what to write instead.

use icosian::Flow;
use icosian::diagnostic::render;

const TABLES: &str = "\
table t {
    x: f64, z: f64?, n: i64, u: u64, s: str, s2: str?, d: date, at: timestamp[s], flag: bool, k: str
}
table o { k: str, v: f64 }
";

/// What is written, and what the help or message must hold.
const HABITS: &[(&str, &str)] = &[
    ("y = x > 1 & x < 2", "and"),
    ("y = x > 1 | x < 2", "or"),
    ("y = x > 1 && x < 2", "and"),
    ("y = x > 1 || x < 2", "or"),
    ("y = !flag", "not"),
    ("y = ~flag", "not"),
    ("y = flag = true", "=="),
    ("y = x = 1", "=="),
    ("y = x <> 1", "!="),
    ("y = x === 1", "=="),
    ("y = x ^ 2", "**"),
    ("y = x.mean", "mean()"),
    ("y = t[\"x\"]", "table.column"),
    ("y = t['x']", "table.column"),
    ("y = df[\"x\"]", "x"),
    ("y = np.log(x)", "ln"),
    ("y = np.sqrt(x)", "sqrt"),
    ("y = numpy.exp(x)", "exp"),
    ("y = math.sin(x)", "sin"),
    ("y = CASE WHEN x > 1 THEN 2 ELSE 3 END", "if"),
    ("y = if x > 1 then 2 else 3", "if"),
    ("y = x > 1 ? 2 : 3", "if"),
    ("y = if(x > 1, 2, 3)", "if"),
    ("y = IF(x > 1, 2, 3)", "if"),
    ("y = x is None", "null"),
    ("y = x == None", "null"),
    ("y = x == null", "is null"),
    ("y = x != null", "is not null"),
    ("y = x IS NULL", "is null"),
    ("y = x is nan", "is_nan"),
    ("y = True", "true"),
    ("y = FALSE", "false"),
    ("y = NULL", "null"),
    ("y = NaN", "nan"),
    ("y = x AND flag", "and"),
    ("y = flag OR flag", "or"),
    ("y = NOT flag", "not"),
    ("y = d > \"2013-01-01\"", "date("),
    ("y = at > \"2013-01-01\"", "timestamp("),
    ("y = x + o.v", "["),
    ("y = o.v > x", "["),
    ("y = s + 1", "str("),
    ("y = x + \"a\"", "str("),
    ("y = avg(x)", "mean"),
    ("y = stddev(x)", "std"),
    ("y = variance(x)", "var"),
    ("y = nunique(s)", "n_unique"),
    ("y = count_distinct(s)", "n_unique"),
    ("y = count(distinct s)", "n_unique"),
    ("y = count(*)", "len"),
    ("y = log(x)", "ln"),
    ("y = isnull(x)", "is null"),
    ("y = fillna(z, 0)", "??"),
    ("y = z.fillna(0)", "??"),
    ("y = ifnull(z, 0)", "??"),
    ("y = nvl(z, 0)", "??"),
    ("y = where(x > 1, 2, 3)", "if"),
    ("y = iff(x>1,2,3)", "if"),
    ("y = s.str.lower()", "lower"),
    ("y = s.str.contains(\"a\")", "x.lower()"),
    ("y = at.dt.year", "year()"),
    ("y = at.dt.hour()", "x.year()"),
    ("y = d.year", "year()"),
    ("y = x.astype(int)", "i64"),
    ("y = x.astype(\"int32\")", "a cast such as i64(x)"),
    ("y = int(x)", "i64"),
    ("y = float(n)", "f64"),
    ("y = CAST(x AS INTEGER)", "i64("),
    ("y = x::int", "i64("),
    ("y = x.rolling(3)", "reduce"),
    ("y = x.rolling(window=3).mean()", "rolling(x, n"),
    ("y = x.rolling(3).average()", "mean"),
    ("y = x.groupby(k).mean()", "over"),
    ("y = t.groupby(\"k\").x.mean()", "over"),
    ("y = mean(x) OVER (PARTITION BY k)", "over"),
    ("y = mean(x) over (partition by k)", "over"),
    ("y = lag(x)", "shift"),
    ("y = lead(x, 1)", "shift"),
    ("y = x.cumsum()", "cumulative_sum"),
    ("y = x.clip(lower=0, upper=1)", "low"),
    ("y = x.isin([1, 2])", " in "),
    ("y = x between 1 and 2", "<="),
    ("y = x in (1, 2)", "["),
    ("y = lambda a: a", "fn"),
    ("def f(a): return a", "fn"),
    ("y = [a for a in x]", "for"),
    ("y = x if flag", "else"),
    ("y := x", "="),
    ("let y = x", "name = expression"),
    ("y == x", "="),
    ("SELECT x FROM t", "table name = source"),
    ("w = t.merge(o, on=\"k\")", "["),
    ("w = t join o on t.k = o.k", "["),
    ("j = t where x > 1 and", "expected"),
    ("j = t.filter(x > 1)", "where"),
    ("j = t.sort_values(\"x\")", "order by"),
    ("j = t order by x descending", "desc"),
    ("j = t group by k { m = avg(x) }", "mean"),
    ("j = SELECT k, mean(x) FROM t GROUP BY k", "group by"),
    ("y = len(x)", "len()"),
    ("y = x.size()", "len()"),
    ("y = x.len()", "len"),
    ("y = max(x, 0, 1)", "max"),
    ("y = round(x, 2)", "round"),
    ("y = -s", "number"),
    ("y = flag + flag", "i8("),
    ("y = not x", "bool"),
    ("y = x and flag", "compare"),
    ("y = u + n", "cast"),
    ("y: int = n", "i64"),
    ("y: float = x", "f64"),
    ("y: string = s", "str"),
    ("y: double = x", "f64"),
    ("y: f64 = z", "?"),
    ("y = now()", "clock"),
    ("y = today()", "clock"),
    ("y = random()", "seed"),
    ("y = rand()", "random"),
    ("y = substr(s, 1, 2)", "slice"),
    ("y = s[0:2]", "slice"),
    ("y = concat_ws(\",\", s, k)", "concat"),
    ("y = f\"{s}\"", "+"),
    ("y = s.upper", "upper()"),
    ("y = s.strip()", "trim"),
    ("y = s.startswith(\"a\")", "starts_with"),
    ("y = extract(year from d)", "year"),
    ("y = percentile(x, 50)", "quantile"),
    ("y = x.apply(f)", "fn"),
    ("y = x; w = x", "new line"),
    ("import pandas as pd", "import"),
    ("/* c */ y = x", "#"),
    ("// c\ny = x", "#"),
];

#[test]
fn habits_of_other_languages_are_told_what_to_write() {
    let mut failures = Vec::new();
    for (text, wanted) in HABITS {
        let told = match Flow::from_text(&format!("{TABLES}{text}\n")) {
            Ok(flow) => render(flow.sources(), flow.warnings(), false),
            Err(error) => error.render(false),
        };
        // Not the lines that quote the flow, which may hold anything.
        let mut messages = told.lines().filter(|line| {
            line.starts_with("error") || line.starts_with("warning") || line.contains(" = ")
        });
        if !messages.any(|line| line.contains(wanted)) {
            failures.push(format!("{text}: {wanted:?} is not in\n{told}"));
        }
    }
    assert!(HABITS.len() >= 100);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
