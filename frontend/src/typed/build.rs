//! From functions to a graph: which of them the configs let in, what they need, in which order they
//! run, and what is wrong with them.

use std::collections::{BTreeMap, HashMap, HashSet};

use icosian_ir::graph::{Graph, Tag};
use icosian_ir::id::ExprId;
use icosian_ir::types::{ScalarType, Type};
use icosian_ir::value::Value as Constant;

use super::types::{Element, type_of};
use super::value::{Col, One, Param, Rows, Scalar, Shape, Symbol};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::error::Error;
use crate::operators::FlowBuilder;

/// A place in a Rust file.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The file.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

/// What kind of value a function's parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A [`Col`].
    Column,
    /// A [`Scalar`].
    Scalar,
    /// A [`Param`].
    Param,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Column => "a column (`Col`)",
            Kind::Scalar => "a single value (`Scalar`)",
            Kind::Param => "a parameter (`Param`)",
        }
    }
}

/// A parameter of a function: the node or input of that name.
#[derive(Clone, Debug)]
pub struct Need {
    /// Its name.
    pub name: &'static str,
    /// What kind of value it is.
    pub kind: Kind,
    /// Its type.
    pub ty: Type,
    /// The table that an input column is read from, if not the flow's own.
    pub table: Option<&'static str>,
    /// What a [`Param`] is if the run gives nothing.
    pub default: Option<Constant>,
}

/// A function as the attribute hands it over.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The node's name.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Where it is written.
    pub place: Place,
    /// Names and arguments of its tags.
    pub tags: Vec<(&'static str, Vec<Constant>)>,
    /// Whether it is learned once.
    pub fit: bool,
    /// Configs and the values for which it is part of the flow.
    pub conditions: &'static [(&'static str, &'static str)],
    /// Its parameters.
    pub needs: Vec<Need>,
    /// What it returns.
    pub kind: Kind,
    /// The type of that.
    pub ty: Type,
    /// Runs it.
    pub define: for<'flow> fn(&Scope<'flow>) -> Option<ExprId>,
}

/// A module of functions.
#[derive(Clone, Debug)]
pub struct Module {
    /// The table whose columns are read.
    pub table: &'static str,
    /// The documentation.
    pub doc: &'static str,
    /// The functions, as written.
    pub definitions: Vec<Definition>,
}

/// What a function sees: the values of its parameters.
#[derive(Debug)]
pub struct Scope<'flow> {
    flow: &'flow FlowBuilder,
    values: HashMap<&'static str, Option<ExprId>>,
}

impl<'flow> Scope<'flow> {
    /// The value of a parameter.
    pub fn argument<A: Argument<'flow>>(&self, name: &str) -> A {
        A::bind(self.flow, self.values.get(name).copied().flatten())
    }
}

/// What a node's function may take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a node depends on",
    label = "a parameter is a `Col<T>`, a `Scalar<T>` or a `Param<T>`"
)]
pub trait Argument<'flow> {
    /// What kind of value.
    const KIND: Kind;

    /// Its type.
    fn ty() -> Type;

    /// A handle on an expression.
    fn bind(flow: &'flow FlowBuilder, expression: Option<ExprId>) -> Self;
}

/// What a node's function may return.
pub trait Returned {
    /// What kind of value.
    const KIND: Kind;

    /// Its type.
    fn ty() -> Type;

    /// The expression.
    fn expression(self) -> Option<ExprId>;
}

/// The kind of a shape.
trait ShapeKind: Shape {
    const KIND: Kind;
}

impl ShapeKind for Rows {
    const KIND: Kind = Kind::Column;
}

impl ShapeKind for One {
    const KIND: Kind = Kind::Scalar;
}

macro_rules! symbols {
    ($($symbol:ident $shape:ident;)*) => {$(
        impl<'flow, T: Element> Argument<'flow> for $symbol<'flow, T> {
            const KIND: Kind = <$shape as ShapeKind>::KIND;

            fn ty() -> Type {
                type_of::<T>()
            }

            fn bind(flow: &'flow FlowBuilder, expression: Option<ExprId>) -> Self {
                Symbol::new(flow, expression)
            }
        }

        impl<T: Element> Returned for $symbol<'_, T> {
            const KIND: Kind = <$shape as ShapeKind>::KIND;

            fn ty() -> Type {
                type_of::<T>()
            }

            fn expression(self) -> Option<ExprId> {
                self.expression
            }
        }
    )*};
}

symbols! {
    Col Rows;
    Scalar One;
}

impl<'flow, T: Element> Argument<'flow> for Param<'flow, T> {
    const KIND: Kind = Kind::Param;

    fn ty() -> Type {
        type_of::<T>()
    }

    fn bind(flow: &'flow FlowBuilder, expression: Option<ExprId>) -> Self {
        Param {
            value: Symbol::new(flow, expression),
        }
    }
}

/// A constant written in an attribute.
pub trait IntoConstant {
    /// As a value of flows.
    fn into_constant(self) -> Constant;
}

macro_rules! constants {
    ($($from:ty => |$name:ident| $constant:expr;)*) => {$(
        impl IntoConstant for $from {
            fn into_constant(self) -> Constant {
                let $name = self;
                $constant
            }
        }
    )*};
}

constants! {
    f64 => |number| Constant::F64(number);
    i64 => |number| Constant::Integer(number.into());
    bool => |truth| Constant::Bool(truth);
    &str => |text| Constant::Str(text.into());
}

impl Module {
    /// The graph, for these values of configs.
    ///
    /// # Errors
    /// Every mistake, with the file and line of the function it is in.
    pub fn graph(&self, configs: &BTreeMap<String, String>) -> Result<Graph, Error> {
        Build::new(self, configs).graph()
    }
}

struct Build<'m> {
    module: &'m Module,
    flow: FlowBuilder,
    /// The functions that are part of the flow.
    definitions: Vec<&'m Definition>,
    by_name: HashMap<&'static str, usize>,
    /// Inputs, parameters and, as they come about, nodes.
    values: HashMap<&'static str, Option<ExprId>>,
    mistakes: Vec<Diagnostic>,
}

impl<'m> Build<'m> {
    fn new(module: &'m Module, configs: &BTreeMap<String, String>) -> Build<'m> {
        let mut build = Build {
            module,
            flow: FlowBuilder::new(),
            definitions: Vec::new(),
            by_name: HashMap::new(),
            values: HashMap::new(),
            mistakes: Vec::new(),
        };
        for definition in &module.definitions {
            if build.is_part(definition, configs) {
                let position = build.definitions.len();
                if let Some(first) = build.by_name.insert(definition.name, position) {
                    let first = build.definitions[first].place;
                    let message = format!("`{}` is defined twice", definition.name);
                    let told = format!("first at {}:{}", first.file, first.line);
                    let diagnostic = Diagnostic::error(Code::NameTaken, message).note(told);
                    build.mistake(definition, diagnostic);
                }
                build.definitions.push(definition);
            }
        }
        build
    }

    /// Whether the configs let a function in.
    fn is_part(&mut self, definition: &Definition, configs: &BTreeMap<String, String>) -> bool {
        let mut part = true;
        for (config, wanted) in definition.conditions {
            match configs.get(*config) {
                Some(value) => part &= value == wanted,
                None => {
                    part = false;
                    let message = format!("config `{config}` is not given");
                    self.mistake(definition, Diagnostic::error(Code::BadConfig, message));
                }
            }
        }
        part
    }

    fn mistake(&mut self, definition: &Definition, diagnostic: Diagnostic) {
        let Place { file, line } = definition.place;
        let place = format!("in `{}`, {file}:{line}", definition.name);
        self.mistakes.push(diagnostic.note(place));
    }

    fn graph(mut self) -> Result<Graph, Error> {
        self.flow.state.borrow_mut().graph.set_doc(self.module.doc);
        self.inputs();
        let order = self.order();
        if !self.mistakes.is_empty() {
            return Err(Error::from_diagnostics(self.mistakes));
        }
        for position in order {
            self.define(position);
        }
        if !self.mistakes.is_empty() {
            return Err(Error::from_diagnostics(self.mistakes));
        }
        self.flow.finish()
    }

    /// Makes the columns and parameters that functions ask for and no function defines.
    fn inputs(&mut self) {
        let mut asked: HashMap<&'static str, &Need> = HashMap::new();
        let mut tables = HashMap::new();
        for definition in self.definitions.clone() {
            for need in &definition.needs {
                if let Some(&position) = self.by_name.get(need.name) {
                    let found = self.definitions[position];
                    if let Some(diagnostic) = clash(need, found.kind, found.ty, need.table) {
                        self.mistake(definition, diagnostic);
                    }
                    continue;
                }
                if let Some(first) = asked.get(need.name) {
                    if let Some(diagnostic) = clash(need, first.kind, first.ty, first.table) {
                        self.mistake(definition, diagnostic);
                    }
                    continue;
                }
                asked.insert(need.name, need);
                let made = match need.kind {
                    Kind::Column => {
                        let table = need.table.unwrap_or(self.module.table);
                        let table = tables
                            .entry(table)
                            .or_insert_with(|| self.flow.table(table));
                        table.column(need.name, need.ty)
                    }
                    Kind::Param => {
                        let default = need.default.as_ref();
                        let default = default.map(|value| literal(value, need.ty));
                        self.flow.param(need.name, need.ty, default)
                    }
                    Kind::Scalar => {
                        let message = format!("no function is called `{}`", need.name);
                        let mut diagnostic = Diagnostic::error(Code::UnknownName, message);
                        let known = self.by_name.keys().copied();
                        if let Some(near) = nearest(need.name, known) {
                            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                        }
                        self.mistake(definition, diagnostic);
                        continue;
                    }
                };
                self.values.insert(need.name, made.expression);
                self.take_mistakes(definition);
            }
        }
    }

    /// The functions, each after those it needs.
    fn order(&mut self) -> Vec<usize> {
        let count = self.definitions.len();
        let mut open = vec![0; count];
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (position, definition) in self.definitions.iter().enumerate() {
            let needed: HashSet<usize> = definition
                .needs
                .iter()
                .filter_map(|need| self.by_name.get(need.name).copied())
                .collect();
            open[position] = needed.len();
            needed
                .into_iter()
                .for_each(|needed| users[needed].push(position));
        }
        let mut order: Vec<usize> = (0..count).filter(|position| open[*position] == 0).collect();
        let mut next = 0;
        while let Some(&position) = order.get(next) {
            next += 1;
            for &user in &users[position] {
                open[user] -= 1;
                if open[user] == 0 {
                    order.push(user);
                }
            }
        }
        if order.len() < count
            && let Some(first) = (0..count).find(|position| open[*position] > 0)
        {
            let names = self.cycle(first, &open);
            let message = format!("these need each other: {}", names.join(" → "));
            let diagnostic = Diagnostic::error(Code::DefinitionCycle, message);
            self.mistake(self.definitions[first], diagnostic);
        }
        order
    }

    /// A cycle among the functions that could not be ordered, by walking up from one of them.
    fn cycle(&self, from: usize, open: &[usize]) -> Vec<&'static str> {
        let mut path = vec![from];
        loop {
            let last = path[path.len() - 1];
            let up = self.definitions[last].needs.iter().find_map(|need| {
                let position = self.by_name.get(need.name).copied()?;
                (open[position] > 0).then_some(position)
            });
            let Some(up) = up else { break };
            let seen = path.iter().position(|known| *known == up);
            path.push(up);
            if let Some(start) = seen {
                path.drain(..start);
                break;
            }
        }
        path.iter()
            .map(|position| self.definitions[*position].name)
            .collect()
    }

    fn define(&mut self, position: usize) {
        let definition = self.definitions[position];
        let scope = Scope {
            flow: &self.flow,
            values: definition
                .needs
                .iter()
                .map(|need| (need.name, self.values.get(need.name).copied().flatten()))
                .collect(),
        };
        let expression = (definition.define)(&scope);
        let node = expression.and_then(|expression| {
            let state = &mut *self.flow.state.borrow_mut();
            let graph = &mut state.graph;
            let converted = graph.convert(expression, definition.ty);
            let defined =
                converted.and_then(|expression| graph.define(None, definition.name, expression));
            match defined {
                Ok(node) => Some(node),
                Err(error) => {
                    let whole = format!("`{}`, declared {}", definition.name, definition.ty);
                    state.mistake(&whole, &error);
                    None
                }
            }
        });
        if let Some(node) = node {
            let tags = definition.tags.iter().map(|(name, args)| Tag {
                name: (*name).to_owned(),
                args: args.clone(),
            });
            let graph = &mut self.flow.state.borrow_mut().graph;
            graph.describe(node, definition.doc, tags.collect());
            if definition.fit {
                graph.set_fit(node);
            }
            // After the inputs, in the order in which the functions are written.
            graph.set_rank(node, (1 << 32) + position as u64);
            let value = graph.use_node(node);
            self.values.insert(definition.name, Some(value));
        }
        self.take_mistakes(definition);
    }

    /// Mistakes noted by the builder while a function ran are that function's.
    fn take_mistakes(&mut self, definition: &Definition) {
        let noted = std::mem::take(&mut self.flow.state.borrow_mut().mistakes);
        for diagnostic in noted {
            self.mistake(definition, diagnostic);
        }
    }
}

/// What is wrong with asking for something so that is otherwise.
fn clash(need: &Need, kind: Kind, ty: Type, table: Option<&str>) -> Option<Diagnostic> {
    let name = need.name;
    if need.kind != kind {
        let message = format!("`{name}` is {}, not {}", kind.name(), need.kind.name());
        return Some(Diagnostic::error(Code::TypeMismatch, message));
    }
    if need.table != table {
        let message = format!("`{name}` is asked for from two tables");
        return Some(Diagnostic::error(Code::AmbiguousName, message));
    }
    if need.ty.scalar != ty.scalar {
        let message = format!("`{name}` is {ty}, not {}", need.ty);
        return Some(Diagnostic::error(Code::TypeMismatch, message));
    }
    if ty.nullable && !need.ty.nullable {
        let message = format!("`{name}` may be null ({ty})");
        let diagnostic = Diagnostic::error(Code::NullableValue, message);
        return Some(
            diagnostic.help("take it as an `Option`, and say what null becomes with `or_else`"),
        );
    }
    None
}

/// A default as its parameter's type has it.
fn literal(value: &Constant, ty: Type) -> Constant {
    match (value, ty.scalar) {
        (Constant::Integer(number), ScalarType::F64) => Constant::F64(*number as f64),
        (Constant::Integer(number), ScalarType::F32) => Constant::F32(*number as f32),
        (Constant::F64(number), ScalarType::F32) => Constant::F32(*number as f32),
        _ => value.clone(),
    }
}
