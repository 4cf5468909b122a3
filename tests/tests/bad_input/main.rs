//! Bad input of every kind, through the whole library: each ends in a diagnostic that says what is
//! wrong, none in a panic, an overflown stack or an answer that is not one. What is merely large
//! must give its answer. Where a stage or a drop could recurse, the test runs on a small stack.

mod files;
mod flows;
mod mutations;
mod scale;
mod support;
mod values;
