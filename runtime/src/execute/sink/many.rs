//! What the states of many groups need: to be fetched before they are used, and to stand by the places
//! of keys, where some stay empty.

use super::accumulate::Accumulators;
use super::float_sums::FloatSums;
use crate::memory::ahead;

impl Accumulators {
    /// No states, of the same reduction, if a state is so small that some may stay empty.
    pub(super) fn emptied(&self) -> Option<Accumulators> {
        Some(match self {
            Accumulators::Count(_) => Accumulators::Count(Vec::new()),
            Accumulators::FloatSum(sums) => {
                Accumulators::FloatSum(FloatSums::new(sums.is_counted()))
            }
            Accumulators::IntegerSum(_) => Accumulators::IntegerSum(Vec::new()),
            Accumulators::FloatBest(_, order) => Accumulators::FloatBest(Vec::new(), *order),
            Accumulators::IntegerBest(_, order) => Accumulators::IntegerBest(Vec::new(), *order),
            Accumulators::Decided(_, by) => Accumulators::Decided(Vec::new(), *by),
            Accumulators::FloatMoments(_)
            | Accumulators::DecimalSum(_)
            | Accumulators::IntegerProduct(_)
            | Accumulators::IntegerMoments(_)
            | Accumulators::Powers(_)
            | Accumulators::Pairs(_)
            | Accumulators::Weighted(_)
            | Accumulators::TextBest(..)
            | Accumulators::Sketch(_)
            | Accumulators::Tally(_)
            | Accumulators::Collected(_)
            | Accumulators::Picked(_) => return None,
        })
    }

    /// Fetches the states of some groups, if there are many.
    pub(super) fn fetch(&self, groups: &[u32]) {
        let places = groups.iter().map(|group| *group as usize);
        match self {
            Accumulators::Count(states) => ahead::fetch(states, places),
            Accumulators::FloatSum(sums) => sums.fetch(groups),
            Accumulators::FloatMoments(states) => ahead::fetch(states, places),
            Accumulators::IntegerSum(states) => ahead::fetch(states, places),
            Accumulators::DecimalSum(states) => ahead::fetch(states, places),
            Accumulators::IntegerProduct(states) => ahead::fetch(states, places),
            Accumulators::IntegerMoments(states) => ahead::fetch(states, places),
            Accumulators::FloatBest(states, _) => ahead::fetch(states, places),
            Accumulators::IntegerBest(states, _) => ahead::fetch(states, places),
            Accumulators::TextBest(states, _) => ahead::fetch(states, places),
            Accumulators::Decided(states, _) => ahead::fetch(states, places),
            // Of several cache lines, or elsewhere.
            Accumulators::Powers(_)
            | Accumulators::Pairs(_)
            | Accumulators::Weighted(_)
            | Accumulators::Sketch(_)
            | Accumulators::Tally(_)
            | Accumulators::Collected(_)
            | Accumulators::Picked(_) => {}
        }
    }
}
