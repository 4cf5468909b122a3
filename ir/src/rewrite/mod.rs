//! Rewrites of the columnar IR before it is planned: the same answers by less work.
//!
//! Rewrites are bit-exact and leave what may raise an error alone, so that neither values nor the
//! wording of errors can show that one was made. The interpreter runs programs as they were lowered.

mod filtered;
mod rebuild;
mod signs;
#[cfg(test)]
mod tests;

use crate::columns::Columns;

/// The program to plan for machine code.
pub fn rewrite(columns: &Columns) -> Columns {
    let mut rewritten = columns.clone();
    // Each time one filter less: a filter of a filter is taken after the outer one.
    while let Some(next) = filtered::reduce_in_parent(&rewritten) {
        rewritten = next;
    }
    if let Some(next) = signs::pull_signs_out(&rewritten) {
        rewritten = next;
    }
    rewritten
}
