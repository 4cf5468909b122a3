//! Results for people: scalars in lines, tables in boxes that fit the terminal.

use std::io::{self, Write};

use arrow::array::{Array, ArrayRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use icosian::{Constant, RunOutput, ScalarType, Type};

use super::console::Console;
use super::exit::Outcome;

/// Of a table with more rows than twice this, so many of the first and of the last are shown.
pub(crate) const HEAD: usize = 10;

/// Longer cells are cut.
const CELL: usize = 40;

/// Stands for what is left out.
const MORE: &str = "…";

/// A table as it is shown.
pub(crate) struct ShownTable {
    /// Its name; empty if it has none.
    pub(crate) name: String,
    /// Name, type and values of each column; the values may be the first rows only.
    pub(crate) columns: Vec<(String, Type, ArrayRef)>,
    /// How many rows the table has.
    pub(crate) rows: usize,
    /// How many of them the columns hold.
    pub(crate) known: usize,
}

/// Shows scalars, then each table.
pub(crate) fn output(console: &mut Console, output: &RunOutput) -> Outcome {
    let scalars = output.scalars();
    let length = |text: &str| text.chars().count();
    let name_width = scalars.iter().map(|(name, ..)| length(name)).max();
    let type_width = scalars
        .iter()
        .map(|(_, ty, _)| length(&ty.to_string()))
        .max();
    for (name, ty, value) in &scalars {
        writeln!(
            console.out,
            "{:name_width$}  {:type_width$}  {}",
            printable(name),
            ty.to_string(),
            value_text(*ty, value),
            name_width = name_width.unwrap_or(0),
            type_width = type_width.unwrap_or(0),
        )?;
    }
    for (position, name) in output.tables().into_iter().enumerate() {
        if position > 0 || !scalars.is_empty() {
            writeln!(console.out)?;
        }
        let shown = shown_table(output, name)?;
        table(&mut console.out, &shown, console.width)?;
    }
    Ok(())
}

/// A delivered table with the types that its columns have in the language.
pub(crate) fn shown_table(output: &RunOutput, name: &str) -> Result<ShownTable, icosian::Error> {
    let batch = output.table(name)?;
    let types = output.types(name);
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    let columns = names.zip(types).zip(batch.columns());
    Ok(ShownTable {
        name: name.to_owned(),
        columns: columns
            .map(|((name, ty), array)| (name, ty, ArrayRef::clone(array)))
            .collect(),
        rows: batch.num_rows(),
        known: batch.num_rows(),
    })
}

/// A number with its thousands marked.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn counted(number: usize, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{} {one}s", count(number)),
    }
}

/// A value of the language as people read it.
pub(crate) fn value_text(ty: Type, value: &Constant) -> String {
    match (ty.scalar, value) {
        (
            ScalarType::Date
            | ScalarType::Timestamp(..)
            | ScalarType::Duration(_)
            | ScalarType::Decimal(..),
            value,
        ) => match icosian_runtime::convert::value_to_array(ty.scalar, value) {
            Ok(array) => Cells::new(&array).text(0),
            Err(_) => value.to_string(),
        },
        (_, Constant::Str(text)) => printable(text),
        (_, value) => value.to_string(),
    }
}

/// Text without characters that would move the cursor or change the terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The cells of a column.
struct Cells<'a> {
    formatter: Option<ArrayFormatter<'a>>,
    array: &'a ArrayRef,
}

impl<'a> Cells<'a> {
    fn new(array: &'a ArrayRef) -> Cells<'a> {
        let options = FormatOptions::new()
            .with_null("null")
            .with_display_error(true);
        let formatter = ArrayFormatter::try_new(array.as_ref(), &options).ok();
        Cells { formatter, array }
    }

    fn text(&self, row: usize) -> String {
        match &self.formatter {
            Some(formatter) => printable(&formatter.value(row).to_string()),
            None => self.array.data_type().to_string(),
        }
    }
}

fn cut(text: String, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some(_) => {
            let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
            kept + MORE
        }
        None => text,
    }
}

/// Shows a table: its name and size, then names, types, the first and the last rows.
pub(crate) fn table(
    out: &mut dyn Write,
    shown: &ShownTable,
    width: Option<usize>,
) -> io::Result<()> {
    let head = if shown.known < shown.rows {
        HEAD.min(shown.known)
    } else if shown.rows > 2 * HEAD {
        HEAD
    } else {
        shown.rows
    };
    let tail = if shown.known == shown.rows && shown.rows > head {
        shown.rows - HEAD..shown.rows
    } else {
        shown.rows..shown.rows
    };
    let is_cut = head + tail.len() < shown.rows;
    let rows: Vec<Option<usize>> = (0..head)
        .map(Some)
        .chain(is_cut.then_some(None))
        .chain(tail.map(Some))
        .collect();
    let longest = match (width, shown.columns.len()) {
        (Some(width), columns @ 1..4) => CELL.max((width / columns).saturating_sub(4)),
        _ => CELL,
    };
    let texts: Vec<Column> = shown
        .columns
        .iter()
        .map(|(name, ty, array)| Column::new(name, *ty, array, &rows, longest))
        .collect();
    let widths: Vec<usize> = texts.iter().map(Column::width).collect();
    let kept = fitting(&widths, width);

    if !shown.name.is_empty() {
        write!(out, "{}: ", printable(&shown.name))?;
    }
    let size = counted(shown.rows, "row");
    let columns = counted(shown.columns.len(), "column");
    let left_out = shown.columns.len() - kept.iter().flatten().count();
    match left_out {
        0 => writeln!(out, "{size}, {columns}")?,
        _ => writeln!(out, "{size}, {columns} ({left_out} not shown)")?,
    }
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled);
    let left_out = || Column::left_out(rows.len());
    let columns: Vec<Column> = {
        let mut texts: Vec<Option<Column>> = texts.into_iter().map(Some).collect();
        let mut take = |position: usize| texts[position].take().unwrap_or_else(left_out);
        kept.into_iter()
            .map(|column| column.map_or_else(left_out, &mut take))
            .collect()
    };
    table.set_header(columns.iter().map(|column| {
        let heading = match column.ty.as_str() {
            "" => column.name.clone(),
            ty => format!("{}\n{ty}", column.name),
        };
        Cell::new(heading)
    }));
    for row in 0..rows.len() {
        table.add_row(columns.iter().map(|column| {
            let alignment = if column.is_number {
                CellAlignment::Right
            } else {
                CellAlignment::Left
            };
            Cell::new(&column.cells[row]).set_alignment(alignment)
        }));
    }
    writeln!(out, "{table}")
}

/// The texts of a column.
struct Column {
    name: String,
    ty: String,
    is_number: bool,
    cells: Vec<String>,
}

impl Column {
    fn new(
        name: &str,
        ty: Type,
        array: &ArrayRef,
        rows: &[Option<usize>],
        longest: usize,
    ) -> Column {
        let cells = Cells::new(array);
        let text = |row: &Option<usize>| match row {
            Some(row) => cut(cells.text(*row), longest),
            None => MORE.to_owned(),
        };
        Column {
            name: cut(printable(name), CELL),
            ty: ty.to_string(),
            is_number: ty.scalar.lane_range().is_some() || ty.scalar.is_float(),
            cells: rows.iter().map(text).collect(),
        }
    }

    fn left_out(rows: usize) -> Column {
        Column {
            name: MORE.to_owned(),
            ty: String::new(),
            is_number: false,
            cells: vec![MORE.to_owned(); rows],
        }
    }

    /// The width in the terminal with its border and padding.
    fn width(&self) -> usize {
        let mut table = Table::new();
        table.add_row([&self.name]).add_row([&self.ty]);
        table.add_rows(self.cells.iter().map(|cell| [cell]));
        let widths = table.column_max_content_widths();
        widths.first().map_or(0, |width| usize::from(*width)) + 3
    }
}

/// The columns that fit, from both ends; none stands for those left out between them.
fn fitting(widths: &[usize], width: Option<usize>) -> Vec<Option<usize>> {
    let all = || (0..widths.len()).map(Some).collect();
    let Some(width) = width else { return all() };
    if widths.iter().sum::<usize>() < width {
        return all();
    }
    let mut room = width.saturating_sub(1 + MORE.chars().count() + 3);
    let (mut first, mut last) = (0, widths.len());
    // Turn and turn about, the left end first; at least one column is shown.
    loop {
        let position = if first <= widths.len() - last {
            first
        } else {
            last - 1
        };
        let shown = first + widths.len() - last;
        if first == last || widths[position] > room && shown > 0 {
            break;
        }
        room = room.saturating_sub(widths[position]);
        if position == first {
            first += 1;
        } else {
            last -= 1;
        }
    }
    let left = (0..first).map(Some);
    let right = (last..widths.len()).map(Some);
    left.chain(std::iter::once(None)).chain(right).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use icosian::ScalarType;

    use super::{ShownTable, count, fitting, printable, table};

    fn shown(rows: usize) -> ShownTable {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows as i64));
        let texts: ArrayRef = Arc::new(StringArray::from_iter(
            (0..rows).map(|row| (row != 1).then_some("a\nb")),
        ));
        ShownTable {
            name: "t".to_owned(),
            columns: vec![
                ("n".to_owned(), ScalarType::I64.required(), numbers),
                ("text".to_owned(), ScalarType::Str.nullable(), texts),
            ],
            rows,
            known: rows,
        }
    }

    fn text(shown: &ShownTable, width: Option<usize>) -> String {
        let mut out = Vec::new();
        table(&mut out, shown, width).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_small_table() {
        assert_eq!(
            text(&shown(2), None),
            "\
t: 2 rows, 2 columns
┌─────┬──────┐
│ n   ┆ text │
│ i64 ┆ str? │
╞═════╪══════╡
│   0 ┆ a\\nb │
│   1 ┆ null │
└─────┴──────┘
"
        );
    }

    #[test]
    fn a_long_one_shows_both_ends() {
        let text = text(&shown(1000), None);
        assert!(text.starts_with("t: 1,000 rows, 2 columns\n"));
        let rows: Vec<&str> = text.lines().skip(5).collect();
        assert_eq!(rows.len(), 22);
        assert!(rows[9].contains(" 9 ") && rows[10].contains('…') && rows[11].contains(" 990 "));
    }

    #[test]
    fn columns_that_do_not_fit_are_left_out_in_the_middle() {
        assert_eq!(fitting(&[10, 10], Some(21)), [Some(0), Some(1)]);
        let kept = fitting(&[10, 10, 10, 10], Some(36));
        assert_eq!(kept, [Some(0), Some(1), None, Some(3)]);
        assert_eq!(fitting(&[50, 10], Some(20)), [Some(0), None]);
        assert!(text(&shown(1), Some(20)).starts_with("t: 1 row, 2 columns\n"));
    }

    #[test]
    fn numbers_and_texts_are_readable() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(336_776), "336,776");
        assert_eq!(printable("a\u{1b}[2J\tb"), "a\\u{1b}[2J\\tb");
    }
}
