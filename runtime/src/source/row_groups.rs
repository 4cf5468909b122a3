//! Row groups of a Parquet file that need not be read, told from the bounds in its footer.
//!
//! A row group is left out if, whatever its values within their bounds are, no predicate can be true of
//! them. What stands in its place is one row over and over whose values are within the bounds, so that it
//! meets no predicate either, and every other row keeps its number.
//!
//! Bounds are taken as the format defines them, or not at all: not the older ones, whose order differed
//! between writers, nor those of 96-bit timestamps. Text may be cut, which leaves bounds. Those of floats
//! say nothing of NaN, and a bound of zero stands for both zeros.

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field};
use icosian_ir::columns::{Possible, Values};
use icosian_ir::meaning::compare::order;
use icosian_ir::types::{ScalarType, Type};
use icosian_ir::value::Value;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::basic::{ColumnOrder, Type as PhysicalType};
use parquet::file::metadata::RowGroupMetaData;

use super::batches::batch_of;
use super::error::SourceError;
use super::guard::guarded;
use super::{Projection, RowPredicate, WantedColumn};
use crate::arrow_types::{arrow_type, scalar_type, widen};
use crate::convert::{column_values, value_to_array};
use crate::data::ChunkedColumn;

/// So many rows of a file are left out at most: a footer may claim any number.
const MOST_SKIPPED: u64 = 1 << 32;

/// A longer text is no bound: the stand-in would repeat it.
const MOST_TEXT: usize = 256;

/// What is known of the row groups of a file.
#[derive(Debug)]
pub(super) struct RowGroups {
    /// Of each whether it is left out.
    pub(super) skipped: Vec<bool>,
    /// Rows for those that are.
    stand_in: Option<RecordBatch>,
}

impl RowGroups {
    /// All of a file's are read.
    pub(super) fn all(metadata: &ArrowReaderMetadata) -> RowGroups {
        RowGroups {
            skipped: vec![false; metadata.metadata().num_row_groups()],
            stand_in: None,
        }
    }

    /// Which can be left out; what stands for them comes in batches of at most so many rows.
    pub(super) fn chosen(
        metadata: &ArrowReaderMetadata,
        projection: &Projection,
        wanted: &[WantedColumn],
        predicate: &RowPredicate<'_>,
        batch_rows: usize,
    ) -> Result<RowGroups, SourceError> {
        let groups = metadata.metadata().row_groups();
        let mut columns = Vec::with_capacity(wanted.len());
        for (position, column) in wanted.iter().enumerate() {
            let looked_at = predicate.columns.contains(&position);
            let place = projection.decoded[projection.order[position]];
            columns.push(KnownColumn::new(metadata, place, column.ty, looked_at));
        }
        let mut skipped = Vec::with_capacity(groups.len());
        let mut row: Option<Vec<Value>> = None;
        let mut most_rows = 0;
        let mut most_skipped = MOST_SKIPPED;
        for (group, of_group) in groups.iter().enumerate() {
            let possible: Option<Vec<Possible>> = (columns.iter())
                .map(|column| column.possible(group, of_group))
                .collect();
            let rows = u64::try_from(of_group.num_rows()).unwrap_or(u64::MAX);
            let is_believed = rows > 0 && rows <= most_skipped;
            let skip = possible
                .as_ref()
                .is_some_and(|possible| is_believed && !(predicate.may_keep)(possible));
            if let Some(possible) = possible.filter(|_| skip) {
                let values = possible
                    .iter()
                    .zip(wanted)
                    .map(|(of, column)| some_value(of, column.ty));
                row.get_or_insert_with(|| values.collect());
                most_skipped -= rows;
                most_rows =
                    most_rows.max(usize::try_from(of_group.num_rows()).unwrap_or(usize::MAX));
            }
            skipped.push(skip);
        }
        let stand_in = match row {
            None => None,
            Some(row) => {
                let rows = most_rows.min(batch_rows);
                let arrays =
                    row.iter()
                        .zip(wanted)
                        .zip(&columns)
                        .map(|((value, wanted), column)| {
                            repeated(value, wanted.ty.scalar, column.field.data_type(), rows)
                        });
                let arrays = arrays.collect::<Option<Vec<ArrayRef>>>();
                let broken = || SourceError::corrupt("the bounds of a row group can't be read");
                Some(batch_of(wanted, arrays.ok_or_else(broken)?, rows)?)
            }
        };
        Ok(RowGroups { skipped, stand_in })
    }

    /// What stands for a row group of so many rows that was left out.
    pub(super) fn stand_ins(&self, rows: usize) -> Vec<RecordBatch> {
        let Some(batch) = &self.stand_in else {
            return Vec::new();
        };
        (0..rows)
            .step_by(batch.num_rows().max(1))
            .map(|start| batch.slice(0, batch.num_rows().min(rows - start)))
            .collect()
    }
}

/// The least and the greatest value of a column of whole numbers or bools, as its bounds tell; none if they
/// tell nothing.
pub(super) fn range(metadata: &ArrowReaderMetadata, place: usize, ty: Type) -> Option<[i128; 2]> {
    let known = KnownColumn::new(metadata, place, ty, true);
    let word = |value: &Value| match value {
        Value::Integer(value) => Some(*value),
        Value::Bool(value) => Some(i128::from(*value)),
        Value::Null | Value::F32(_) | Value::F64(_) | Value::Str(_) => None,
    };
    let mut range: Option<[i128; 2]> = None;
    for (group, of_group) in metadata.metadata().row_groups().iter().enumerate() {
        let [least, greatest] = match known.possible(group, of_group)?.values {
            Values::Between(least, greatest) => [word(&least)?, word(&greatest)?],
            Values::None => continue,
            Values::Any => return None,
        };
        let [so_far, up_to] = range.unwrap_or([least, greatest]);
        range = Some([so_far.min(least), up_to.max(greatest)]);
    }
    range
}

/// What the footer says of a wanted column.
struct KnownColumn<'a> {
    field: &'a Field,
    ty: Type,
    /// Its place among the file's leaves; none if it is no leaf.
    leaf: Option<usize>,
    /// The least and greatest value of each row group, null where unknown; none if nobody asks.
    bounds: Option<[Vec<Value>; 2]>,
    /// Whether every value of the file fits into the type wanted.
    fits: bool,
}

impl<'a> KnownColumn<'a> {
    fn new(
        metadata: &'a ArrowReaderMetadata,
        place: usize,
        ty: Type,
        looked_at: bool,
    ) -> KnownColumn<'a> {
        let field = metadata.schema().field(place);
        let is_plain = |found: ScalarType| found.is_number() || found == ScalarType::Bool;
        let fits = *field.data_type() == arrow_type(ty.scalar)
            || ty.scalar == ScalarType::Str
            || scalar_type(field.data_type()).is_some_and(is_plain) && is_plain(ty.scalar);
        let schema = metadata.parquet_schema();
        let converter = StatisticsConverter::try_new(field.name(), metadata.schema(), schema).ok();
        let leaf = converter
            .as_ref()
            .and_then(StatisticsConverter::parquet_column_index);
        let file = metadata.metadata().file_metadata();
        let is_ordered = leaf.is_some_and(|leaf| {
            let order = file.column_orders().and_then(|orders| orders.get(leaf));
            matches!(order, Some(ColumnOrder::TYPE_DEFINED_ORDER(_)))
                && schema.column(leaf).physical_type() != PhysicalType::INT96
        });
        let bounds = || {
            let converter = converter.as_ref()?;
            let groups = metadata.metadata().row_groups();
            let least = converter.row_group_mins(groups).ok()?;
            let greatest = converter.row_group_maxes(groups).ok()?;
            Some([values(&least, ty.scalar)?, values(&greatest, ty.scalar)?])
        };
        KnownColumn {
            field,
            ty,
            leaf,
            bounds: if is_ordered && (looked_at || !fits) {
                // What is wrong with bounds is nobody's error.
                guarded(|| Ok(bounds())).ok().flatten()
            } else {
                None
            },
            fits,
        }
    }

    /// What its values in a row group can be; none if reading them may be an error.
    fn possible(&self, group: usize, of_group: &RowGroupMetaData) -> Option<Possible> {
        let statistics = self
            .leaf
            .and_then(|leaf| of_group.columns().get(leaf)?.statistics());
        let nulls = match statistics {
            _ if !self.field.is_nullable() => Some(0),
            Some(statistics) => statistics.null_count_opt(),
            None => None,
        };
        if !self.ty.nullable && nulls != Some(0) {
            return None;
        }
        let is_current = statistics.is_some_and(|statistics| !statistics.is_min_max_deprecated());
        let bounds = (self.bounds.as_ref())
            .filter(|_| is_current)
            .and_then(|[least, greatest]| between(least.get(group)?, greatest.get(group)?));
        if !self.fits && bounds.is_none() {
            return None;
        }
        let all_null = nulls.is_some() && nulls == u64::try_from(of_group.num_rows()).ok();
        Some(Possible {
            null: nulls != Some(0),
            nan: !all_null && self.ty.scalar.is_float(),
            error: false,
            values: match bounds {
                _ if all_null => Values::None,
                Some(bounds) => bounds,
                None => Values::Any,
            },
        })
    }
}

/// Bounds as values of the type wanted.
fn values(bounds: &ArrayRef, scalar: ScalarType) -> Option<Vec<Value>> {
    let bounds = widen(bounds, scalar.nullable()).ok()?;
    let rows = bounds.len();
    let column = ChunkedColumn::try_new(scalar, vec![bounds]).ok()?;
    Some(column_values(&column, scalar, 0..rows))
}

/// The values between two bounds, if there are bounds.
fn between(least: &Value, greatest: &Value) -> Option<Values> {
    let is_zero = |value: &Value| match value {
        Value::F32(value) => *value == 0.0,
        Value::F64(value) => *value == 0.0,
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Str(_) => false,
    };
    let negated = |value: &Value| match value {
        Value::F32(value) => Value::F32(-value.abs()),
        Value::F64(value) => Value::F64(-value.abs()),
        other => other.clone(),
    };
    let positive = |value: &Value| match value {
        Value::F32(value) => Value::F32(value.abs()),
        Value::F64(value) => Value::F64(value.abs()),
        other => other.clone(),
    };
    let is_long = |value: &Value| matches!(value, Value::Str(text) if text.len() > MOST_TEXT);
    if is_long(least) || is_long(greatest) {
        return None;
    }
    // Neither null nor NaN can be ordered.
    order(least, greatest).filter(|order| order.is_le())?;
    let least = if is_zero(least) {
        negated(least)
    } else {
        least.clone()
    };
    let greatest = if is_zero(greatest) {
        positive(greatest)
    } else {
        greatest.clone()
    };
    Some(Values::Between(least, greatest))
}

/// One of the possible values.
fn some_value(possible: &Possible, ty: Type) -> Value {
    match &possible.values {
        Values::Between(least, _) => least.clone(),
        Values::None => Value::Null,
        Values::Any => match ty.scalar {
            ScalarType::Bool => Value::Bool(false),
            ScalarType::F32 => Value::F32(0.0),
            ScalarType::F64 => Value::F64(0.0),
            ScalarType::Str => Value::Str("".into()),
            _ => Value::Integer(0),
        },
    }
}

/// A value so many times; text in the layout that the file's has.
fn repeated(value: &Value, scalar: ScalarType, found: &DataType, rows: usize) -> Option<ArrayRef> {
    let mut one = value_to_array(scalar, value).ok()?;
    if scalar == ScalarType::Str && scalar_type(found) == Some(ScalarType::Str) {
        one = cast(&one, found).ok()?;
    }
    let zeros = UInt32Array::from(vec![0; rows]);
    take(&one, &zeros, None).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_nan_as_bounds() {
        let zeros = between(&Value::F64(0.0), &Value::F64(-0.0));
        assert_eq!(
            zeros,
            Some(Values::Between(Value::F64(-0.0), Value::F64(0.0)))
        );
        assert_eq!(between(&Value::F64(f64::NAN), &Value::F64(1.0)), None);
        assert_eq!(between(&Value::Null, &Value::F64(1.0)), None);
        assert_eq!(between(&Value::Integer(2), &Value::Integer(1)), None);
    }
}
