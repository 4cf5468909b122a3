//! States that several reductions share: what one has to know tells others as well.

use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::op::{Op, Reduction};

/// Reductions, each with the position of its state, and the states: those that several share once.
type Shared = (Vec<(ColumnId, usize)>, Vec<(Reduction, Vec<usize>)>);

/// The states of reductions, given with the slots that they read.
pub(crate) fn shared_states(columns: &Columns, reductions: Vec<(ColumnId, Vec<usize>)>) -> Shared {
    let mut states: Vec<(Reduction, Vec<usize>)> = Vec::new();
    let mut values = Vec::with_capacity(reductions.len());
    for (column, slots) in reductions {
        let Op::Reduce { reduction, .. } = columns.column(column).op else {
            continue;
        };
        let shared = states.iter().enumerate().find_map(|(position, state)| {
            let both = one_state(state.0, reduction).filter(|_| state.1 == slots)?;
            Some((position, both))
        });
        match shared {
            Some((position, both)) => {
                states[position].0 = both;
                values.push((column, position));
            }
            None => {
                values.push((column, states.len()));
                states.push((reduction, slots));
            }
        }
    }
    (values, states)
}

/// The reduction whose state gives two reductions of the same arguments, if there is one.
fn one_state(one: Reduction, other: Reduction) -> Option<Reduction> {
    use Reduction::{
        Corr, Count, Cov, Kurtosis, Mean, Mode, NUnique, Quantile, Skew, Std, Sum, Var,
    };
    match (one, other) {
        // A sum of squares stands beside the sum and the count.
        (moments @ (Var { .. } | Std { .. }), Sum | Mean | Count | Var { .. } | Std { .. })
        | (Sum | Mean | Count, moments @ (Var { .. } | Std { .. })) => Some(moments),
        (Sum | Mean | Count, Sum | Mean | Count) if one != other => Some(Mean),
        (Skew { .. } | Kurtosis { .. }, Skew { .. } | Kurtosis { .. })
        | (Cov { .. } | Corr, Cov { .. } | Corr)
        | (Quantile { .. }, Quantile { .. }) => Some(one),
        (NUnique, NUnique) => Some(NUnique),
        // Counted values are known.
        (NUnique | Mode, NUnique | Mode) => Some(Mode),
        (one, other) => (one == other).then_some(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_shared_by_what_they_tell() {
        use Reduction::{Count, Len, Max, Mean, Min, Std, Sum, Var};
        let std = Std { ddof: 1 };
        assert_eq!(one_state(Mean, std), Some(std));
        assert_eq!(one_state(std, Sum), Some(std));
        assert_eq!(one_state(Var { ddof: 0 }, std), Some(Var { ddof: 0 }));
        assert_eq!(one_state(Sum, Count), Some(Mean));
        assert_eq!(one_state(Sum, Sum), Some(Sum));
        assert_eq!(one_state(Count, Count), Some(Count));
        for (one, other) in [(Min, Max), (Sum, Min), (Len, Sum), (std, Max)] {
            assert_eq!(one_state(one, other), None);
        }
    }
}
