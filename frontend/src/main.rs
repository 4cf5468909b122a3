//! The icosian binary.
fn main() {}
