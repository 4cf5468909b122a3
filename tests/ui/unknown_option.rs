//! The one option is the table.

#[icosian::flow(tables = "t")]
mod wrong {}
