//! Flows changed at random, through everything up to a run: whatever comes of them, no panic.

use std::fs;
use std::path::{Path, PathBuf};

use icosian::{Flow, FlowOptions, Inputs, SerialExecutor};
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::test_runner::TestCaseError;

use crate::support::{floats, integers};

const FLOW: &str = "\"\"\"All there is.\"\"\"
config mode: str = \"batch\"
config lags = [1, 3]
param since: date = date(\"2013-01-01\")
param top: f64? = null
table areas { key: str, v: f64?, at: timestamp[s, \"UTC\"] }
table t { x: f64?, k: i64, s: str, d: date, at: timestamp[ms], flag: bool
    \"\"\"Doc.\"\"\"
    @owner(\"ops\")
    ratio: f64? = x / k * 60
    w = areas[key=s]
    warm = w.v > 68 if w.v is not null else false
    size = match k { 0..=5: \"short\", 7: \"seven\", _: \"long\" }
    late = x - mean(x) over s
    over s { for n in lags { lag_{n} = x - mean(x) * n } }
    gone = x.shift(2).rolling(3).mean()
    for name, code in {a: \"EWR\", b: \"JFK\"} { is_{name} = i8(s == code) }
}
fn zscore(x) = (x - mean(x)) / std(x)
when mode == \"batch\" { z = zscore(t.x) } else { z = t.x }
total = sum(k) + t.len() // 2 ** 3 % 5
both = (t.x ?? 0.0) > 1 and t.flag or not t.flag and t.k in [1, 2, 3]
big = exp(t.x) + sqrt(abs(t.x)) - clip(t.x, 0, 1) if t.d >= since else t.x.cumulative_sum()
far = t.at + 3h - 2d
table kept = t where x > 0 and not flag
n_kept = kept.len()
table days = t group by s, k2 = k // 2 { n = len(), m = mean(x) }
output best = [z, total, kept.*]
test \"one\" { given t(x=[1.0, null], k=[1, 2])\n expect ratio is [60.0, null] }
";

fn flows(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the corpus");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "flow")
    });
    paths.sort();
    paths
}

fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![FLOW.to_owned(), FLOW.to_owned()];
    let paths = flows(&root.join("flows"));
    texts.extend(
        paths
            .iter()
            .map(|path| fs::read_to_string(path).expect("a flow")),
    );
    assert!(texts.len() > 10);
    texts
}

/// One change: where, what kind, and a random number for it.
type Change = (prop::sample::Index, u8, prop::sample::Index);

/// Pieces that mean something somewhere.
const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "..",
    "=",
    "==",
    "??",
    "-",
    "**",
    "//",
    "%",
    "\n",
    " null ",
    " over ",
    " if ",
    " else ",
    " in ",
    "match ",
    "table ",
    "group by ",
    "where ",
    "fn ",
    "mean(",
    "sum(",
    ".rolling(3).mean()",
    ".shift(1)",
    ".cumulative_sum()",
    "x",
    "k",
    "s",
    "t.",
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "1e308",
    "1e999",
    "nan",
    "inf",
    "\"",
    "\"a\"",
    "?",
    "i8(",
    "try_i32(",
    "date(\"2013-01-01\")",
    "3h",
    "1mo",
    "true",
    "and ",
    "or ",
    "not ",
    "is ",
    "`",
    "é",
    "\u{feff}",
    "\t",
    "@",
    "_",
    "areas[key=s]",
    "order by ",
    "param ",
    "config ",
    "timestamp[s]",
    "u64",
    "f32",
    "row",
];

fn changed(text: &str, changes: &[Change]) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for (place, kind, other) in changes {
        if text.is_empty() {
            break;
        }
        let place = place.index(text.len());
        let length = 1 + other.index(20);
        let end = (place + length).min(text.len());
        match kind % 5 {
            0 => drop(text.drain(place..end)),
            1 => {
                let piece = PIECES[other.index(PIECES.len())];
                drop(text.splice(place..place, piece.chars()));
            }
            2 => {
                let piece = PIECES[other.index(PIECES.len())];
                drop(text.splice(place..(place + piece.len()).min(text.len()), piece.chars()));
            }
            3 => {
                let copied: Vec<char> = text[place..end].to_vec();
                let to = other.index(text.len());
                drop(text.splice(to..to, copied));
            }
            _ => {
                // A whole word for another one of the text.
                let words: Vec<(usize, usize)> = words(&text);
                if let (Some(&(from, to)), Some(&(start, end))) = (
                    words.get(place % words.len().max(1)),
                    words.get(other.index(words.len().max(1))),
                ) {
                    let word: Vec<char> = text[start..end].to_vec();
                    drop(text.splice(from..to, word));
                }
            }
        }
    }
    text.into_iter().collect()
}

fn words(text: &[char]) -> Vec<(usize, usize)> {
    let is_word = |at: usize| text.get(at).is_some_and(|letter| letter.is_alphanumeric());
    let mut words = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let start = at;
        while is_word(at) {
            at += 1;
        }
        if at > start {
            words.push((start, at));
        } else {
            at += 1;
        }
    }
    words
}

/// Everything that can be done with a flow whose data is in memory.
fn through(text: &str) -> Result<(), TestCaseError> {
    let options = FlowOptions {
        tests: true,
        ..FlowOptions::default()
    };
    let flow = match Flow::from_text_with(text, &options) {
        Ok(flow) => flow,
        Err(error) => {
            proptest::prop_assert!(!error.diagnostics().is_empty());
            proptest::prop_assert!(!error.render(false).is_empty());
            return Ok(());
        }
    };
    let printed = flow.graph().to_string();
    let prepared = match flow.outputs().prepare() {
        Ok(prepared) => prepared,
        Err(error) => {
            proptest::prop_assert!(!error.render(false).is_empty());
            return Ok(());
        }
    };
    let mut inputs = Inputs::new();
    for table in flow.graph().tables.values() {
        inputs = inputs
            .batches(&table.name, vec![floats([1.5, -0.0, f64::NAN])])
            .batches(&table.name, vec![integers([i64::MIN, 0, 7])]);
    }
    match prepared.run_with(&inputs, &SerialExecutor) {
        Ok(output) => proptest::prop_assert!(output.arrays().is_ok()),
        Err(error) => proptest::prop_assert!(!error.render(false).is_empty()),
    }
    let _ = printed;
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn flows_changed_at_random(
        text in any::<prop::sample::Index>(),
        changes in prop::collection::vec(any::<Change>(), 1..6),
    ) {
        let texts = texts();
        through(&changed(&texts[text.index(texts.len())], &changes))?;
    }
}

#[test]
fn the_flow_as_it_is_is_right() {
    let options = FlowOptions {
        tests: true,
        ..FlowOptions::default()
    };
    if let Err(error) = Flow::from_text_with(FLOW, &options) {
        panic!("{}", error.render(false));
    }
}
