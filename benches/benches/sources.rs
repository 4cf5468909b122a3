//! Reading files: each format, all columns and one.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use icosian::{Flow, Inputs, Source};
use icosian_benches::{MIXED, mixed, short_group};
use icosian_runtime::write::{WriteOptions, write_file};

const ROWS: usize = 65_536;

fn sources(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder for files");
    let batch = mixed(ROWS);
    let mut group = short_group(criterion, "sources");
    group.throughput(Throughput::Elements(ROWS as u64));
    for extension in ["csv", "parquet", "arrow"] {
        let path = folder.path().join(format!("t.{extension}"));
        write_file(&path, &batch.schema(), [&batch], &WriteOptions::default())
            .expect("the file is written");
        for (what, output) in [
            ("all columns", "output o = [t.*]"),
            ("one column", "output o = [t.y]"),
        ] {
            let flow = Flow::from_text(&format!("{MIXED}{output}")).expect("the flow checks");
            let prepared = flow.outputs().prepare().expect("the flow is planned");
            let inputs = Inputs::new().source("t", Source::file(&path));
            group.bench_function(format!("{extension}, {what}"), |bencher| {
                bencher.iter(|| prepared.bind(&inputs).expect("the file is read"));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, sources);
criterion_main!(benches);
