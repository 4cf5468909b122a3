//! Icosian's runtime: plans run in parallel over Arrow data.

mod bytes;
mod convert;
pub mod data;
pub mod error;
pub mod execute;
pub mod memory;
pub mod result;
mod text;
