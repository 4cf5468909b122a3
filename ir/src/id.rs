//! Typed ids and the tables they index.
//!
//! Every entity of the IR (table, node, expression, column, pass) lives in one [`Table`] and is
//! named by a `u32` id of its own type, so that an id of one kind can't be used for another and
//! no entity holds a reference to another.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// An id into a [`Table`].
pub trait Id: Copy + Eq {
    /// The id of the entity at `index`.
    ///
    /// # Panics
    /// If `index` does not fit 32 bits.
    fn from_index(index: usize) -> Self;
    /// The position of the entity in its table.
    fn index(self) -> usize;
}

/// Defines ids: a `u32` newtype that prints as its prefix and number.
#[macro_export]
macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u32);

        impl $crate::id::Id for $name {
            fn from_index(index: usize) -> Self {
                $name(u32::try_from(index).expect("more than 2^32 entities of one kind"))
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    )*};
}

typed_id! {
    /// A table: a set of rows of its own (LANGUAGE rule 3).
    TableId "t";
    /// A named node of a graph.
    NodeId "n";
    /// A typed expression of a graph.
    ExprId "e";
    /// A column (or scalar) of the columnar IR.
    ColumnId "c";
    /// A source column that the columnar IR reads.
    InputId "in";
    /// A scalar given per run.
    ParamId "p";
    /// A pass of a plan.
    PassId "pass";
}

/// A growing table of entities, indexed by their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<I, T> {
    entries: Vec<T>,
    ids: PhantomData<fn() -> I>,
}

impl<I: Id, T> Table<I, T> {
    /// An empty table.
    pub fn new() -> Self {
        Table {
            entries: Vec::new(),
            ids: PhantomData,
        }
    }

    /// Adds an entity and gives its id.
    pub fn push(&mut self, entry: T) -> I {
        let id = I::from_index(self.entries.len());
        self.entries.push(entry);
        id
    }

    /// The number of entities.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entity.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entity of an id that may come from elsewhere.
    pub fn get(&self, id: I) -> Option<&T> {
        self.entries.get(id.index())
    }

    /// Every id, in the order of creation.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        (0..self.entries.len()).map(I::from_index)
    }

    /// Every id with its entity, in the order of creation.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.entries
            .iter()
            .enumerate()
            .map(|(index, entry)| (I::from_index(index), entry))
    }

    /// Every entity, to be changed, in the order of creation.
    pub fn values_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.entries.iter_mut()
    }

    /// Every entity, in the order of creation.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.entries.iter()
    }
}

impl<I: Id, T> Default for Table<I, T> {
    fn default() -> Self {
        Table::new()
    }
}

impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.entries[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for Table<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.entries[id.index()]
    }
}
