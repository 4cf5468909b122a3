//! Names that other languages and libraries give to functions that flows have too.

use crate::check::elsewhere;

/// What to write instead of a name that other languages and libraries use.
pub(crate) fn known_elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "log" => "ln(x), log2(x), log10(x) or log_base(x, base)",
        "average" | "avg" | "nanmean" => "mean(x)",
        "nansum" | "total" => "sum(x)",
        "stddev" | "stdev" | "stddev_samp" | "nanstd" => "std(x)",
        "variance" => "var(x)",
        "cumsum" | "cum_sum" => "x.cumulative_sum()",
        "cumprod" | "cum_prod" => "x.cumulative_product()",
        "cummin" | "cum_min" => "x.cumulative_min()",
        "cummax" | "cum_max" => "x.cumulative_max()",
        "cumcount" | "cum_count" => "row_number(), or x.cumulative_count() of what is not null",
        "ffill" | "pad" => "x.forward_fill()",
        "bfill" | "backfill" => "x.backward_fill()",
        "dense_rank" => "rank(x, method=\"dense\")",
        "percent_rank" => "rank(x, pct=true)",
        "rolling_mean" | "moving_average" => "x.rolling(7).mean()",
        "rolling_sum" => "x.rolling(7).sum()",
        "ewm" => "x.ewm_mean(span=20)",
        "lag" => "x.shift(1)",
        "lead" => "x.shift(-1)",
        "size" | "nrow" => "len()",
        "len_chars" | "char_length" | "character_length" | "strlen" | "nchar" => "length(x)",
        "octet_length" | "len_bytes" => "byte_length(x)",
        "substr" | "substring" | "str_slice" => "slice(x, start, length), positions from 0",
        "uppercase" | "to_uppercase" | "toupper" | "upcase" => "upper(x)",
        "lowercase" | "to_lowercase" | "tolower" | "casefold" => "lower(x)",
        "strip" | "strip_chars" => "trim(x)",
        "lstrip" | "ltrim" | "strip_chars_start" => "trim_start(x)",
        "rstrip" | "rtrim" | "strip_chars_end" => "trim_end(x)",
        "lpad" | "ljust" | "zfill" | "rjust" => {
            "pad_start(x, length, fill) or pad_end(x, length, fill)"
        }
        "rpad" => "pad_end(x, length, fill)",
        "startswith" => "starts_with(x, y)",
        "endswith" => "ends_with(x, y)",
        "strpos" | "instr" | "position" | "str_find" => "find(x, y), a position from 0 or null",
        "replace_all" | "str_replace" => "replace(x, old, new)",
        "split" | "split_exact" => "split_part(x, separator, n), n from 0",
        "concat_str" | "concat_ws" => "concat(a, b, …)",
        "regexp_matches" | "regexp_like" | "regexp" | "rlike" => "matches(x, pattern)",
        "regexp_extract" | "str_extract" => "extract(x, pattern, group)",
        "regexp_replace" | "re_sub" => "regex_replace(x, pattern, new)",
        "count_matches" | "regexp_count" => "regex_count(x, pattern)",
        "edit_distance" | "levenshtein_distance" => "levenshtein(a, b)",
        "where" | "if_else" | "iff" | "ifelse" => "a if condition else b",
        "fillna" | "fill_null" | "ifnull" | "nvl" => "x ?? value",
        "nullif" => "null_if(x, value)",
        "fill_nan" => "nan_to_null(x) ?? value",
        "isnull" | "isna" | "is_null" => "x is null",
        "notnull" | "notna" | "is_not_null" => "x is not null",
        "digitize" => "bucket(x, edges)",
        "replace_strict" | "map_dict" => "map(x, {key: value}, default=)",
        "isin" | "is_in" => "x in [a, b], or x in table.column",
        "isnan" => "is_nan(x)",
        "isfinite" => "is_finite(x)",
        "isinf" | "is_inf" => "is_infinite(x)",
        "bitwise_and" | "bitand" => "bit_and(a, b)",
        "bitwise_or" | "bitor" => "bit_or(a, b)",
        "bitwise_xor" | "xor" | "bitxor" => "bit_xor(a, b); of bools a != b",
        "bitwise_not" | "invert" => "bit_not(x)",
        "left_shift" => "shift_left(x, n)",
        "right_shift" => "shift_right(x, n)",
        "bit_count" | "bitwise_count" | "bitwise_count_ones" | "popcount" => "count_ones(x)",
        "deg2rad" => "radians(x)",
        "rad2deg" => "degrees(x)",
        "astype" | "cast" | "int" => "a cast such as i64(x), or try_i64(x)",
        "float" | "double" => "f64(x)",
        "string" => "str(x)",
        "minimum" => "min(a, b)",
        "maximum" => "max(a, b)",
        "clamp" => "clip(x, low, high)",
        "ceiling" => "ceil(x)",
        "power" => "a ** b",
        "arctan2" => "atan2(y, x)",
        "arcsin" => "asin(x)",
        "arccos" => "acos(x)",
        "arctan" => "atan(x)",
        "arcsinh" => "asinh(x)",
        "arccosh" => "acosh(x)",
        "arctanh" => "atanh(x)",
        "prod" => "product(x)",
        "lgamma" | "gammaln" | "loggamma" | "lngamma" => "ln_gamma(x)",
        "factorial" => "gamma(n + 1)",
        "initcap" | "titlecase" | "to_titlecase" | "title_case" | "capwords" => "title(x)",
        "ntile" => "qcut(x, 4)",
        "uniform" => "low + (high - low) * random(seed)",
        "randint" | "rand_int" | "integers" => "random_integer(seed, low, high)",
        "bernoulli" => "random_bool(seed, p)",
        "shuffle" => "rank(random(seed), method=\"ordinal\"), or a table: t order by random(seed)",
        "to_physical" | "codes" | "to_codes" => "category_code(x, [\"S\", \"M\", \"L\"])",
        "factorize" | "ordinal_encode" | "label_encode" => {
            "category_code(x, [\"a\", \"b\"]), or a lookup in a table of the categories"
        }
        "nanmedian" | "percentile_50" => "median(x)",
        "percentile" | "quantile_cont" | "percentile_cont" => "quantile(x, 0.9)",
        "quantile_disc" | "percentile_disc" => "quantile(x, 0.9, interpolation=\"lower\")",
        "skewness" => "skew(x)",
        "kurt" => "kurtosis(x)",
        "nunique" | "n_distinct" | "count_distinct" => "n_unique(x)",
        "approx_count_distinct" | "approx_distinct" => "approx_n_unique(x)",
        "any_value" | "first_value" => "first(x)",
        "last_value" => "last(x)",
        "arg_max" | "argmax" | "max_by" | "idxmax" => "x.at_max(y)",
        "arg_min" | "argmin" | "min_by" | "idxmin" => "x.at_min(y)",
        "covar_samp" | "covariance" => "cov(x, y)",
        "covar_pop" => "cov(x, y, ddof=0)",
        "var_pop" => "var(x, ddof=0)",
        "var_samp" => "var(x)",
        "stddev_pop" => "std(x, ddof=0)",
        "correlation" | "pearson" => "corr(x, y)",
        "weighted_avg" | "wavg" => "weighted_mean(x, w)",
        "top_k" | "nlargest" => "a table: t order by x desc limit 5",
        "bottom_k" | "nsmallest" => "a table: t order by x limit 5",
        "value_counts" => "a table: t group by x { n = len() } order by n desc",
        "histogram" | "hist" => "a table: t group by bin = floor(x / 10) { n = len() }",
        "groupby" | "group_by" => "reduction(x) over key, or a table: flights group by key { ... }",
        "rand" | "rand_uniform" => "random(seed)",
        "randn" => "random_normal(seed)",
        "with_row_index" | "rownum" => "row_index()",
        "lookup" | "merge" => "table[column=value]",
        "merge_asof" | "join_asof" | "asof_join" => "table[column=value, time<=time]",
        "inner_join" => "table pairs = a join row = b[column=value]",
        "left_join" => "table pairs = a left join row = b[column=value]",
        "exists" => "x in table.column",
        "dayofweek" | "day_of_week" | "isodow" => "weekday(x), Monday is 1 and Sunday 7",
        "dayofyear" | "ordinal_day" | "yday" => "day_of_year(x)",
        "week" | "weekofyear" | "isoweek" | "week_of_year" => "iso_week(x)",
        "isoyear" => "iso_year(x)",
        "dayofmonth" | "mday" => "day(x)",
        "date_trunc" | "datetrunc" | "trunc_date" | "floor_date" => "truncate(x, 1mo)",
        "dateadd" | "date_add" | "offset_by" | "DateOffset" | "relativedelta" => {
            "x + 3d, x + 1mo or add_months(x, n)"
        }
        "datediff" | "date_diff" => "days_between(a, b), or (b - a) / 1h",
        "tz_convert" | "convert_time_zone" => "to_zone(x, \"Europe/Berlin\")",
        "tz_localize" | "replace_time_zone" => {
            "at_zone(x, \"Europe/Berlin\"), or wall_clock(x) to lose the zone"
        }
        "busday_count" | "business_day_count" => "business_days_between(a, b)",
        "busday_offset" | "BDay" => "add_business_days(x, n)",
        "unix_timestamp" | "to_epoch" | "timestamp_seconds" => "epoch(x, unit=\"s\")",
        "from_epoch" | "from_unixtime" => "timestamp(x, unit=\"s\", zone=\"UTC\")",
        "to_timestamp" => {
            "timestamp(x, unit=\"s\", zone=\"UTC\"), of text parse_timestamp(x, \"%d.%m.%Y %H:%M\")"
        }
        "strptime" | "to_datetime" | "try_strptime" | "as_datetime" | "parse_datetime" => {
            "parse_timestamp(x, \"%d.%m.%Y %H:%M\"), parse_date(x, \"%d.%m.%Y\"), try_parse_date(x, …)"
        }
        "to_date" | "str_to_date" | "as_date" | "date_parse" => {
            "parse_date(x, \"%d.%m.%Y\"); of text as 2013-01-31 date(x)"
        }
        "strftime" | "to_char" | "date_format" | "format_date" | "format_datetime"
        | "format_timestamp" | "dt_to_string" => "format(x, \"%d.%m.%Y %H:%M\")",
        "month_name" | "monthname" => "format(x, \"%B\")",
        "day_name" | "dayname" => "format(x, \"%A\")",
        "now" | "today" | "current_date" | "current_timestamp" | "utcnow" => {
            "a param: nothing in a flow reads a clock"
        }
        _ => return elsewhere::function(name),
    })
}
