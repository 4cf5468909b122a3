//! What the engine's tests share: data with every awkward value, and comparison bit for bit.

pub mod compare;
pub mod data;
pub mod partitions;
pub mod random_graph;
mod random_tables;
pub mod served;
