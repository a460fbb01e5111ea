//! The one error of the shell: what was being done, to what, why it failed, and what to try.

use std::fmt::Display;

/// What kind of failure it is; it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line or the policy asks for something that makes no sense.
    Usage,
    /// An input cannot be read at all.
    Unreadable,
    /// A result cannot be written.
    Unwritable,
    /// No plan can be made from this input with this policy.
    Impossible,
    /// The user asked to stop.
    Cancelled,
    /// What is named does not exist.
    NotFound,
    /// Somebody else changed it in the meantime.
    Conflict,
}

impl ErrorKind {
    /// The process's exit code: 2 for everything that has no result, 130 after Ctrl-C as shells expect.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Cancelled => 130,
            _ => 2,
        }
    }
}

/// A failure as a person should read it. Its causes are in `source`, innermost last.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Error {
    /// What kind.
    pub kind: ErrorKind,
    /// What was being done to which thing.
    pub what: String,
    /// Why it failed.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// What to try, one a line.
    pub hints: Vec<String>,
}

/// The shell's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error without a cause of its own.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), source: None, hints: Vec::new() }
    }

    /// With what caused it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// With something to try.
    #[must_use]
    pub fn try_this(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The message with its causes and hints, as printed on a terminal.
    #[must_use]
    pub fn for_people(&self) -> String {
        let mut text = format!("error: {}", self.what);
        let mut cause: Option<&dyn std::error::Error> = self.source.as_deref().map(|s| s as _);
        while let Some(c) = cause {
            text.push_str(&format!("\n  because: {c}"));
            cause = c.source();
        }
        for hint in &self.hints {
            text.push_str(&format!("\n  try: {hint}"));
        }
        text
    }
}

/// Adds what was being done to an error of another kind.
pub trait Context<T> {
    /// Wraps the error as an [`Error`] of `kind` that says `what`.
    ///
    /// # Errors
    /// The error that was there, wrapped.
    fn context(self, kind: ErrorKind, what: impl Display) -> Result<T>;
}

impl<T, E: Into<Box<dyn std::error::Error + Send + Sync>>> Context<T> for std::result::Result<T, E> {
    fn context(self, kind: ErrorKind, what: impl Display) -> Result<T> {
        self.map_err(|e| Error::new(kind, what.to_string()).because(e))
    }
}

impl From<parcels::progress::Cancelled> for Error {
    fn from(stop: parcels::progress::Cancelled) -> Self {
        Self::new(ErrorKind::Cancelled, stop.to_string())
    }
}
