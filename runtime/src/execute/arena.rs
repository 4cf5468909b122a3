//! Where text that a morsel makes stands until the morsel is done.
//!
//! Cells are borrowed: text that was read borrows from its table, text that was made from here. What
//! outlives the morsel (delivered columns, keys, states) is copied out of it by whoever keeps it, so
//! an arena holds what one morsel makes and no more.

use std::cell::RefCell;
use std::sync::Arc;

use bumpalo::Bump;

use crate::error::RunError;
use crate::memory::{MemoryBudget, Reservation};

/// An arena of more bytes is given back after its morsel instead of being kept for the next.
const KEPT_BYTES: usize = 16 << 20;

/// The text that a morsel makes.
#[derive(Debug)]
pub(crate) struct TextArena {
    bump: Bump,
    budget: Arc<MemoryBudget>,
    reservation: RefCell<Option<Reservation>>,
}

impl TextArena {
    pub(crate) fn new(budget: &Arc<MemoryBudget>) -> TextArena {
        TextArena {
            bump: Bump::new(),
            budget: Arc::clone(budget),
            reservation: RefCell::new(None),
        }
    }

    /// Forgets every text.
    pub(crate) fn reset(&mut self) {
        if self.bump.allocated_bytes() > KEPT_BYTES {
            self.bump = Bump::new();
        } else {
            self.bump.reset();
        }
        *self.reservation.get_mut() = None;
    }

    /// A copy of a text that stays until the arena is reset.
    ///
    /// # Errors
    /// If the memory budget is used up.
    pub(crate) fn keep(&self, text: &str) -> Result<&str, RunError> {
        if text.len() <= self.bump.chunk_capacity() {
            return Ok(self.bump.alloc_str(text));
        }
        self.reserve(self.bump.allocated_bytes().saturating_add(text.len()))?;
        let kept = self.bump.alloc_str(text);
        self.reserve(self.bump.allocated_bytes())?;
        Ok(kept)
    }

    fn reserve(&self, bytes: usize) -> Result<(), RunError> {
        match &mut *self.reservation.borrow_mut() {
            Some(reservation) => reservation.grow_to(bytes),
            none => {
                *none = Some(self.budget.try_grow(bytes)?);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TextArena;
    use crate::memory::MemoryBudget;

    #[test]
    fn texts_stay_and_are_counted() {
        let budget = MemoryBudget::new(1 << 20);
        let mut arena = TextArena::new(&budget);
        let texts: Vec<&str> = (0..1000)
            .map(|number| arena.keep(&number.to_string()).unwrap())
            .collect();
        assert_eq!(texts[999], "999");
        assert_eq!(texts[0], "0");
        assert!(budget.used() > 0);
        let long = "x".repeat(2 << 20);
        assert!(arena.keep(&long).is_err());
        arena.reset();
        assert_eq!(budget.used(), 0);
    }
}
