//! The job that makes a data set with a scenario: of uploads alone, of uploads beside what a data set has already, or of an
//! approved plan's zone and this year's uploads.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use parcels::message;
use parcels::policy::Policy;
use parcels::progress::Monitor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::queue::{enqueue, payload, result};
use crate::app::intake::import_requests::{
    Addition, AdditionRequest, DataSetFacts, IMPORT, ImportFiles, ImportRequest, Imported, onto,
};
use crate::app::planning::policy_change::changed;
use crate::app::project::ProjectServices;
use crate::app::project::events::{Event, Who};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::store::{DataSetRecord, FileHash, JobId, JobRecord, NewScenario, PlanId, PolicyRef};

/// An import: its files are in the project once it is in the queue, and its policy is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportJob {
    incoming: ImportFiles,
    title: String,
    policy: Settled,
    #[serde(default)]
    facts: DataSetFacts,
}

/// A policy that is stored, or is to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Settled {
    Kept(PolicyRef),
    New { name: String, text: String },
}

/// Copies uploads into the project and queues their import.
///
/// # Errors
/// Of kind `NotFound` for an upload or policy that is not there, `Usage` for a change that makes no policy.
pub async fn queue_import(project: &ProjectServices, new: ImportRequest, by: String) -> Result<JobRecord> {
    new.facts.sensible()?;
    let title = title(&new.title)?;
    let policy = settled(project, &title, new.policy, new.policy_text, &new.change).await?;
    let uploads = new.incoming.files.clone();
    let job = ImportJob { incoming: new.incoming, title, policy, facts: new.facts };
    queue(project, &uploads, &job, by).await
}

/// Copies uploads into the project and queues a data set that has them beside, or in place of, the files of an earlier one.
///
/// # Errors
/// As [`addition`], and for an upload that is not there.
pub async fn queue_addition(
    project: &ProjectServices,
    to: Addition,
    new: AdditionRequest,
    by: String,
) -> Result<JobRecord> {
    let uploads = new.uploads.clone();
    let job = addition(project, &to, new).await?;
    queue(project, &uploads, &job, by).await
}

/// Copies uploads into the project and queues the year that follows an approved plan.
///
/// # Errors
/// As [`next_year`], and for an upload that is not there.
pub async fn queue_next_year(
    project: &ProjectServices,
    plan: PlanId,
    new: AdditionRequest,
    by: String,
) -> Result<JobRecord> {
    let uploads = new.uploads.clone();
    let job = next_year(project, plan, new).await?;
    queue(project, &uploads, &job, by).await
}

/// A data set that has files beside, or in place of, those of an earlier one, and a scenario on it.
///
/// # Errors
/// Of kind `NotFound` where there is no such data set, layer or policy, `Usage` for what makes no sense.
pub async fn addition(project: &ProjectServices, to: &Addition, new: AdditionRequest) -> Result<ImportJob> {
    let base = project.data_sets.newest(to).await?;
    let facts = DataSetFacts { previous: Some(base.id.clone()), plan: base.plan, ..new.facts.clone() };
    onto_data_set(project, new, &base, facts).await
}

/// The year that follows an approved plan: the files of the plan's data set with this year's in their place, on the zone that
/// was approved, and a scenario on it.
///
/// # Errors
/// As [`addition`]; of kind `NotFound` where there is no such plan, `Conflict` where it may not be applied, `Usage` where it is
/// not said which days the new year's data and zone are of.
pub async fn next_year(project: &ProjectServices, plan: PlanId, new: AdditionRequest) -> Result<ImportJob> {
    let approved = project.store.plan(plan).await?;
    let base = project.plans.applicable(&approved).await?;
    let (Some(day), Some(_)) = (&new.facts.reference_date, &new.facts.effective_date) else {
        return Err(Error::new(ErrorKind::Usage, message!("next-year-needs-days")));
    };
    if let Some(before) = base.reference_date.as_ref().filter(|before| *before >= day) {
        let what = message!("next-year-is-later", before = before, day = day);
        return Err(Error::new(ErrorKind::Usage, what));
    }
    let facts = DataSetFacts { previous: Some(base.id.clone()), plan: Some(plan), ..new.facts.clone() };
    let own = new.policy_text.is_none().then_some(approved.policy);
    let policy = new.policy.clone().or(own);
    onto_data_set(project, AdditionRequest { policy, ..new }, &base, facts).await
}

async fn onto_data_set(
    project: &ProjectServices,
    new: AdditionRequest,
    base: &DataSetRecord,
    facts: DataSetFacts,
) -> Result<ImportJob> {
    facts.sensible()?;
    let title = title(&new.title)?;
    let policy = match (&new.policy, &new.policy_text) {
        // What the newest scenario on it follows.
        (None, None) => project.scenarios.policy_on(&base.id).await?,
        _ => new.policy,
    };
    let policy = settled(project, &title, policy, new.policy_text, &new.change).await?;
    Ok(ImportJob { incoming: onto(base, new.uploads, new.main)?, title, policy, facts })
}

async fn queue(
    project: &ProjectServices,
    uploads: &BTreeMap<String, FileHash>,
    job: &ImportJob,
    by: String,
) -> Result<JobRecord> {
    for (name, upload) in uploads {
        let path = project.uploads.path(upload)?;
        let kept = project.store.put_file_at(&path, upload).await;
        kept.context(ErrorKind::Unwritable, message!("putting-into-project", name = name))?;
    }
    enqueue(project, IMPORT, job, None, by).await
}

/// What a scenario is called.
fn title(given: &str) -> Result<String> {
    let title = given.trim();
    if title.is_empty() || title.chars().count() > 200 {
        return Err(Error::new(ErrorKind::Usage, message!("title-length")));
    }
    Ok(title.to_owned())
}

/// The policy to follow, with the change to it.
async fn settled(
    project: &ProjectServices,
    title: &str,
    policy: Option<PolicyRef>,
    policy_text: Option<String>,
    change: &Value,
) -> Result<Settled> {
    let unchanged = change.as_object().is_some_and(serde_json::Map::is_empty);
    let parsed = |text: &str| {
        Policy::from_toml(text)
            .map_err(|e| Error::new(ErrorKind::Usage, message!("reading-policy")).because(e))
    };
    Ok(match (policy, policy_text) {
        (Some(_), Some(_)) => {
            return Err(Error::new(ErrorKind::Usage, message!("policy-or-policy-text")));
        }
        // The text is kept with its comments where the import changes nothing in it.
        (None, Some(text)) => {
            let base = parsed(&text)?;
            let text = if unchanged { text } else { written(&changed(&base, change)?)? };
            Settled::New { name: title.to_owned(), text }
        }
        (Some(policy), None) => {
            let text = project.store.policy(&policy).await?.text;
            if unchanged {
                Settled::Kept(policy)
            } else {
                Settled::New { name: policy.name, text: written(&changed(&parsed(&text)?, change)?)? }
            }
        }
        (None, None) => {
            let text = written(&changed(&Policy::default(), change)?)?;
            Settled::New { name: title.to_owned(), text }
        }
    })
}

fn written(policy: &Policy) -> Result<String> {
    toml::to_string(policy).context(ErrorKind::Unwritable, message!("writing-policy"))
}

/// Does an import.
pub(super) async fn run(
    project: &ProjectServices,
    job: &JobRecord,
    monitor: Arc<dyn Monitor + Send>,
) -> Result<Value> {
    // The time it was asked for: the same at every attempt.
    let who = Who { by: job.by.clone(), at: job.created };
    result(&carry_out(project, payload(job)?, None, Some(job.id), who, monitor).await?)
}

/// Does an import, of files in the project and of those in the folder `sent`, which go into the project once they are found
/// usable. Tried twice for a job, it leaves one data set, one version of the policy and one scenario.
///
/// # Errors
/// Files that cannot be read, a policy that does not fit them, a request to stop.
pub async fn carry_out(
    project: &ProjectServices,
    import: ImportJob,
    sent: Option<PathBuf>,
    job: Option<JobId>,
    who: Who,
    monitor: Arc<dyn Monitor + Send>,
) -> Result<Imported> {
    let ImportJob { incoming, title, policy, facts } = import;
    let text = match &policy {
        Settled::Kept(policy) => project.store.policy(policy).await?.text,
        Settled::New { text, .. } => text.clone(),
    };
    let checked =
        project.data_sets.check(incoming, sent.as_deref(), facts, text, who.clone(), monitor).await?;
    let policy = match policy {
        Settled::Kept(policy) => policy,
        Settled::New { name, text } => project.policies.save_unless_known(&name, &text, who.clone()).await?,
    };
    let DataSetRecord { id, layer, .. } =
        project.data_sets.add(checked, sent.as_deref(), policy.clone()).await?;
    let scenario = NewScenario {
        title,
        data_set: id.clone(),
        policy: policy.clone(),
        job,
        decisions: Vec::new(),
        by: who.by,
        at: who.at,
    };
    let scenario = project.store.add_scenario(&scenario).await?;
    project.events.tell(Event::Scenario(scenario.clone()));
    Ok(Imported { data_set: id, layer, policy, scenario: scenario.id })
}
