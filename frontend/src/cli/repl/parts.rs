//! The texts that a session consists of, and where names are defined in them.

use std::ops::Range;

use icosian::diagnostic::{Diagnostic, FileId};
use icosian::syntax::ast::{Item, ItemId, ItemKind, Program, StepKind, TableSource, Value};
use icosian::syntax::parse;

/// A text of the session: a file that was loaded, or what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// What it is called in diagnostics; no other part is.
    pub(crate) name: String,
    /// Its text, which may be edited.
    pub(crate) text: String,
}

/// The spaces of names that don't meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    Value,
    Function,
    Output,
    Test,
}

/// A name that a text defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) space: Space,
    pub(crate) name: String,
    /// The table in whose block it stands.
    pub(crate) table: Option<String>,
    /// From its first word to its end.
    pub(crate) span: Range<usize>,
    /// The same with documentation and tags.
    pub(crate) whole: Range<usize>,
    /// Whether it stands outside of all blocks.
    pub(crate) is_root: bool,
    /// Whether it may be replaced where it stands: no loop, condition or group is around it.
    pub(crate) is_plain: bool,
}

impl Definition {
    /// The name with its table's.
    pub(crate) fn full_name(&self) -> String {
        match &self.table {
            Some(table) => format!("{table}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What a text holds.
pub(crate) struct Definitions {
    pub(crate) found: Vec<Definition>,
    /// How many items stand outside of all blocks.
    pub(crate) roots: usize,
    /// The mistakes of its grammar.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Items still to be looked at, and where they stand.
struct Open<'a> {
    items: &'a [ItemId],
    table: Option<String>,
    is_root: bool,
    is_plain: bool,
}

/// The names that a text defines, at any depth.
pub(crate) fn definitions(text: &str) -> Definitions {
    let parsed = parse(FileId(0), text);
    let program = &parsed.program;
    let mut found = Vec::new();
    let mut open = vec![Open {
        items: &program.roots,
        table: None,
        is_root: true,
        is_plain: true,
    }];
    while let Some(block) = open.pop() {
        for id in block.items {
            let item = &program.items[*id];
            if let Some((space, name)) = name_of(program, item) {
                found.push(Definition {
                    space,
                    name,
                    table: block.table.clone(),
                    span: item.span.range(),
                    whole: whole(item),
                    is_root: block.is_root,
                    is_plain: block.is_plain,
                });
            }
            open.extend(bodies(program, item, &block));
        }
    }
    Definitions {
        found,
        roots: program.roots.len(),
        diagnostics: parsed.diagnostics,
    }
}

/// The blocks of an item.
fn bodies<'a>(program: &'a Program, item: &'a Item, around: &Open<'a>) -> Vec<Open<'a>> {
    let block = |items, table: Option<String>, is_plain| Open {
        items,
        table,
        is_root: false,
        is_plain: is_plain && around.is_plain,
    };
    let groups = |query: &'a icosian::syntax::ast::Query, name: String| {
        let steps = query.steps.iter();
        let groups = steps.filter_map(|step| match &step.kind {
            StepKind::GroupBy { body, .. } => Some(&body[..]),
            _ => None,
        });
        groups
            .map(|body| block(body, Some(name.clone()), false))
            .collect::<Vec<_>>()
    };
    match &item.kind {
        ItemKind::Table { name, source, body } => {
            let table = program.name(*name).to_owned();
            let mut blocks = match source {
                TableSource::Query(query) => groups(query, table.clone()),
                TableSource::Unbound | TableSource::File { .. } => Vec::new(),
            };
            let body = body
                .iter()
                .map(|body| block(body, Some(table.clone()), true));
            blocks.extend(body);
            blocks
        }
        ItemKind::Definition {
            name,
            value: Value::Query(query),
            ..
        } => groups(query, program.name(*name).to_owned()),
        ItemKind::Extend { table, body } => vec![block(body, Some(program.path(table)), true)],
        ItemKind::Over { body, .. } => vec![block(body, around.table.clone(), true)],
        ItemKind::For { body, .. } => vec![block(body, around.table.clone(), false)],
        ItemKind::When {
            branches,
            otherwise,
        } => {
            let bodies = branches.iter().map(|branch| &branch.body).chain(otherwise);
            bodies
                .map(|body| block(body, around.table.clone(), false))
                .collect()
        }
        ItemKind::Error
        | ItemKind::Import { .. }
        | ItemKind::Use { .. }
        | ItemKind::Config { .. }
        | ItemKind::Param { .. }
        | ItemKind::Column { .. }
        | ItemKind::Definition { .. }
        | ItemKind::Function { .. }
        | ItemKind::ExternFunction { .. }
        | ItemKind::Check { .. }
        | ItemKind::Output { .. }
        | ItemKind::Test { .. } => Vec::new(),
    }
}

fn name_of(program: &Program, item: &Item) -> Option<(Space, String)> {
    let (space, name) = match &item.kind {
        ItemKind::Import { alias, .. } | ItemKind::Use { alias, .. } => (Space::Value, (*alias)?),
        ItemKind::Config { name, .. }
        | ItemKind::Param { name, .. }
        | ItemKind::Table { name, .. }
        | ItemKind::Column { name, .. }
        | ItemKind::Definition { name, .. } => (Space::Value, *name),
        ItemKind::Function { name, .. } | ItemKind::ExternFunction { name, .. } => {
            (Space::Function, *name)
        }
        ItemKind::Output { name, .. } => (Space::Output, *name),
        ItemKind::Test { title, .. } => return Some((Space::Test, title.value.to_string())),
        ItemKind::Error
        | ItemKind::Extend { .. }
        | ItemKind::Over { .. }
        | ItemKind::For { .. }
        | ItemKind::When { .. }
        | ItemKind::Check { .. } => return None,
    };
    Some((space, program.name(name).to_owned()))
}

/// The range of an item with its documentation and tags.
fn whole(item: &Item) -> Range<usize> {
    let documentation = item.documentation.iter().map(|text| text.span.start);
    let tags = item.tags.iter().map(|tag| tag.span.start);
    let start = documentation.chain(tags).min().unwrap_or(item.span.start);
    start.min(item.span.start) as usize..item.span.end as usize
}

#[cfg(test)]
mod tests {
    use super::{Space, definitions};

    #[test]
    fn names_at_every_depth() {
        let text = "\
\"\"\"A flow.\"\"\"

param p: f64 = 1.0
table t from \"t.csv\" {
    x: f64
    \"\"\"Twice.\"\"\"
    @tag
    y = 2 * x
    over (x) { z = mean(y) }
    for n in [1, 2] { a_{n} = x + n }
}
table g = t group by x { n = len() }
fn f(v) = v
output o = [t.*]
";
        let found = definitions(text);
        assert!(found.diagnostics.is_empty());
        assert_eq!(found.roots, 5);
        let mut names: Vec<(String, bool)> = found
            .found
            .iter()
            .map(|definition| (definition.full_name(), definition.is_plain))
            .collect();
        names.sort();
        let plain = ["f", "g", "o", "p", "t", "t.x", "t.y", "t.z"];
        let nested = ["g.n", "t.a_{n}"];
        let mut expected: Vec<(String, bool)> = plain
            .iter()
            .map(|name| ((*name).to_owned(), true))
            .chain(nested.iter().map(|name| ((*name).to_owned(), false)))
            .collect();
        expected.sort();
        assert_eq!(names, expected);
        let y = found
            .found
            .iter()
            .find(|definition| definition.name == "y")
            .unwrap();
        assert_eq!(&text[y.span.clone()], "y = 2 * x");
        assert!(text[y.whole.clone()].starts_with("\"\"\"Twice."));
        let f = found
            .found
            .iter()
            .find(|definition| definition.name == "f")
            .unwrap();
        assert_eq!(f.space, Space::Function);
    }
}
