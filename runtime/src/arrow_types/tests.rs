//! Every widening, and that nothing else is one.

use super::*;
use arrow::array::{
    BooleanArray, Date32Array, Date64Array, Decimal64Array, Decimal128Array, DictionaryArray,
    DurationMillisecondArray, DurationNanosecondArray, Float32Array, Float64Array, Int8Array,
    LargeStringArray, NullArray, StringArray, StringViewArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt32Array,
};
use arrow::datatypes::{Float64Type, Int8Type, Int32Type};

const SCALARS: [ScalarType; 13] = [
    ScalarType::Bool,
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
    ScalarType::Str,
    ScalarType::Date,
];

fn made<A: Array + 'static>(array: A) -> ArrayRef {
    Arc::new(array)
}

#[test]
fn arrow_types_read_back_as_what_they_were_made_from() {
    let mut all = SCALARS.to_vec();
    for unit in [
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
    ] {
        all.push(ScalarType::Duration(unit));
        all.push(ScalarType::Timestamp(unit, None));
        all.push(ScalarType::Timestamp(unit, Zone::new("Europe/Berlin")));
    }
    for scalar in all {
        assert_eq!(scalar_type(&arrow_type(scalar)), Some(scalar));
    }
}

#[test]
fn what_widens_to_what() {
    // By hand: from each scalar, in the order of `SCALARS`, those it widens to.
    let expected = [
        "bool",
        "i8 i16 i32 i64 f32 f64",
        "i16 i32 i64 f32 f64",
        "i32 i64 f64",
        "i64",
        "i16 i32 i64 u8 u16 u32 u64 f32 f64",
        "i32 i64 u16 u32 u64 f32 f64",
        "i64 u32 u64 f64",
        "u64",
        "f32 f64",
        "f64",
        "str",
        "date",
    ];
    for (from, expected) in SCALARS.into_iter().zip(expected) {
        let reached: Vec<String> = SCALARS
            .into_iter()
            .filter(|to| widens(from, *to))
            .map(|to| to.to_string())
            .collect();
        assert_eq!(reached.join(" "), expected, "from {from}");
    }
}

#[test]
fn numbers_widen_with_their_nulls() {
    let wide = widen(
        &made(Int8Array::from(vec![Some(-128), None, Some(7)])),
        ScalarType::I64.nullable(),
    );
    let expected = made(Int64Array::from(vec![Some(-128), None, Some(7)]));
    assert_eq!(wide.as_ref(), Ok(&expected));

    let wide = widen(
        &made(UInt32Array::from(vec![u32::MAX])),
        ScalarType::F64.required(),
    );
    assert_eq!(wide, Ok(made(Float64Array::from(vec![4_294_967_295.0]))));

    let wide = widen(
        &made(Float32Array::from(vec![0.1])),
        ScalarType::F64.required(),
    );
    assert_eq!(
        wide,
        Ok(made(Float64Array::from(vec![0.100_000_001_490_116_12])))
    );

    let wide = widen(
        &made(UInt8Array::from(vec![255])),
        ScalarType::I16.required(),
    );
    assert_eq!(wide, Ok(made(arrow::array::Int16Array::from(vec![255]))));
}

#[test]
fn what_would_lose_is_refused_with_both_types() {
    let error = widen(&made(Int64Array::from(vec![1])), ScalarType::F64.nullable()).unwrap_err();
    assert_eq!(error.to_string(), "found i64, wanted f64?");
    for (array, wanted) in [
        (made(Float64Array::from(vec![1.0])), ScalarType::F32),
        (made(Int64Array::from(vec![1])), ScalarType::I32),
        (made(BooleanArray::from(vec![true])), ScalarType::I32),
        (made(StringArray::from(vec!["1"])), ScalarType::I32),
        (
            made(Date32Array::from(vec![1])),
            ScalarType::Timestamp(TimeUnit::Second, None),
        ),
    ] {
        assert!(matches!(
            widen(&array, wanted.required()),
            Err(Misfit::Type { .. })
        ));
    }
}

#[test]
fn text_keeps_its_layout() {
    let dictionary: DictionaryArray<Int8Type> = ["a", "b", "a"].into_iter().collect();
    for array in [
        made(StringArray::from(vec!["a"])),
        made(LargeStringArray::from(vec!["a"])),
        made(StringViewArray::from(vec!["a"])),
        made(dictionary),
    ] {
        let read = widen(&array, ScalarType::Str.required()).unwrap();
        assert_eq!(read.data_type(), array.data_type());
        assert!(Arc::ptr_eq(&read, &array));
    }
}

#[test]
fn dictionaries_of_numbers_are_unpacked() {
    let keys = Int8Array::from(vec![Some(1), None, Some(0)]);
    let values = made(arrow::array::Int32Array::from(vec![10, 20]));
    let dictionary = DictionaryArray::<Int8Type>::new(keys, values);
    let wide = widen(&made(dictionary), ScalarType::I64.nullable());
    assert_eq!(
        wide,
        Ok(made(Int64Array::from(vec![Some(20), None, Some(10)])))
    );
}

#[test]
fn nulls_need_a_nullable_type() {
    let error = widen(
        &made(Float64Array::from(vec![Some(1.0), None, None])),
        ScalarType::F64.required(),
    );
    let wanted = ScalarType::F64.required();
    assert_eq!(error, Err(Misfit::Null { row: 1, wanted }));

    // A null that only the dictionary knows of.
    let keys = Int8Array::from(vec![0, 1]);
    let values = made(StringArray::from(vec![Some("a"), None]));
    let dictionary = DictionaryArray::<Int8Type>::new(keys, values);
    let wanted = ScalarType::Str.required();
    assert_eq!(
        widen(&made(dictionary), wanted),
        Err(Misfit::Null { row: 1, wanted })
    );
}

#[test]
fn arrays_of_nothing_are_any_nullable_type() {
    let nothing = made(NullArray::new(2));
    let read = widen(&nothing, ScalarType::Date.nullable()).unwrap();
    assert_eq!(&read, &made(Date32Array::from(vec![None, None])));
    let wanted = ScalarType::Date.required();
    assert_eq!(
        widen(&nothing, wanted),
        Err(Misfit::Null { row: 0, wanted })
    );
    assert!(widen(&made(NullArray::new(0)), wanted).is_ok());
}

#[test]
fn units_get_finer_within_one_zone() {
    let utc = Zone::new("UTC");
    let seconds = made(TimestampSecondArray::from(vec![Some(2), None]).with_timezone("+00:00"));
    let wanted = ScalarType::Timestamp(TimeUnit::Millisecond, utc).nullable();
    assert_eq!(
        widen(&seconds, wanted),
        Ok(made(
            TimestampMillisecondArray::from(vec![Some(2000), None]).with_timezone("UTC")
        ))
    );
    // The same unit, under another name of UTC, takes the name.
    let wanted = ScalarType::Timestamp(TimeUnit::Second, utc).nullable();
    assert_eq!(
        *widen(&seconds, wanted).unwrap().data_type(),
        arrow_type(wanted.scalar)
    );
    for other in [
        ScalarType::Timestamp(TimeUnit::Millisecond, None),
        ScalarType::Timestamp(TimeUnit::Millisecond, Zone::new("Europe/Berlin")),
    ] {
        assert!(widen(&seconds, other.nullable()).is_err());
    }
    let milliseconds = made(DurationMillisecondArray::from(vec![-3]));
    assert_eq!(
        widen(
            &milliseconds,
            ScalarType::Duration(TimeUnit::Nanosecond).required()
        ),
        Ok(made(DurationNanosecondArray::from(vec![-3_000_000])))
    );
    assert!(
        widen(
            &milliseconds,
            ScalarType::Duration(TimeUnit::Second).required()
        )
        .is_err()
    );
}

#[test]
fn a_finer_unit_may_overflow_but_not_under_a_null() {
    let wanted = ScalarType::Timestamp(TimeUnit::Nanosecond, None).nullable();
    let far = i64::MAX / 1000;
    let error = widen(&made(TimestampSecondArray::from(vec![0, far])), wanted).unwrap_err();
    assert!(matches!(error, Misfit::Value { row: 1, .. }), "{error}");

    let nulls = NullBuffer::from(vec![true, false]);
    let hidden = TimestampSecondArray::new(vec![1, far].into(), Some(nulls));
    assert_eq!(
        widen(&made(hidden), wanted),
        Ok(made(TimestampNanosecondArray::from(vec![
            Some(1_000_000_000),
            None
        ])))
    );
}

#[test]
fn date64_is_a_date_if_it_is_whole_days() {
    let wanted = ScalarType::Date.nullable();
    let days = Date64Array::from(vec![Some(86_400_000), None, Some(-86_400_000)]);
    assert_eq!(
        widen(&made(days), wanted),
        Ok(made(Date32Array::from(vec![Some(1), None, Some(-1)])))
    );
    let error = widen(&made(Date64Array::from(vec![0, 1])), wanted).unwrap_err();
    assert!(matches!(error, Misfit::Value { row: 1, .. }), "{error}");
}

#[test]
fn slices_widen_by_their_own_rows() {
    let whole = made(arrow::array::Int32Array::from(vec![
        Some(1),
        None,
        Some(3),
        Some(4),
    ]));
    assert_eq!(
        widen(&whole.slice(2, 2), ScalarType::I64.required()),
        Ok(made(Int64Array::from(vec![3, 4])))
    );
    let dictionary: DictionaryArray<Int32Type> = ["a", "b"].into_iter().collect();
    let slice = made(dictionary).slice(1, 1);
    assert!(widen(&slice, ScalarType::Str.required()).is_ok());
}

#[test]
fn decimals_of_few_digits_are_the_nearest_numbers() {
    let cents = Decimal128Array::from(vec![Some(1730), None, Some(-1), Some(999_999_999_999_999)]);
    let cents = made(cents.with_precision_and_scale(15, 2).unwrap());
    let own = ScalarType::Decimal(15, 2);
    assert_eq!(scalar_type(cents.data_type()), Some(own));
    let kept = widen(&cents, own.nullable()).unwrap();
    assert_eq!(kept.to_data(), cents.to_data());
    assert!(widen(&cents, ScalarType::Decimal(14, 2).nullable()).is_err());
    assert!(widen(&cents, ScalarType::Decimal(16, 1).nullable()).is_err());
    let finer = widen(&cents, ScalarType::Decimal(38, 4).nullable()).unwrap();
    let finer = finer.as_primitive::<Decimal128Type>();
    assert_eq!(finer.data_type(), &DataType::Decimal128(38, 4));
    assert_eq!((finer.value(0), finer.is_valid(1)), (173_000, false));
    let read = widen(&cents, ScalarType::F64.nullable()).unwrap();
    let read: Vec<Option<f64>> = read.as_primitive::<Float64Type>().iter().collect();
    assert_eq!(
        read,
        [Some(17.3), None, Some(-0.01), Some(9_999_999_999_999.99)]
    );
    assert!(widen(&cents, ScalarType::F64.required()).is_err());
    assert!(widen(&cents, ScalarType::I64.nullable()).is_err());

    let whole = Decimal128Array::from(vec![7, -8]);
    let whole = made(whole.with_precision_and_scale(18, 0).unwrap());
    let read = widen(&whole, ScalarType::I64.required()).unwrap();
    assert_eq!(read.as_primitive::<Int64Type>().values(), &[7, -8]);

    let wide = Decimal128Array::from(vec![1])
        .with_precision_and_scale(38, 2)
        .unwrap();
    assert_eq!(
        scalar_type(wide.data_type()),
        Some(ScalarType::Decimal(38, 2))
    );
    assert!(widen(&made(wide), ScalarType::F64.required()).is_err());
    let small = Decimal64Array::from(vec![25])
        .with_precision_and_scale(9, 1)
        .unwrap();
    let read = widen(&made(small), ScalarType::F64.required()).unwrap();
    assert_eq!(read.as_primitive::<Float64Type>().values(), &[2.5]);
    let bytes = made(Int8Array::from(vec![-128]));
    let read = widen(&bytes, ScalarType::Decimal(5, 2).required()).unwrap();
    assert_eq!(read.as_primitive::<Decimal128Type>().values(), &[-12_800]);
    assert!(widen(&bytes, ScalarType::Decimal(4, 2).required()).is_err());
}
