//! `lianpian import`: parcels and a policy into a project.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use parcels::message;
use tempfile::TempDir;

use super::ReadArgs;
use crate::app::intake::gather::{Gathered, gather};
use crate::app::project::ProjectServices;
use crate::app::project::data_sets::CheckedDataSet;
use crate::app::project::events::Who;
use crate::clock::now;
use crate::error::{Context as _, ErrorKind, Result};
use crate::io::read::ReadOptions;
use crate::io::source::Source;
use crate::store::{self, DataSetRecord, NewProject, ScenarioRecord, Store};
use crate::terminal::{Terminal, remark, tell, words};

/// Who acts where nobody has a name.
pub(super) const BY: &str = "import";

/// Bring parcels and a policy into a project, and make a scenario of them; a new project where there is none
///
/// All files that the policy names come along, from wherever they lie: the firm table, barriers, overlays, the zone.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The parcels: PATH or PATH:LAYER.
    input: Source,
    /// The policy file.
    #[arg(long)]
    policy: PathBuf,
    /// The project: a GeoPackage, or postgres://… for a database.
    #[arg(long, value_name = "FILE|URL")]
    project: String,
    /// What the scenario is called, and a new project.
    #[arg(long, default_value = "park 园区")]
    title: String,
    #[command(flatten)]
    reading: ReadArgs,
}

impl Import {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context(ErrorKind::Usage, message!("starting-threads-plain"))?;
        // A project that cannot be written to is told before the parcels are read.
        let is_new = runtime.block_on(is_new(&self.project))?;
        let read = Read::new(&self.input, &self.policy, &self.reading.options(), quiet)?;
        let written = runtime.block_on(async {
            let opened = open(&self.project, &self.title).await?;
            let renamed = read.files.renamed.clone();
            let written = opened.store(read, self.title).await.map(|made| (made, renamed));
            opened.project.store.close().await;
            written
        });
        if written.is_err() && is_new {
            store::remove(&self.project);
        }
        let ((data_set, scenario), renamed) = written?;
        for (named, plain) in &renamed {
            let note = message!("policy-calls-it", named = named, plain = plain);
            remark(&words(&message!("line-note", note = note)));
        }
        tell(&message!("imported-data-set", data_set = data_set.name, parcels = data_set.parcels));
        tell(&message!("imported-scenario", id = scenario.id, title = scenario.title));
        let command = format!("lianpian serve --project {}", self.project);
        tell(&message!("serve-it-with", command = command));
        Ok(0)
    }
}

/// Whether the project is still to be made.
async fn is_new(address: &str) -> Result<bool> {
    match store::open(address, None).await {
        Ok(there) => {
            there.close().await;
            Ok(false)
        }
        Err(error) if error.kind == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Parcels with everything their policy names, read and found usable; in no project yet.
struct Read {
    /// In it stands what was checked, until that is in the project.
    files: Gathered,
    checked: CheckedDataSet,
    policy_name: String,
}

impl Read {
    fn new(input: &Source, policy: &Path, options: &ReadOptions, quiet: bool) -> Result<Self> {
        let monitor = Terminal::new(quiet);
        let files = gather(input, options, policy, &monitor)?;
        let who = Who { by: BY.to_owned(), at: now() };
        let checked =
            CheckedDataSet::of_folder(files.files.clone(), files.folder(), &files.policy, who, &monitor)?;
        monitor.finish();
        let policy_name = policy.file_stem().and_then(|n| n.to_str()).unwrap_or("policy").to_owned();
        Ok(Self { files, checked, policy_name })
    }
}

/// A project to bring something into; shared with `demo`.
pub(super) struct Opened {
    pub(super) project: ProjectServices,
    /// Goes when this is dropped.
    _scratch: TempDir,
}

/// Opens the project at `address`, or makes one of this title.
pub(super) async fn open(address: &str, title: &str) -> Result<Opened> {
    let new = NewProject { title: title.to_owned(), at: now() };
    opened(store::open(address, Some(&new)).await?)
}

/// Opens the project at `address`, which is there.
pub(super) async fn open_known(address: &str) -> Result<Opened> {
    opened(store::open(address, None).await?)
}

fn opened(store: Arc<dyn Store>) -> Result<Opened> {
    let scratch = tempfile::tempdir().context(ErrorKind::Unwritable, message!("making-folder"))?;
    Ok(Opened { project: ProjectServices::new(store, scratch.path().join("layers")), _scratch: scratch })
}

impl Opened {
    /// Brings parcels in with their policy and what it names, and makes a scenario of them.
    pub(super) async fn bring_in(
        &self,
        input: &Source,
        policy: &Path,
        title: String,
        quiet: bool,
    ) -> Result<ScenarioRecord> {
        let read = Read::new(input, policy, &ReadOptions::default(), quiet)?;
        Ok(self.store(read, title).await?.1)
    }

    async fn store(&self, read: Read, title: String) -> Result<(DataSetRecord, ScenarioRecord)> {
        let Read { files: gathered, checked, policy_name } = read;
        let project = &self.project;
        let who = || Who { by: BY.to_owned(), at: now() };
        let text = &gathered.policy.text;
        let policy = project.policies.save_unless_known(&policy_name, text, who()).await?;
        let data_set = project.data_sets.add(checked, Some(gathered.folder()), policy.clone()).await?;
        let scenario = project.scenarios.add(title, data_set.id.clone(), policy, who()).await?;
        Ok((data_set, scenario))
    }
}
