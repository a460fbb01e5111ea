//! `lianpian import`: parcels and a policy into a project.

use std::path::{Path, PathBuf};

use clap::Args;
use parcels::message;
use tempfile::TempDir;

use super::ReadArgs;
use crate::app::intake::gather::{Gathered, gather};
use crate::app::intake::sandbox::ReadSummary;
use crate::app::intake::sandbox::layer_reader::LayerReader;
use crate::app::project::ProjectServices;
use crate::app::project::events::Who;
use crate::clock::now;
use crate::error::{Context as _, ErrorKind, Result};
use crate::io::read::ReadOptions;
use crate::io::source::Source;
use crate::store::{self, LayerRecord, NewProject, ScenarioRecord};
use crate::terminal::{Terminal, remark, tell, words};

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
            let written = opened.store(&read, self.title).await;
            opened.project.store.close().await;
            written
        });
        if written.is_err() && is_new {
            store::remove(&self.project);
        }
        let (layer, scenario) = written?;
        for (named, plain) in &read.files.renamed {
            let note = message!("policy-calls-it", named = named, plain = plain);
            remark(&words(&message!("line-note", note = note)));
        }
        tell(&message!("imported-layer", layer = layer.name, parcels = layer.parcels));
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
    files: Gathered,
    summary: ReadSummary,
    policy_name: String,
}

impl Read {
    fn new(input: &Source, policy: &Path, options: &ReadOptions, quiet: bool) -> Result<Self> {
        let monitor = Terminal::new(quiet);
        let files = gather(input, options, policy, &monitor)?;
        let summary =
            LayerReader::Here.try_out(&files.files.main, files.folder(), &files.policy, &monitor)?;
        monitor.finish();
        let policy_name = policy.file_stem().and_then(|n| n.to_str()).unwrap_or("policy").to_owned();
        Ok(Self { files, summary, policy_name })
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
    let store = store::open(address, Some(&new)).await?;
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
        Ok(self.store(&read, title).await?.1)
    }

    async fn store(&self, read: &Read, title: String) -> Result<(LayerRecord, ScenarioRecord)> {
        let Read { files: gathered, summary, policy_name } = read;
        let project = &self.project;
        let who = || Who { by: "import".to_owned(), at: now() };
        for (name, hash) in &gathered.files.files {
            project.store.put_file_at(&gathered.folder().join(name), hash).await?;
        }
        let text = &gathered.policy.text;
        let policy = project.policies.save_unless_known(policy_name, text, who()).await?;
        let layer = project.layers.add(gathered.files.clone(), summary.clone(), who()).await?;
        let scenario = project.scenarios.add(title, layer.id.clone(), policy, who()).await?;
        Ok((layer, scenario))
    }
}
