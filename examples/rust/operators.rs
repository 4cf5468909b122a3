//! A graph built in Rust with operators, its lineage, its canonical text and its plan.
//!
//! `cargo run --release --example operators`

use std::error::Error;
use std::sync::Arc;

use icosian::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use icosian::ir::op::Reduction;
use icosian::{Flow, FlowBuilder, Graph, Inputs, ScalarType, Stage};

/// Sales with the share of each in its shop's total, and those of above average.
fn graph() -> Result<Graph, Box<dyn Error>> {
    let flow = FlowBuilder::new();
    let shops = flow.table("shops");
    let shop_name = shops.column("name", ScalarType::Str.required());
    let staff = shops.column("staff", ScalarType::I64.required());

    let sales = flow.table("sales");
    let shop = sales.column("shop", ScalarType::Str.required());
    let amount = sales.column("amount", ScalarType::I64.nullable());

    let home = sales_home(&shops, &shop_name, &shop);
    flow.define("per_head", &amount / home.get(&staff));
    let total = amount.reduce(Reduction::Sum, &[&shop]);
    flow.define("share", &amount / &total);
    flow.define("total", amount.sum());

    let large = sales.filter("large", &amount.greater(amount.mean()));
    flow.define("amount", large.member(&amount));
    flow.define("large_sales", large.len());
    Ok(flow.finish()?)
}

/// The shop of each sale. What is not listed gives nulls; a shop listed twice is an error.
fn sales_home(
    shops: &icosian::TableBuilder,
    name: &icosian::Value,
    shop: &icosian::Value,
) -> icosian::Value {
    shops.lookup(&[(name, shop)])
}

fn main() -> Result<(), Box<dyn Error>> {
    let flow = Flow::from_graph(graph()?);
    println!("{}", flow.graph());

    let names: ArrayRef = Arc::new(StringArray::from(vec!["north", "south"]));
    let staff: ArrayRef = Arc::new(Int64Array::from(vec![2, 5]));
    let shops = RecordBatch::try_from_iter([("name", names), ("staff", staff)])?;
    let shop: ArrayRef = Arc::new(StringArray::from(vec!["north", "south", "north", "west"]));
    let amount: ArrayRef = Arc::new(Int64Array::from(vec![Some(30), Some(10), None, Some(8)]));
    let columns = [("shop", shop, false), ("amount", amount, true)];
    let sales = RecordBatch::try_from_iter_with_nullable(columns)?;

    let prepared = flow.outputs().prepare()?;
    let inputs = Inputs::new()
        .batches("shops", vec![shops])
        .batches("sales", vec![sales]);
    let output = prepared.run(&inputs)?;
    for table in output.tables() {
        println!("{table}: {:?}", output.table(table)?.columns());
    }
    println!("{:?}", output.scalars());

    println!("{:?}", flow.path("sales.amount", "large.amount")?);
    println!("{}", prepared.explain(Stage::Plan)?);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
