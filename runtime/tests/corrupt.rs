//! Columnar files with any one byte changed.
//!
//! What is read may then be wrong, but nothing panics, hangs, or ends the process. Alone in its
//! program because the hook that reports panics is the program's.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray, StringViewArray,
};
use arrow::datatypes::Int32Type;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use icosian_ir::types::{ScalarType, Type};
use icosian_runtime::source::{self, Source, WantedColumn};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

fn table() -> RecordBatch {
    let words: DictionaryArray<Int32Type> = ["a", "b", "a", "a", "b"].into_iter().collect();
    let columns: [(&str, ArrayRef); 5] = [
        ("n", Arc::new(Int64Array::from(vec![1, 2, 3, 4, 5]))),
        (
            "x",
            Arc::new(Float64Array::from(vec![
                Some(1.0),
                None,
                Some(3.0),
                None,
                Some(5.0),
            ])),
        ),
        (
            "s",
            Arc::new(StringArray::from(vec!["", "b", "cc", "ddd", "eeee"])),
        ),
        (
            "v",
            Arc::new(StringViewArray::from(vec!["more than twelve bytes"; 5])),
        ),
        ("w", Arc::new(words)),
    ];
    RecordBatch::try_from_iter(columns).expect("a table")
}

fn wanted() -> Vec<WantedColumn> {
    let text = ScalarType::Str.nullable();
    let column = |name: &str, ty: Type| WantedColumn {
        source_name: name.to_owned(),
        name: name.to_owned(),
        ty,
    };
    vec![
        column("n", ScalarType::I64.nullable()),
        column("x", ScalarType::F64.nullable()),
        column("s", text),
        column("v", text),
        column("w", text),
    ]
}

fn parquet(compression: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .build();
    let table = table();
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, table.schema(), Some(properties)).expect("a writer");
    writer.write(&table).expect("rows written");
    writer.close().expect("a file");
    bytes
}

fn ipc_options(compression: Option<CompressionType>) -> IpcWriteOptions {
    IpcWriteOptions::default()
        .try_with_compression(compression)
        .expect("options")
}

fn ipc_file(compression: Option<CompressionType>) -> Vec<u8> {
    let table = table();
    let options = ipc_options(compression);
    let mut writer =
        FileWriter::try_new_with_options(Vec::new(), &table.schema(), options).expect("a writer");
    writer.write(&table).expect("rows written");
    writer.into_inner().expect("a file")
}

fn ipc_stream(compression: Option<CompressionType>) -> Vec<u8> {
    let table = table();
    let options = ipc_options(compression);
    let mut writer =
        StreamWriter::try_new_with_options(Vec::new(), &table.schema(), options).expect("a writer");
    writer.write(&table).expect("rows written");
    writer.into_inner().expect("a stream")
}

#[test]
fn any_byte_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let wanted = wanted();
    // One thread: the files are tiny, and waking threads would take most of the time.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.expect("a thread");
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !source::panic_is_caught() {
            report(panic);
        }
    }));
    pool.install(|| {
        let mut told = 0;
        for (name, bytes) in [
            ("snappy.parquet", parquet(Compression::SNAPPY)),
            (
                "zstd.parquet",
                parquet(Compression::ZSTD(Default::default())),
            ),
            ("plain.arrow", ipc_file(None)),
            ("lz4.arrow", ipc_file(Some(CompressionType::LZ4_FRAME))),
            ("stream.arrow", ipc_stream(Some(CompressionType::ZSTD))),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, &bytes).expect("a file");
            let source = Source::file(&path);
            let whole = source::read(&source, &wanted).map(|data| data.rows);
            assert_eq!(whole.ok(), Some(5), "{name}");
            for position in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[position] ^= if position % 2 == 0 { 0xff } else { 0x80 };
                // A new file each time: some file systems wait for the disk when one is rewritten.
                std::fs::remove_file(&path).expect("the file before");
                std::fs::write(&path, &changed).expect("a file");
                told += usize::from(source::read(&source, &wanted).is_err());
            }
        }
        assert!(told > 500, "{told} errors");
    });
}
