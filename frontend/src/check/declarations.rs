//! What the checker holds: modules, tables, units and functions, as flat tables.
//!
//! A *unit* is anything that gets a value once: a column, a definition, a param, a row step of a
//! table, a column carried into a derived table.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use icosian_ir::graph::{Binding, GraphBuilder};
use icosian_ir::host::HostSignature;
use icosian_ir::id::{NodeId, Table, TableId};
use icosian_ir::typed_id;
use icosian_ir::types::Type;

use super::constants::Constant;
use super::expressions::{Activation, Frame, Operand, Task};
use super::instances::{Instance, templates};
use super::invoke::{MemoEntry, MemoKey};
use super::load::Loaded;
use super::over::{OverId, OverSpec};
use super::test_blocks::given_configs;
use super::{CheckOptions, Spans};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{self, ExprId, Program, StepKind, TypeId};

typed_id! {
    /// A file's names, or an instance of them.
    ModuleId "module";
    /// A table as declared: a source, or one step of a query.
    DeclarationId "declaration";
    /// Something that gets a value once.
    UnitId "unit";
    /// A function of the flow.
    FunctionId "function";
    /// Loop variables and their values.
    EnvironmentId "environment";
}

/// How much a flow may expand to, in definitions and in calls of functions.
pub(crate) const EXPANSION_LIMIT: usize = 500_000;

/// How many places in the order of the text each `extend` block has for its members.
pub(crate) const PLACES_IN_EXTEND: u64 = 1 << 32;

/// How many diagnostics are kept.
pub(crate) const DIAGNOSTIC_LIMIT: usize = 200;

/// How many names are looked through, over all mistakes, for one that may have been meant: a
/// generated flow may have a hundred thousand names, all of them unknown.
const HINT_BUDGET: usize = 1_000_000;

/// A set of top-level names.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// What stands before its names in the graph: empty, or `geo.`.
    pub prefix: String,
    pub names: HashMap<Rc<str>, Entity>,
    pub functions: HashMap<Rc<str>, FunctionId>,
    /// Its source tables.
    pub sources: Vec<DeclarationId>,
    /// The file it was imported from under its name.
    pub file: Option<usize>,
    /// Whether flows are made from it: what nobody asks for is not part of this one.
    pub template: bool,
    /// Whether something in a template was asked for.
    pub awake: bool,
    /// The members of all its source tables, by name.
    pub source_members: HashMap<Rc<str>, Vec<UnitId>>,
}

/// What a top-level name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Entity {
    Unit(UnitId),
    Table(DeclarationId),
    Module(ModuleId),
    Config(Constant),
    /// Something that a diagnostic was given for, or that can't be used yet.
    Poison,
}

/// Where a text stands: what its names can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which program its ids refer to.
    pub file: usize,
    pub module: ModuleId,
    pub environment: Option<EnvironmentId>,
    pub rows: Rows,
}

/// Whose members names mean first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rows {
    /// Nobody's.
    Top,
    /// The table's.
    Table(DeclarationId),
    /// In the block of a `group by`, outside reductions: the groups', then the source's.
    Groups(DeclarationId),
    /// In the argument of a reduction there: the source's.
    Grouped(DeclarationId),
}

/// A loop variable's value; outer ones follow.
#[derive(Debug)]
pub(crate) struct Variable {
    pub name: Rc<str>,
    pub value: Constant,
    pub outer: Option<EnvironmentId>,
}

/// Where a unit stands in its evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Waiting,
    Running,
    Done(NodeId),
    /// A table's rows are known.
    Rows(TableId),
    Poisoned,
}

/// Something that gets a value once.
#[derive(Debug)]
pub(crate) struct Unit {
    /// Its name without table or module.
    pub name: Rc<str>,
    pub place: Place,
    /// Where it is named.
    pub span: Span,
    pub kind: UnitKind,
    pub state: State,
    /// The item it stands for, with documentation and tags.
    pub item: Option<ast::ItemId>,
    pub hidden: bool,
    pub rank: u64,
}

/// The kinds of unit.
#[derive(Clone, Debug)]
pub(crate) enum UnitKind {
    /// A column of a source, made with its table.
    Column,
    Param {
        ty: Option<TypeId>,
        value: Option<ExprId>,
    },
    Definition {
        ty: Option<TypeId>,
        value: ExprId,
        fit: bool,
        over: Option<OverBlock>,
    },
    /// The rows of a derived table.
    Rows(DeclarationId),
    /// An input of an instance: a column of `table`, or a param.
    Bound {
        value: BoundValue,
        /// Where the value is written.
        outer: Place,
        ty: Option<TypeId>,
        table: Option<DeclarationId>,
    },
    /// The rows that a table of an instance stands on.
    BoundRows(DeclarationId),
    /// A key of a group table.
    Key {
        table: DeclarationId,
        position: usize,
        value: ExprId,
    },
    /// A column of the table before, in a derived table.
    Carried {
        table: DeclarationId,
        from: UnitId,
    },
    /// The row reference that a join adds.
    JoinRow(DeclarationId),
    /// The name and value columns of `unpivot`.
    UnpivotName(DeclarationId),
    UnpivotValue(DeclarationId),
}

/// An `over` block around a definition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OverBlock {
    pub item: ast::ItemId,
}

/// A `check` item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckItem {
    pub place: Place,
    pub item: ast::ItemId,
    pub over: Option<OverBlock>,
    pub rank: u64,
}

/// What an input of an instance is bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BoundValue {
    Written(ExprId),
    /// The column of this name of the table bound.
    Column(DeclarationId, ast::Name),
}

/// A table as declared.
#[derive(Debug)]
pub(crate) struct Declaration {
    /// Its full name in the graph.
    pub name: String,
    pub place: Place,
    pub span: Span,
    pub item: Option<ast::ItemId>,
    pub kind: DeclarationKind,
    pub members: HashMap<Rc<str>, UnitId>,
    /// The members in the order of the text.
    pub order: Vec<UnitId>,
    /// An intermediate step of a query, whose members are no outputs.
    pub hidden: bool,
    /// Its place in the order of the text.
    pub rank: u64,
    /// The unit of its rows, unless it is a source.
    pub rows: Option<UnitId>,
    pub table: Option<TableId>,
}

/// Where a declared table's rows come from.
#[derive(Clone, Debug)]
pub(crate) enum DeclarationKind {
    Source {
        binding: Option<Binding>,
    },
    Step {
        parent: Parent,
        /// The item and where in its query the step stands.
        query: ast::ItemId,
        step: usize,
    },
    /// A source of an instance, whose columns are bound to values outside, or to those of a table.
    Bound(Option<DeclarationId>),
    /// Nothing is known of it, and that was told.
    Unknown,
}

/// The table that a step starts from.
#[derive(Clone, Debug)]
pub(crate) enum Parent {
    /// As written; found when all tables are known.
    Path(ast::Path),
    Table(DeclarationId),
    Unknown,
}

/// A function of the flow.
#[derive(Debug)]
pub(crate) struct UserFunction {
    pub name: Rc<str>,
    pub place: Place,
    pub span: Span,
    pub parameters: Vec<ast::Parameter>,
    pub returns: Option<TypeId>,
    /// None for `extern`.
    pub body: Option<ExprId>,
    /// What the host is to supply, if it is that and its types are right.
    pub external: Option<Arc<HostSignature>>,
    pub active: bool,
}

/// The whole state of a check.
pub(crate) struct Checker<'a> {
    pub programs: Vec<&'a Program>,
    pub loaded: &'a Loaded,
    pub options: &'a CheckOptions<'a>,
    pub builder: GraphBuilder,
    pub spans: Spans,
    pub diagnostics: Vec<Diagnostic>,
    pub told: HashSet<(Code, Span, String)>,
    /// What is left of [`HINT_BUDGET`].
    pub hint_budget: Cell<usize>,
    /// What is left of what constants may grow to.
    pub constant_budget: usize,
    /// Rounds of all loops.
    pub iterations: usize,

    pub modules: Table<ModuleId, Module>,
    pub declarations: Table<DeclarationId, Declaration>,
    pub units: Table<UnitId, Unit>,
    pub functions: Table<FunctionId, UserFunction>,
    pub environments: Table<EnvironmentId, Variable>,
    pub declaration_of: HashMap<TableId, DeclarationId>,
    /// The types of columns that come from a schema.
    pub schema_types: HashMap<UnitId, Type>,
    /// The columns that each `unpivot` turns into rows.
    pub unpivoted: HashMap<DeclarationId, Rc<[Rc<str>]>>,
    /// Columns that derived tables are known to have.
    pub known_columns: HashSet<(DeclarationId, Rc<str>)>,
    pub next_rank: u64,
    /// The last place taken inside an `extend` block, whose members stand where the block does.
    pub rank_in_extend: Option<u64>,
    pub outputs: Vec<(Place, ast::ItemId)>,
    pub checks: Vec<CheckItem>,
    pub tests: Vec<(Place, ast::ItemId)>,
    /// The `use` items still to be declared.
    pub uses: Vec<(Place, ast::ItemId)>,
    pub instances: HashMap<ModuleId, Instance>,
    /// The functions of the host, by name.
    pub externs: HashMap<String, Arc<HostSignature>>,
    /// Configs that the test given in the options sets: the file and the value, by full name.
    pub test_configs: HashMap<String, (usize, ExprId)>,
    /// Files that flows are made from.
    pub template_files: HashSet<usize>,
    /// `extend` blocks with their places in the order of the text.
    pub extends: Vec<(Place, ast::ItemId, u64)>,
    pub used_configs: HashSet<String>,

    pub tasks: Vec<Task>,
    pub operands: Vec<Operand>,
    pub frames: Vec<Frame>,
    pub activations: Vec<Activation>,
    pub overs: Vec<OverSpec>,
    pub over_ids: HashMap<OverSpec, OverId>,
    /// Whether each `over` governed something since it was last asked.
    pub over_used: Vec<bool>,
    pub memo: HashMap<MemoKey, MemoEntry>,
    pub calls: usize,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(
        program: &'a Program,
        loaded: &'a Loaded,
        options: &'a CheckOptions<'a>,
    ) -> Checker<'a> {
        let mut programs = vec![program];
        programs.extend(loaded.files.iter().map(|file| &*file.program));
        let template_files = templates(&programs, &loaded.targets);
        let test_configs = given_configs(&programs, options.test);
        let mut checker = Checker {
            programs,
            loaded,
            options,
            builder: GraphBuilder::new(),
            spans: Spans::default(),
            diagnostics: loaded.diagnostics.clone(),
            told: HashSet::new(),
            hint_budget: Cell::new(HINT_BUDGET),
            constant_budget: super::constants::SIZE_LIMIT,
            iterations: 0,
            modules: Table::new(),
            declarations: Table::new(),
            units: Table::new(),
            functions: Table::new(),
            environments: Table::new(),
            declaration_of: HashMap::new(),
            schema_types: HashMap::new(),
            unpivoted: HashMap::new(),
            known_columns: HashSet::new(),
            next_rank: 0,
            rank_in_extend: None,
            outputs: Vec::new(),
            checks: Vec::new(),
            tests: Vec::new(),
            uses: Vec::new(),
            instances: HashMap::new(),
            externs: HashMap::new(),
            test_configs,
            template_files,
            extends: Vec::new(),
            used_configs: HashSet::new(),
            tasks: Vec::new(),
            operands: Vec::new(),
            frames: Vec::new(),
            activations: Vec::new(),
            overs: Vec::new(),
            over_ids: HashMap::new(),
            over_used: Vec::new(),
            memo: HashMap::new(),
            calls: 0,
        };
        checker.intern_over(OverSpec::default());
        checker
    }

    /// Whether further mistakes are not kept: ask before wording one takes long.
    pub(crate) fn has_told_enough(&self) -> bool {
        self.diagnostics.len() >= DIAGNOSTIC_LIMIT
    }

    /// Tells a mistake, once; if it stands in a function's body, with the call that led there.
    pub(crate) fn report(&mut self, mut diagnostic: Diagnostic) {
        if self.has_told_enough() {
            return;
        }
        if let Some(span) = diagnostic.primary {
            let key = (diagnostic.code, span, diagnostic.message.clone());
            if !self.told.insert(key) {
                return;
            }
        }
        if let Some(call) = self.frames.last().and_then(|frame| frame.call)
            && diagnostic.primary.is_some_and(|span| {
                span.file != call.file || span.start < call.start || span.end > call.end
            })
        {
            diagnostic = diagnostic.label(call, "in this call");
        }
        self.diagnostics.push(diagnostic);
    }

    /// The program of a place.
    pub(crate) fn program(&self, place: Place) -> &'a Program {
        self.programs[place.file]
    }

    /// A fresh place in the order of the text.
    pub(crate) fn rank(&mut self) -> u64 {
        if let Some(last) = &mut self.rank_in_extend {
            *last += 1;
            return *last;
        }
        self.next_rank += PLACES_IN_EXTEND;
        self.next_rank
    }

    /// The step of a query that a declaration stands for.
    pub(crate) fn step(&self, declaration: DeclarationId) -> Option<(&'a ast::Step, Place)> {
        let Declaration { kind, place, .. } = &self.declarations[declaration];
        let DeclarationKind::Step { query, step, .. } = kind else {
            return None;
        };
        let item = &self.program(*place).items[*query];
        let query = match &item.kind {
            ast::ItemKind::Table {
                source: ast::TableSource::Query(query),
                ..
            }
            | ast::ItemKind::Definition {
                value: ast::Value::Query(query),
                ..
            } => query,
            _ => return None,
        };
        Some((query.steps.get(*step)?, *place))
    }

    /// Whether a derived table holds the columns of the one before.
    pub(crate) fn carries(&self, declaration: DeclarationId) -> bool {
        match self.step(declaration).map(|(step, _)| &step.kind) {
            Some(
                StepKind::Where(_)
                | StepKind::OrderBy(_)
                | StepKind::Limit { .. }
                | StepKind::Sample { .. }
                | StepKind::Distinct(_)
                | StepKind::Union(_)
                | StepKind::Join { .. }
                | StepKind::Unpivot { .. },
            ) => true,
            Some(StepKind::GroupBy { .. }) | None => false,
        }
    }
}
