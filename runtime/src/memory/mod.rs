//! Memory of a run: a budget that must be asked, regions that suit the machine's pages, and a pool
//! that gets output buffers back when their arrays are dropped.
//!
//! Fresh pages cost more than most arithmetic, so large outputs are worth reusing; what the pool
//! keeps is bounded, is given back when nobody wants it for a while, and at once on demand.

pub(crate) mod ahead;
mod budget;
mod pool;
mod region;
pub(crate) mod streaming;

pub use budget::{MemoryBudget, Reservation};
pub use pool::BufferPool;
pub(crate) use pool::PooledRegion;
pub(crate) use region::Region;
