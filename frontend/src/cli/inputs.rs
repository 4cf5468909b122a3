//! Flows and inputs as the command line names them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use icosian::{FittedState, Flow, FlowOptions, Inputs, Selection, Source};

use super::arguments::{FlowArguments, InputArguments, SelectArguments};
use super::exit::Failure;

/// `name=value`; the value may hold further `=`.
pub(crate) fn name_and_value<'a>(
    option: &str,
    text: &'a str,
) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=')
        .map(|(name, value)| (name.trim(), value))
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| {
            Failure::call(
                format!("{option} {text:?} has no `=`"),
                format!("{option} NAME=VALUE"),
            )
        })
}

/// Names and values, each name once.
pub(crate) fn names_and_values(
    option: &str,
    texts: &[String],
) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    for text in texts {
        let (name, value) = name_and_value(option, text)?;
        if found.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::call(format!("{option} gives `{name}` twice"), ""));
        }
    }
    Ok(found)
}

/// The inputs that a call names.
#[derive(Clone, Debug, Default)]
pub(crate) struct GivenInputs {
    named: Vec<(String, PathBuf)>,
    unnamed: Vec<PathBuf>,
    null_values: Vec<String>,
    delimiter: Option<u8>,
}

impl GivenInputs {
    pub(crate) fn new(arguments: &InputArguments) -> Result<GivenInputs, Failure> {
        let mut given = GivenInputs {
            null_values: arguments.null_value.clone(),
            delimiter: arguments.delimiter,
            ..GivenInputs::default()
        };
        for text in &arguments.input {
            match text.split_once('=') {
                // A path may hold `=` too, as partitioned folders do.
                Some((table, path))
                    if !table.contains(['/', '\\']) && !Path::new(text).exists() =>
                {
                    if given.named.iter().any(|(known, _)| known == table) {
                        let message = format!("--input gives table `{table}` twice");
                        return Err(Failure::call(message, "give it a folder of files"));
                    }
                    given.named.push((table.to_owned(), PathBuf::from(path)));
                }
                _ => given.unnamed.push(PathBuf::from(text)),
            }
        }
        Ok(given)
    }

    /// The inputs as a flow gets them before its tables are known: every file that might be meant.
    fn before_check(&self) -> Inputs {
        let mut inputs = self.options();
        for path in &self.unnamed {
            inputs = inputs.file(&stem(path), path);
        }
        for (table, path) in &self.named {
            inputs = inputs.file(table, path);
        }
        match &self.unnamed[..] {
            [only] => inputs.only_table(Source::file(only)),
            _ => inputs,
        }
    }

    /// The inputs for the tables of a flow.
    pub(crate) fn of_flow(&self, flow: &Flow) -> Result<Inputs, Failure> {
        let mut inputs = self.options();
        for (table, path) in &self.named {
            inputs = inputs.file(table, path);
        }
        let is_named = |table: &str| self.named.iter().any(|(known, _)| known == table);
        let mut only: Option<&Path> = None;
        for path in &self.unnamed {
            let stem = stem(path);
            if flow.graph().table(&stem).is_some() && !is_named(&stem) {
                inputs = inputs.file(&stem, path);
            } else if only.replace(path).is_some() {
                let message = format!("which table is {} for?", path.display());
                return Err(Failure::call(
                    message,
                    format!("--input TABLE={}", path.display()),
                ));
            }
        }
        Ok(match only {
            Some(path) => inputs.only_table(Source::file(path)),
            None => inputs,
        })
    }

    /// Table names and their files; those without a name are named after their file.
    pub(crate) fn tables(&self) -> Vec<(String, PathBuf)> {
        let unnamed = self.unnamed.iter().map(|path| (stem(path), path.clone()));
        self.named.iter().cloned().chain(unnamed).collect()
    }

    /// No tables, but how files are read.
    pub(crate) fn options(&self) -> Inputs {
        let inputs = Inputs::new().null_values(self.null_values.clone());
        match self.delimiter {
            Some(delimiter) => inputs.delimiter(delimiter),
            None => inputs,
        }
    }
}

/// The name of a file without its extension.
pub(crate) fn stem(path: &Path) -> String {
    // The stem of `.` or `data/` is that of the folder meant.
    let named = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    named.unwrap_or_else(|| {
        let folder = path.canonicalize().ok();
        let name = folder.as_deref().and_then(Path::file_name);
        name.map_or_else(
            || "data".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
    })
}

/// Loads and checks the flow of a call.
pub(crate) fn load(arguments: &FlowArguments) -> Result<(Flow, Inputs), Failure> {
    let given = GivenInputs::new(&arguments.inputs)?;
    // A name behind a flow is rather an output than a file.
    let mut more = arguments.flows.iter().skip(1);
    if let Some(name) = more.find(|path| path.extension().is_none() && !path.exists()) {
        return Err(Failure::call(
            format!("there is no flow {}", name.display()),
            format!("--select {} computes what has this name", name.display()),
        ));
    }
    let options = FlowOptions {
        configs: names_and_values("--config", &arguments.config)?,
        inputs: given.before_check(),
        ..FlowOptions::default()
    };
    let paths: Vec<&Path> = arguments.flows.iter().map(PathBuf::as_path).collect();
    let flow = Flow::load_with(&paths, &options)?;
    let inputs = given.of_flow(&flow)?;
    Ok((flow, inputs))
}

/// The state that a call takes as given.
pub(crate) fn state(arguments: &SelectArguments) -> Result<Option<FittedState>, Failure> {
    let path = arguments.state.as_ref();
    Ok(path.map(FittedState::load).transpose()?)
}

/// Selects what a call asks for.
pub(crate) fn select(
    flow: &Flow,
    arguments: &SelectArguments,
    state: Option<&FittedState>,
) -> Result<Selection, Failure> {
    let mut selection = if arguments.select.is_empty() {
        flow.outputs()
    } else {
        flow.select(&arguments.select)?
    };
    if selection.names().is_empty() {
        let message = "there is nothing to compute: the flow has no outputs and defines nothing";
        return Err(Failure::call(message, "--select names what is wanted"));
    }
    for (node, text) in names_and_values("--set", &arguments.set)? {
        selection = selection.set_text(&node, &text)?;
    }
    if let Some(state) = state {
        selection = selection.with_state(state)?;
    }
    Ok(selection)
}

/// The threads that a call asks for; 0 stands for as many as the machine has.
pub(crate) fn threads(count: usize) -> Result<Arc<rayon::ThreadPool>, Failure> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(count)
        .thread_name(|number| format!("icosian-{number}"))
        .build();
    let refused = |error| Failure::Run(format!("can't start {count} threads: {error}"));
    pool.map(Arc::new).map_err(refused)
}
