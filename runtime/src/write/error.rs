//! What goes wrong with writing.

use std::fmt;
use std::path::{Path, PathBuf};

use arrow::error::ArrowError;
use parquet::errors::ParquetError;

/// What kind of fault it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WriteErrorKind {
    /// Nothing can be written there.
    Unwritable,
    /// The name tells no format.
    Format,
    /// The format can't hold a value or a type.
    Value,
}

/// Why a table couldn't be written.
#[derive(Clone, Debug)]
pub struct WriteError {
    kind: WriteErrorKind,
    message: String,
    path: Option<PathBuf>,
}

impl WriteError {
    pub(crate) fn new(kind: WriteErrorKind, message: impl Into<String>) -> WriteError {
        WriteError {
            kind,
            message: message.into(),
            path: None,
        }
    }

    /// Names the target.
    pub(crate) fn at(mut self, path: &Path) -> WriteError {
        self.path = Some(path.to_owned());
        self
    }

    /// What kind of fault this is.
    pub fn kind(&self) -> WriteErrorKind {
        self.kind
    }

    /// The file that should have been written; none if it was a stream.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for WriteError {}

impl From<std::io::Error> for WriteError {
    fn from(error: std::io::Error) -> Self {
        WriteError::new(WriteErrorKind::Unwritable, error.to_string())
    }
}

impl From<ArrowError> for WriteError {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, error) => error.into(),
            other => WriteError::new(WriteErrorKind::Value, other.to_string()),
        }
    }
}

impl From<ParquetError> for WriteError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(error) if error.is::<std::io::Error>() => {
                WriteError::new(WriteErrorKind::Unwritable, error.to_string())
            }
            other => WriteError::new(WriteErrorKind::Value, other.to_string()),
        }
    }
}
