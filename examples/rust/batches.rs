//! A file in, another out, a batch at a time: the result is never in memory as a whole.
//!
//! `cargo run --release --example batches -- examples/flights/flights.csv /tmp/speeds.csv`

use std::error::Error;
use std::fs::File;
use std::path::Path;

use icosian::arrow::csv::Writer;
use icosian::{Flow, Inputs};

const FLOW: &str = r#"
table flights { carrier: str, distance: i32, air_time: i32?, arr_delay: i32? }
speed: f64? = distance / air_time * 60
late = arr_delay - mean(arr_delay) over carrier
"#;

fn speeds(from: &Path, to: &Path) -> Result<usize, Box<dyn Error>> {
    let prepared = Flow::from_text(FLOW)?
        .select(&["flights.carrier", "speed", "late"])?
        .prepare()?;
    let inputs = Inputs::new()
        .file("flights", from)
        .null_values(vec!["NA".to_owned()]);
    let mut writer = Writer::new(File::create(to)?);
    let mut rows = 0;
    // The means over carriers are known when this returns; the rows come as they are asked for.
    for batch in prepared.batches(&inputs, "flights")? {
        let batch = batch?;
        rows += batch.num_rows();
        writer.write(&batch)?;
    }
    Ok(rows)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args_os().skip(1);
    let (Some(from), Some(to)) = (paths.next(), paths.next()) else {
        return Err("call it with two paths: the flights to read, the file to write".into());
    };
    let rows = speeds(Path::new(&from), Path::new(&to))?;
    println!("{rows} rows");
    Ok(())
}

#[test]
fn runs() {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/flights/flights.csv");
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("speeds.csv");
    assert_eq!(speeds(&from, &to).unwrap(), 16_518);
    let written = std::fs::read_to_string(to).unwrap();
    assert_eq!(written.lines().count(), 16_519);
}
