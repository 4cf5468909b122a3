//! Arrays compared bit for bit: every NaN is one value, −0 and 0 are two.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type};

/// The first difference between two arrays, in words; none if they hold the same values.
pub fn difference(left: &ArrayRef, right: &ArrayRef) -> Option<String> {
    let text = |array: &ArrayRef| cast(array, &DataType::Utf8).expect("text of any layout");
    let is_text = |array: &ArrayRef| {
        matches!(
            array.data_type(),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..)
        )
    };
    let (left, right) = if is_text(left) && is_text(right) {
        (text(left), text(right))
    } else {
        (ArrayRef::clone(left), ArrayRef::clone(right))
    };
    if left.data_type() != right.data_type() {
        return Some(format!(
            "types {} and {}",
            left.data_type(),
            right.data_type()
        ));
    }
    if left.len() != right.len() {
        return Some(format!("{} and {} rows", left.len(), right.len()));
    }
    (0..left.len()).find_map(|row| {
        let same = match (left.is_null(row), right.is_null(row)) {
            (true, true) => true,
            (false, false) => same_value(&left, &right, row),
            _ => false,
        };
        (!same).then(|| format!("row {row}: {} and {}", show(&left, row), show(&right, row)))
    })
}

fn same_value(left: &ArrayRef, right: &ArrayRef, row: usize) -> bool {
    match left.data_type() {
        DataType::Float64 => {
            let value = |array: &ArrayRef| array.as_primitive::<Float64Type>().value(row);
            let (a, b) = (value(left), value(right));
            a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
        }
        DataType::Float32 => {
            let value = |array: &ArrayRef| array.as_primitive::<Float32Type>().value(row);
            let (a, b) = (value(left), value(right));
            a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
        }
        _ => left.slice(row, 1).to_data() == right.slice(row, 1).to_data(),
    }
}

fn show(array: &ArrayRef, row: usize) -> String {
    format!("{:?}", array.slice(row, 1))
}
