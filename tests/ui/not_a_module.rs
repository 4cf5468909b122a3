//! The attribute stands before a module with a body.

#[icosian::flow(table = "t")]
mod elsewhere;
