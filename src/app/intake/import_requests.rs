//! Requests to check uploads, or to import them as a layer with a scenario.
//!
//! A check works on uploads, which are deleted when the service stops. Files to import are copied into the project before
//! the request is answered, so that a job resumed after a crash finds them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use parcels::id::LayerId;
use parcels::message;
use parcels::message::Message;
use parcels::validate::Columns;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::intake::sandbox::MainFile;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{FileHash, JobRecord, PolicyRef, ScenarioId};

/// The most files of one layer.
const FILES_MAX: usize = 100;

/// The kind of job that checks uploads.
pub const CHECK: &str = "check";
/// The kind of job that imports files.
pub const IMPORT: &str = "import";

/// The files to import, by name, and which of them holds the parcels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportFiles {
    /// Names and content.
    pub files: BTreeMap<String, FileHash>,
    /// The parcels.
    pub main: MainFile,
}

/// What a check is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckJob {
    /// The uploads.
    pub incoming: ImportFiles,
    /// What the columns mean, where that is known.
    #[serde(default)]
    pub columns: Option<Columns>,
}

/// What an import is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRequest {
    /// The uploads.
    pub incoming: ImportFiles,
    /// What the scenario is called.
    pub title: String,
    /// The policy it follows; none begins with the built-in one.
    pub policy: Option<PolicyRef>,
    /// A policy that is not stored yet, TOML; instead of a stored one.
    pub policy_text: Option<String>,
    /// A change to that policy (RFC 7386).
    pub change: Value,
}

/// What an import left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// The layer.
    #[schema(value_type = String)]
    pub layer: LayerId,
    /// The policy.
    pub policy: PolicyRef,
    /// The scenario.
    pub scenario: ScenarioId,
}

impl ImportFiles {
    /// Files by the names they are to have.
    ///
    /// # Errors
    /// Of kind `Usage` for names that are none, that occur twice, or of which none is the main one's.
    pub fn new(named: Vec<(String, FileHash)>, main: MainFile) -> Result<Self> {
        let usage = |what: Message| Error::new(ErrorKind::Usage, what);
        if named.is_empty() || named.len() > FILES_MAX {
            return Err(usage(message!("files-expected", most = FILES_MAX, count = named.len())));
        }
        let mut seen = BTreeSet::new();
        let mut files = BTreeMap::new();
        for (name, upload) in named {
            let name = plain_name(&name)?.to_owned();
            // Where the disk does not tell upper case from lower, one would overwrite the other.
            if !seen.insert(name.to_lowercase()) {
                return Err(usage(message!("files-same-name", name = name)));
            }
            files.insert(name, upload);
        }
        if !files.contains_key(&main.file) {
            return Err(usage(message!("no-file-among-them", name = main.file)));
        }
        Ok(Self { files, main })
    }
}

/// A job for a list or an event, without the result of a check, which is large and can be asked for by the job's number.
#[must_use]
pub fn brief(mut job: JobRecord) -> JobRecord {
    if job.kind == CHECK {
        job.result = None;
    }
    job
}

/// Refuses a name that is a path, so that nothing is written outside its folder.
pub(crate) fn plain_name(name: &str) -> Result<&str> {
    let plain = Path::new(name).file_name().and_then(|n| n.to_str()) == Some(name);
    if plain && !name.starts_with('.') {
        Ok(name)
    } else {
        Err(Error::new(ErrorKind::Usage, message!("no-plain-name", name = name)))
    }
}
