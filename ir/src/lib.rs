//! Icosian's intermediate representations and what they mean.

pub mod meaning;
