//! Runs Icosian plans over Arrow data.
//!
//! In the order data goes through: [`source`] reads files and record batches into the columns a
//! plan wants, [`write`](mod@write) puts tables back into files. [`arrow_types`] is the border between the
//! language's types and Arrow's.

pub mod arrow_types;
mod format;
pub mod source;
pub mod write;

pub use format::Format;
