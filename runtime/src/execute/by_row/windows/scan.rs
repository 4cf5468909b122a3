//! Windows that go along the rows once, taken on by a value each: what is kept does not grow.

use icosian_ir::meaning::exponential::Exponential;
use icosian_ir::meaning::sums::{IntegerProduct, MalformedWords};
use icosian_ir::op::{Cumulative, Reduction, Window};
use icosian_ir::types::Lane;

use super::kept::Kept;
use super::sums::{Sums, float, integer};
use super::{Outcome, order_word};

/// What is kept of all rows before.
#[derive(Clone, Debug)]
pub(crate) enum Scan {
    /// Sums, and how many values they are of.
    Sums(Sums, u64),
    Count(u64),
    Product(f64),
    WholeProduct(IntegerProduct),
    /// The first, last, least or greatest value, and how many rows counted.
    Chosen(Option<u64>, u64),
    /// The last value, and how many rows ago it was.
    Fill(Kept, u64),
    Exponential(Exponential),
}

/// Which of the values is chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Least,
    Greatest,
    First,
    Last,
}

impl Scan {
    /// What a window keeps of no row, if it goes along the rows once.
    pub(crate) fn new(window: Window, lane: Option<Lane>) -> Option<Scan> {
        let is_float = matches!(lane, Some(Lane::F32 | Lane::F64));
        match window {
            Window::Cumulative(Cumulative::Sum) => {
                Some(Scan::Sums(Sums::new(Reduction::Sum, lane?)?, 0))
            }
            Window::Cumulative(Cumulative::Product) if is_float => Some(Scan::Product(1.0)),
            Window::Cumulative(Cumulative::Product) => {
                Some(Scan::WholeProduct(IntegerProduct::new()))
            }
            Window::Cumulative(Cumulative::Count) => Some(Scan::Count(0)),
            Window::Cumulative(Cumulative::Min | Cumulative::Max) => Some(Scan::Chosen(None, 0)),
            Window::Fill { .. } => Some(Scan::Fill(Kept::Null, 0)),
            Window::Exponential { decay, .. } => Some(Scan::Exponential(Exponential::new(decay))),
            Window::Rolling {
                reduction,
                frame: icosian_ir::op::Frame::Expanding,
                ..
            } => match reduction {
                Reduction::Count => Some(Scan::Count(0)),
                _ if choice(window).is_some() => Some(Scan::Chosen(None, 0)),
                _ => Some(Scan::Sums(Sums::new(reduction, lane?)?, 0)),
            },
            Window::Shift { .. }
            | Window::Rolling { .. }
            | Window::Interpolate
            | Window::Rank { .. } => None,
        }
    }

    /// Takes the value of a row, and gives the window's.
    #[inline]
    pub(crate) fn step(&mut self, window: Window, lane: Lane, word: Option<u64>) -> Outcome {
        // Windows so far are null where their row is; those of rows, where too few count.
        let (reduction, min_count) = match window {
            Window::Rolling {
                reduction,
                min_count,
                ..
            } => (Some(reduction), min_count),
            Window::Exponential { min_count, .. } => (None, min_count),
            _ => (None, 0),
        };
        let outcome = match self {
            Scan::Sums(sums, count) => {
                if let Some(word) = word {
                    sums.enter(lane, word);
                    *count += 1;
                }
                match *count >= min_count {
                    true => sums.result(reduction.unwrap_or(Reduction::Sum), *count),
                    false => Outcome::Null,
                }
            }
            Scan::Count(count) => {
                *count += u64::from(word.is_some());
                return match *count >= min_count {
                    true => Outcome::Integer(Some((*count).into())),
                    false => Outcome::Null,
                };
            }
            Scan::Product(product) => {
                if let Some(word) = word {
                    *product *= float(lane, word);
                }
                Some(*product).into()
            }
            Scan::WholeProduct(product) => {
                if let Some(word) = word {
                    product.multiply(integer(lane, word));
                }
                Outcome::Integer(product.value())
            }
            Scan::Chosen(chosen, count) => {
                let counts = word.is_some() || reduction.is_some_and(|of| !of.skips_null(0));
                if counts {
                    let takes = *count == 0
                        || match choice(window) {
                            Some(Choice::Last) => true,
                            Some(Choice::First) | None => false,
                            Some(better) => {
                                let order =
                                    |word: Option<u64>| order_word(lane, word.unwrap_or_default());
                                let (new, old) = (order(word), order(*chosen));
                                match better {
                                    Choice::Least => new < old,
                                    _ => new > old,
                                }
                            }
                        };
                    *count += 1;
                    if takes {
                        *chosen = word;
                    }
                }
                match (*count >= min_count, *chosen) {
                    (true, Some(word)) => Outcome::Word(word),
                    _ => Outcome::Null,
                }
            }
            Scan::Fill(kept, age) => {
                *age = age.saturating_add(1);
                if let Some(word) = word {
                    (*kept, *age) = (Kept::Word(word), 0);
                }
                return match kept {
                    Kept::Word(word) if *age <= fill_limit(window) => Outcome::Word(*word),
                    _ => Outcome::Null,
                };
            }
            Scan::Exponential(state) => {
                match word {
                    None => state.skip(),
                    Some(word) => state.add(float(lane, word)),
                }
                let moment = match window {
                    Window::Exponential { moment, .. } => state.moment(moment),
                    _ => None,
                };
                moment.filter(|_| state.count() >= min_count).into()
            }
        };
        match word.is_none() && reduction.is_none() {
            true => Outcome::Null,
            false => outcome,
        }
    }

    /// Takes the text of a row; the window's is in [`Scan::text`], a count is given.
    pub(crate) fn step_text(&mut self, window: Window, text: Option<&str>) -> Outcome {
        match self {
            Scan::Fill(kept, age) => {
                *age = age.saturating_add(1);
                if text.is_some() {
                    *age = 0;
                    kept.set_text(text);
                }
                Outcome::Null
            }
            _ => self.step(window, Lane::U32, text.map(|_| 0)),
        }
    }

    /// The text that stands in the last row.
    pub(crate) fn text(&self, window: Window) -> Option<&str> {
        match self {
            Scan::Fill(Kept::Text(text), age) if *age <= fill_limit(window) => Some(text),
            _ => None,
        }
    }

    /// The state as words, but for the value that fills.
    pub(crate) fn to_words(&self) -> Vec<u64> {
        match self {
            Scan::Sums(sums, count) => {
                let mut words = vec![*count];
                words.extend(sums.to_words());
                words
            }
            Scan::Count(count) => vec![*count],
            Scan::Product(product) => vec![product.to_bits()],
            Scan::WholeProduct(product) => product.to_words(),
            Scan::Chosen(chosen, count) => {
                vec![*count, chosen.is_some().into(), chosen.unwrap_or(0)]
            }
            Scan::Fill(_, age) => vec![*age],
            Scan::Exponential(state) => state.to_words().to_vec(),
        }
    }

    /// Whether no more than so many values went into it, as far as it counts them.
    pub(crate) fn is_of_at_most(&self, rows: u64) -> bool {
        match self {
            Scan::Sums(sums, count) => *count <= rows && sums.is_of(*count),
            Scan::Count(count) | Scan::Chosen(_, count) => *count <= rows,
            Scan::Exponential(state) => state.count() <= rows,
            Scan::Product(_) | Scan::WholeProduct(_) | Scan::Fill(..) => true,
        }
    }

    /// Takes over what [`Scan::to_words`] wrote of a state of this kind.
    pub(crate) fn read_words(
        &mut self,
        window: Window,
        words: &[u64],
    ) -> Result<(), MalformedWords> {
        match (self, words) {
            (Scan::Sums(sums, count), [read, words @ ..]) => {
                *count = *read;
                sums.read_words(*read, words)?;
            }
            (Scan::Count(count), [read]) => *count = *read,
            (Scan::Product(product), [read]) => *product = f64::from_bits(*read),
            (Scan::WholeProduct(product), words) => *product = IntegerProduct::from_words(words)?,
            (Scan::Chosen(chosen, count), [read, some @ (0 | 1), word]) => {
                (*chosen, *count) = ((*some == 1).then_some(*word), *read);
            }
            (Scan::Fill(_, age), [read]) => *age = *read,
            (Scan::Exponential(state), words) => {
                let words = <[u64; 6]>::try_from(words).map_err(|_| MalformedWords)?;
                if let Window::Exponential { decay, .. } = window {
                    *state = Exponential::from_words(decay, words);
                }
            }
            (
                Scan::Sums(..)
                | Scan::Count(_)
                | Scan::Product(_)
                | Scan::Chosen(..)
                | Scan::Fill(..),
                _,
            ) => return Err(MalformedWords),
        }
        Ok(())
    }
}

fn choice(window: Window) -> Option<Choice> {
    match window {
        Window::Cumulative(Cumulative::Min) => Some(Choice::Least),
        Window::Cumulative(Cumulative::Max) => Some(Choice::Greatest),
        Window::Rolling { reduction, .. } => match reduction {
            Reduction::Min => Some(Choice::Least),
            Reduction::Max => Some(Choice::Greatest),
            Reduction::First { .. } => Some(Choice::First),
            Reduction::Last { .. } => Some(Choice::Last),
            _ => None,
        },
        _ => None,
    }
}

fn fill_limit(window: Window) -> u64 {
    match window {
        Window::Fill { limit, .. } => limit,
        _ => u64::MAX,
    }
}
