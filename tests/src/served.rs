//! Inputs and outputs of plans for single rows, by any type.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::concat;
use icosian::{Constant, RowPlan, RowValue};
use icosian_ir::types::{Lane, ScalarType, Type};
use icosian_runtime::convert::column_values;
use icosian_runtime::data::ChunkedColumn;

/// Gives a value for an input in a row of the plan.
pub type Give = Box<dyn Fn(&mut RowPlan, usize, &Constant)>;
/// Reads an output in a row of the plan.
pub type Read = Box<dyn Fn(&RowPlan, usize) -> Constant>;

fn giver<T: RowValue + ?Sized + 'static>(
    plan: &RowPlan,
    name: &str,
    value: impl Fn(&Constant) -> T::Of<'_> + 'static,
) -> Give {
    let slot = plan.input::<T>(name).unwrap();
    Box::new(move |plan, row, given| match given {
        Constant::Null => plan.set_null_at(slot, row),
        given => plan.set_at(slot, row, value(given)),
    })
}

fn whole(value: &Constant) -> i128 {
    match value {
        Constant::Integer(value) => *value,
        other => panic!("{other} is no integer"),
    }
}

/// What gives values for an input.
pub fn give(plan: &RowPlan, name: &str, ty: Type) -> Give {
    match ty.scalar.lane() {
        None => giver::<str>(plan, name, |value| match value {
            Constant::Str(text) => text,
            other => panic!("{other} is no text"),
        }),
        Some(Lane::Bool) => giver::<bool>(plan, name, |value| *value == Constant::Bool(true)),
        Some(Lane::I8) => giver::<i8>(plan, name, |value| whole(value) as i8),
        Some(Lane::I16) => giver::<i16>(plan, name, |value| whole(value) as i16),
        Some(Lane::I32) => giver::<i32>(plan, name, |value| whole(value) as i32),
        Some(Lane::I64) => giver::<i64>(plan, name, |value| whole(value) as i64),
        Some(Lane::U8) => giver::<u8>(plan, name, |value| whole(value) as u8),
        Some(Lane::U16) => giver::<u16>(plan, name, |value| whole(value) as u16),
        Some(Lane::U32) => giver::<u32>(plan, name, |value| whole(value) as u32),
        Some(Lane::U64) => giver::<u64>(plan, name, |value| whole(value) as u64),
        Some(Lane::I128) => giver::<i128>(plan, name, whole),
        Some(Lane::F32) => giver::<f32>(plan, name, |value| match value {
            Constant::F32(value) => *value,
            other => panic!("{other} is no f32"),
        }),
        Some(Lane::F64) => giver::<f64>(plan, name, |value| match value {
            Constant::F64(value) => *value,
            other => panic!("{other} is no f64"),
        }),
    }
}

fn reader<T: RowValue + ?Sized + 'static>(
    plan: &RowPlan,
    name: &str,
    value: impl Fn(T::Of<'_>) -> Constant + 'static,
) -> Read {
    let slot = plan.output::<T>(name).unwrap();
    Box::new(move |plan, row| plan.get_at(slot, row).map_or(Constant::Null, &value))
}

/// What reads an output.
pub fn read(plan: &RowPlan, name: &str, ty: Type) -> Read {
    fn integer(value: impl Into<i128>) -> Constant {
        Constant::Integer(value.into())
    }
    match ty.scalar.lane() {
        None => reader::<str>(plan, name, |text| Constant::Str(text.into())),
        Some(Lane::Bool) => reader::<bool>(plan, name, Constant::Bool),
        Some(Lane::I8) => reader::<i8>(plan, name, integer),
        Some(Lane::I16) => reader::<i16>(plan, name, integer),
        Some(Lane::I32) => reader::<i32>(plan, name, integer),
        Some(Lane::I64) => reader::<i64>(plan, name, integer),
        Some(Lane::U8) => reader::<u8>(plan, name, integer),
        Some(Lane::U16) => reader::<u16>(plan, name, integer),
        Some(Lane::U32) => reader::<u32>(plan, name, integer),
        Some(Lane::U64) => reader::<u64>(plan, name, integer),
        Some(Lane::I128) => reader::<i128>(plan, name, integer),
        Some(Lane::F32) => reader::<f32>(plan, name, Constant::F32),
        Some(Lane::F64) => reader::<f64>(plan, name, Constant::F64),
    }
}

/// The values of an array.
pub fn values(array: &ArrayRef, scalar: ScalarType) -> Vec<Constant> {
    let rows = array.len();
    let column = ChunkedColumn::try_new(scalar, vec![ArrayRef::clone(array)]).unwrap();
    column_values(&column, scalar, 0..rows)
}

/// The columns of a table given in batches.
pub fn columns_of(batches: &[RecordBatch]) -> BTreeMap<String, ArrayRef> {
    let schema = batches[0].schema();
    let column = |(position, field): (usize, &std::sync::Arc<arrow::datatypes::Field>)| {
        let arrays: Vec<&dyn Array> = batches
            .iter()
            .map(|batch| &**batch.column(position))
            .collect();
        (field.name().clone(), concat(&arrays).unwrap())
    };
    schema.fields().iter().enumerate().map(column).collect()
}
