//! Requests to check uploads, or to import them as a layer with a scenario.
//!
//! A check works on uploads, which go when the service ends. What is to be brought in is put into the project before
//! the request is answered, so that a job that is taken up again after a crash finds it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use parcels::id::LayerId;
use parcels::policy::Policy;
use parcels::progress::Monitor;
use parcels::validate::Columns;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::intake::sandbox::{MainFile, Task};
use crate::app::planning::prepare::LoadedPolicy;
use crate::app::project::policy_change::changed;
use crate::app::project::services::{Event, ProjectServices, Who};
use crate::clock::now;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::store::{
    FileHash, JobId, JobRecord, LayerRecord, NewJob, NewLayer, NewScenario, PolicyRef, ScenarioId,
};
use crate::threads::blocking;

/// The most files of one layer.
const FILES_MAX: usize = 100;

/// A job that looks into uploads.
pub const CHECK: &str = "check";
/// A job that brings files in.
pub const IMPORT: &str = "import";

/// Files by name, with what the one that holds the parcels does not say itself.
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

/// What a layer is brought in with.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRequest {
    /// The uploads.
    pub incoming: ImportFiles,
    /// What the scenario is called.
    pub title: String,
    /// The policy it follows; none begins with the built-in one.
    pub policy: Option<PolicyRef>,
    /// A change to that policy (RFC 7386).
    pub change: Value,
}

/// The same, as it waits: its files are in the project, and its policy is settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ImportJob {
    incoming: ImportFiles,
    title: String,
    policy: Settled,
}

/// A policy, there or to be kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Settled {
    Kept(PolicyRef),
    New { name: String, text: String },
}

/// What an import left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// The layer.
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
        let usage = |what: String| Error::new(ErrorKind::Usage, what);
        if named.is_empty() || named.len() > FILES_MAX {
            return Err(usage(format!("expected 1 to {FILES_MAX} files, there are {}", named.len())));
        }
        let mut seen = BTreeSet::new();
        let mut files = BTreeMap::new();
        for (name, upload) in named {
            let name = plain_name(&name)?.to_owned();
            // Where the disk does not tell upper case from lower, one would overwrite the other.
            if !seen.insert(name.to_lowercase()) {
                return Err(usage(format!("two files are called {name}")));
            }
            files.insert(name, upload);
        }
        if !files.contains_key(&main.file) {
            return Err(usage(format!("there is no file {} among them", main.file)));
        }
        Ok(Self { files, main })
    }
}

/// A job for a list or an event: what a check found is large, and asked for by its number.
#[must_use]
pub fn brief(mut job: JobRecord) -> JobRecord {
    if job.kind == CHECK {
        job.result = None;
    }
    job
}

/// Queues a check of uploads.
///
/// # Errors
/// Of kind `NotFound` for an upload that is not there.
pub async fn queue_check(project: &ProjectServices, job: CheckJob, by: String) -> Result<JobRecord> {
    for upload in job.incoming.files.values() {
        project.uploads().path(upload)?;
    }
    let payload = serde_json::to_value(job).context(ErrorKind::Usage, "queueing a check")?;
    queue(project, CHECK, payload, by).await
}

/// Puts uploads into the project and queues that they are brought in.
///
/// # Errors
/// Of kind `NotFound` for an upload or policy that is not there, `Usage` for a change that makes no policy.
pub async fn queue_import(project: &ProjectServices, new: ImportRequest, by: String) -> Result<JobRecord> {
    let title = new.title.trim().to_owned();
    if title.is_empty() || title.chars().count() > 200 {
        return Err(Error::new(ErrorKind::Usage, "title: expected 1 to 200 letters"));
    }
    let unchanged = new.change.as_object().is_some_and(serde_json::Map::is_empty);
    let policy = match new.policy {
        Some(policy) => {
            let text = project.store().policy(&policy).await?.text;
            if unchanged {
                Settled::Kept(policy)
            } else {
                let base = Policy::from_toml(&text)
                    .map_err(|e| Error::new(ErrorKind::Usage, "reading the policy").because(e))?;
                Settled::New { name: policy.name, text: written(&changed(&base, &new.change)?)? }
            }
        }
        None => {
            let text = written(&changed(&Policy::default(), &new.change)?)?;
            Settled::New { name: title.clone(), text }
        }
    };
    for (name, upload) in &new.incoming.files {
        let path = project.uploads().path(upload)?;
        let kept = project.store().put_file_at(&path, upload).await;
        kept.context(ErrorKind::Unwritable, format_args!("putting {name} into the project"))?;
    }
    let job = ImportJob { incoming: new.incoming, title, policy };
    let payload = serde_json::to_value(job).context(ErrorKind::Usage, "queueing an import")?;
    queue(project, IMPORT, payload, by).await
}

async fn queue(project: &ProjectServices, kind: &str, payload: Value, by: String) -> Result<JobRecord> {
    let queued = NewJob { kind: kind.to_owned(), payload, key: None, by, at: now() };
    let record = project.store().enqueue(&queued).await?;
    project.tell(Event::Job(record.clone()));
    Ok(record)
}

fn written(policy: &Policy) -> Result<String> {
    toml::to_string(policy).context(ErrorKind::Unwritable, "writing the policy")
}

/// Does a check.
pub(crate) async fn check(
    project: &ProjectServices,
    payload: &Value,
    monitor: Arc<dyn Monitor + Send>,
) -> Result<Value> {
    let CheckJob { incoming, columns } = asked(payload)?;
    let (reading, uploads, scratch) =
        (project.layer_reader().clone(), project.uploads().clone(), project.scratch().to_owned());
    blocking(move || {
        let laying = "laying uploads out";
        std::fs::create_dir_all(&scratch).context(ErrorKind::Unwritable, laying)?;
        let folder = tempfile::tempdir_in(&scratch).context(ErrorKind::Unwritable, laying)?;
        uploads.lay_out(incoming.files.iter().map(|(name, hash)| (name.as_str(), hash)), folder.path())?;
        let names = incoming.files.into_keys().collect();
        let work = Task::Check { main: incoming.main, columns, names };
        reader.sandbox()?.run(folder.path(), work, &*monitor)?.result()
    })
    .await
}

/// Does an import. Tried twice, it leaves one layer, one version of the policy and one scenario.
pub(crate) async fn import(
    project: &ProjectServices,
    job: JobId,
    payload: &Value,
    who: Who,
    monitor: Arc<dyn Monitor + Send>,
) -> Result<Value> {
    let ImportJob { incoming, title, policy } = asked(payload)?;
    let text = match &policy {
        Settled::Kept(policy) => project.store().policy(policy).await?.text,
        Settled::New { text, .. } => text.clone(),
    };
    let layer = project.bring_in(incoming, text, who.clone(), monitor).await?;
    let policy = match policy {
        Settled::Kept(policy) => policy,
        Settled::New { name, text } => project.keep_policy(&name, &text, who.clone()).await?,
    };
    let scenario = NewScenario {
        title,
        layer: layer.id.clone(),
        policy: policy.clone(),
        job: Some(job),
        decisions: Vec::new(),
        by: who.by,
        at: who.at,
    };
    let scenario = project.store().add_scenario(&scenario).await?;
    project.tell(Event::Scenario(scenario.clone()));
    let imported = Imported { layer: layer.id, policy, scenario: scenario.id };
    serde_json::to_value(imported).context(ErrorKind::Unwritable, "writing the result")
}

fn asked<T: serde::de::DeserializeOwned>(payload: &Value) -> Result<T> {
    serde_json::from_value(payload.clone()).context(ErrorKind::Usage, "reading what the job is asked for")
}

/// A file name that is no path: nothing is written outside the folder it belongs into.
pub(crate) fn plain_name(name: &str) -> Result<&str> {
    let plain = Path::new(name).file_name().and_then(|n| n.to_str()) == Some(name);
    if plain && !name.starts_with('.') {
        Ok(name)
    } else {
        Err(Error::new(ErrorKind::Usage, format!("{name:?} is no plain file name")))
    }
}

impl ProjectServices {
    /// Reads, checks and keeps a layer whose files are in the project.
    ///
    /// # Errors
    /// Files that cannot be read, a policy that does not fit them, a request to stop.
    pub(crate) async fn bring_in(
        &self,
        incoming: ImportFiles,
        policy: String,
        who: Who,
        monitor: Arc<dyn Monitor + Send>,
    ) -> Result<LayerRecord> {
        let ImportFiles { files, main } = incoming;
        let mut record = LayerRecord {
            id: LayerId(String::new()),
            name: String::new(),
            main_file: main.file.clone(),
            main_layer: main.layer.clone(),
            files,
            crs: main.crs.clone(),
            encoding: main.encoding.clone(),
            parcels: 0,
            applied: None,
            at: who.at,
            by: who.by,
        };
        let folder = self.lay_out(&record).await?;
        let reading = self.layer_reader().clone();
        let tried = blocking(move || {
            reading.try_out(&main, &folder, &LoadedPolicy::from_text(policy, &folder)?, &*monitor)
        })
        .await?;
        record.id = LayerId(tried.id);
        record.name = tried.name;
        record.parcels = tried.parcels;
        let report = json!({ "issues": tried.issues });
        self.store().add_layer(&NewLayer { record: record.clone(), report, zone: None }).await?;
        self.tell(Event::Layer(record.clone()));
        Ok(record)
    }

    /// The version of a policy that has this text: the newest, or a new one.
    ///
    /// # Errors
    /// As [`ProjectServices::save_policy`].
    pub async fn keep_policy(&self, name: &str, text: &str, who: Who) -> Result<PolicyRef> {
        let known = self.store().policies().await?;
        let newest = known.iter().filter(|p| p.policy.name == name).max_by_key(|p| p.policy.version);
        match newest {
            Some(same) if same.text == text => Ok(same.policy.clone()),
            newest => {
                let based_on = newest.map_or(0, |p| p.policy.version);
                self.save_policy(name, based_on, text, who).await
            }
        }
    }
}
