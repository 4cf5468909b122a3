//! Where results go: a terminal, a pipe, a file, a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Field, Schema};
use icosian::{Prepared, ResultBuilder, RunOutput};
use icosian_runtime::Format;
use icosian_runtime::error::RunError;
use icosian_runtime::result::RunResult;
use icosian_runtime::write::{CsvEnd, TableWriter, WriteOptions, write_csv};

use super::arguments::{FormatName, OutputArguments};
use super::console::Console;
use super::exit::{Failure, Outcome};
use super::interrupt::Interrupt;
use super::show;

/// Rows written between two looks at whether Ctrl-C was pressed.
const ROWS_AT_ONCE: usize = 1 << 16;

/// What the file of the scalars is called in a folder.
const SCALARS: &str = "scalars";

/// Where results go.
#[derive(Debug)]
pub(crate) enum Destination {
    /// Shown to a person.
    Terminal,
    /// Standard output, as CSV.
    Pipe,
    /// One file.
    File(PathBuf, FormatName),
    /// A file for each table, and one for the scalars.
    Folder(PathBuf, FormatName),
}

impl Destination {
    /// Decides before anything is read, so that a wrong call costs nothing.
    ///
    /// CSV can hold one table. Who `selected` several gets an error; who only ran a flow that
    /// declares several sees them as a person would.
    pub(crate) fn of(
        arguments: &OutputArguments,
        selected: bool,
        prepared: &Prepared,
        console: &Console,
    ) -> Result<Destination, Failure> {
        let tables = tables_of(prepared);
        let one_table = |place: &str, help: &str| match &tables[..] {
            [] | [_] => Ok(()),
            _ => {
                let message = format!(
                    "{place} takes one table, and {} were selected: {}",
                    tables.len(),
                    tables.join(", ")
                );
                Err(Failure::call(message, help))
            }
        };
        let Some(path) = &arguments.output else {
            if console.out_is_terminal || !selected && tables.len() > 1 {
                return Ok(Destination::Terminal);
            }
            let help = "--select 'TABLE.*' for one of them, or --output FOLDER for a file each";
            one_table("CSV on standard output", help)?;
            return Ok(Destination::Pipe);
        };
        let told = format_of(path);
        let is_folder = path.is_dir()
            || ends_in_separator(path)
            || told.is_none() && arguments.format.is_none();
        if is_folder {
            let clash = path.exists() && !path.is_dir();
            if clash || path.extension().is_some() && !path.is_dir() && !ends_in_separator(path) {
                let message = format!("the name {} tells no format", path.display());
                let help = "end it in .csv, .tsv, .jsonl, .arrow or .parquet, or say --format";
                return Err(Failure::call(message, help));
            }
            let format = arguments.format.unwrap_or(FormatName::Csv);
            return Ok(Destination::Folder(path.clone(), format));
        }
        one_table("a file", "--output FOLDER/ writes a file for each table")?;
        let format = arguments.format.or(told).unwrap_or(FormatName::Csv);
        Ok(Destination::File(path.clone(), format))
    }
}

/// The tables whose columns are delivered.
fn tables_of(prepared: &Prepared) -> Vec<String> {
    let columns = prepared.program().columns();
    let mut tables: Vec<_> = columns
        .outputs
        .iter()
        .filter_map(|output| columns.table_of(output.column))
        .collect();
    tables.sort_unstable();
    tables.dedup();
    let name = |table| columns.tables[table].name.clone();
    tables.into_iter().map(name).collect()
}

fn ends_in_separator(path: &Path) -> bool {
    path.as_os_str()
        .to_string_lossy()
        .ends_with(std::path::is_separator)
}

fn format_of(path: &Path) -> Option<FormatName> {
    let is_tsv = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("tsv"));
    Some(match Format::from_path(path)? {
        Format::Csv if is_tsv => FormatName::Tsv,
        Format::Csv => FormatName::Csv,
        Format::JsonLines => FormatName::Jsonl,
        Format::Ipc => FormatName::Arrow,
        Format::Parquet => FormatName::Parquet,
    })
}

impl FormatName {
    fn format(self) -> Format {
        match self {
            FormatName::Csv | FormatName::Tsv => Format::Csv,
            FormatName::Jsonl => Format::JsonLines,
            FormatName::Arrow => Format::Ipc,
            FormatName::Parquet => Format::Parquet,
        }
    }

    fn extension(self) -> &'static str {
        match self {
            FormatName::Csv => "csv",
            FormatName::Tsv => "tsv",
            FormatName::Jsonl => "jsonl",
            FormatName::Arrow => "arrow",
            FormatName::Parquet => "parquet",
        }
    }

    fn options(self) -> WriteOptions {
        let delimiter = match self {
            FormatName::Csv => Some(b','),
            FormatName::Tsv => Some(b'\t'),
            FormatName::Jsonl | FormatName::Arrow | FormatName::Parquet => None,
        };
        WriteOptions {
            delimiter,
            ..WriteOptions::default()
        }
    }
}

/// Prints or writes a result.
pub(crate) fn deliver(
    console: &mut Console,
    destination: &Destination,
    output: &RunOutput,
    interrupt: &Interrupt,
) -> Outcome {
    match destination {
        Destination::Terminal => show::output(console, output),
        Destination::Pipe => {
            let batch = one_batch(output)?;
            let pieces: Vec<RecordBatch> = pieces(&batch).collect();
            let pieces = pieces.iter().take_while(|_| !interrupt.is_raised());
            let options = FormatName::Csv.options();
            match write_csv(&mut console.out, &batch.schema(), pieces, &options)? {
                CsvEnd::ReaderGone => Err(Failure::ReaderGone),
                CsvEnd::Complete if interrupt.is_raised() => Err(Failure::Interrupted),
                CsvEnd::Complete => Ok(()),
            }
        }
        Destination::File(path, format) => {
            write(vec![(path.clone(), one_batch(output)?)], *format, interrupt)
        }
        Destination::Folder(folder, format) => {
            std::fs::create_dir_all(folder).map_err(|error| {
                Failure::Run(format!(
                    "can't make the folder {}: {error}",
                    folder.display()
                ))
            })?;
            let tables = output.tables();
            let place = |name: &str| {
                // A table's name may be any text; a file's may not.
                let name = name.replace(['/', '\\', '\0'], "_");
                folder.join(format!("{name}.{}", format.extension()))
            };
            let mut files = Vec::new();
            for table in &tables {
                files.push((place(table), output.table(table)?));
            }
            let scalars = output.build(&Scalars)?;
            if scalars.num_columns() > 0 {
                let mut name = SCALARS.to_owned();
                while tables.contains(&name.as_str()) {
                    name.push('_');
                }
                files.push((place(&name), scalars));
            }
            write(files, *format, interrupt)
        }
    }
}

/// Writes files, and puts them in place when all are written.
fn write(files: Vec<(PathBuf, RecordBatch)>, format: FormatName, interrupt: &Interrupt) -> Outcome {
    let mut writers = Vec::with_capacity(files.len());
    for (path, batch) in files {
        let options = format.options();
        let schema = batch.schema();
        let mut writer = TableWriter::with_format(&path, &schema, format.format(), &options)?;
        for piece in pieces(&batch) {
            if interrupt.is_raised() {
                return Err(Failure::Interrupted);
            }
            writer.write(&piece)?;
        }
        writers.push(writer);
    }
    for writer in writers {
        writer.finish()?;
    }
    Ok(())
}

/// A batch in pieces that share its memory.
fn pieces(batch: &RecordBatch) -> impl Iterator<Item = RecordBatch> + '_ {
    let rows = batch.num_rows();
    (0..rows)
        .step_by(ROWS_AT_ONCE)
        .map(move |start| batch.slice(start, ROWS_AT_ONCE.min(rows - start)))
}

/// The scalars as a batch of one row.
struct Scalars;

impl ResultBuilder for Scalars {
    type Output = RecordBatch;

    fn build(&self, result: &RunResult) -> Result<RecordBatch, RunError> {
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for column in result
            .columns()
            .iter()
            .filter(|column| column.table.is_none())
        {
            let array = result.array(column)?;
            let ty = array.data_type().clone();
            fields.push(Field::new(&column.name, ty, column.ty.nullable));
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let schema = Arc::new(Schema::new(fields));
        Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
    }
}

/// The one table of a result, its scalars repeated beside its columns; without a table the
/// scalars alone.
fn one_batch(output: &RunOutput) -> Result<RecordBatch, Failure> {
    let scalars = output.build(&Scalars)?;
    let tables = output.tables();
    let Some(name) = tables.first() else {
        return Ok(scalars);
    };
    let table = output.table(name)?;
    let rows = table.num_rows();
    let every = UInt32Array::from(vec![0; rows]);
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    let schema = table.schema();
    for (field, array) in schema.fields().iter().zip(table.columns()) {
        // Column and scalar may share a name; then the column goes by its full one.
        let field = match scalars.schema().column_with_name(field.name()) {
            Some(_) => field
                .as_ref()
                .clone()
                .with_name(format!("{name}.{}", field.name())),
            None => field.as_ref().clone(),
        };
        fields.push(field);
        arrays.push(Arc::clone(array));
    }
    for (field, array) in scalars.schema().fields().iter().zip(scalars.columns()) {
        fields.push(field.as_ref().clone());
        arrays.push(take(array, &every, None).map_err(RunError::from)?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new_with_options(schema, arrays, &options);
    Ok(batch.map_err(RunError::from)?)
}
