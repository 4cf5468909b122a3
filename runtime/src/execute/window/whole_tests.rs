//! Windows in pieces against their simple definitions: by rows that are looked at one by one.

use icosian_ir::meaning::exponential::Exponential;
use icosian_ir::meaning::sums::RollingSum;
use icosian_ir::op::{Alpha, Cumulative, Decay, ExponentialMoment, Frame, Reduction, Window};
use icosian_ir::types::{Lane, ScalarType, TimeUnit};
use proptest::prelude::*;

use super::frames::Axis;
use super::lanes::Lanes;
use super::{Argument, Written, run_along, run_whole};
use crate::bytes::{bit, put_bit, typed};
use crate::execute::view::View;
use crate::memory::Region;

/// A column of 64-bit words, which may be f64, i64 or others.
#[derive(Debug)]
struct Column {
    scalar: ScalarType,
    values: Region,
    validity: Option<Vec<u8>>,
}

impl Column {
    fn new(scalar: ScalarType, words: &[Option<u64>]) -> Column {
        let lane = scalar.lane().unwrap();
        let mut values = Region::zeroed(lane.bytes(words.len()));
        let mut validity = vec![0; words.len().div_ceil(8)];
        let size = lane.bytes(1);
        for (row, word) in words.iter().enumerate() {
            let bytes = word.unwrap_or(0x5a5a).to_le_bytes();
            values.bytes_mut()[row * size..(row + 1) * size].copy_from_slice(&bytes[..size]);
            put_bit(&mut validity, row, word.is_some());
        }
        Column {
            scalar,
            values,
            validity: words.iter().any(Option::is_none).then_some(validity),
        }
    }

    fn argument(&self) -> Argument<'_> {
        Argument {
            scalar: self.scalar,
            lane: self.scalar.lane().unwrap(),
            view: View {
                values: self.values.bytes(),
                validity: self.validity.as_deref(),
            },
        }
    }
}

/// The words of results, all NaN as one.
fn results(scalar: ScalarType, values: &[u8], validity: &[u8], rows: usize) -> Vec<Option<u64>> {
    let lane = scalar.lane().unwrap();
    let word = |row: usize| match lane {
        Lane::F64 => {
            let value = typed::<f64>(values)[row];
            if value.is_nan() { f64::NAN } else { value }.to_bits()
        }
        Lane::F32 => {
            let value = typed::<f32>(values)[row];
            u64::from(if value.is_nan() { f32::NAN } else { value }.to_bits())
        }
        _ => Lanes::new(lane, values).integer(row) as u64,
    };
    let cells = (0..rows).map(|row| bit(validity, row).then(|| word(row)));
    cells.collect()
}

fn run(scalar: ScalarType, rows: usize, work: impl Fn(&mut Written<'_>)) -> Vec<Option<u64>> {
    let padded = rows.next_multiple_of(64);
    let mut values = Region::zeroed(scalar.lane().unwrap().bytes(padded));
    let mut validity = Region::zeroed(padded / 8);
    // What a buffer held before must not show.
    values.bytes_mut().fill(0xa5);
    validity.bytes_mut().fill(0xa5);
    let mut written = Written {
        values: values.bytes_mut(),
        validity: Some(validity.bytes_mut()),
        scalar,
        flagged: false,
    };
    work(&mut written);
    results(scalar, values.bytes(), validity.bytes(), rows)
}

fn in_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
    pool.unwrap().install(work)
}

/// Along all rows in pieces, and in one.
fn both(
    window: Window,
    columns: &[&Column],
    axis: Option<(&Column, bool)>,
    scalar: ScalarType,
    rows: usize,
) -> [Vec<Option<u64>>; 2] {
    let arguments: Vec<Argument<'_>> = columns.iter().map(|column| column.argument()).collect();
    let axis = axis.map(|(column, descending)| Axis {
        column: column.argument(),
        descending,
    });
    let in_pieces = in_pool(|| {
        run(scalar, rows, |written| {
            run_whole(window, &arguments, axis, rows, written).unwrap()
        })
    });
    let in_one = run(scalar, rows, |written| {
        run_along(window, &arguments, axis, rows, written).unwrap()
    });
    [in_pieces, in_one]
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -50i32..50,
        1 => Just(1000),
        1 => Just(1001),
        1 => Just(1002),
        1 => Just(1003),
        1 => Just(1004),
    ]
    .prop_map(|drawn| match drawn {
        1000 => f64::NAN,
        1001 => f64::INFINITY,
        1002 => f64::NEG_INFINITY,
        1003 => -0.0,
        1004 => 0.0,
        _ => f64::from(drawn) * 0.37,
    })
}

/// Words of a type, some of them null: few, many, or in runs longer than a word of validity.
fn words(scalar: ScalarType) -> impl Strategy<Value = Vec<Option<u64>>> {
    let word = float().prop_map(move |value| match scalar {
        ScalarType::F64 => value.to_bits(),
        ScalarType::F32 => u64::from((value as f32).to_bits()),
        _ => ((value * 7.0) as i64 as u64).wrapping_mul(if value > 17.0 {
            u64::MAX / 300
        } else {
            1
        }),
    });
    (
        prop::collection::vec((word, any::<u8>()), 0..700),
        0..4u8,
        0usize..700,
        0usize..400,
    )
        .prop_map(|(drawn, kind, start, length)| {
            let cells = drawn.into_iter().enumerate().map(|(row, (word, draw))| {
                let is_null = match kind {
                    0 => false,
                    1 => draw < 25,
                    2 => draw < 220,
                    _ => (start..start + length).contains(&row) || draw < 3,
                };
                (!is_null).then_some(word)
            });
            cells.collect()
        })
}

fn types() -> impl Strategy<Value = ScalarType> {
    prop::sample::select(vec![
        ScalarType::F64,
        ScalarType::F32,
        ScalarType::I64,
        ScalarType::U64,
        ScalarType::I8,
        ScalarType::U16,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn holes_take_the_nearest_value(
        (scalar, words) in types().prop_flat_map(|scalar| (Just(scalar), words(scalar))),
        backward: bool,
        limit in prop_oneof![Just(u64::MAX), 0..200u64],
    ) {
        let rows = words.len();
        let column = Column::new(scalar, &words);
        let cells = results(scalar, column.values.bytes(), column.validity.as_deref().unwrap_or(&[0xff; 100]), rows);
        let wanted: Vec<Option<u64>> = (0..rows).map(|row| {
            let near = |from: &usize| from.abs_diff(row) as u64 <= limit;
            let mut before: Box<dyn Iterator<Item = usize>> = if backward {
                Box::new(row..rows)
            } else {
                Box::new((0..=row).rev())
            };
            before.find(|from| cells[*from].is_some()).filter(near).and_then(|from| cells[from])
        }).collect();
        for found in both(Window::Fill { backward, limit }, &[&column], None, scalar, rows) {
            prop_assert_eq!(&found, &wanted);
        }
    }

    #[test]
    fn extremes_and_counts_so_far(
        (scalar, words) in types().prop_flat_map(|scalar| (Just(scalar), words(scalar))),
        greatest: bool,
    ) {
        let rows = words.len();
        let column = Column::new(scalar, &words);
        let cells = results(scalar, column.values.bytes(), column.validity.as_deref().unwrap_or(&[0xff; 100]), rows);
        let lanes = Lanes::new(scalar.lane().unwrap(), column.values.bytes());
        let mut best: Option<usize> = None;
        let wanted: Vec<Option<u64>> = (0..rows).map(|row| {
            cells[row]?;
            let better = best.is_none_or(|best| {
                let (new, old) = (lanes.word(row), lanes.word(best));
                if greatest { new > old } else { new < old }
            });
            if better {
                best = Some(row);
            }
            best.and_then(|best| cells[best])
        }).collect();
        let which = if greatest { Cumulative::Max } else { Cumulative::Min };
        for found in both(Window::Cumulative(which), &[&column], None, scalar, rows) {
            prop_assert_eq!(&found, &wanted);
        }
        let counted: Vec<Option<u64>> = (0..rows)
            .map(|row| Some(cells[..=row].iter().flatten().count() as u64))
            .collect();
        let window = Window::Cumulative(Cumulative::Count);
        for found in both(window, &[&column], None, ScalarType::I64, rows) {
            prop_assert_eq!(&found, &counted);
        }
    }

    #[test]
    fn windows_of_rows(
        (scalar, words) in types().prop_flat_map(|scalar| (Just(scalar), words(scalar))),
        window in prop_oneof![1..9u64, 30..35u64, 60..70u64, 200..210u64],
        lacking in 0..4u64,
        reduction in prop::sample::select(vec![Reduction::Min, Reduction::Max, Reduction::Sum, Reduction::Mean]),
    ) {
        let is_sum = matches!(reduction, Reduction::Sum | Reduction::Mean);
        prop_assume!(!is_sum || matches!(scalar, ScalarType::F32 | ScalarType::F64));
        let rows = words.len();
        let column = Column::new(scalar, &words);
        let all = [0xff; 100];
        let validity = column.validity.as_deref().unwrap_or(&all);
        let cells = results(scalar, column.values.bytes(), validity, rows);
        let lanes = Lanes::new(scalar.lane().unwrap(), column.values.bytes());
        let min_count = window.saturating_sub(lacking * window / 3);
        let wanted: Vec<Option<u64>> = (0..rows)
            .map(|row| {
                let first = (row + 1).saturating_sub(window as usize);
                let held: Vec<usize> = (first..=row).filter(|row| cells[*row].is_some()).collect();
                if (held.len() as u64) < min_count {
                    return None;
                }
                let mut sum = RollingSum::new();
                held.iter().for_each(|row| sum.push(lanes.float(*row)));
                let bits = |value: f64| if value.is_nan() { f64::NAN } else { value }.to_bits();
                match reduction {
                    Reduction::Sum => Some(bits(sum.value())),
                    Reduction::Mean => sum.mean().map(bits),
                    Reduction::Min => {
                        let least = held.iter().min_by_key(|row| lanes.word(**row))?;
                        cells[*least]
                    }
                    _ => {
                        let greatest = held.iter().max_by_key(|row| lanes.word(**row))?;
                        cells[*greatest]
                    }
                }
            })
            .collect();
        let window = Window::rolling(reduction, window, min_count);
        let scalar = if is_sum { ScalarType::F64 } else { scalar };
        for found in both(window, &[&column], None, scalar, rows) {
            prop_assert_eq!(&found, &wanted);
        }
    }

    #[test]
    fn windows_by_distance(
        words in words(ScalarType::F64),
        steps in prop::collection::vec(0i64..20, 700),
        placed in (0usize..30, 0usize..30),
        farthest in prop_oneof![0i64..40, Just(3_000), Just(i64::MAX)],
        nearest in 0i64..2,
        descending: bool,
        reduction in prop::sample::select(vec![Reduction::Mean, Reduction::Max, Reduction::Count, Reduction::Last { skip_null: true }]),
    ) {
        let rows = words.len();
        let column = Column::new(ScalarType::F64, &words);
        let mut at = -900;
        let places: Vec<Option<u64>> = (0..rows).map(|row| {
            at += steps[row];
            let somewhere = row >= placed.0 && row + placed.1 < rows;
            somewhere.then_some((if descending { -at } else { at }) as u64)
        }).collect();
        let axis = Column::new(ScalarType::Timestamp(TimeUnit::Microsecond, None), &places);
        let window = Window::Rolling { reduction, frame: Frame::Span { nearest, farthest }, min_count: 1 };
        let scalar = if reduction == Reduction::Count { ScalarType::I64 } else { ScalarType::F64 };
        let [in_pieces, in_one] = both(window, &[&column], Some((&axis, descending)), scalar, rows);
        prop_assert_eq!(in_pieces, in_one);
    }
}

fn smoothed(
    words: &[Option<f64>],
    decay: Decay,
    moment: ExponentialMoment,
    min_count: u64,
) -> Vec<Option<u64>> {
    let mut state = Exponential::new(decay);
    let cells = words.iter().map(|word| {
        let Some(value) = word else {
            state.skip();
            return None;
        };
        state.add(*value);
        let found = state
            .moment(moment)
            .filter(|_| state.count() >= min_count)?;
        Some(if found.is_nan() { f64::NAN } else { found }.to_bits())
    });
    cells.collect()
}

#[test]
fn moments_of_stretches_are_those_of_rows() {
    let mut state = 7u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let rows = 20_003;
    // Ordinary, constant for long, with what is no number, and with nulls of every kind.
    for kind in 0..7 {
        let words: Vec<Option<f64>> = (0..rows)
            .map(|row| {
                let drawn = next();
                let value = (drawn % 10_000) as f64 * 0.37;
                match kind {
                    1 if drawn % 10 == 0 => None,
                    2 if drawn % 10 > 0 => None,
                    3 if row > 2_000 => Some(0.1),
                    4 => Some((row / 3_000) as f64 * 0.7),
                    5 if row == 9_000 => Some(f64::INFINITY),
                    5 if row == 14_000 => Some(f64::NAN),
                    6 if (6_000..12_000).contains(&row) => None,
                    _ => Some(value),
                }
            })
            .collect();
        let column = Column::new(
            ScalarType::F64,
            &words
                .iter()
                .map(|word| word.map(f64::to_bits))
                .collect::<Vec<_>>(),
        );
        for (alpha, choice) in [
            (0.5, 0),
            (0.5, 7),
            (0.2, 1),
            (0.2, 2),
            (0.9, 4),
            (1.0, 0),
            (0.01, 3),
            (0.0001, 0),
        ] {
            let decay = Decay {
                alpha: Alpha::new(alpha).unwrap(),
                adjust: choice & 1 == 0,
                skip_null: choice & 2 == 0,
                bias: choice & 4 == 0,
            };
            for moment in [
                ExponentialMoment::Mean,
                ExponentialMoment::Var,
                ExponentialMoment::Std,
            ] {
                for min_count in [1, 300] {
                    let window = Window::Exponential {
                        moment,
                        decay,
                        min_count,
                    };
                    let wanted = smoothed(&words, decay, moment, min_count);
                    for found in both(window, &[&column], None, ScalarType::F64, rows) {
                        let differs = found
                            .iter()
                            .zip(&wanted)
                            .position(|(found, wanted)| found != wanted);
                        assert_eq!(
                            differs, None,
                            "kind {kind} alpha {alpha} choice {choice} {moment:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn moments_of_other_types() {
    let words: Vec<Option<u64>> = (0..30_000u64)
        .map(|row| (row % 7 > 0).then_some(row * 7919 % 251))
        .collect();
    for scalar in [
        ScalarType::U8,
        ScalarType::I8,
        ScalarType::I64,
        ScalarType::F32,
    ] {
        let words: Vec<Option<u64>> = words
            .iter()
            .map(|word| {
                word.map(|word| match scalar {
                    ScalarType::F32 => u64::from((word as f32 * 0.1).to_bits()),
                    ScalarType::I64 => word << 54 | word,
                    _ => word,
                })
            })
            .collect();
        let column = Column::new(scalar, &words);
        let lanes = Lanes::new(scalar.lane().unwrap(), column.values.bytes());
        let floats: Vec<Option<f64>> = words
            .iter()
            .enumerate()
            .map(|(row, word)| word.map(|_| lanes.number(row).to_f64()))
            .collect();
        let decay = Decay::new(Alpha::new(0.3).unwrap());
        let moment = ExponentialMoment::Mean;
        let wanted = smoothed(&floats, decay, moment, 1);
        let window = Window::Exponential {
            moment,
            decay,
            min_count: 1,
        };
        for found in both(window, &[&column], None, ScalarType::F64, words.len()) {
            assert!(found == wanted, "{scalar}");
        }
    }
}
