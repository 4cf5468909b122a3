//! Runs Icosian plans over Arrow data.
//!
//! In the order data goes through: [`source`] reads files and record batches into the columns a
//! plan wants, [`data`] holds them, [`execute`] runs passes over them, [`result`] shapes what comes
//! out, [`write`](mod@write) puts tables back into files. [`arrow_types`] is the border between the
//! language's types and Arrow's, [`memory`] the budget and the buffers.

pub mod arrow_types;
mod bytes;
mod compact;
pub mod convert;
pub mod data;
pub mod error;
pub mod execute;
mod format;
pub mod memory;
pub mod result;
pub mod source;
mod text;
pub mod write;

pub use format::Format;
