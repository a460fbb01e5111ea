//! What the sandboxed process and the calling one say to each other: a request, lines of progress, and an end.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{SandboxLimits, Task};
use crate::error::{Error, ErrorKind, Failure};
use crate::io::out_of_memory::lacks_memory;

/// A task with its limits and folders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TaskRequest {
    /// What it may take.
    pub(super) limits: SandboxLimits,
    /// The folder of files; nothing is written there.
    pub(super) files: PathBuf,
    /// The folder for results.
    pub(super) out: PathBuf,
    /// What to do.
    pub(super) work: Task,
}

/// A line of progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// A step has begun, of so many units.
    Step(String, u64),
    /// So many more units are done.
    Advance(u64),
    /// Something could not be kept from it on this machine.
    Unguarded(String),
    /// It is done.
    Done,
    /// It cannot be done.
    Failed { kind: Kind, failure: Failure },
    /// It cannot be done within the memory that it may take.
    OutOfMemory,
}

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Usage,
    Unreadable,
    Unwritable,
    Impossible,
    Cancelled,
}

impl Told {
    pub(super) fn failed(error: &Error) -> Self {
        if lacks_memory(error) {
            return Self::OutOfMemory;
        }
        let kind = match error.kind {
            ErrorKind::Usage | ErrorKind::NotFound | ErrorKind::Conflict => Kind::Usage,
            ErrorKind::Unreadable => Kind::Unreadable,
            ErrorKind::Unwritable | ErrorKind::Unavailable => Kind::Unwritable,
            ErrorKind::Impossible => Kind::Impossible,
            ErrorKind::Cancelled => Kind::Cancelled,
        };
        Self::Failed { kind, failure: error.failure() }
    }
}

/// The failure as it was on the other side.
pub(super) fn failed(kind: Kind, failure: Failure) -> Error {
    let kind = match kind {
        Kind::Usage => ErrorKind::Usage,
        Kind::Unreadable => ErrorKind::Unreadable,
        Kind::Unwritable => ErrorKind::Unwritable,
        Kind::Impossible => ErrorKind::Impossible,
        Kind::Cancelled => ErrorKind::Cancelled,
    };
    failure.into_error(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcels::message;

    #[test]
    fn a_failure_crosses_over_as_it_is() {
        let inner = Error::new(ErrorKind::Unreadable, message!("dbf-no-header"))
            .because(std::io::Error::other("9994 is missing"));
        let error = Error::new(ErrorKind::Unreadable, message!("cannot-read", file = "地块.shp"))
            .because(inner)
            .try_this(message!("unpack-and-give"));
        let line = serde_json::to_string(&Told::failed(&error)).unwrap();
        let Told::Failed { kind, failure } = serde_json::from_str(&line).unwrap() else { panic!() };
        let back = failed(kind, failure);
        assert_eq!((back.kind, back.failure()), (error.kind, error.failure()));
        assert_eq!(back.failure().because.len(), 2);
    }

    #[test]
    fn memory_that_is_refused_is_told_as_that() {
        let refused = std::io::Error::from(std::io::ErrorKind::OutOfMemory);
        let error = Error::new(ErrorKind::Unreadable, message!("cannot-read", file = "地块.geojson"))
            .because(refused);
        assert_eq!(Told::failed(&error), Told::OutOfMemory);
    }
}
