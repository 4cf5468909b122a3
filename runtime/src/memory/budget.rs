//! A bound on memory that must be asked before it is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::RunError;

/// A bound on the bytes that a run's outputs and sinks hold.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    used: AtomicUsize,
}

impl MemoryBudget {
    /// A budget of so many bytes.
    pub fn new(limit: usize) -> Arc<MemoryBudget> {
        Arc::new(MemoryBudget {
            limit,
            used: AtomicUsize::new(0),
        })
    }

    /// A budget that is never used up.
    pub fn unlimited() -> Arc<MemoryBudget> {
        MemoryBudget::new(usize::MAX)
    }

    /// How many bytes are reserved now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Reserves bytes until the reservation is dropped.
    ///
    /// # Errors
    /// [`RunError::Memory`] if the budget does not leave room.
    pub fn try_grow(self: &Arc<Self>, bytes: usize) -> Result<Reservation, RunError> {
        let mut reservation = Reservation {
            budget: Arc::clone(self),
            bytes: 0,
        };
        reservation.grow_to(bytes)?;
        Ok(reservation)
    }
}

/// Bytes taken from a budget; dropping it gives them back.
#[derive(Debug)]
pub struct Reservation {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

impl Reservation {
    /// Makes the reservation at least this large.
    ///
    /// # Errors
    /// [`RunError::Memory`] if the budget does not leave room; the reservation then stays.
    pub fn grow_to(&mut self, bytes: usize) -> Result<(), RunError> {
        let more = bytes.saturating_sub(self.bytes);
        let limit = self.budget.limit;
        self.budget
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(more).filter(|total| *total <= limit)
            })
            .map_err(|_| RunError::Memory {
                wanted: more,
                limit,
            })?;
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_refuses_and_recovers() {
        let budget = MemoryBudget::new(100);
        let first = budget.try_grow(60).unwrap();
        assert!(matches!(
            budget.try_grow(41),
            Err(RunError::Memory {
                wanted: 41,
                limit: 100
            })
        ));
        drop(first);
        assert!(budget.try_grow(100).is_ok());
        assert_eq!(budget.used(), 0);
    }
}
