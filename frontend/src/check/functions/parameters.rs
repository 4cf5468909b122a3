//! How parameters are written in the lists of functions.

use super::Parameter;

pub(super) const fn required(name: &'static str) -> Parameter {
    Parameter {
        name,
        optional: false,
        repeated: false,
    }
}

pub(super) const fn repeated(name: &'static str) -> Parameter {
    Parameter {
        name,
        optional: false,
        repeated: true,
    }
}

pub(super) const fn optional(name: &'static str) -> Parameter {
    Parameter {
        name,
        optional: true,
        repeated: false,
    }
}

pub(super) const X: &[Parameter] = &[required("x")];
pub(super) const X_COUNT: &[Parameter] = &[required("x"), required("n")];
pub(super) const A_B: &[Parameter] = &[required("a"), required("b")];
pub(super) const X_CHARACTERS: &[Parameter] = &[required("x"), optional("characters")];
pub(super) const X_LENGTH_FILL: &[Parameter] =
    &[required("x"), required("length"), optional("fill")];
pub(super) const X_PATTERN: &[Parameter] = &[required("x"), required("pattern")];
pub(super) const X_Y: &[Parameter] = &[required("x"), required("y")];
pub(super) const X_DDOF: &[Parameter] = &[required("x"), optional("ddof")];
pub(super) const X_BY: &[Parameter] = &[required("x"), required("by")];
pub(super) const X_BIAS: &[Parameter] = &[required("x"), optional("bias")];
pub(super) const X_SKIP_NULL: &[Parameter] = &[required("x"), optional("skip_null")];
pub(super) const X_DECAY: &[Parameter] = &[
    required("x"),
    optional("alpha"),
    optional("span"),
    optional("com"),
    optional("half_life"),
    optional("adjust"),
    optional("skip_null"),
    optional("min"),
];
pub(super) const X_DECAY_BIAS: &[Parameter] = &[
    required("x"),
    optional("alpha"),
    optional("span"),
    optional("com"),
    optional("half_life"),
    optional("adjust"),
    optional("skip_null"),
    optional("bias"),
    optional("min"),
];
pub(super) const X_N: &[Parameter] = &[required("x"), optional("n")];
pub(super) const X_PLACES: &[Parameter] = &[required("x"), optional("places")];
pub(super) const X_DIGITS: &[Parameter] =
    &[required("x"), required("precision"), required("scale")];
pub(super) const X_UNIT: &[Parameter] = &[required("x"), optional("unit")];
pub(super) const X_UNIT_ZONE: &[Parameter] = &[required("x"), optional("unit"), optional("zone")];
pub(super) const A_OPTIONAL_B: &[Parameter] = &[required("a"), optional("b")];
