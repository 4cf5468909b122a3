//! Running a plan: passes over partitions, executors that loop over them, results.
//!
//! A pass over one partition is a pure function ([`Run::run_pass`]); what it gives is either
//! delivered or a [`State`] that merges with those of other partitions and, finished, becomes known
//! to later steps in [`Params`]. An [`Executor`] is a loop over exactly that.

mod analysis;
mod arena;
mod built;
mod by_row;
mod candidates;
mod columnar;
mod decimal;
mod destination;
mod distinct;
mod executor;
mod fused;
mod hash;
mod host;
mod interpreted;
mod join;
mod kept;
mod kernel_cache;
mod kernels;
mod keyed_window;
mod keys;
mod morsel;
mod nearest;
mod one_of;
mod order_words;
mod params;
mod partition;
mod pass;
mod prepared;
mod probe;
mod program;
mod reading;
mod replay;
mod row_text;
mod run;
mod selection;
mod shares;
mod sink;
mod sink_plan;
mod sort;
mod stack;
mod state;
mod state_batches;
mod stream;
mod thin;
mod time;
mod view;
mod wide;
mod window;

pub use analysis::{Analysis, PassTimes};
pub use by_row::{LaneValue, RowInput, RowOutput, RowProgram, RowState, WindowState};
pub use executor::{Executor, ParallelExecutor, SerialExecutor};
pub use host::{ArrowFunction, HostError};
pub use kernel_cache::KernelCache;
pub use params::Params;
pub use pass::{MORSEL_ROWS, OutputPart, PassOutput, PassRun};
pub use prepared::{Backend, Prepared};
pub use run::Run;
pub use state::State;
pub(crate) use state::together;
pub use stream::BatchStream;

#[cfg(test)]
mod tests;
