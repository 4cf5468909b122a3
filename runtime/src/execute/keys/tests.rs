//! Tables of keys against plain maps.

use super::*;

/// Numbers keys of `columns` columns, which come in blocks, as a plain map does.
fn compare(scalar: ScalarType, columns: usize, blocks: impl Iterator<Item = Vec<Vec<Value>>>) {
    let mut table = KeyTable::new(vec![scalar; columns]).expect("a table");
    let mut map: std::collections::HashMap<Vec<String>, u32> = Default::default();
    for rows in blocks {
        let (mut words, mut one) = (KeyWords::default(), KeyWords::default());
        let (mut numbers, mut found) = (Vec::new(), Vec::new());
        // Each row is read by itself, then all are inserted as a block.
        let mut keys = Vec::new();
        for values in &rows {
            let constants: Vec<KeyColumn<'_, '_>> =
                values.iter().map(KeyColumn::Constant).collect();
            table
                .words_to_insert(&constants, 0..1, &mut one)
                .expect("words");
            one.push_key(0, &mut keys);
        }
        words.transpose(&keys, table.width());
        table
            .insert_all(&mut words, &mut numbers)
            .expect("few keys");
        for (row, values) in rows.iter().enumerate() {
            let key: Vec<String> = values.iter().map(ToString::to_string).collect();
            let next = map.len() as u32;
            let expected = *map.entry(key).or_insert(next);
            assert_eq!(numbers[row], expected, "{values:?}");
            for (column, value) in values.iter().enumerate() {
                assert_eq!(table.value(expected as usize, column), *value);
            }
        }
        table.find_all(&mut words, &mut found);
        assert_eq!(found, numbers);
        for number in numbers {
            let key = table.key(number as usize);
            assert_eq!(table.find(key), Some(number as usize));
        }
    }
    assert_eq!(table.len(), map.len());
    let mut other = KeyTable::new(vec![scalar; columns]).expect("a table");
    let half = table.words.chunks_exact(table.width()).step_by(2).flatten();
    let mut words = KeyWords::default();
    words.transpose(&half.copied().collect::<Vec<_>>(), table.width());
    if scalar != ScalarType::Str {
        other
            .insert_all(&mut words, &mut Vec::new())
            .expect("few keys");
    }
    let mut taken = 0;
    other
        .insert_table(&table, None, |from, to| {
            assert!(from == taken && to < table.len());
            taken += 1;
        })
        .expect("few keys");
    assert_eq!((taken, other.len()), (table.len(), table.len()));
}

fn scrambled(number: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 7
}

#[test]
fn keys_keep_their_numbers() {
    // Close together, then far apart, then filling what lies between; some null.
    let spreads: [&[u64]; 5] = [
        &[10, 40, 3000],
        &[1 << 55, 1 << 55],
        &[50_000; 90],
        &[20, 1 << 50, 20, 5000, 5000, 5000],
        &[7],
    ];
    for columns in 1..=5 {
        for spread in spreads {
            let blocks = spread.iter().enumerate().map(|(block, spread)| {
                let value = |row: u64, column: u64| {
                    let word = scrambled(row * 8 + column + 100_000 * block as u64);
                    match word % 11 {
                        0 => Value::Null,
                        _ => Value::Integer(i128::from(word % spread) - 3000),
                    }
                };
                let rows = 0..if columns == 1 { 1024 } else { 200 };
                let key = |row| {
                    (0..columns as u64)
                        .map(|column| value(row, column))
                        .collect()
                };
                rows.map(key).collect()
            });
            compare(ScalarType::I64, columns, blocks);
        }
    }
}

#[test]
fn keys_at_the_ends_of_their_types() {
    let ends = [i64::MIN, i64::MAX, 0, -1, i64::MAX - 1, i64::MIN + 1];
    let rows = |values: &[i64]| {
        values
            .iter()
            .map(|value| vec![Value::Integer((*value).into())])
            .collect()
    };
    compare(ScalarType::I64, 1, ends.iter().map(|end| rows(&[*end])));
    compare(ScalarType::I64, 1, std::iter::once(rows(&ends)));
    let near = [i64::MAX - 2, i64::MAX, i64::MAX - 1];
    compare(ScalarType::I64, 1, near.iter().map(|end| rows(&[*end])));
    let wide = [u64::MAX, 0, 1 << 63, (1 << 63) - 1];
    let one = |value: &u64| vec![vec![Value::Integer((*value).into())]];
    compare(ScalarType::U64, 1, wide.iter().map(one));
}

#[test]
fn texts_and_floats_are_keys() {
    let text = |row: u64| Value::Str(format!("{}", scrambled(row) % 700).into());
    let blocks = (0..6).map(|block| {
        let rows = block * 300..block * 300 + 300;
        rows.map(|row| vec![text(row), text(row + 9)]).collect()
    });
    compare(ScalarType::Str, 2, blocks);
    let decimal = |row: u64| {
        let value = i128::from(scrambled(row) % 700) * i128::from(i64::MAX) - 5;
        vec![Value::Integer(value), Value::Null]
    };
    let block = (0..1000).map(decimal).collect();
    compare(ScalarType::Decimal(38, 0), 2, std::iter::once(block));
    let float = |row: u64| vec![Value::F64(scrambled(row) as f64 / 64.0)];
    compare(
        ScalarType::F64,
        1,
        std::iter::once((0..1000).map(float).collect()),
    );
}

#[test]
fn a_text_that_no_key_has_is_not_found() {
    let mut table = KeyTable::new(vec![ScalarType::Str]).expect("a table");
    assert!(
        table
            .insert_values(&[&Value::Str("a".into())])
            .expect("a key")
    );
    let mut words = KeyWords::default();
    let cells = [Some("b"), Some("a"), None];
    table
        .words_to_find(&[KeyColumn::Text(&cells)], 0..3, &mut words)
        .expect("words");
    let mut numbers = Vec::new();
    table.find_all(&mut words, &mut numbers);
    assert_eq!(numbers, [NO_KEY, 0, NO_KEY]);
}
