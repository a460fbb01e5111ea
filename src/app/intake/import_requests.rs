//! Requests to check uploads, or to import them as a layer with a scenario.
//!
//! A check works on uploads, which are deleted when the service stops. Files to import are copied into the project before
//! the request is answered, so that a job resumed after a crash finds them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use parcels::id::LayerId;
use parcels::message;
use parcels::message::Message;
use parcels::policy::is_date;
use parcels::validate::Columns;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::intake::sandbox::MainFile;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{DataSetId, DataSetRecord, FileHash, JobRecord, PlanId, PolicyRef, ScenarioId};

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

/// What is said of a data set beside its files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSetFacts {
    /// What people call it; otherwise it is called after its layer.
    pub name: Option<String>,
    /// The day that parcels and statistics are of, YYYY-MM-DD; otherwise that of the policy.
    pub reference_date: Option<String>,
    /// The day from which its zone holds, YYYY-MM-DD.
    pub effective_date: Option<String>,
    /// The data set that it follows.
    pub previous: Option<DataSetId>,
    /// The approved plan whose zone is the present one; otherwise the zone is as the files have it.
    pub plan: Option<PlanId>,
}

impl DataSetFacts {
    /// Refuses days that are none.
    ///
    /// # Errors
    /// Of kind `Usage`.
    pub(crate) fn sensible(&self) -> Result<()> {
        let days = [&self.reference_date, &self.effective_date];
        match days.into_iter().flatten().find(|day| !is_date(day)) {
            None => Ok(()),
            Some(day) => Err(Error::new(ErrorKind::Usage, message!("no-such-day", day = day))),
        }
    }
}

/// What a check is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckJob {
    /// The uploads.
    pub incoming: ImportFiles,
    /// Files that are in the project already and are looked at beside them, by name.
    #[serde(default)]
    pub kept: BTreeMap<String, FileHash>,
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
    /// What is said of the data set.
    pub facts: DataSetFacts,
}

/// What a data set is made of beside what an earlier one has.
#[derive(Debug, Clone, PartialEq)]
pub struct AdditionRequest {
    /// The uploads by name; one of a name that is there takes its place.
    pub uploads: BTreeMap<String, FileHash>,
    /// Which of them holds the parcels, where they come anew.
    pub main: Option<MainFile>,
    /// What the scenario is called.
    pub title: String,
    /// The policy it follows; otherwise that of the newest scenario on the earlier data set.
    pub policy: Option<PolicyRef>,
    /// A policy that is not stored yet, TOML; instead of a stored one.
    pub policy_text: Option<String>,
    /// A change to that policy (RFC 7386).
    pub change: Value,
    /// What is said of the data set.
    pub facts: DataSetFacts,
}

/// What is added to: a data set, or the newest one of a layer; of that layer, where both are said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Addition {
    /// The layer.
    pub layer: Option<LayerId>,
    /// The data set.
    pub data_set: Option<DataSetId>,
}

/// The files of `base` with others beside them or in their place. Where the parcels come anew, the old ones go.
///
/// # Errors
/// As [`ImportFiles::new`].
pub(crate) fn onto(
    base: &DataSetRecord,
    files: BTreeMap<String, FileHash>,
    main: Option<MainFile>,
) -> Result<ImportFiles> {
    let mut all = base.files.clone();
    if main.is_some() {
        all.retain(|name, _| !beside(name, &base.main_file));
    }
    for (name, upload) in files {
        // Names that differ by capitals alone are one.
        all.retain(|there, _| there.to_lowercase() != name.to_lowercase());
        all.insert(name, upload);
    }
    ImportFiles::new(all.into_iter().collect(), main.unwrap_or_else(|| base.main()))
}

/// Whether two files are of one layer, as the parts of a shapefile are: by what stands before the first dot.
pub(crate) fn beside(a: &str, b: &str) -> bool {
    let stem = |name: &str| name.split('.').next().unwrap_or(name).to_lowercase();
    stem(a) == stem(b)
}

impl DataSetRecord {
    /// The file of its parcels, and how that is read.
    pub(crate) fn main(&self) -> MainFile {
        MainFile {
            file: self.main_file.clone(),
            layer: self.main_layer.clone(),
            crs: self.crs.clone(),
            encoding: self.encoding.clone(),
        }
    }
}

/// What an import left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// The data set.
    #[schema(value_type = String)]
    pub data_set: DataSetId,
    /// Its layer.
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
