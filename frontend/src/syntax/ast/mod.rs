//! The syntax tree: what a flow's text says, before any name is looked up.
//!
//! Everything lives in typed tables of one [`Program`] and refers to its parts by id, so neither
//! walking nor dropping a tree ever recurses. Modules: [`expression`], [`item`].
//!
//! **Invariant (postorder).** Expressions are numbered children first, in source order, and a
//! subtree occupies one contiguous run of ids that ends with its root and holds nothing else.
//! So a stage can evaluate an expression with a plain loop over [`Program::subtree`], finding
//! the results of all children already there. Item bodies and types are likewise numbered
//! before what holds them.

pub mod expression;
pub mod item;

pub use expression::{
    Argument, BinaryOperator, CompareOperator, Duration, DurationUnit, Expr, ExprKind,
    LookupCondition, LookupOperator, LookupPick, MapEntry, MatchArm, OverClause, Pattern, SortKey,
    UnaryOperator,
};
pub use item::{
    CheckAction, GroupKey, Item, ItemKind, Parameter, Query, Selector, SelectorKind, Step,
    StepKind, TableSource, Tag, TestStep, TestStepKind, TypeArgument, TypeExpr, Value, WhenBranch,
};

use std::collections::HashMap;
use std::marker::PhantomData;
use std::ops::Index;
use std::sync::Arc;

use crate::diagnostic::{FileId, Span};

/// Declares an id: a `u32` into one table of a [`Program`].
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl Id for $name {
            fn from_index(index: usize) -> $name {
                // A table is filled from a text of at most 64 MiB, each entry from a byte or more.
                $name(u32::try_from(index).expect("a table of the syntax tree fits u32 ids"))
            }

            fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

/// An id of a typed table.
pub trait Id: Copy {
    /// The id of the entry at `index`.
    fn from_index(index: usize) -> Self;
    /// The position of the entry.
    fn index(self) -> usize;
}

id!(
    /// An expression of a [`Program`].
    ExprId
);
id!(
    /// An item of a [`Program`].
    ItemId
);
id!(
    /// A written type of a [`Program`].
    TypeId
);
id!(
    /// An interned text of a [`Program`]; equal texts have equal symbols within one program.
    Symbol
);
id!(
    /// The parts of a templated name of a [`Program`].
    TemplateId
);

/// A table whose entries are found by one kind of id.
#[derive(Clone, Debug)]
pub struct Table<I, T> {
    entries: Vec<T>,
    id: PhantomData<I>,
}

impl<I: Id, T> Table<I, T> {
    pub(crate) fn new() -> Table<I, T> {
        Table {
            entries: Vec::new(),
            id: PhantomData,
        }
    }

    pub(crate) fn push(&mut self, entry: T) -> I {
        let id = I::from_index(self.entries.len());
        self.entries.push(entry);
        id
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.entries.truncate(length);
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries with their ids, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.entries
            .iter()
            .enumerate()
            .map(|(index, entry)| (I::from_index(index), entry))
    }
}

impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;

    fn index(&self, id: I) -> &T {
        &self.entries[id.index()]
    }
}

/// A name where it is written. Backticks are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name's text; for a templated name the text as written, such as `delay_{n}`.
    pub symbol: Symbol,
    /// Where it is written.
    pub span: Span,
    /// For a templated name, its parts.
    pub template: Option<TemplateId>,
}

/// A piece of a templated name such as `delay_{n}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Letters that stay as they are.
    Text(Symbol),
    /// A loop variable in braces, whose value takes the place.
    Variable(Name),
}

/// Names joined by dots, at least one, such as `geo.track`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The names in order.
    pub names: Vec<Name>,
    /// From the first to the last.
    pub span: Span,
}

/// A text literal with its escapes resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it stands for.
    pub value: Box<str>,
    /// Where it is written, quotes included.
    pub span: Span,
}

/// One file's syntax tree.
#[derive(Clone, Debug)]
pub struct Program {
    /// The file that was parsed.
    pub file: FileId,
    /// The documentation that opens the file: a triple-quoted text before anything else.
    pub documentation: Option<Text>,
    /// The items of the file itself, in order; nested ones are in their item's body.
    pub roots: Vec<ItemId>,
    /// All items.
    pub items: Table<ItemId, Item>,
    /// All expressions, in postorder.
    pub exprs: Table<ExprId, Expr>,
    /// All written types, inner ones first.
    pub types: Table<TypeId, TypeExpr>,
    /// The parts of all templated names.
    pub templates: Table<TemplateId, Vec<TemplatePart>>,
    symbols: Table<Symbol, Arc<str>>,
    symbol_of: HashMap<Arc<str>, Symbol>,
}

impl Program {
    pub(crate) fn new(file: FileId) -> Program {
        Program {
            file,
            documentation: None,
            roots: Vec::new(),
            items: Table::new(),
            exprs: Table::new(),
            types: Table::new(),
            templates: Table::new(),
            symbols: Table::new(),
            symbol_of: HashMap::new(),
        }
    }

    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&symbol) = self.symbol_of.get(text) {
            return symbol;
        }
        let text: Arc<str> = text.into();
        let symbol = self.symbols.push(Arc::clone(&text));
        self.symbol_of.insert(text, symbol);
        symbol
    }

    /// Adds an expression; its children must be the last subtrees added, in order.
    pub(crate) fn push_expr(&mut self, kind: ExprKind, span: Span) -> ExprId {
        let id = ExprId::from_index(self.exprs.len());
        let mut first = id;
        kind.for_each_child(|child| first = first.min(self.exprs[child].first));
        self.exprs.push(Expr { kind, span, first })
    }

    /// Adds a definition of a name to the items of the file; for a text that is an expression.
    pub(crate) fn define(&mut self, name: &str, value: Value, span: Span) {
        let name = Name {
            symbol: self.intern(name),
            span,
            template: None,
        };
        let kind = ItemKind::Definition {
            name,
            fit: false,
            ty: None,
            value,
        };
        let item = self.items.push(Item {
            documentation: None,
            tags: Vec::new(),
            kind,
            span,
        });
        self.roots.push(item);
    }

    /// The text of a symbol.
    pub fn text(&self, symbol: Symbol) -> &str {
        &self.symbols[symbol]
    }

    /// The text of a symbol, to keep beyond the program.
    pub fn shared_text(&self, symbol: Symbol) -> Arc<str> {
        Arc::clone(&self.symbols[symbol])
    }

    /// The symbol of a text, if it occurs as a name anywhere in the program.
    pub fn symbol(&self, text: &str) -> Option<Symbol> {
        self.symbol_of.get(text).copied()
    }

    /// The text of a name; for a templated one as written, see [`Name::template`].
    pub fn name(&self, name: Name) -> &str {
        self.text(name.symbol)
    }

    /// The names of a path joined by dots.
    pub fn path(&self, path: &Path) -> String {
        let names: Vec<&str> = path.names.iter().map(|name| self.name(*name)).collect();
        names.join(".")
    }

    /// The ids of an expression and everything below it: children before parents, `root` last.
    pub fn subtree(
        &self,
        root: ExprId,
    ) -> impl DoubleEndedIterator<Item = ExprId> + ExactSizeIterator + use<> {
        let first = self.exprs[root].first.index();
        (first..root.index() + 1).map(ExprId::from_index)
    }

    /// The direct children of an expression, in source order.
    pub fn children(&self, expr: ExprId) -> Vec<ExprId> {
        let mut children = Vec::new();
        self.exprs[expr]
            .kind
            .for_each_child(|child| children.push(child));
        children
    }
}
