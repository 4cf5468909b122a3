//! Types of values: a scalar type and whether nulls may occur.

use std::fmt;

use crate::id::TableId;

/// The resolution of a timestamp or duration.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum TimeUnit {
    /// Seconds.
    Second,
    /// 10⁻³ s.
    Millisecond,
    /// 10⁻⁶ s.
    Microsecond,
    /// 10⁻⁹ s.
    Nanosecond,
}

impl TimeUnit {
    /// How many of this unit make a second.
    pub fn per_second(self) -> i64 {
        match self {
            TimeUnit::Second => 1,
            TimeUnit::Millisecond => 1_000,
            TimeUnit::Microsecond => 1_000_000,
            TimeUnit::Nanosecond => 1_000_000_000,
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeUnit::Second => "s",
            TimeUnit::Millisecond => "ms",
            TimeUnit::Microsecond => "us",
            TimeUnit::Nanosecond => "ns",
        })
    }
}

/// The name of a time zone, kept in place so that types stay `Copy`.
///
/// Names of the tz database have at most 38 bytes; whether a zone exists is for the checker.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone {
    length: u8,
    name: [u8; Zone::MAX_LENGTH],
}

impl Zone {
    /// The longest name a zone may have, in bytes.
    pub const MAX_LENGTH: usize = 38;

    /// A zone of this name, unless the name is empty or too long.
    pub fn new(name: &str) -> Option<Zone> {
        if name.is_empty() || name.len() > Zone::MAX_LENGTH {
            return None;
        }
        let mut bytes = [0; Zone::MAX_LENGTH];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Some(Zone {
            length: name.len() as u8,
            name: bytes,
        })
    }

    /// Whether its clock is UTC at all times.
    pub fn is_utc(&self) -> bool {
        matches!(self.name(), "UTC" | "Etc/UTC" | "GMT" | "Etc/GMT")
    }

    /// The name.
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.name[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.name(), f)
    }
}

/// What one value is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ScalarType {
    /// True or false.
    Bool,
    /// 8-bit signed integer.
    I8,
    /// 16-bit signed integer.
    I16,
    /// 32-bit signed integer.
    I32,
    /// 64-bit signed integer.
    I64,
    /// 8-bit unsigned integer.
    U8,
    /// 16-bit unsigned integer.
    U16,
    /// 32-bit unsigned integer.
    U32,
    /// 64-bit unsigned integer.
    U64,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// UTF-8 text. Its layout in memory (32- or 64-bit offsets, views, dictionary) is the runtime's.
    Str,
    /// Days since 1970-01-01, proleptic Gregorian, 32 bits.
    Date,
    /// Units since 1970-01-01T00:00:00 UTC (or on the wall clock where there is no zone), 64 bits.
    Timestamp(TimeUnit, Option<Zone>),
    /// A length of time in units, 64 bits.
    Duration(TimeUnit),
    /// A decimal number of so many digits at most (1 to 38), so many of them after the point: a whole
    /// number of units of its last place, 128 bits.
    Decimal(u8, u8),
    /// A row of another table, as its 32-bit position: what a lookup gives.
    Row(TableId),
}

/// The most digits a decimal can have.
pub const MAX_DIGITS: u8 = 38;

/// How a fixed-width value stands in memory and in registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    /// Packed bits in memory, a mask in registers.
    Bool,
    /// 8-bit signed.
    I8,
    /// 16-bit signed.
    I16,
    /// 32-bit signed.
    I32,
    /// 64-bit signed.
    I64,
    /// 8-bit unsigned.
    U8,
    /// 16-bit unsigned.
    U16,
    /// 32-bit unsigned.
    U32,
    /// 64-bit unsigned.
    U64,
    /// 128-bit signed, of decimals; in memory only, as no kernel computes with it.
    I128,
    /// binary32.
    F32,
    /// binary64.
    F64,
}

impl Lane {
    /// Bits per value in memory.
    pub fn bits(self) -> usize {
        match self {
            Lane::Bool => 1,
            Lane::I8 | Lane::U8 => 8,
            Lane::I16 | Lane::U16 => 16,
            Lane::I32 | Lane::U32 | Lane::F32 => 32,
            Lane::I64 | Lane::U64 | Lane::F64 => 64,
            Lane::I128 => 128,
        }
    }

    /// Bytes that `rows` values take in memory.
    pub fn bytes(self, rows: usize) -> usize {
        (rows * self.bits()).div_ceil(8)
    }
}

impl ScalarType {
    /// The lane of a fixed-width type; none for text.
    pub fn lane(self) -> Option<Lane> {
        Some(match self {
            ScalarType::Bool => Lane::Bool,
            ScalarType::I8 => Lane::I8,
            ScalarType::I16 => Lane::I16,
            ScalarType::I32 | ScalarType::Date => Lane::I32,
            ScalarType::I64 | ScalarType::Timestamp(..) | ScalarType::Duration(_) => Lane::I64,
            ScalarType::U8 => Lane::U8,
            ScalarType::U16 => Lane::U16,
            ScalarType::U32 | ScalarType::Row(_) => Lane::U32,
            ScalarType::U64 => Lane::U64,
            ScalarType::F32 => Lane::F32,
            ScalarType::F64 => Lane::F64,
            ScalarType::Decimal(..) => Lane::I128,
            ScalarType::Str => return None,
        })
    }

    /// Whether this is one of the eight integer types.
    pub fn is_integer(self) -> bool {
        self.integer_range().is_some()
    }

    /// Whether this is f32 or f64.
    pub fn is_float(self) -> bool {
        matches!(self, ScalarType::F32 | ScalarType::F64)
    }

    /// Whether this is an integer, a float or a decimal.
    pub fn is_number(self) -> bool {
        self.is_integer() || self.is_float() || self.is_decimal()
    }

    /// Whether this is a decimal.
    pub fn is_decimal(self) -> bool {
        matches!(self, ScalarType::Decimal(..))
    }

    /// The digits and places of the decimals that hold every value of a decimal or integer type.
    pub fn as_decimal(self) -> Option<(u8, u8)> {
        match self {
            ScalarType::Decimal(digits, places) => Some((digits, places)),
            integer => {
                let (least, greatest) = integer.integer_range()?;
                let most = least.unsigned_abs().max(greatest.unsigned_abs());
                Some((most.ilog10() as u8 + 1, 0))
            }
        }
    }

    /// The decimal type of so many digits before the point and after it; none beyond 38 in all.
    pub fn decimal_of(whole: u8, places: u8) -> Option<ScalarType> {
        let digits = (whole + places).max(1);
        (digits <= MAX_DIGITS).then_some(ScalarType::Decimal(digits, places))
    }

    /// The decimal type in which a decimal meets a decimal or an integer: it holds both, if 38 digits
    /// do.
    pub fn meet_decimals(self, other: ScalarType) -> Option<ScalarType> {
        let ((digits, places), (others, other_places)) = (self.as_decimal()?, other.as_decimal()?);
        let whole = (digits - places).max(others - other_places);
        ScalarType::decimal_of(whole, places.max(other_places))
    }

    /// Whether this is a signed integer.
    pub fn is_signed(self) -> bool {
        self.integer_range().is_some_and(|(least, _)| least < 0)
    }

    /// The least and greatest value of an integer type.
    pub fn integer_range(self) -> Option<(i128, i128)> {
        Some(match self {
            ScalarType::I8 => (i8::MIN.into(), i8::MAX.into()),
            ScalarType::I16 => (i16::MIN.into(), i16::MAX.into()),
            ScalarType::I32 => (i32::MIN.into(), i32::MAX.into()),
            ScalarType::I64 => (i64::MIN.into(), i64::MAX.into()),
            ScalarType::U8 => (0, u8::MAX.into()),
            ScalarType::U16 => (0, u16::MAX.into()),
            ScalarType::U32 => (0, u32::MAX.into()),
            ScalarType::U64 => (0, u64::MAX.into()),
            _ => return None,
        })
    }

    /// The least and greatest whole number that a lane of integers (times included) can hold.
    pub fn lane_range(self) -> Option<(i128, i128)> {
        match self {
            ScalarType::Date => ScalarType::I32.integer_range(),
            ScalarType::Timestamp(..) | ScalarType::Duration(_) => ScalarType::I64.integer_range(),
            ScalarType::Row(_) => ScalarType::U32.integer_range(),
            ScalarType::Decimal(digits, _) => {
                let end = 10i128.pow(u32::from(digits.min(MAX_DIGITS)));
                Some((1 - end, end - 1))
            }
            other => other.integer_range(),
        }
    }

    /// Whether the clock of this timestamp stands in its value: it has no zone, or that is UTC.
    pub fn is_wall_clock(self) -> bool {
        matches!(self, ScalarType::Timestamp(_, zone) if zone.is_none_or(|zone| zone.is_utc()))
    }

    /// The smallest integer type that holds both (LANGUAGE rule 15); none for u64 with a signed type.
    pub fn meet_integers(self, other: ScalarType) -> Option<ScalarType> {
        let (low_a, high_a) = self.integer_range()?;
        let (low_b, high_b) = other.integer_range()?;
        ScalarType::smallest_integer(low_a.min(low_b), high_a.max(high_b))
    }

    /// The smallest integer type that holds `low..=high`, signed types first.
    pub fn smallest_integer(low: i128, high: i128) -> Option<ScalarType> {
        let unsigned = [
            ScalarType::U8,
            ScalarType::U16,
            ScalarType::U32,
            ScalarType::U64,
        ];
        let signed = [
            ScalarType::I8,
            ScalarType::I16,
            ScalarType::I32,
            ScalarType::I64,
        ];
        let kinds = if low < 0 { signed } else { unsigned };
        kinds.into_iter().find(|kind| {
            kind.integer_range()
                .is_some_and(|(least, greatest)| least <= low && high <= greatest)
        })
    }

    /// The type with nulls allowed.
    pub fn nullable(self) -> Type {
        Type {
            scalar: self,
            nullable: true,
        }
    }

    /// The type without nulls.
    pub fn required(self) -> Type {
        Type {
            scalar: self,
            nullable: false,
        }
    }
}

impl fmt::Display for ScalarType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            ScalarType::Bool => "bool",
            ScalarType::I8 => "i8",
            ScalarType::I16 => "i16",
            ScalarType::I32 => "i32",
            ScalarType::I64 => "i64",
            ScalarType::U8 => "u8",
            ScalarType::U16 => "u16",
            ScalarType::U32 => "u32",
            ScalarType::U64 => "u64",
            ScalarType::F32 => "f32",
            ScalarType::F64 => "f64",
            ScalarType::Str => "str",
            ScalarType::Date => "date",
            ScalarType::Timestamp(unit, None) => return write!(f, "timestamp[{unit}]"),
            ScalarType::Timestamp(unit, Some(zone)) => {
                return write!(f, "timestamp[{unit}, {:?}]", zone.name());
            }
            ScalarType::Duration(unit) => return write!(f, "duration[{unit}]"),
            ScalarType::Decimal(digits, places) => {
                return write!(f, "decimal[{digits}, {places}]");
            }
            ScalarType::Row(table) => return write!(f, "row of {table}"),
        };
        f.write_str(name)
    }
}

/// A scalar type and whether nulls may occur; prints as in flow text (`f64?`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Type {
    /// What a value is.
    pub scalar: ScalarType,
    /// Whether nulls may occur.
    pub nullable: bool,
}

impl Type {
    /// The same scalar type, nullable if this or `other` is.
    pub fn nullable_if(self, other: bool) -> Type {
        Type {
            scalar: self.scalar,
            nullable: self.nullable || other,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.scalar, if self.nullable { "?" } else { "" })
    }
}

/// The rows that a value has: one for all, or one per row of a table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Domain {
    /// One value; where rows are wanted it stands in each of them.
    Scalar,
    /// One value per row of the table.
    Rows(TableId),
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Domain::Scalar => f.write_str("scalar"),
            Domain::Rows(table) => write!(f, "{table}"),
        }
    }
}
