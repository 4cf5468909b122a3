//! Values worth testing with.

use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

/// Every kind of number.
pub(super) const NUMBERS: [ScalarType; 10] = [
    ScalarType::I8,
    ScalarType::I16,
    ScalarType::I32,
    ScalarType::I64,
    ScalarType::U8,
    ScalarType::U16,
    ScalarType::U32,
    ScalarType::U64,
    ScalarType::F32,
    ScalarType::F64,
];

/// Ends of ranges, their neighbours, powers of two and what floats make special; no null.
pub(super) fn extremes(scalar: ScalarType) -> Vec<Value> {
    if scalar == ScalarType::Bool {
        return vec![Value::Bool(false), Value::Bool(true)];
    }
    if let Some((least, greatest)) = scalar.lane_range() {
        let mut values = vec![least, least + 1, least / 2, greatest / 2, greatest / 2 + 1];
        values.extend([
            greatest - 1,
            greatest,
            0,
            1,
            2,
            3,
            7,
            10,
            100,
            -1,
            -2,
            -3,
            -7,
            -100,
        ]);
        values.extend([46_341, -46_341, 65_537, 3_037_000_500, -3_037_000_500]);
        values.extend([
            1 << 31,
            (1 << 31) - 1,
            -(1 << 31),
            -(1 << 31) - 1,
            (1 << 32) - 1,
            1 << 32,
        ]);
        values.extend([
            (1 << 53) + 1,
            (1 << 54) + (1 << 30) + 1,
            -(1 << 53) - 1,
            255,
            256,
            32_768,
        ]);
        values.retain(|value| (least..=greatest).contains(value));
        values.sort_unstable();
        values.dedup();
        return values.into_iter().map(Value::Integer).collect();
    }
    let mut floats = vec![
        0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 3.7, -3.7,
    ];
    floats.extend([f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    floats.extend([
        126.9, 127.0, 128.0, -128.0, -128.9, -129.0, 255.0, 255.9, 256.0,
    ]);
    floats.extend([32_767.5, 32_768.0, -32_768.5, -32_769.0, 65_535.0, 65_536.0]);
    for power in [31, 32, 63, 64] {
        let bound = 2f64.powi(power);
        floats.extend([
            bound,
            -bound,
            bound.next_down(),
            -bound.next_up(),
            bound - 0.5,
        ]);
    }
    if scalar == ScalarType::F32 {
        let mut floats: Vec<f32> = floats.into_iter().map(|float| float as f32).collect();
        floats.extend([
            f32::MAX,
            f32::MIN_POSITIVE,
            f32::from_bits(1),
            -f32::from_bits(1),
        ]);
        floats.extend([2f32.powi(31).next_down(), 2f32.powi(63).next_down()]);
        return floats.into_iter().map(Value::F32).collect();
    }
    floats.extend([
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        -f64::from_bits(1),
        1e300,
    ]);
    floats.into_iter().map(Value::F64).collect()
}

/// The extremes, and null.
pub(super) fn with_null(scalar: ScalarType) -> Vec<Value> {
    let mut values = extremes(scalar);
    values.push(Value::Null);
    values
}

/// Every combination of one value from each list.
pub(super) fn product(lists: &[Vec<Value>]) -> Vec<Vec<Value>> {
    lists.iter().fold(vec![Vec::new()], |rows, list| {
        rows.iter()
            .flat_map(|row| {
                list.iter().map(move |value| {
                    let mut row = row.clone();
                    row.push(value.clone());
                    row
                })
            })
            .collect()
    })
}
