//! A checked flow: its graph, where its parts are written, what depends on what.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow::array::ArrayRef;
use icosian_ir::graph::{Dependencies, Graph};
use icosian_ir::host::HostFunctions;
use icosian_ir::id::NodeId;
use icosian_ir::value::Value as Constant;
use icosian_runtime::execute::{ArrowFunction, HostError, KernelCache};

use crate::check::{CheckOptions, Checked, Imported, Spans, TestBlock, check, select};
use crate::diagnostic::{Code, Diagnostic, FileId, Severity, Sources, Span, nearest};
use crate::error::Error;
use crate::inputs::Inputs;
use crate::loader::{FileLoader, FileSchemas, read_text};
use crate::selection::Selection;
use crate::syntax::{parse, parse_expression};
use crate::values::value_from_text;

/// What a flow is told before it is checked.
#[derive(Clone, Debug, Default)]
pub struct FlowOptions {
    /// Values of configs, as text.
    pub configs: BTreeMap<String, String>,
    /// Where tables whose columns the flow does not list find them.
    pub inputs: Inputs,
    /// Where paths in the flow begin; of a flow loaded from a file, its folder.
    pub folder: PathBuf,
    /// Whether `test` blocks are wanted too.
    pub tests: bool,
}

/// One of several texts that together are a flow.
#[derive(Clone, Debug)]
pub struct FlowText {
    /// What it is called in diagnostics.
    pub name: String,
    /// The text.
    pub text: String,
    /// If the text is an expression or query and not a file's: the name of its value in the flow.
    pub value_of: Option<String>,
}

impl FlowText {
    /// A text that holds items, as a file does.
    pub fn items(name: impl Into<String>, text: impl Into<String>) -> FlowText {
        FlowText {
            name: name.into(),
            text: text.into(),
            value_of: None,
        }
    }

    /// A text that holds an expression or query, which the flow gets as `definition`.
    pub fn expression(
        name: impl Into<String>,
        text: impl Into<String>,
        definition: impl Into<String>,
    ) -> FlowText {
        FlowText {
            value_of: Some(definition.into()),
            ..FlowText::items(name, text)
        }
    }

    pub(crate) fn parse(&self, file: FileId) -> Imported {
        let (program, diagnostics) = match &self.value_of {
            None => {
                let parsed = parse(file, &self.text);
                (parsed.program, parsed.diagnostics)
            }
            Some(name) => {
                let parsed = parse_expression(file, &self.text);
                let length = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
                let span = Span::new(file, 0, length);
                let mut program = parsed.program;
                program.define(name, parsed.value, span);
                (program, parsed.diagnostics)
            }
        };
        Imported {
            program: Arc::new(program),
            diagnostics,
        }
    }
}

/// A checked flow. Cheap to clone.
///
/// ```
/// use icosian::Flow;
///
/// let flow = Flow::from_text("table t { x: f64 }\n doubled = 2 * x\n")?;
/// assert_eq!(flow.upstream("t.doubled")?, ["t.x"]);
/// # Ok::<(), icosian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Flow {
    inner: Arc<Inner>,
    host: HostFunctions,
    kernels: KernelCache,
}

#[derive(Debug)]
struct Inner {
    graph: Graph,
    spans: Spans,
    sources: Sources,
    warnings: Vec<Diagnostic>,
    tests: Vec<TestBlock>,
    /// The flow as tests that give configs have it, by where they stand.
    variants: HashMap<Span, Flow>,
    folder: PathBuf,
    dependencies: OnceLock<Dependencies>,
}

impl Flow {
    /// Checks a flow's text. Its paths are relative to the working folder.
    ///
    /// # Errors
    /// Every mistake in the flow.
    pub fn from_text(text: &str) -> Result<Flow, Error> {
        Flow::from_text_with(text, &FlowOptions::default())
    }

    /// Checks a flow's text with options.
    ///
    /// # Errors
    /// Every mistake in the flow.
    pub fn from_text_with(text: &str, options: &FlowOptions) -> Result<Flow, Error> {
        Flow::checked("flow", text, &[], options)
    }

    /// Checks several texts, whose names merge, with options.
    ///
    /// ```
    /// use icosian::{Flow, FlowOptions, FlowText};
    ///
    /// let texts = [
    ///     FlowText::items("input 1", "table t { x: f64 }"),
    ///     FlowText::expression("input 2", "mean(t.x)", "value"),
    /// ];
    /// let flow = Flow::from_texts(&texts, &FlowOptions::default())?;
    /// assert_eq!(flow.upstream("value")?, ["t.x"]);
    /// # Ok::<(), icosian::Error>(())
    /// ```
    ///
    /// # Errors
    /// Every mistake in the texts.
    pub fn from_texts(texts: &[FlowText], options: &FlowOptions) -> Result<Flow, Error> {
        let mut imports = String::new();
        for position in 0..texts.len() {
            imports.push_str(&format!("import \"{position}\"\n"));
        }
        Flow::checked("texts", &imports, texts, options)
    }

    /// Checks a flow's file.
    ///
    /// # Errors
    /// Every mistake in the flow, or that the file can't be read.
    pub fn load(path: impl AsRef<Path>) -> Result<Flow, Error> {
        Flow::load_with(&[path.as_ref()], &FlowOptions::default())
    }

    /// Checks one or several files, whose names merge, with options.
    ///
    /// # Errors
    /// Every mistake in the flow, or that a file can't be read.
    pub fn load_with(paths: &[&Path], options: &FlowOptions) -> Result<Flow, Error> {
        if let [path] = paths {
            let text = read_text(path).map_err(|why| {
                let message = format!("can't read the flow {}: {why}", path.display());
                Error::from_diagnostics(vec![Diagnostic::error(Code::UnreadableFlow, message)])
            })?;
            let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
            let options = FlowOptions {
                folder,
                ..options.clone()
            };
            return Flow::checked(&path.display().to_string(), &text, &[], &options);
        }
        let mut text = String::new();
        for path in paths {
            text.push_str(&format!("import {:?}\n", path.display().to_string()));
        }
        Flow::checked("command line", &text, &[], options)
    }

    /// A flow from a graph built in Rust.
    pub fn from_graph(graph: Graph) -> Flow {
        let checked = Checked {
            graph,
            ..Checked::default()
        };
        Flow::from_checked(checked, Sources::default(), PathBuf::new())
    }

    fn checked(
        name: &str,
        text: &str,
        given: &[FlowText],
        options: &FlowOptions,
    ) -> Result<Flow, Error> {
        let mut flow = Flow::checked_once(name, text, given, options, None)?;
        // A test that gives configs is one of another graph.
        let mut variants = HashMap::new();
        for test in flow.tests().iter().filter(|test| test.gives_configs) {
            let variant = Flow::checked_once(name, text, given, options, Some(test.span))?;
            variants.insert(test.span, variant);
        }
        if let Some(inner) = Arc::get_mut(&mut flow.inner) {
            inner.variants = variants;
        }
        Ok(flow)
    }

    fn checked_once(
        name: &str,
        text: &str,
        given: &[FlowText],
        options: &FlowOptions,
        test: Option<Span>,
    ) -> Result<Flow, Error> {
        let mut sources = Sources::new();
        let file = sources.add(name, text);
        let parsed = parse(file, text);
        let schemas = FileSchemas {
            folder: &options.folder,
            inputs: &options.inputs,
        };
        let check_options = CheckOptions {
            configs: options.configs.clone(),
            schemas: Some(&schemas),
            tests: options.tests,
            test,
        };
        let mut loader = FileLoader::new(&mut sources, file, &options.folder);
        for (position, text) in given.iter().enumerate() {
            loader.give(&position.to_string(), &text.name, text, &options.folder);
        }
        let mut checked = check(&parsed.program, &mut loader, &check_options);
        let mut diagnostics = parsed.diagnostics;
        diagnostics.append(&mut checked.diagnostics);
        if diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
        {
            return Err(Error::in_sources(diagnostics, sources));
        }
        checked.diagnostics = diagnostics;
        Ok(Flow::from_checked(checked, sources, options.folder.clone()))
    }

    fn from_checked(checked: Checked, sources: Sources, folder: PathBuf) -> Flow {
        Flow {
            inner: Arc::new(Inner {
                graph: checked.graph,
                spans: checked.spans,
                sources,
                warnings: checked.diagnostics,
                tests: checked.tests,
                variants: HashMap::new(),
                folder,
                dependencies: OnceLock::new(),
            }),
            host: HostFunctions::default(),
            kernels: KernelCache::default(),
        }
    }

    /// Shares machine code with other flows. Without this, the flow and its clones share theirs.
    ///
    /// ```
    /// use icosian::{Flow, KernelCache};
    ///
    /// let kernels = KernelCache::default();
    /// let flows = ["table a { x: f64 }\n y = 2 * x", "table b { k: f64 }\n z = 2 * k"];
    /// for text in flows {
    ///     Flow::from_text(text)?.with_kernels(&kernels).outputs().row()?;
    /// }
    /// assert_eq!(kernels.len(), 1);
    /// # Ok::<(), icosian::Error>(())
    /// ```
    #[must_use]
    pub fn with_kernels(mut self, kernels: &KernelCache) -> Flow {
        self.kernels = kernels.clone();
        self
    }

    pub(crate) fn kernels(&self) -> &KernelCache {
        &self.kernels
    }

    /// Supplies a function that the flow declares as `extern fn`.
    ///
    /// It gets arrays of one length, of the Arrow types of its declared parameters, and gives an array
    /// of as many values of its declared type. It may be called over any part of the rows, by several
    /// threads at once and more than once, so each row of its result must depend on that row of its
    /// arguments alone and be the same every time; unless the flow declares it `@whole_column` or
    /// `@nondeterministic`: then it is called once, over all rows of the table in their order. An error
    /// or panic in it ends the run, as does a result of another length or type, or a null where the type
    /// has none.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch};
    /// use arrow::datatypes::Float64Type;
    /// use icosian::{Flow, Inputs};
    ///
    /// let flow = Flow::from_text(
    ///     "extern fn half(x: f64) -> f64\ntable t { x: f64 }\ny = half(x) + 1",
    /// )?;
    /// let flow = flow.with_function("half", |arguments| {
    ///     let x = arguments[0].as_primitive::<Float64Type>();
    ///     Ok(Arc::new(x.unary::<_, Float64Type>(|x| x / 2.0)))
    /// });
    /// let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 4.0]));
    /// let batch = RecordBatch::try_from_iter([("x", x)]).unwrap();
    /// let output = flow.outputs().prepare()?.run(&Inputs::new().batches("t", vec![batch]))?;
    /// let y = output.table("t")?;
    /// assert_eq!(y.column(0).as_primitive::<Float64Type>().values(), &[1.5, 3.0]);
    /// # Ok::<(), icosian::Error>(())
    /// ```
    #[must_use]
    pub fn with_function(
        mut self,
        name: &str,
        function: impl Fn(&[ArrayRef]) -> Result<ArrayRef, HostError> + Send + Sync + 'static,
    ) -> Flow {
        self.host
            .insert(name, Arc::new(ArrowFunction::new(function)));
        self
    }

    pub(crate) fn host(&self) -> &HostFunctions {
        &self.host
    }

    /// The typed graph. It prints as canonical text.
    pub fn graph(&self) -> &Graph {
        &self.inner.graph
    }

    /// Where nodes, tables and expressions are written.
    pub fn spans(&self) -> &Spans {
        &self.inner.spans
    }

    /// The texts of the flow's files.
    pub fn sources(&self) -> &Sources {
        &self.inner.sources
    }

    /// What is allowed but probably not meant.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.inner.warnings
    }

    /// The `test` blocks, if the options asked for them.
    pub fn tests(&self) -> &[TestBlock] {
        &self.inner.tests
    }

    /// The flow as a test has it that gives configs, and the test there.
    pub(crate) fn variant(&self, test: &TestBlock) -> Option<(Flow, TestBlock)> {
        let variant = self.inner.variants.get(&test.span)?;
        let flow = Flow {
            inner: Arc::clone(&variant.inner),
            host: self.host.clone(),
            kernels: self.kernels.clone(),
        };
        let test = flow.tests().first().cloned()?;
        Some((flow, test))
    }

    /// Where paths in the flow begin.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// The node of a full name, or of a bare name that only one node has.
    ///
    /// # Errors
    /// If there is no such node; the error names the nearest.
    pub fn node(&self, name: &str) -> Result<NodeId, Error> {
        if let Some(node) = self.graph().node(name) {
            return Ok(node);
        }
        let mut found = self
            .graph()
            .nodes
            .iter()
            .filter(|(_, node)| node.short_name() == name);
        if let (Some((id, _)), None) = (found.next(), found.next()) {
            return Ok(id);
        }
        let names = self.graph().nodes.values().map(|node| node.name.as_str());
        let mut diagnostic =
            Diagnostic::error(Code::UnknownName, format!("there is no node `{name}`"));
        if let Some(near) = nearest(name, names) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        Err(Error::from_diagnostics(vec![diagnostic]))
    }

    /// A value of a node's type from its text, as on a command line; `null` is null where nulls are
    /// allowed.
    ///
    /// # Errors
    /// If there is no such node, or the text is no such value.
    pub fn value_from_text(&self, node: &str, text: &str) -> Result<Constant, Error> {
        value_from_text(node, text, self.graph().nodes[self.node(node)?].ty)
    }

    fn dependencies(&self) -> &Dependencies {
        self.inner
            .dependencies
            .get_or_init(|| Dependencies::new(self.graph()))
    }

    fn names(&self, nodes: Vec<NodeId>) -> Vec<&str> {
        nodes
            .into_iter()
            .map(|node| self.graph().nodes[node].name.as_str())
            .collect()
    }

    /// Everything that a node needs, directly or not, in the order of definition.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn upstream(&self, node: &str) -> Result<Vec<&str>, Error> {
        Ok(self.names(self.dependencies().upstream(self.node(node)?)))
    }

    /// Everything that needs a node, directly or not, in the order of definition.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn downstream(&self, node: &str) -> Result<Vec<&str>, Error> {
        Ok(self.names(self.dependencies().downstream(self.node(node)?)))
    }

    /// A shortest path from a node to one that needs it, both included; none if it does not.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn path(&self, from: &str, to: &str) -> Result<Option<Vec<&str>>, Error> {
        let path = self.dependencies().path(self.node(from)?, self.node(to)?);
        Ok(path.map(|path| self.names(path)))
    }

    /// Selects outputs by patterns: names, `flights.*`, `delay_*`, `@tag`, sets that the flow
    /// declares; each may hold several, separated by commas.
    ///
    /// # Errors
    /// If a pattern finds nothing.
    pub fn select<S: AsRef<str>>(&self, patterns: &[S]) -> Result<Selection, Error> {
        let joined = patterns
            .iter()
            .map(AsRef::as_ref)
            .collect::<Vec<_>>()
            .join(",");
        let outputs = select(self.graph(), &joined)
            .map_err(|diagnostic| Error::from_diagnostics(vec![diagnostic]))?;
        Ok(Selection::new(self.clone(), outputs))
    }

    /// Selects nodes by their names, as they are in the graph.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn select_nodes(&self, names: &[&str]) -> Result<Selection, Error> {
        let nodes = names.iter().map(|name| self.node(name));
        Ok(Selection::new(
            self.clone(),
            nodes.collect::<Result<_, _>>()?,
        ))
    }

    /// Selects the outputs that the flow declares; without any, every node that is neither an
    /// input nor begins with `_`.
    pub fn outputs(&self) -> Selection {
        Selection::new(self.clone(), self.graph().default_outputs())
    }
}
