//! The job that imports uploads as a layer with a scenario.

use std::sync::Arc;

use parcels::message;
use parcels::policy::Policy;
use parcels::progress::Monitor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::queue::{enqueue, payload, result};
use crate::app::intake::import_requests::{IMPORT, ImportFiles, ImportRequest, Imported};
use crate::app::planning::policy_change::changed;
use crate::app::project::ProjectServices;
use crate::app::project::events::{Event, Who};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::store::{JobRecord, NewScenario, PolicyRef};

/// An import in the queue: its files are in the project, its policy is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ImportJob {
    incoming: ImportFiles,
    title: String,
    policy: Settled,
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
    let title = new.title.trim().to_owned();
    if title.is_empty() || title.chars().count() > 200 {
        return Err(Error::new(ErrorKind::Usage, message!("title-length")));
    }
    let unchanged = new.change.as_object().is_some_and(serde_json::Map::is_empty);
    let policy = match (new.policy, new.policy_text) {
        (Some(_), Some(_)) => {
            return Err(Error::new(ErrorKind::Usage, message!("policy-or-policy-text")));
        }
        // The text is kept with its comments where the import changes nothing in it.
        (None, Some(text)) => {
            let base = Policy::from_toml(&text)
                .map_err(|e| Error::new(ErrorKind::Usage, message!("reading-policy")).because(e))?;
            let text = if unchanged { text } else { written(&changed(&base, &new.change)?)? };
            Settled::New { name: title.clone(), text }
        }
        (Some(policy), None) => {
            let text = project.store.policy(&policy).await?.text;
            if unchanged {
                Settled::Kept(policy)
            } else {
                let base = Policy::from_toml(&text)
                    .map_err(|e| Error::new(ErrorKind::Usage, message!("reading-policy")).because(e))?;
                Settled::New { name: policy.name, text: written(&changed(&base, &new.change)?)? }
            }
        }
        (None, None) => {
            let text = written(&changed(&Policy::default(), &new.change)?)?;
            Settled::New { name: title.clone(), text }
        }
    };
    for (name, upload) in &new.incoming.files {
        let path = project.uploads.path(upload)?;
        let kept = project.store.put_file_at(&path, upload).await;
        kept.context(ErrorKind::Unwritable, message!("putting-into-project", name = name))?;
    }
    let job = ImportJob { incoming: new.incoming, title, policy };
    enqueue(project, IMPORT, &job, None, by).await
}

fn written(policy: &Policy) -> Result<String> {
    toml::to_string(policy).context(ErrorKind::Unwritable, message!("writing-policy"))
}

/// Does an import. Tried twice, it leaves one layer, one version of the policy and one scenario.
pub(super) async fn run(
    project: &ProjectServices,
    job: &JobRecord,
    monitor: Arc<dyn Monitor + Send>,
) -> Result<Value> {
    let ImportJob { incoming, title, policy } = payload(job)?;
    // The time it was asked for: the same at every attempt.
    let who = Who { by: job.by.clone(), at: job.created };
    let text = match &policy {
        Settled::Kept(policy) => project.store.policy(policy).await?.text,
        Settled::New { text, .. } => text.clone(),
    };
    let layer = project.layers.bring_in(incoming, text, who.clone(), monitor).await?;
    let policy = match policy {
        Settled::Kept(policy) => policy,
        Settled::New { name, text } => project.policies.save_unless_known(&name, &text, who.clone()).await?,
    };
    let scenario = NewScenario {
        title,
        layer: layer.id.clone(),
        policy: policy.clone(),
        job: Some(job.id),
        decisions: Vec::new(),
        by: who.by,
        at: who.at,
    };
    let scenario = project.store.add_scenario(&scenario).await?;
    project.events.tell(Event::Scenario(scenario.clone()));
    let imported = Imported { layer: layer.id, policy, scenario: scenario.id };
    result(&imported)
}
