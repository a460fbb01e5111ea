//! The one error of the shell: what was being done, to what, why it failed, and what to try.

use std::error::Error as Cause;
use std::fmt;

use parcels::message;
use parcels::message::{Message, Told};
use parcels::optimise::CompileError;
use parcels::policy::PolicyError;
use parcels::progress::Cancelled;
use parcels::score::ScoreError;
use parcels::table::NoSuchColumn;
use parcels::validate::ValidateError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::messages::{Language, Reader, ToldShape, as_said, english, render, tell};

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
    /// What it takes is out of reach for now, such as the project's database.
    Unavailable,
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
#[derive(Debug)]
pub struct Error {
    /// What kind.
    pub kind: ErrorKind,
    /// What was being done to which thing.
    pub what: Message,
    /// Why it failed.
    pub source: Option<Box<dyn Cause + Send + Sync>>,
    /// What to try.
    pub hints: Vec<Message>,
}

/// The shell's result.
pub type Result<T> = std::result::Result<T, Error>;

/// What is told of a failure, without what kind it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What was being done to which thing.
    pub what: Message,
    /// Why it failed, innermost last.
    pub because: Vec<Message>,
    /// What to try.
    pub hints: Vec<Message>,
}

impl Error {
    /// An error without a cause of its own.
    pub fn new(kind: ErrorKind, what: impl Into<Message>) -> Self {
        Self { kind, what: what.into(), source: None, hints: Vec::new() }
    }

    /// With what caused it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Cause + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// With something to try.
    #[must_use]
    pub fn try_this(mut self, hint: impl Into<Message>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What is told of it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let mut because = Vec::new();
        let mut cause: Option<&(dyn Cause + 'static)> = self.source.as_deref().map(|s| s as _);
        while let Some(c) = cause {
            because.push(said(c));
            cause = c.source();
        }
        Failure { what: self.what.clone(), because, hints: self.hints.clone() }
    }

    /// The message with its causes and hints in English, for logs.
    #[must_use]
    pub fn for_people(&self) -> String {
        self.failure().lines(Language::En, Reader::Terminal)
    }
}

/// What a cause says; of others, their own words.
fn said(cause: &(dyn Cause + 'static)) -> Message {
    if let Some(message) = cause.downcast_ref::<Message>() {
        message.clone()
    } else if let Some(error) = cause.downcast_ref::<Error>() {
        error.what.clone()
    } else if let Some(relayed) = cause.downcast_ref::<Relayed>() {
        relayed.message.clone()
    } else {
        of_engine(cause).unwrap_or_else(|| as_said(cause.to_string()))
    }
}

/// What an error of the engine says.
fn of_engine(cause: &(dyn Cause + 'static)) -> Option<Message> {
    Some(if let Some(error) = cause.downcast_ref::<NoSuchColumn>() {
        error.message()
    } else if let Some(error) = cause.downcast_ref::<ValidateError>() {
        error.message()
    } else if let Some(error) = cause.downcast_ref::<ScoreError>() {
        error.message()
    } else if let Some(error) = cause.downcast_ref::<CompileError>() {
        error.message()
    } else if let Some(error) = cause.downcast_ref::<PolicyError>() {
        error.message()
    } else {
        cause.downcast_ref::<Cancelled>()?.message()
    })
}

impl Failure {
    /// A line for what failed, and one for every cause and every hint.
    #[must_use]
    pub fn lines(&self, language: Language, reader: Reader) -> String {
        let words = |message: &Message| render(message, language, reader);
        let mut text = words(&message!("line-error", what = self.what.clone()));
        for why in &self.because {
            text.push_str(&format!("\n  {}", words(&message!("line-because", why = why.clone()))));
        }
        // What only others can do something about is not said at all.
        for hint in self.hints.iter().filter(|hint| !words(hint).is_empty()) {
            text.push_str(&format!("\n  {}", words(&message!("line-try", hint = hint.clone()))));
        }
        text
    }

    /// The error that it was in another process.
    #[must_use]
    pub fn into_error(self, kind: ErrorKind) -> Error {
        let causes = self.because.into_iter().rev();
        let cause = causes.fold(None, |source, message| Some(Box::new(Relayed { message, source })));
        let error = Error { kind, what: self.what, source: None, hints: self.hints };
        match cause {
            Some(cause) => error.because(*cause),
            None => error,
        }
    }

    /// With its words, for readers of the map.
    #[must_use]
    pub fn told(&self) -> ToldFailure {
        let told = |all: &[Message]| all.iter().map(tell).collect::<Vec<_>>();
        let mut hints = told(&self.hints);
        // What only others can do something about is not said at all.
        hints.retain(|hint| !hint.en.is_empty());
        ToldFailure { what: tell(&self.what), because: told(&self.because), hints }
    }
}

/// A cause of an error that another process met, with what caused it in turn.
#[derive(Debug)]
struct Relayed {
    message: Message,
    source: Option<Box<Relayed>>,
}

impl fmt::Display for Relayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&english(&self.message))
    }
}

impl Cause for Relayed {
    fn source(&self) -> Option<&(dyn Cause + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}

/// A failure with its words, as responses carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToldFailure {
    /// What failed.
    #[serde(flatten)]
    #[schema(value_type = ToldShape)]
    pub what: Told,
    /// Why, innermost last.
    #[schema(value_type = Vec<ToldShape>)]
    pub because: Vec<Told>,
    /// What to try.
    #[schema(value_type = Vec<ToldShape>)]
    pub hints: Vec<Told>,
}

impl From<Message> for Failure {
    fn from(what: Message) -> Self {
        Self { what, because: Vec::new(), hints: Vec::new() }
    }
}

/// In English: what shows an error by itself is a log or a test.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&english(&self.what))
    }
}

impl Cause for Error {
    fn source(&self) -> Option<&(dyn Cause + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}

/// Adds what was being done to an error of another kind.
pub trait Context<T> {
    /// Wraps the error as an [`Error`] of `kind` that says `what`.
    ///
    /// # Errors
    /// The error that was there, wrapped.
    fn context(self, kind: ErrorKind, what: impl Into<Message>) -> Result<T>;
}

impl<T, E: Into<Box<dyn Cause + Send + Sync>>> Context<T> for std::result::Result<T, E> {
    fn context(self, kind: ErrorKind, what: impl Into<Message>) -> Result<T> {
        self.map_err(|e| Error::new(kind, what).because(e))
    }
}

impl From<Cancelled> for Error {
    fn from(stop: Cancelled) -> Self {
        Self::new(ErrorKind::Cancelled, stop.message())
    }
}
