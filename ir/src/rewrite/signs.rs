//! Signs pulled out of products and odd functions, so that `erf(-x)` shares `erf(x)`.
//!
//! Before → after, with all rounding symmetric to zero:
//!
//! ```text
//! (-a) * b, a / (-b)    -(a * b), -(a / b)
//! erf(-x), asin(-x)     -erf(x), -asin(x)
//! abs(-x)               abs(x)
//! a + (-b), a - (-b)    a - b, a + b
//! ```
//!
//! Sums of two negated values stay: `(-a) + (-b)` is +0 where `-(a + b)` is −0.

use crate::columns::{Column, Columns};
use crate::id::{ColumnId, Id};
use crate::op::{Execution, Math, Op, Overflow};

use super::rebuild::Rebuild;

/// A value: a column, or its negation.
#[derive(Clone, Copy)]
struct Signed {
    negated: bool,
    column: ColumnId,
}

/// The program with signs pulled out, if it is less work that way.
pub(super) fn pull_signs_out(columns: &Columns) -> Option<Columns> {
    let negates = |column: &Column| matches!(column.op, Op::Neg(_)) && column.ty.scalar.is_float();
    if !columns.columns.values().any(negates) {
        return None;
    }
    let mut rebuild = Rebuild::new(columns);
    // Of each old column; what is negated becomes a column of its own where one is asked for.
    let mut signed: Vec<Signed> = Vec::with_capacity(columns.columns.len());
    for (id, column) in columns.columns.iter() {
        let of = |position: usize| signed[column.args[position].index()];
        let value = match &column.op {
            _ if !column.ty.scalar.is_float() => None,
            Op::Neg(_) => Some(Signed {
                negated: !of(0).negated,
                column: of(0).column,
            }),
            Op::Mul(_) | Op::Div if of(0).negated || of(1).negated => {
                let args = vec![of(0).column, of(1).column];
                Some(Signed {
                    negated: of(0).negated != of(1).negated,
                    column: rebuild.add(column.op.clone(), args, column.ty, column.domain),
                })
            }
            Op::Math(math @ (Math::Erf | Math::Asin | Math::Abs)) if of(0).negated => {
                let args = vec![of(0).column];
                Some(Signed {
                    negated: *math != Math::Abs,
                    column: rebuild.add(column.op.clone(), args, column.ty, column.domain),
                })
            }
            Op::Add(overflow) if of(1).negated => {
                let args = vec![rebuild.get(column.args[0]), of(1).column];
                let difference = Op::Sub(*overflow);
                Some(plain(rebuild.add(
                    difference,
                    args,
                    column.ty,
                    column.domain,
                )))
            }
            Op::Add(overflow) if of(0).negated => {
                let args = vec![rebuild.get(column.args[1]), of(0).column];
                let difference = Op::Sub(*overflow);
                Some(plain(rebuild.add(
                    difference,
                    args,
                    column.ty,
                    column.domain,
                )))
            }
            Op::Sub(overflow) if of(1).negated => {
                let args = vec![rebuild.get(column.args[0]), of(1).column];
                let sum = Op::Add(*overflow);
                Some(plain(rebuild.add(sum, args, column.ty, column.domain)))
            }
            _ => None,
        };
        let value = value.unwrap_or_else(|| plain(rebuild.copy(id)));
        // A negation that nobody asks for is not reached from any output: plans leave it out.
        let stands = if value.negated {
            let negation = Op::Neg(Overflow::Raise);
            rebuild.add(negation, vec![value.column], column.ty, column.domain)
        } else {
            value.column
        };
        rebuild.set(id, stands);
        signed.push(value);
    }
    let rebuilt = rebuild.finish();
    (cost(&rebuilt) < cost(columns)).then_some(rebuilt)
}

fn plain(column: ColumnId) -> Signed {
    Signed {
        negated: false,
        column,
    }
}

/// About how much work what the outputs need is, for each row.
fn cost(columns: &Columns) -> usize {
    let mut needed = vec![false; columns.columns.len()];
    let mut mark = |id: &ColumnId| needed[id.index()] = true;
    columns.delivered().for_each(|column| mark(&column));
    for shape in columns.tables.values() {
        shape.rows.makers().iter().for_each(&mut mark);
    }
    let mut total = 0;
    for (id, column) in columns.columns.iter().rev() {
        if needed[id.index()] {
            for arg in &column.args {
                needed[arg.index()] = true;
            }
            total += match columns.execution(id) {
                Execution::Leaf => 0,
                Execution::Fused => 1,
                Execution::Wide
                | Execution::Columnar
                | Execution::Extern
                | Execution::Window
                | Execution::Probe
                | Execution::Barrier => 8,
            };
        }
    }
    total
}
