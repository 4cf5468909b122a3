//! Items of the syntax tree: declarations, definitions and the blocks around them.

use super::expression::{Argument, OverClause, SortKey};
use super::{ExprId, ItemId, Name, Path, Symbol, Text, TypeId};
use crate::diagnostic::Span;

/// An item of a file or block.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The triple-quoted text before it.
    pub documentation: Option<Text>,
    /// The tags before it.
    pub tags: Vec<Tag>,
    /// What it is.
    pub kind: ItemKind,
    /// From its first word to its end, documentation and tags not included.
    pub span: Span,
}

/// `@name` or `@name(arguments)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// The tag's name.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// From `@` to the end.
    pub span: Span,
}

/// The forms of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// What could not be parsed, one or more items; a diagnostic has been given.
    Error,
    /// `import "file" as alias`.
    Import {
        /// The file, relative to this one.
        path: Text,
        /// The module's name here; without it the names merge.
        alias: Option<Name>,
    },
    /// `use flow(arguments) as alias`.
    Use {
        /// The module, or a table of it.
        path: Path,
        /// What its inputs, params and configs are bound to.
        arguments: Vec<Argument>,
        /// The instance's name.
        alias: Option<Name>,
    },
    /// `config name: type = value`.
    Config {
        /// The config's name.
        name: Name,
        /// Its type.
        ty: Option<TypeId>,
        /// Its default.
        value: Option<ExprId>,
    },
    /// `param name: type = value`.
    Param {
        /// The param's name.
        name: Name,
        /// Its type.
        ty: Option<TypeId>,
        /// Its default.
        value: Option<ExprId>,
    },
    /// `table name ... { body }`.
    Table {
        /// The table's name.
        name: Name,
        /// Where its rows come from.
        source: TableSource,
        /// Columns and members; `None` without a block.
        body: Option<Vec<ItemId>>,
    },
    /// `extend table { body }`.
    Extend {
        /// The table.
        table: Path,
        /// The members it gets.
        body: Vec<ItemId>,
    },
    /// `name: type from "header"`, a column read from the table's source.
    Column {
        /// The column's name.
        name: Name,
        /// Its type.
        ty: TypeId,
        /// The header in the source, if it isn't the name.
        header: Option<Text>,
    },
    /// `[fit] name[: type] = value`.
    Definition {
        /// The name defined.
        name: Name,
        /// Whether it is learned once.
        fit: bool,
        /// The type it is declared to have.
        ty: Option<TypeId>,
        /// What it is.
        value: Value,
    },
    /// `fn name(parameters) = body`.
    Function {
        /// The function's name.
        name: Name,
        /// Its parameters.
        parameters: Vec<Parameter>,
        /// The type it is declared to give.
        returns: Option<TypeId>,
        /// What it gives.
        body: ExprId,
    },
    /// `extern fn name(parameters) -> type`.
    ExternFunction {
        /// The function's name.
        name: Name,
        /// Its parameters.
        parameters: Vec<Parameter>,
        /// What it gives; `None` only after a diagnostic.
        returns: Option<TypeId>,
    },
    /// `over ... { body }`: the suffix for everything inside.
    Over {
        /// By what.
        over: OverClause,
        /// The items inside.
        body: Vec<ItemId>,
    },
    /// `for variables in iterable { body }`.
    For {
        /// One variable, or two for the keys and values of a map.
        variables: Vec<Name>,
        /// A list, map or range known when the graph is built.
        iterable: ExprId,
        /// The items repeated.
        body: Vec<ItemId>,
    },
    /// `when condition { body } else when ... { body } else { body }`.
    When {
        /// The conditions in order, at least one, with their bodies.
        branches: Vec<WhenBranch>,
        /// The items if no condition holds.
        otherwise: Option<Vec<ItemId>>,
    },
    /// `check condition else warn|fail`.
    Check {
        /// What must hold.
        condition: ExprId,
        /// What happens if it doesn't; `None` if nothing is written.
        action: Option<CheckAction>,
    },
    /// `output name = [selectors]`.
    Output {
        /// The feature set's name.
        name: Name,
        /// What it holds.
        selectors: Vec<Selector>,
    },
    /// `test "title" { given ... expect ... }`.
    Test {
        /// The test's title.
        title: Text,
        /// Its steps in order.
        steps: Vec<TestStep>,
    },
}

/// Where a table's rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum TableSource {
    /// Nothing written: rows are bound when the flow is run.
    Unbound,
    /// `from "path" (options)`.
    File {
        /// The default binding, relative to this file.
        path: Text,
        /// How to read it.
        options: Vec<Argument>,
    },
    /// `= query`.
    Query(Query),
}

/// The right side of a definition.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An expression; a bare table name is one too.
    Expr(ExprId),
    /// A table followed by at least one step.
    Query(Query),
}

/// A table and what is done to it, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The table to begin with.
    pub source: Path,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// From the table to the end of the last step.
    pub span: Span,
}

/// A step of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done.
    pub kind: StepKind,
    /// From the step word to its end.
    pub span: Span,
}

/// The forms of a query's step.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// `where condition`.
    Where(ExprId),
    /// `group by keys { body }`.
    GroupBy {
        /// The keys in order.
        keys: Vec<GroupKey>,
        /// The columns per group.
        body: Vec<ItemId>,
    },
    /// `order by keys`.
    OrderBy(Vec<SortKey>),
    /// `limit count`, or `tail count`.
    Limit {
        /// Whether the last rows stay.
        from_end: bool,
        /// How many stay.
        count: ExprId,
    },
    /// `sample count [seed seed]`.
    Sample {
        /// How many stay.
        count: ExprId,
        /// What the choice depends on.
        seed: Option<ExprId>,
    },
    /// `distinct columns`.
    Distinct(Vec<Name>),
    /// `union table`.
    Union(Path),
    /// `[left] join name = lookup`.
    Join {
        /// Whether rows without a match are kept.
        keep_unmatched: bool,
        /// The row reference's name.
        name: Name,
        /// An [`ExprKind::Lookup`](super::ExprKind::Lookup), unless a diagnostic was given.
        lookup: ExprId,
    },
    /// `unpivot columns into key, value`.
    Unpivot {
        /// The columns that become rows.
        columns: Vec<Selector>,
        /// The column that gets their names.
        key: Name,
        /// The column that gets their values.
        value: Name,
    },
}

/// A key of `group by`.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupKey {
    /// The name before `=`; without it the value is a name and keeps it.
    pub name: Option<Name>,
    /// The value grouped by.
    pub value: ExprId,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Option<TypeId>,
    /// Its default.
    pub default: Option<ExprId>,
}

/// A condition of `when` and what it switches on.
#[derive(Clone, Debug, PartialEq)]
pub struct WhenBranch {
    /// The condition, known when the graph is built.
    pub condition: ExprId,
    /// The items then.
    pub body: Vec<ItemId>,
}

/// What a failed `check` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckAction {
    /// Reports and goes on.
    Warn,
    /// Fails the run.
    Fail,
}

/// One entry of an output set, `unpivot` or `--select`.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// What it selects.
    pub kind: SelectorKind,
    /// Where it is written.
    pub span: Span,
}

/// The forms of a selector.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectorKind {
    /// One node, such as `w.temp`.
    Path(Path),
    /// Every member whose name fits, such as `delay_*` or `days.*`.
    Glob {
        /// The names before the last dot; may be empty.
        scope: Vec<Name>,
        /// The last segment; each `*` stands for any letters.
        pattern: Symbol,
    },
    /// Everything with a tag, such as `@owner`.
    Tag(Name),
}

/// A step of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestStep {
    /// What it gives or expects.
    pub kind: TestStepKind,
    /// From its first word to its end.
    pub span: Span,
}

/// The forms of a test's step.
#[derive(Clone, Debug, PartialEq)]
pub enum TestStepKind {
    /// `given table(column=[values], ...)`.
    GivenRows {
        /// The table.
        table: Path,
        /// Its columns.
        columns: Vec<Argument>,
    },
    /// `given name = value`, for a param, config or node.
    GivenValue {
        /// What is given.
        name: Path,
        /// Its value.
        value: ExprId,
    },
    /// `expect actual is expected`, or `expect actual`, which must be true.
    Expect {
        /// What is computed.
        actual: ExprId,
        /// What it must equal, row by row.
        expected: Option<ExprId>,
    },
    /// `expect check condition fails rows`.
    ExpectCheck {
        /// The condition of a check of the flow.
        condition: ExprId,
        /// In how many rows it does not hold, if that is said.
        rows: Option<ExprId>,
    },
}

/// A written type such as `timestamp[s, "UTC"]?`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// The type's name.
    pub name: Name,
    /// What stands in brackets or parentheses after it.
    pub arguments: Vec<TypeArgument>,
    /// Whether `?` follows.
    pub nullable: bool,
    /// From the name to the end.
    pub span: Span,
}

/// An argument of a written type.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeArgument {
    /// A type, or a word such as the unit `ms`, which is a type without arguments.
    Type(TypeId),
    /// An integer, such as a precision or scale.
    Integer {
        /// Its value.
        value: i64,
        /// Where it is written.
        span: Span,
    },
    /// A text, such as a time zone.
    Text(Text),
}
