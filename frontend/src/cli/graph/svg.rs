//! A graph as an SVG picture: a band for each table, inputs with round ends, arrows to what uses a
//! node. Full name, type and documentation show when the pointer rests on a node.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write;

use icosian::Flow;
use icosian_ir::graph::{Dependencies, NodeKind};
use icosian_ir::id::NodeId;

use super::layout::{BOX_HEIGHT, Item, Layout, Piece, layout};
use super::{by_table, type_text};
use crate::cli::exit::{Failure, Outcome};

/// With more nodes a drawing is a blot.
const MOST_NODES: usize = 1_000;

/// Longer names are cut.
const LONGEST: usize = 36;

/// Roughly how wide a letter is, at the size of names and of types.
const NAME_LETTER: f64 = 7.6;
const TYPE_LETTER: f64 = 6.4;

/// The bands' colours, one table after the other.
const COLORS: [(&str, &str); 6] = [
    ("#eef4fb", "#7aa2cf"),
    ("#f1f8ee", "#86b573"),
    ("#fdf3e7", "#d3a35f"),
    ("#f6effa", "#a98bc4"),
    ("#fbeef0", "#cf8794"),
    ("#ebf7f6", "#6db3ad"),
];

/// Draws the nodes.
///
/// # Errors
/// If there are too many.
pub(super) fn svg(
    out: &mut dyn Write,
    flow: &Flow,
    dependencies: &Dependencies,
    nodes: &[NodeId],
) -> Outcome {
    let refused = |what: String| {
        let help = "--select NAMES draws what these need; --format dot is for Graphviz";
        Err(Failure::call(what, help))
    };
    if nodes.len() > MOST_NODES {
        let found = nodes.len();
        return refused(format!(
            "the graph has {found} nodes, and at most {MOST_NODES} are drawn"
        ));
    }
    let graph = flow.graph();
    let mut items = Vec::with_capacity(nodes.len());
    let mut boxes = Vec::with_capacity(nodes.len());
    let mut bands = Vec::new();
    for (table, name, members) in by_table(flow, nodes) {
        for member in members {
            let node = &graph.nodes[member];
            let label = Label {
                name: cut(node.short_name()),
                ty: cut(&type_text(flow, member)),
                round: !matches!(node.kind, NodeKind::Definition(_)),
            };
            items.push(Item {
                width: label.width(),
                band: bands.len(),
            });
            boxes.push((member, label));
        }
        bands.push(table.map(|_| name));
    }
    let places: HashMap<NodeId, usize> = boxes
        .iter()
        .enumerate()
        .map(|(place, (node, _))| (*node, place))
        .collect();
    let mut lines = Vec::new();
    for (to, (node, _)) in boxes.iter().enumerate() {
        let needed = dependencies.needs(*node).into_iter();
        lines.extend(needed.filter_map(|needed| Some((*places.get(&needed)?, to))));
    }
    let Some(layout) = layout(&items, &lines, bands.len()) else {
        return refused("the graph has more lines than a drawing can show".to_owned());
    };
    let mut text = String::new();
    // Writing to a text doesn't fail.
    let _ = head(&mut text, &layout);
    let _ = draw_bands(&mut text, &layout, &bands);
    let _ = draw_lines(&mut text, &layout);
    for (place, (node, label)) in boxes.iter().enumerate() {
        let ty = type_text(flow, *node);
        let node = &graph.nodes[*node];
        let mut title = format!("{}: {ty}", node.name);
        if !node.doc.is_empty() {
            title.push('\n');
            title.push_str(&node.doc);
        }
        let color = bands[items[place].band].map_or("#8a8f98", |_| color(items[place].band).1);
        let _ = draw_box(&mut text, &layout, place, label, &title, color);
    }
    text.push_str("</svg>\n");
    out.write_all(text.as_bytes())?;
    Ok(())
}

/// What a box shows.
struct Label {
    name: String,
    ty: String,
    round: bool,
}

impl Label {
    fn width(&self) -> f64 {
        let name = letters(&self.name) * NAME_LETTER;
        let ty = letters(&self.ty) * TYPE_LETTER;
        name.max(ty) + if self.round { 32.0 } else { 22.0 }
    }
}

/// How wide a text is, in letters; those of East Asia are as wide as two.
fn letters(text: &str) -> f64 {
    let wide = text.chars().filter(|letter| *letter >= '\u{1100}').count();
    (text.chars().count() + wide) as f64
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A text between tags. What XML can't hold, control characters, is written as Rust writes it.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '\n' => written.push('\n'),
            control if control.is_control() => written.extend(control.escape_default()),
            '\u{fffe}' | '\u{ffff}' => written.extend(letter.escape_unicode()),
            other => written.push(other),
        }
    }
    written
}

fn color(band: usize) -> (&'static str, &'static str) {
    COLORS[band % COLORS.len()]
}

fn head(text: &mut String, layout: &Layout) -> std::fmt::Result {
    let (width, height) = (layout.width.ceil(), layout.height.ceil());
    writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">"
    )?;
    writeln!(
        text,
        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#6b7280\"/></marker></defs>"
    )?;
    writeln!(
        text,
        "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"
    )
}

fn draw_bands(text: &mut String, layout: &Layout, bands: &[Option<&str>]) -> std::fmt::Result {
    for (place, (band, name)) in layout.bands.iter().zip(bands).enumerate() {
        // Single values belong to no table.
        let Some(name) = name else { continue };
        let (fill, line) = color(place);
        writeln!(
            text,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"8\" \
             fill=\"{fill}\" stroke=\"{line}\"/>",
            band.x, band.y, band.width, band.height
        )?;
        writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" font-weight=\"bold\" fill=\"#374151\">{}</text>",
            band.x + 10.0,
            band.y + 20.0,
            escaped(&cut(name))
        )?;
    }
    Ok(())
}

fn draw_lines(text: &mut String, layout: &Layout) -> std::fmt::Result {
    writeln!(
        text,
        "<g fill=\"none\" stroke=\"#6b7280\" stroke-width=\"1.2\">"
    )?;
    for piece in &layout.pieces {
        match piece {
            Piece::Through { from: (x, y), to } => {
                writeln!(text, "<path d=\"M{x:.1} {y:.1}H{to:.1}\"/>")?;
            }
            Piece::Between { from, to, arrow } => {
                let half = (from.0 + to.0) / 2.0;
                let marker = if *arrow {
                    " marker-end=\"url(#arrow)\""
                } else {
                    ""
                };
                writeln!(
                    text,
                    "<path d=\"M{:.1} {:.1}C{half:.1} {:.1} {half:.1} {:.1} {:.1} {:.1}\"{marker}/>",
                    from.0, from.1, from.1, to.1, to.0, to.1
                )?;
            }
        }
    }
    writeln!(text, "</g>")
}

fn draw_box(
    text: &mut String,
    layout: &Layout,
    place: usize,
    label: &Label,
    title: &str,
    color: &str,
) -> std::fmt::Result {
    let place = &layout.boxes[place];
    let middle = place.x + place.width / 2.0;
    let round = if label.round { BOX_HEIGHT / 2.0 } else { 4.0 };
    writeln!(
        text,
        "<g text-anchor=\"middle\"><title>{}</title>\
         <rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{round}\" \
         fill=\"#ffffff\" stroke=\"{color}\" stroke-width=\"1.5\"/>",
        escaped(title),
        place.x,
        place.y,
        place.width,
        place.height
    )?;
    writeln!(
        text,
        "<text x=\"{middle:.1}\" y=\"{:.1}\" fill=\"#111827\">{}</text>\
         <text x=\"{middle:.1}\" y=\"{:.1}\" font-size=\"11\" fill=\"#6b7280\">{}</text></g>",
        place.y + 17.0,
        escaped(&label.name),
        place.y + 32.0,
        escaped(&label.ty)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_whatever_they_hold() {
        assert_eq!(
            escaped("a<b>&\"c\"\u{7}\u{ffff}é"),
            "a&lt;b&gt;&amp;\"c\"\\u{7}\\u{ffff}é"
        );
        assert_eq!(cut(&"x".repeat(40)), format!("{}…", "x".repeat(36)));
    }
}
